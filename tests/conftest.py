"""Shared by several folders: a complete corpus of very short clips, so that a training of a second needs no patched reader."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import onnx
import pytest
import soundfile as sf
from hypothesis import settings

from serkit import corpora, experiment
from serkit.recipe import schema

settings.register_profile("same", derandomize=True)  # a test that fails today failed yesterday
settings.load_profile("same")

RATE = 16000

RECIPE = """title = "tiny"
budget = "demo"
rate = 16000

[corpus]
name = "emodb"

[cut]
mode = "windows"
seconds = 0.16
hop = 0.08

[features.mfcc]
type = "mfcc"
coefficients = 8
bands = 20
n_fft = 512
window = 0.02
hop = 0.01

[normalization]
mfcc = "per_coefficient"

[noise]
copies = 1

[model]
type = "cnn_transformer"
cnns = 1
channels = [2, 2, 2]
pools = [2, 2, 2]
layers = 1
heads = 1
feedforward = 4

[protocol]
type = "speaker_holdout"
test = ["15", "16"]
validation = ["13", "12"]

[training]
epochs = 2
batch_size = 64
precision = "float32"

[training.optimizer]
type = "sgd"
learning_rate = 0.05
momentum = 0.9
"""


def emodb_of(root, ids=corpora.EMODB.ids, seconds=(0.1, 0.3)):
    """EmoDB by its file names: each emotion is a tone of its own in noise, most of two or three windows of 0.16 s."""
    rng = np.random.default_rng(0)
    folder = root / "wav"
    folder.mkdir(parents=True)
    pitch = {label: 200.0 * 1.5**number for number, label in enumerate(sorted(corpora.EMODB.counts))}
    for name in ids:
        path = folder / f"{name}.wav"
        length = int(rng.uniform(*seconds) * RATE)
        tone = np.sin(2 * np.pi * pitch[corpora.EMODB.parse(path).label] * np.arange(length) / RATE)
        sf.write(path, (0.3 * tone + 0.05 * rng.standard_normal(length)).astype(np.float32), RATE, subtype="PCM_16")
    return root


@pytest.fixture(scope="session")
def tiny_emodb(tmp_path_factory):
    """The folder of 535 clips of 0.1 to 0.3 s with EmoDB's file names."""
    return emodb_of(tmp_path_factory.mktemp("corpora") / "emodb")


SMALL = tuple(name for name in corpora.EMODB.ids if name[2:5] in ("a01", "a02", "b03"))
"""The ids of three sentences by every speaker."""


@pytest.fixture(scope="session")
def small_emodb(tmp_path_factory):
    """The folder of three sentences; a corpus of its own for whoever takes `small_corpus` too."""
    return emodb_of(tmp_path_factory.mktemp("corpora") / "small", SMALL)


@pytest.fixture(scope="session")
def small_ids():
    """Their ids."""
    return SMALL


@pytest.fixture
def small_corpus(small_emodb, monkeypatch):
    """EmoDB made to consist of those."""
    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, ids=SMALL))
    return small_emodb


@pytest.fixture(scope="session")
def tiny_recipe(tmp_path_factory):
    """A recipe file that trains on them in about a second."""
    path = tmp_path_factory.mktemp("recipes") / "tiny.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small_run(small_emodb, tiny_recipe, tmp_path_factory):
    """A Run folder with a model, trained on the three sentences."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, ids=SMALL))
        recipe = schema.load(str(tiny_recipe))
        machine = experiment.Machine("cpu", 1, 1, "float32")
        plan = experiment.start("tiny", recipe, machine, [0], folder, small_emodb, "serkit train tiny")
        experiment.train(plan, final=False, jobs=1, notify=lambda _: None)
    return folder


def sealed(model):
    """A model's bytes with their checksum behind them, as the format's own library writes it."""
    data = model.SerializeToString()
    last = onnx.ModelProto()
    onnx.helper.set_model_props(last, {"serkit.sha256": hashlib.sha256(data).hexdigest()})
    return data + last.SerializeToString()


@pytest.fixture(scope="session")
def respecified():
    """A function that makes a copy of a model file, whose specification is what `change` returns or makes of its values."""

    def make(path, copy, change):
        model = onnx.load(path)
        values = json.loads({entry.key: entry.value for entry in model.metadata_props}["serkit"])
        text = change(values)
        onnx.helper.set_model_props(model, {"serkit": text if isinstance(text, str) else json.dumps(values)})
        copy.write_bytes(sealed(model))
        return copy

    return make
