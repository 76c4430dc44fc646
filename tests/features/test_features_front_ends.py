"""What every front-end promises: the batch changes nothing, the exported graph agrees, nothing is ever NaN."""

import io

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.features import (
    FunctionalsConfig,
    HertzGridConfig,
    IS10LLDConfig,
    LogMelConfig,
    MFCCConfig,
    PitchConfig,
    ProsodyConfig,
    front_end,
)

RATE = 16000
CONFIGS = {
    "log_mel": LogMelConfig(),
    "log_mel, reflect": LogMelConfig(padding="reflect", top_db=60.0),
    "log_mel, inside": LogMelConfig(padding="none", log="natural", exponent=1),
    "mfcc": MFCCConfig(window=0.025),
    "mfcc, deltas": MFCCConfig(window=0.025, deltas=2, delta_reach=3, top_db=None),
    "prosody": ProsodyConfig(),
    "prosody, reflect": ProsodyConfig(padding="reflect"),
    "prosody, inside": ProsodyConfig(padding="none"),
    "hertz_grid": HertzGridConfig(),
    "pitch": PitchConfig(),
    "is10_lld": IS10LLDConfig(),
    "functionals": FunctionalsConfig(),
    "functionals of log_mel": FunctionalsConfig(of=LogMelConfig(bands=16)),
}
TIMES = np.arange(RATE) / RATE
NOT_SPEECH = {
    "silence": np.zeros(RATE),
    "a single sample": np.array([0.5]),
    "two samples": np.array([0.5, -0.5]),
    "shorter than a window": np.sin(np.arange(100)),
    "clipped": np.sign(np.sin(2 * np.pi * 200 * TIMES)),
    "direct current": np.ones(RATE),
    "noise": np.random.default_rng(0).uniform(-1, 1, RATE),
    "hum": 0.1 * np.sin(2 * np.pi * 60 * TIMES),
    "very loud": 1e4 * np.sin(2 * np.pi * 300 * TIMES),
    "denormal": np.full(RATE, 1e-40),
    "one click in silence": np.eye(1, RATE, 8000)[0],
}


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS.keys())
def config(request):
    return request.param


def exporting(made, on):
    for module in made.modules():
        if hasattr(module, "exporting"):
            module.exporting = on
    return made


def alone(made, samples):
    return made(torch.from_numpy(samples)[None], torch.tensor([len(samples)]))


def batched(clips, rubbish):
    """The clips one above the other, rubbish behind the ends of the short ones."""
    batch = torch.full((len(clips), max(map(len, clips))), rubbish)
    for row, clip in zip(batch, clips, strict=True):
        row[: len(clip)] = torch.from_numpy(clip)
    return batch, torch.tensor([len(clip) for clip in clips])


def scale(values):
    """Of each of (dim,) values, so that a tolerance means the same to energies and to decibels."""
    return values.reshape(-1, values.shape[-1]).abs().amax(0).clamp(min=1.0)


def assert_alike(found, wanted):
    """Within 1e-4 but for one value in a thousand: a bin a thousand times below its neighbors has lost three digits."""
    distance = ((found - wanted).abs() / scale(wanted)).flatten().sort().values
    assert float(distance[int(0.999 * (len(distance) - 1))]) < 1e-4
    assert float(((found - wanted).abs() / scale(wanted)).max()) < 1e-2


@pytest.mark.parametrize("graph", [False, True], ids=["training", "graph"])
def test_a_clip_has_the_same_frames_in_any_batch(sentences, config, graph):
    made = exporting(front_end(config, RATE), graph)
    clips = [*sentences, sentences[0][:16000] * 0.01, sentences[1][:1000], sentences[2][:1]]
    together = made(*batched(clips, 0.9))
    for number, clip in enumerate(clips):
        own = alone(made, clip).values[0]
        true = made.frames(len(clip))
        assert together.lengths[number] == true == len(own)
        found = together.values[number, :true]
        close = 1e-4 if graph or isinstance(config, IS10LLDConfig) else 1e-5
        assert float(((found - own).abs() / scale(own)).max()) < close
        assert not together.values[number, true:].any()


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 9000), min_size=1, max_size=5),
    name=st.sampled_from(sorted(CONFIGS)),
    level=st.sampled_from([0.0, 1e-5, 0.3, 1.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_lengths_in_any_batch(lengths, name, level, seed):
    made = front_end(CONFIGS[name], RATE)
    draw = np.random.default_rng(seed)
    clips = [(level * draw.uniform(-1, 1, length)).astype(np.float32) for length in lengths]
    together = made(*batched(clips, float("nan")))
    assert together.values.dtype == torch.float32
    assert together.values.shape == (len(clips), made.frames(max(lengths)), made.dim)
    assert torch.equal(together.lengths, made.frames(torch.tensor(lengths)))
    assert torch.isfinite(together.values).all()
    for number, clip in enumerate(clips):
        own = alone(made, clip).values[0]
        # A slope a second over two frames is their difference times a hundred.
        close = torch.tensor([1e-2 if each.endswith("_slope") else 1e-4 for each in made.names])
        assert bool(((together.values[number, : len(own)] - own).abs() / scale(own) < close).all())


@pytest.mark.parametrize("graph", [False, True], ids=["training", "graph"])
@pytest.mark.parametrize("samples", NOT_SPEECH.values(), ids=NOT_SPEECH.keys())
def test_what_is_no_speech_is_finite(config, samples, graph):
    made = exporting(front_end(config, RATE), graph)
    found = alone(made, samples.astype(np.float32))
    assert torch.isfinite(found.values).all()
    assert found.lengths.tolist() == [made.frames(len(samples))] == [found.values.shape[1]]


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 96000])
def test_every_rate(config, rate):
    if isinstance(config, IS10LLDConfig) and rate < RATE:
        pytest.skip("its bands need 16 kHz")
    longer = {"n_fft": 4096} if hasattr(config, "n_fft") else {}
    if isinstance(config, FunctionalsConfig):
        longer = {"of": config.of.model_copy(update={"n_fft": 4096})}
    made = front_end(config.model_copy(update=longer), rate)
    found = alone(made, np.random.default_rng(0).uniform(-1, 1, rate).astype(np.float32))
    assert torch.isfinite(found.values).all()
    if not isinstance(config, FunctionalsConfig):
        assert abs(found.values.shape[1] * made.hop - 1) < 0.06


def test_the_two_transforms_agree(sentences, config):
    made = front_end(config, RATE)
    batch, lengths = batched([each[:24000] for each in sentences], 0.0)
    lengths = torch.tensor([24000, 20000, 12345])
    one, other = made(batch, lengths), exporting(made, True)(batch, lengths)
    assert not torch.equal(one.values, other.values)  # they are two ways
    assert_alike(one.values, other.values)


@pytest.mark.filterwarnings("ignore:.*:torch.jit.TracerWarning", "ignore:.*:DeprecationWarning", "ignore:.*:UserWarning")
def test_one_graph_serves_every_length(sentences, config):
    made = exporting(front_end(config, RATE), True).eval()

    class Whole(torch.nn.Module):
        def forward(self, samples):
            return made(samples, torch.full_like(samples[:, 0], samples.shape[1], dtype=torch.int64)).values

    stream = io.BytesIO()
    torch.onnx.export(
        Whole().eval(),
        (torch.from_numpy(sentences[0])[None].repeat(2, 1),),
        stream,
        dynamo=False,
        opset_version=18,
        input_names=["samples"],
        output_names=["values"],
        dynamic_axes={"samples": {0: "batch", 1: "n"}, "values": {0: "batch", 1: "frames"}},
    )
    session = onnxruntime.InferenceSession(stream.getvalue(), providers=["CPUExecutionProvider"])
    for clips in ([sentences[1]], [each[:12345] for each in sentences], [sentences[2][: max(700, made.shortest)]]):
        batch, lengths = batched(clips, 0.0)
        (found,) = session.run(None, {"samples": batch.numpy()})
        wanted = made(batch, lengths).values
        assert found.shape == wanted.shape
        assert_alike(torch.from_numpy(found), wanted)


def test_nothing_in_it_learns_or_is_stored(config):
    made = front_end(config, RATE)
    assert not list(made.parameters())
    assert not made.state_dict()  # everything follows from the settings
    assert len(made.names) == len(set(made.names)) == made.dim
