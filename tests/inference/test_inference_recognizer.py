"""A small exported model, told apart by its own windows: what it should say is computed with ONNX Runtime, soxr and NumPy."""

import io
import json
import os
import pickle
import re
import subprocess
import sys
import textwrap
import tracemalloc
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import soundfile as sf
import soxr
import torch

import serkit
from serkit import export
from serkit.errors import (
    AudioNotFound,
    AudioTooLong,
    EmptyAudio,
    InvalidSamples,
    ModelError,
    NotRecognized,
    UnsupportedRate,
    UsageError,
)
from serkit.features import MFCC, MFCCConfig, Standardizer
from serkit.inference import Graph, Recognizer, load, recognizer
from serkit.models import CNNTransformer, CNNTransformerConfig
from serkit.system import System
from serkit.types import Cut, Prediction, Source, Spec, Waveform

EMODB = Path(__file__).parents[2] / "data" / "emodb" / "wav"
RATE, WINDOW, HOP = 8000, 8000, 4000
LABELS = ("neutral", "happy", "angry")
TEMPERATURE = 0.7


def clip(number=0):
    path = sorted(EMODB.glob("*.flac"))[number]
    samples, rate = sf.read(path, dtype="float32")
    assert rate == 16000
    return path, samples, rate


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    mfcc = MFCC(MFCCConfig(coefficients=20, bands=40, n_fft=256, window=0.025, hop=0.016), RATE)
    config = CNNTransformerConfig(channels=(4, 8), pools=(2, 4), layers=1, feedforward=32)
    network = CNNTransformer(config, mfcc.frames(WINDOW), mfcc.dim, len(LABELS))
    system = System({"mfcc": mfcc}, {"mfcc": Standardizer("per_coefficient", mfcc.frames(WINDOW), mfcc.dim)}, network)
    speech = torch.from_numpy(np.stack([clip(number)[1][:WINDOW] for number in range(0, 80, 10)]))
    with torch.no_grad():
        system.fit_normalizers([system.features(speech, torch.full((8,), WINDOW))])
        network.classifier.weight *= 8  # so that windows differ in what they say
    spec = Spec(
        system="cnn_transformer",
        recipe="small/test",
        fingerprint="00",
        task="classification",
        labels=LABELS,
        rate=RATE,
        cut=Cut("windows", WINDOW / RATE, HOP / RATE),
        trained_on=(Source("emodb", "CC0-1.0", 8),),
        protocol="none",
        scores={},
        temperature=TEMPERATURE,
    )
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    export.onnx_file(system, spec, path, [Waveform(clip()[1], RATE)])
    return path


@pytest.fixture(scope="module")
def recognize(model):
    return load(model, threads=1)


def by_hand(model, samples):
    """Bounds, probabilities and embedding of every window of samples at the model's own rate, and their means."""
    if len(samples) <= WINDOW:
        bounds = [(0, len(samples))]
        batch = np.pad(samples, (0, WINDOW - len(samples)))[None]
    else:
        starts = [*range(0, len(samples) - WINDOW, HOP), len(samples) - WINDOW]
        bounds = [(start, start + WINDOW) for start in starts]
        batch = np.stack([samples[start : start + WINDOW] for start in starts])
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    logits, embedding = session.run(["logits", "embedding"], {"samples": batch.astype(np.float32)})
    exponents = np.exp(logits.astype(np.float64) / TEMPERATURE)
    rows = exponents / exponents.sum(1, keepdims=True)
    return [(a / RATE, b / RATE) for a, b in bounds], rows, rows.mean(0), embedding.astype(np.float64).mean(0)


def assert_is(prediction, wanted, tolerance=1e-5, start=0.0):
    bounds, rows, mean, embedding = wanted
    assert isinstance(prediction, Prediction)
    assert [(segment.start, segment.end) for segment in prediction.segments] == [(start + a, start + b) for a, b in bounds]
    for segment, row in zip(prediction.segments, rows, strict=True):
        assert list(segment.scores) == list(LABELS)
        np.testing.assert_allclose(list(segment.scores.values()), row, atol=tolerance)
    assert list(prediction.scores) == list(LABELS)
    np.testing.assert_allclose(list(prediction.scores.values()), mean, atol=tolerance)
    assert sum(prediction.scores.values()) == pytest.approx(1)
    assert prediction.emotion == LABELS[int(mean.argmax())]
    np.testing.assert_allclose(prediction.embedding, embedding, rtol=1e-3, atol=1e-4)
    assert prediction.embedding.dtype == np.float32
    assert prediction.duration == pytest.approx(bounds[-1][1])


def test_windows_of_a_long_recording_are_averaged(model, recognize):
    samples = np.concatenate([clip(number)[1] for number in (0, 100, 200)])
    wanted = by_hand(model, samples)
    assert len(wanted[1]) > 20  # more than a batch
    assert wanted[1].std(axis=0).max() > 0.05  # the mean is of rows that differ
    prediction = recognize(samples, RATE)
    assert_is(prediction, wanted)
    assert prediction.segments[0].start == 0
    assert prediction.segments[-1].end == prediction.duration == len(samples) / RATE
    for one, following in zip(prediction.segments, prediction.segments[1:], strict=False):
        assert following.start <= one.end


@pytest.mark.parametrize("n", [2, 100, WINDOW - 1, WINDOW, WINDOW + 1, WINDOW + HOP, 17 * HOP, 17 * HOP + 1])
def test_any_length(model, recognize, n):
    samples = np.resize(clip(3)[1], n)
    assert_is(recognize(samples, RATE), by_hand(model, samples))


def test_every_way_to_give_a_recording(model, recognize):
    path, samples, rate = clip(5)
    wanted = by_hand(model, soxr.resample(samples, rate, RATE))
    data = io.BytesIO(path.read_bytes())
    with path.open("rb") as stream:
        for source in (path, str(path), data, stream):
            assert_is(recognize(source), wanted, 1e-4)
    assert_is(recognize(samples, rate), wanted)
    assert_is(recognize(samples.astype(np.float64), rate), wanted)
    assert_is(recognize(samples.tolist(), rate), wanted)
    assert_is(recognize(np.stack([samples, samples], axis=1), rate), wanted)
    assert_is(recognize(samples[::-1][::-1], rate), wanted)
    assert_is(recognize(torch.from_numpy(samples), rate), wanted)


def test_channels_are_averaged(model, recognize):
    _, samples, _ = clip(7)
    other = np.roll(samples, 999)
    wanted = by_hand(model, (samples + other) / 2)
    assert_is(recognize(np.stack([samples, other], axis=1), RATE), wanted)


@pytest.mark.parametrize("rate", [4000, 11025, 16000, 44100, 48000])
def test_other_rates_are_resampled(model, recognize, tmp_path, rate):
    own = soxr.resample(clip(11)[1], 16000, rate)
    wanted = by_hand(model, soxr.resample(own, rate, RATE))
    assert_is(recognize(own, rate), wanted)
    sf.write(tmp_path / "a.wav", own, rate, subtype="FLOAT")
    assert_is(recognize(tmp_path / "a.wav"), wanted, 1e-3)


def test_a_part(model, recognize):
    """Its segments are counted from where the recording begins."""
    path, samples, rate = clip(13)
    part = samples[round(0.4 * rate) : round(1.3 * rate)]
    wanted = by_hand(model, soxr.resample(part, rate, RATE))
    assert_is(recognize(samples, rate, start=0.4, end=1.3), wanted, start=0.4)
    assert_is(recognize(path, start=0.4, end=1.3), wanted, 1e-4, start=0.4)
    rest = by_hand(model, soxr.resample(samples[round(0.4 * rate) :], rate, RATE))
    assert_is(recognize(samples, rate, start=0.4), rest, start=0.4)
    assert_is(recognize(path, start=0.4, end=1000.0), rest, 1e-4, start=0.4)
    assert_is(recognize(samples, rate, start=0.4, end=1000.0), rest, start=0.4)


@pytest.mark.parametrize(("start", "end"), [(-1.0, None), (0.5, 0.5), (1.0, 0.5), (float("nan"), None), (float("inf"), None)])
def test_a_part_that_makes_no_sense(recognize, start, end):
    """A file and an array alike."""
    path, samples, rate = clip()
    with pytest.raises(UsageError):
        recognize(path, start=start, end=end)
    with pytest.raises(UsageError):
        recognize(samples, rate, start=start, end=end)


def test_a_limit_holds_for_files_and_arrays(recognize):
    path, samples, rate = clip()
    with pytest.raises(AudioTooLong):
        recognize(path, limit=1.0)
    with pytest.raises(AudioTooLong):
        recognize(samples, rate, limit=1.0)
    recognize(samples, rate, start=0.2, end=0.9, limit=1.0)


def test_samples_need_their_rate(recognize):
    with pytest.raises(UsageError, match="rate"):
        recognize(clip()[1])


def test_a_file_has_its_own_rate(recognize):
    with pytest.raises(UsageError, match="says its own"):
        recognize(clip()[0], 16000)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(100, np.int16),
        np.zeros(100, bool),
        np.zeros(100, complex),
        np.zeros((100, 2, 2), np.float32),
        np.float32(1.0),
        np.array(["a", "b"]),
        b"bytes",
        None,
        {"samples": [0.0]},
        [[0.1, 0.2], [0.3]],
        torch.zeros(100, requires_grad=True),
        object(),
    ],
)
def test_what_is_no_audio(recognize, samples):
    with pytest.raises(UsageError, match=r"floats|no array"):
        recognize(samples, RATE)


def test_channels_that_come_first(recognize):
    """(channels, n) is what torchaudio and librosa give. Averaged over the wrong axis it would be a recording of 2 samples."""
    samples = clip()[1]
    with pytest.raises(UsageError, match="channels"):
        recognize(np.stack([samples, samples]), 16000)


@pytest.mark.parametrize("rate", [0, -16000, 999, 768_001, 10**9])
def test_rates_that_no_recording_has(recognize, rate):
    with pytest.raises(UnsupportedRate, match="Hz"):
        recognize(np.zeros(100, np.float32), rate)


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros((0, 2), np.float32), []], ids=["mono", "stereo", "list"])
def test_no_samples(recognize, samples):
    with pytest.raises(EmptyAudio):
        recognize(samples, RATE)


def test_a_part_beyond_the_end(recognize):
    path, samples, rate = clip()
    with pytest.raises(EmptyAudio):
        recognize(samples, rate, start=1000.0)
    with pytest.raises(EmptyAudio):
        recognize(path, start=1000.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers(recognize, bad):
    samples = clip()[1].copy()
    samples[1234] = bad
    with pytest.raises(InvalidSamples):
        recognize(samples, 16000)
    with pytest.raises(InvalidSamples):
        recognize(np.stack([samples, np.zeros_like(samples)], 1), 16000)


def test_a_file_that_is_not_there(recognize, tmp_path):
    with pytest.raises(AudioNotFound):
        recognize(tmp_path / "none.wav")


def test_what_it_is(recognize):
    assert repr(recognize) == "Recognizer(small/test: neutral, happy, angry; 8000 Hz, windows of 1 s)"
    assert recognize.spec.labels == LABELS
    assert recognize.spec.temperature == TEMPERATURE
    assert isinstance(recognize, Recognizer)
    assert serkit.Recognizer is Recognizer
    assert serkit.load is load


def test_twice_the_same(recognize):
    path = clip()[0]
    assert recognize(path) == recognize(path)


def test_memory_does_not_grow_with_the_recording(recognize, tmp_path):
    """Half an hour is 58 MB as float32 at the file's rate, and 3600 windows of 32 kB."""
    path = tmp_path / "long.wav"
    second = np.random.default_rng(0).standard_normal(8000).astype(np.float32) / 10
    with sf.SoundFile(path, "w", 8000, 1, "PCM_16") as stream:
        for _ in range(30):
            stream.write(np.tile(second, 60))

    class Still:
        """The graph's place: it takes the memory of its input and no time."""

        spec = recognize.spec
        sizes: list[int] = []  # noqa: RUF012

        def __call__(self, samples):
            self.sizes.append(len(samples))
            return np.zeros((len(samples), 3), np.float32), np.ones((len(samples), 40), np.float32)

    peaks = []
    for seconds in (120, 1800):
        tracemalloc.start()
        prediction = Recognizer(Still())(path, end=float(seconds))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert prediction.duration == seconds
        assert len(prediction.segments) == 2 * seconds - 1
    segments = 3600 * 700  # what is kept of each: two numbers and a dict of scores
    assert peaks[1] < peaks[0] + segments
    assert peaks[1] < 12e6
    assert max(Still.sizes) <= recognizer.BATCH


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _values: "no json", "damaged"),
        (lambda _values: "", "damaged"),
        (lambda _values: "[1]", "damaged"),
        (lambda _values: "null", "damaged"),
        (lambda values: values.pop("labels") and None, "damaged"),
        (lambda values: values.pop("version") and None, "damaged"),
        (lambda values: values.update(cut=3), "damaged"),
        (lambda values: values.update(cut={"mode": "windows"}), "damaged"),
        (lambda values: values.update(trained_on=None), "damaged"),
        (lambda _values: "[" * 100_000, "damaged"),
        (lambda values: values.update(labels=["neutral", "happy", "happy"]), "damaged"),
        (lambda values: values.update(cut={"mode": "windows", "seconds": 1.0, "hop": 1e-9}), "damaged"),
        (lambda values: values.update(version=3), "version 3, this serkit reads 1 to 2"),
        (lambda values: values.update(version="new"), "version 'new'"),
        (lambda values: values.update(labels=["neutral", "happy"]), "labels|outputs|classes"),
        (lambda values: values.update(rate=16000), "samples"),
    ],
)
def test_a_specification_that_is_damaged(model, tmp_path, respecified, change, message):
    path = respecified(model, tmp_path / "damaged.onnx", change)
    with pytest.raises(ModelError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_undamaged_copy_loads(model, tmp_path, respecified):
    copy = respecified(model, tmp_path / "copy.onnx", lambda _values: None)
    assert copy.read_bytes() == model.read_bytes()
    later = respecified(model, tmp_path / "later.onnx", lambda values: values.update(added_by_a_later_version=[1]))
    assert load(later).spec == load(copy).spec
    assert load(copy).spec.labels == LABELS


def test_a_model_of_the_first_version_loads(model, tmp_path):
    """It had no checksum, no recordings and no band."""
    held = onnx.load(model)
    values = json.loads(held.metadata_props[0].value)
    first = {key: value for key, value in values.items() if key not in ("recordings", "band")} | {"version": 1}
    onnx.helper.set_model_props(held, {"serkit": json.dumps(first)})
    onnx.save(held, tmp_path / "first.onnx")
    spec = load(tmp_path / "first.onnx").spec
    assert (spec.version, spec.labels, spec.recordings, spec.band) == (1, LABELS, None, None)


def test_a_model_that_was_changed_is_refused(model, tmp_path):
    """Every bit counts, those of its checksum too; and so does a checksum that is left out, or stands elsewhere."""
    data = model.read_bytes()
    path = tmp_path / "changed.onnx"
    rng = np.random.default_rng(0)
    places = [int(place) for place in rng.integers(0, len(data), 40)] + [len(data) - 1, len(data) - 80]
    for place in places:
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(rng.integers(0, 8))
        path.write_bytes(flipped)
        with pytest.raises(ModelError):
            load(path)
    held = onnx.load(model)
    path.write_bytes(held.SerializeToString())
    assert load(path).spec.labels == LABELS  # the format's own library keeps a file as it is
    held.graph.initializer[0].raw_data = held.graph.initializer[0].raw_data[::-1]
    path.write_bytes(held.SerializeToString())
    with pytest.raises(ModelError, match="checksum"):
        load(path)
    onnx.helper.set_model_props(held, {"serkit": held.metadata_props[0].value})
    onnx.save(held, path)
    with pytest.raises(ModelError, match="checksum"):
        load(path)


def test_a_recognizer_survives_pickling(model, recognize, monkeypatch):
    monkeypatch.chdir(model.parent)
    again = pickle.loads(pickle.dumps(load("model.onnx")))
    monkeypatch.chdir("/")
    assert again(clip()[0]) == pickle.loads(pickle.dumps(recognize))(clip()[0]) == recognize(clip()[0])
    assert pickle.loads(pickle.dumps(recognize(clip()[0]))) == recognize(clip()[0])


def foreign():
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 3]) for name in "xy"]
    graph = onnx.helper.make_graph([node], "foreign", ends[:1], ends[1:])
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)


def test_a_file_that_is_not_there_or_none_of_ours(model, tmp_path):
    data = model.read_bytes()
    (tmp_path / "empty.onnx").write_bytes(b"")
    (tmp_path / "garbage.onnx").write_bytes(np.random.default_rng(0).bytes(5000))
    (tmp_path / "half.onnx").write_bytes(data[: len(data) // 2])
    (tmp_path / "cut.onnx").write_bytes(data[:-200])
    (tmp_path / "text.onnx").write_text("a text\n")
    onnx.save(foreign(), tmp_path / "foreign.onnx")
    messages = {"none": "no such model", "foreign": "not one of serkit's"}
    for name in ("none", "empty", "garbage", "half", "cut", "text", "foreign"):
        path = tmp_path / f"{name}.onnx"
        for given in (path, str(path)):
            with pytest.raises(ModelError, match=messages.get(name, "ONNX")) as caught:
                load(given)
            assert str(path) in str(caught.value)
            assert "\n" not in str(caught.value)


def test_a_foreign_model_that_carries_our_specification(model, tmp_path):
    held = foreign()
    values = {entry.key: entry.value for entry in onnx.load(model).metadata_props}
    onnx.helper.set_model_props(held, values)
    onnx.save(held, tmp_path / "foreign.onnx")
    with pytest.raises(ModelError):
        load(tmp_path / "foreign.onnx")


def test_folders(model, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    with pytest.raises(ModelError, match=r"no model\.onnx in this folder"):
        load(run)
    (run / "run.json").write_text("{}")
    with pytest.raises(ModelError, match="not complete"):
        load(run)
    fold = run / "folds" / "03-0"
    fold.mkdir(parents=True)
    (fold / "model.onnx").write_bytes(model.read_bytes())
    with pytest.raises(ModelError, match=r"a model each.*--final") as caught:
        load(run)
    assert str(fold / "model.onnx") in str(caught.value)
    assert load(fold).spec.labels == LABELS
    (run / "model.onnx").write_bytes(model.read_bytes())
    assert load(str(run)).spec.labels == LABELS


FORBIDDEN = (
    "torch",
    "pydantic",
    "onnx",
    "lightning_fabric",
    "matplotlib",
    "safetensors",
    "filelock",
    "tomli_w",
    "jinja2",
    "scipy",
    "pandas",
    "sklearn",
    "librosa",
)


def without(folder, names):
    """An environment in which importing any of some packages raises."""
    for name in names:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise RuntimeError('{name} was imported')\n")
    root = Path(serkit.__file__).parents[1]
    return os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{root}", "COLUMNS": "200"}


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return without(tmp_path_factory.mktemp("bare"), FORBIDDEN)


@pytest.fixture(scope="module")
def bare_but_pydantic(tmp_path_factory):
    """The command alone: typer 0.29 requires pydantic itself."""
    return without(tmp_path_factory.mktemp("bare"), set(FORBIDDEN) - {"pydantic"})


def run(arguments, environment):
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_environment_forbids_what_it_should(bare):
    code = "try:\n    import torch\nexcept RuntimeError as error:\n    print(error)"
    assert run(["-c", code], bare) == "torch was imported\n"


def test_recognizing_takes_no_torch(model, recognize, bare):
    code = """
        import json, sys
        import serkit
        prediction = serkit.load(sys.argv[1])(sys.argv[2])
        print(json.dumps(prediction.to_dict()))
        """
    path = clip(17)[0]
    found = json.loads(run(["-c", textwrap.dedent(code), model, path], bare))
    wanted = recognize(path)
    assert found["emotion"] == wanted.emotion
    for label in LABELS:
        assert found["scores"][label] == pytest.approx(wanted.scores[label], abs=1e-5)
    assert len(found["segments"]) == len(wanted.segments)


def test_the_command_takes_no_torch(model, recognize, bare_but_pydantic):
    path = clip(17)[0]
    out = run(["-m", "serkit", "predict", path, "--model", model, "--format", "jsonl"], bare_but_pydantic)
    found = json.loads(out)
    assert found["path"] == str(path)
    assert found["emotion"] == recognize(path).emotion
    table = run(["-m", "serkit", "predict", path, "--model", model], bare_but_pydantic)
    assert re.search(rf"{recognize(path).emotion}\b", table)


def test_what_onnx_runtime_says_is_put_on_one_line(model, monkeypatch):
    def fail(*_given, **_named):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(onnxruntime, "InferenceSession", fail)
    with pytest.raises(ModelError, match=r"\(two lines\)$"):
        load(model)


def tone(seconds, gain=0.3):
    return (gain * np.sin(2 * np.pi * 220 * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


SILENT = {
    "digital zeros": np.zeros(3 * RATE, np.float32),
    "noise at -90 dB": (10 ** (-90 / 20) * np.random.default_rng(0).standard_normal(3 * RATE)).astype(np.float32),
    "a constant": np.full(3 * RATE, 0.3, np.float32),
    "one sample": np.ones(1, np.float32),
    "a click": np.pad(np.float32([0.9, -0.9]), RATE),
    "channels that cancel each other": np.stack([tone(2), -tone(2)], 1),
}


@pytest.mark.parametrize("name", SILENT)
def test_silence_is_no_emotion(recognize, tmp_path, name):
    sf.write(tmp_path / "silent.wav", SILENT[name], RATE, "FLOAT")
    for given in ((SILENT[name], RATE), (tmp_path / "silent.wav",)):
        found = recognize(*given)
        assert (found.emotion, found.confidence, dict(found.scores)) == ("no speech", 0.0, {})
        assert {(each.emotion, each.speech) for each in found.segments} == {("no speech", 0.0)}
        assert (found.embedding == 0).all()
        assert found.embedding.shape == recognize(clip()[0]).embedding.shape
        assert found.warnings[0].startswith("no speech: ")
        assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["emotion"] == "no speech"


def test_a_pause_does_not_vote(model, recognize):
    """Two seconds of speech and thirty of nothing are what the two seconds are."""
    _, samples, _ = clip(3)
    spoken = samples[: 2 * WINDOW]
    found = recognize(np.concatenate([spoken, np.zeros(30 * RATE, np.float32)]), RATE)
    alone = by_hand(model, np.concatenate([spoken, np.zeros(3 * WINDOW, np.float32)]))
    heard = [segment for segment in found.segments if segment.speech]
    assert len(heard) == 4  # windows that begin every half a second in two seconds
    assert len(found.segments) == 63
    np.testing.assert_allclose(list(found.scores.values()), alone[1][:4].mean(0), atol=1e-5)
    assert found.quality.speech < 0.07
    assert any(each.startswith("mostly pause: ") for each in found.warnings)


@pytest.mark.parametrize(("gain", "said"), [(3.0, "beyond full scale: samples of up to 3"), (1.0, None)])
def test_samples_beyond_full_scale_are_a_warning(recognize, tmp_path, gain, said):
    samples = gain * tone(2, 1.0)
    sf.write(tmp_path / "loud.wav", samples, RATE, "FLOAT")
    for found in (recognize(samples, RATE), recognize(tmp_path / "loud.wav")):
        assert [each for each in found.warnings if each.startswith("beyond")] == [
            each for each in found.warnings if said and each.startswith(said)
        ]
        assert bool(said) == any(each.startswith("beyond") for each in found.warnings)
        assert any(each.startswith("clipped: ") for each in found.warnings)


@pytest.mark.parametrize("gain", [32768.0, 100.0, 1e30])
def test_samples_far_beyond_full_scale_are_an_error(recognize, tmp_path, gain):
    """16-bit integers that were made floats and never divided are the usual reason."""
    samples = gain * tone(2)
    sf.write(tmp_path / "loud.wav", samples, RATE, "FLOAT")
    for given in ((samples, RATE), (np.stack([samples, -samples], 1), RATE), (tmp_path / "loud.wav",)):
        with pytest.raises(InvalidSamples, match="full scale is 1"):
            recognize(*given)


def test_a_narrow_band_is_a_warning(model, tmp_path, respecified):
    path, samples, rate = clip(9)
    wide = load(respecified(model, tmp_path / "wide.onnx", lambda values: values.update(band=4000.0)))
    assert wide(path).warnings == ()
    narrow = soxr.resample(soxr.resample(samples, rate, 4000), 4000, rate)
    (said,) = wide(narrow, rate).warnings
    assert re.fullmatch(r"narrow band: nothing above [12]\.\d kHz, and the model was trained on 4\.0 kHz", said)
    unknown = load(respecified(model, tmp_path / "unknown.onnx", lambda values: values.update(band=None)))
    assert unknown(narrow, rate).warnings == ()
    assert unknown(narrow, rate).quality.band == pytest.approx(wide(narrow, rate).quality.band)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_the_graph_gives_has_to_be_a_number(model, recognize, monkeypatch, bad):
    graph = Graph(model)
    broken = Recognizer(graph)
    session = graph._session

    class Broken:
        def run(self, outputs, given):
            logits, embedding = session.run(outputs, given)
            logits[0, 1] = bad
            return logits, embedding

    monkeypatch.setattr(graph, "_session", Broken())
    assert recognize(clip()[0]).emotion in LABELS
    with pytest.raises(NotRecognized, match="no number"):
        broken(clip()[0])


def test_an_answer_is_not_to_be_changed(recognize):
    found = recognize(clip()[0])
    for scores in (found.scores, found.segments[0].scores):
        with pytest.raises(TypeError):
            scores["angry"] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        found.embedding[0] = 1


@pytest.mark.parametrize("rate", ["16000", None, 16000.5, [16000], float("nan")])
def test_what_is_no_rate(recognize, rate):
    with pytest.raises(UsageError, match="rate"):
        recognize(np.zeros(100, np.float32), rate)


def test_rates_of_other_types(recognize):
    samples = clip()[1]
    wanted = recognize(samples, 16000)
    for rate in (16000.0, np.int64(16000), np.float32(16000)):
        assert recognize(samples, rate) == wanted


@pytest.mark.parametrize("given", [None, 5, b"model.onnx", ["model.onnx"]])
def test_what_names_no_model(given):
    with pytest.raises(UsageError, match="names no model"):
        load(given)
