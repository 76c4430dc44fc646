"""A system with the EmoDB recipe's numbers through ONNX Runtime itself, and against librosa and torch's own layers."""

import json
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import onnx
import onnxruntime
import pytest
import soundfile as sf
import torch
import torch.nn.functional as F
from torch import nn

from serkit import export
from serkit.errors import ExportError, ModelError, Notice
from serkit.features import MFCC, HertzGrid, HertzGridConfig, MFCCConfig, Standardizer
from serkit.frames import Output
from serkit.inference import load
from serkit.models import CNNTransformer, CNNTransformerConfig
from serkit.system import System
from serkit.types import Cut, Source, Spec, Waveform

EMODB = Path(__file__).parents[1] / "data" / "emodb" / "wav"
RATE, WINDOW, HOP = 16000, 48000, 24000
LABELS = ("neutral", "happy", "sad", "angry", "fearful", "disgust", "bored")
CLIPS = ("03a01Fa", "09b10Wa", "13a05Lc")


def clip(name):
    samples, rate = sf.read(EMODB / f"{name}.flac", dtype="float32")
    return Waveform(samples, rate)


def windows_of(samples):
    """Windows by hand: every hop while one fits, then one that ends with the recording; a short one gets zeros."""
    if len(samples) <= WINDOW:
        return np.pad(samples, (0, WINDOW - len(samples)))[None]
    starts = [*range(0, len(samples) - WINDOW, HOP), len(samples) - WINDOW]
    return np.stack([samples[start : start + WINDOW] for start in starts])


def spec(**other):
    values = {
        "system": "cnn_transformer",
        "recipe": "cnn_transformer/emodb",
        "fingerprint": "ab" * 32,
        "task": "classification",
        "labels": LABELS,
        "rate": RATE,
        "cut": Cut("windows", 3.0, 1.5),
        "trained_on": (Source("emodb", "CC0-1.0", 400),),
        "protocol": "leave one speaker out, fold 03, seed 0",
        "scores": {"validation_wa": 0.25},
    }
    return Spec(**(values | other))


def made():
    """The recipe's system with statistics of real speech, and weights as if it had been trained a little."""
    torch.manual_seed(0)
    mfcc = MFCC(MFCCConfig(window=0.025), RATE)
    frames = mfcc.frames(WINDOW)
    model = CNNTransformer(CNNTransformerConfig(), frames, mfcc.dim, len(LABELS))
    system = System({"mfcc": mfcc}, {"mfcc": Standardizer("per_coefficient", frames, mfcc.dim)}, model)
    speech = torch.from_numpy(np.concatenate([windows_of(clip(name).samples) for name in CLIPS]))
    lengths = torch.full((len(speech),), WINDOW)
    with torch.no_grad():
        system.fit_normalizers([system.features(speech, lengths)])
        system.train()(speech, lengths)  # moves the running statistics of batch norm
    return system.eval()


@pytest.fixture(scope="module")
def system():
    return made()


@pytest.fixture(scope="module")
def exported(system, tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "model.onnx"
    worst = export.onnx_file(system, spec(), path, [clip(name) for name in CLIPS])
    return path, worst


def test_scores_are_put_into_a_model_that_is_there(exported, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(exported[0].read_bytes())
    scores = {"validation_wa": 0.25, "test_wa": 0.5, "test_n": 8}
    assert export.rescored(spec(scores=scores), path)
    assert load(path).spec == spec(scores=scores)
    before, after = onnx.load(exported[0]), onnx.load(path)
    assert after.graph == before.graph
    untouched = path.read_bytes()
    assert not export.rescored(spec(scores=scores, fingerprint="cd" * 32), path)  # another model
    assert path.read_bytes() == untouched
    path.write_bytes(untouched[:1000])
    assert not export.rescored(spec(scores=scores), path)
    assert not export.rescored(spec(scores=scores), tmp_path / "none.onnx")
    assert [each.name for each in tmp_path.iterdir()] == ["model.onnx"]


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def test_what_it_returns(exported):
    assert 0 < exported[1] < 1e-4


def test_the_graphs_face(exported):
    opened = session(exported[0])
    assert [(each.name, each.type) for each in opened.get_inputs()] == [("samples", "tensor(float)")]
    assert [each.name for each in opened.get_outputs()] == ["logits", "embedding"]
    assert opened.get_inputs()[0].shape[1] == WINDOW
    onnx.checker.check_model(onnx.load(exported[0]), full_check=True)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_parity_for_any_batch(system, exported, batch):
    noise = torch.randn(batch, WINDOW, generator=torch.Generator().manual_seed(batch)) / 10
    with torch.no_grad():
        wanted = system(noise, torch.full((batch,), WINDOW))
    logits, embedding = session(exported[0]).run(["logits", "embedding"], {"samples": noise.numpy()})
    assert logits.shape == (batch, len(LABELS))
    np.testing.assert_allclose(logits, wanted.logits.numpy(), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(embedding, wanted.embedding.numpy(), rtol=1e-3, atol=1e-4)


def test_parity_on_clips_of_several_lengths(system, exported):
    names = sorted(EMODB.glob("*.flac"), key=lambda path: path.stat().st_size)
    chosen = [names[0], names[len(names) // 2], names[-1]]
    counts = []
    for path in chosen:
        batch = windows_of(sf.read(path, dtype="float32")[0])
        counts.append(len(batch))
        with torch.no_grad():
            wanted = system(torch.from_numpy(batch), torch.full((len(batch),), WINDOW))
        logits, embedding = session(exported[0]).run(None, {"samples": batch})
        np.testing.assert_allclose(logits, wanted.logits.numpy(), rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(embedding, wanted.embedding.numpy(), rtol=1e-3, atol=1e-4)
    assert len(set(counts)) > 1


def outside(system, batch):
    """The same by librosa in double precision, NumPy and torch's own layers, with the system's weights."""
    state = {name: value.double() for name, value in system.state_dict().items()}
    features = []
    for samples in batch.astype(np.float64):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            features.append(
                librosa.feature.mfcc(
                    y=samples,
                    sr=RATE,
                    n_mfcc=40,
                    n_fft=1024,
                    win_length=400,
                    hop_length=171,
                    window="hamming",
                    n_mels=128,
                    htk=True,
                    pad_mode="constant",
                )
            )
    mean, deviation = (state[f"normalizers.mfcc.{name}"].numpy()[:, None] for name in ("mean", "deviation"))
    x = torch.from_numpy((np.stack(features) - mean) / deviation)  # (batch, 40, 281)
    joined = []
    for cnn in range(2):
        y = x[:, None]
        for block, pool in enumerate((2, 4, 4)):
            convolution, norm = (
                [state[f"model.cnns.{cnn}.{block}.{part}.{name}"] for name in names]
                for part, names in ((0, ("weight", "bias")), (1, ("running_mean", "running_var", "weight", "bias")))
            )
            y = F.max_pool2d(F.relu(F.batch_norm(F.conv2d(y, *convolution, padding=1), *norm)), pool)
        joined.append(y.flatten(1))
    z = F.max_pool1d(x, 4).transpose(1, 2)
    for number in range(4):
        own = {key.removeprefix(f"model.encoder.{number}."): value for key, value in state.items()}
        layer = nn.TransformerEncoderLayer(40, 4, 512, batch_first=True).double().eval()
        names = {
            "self_attn.in_proj_weight": "attention.project_in.weight",
            "self_attn.in_proj_bias": "attention.project_in.bias",
            "self_attn.out_proj.weight": "attention.project_out.weight",
            "self_attn.out_proj.bias": "attention.project_out.bias",
            "linear1.weight": "widen.weight",
            "linear1.bias": "widen.bias",
            "linear2.weight": "narrow.weight",
            "linear2.bias": "narrow.bias",
            "norm1.weight": "norm_attention.weight",
            "norm1.bias": "norm_attention.bias",
            "norm2.weight": "norm_feedforward.weight",
            "norm2.bias": "norm_feedforward.bias",
        }
        layer.load_state_dict({theirs: own[mine] for theirs, mine in names.items()})
        with torch.no_grad():
            z = layer(z)
    joined.append(z.mean(1))
    embedding = torch.cat(joined, 1)
    return (embedding @ state["model.classifier.weight"].T + state["model.classifier.bias"]).numpy(), embedding.numpy()


def test_the_file_computes_what_librosa_and_torch_compute(system, exported):
    batch = np.concatenate([windows_of(clip(name).samples) for name in CLIPS[:2]])
    logits, embedding = session(exported[0]).run(None, {"samples": batch})
    wanted, joined = outside(system, batch)
    np.testing.assert_allclose(logits, wanted, rtol=1e-3, atol=5e-4)
    np.testing.assert_allclose(embedding, joined, rtol=1e-3, atol=1e-3)


def test_metadata(exported):
    held = session(exported[0]).get_modelmeta().custom_metadata_map
    assert set(held) == {"serkit", "serkit.sha256"}
    values = json.loads(held["serkit"])
    assert values["labels"] == list(LABELS)
    assert values["rate"] == RATE
    assert values["cut"] == {"mode": "windows", "seconds": 3.0, "hop": 1.5, "at": "end"}
    assert values["trained_on"] == [{"corpus": "emodb", "licence": "CC0-1.0", "utterances": 400}]
    assert values["version"] == 2
    assert values["scores"] == {"validation_wa": 0.25}


def test_the_file_holds_no_pickle_and_no_second_file(exported):
    assert [each.name for each in exported[0].parent.iterdir()] == ["model.onnx"]
    assert exported[0].stat().st_size < 8_000_000


@pytest.mark.parametrize("training", [True, False])
def test_what_is_left_behind(system, tmp_path, training):
    before = {name: value.clone() for name, value in system.state_dict().items()}
    system.train(training)
    export.onnx_file(system, spec(), tmp_path / "model.onnx", [clip(CLIPS[0])])
    assert not any(module.training for module in system.modules())
    assert not any(getattr(module, "exporting", False) for module in system.modules())
    assert all(torch.equal(value, before[name]) for name, value in system.state_dict().items())


def test_a_failing_exporter_leaves_no_trace(system, tmp_path, monkeypatch):
    def fail(*_given, **_named):
        assert any(getattr(module, "exporting", False) for module in system.modules())
        raise RuntimeError("no")

    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(RuntimeError):
        export.onnx_file(system, spec(), tmp_path / "model.onnx", [clip(CLIPS[0])])
    assert not any(getattr(module, "exporting", False) for module in system.modules())
    assert list(tmp_path.iterdir()) == []


class Unwritable(torch.nn.Module):
    """A pooling whose sizes depend on the recording, which no operator of ONNX does."""

    def forward(self, grid):
        embedding = F.adaptive_avg_pool1d(grid.values, grid.values.shape[1] // 2).mean(1)
        return Output(embedding[:, : len(LABELS)], embedding)


def test_what_no_graph_can_say_is_an_error_of_one_line(tmp_path):
    front_end = HertzGrid(HertzGridConfig(), RATE)
    system = System({"grid": front_end}, {"grid": Standardizer("per_coefficient", 1, 400)}, Unwritable())
    with pytest.raises(ExportError, match=r"cannot be written as a graph: Unsupported.*adaptive_avg_pool1d") as raised:
        export.onnx_file(system, spec(cut=Cut("whole", 4.0, 4.0)), tmp_path / "model.onnx", [clip(CLIPS[0])])
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("old", [True, False])
def test_a_graph_that_disagrees_is_refused(tmp_path, old):
    """The convolution of exported graphs is broken on purpose."""
    path = tmp_path / "model.onnx"
    if old:
        path.write_text("the old model")
    broken = made()
    broken.front_ends["mfcc"].mel.spectrum.kernel.mul_(1.01)
    with pytest.raises(ExportError, match=r"differs from the system by .* where 0.0001 is allowed"):
        export.onnx_file(broken, spec(), path, [clip(CLIPS[0])])
    assert [each.name for each in tmp_path.iterdir()] == (["model.onnx"] if old else [])
    if old:
        assert path.read_text() == "the old model"


class Faked:
    """A graph that gives the system's own values, but for `change`, in the clip of number `at`."""

    def __init__(self, system, change, at):
        self.system, self.change, self.at, self.calls, self.spec = system, change, at, 0, spec()

    def __call__(self, samples):
        with torch.no_grad():
            found = self.system(torch.from_numpy(samples), torch.full((len(samples),), WINDOW))
        logits, embedding = found.logits.numpy().copy(), found.embedding.numpy().copy()
        if self.calls == self.at:
            self.change(logits, embedding)
        self.calls += 1
        return logits, embedding


def nan_logit(logits, _embedding):
    logits[-1, 2] = np.nan


def nan_embedding(_logits, embedding):
    embedding[-1, 7] = np.nan


def off_embedding(_logits, embedding):
    embedding[0, 3] += 1e-3 * max(1, np.abs(embedding).max())


def off_logit(logits, _embedding):
    logits[0, 0] -= 1e-3 * max(1, np.abs(logits).max())


class Undecided(MFCC):
    """A front-end whose loud frames hang on rounding: by transform they are one thing, by convolution another."""

    loud = 0.0

    def forward(self, samples, lengths):
        frames = super().forward(samples, lengths)
        loud = (samples.abs().amax(1) > self.loud).to(samples.dtype)[:, None, None]
        shift = 5.0 if self.mel.spectrum.exporting else 0.0
        return frames._replace(values=frames.values + shift * loud)


def undecided(loud):
    torch.manual_seed(0)
    mfcc = Undecided(MFCCConfig(window=0.025), RATE)
    mfcc.loud = loud
    frames = mfcc.frames(WINDOW)
    model = CNNTransformer(CNNTransformerConfig(), frames, mfcc.dim, len(LABELS))
    return System({"mfcc": mfcc}, {"mfcc": Standardizer("per_coefficient", frames, mfcc.dim)}, model).eval()


def test_one_clip_in_four_may_hang_on_the_front_ends_rounding(tmp_path):
    whole = clip(CLIPS[0])
    clips = [replace(whole, samples=whole.samples * factor) for factor in (1.0, 0.8, 0.6, 0.4)]
    peaks = sorted(float(np.abs(each.samples).max()) for each in clips)
    path = tmp_path / "model.onnx"
    with pytest.warns(Notice, match="in 1 of 4 clips a decision"):
        assert export.onnx_file(undecided((peaks[2] + peaks[3]) / 2), spec(), path, clips) > export.TOLERANCE
    assert path.is_file()
    path.unlink()
    with pytest.raises(ExportError, match="differs"):
        export.onnx_file(undecided((peaks[1] + peaks[2]) / 2), spec(), path, clips)
    assert not path.exists()


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("change", [nan_logit, nan_embedding, off_embedding, off_logit])
def test_one_wrong_number_anywhere_is_refused(system, tmp_path, monkeypatch, change, at):
    monkeypatch.setattr(export, "_trace", lambda *_given: tiny())
    monkeypatch.setattr(export, "Graph", lambda *_given, **_named: Faked(system, change, at))
    with pytest.raises(ExportError, match="differs"):
        export.onnx_file(system, spec(), tmp_path / "model.onnx", [clip(name) for name in CLIPS])
    assert list(tmp_path.iterdir()) == []


def test_the_smallest_differences_pass(system, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_trace", lambda *_given: tiny())
    monkeypatch.setattr(export, "Graph", lambda *_given, **_named: Faked(system, lambda *_given: None, 0))
    assert export.onnx_file(system, spec(), tmp_path / "model.onnx", [clip(CLIPS[0])]) < 1e-6
    assert (tmp_path / "model.onnx").is_file()


def tiny():
    """Some valid ONNX model."""
    node = onnx.helper.make_node("Identity", ["samples"], ["logits"])
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [node],
        "tiny",
        [onnx.helper.make_tensor_value_info("samples", kind, ["batch", 3])],
        [onnx.helper.make_tensor_value_info("logits", kind, ["batch", 3])],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8).SerializeToString()


def test_several_sizes_of_batches_are_checked_even_where_training_takes_the_first_seconds(system, tmp_path, monkeypatch):
    """A recognizer always uses windows, so that a model of `fixed` clips too meets batches of more than one."""
    sizes = []

    class Watching(Faked):
        def __call__(self, samples):
            sizes.append(len(samples))
            return super().__call__(samples)

    monkeypatch.setattr(export, "_trace", lambda *_given: tiny())
    monkeypatch.setattr(export, "Graph", lambda *_given, **_named: watching)
    watching = Watching(system, lambda *_given: None, 99)
    watching.spec = fixed = spec(cut=Cut("fixed", 3.0, 1.5))
    long = Waveform(np.concatenate([clip(CLIPS[0]).samples] * 4), RATE)
    export.onnx_file(system, fixed, tmp_path / "model.onnx", [clip(CLIPS[0]), long])
    assert len(set(sizes)) == 2


def test_without_clips_there_is_no_export(system, tmp_path):
    with pytest.raises(ExportError, match="real clips"):
        export.onnx_file(system, spec(), tmp_path / "model.onnx", [])
    assert list(tmp_path.iterdir()) == []


def test_the_file_appears_whole(system, tmp_path, monkeypatch):
    """While the graph is being checked, nothing has the name yet."""
    path = tmp_path / "model.onnx"
    seen = []
    difference = export._difference

    def look(*given):
        seen.append((path.exists(), [each.name for each in tmp_path.iterdir()]))
        return difference(*given)

    monkeypatch.setattr(export, "_difference", look)
    export.onnx_file(system, spec(), path, [clip(CLIPS[0])])
    assert len(seen) == 1
    assert seen[0][0] is False
    assert len(seen[0][1]) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["model.onnx"]


def test_one_system_gives_one_file(system, exported, tmp_path):
    export.onnx_file(system, spec(), tmp_path / "model.onnx", [clip(CLIPS[0])])
    assert (tmp_path / "model.onnx").read_bytes() == exported[0].read_bytes()


def test_importing_it_needs_nothing_but_the_train_extra():
    code = "import sys, serkit.export; print([m for m in ('librosa', 'scipy', 'matplotlib', 'pandas') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert found.stdout.strip() == "[]"


class Pooled(torch.nn.Module):
    """A model for recordings of any length: the mean of the true frames, and a linear layer."""

    def __init__(self, dim):
        super().__init__()
        self.linear = torch.nn.Linear(dim, len(LABELS))

    def forward(self, grid):
        embedding = grid.values.sum(1) / grid.lengths[:, None]
        return Output(self.linear(embedding), embedding)


def test_a_system_for_whole_recordings(tmp_path, respecified):
    """One graph for every length: from two samples to longer than the longest, which becomes windows."""
    torch.manual_seed(0)
    front_end = HertzGrid(HertzGridConfig(), RATE)
    system = System({"grid": front_end}, {"grid": Standardizer("per_coefficient", 1, 400)}, Pooled(400))
    clips = [clip(name) for name in CLIPS]
    longest = max(len(each.samples) for each in clips)
    batch = torch.zeros(len(clips), longest)
    for row, each in zip(batch, clips, strict=True):
        row[: len(each.samples)] = torch.from_numpy(each.samples)
    lengths = torch.tensor([len(each.samples) for each in clips])
    system.fit_normalizers([system.features(batch, lengths)])
    path = tmp_path / "model.onnx"
    whole = Cut("whole", 4.0, 4.0)
    assert export.onnx_file(system, spec(cut=whole), path, clips) < 1e-4
    recognizer = load(path)
    assert "whole up to 4 s" in repr(recognizer)
    with torch.no_grad():
        together = torch.softmax(system(batch, lengths).logits.double(), 1)
    for number, each in enumerate(clips):
        prediction = recognizer(each.samples, RATE)
        assert len(prediction.segments) == 1
        assert prediction.duration == pytest.approx(len(each.samples) / RATE)
        np.testing.assert_allclose(list(prediction.scores.values()), together[number], atol=1e-4)
    assert len(recognizer(np.tile(clips[0].samples, 5), RATE).segments) == -(-5 * len(clips[0].samples) // (4 * RATE))
    assert len(recognizer(clips[0].samples[:2], RATE).segments) == 1
    with_windows = respecified(path, tmp_path / "windows.onnx", lambda values: values["cut"].update(mode="windows"))
    with pytest.raises(ModelError, match="windows of 64000 samples"):
        load(with_windows)
