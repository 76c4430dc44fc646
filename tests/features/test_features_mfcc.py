"""References are librosa in double precision (computed from the same float32 samples) and SciPy; clips are real speech."""

import os
import warnings
from pathlib import Path

import librosa
import numpy as np
import pytest
import scipy.fft
import soundfile as sf
import torch

from serkit.features import MFCC, MFCCConfig
from serkit.features._mel import dct_matrix, hertz_to_mel, mel_filters, mel_to_hertz

EMODB = Path(__file__).parents[2] / "data" / "emodb" / "wav"
CLIPS = ("03a01Fa", "09b10Wa", "13a05Lc", "15b03Nb")
LIBROSA_PADDING = {"zeros": "constant", "reflect": "reflect"}


def emodb(name):
    samples, rate = sf.read(EMODB / f"{name}.flac", dtype="float32")
    assert rate == 16000
    return samples


def ravdess(name):
    root = os.environ.get("SERKIT_DATA")
    if not root or not (Path(root) / "ravdess").is_dir():
        pytest.skip("RAVDESS is not here: SERKIT_DATA does not name a folder that holds it")
    samples, rate = sf.read(Path(root) / "ravdess" / name, dtype="float32", always_2d=True)
    assert rate == 48000
    return samples.mean(axis=1)[24000 : 24000 + 144000]


def reference(samples, rate, *, scale="htk", padding="zeros", window=512 / 48000, hop=512 / 48000, **other):
    """librosa's MFCC in float64: (frames, coefficients)."""
    settings = {"n_mfcc": 40, "n_fft": 1024, "n_mels": 128, "fmin": 0.0, "fmax": rate / 2} | other
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Empty filters detected", category=UserWarning)
        found = librosa.feature.mfcc(
            y=samples.astype(np.float64),
            sr=rate,
            win_length=round(window * rate),
            hop_length=round(hop * rate),
            window="hamming",
            center=True,
            pad_mode=LIBROSA_PADDING[padding],
            htk=scale == "htk",
            dct_type=2,
            norm="ortho",
            **settings,
        )
    assert found.dtype == np.float64
    return found.T


def alone(front_end, samples):
    frames = front_end(torch.from_numpy(samples)[None], torch.tensor([len(samples)]))
    return frames.values[0]


def assert_close(found, wanted):
    assert found.shape == wanted.shape
    distance = np.abs(found.astype(np.float64) - wanted)
    assert (distance <= 1e-4 + 1e-4 * np.abs(wanted)).all(), distance.max()
    assert (distance <= 1e-4).mean() >= 0.99, (distance <= 1e-4).mean()


@pytest.mark.parametrize("padding", ["zeros", "reflect"])
@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_equals_librosa_at_16_khz(scale, padding):
    front_end = MFCC(MFCCConfig(mel_scale=scale, padding=padding, window=0.025), 16000)
    found = [alone(front_end, emodb(name)).numpy() for name in CLIPS]
    wanted = [reference(emodb(name), 16000, scale=scale, padding=padding, window=0.025) for name in CLIPS]
    assert_close(np.concatenate(found), np.concatenate(wanted))


@pytest.mark.parametrize("padding", ["zeros", "reflect"])
@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_equals_librosa_at_48_khz(scale, padding):
    samples = ravdess("Actor_01/03-01-05-02-01-01-01.flac")
    found = alone(MFCC(MFCCConfig(mel_scale=scale, padding=padding), 48000), samples)
    assert_close(found.numpy(), reference(samples, 48000, scale=scale, padding=padding))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            {"coefficients": 13, "bands": 26, "n_fft": 512, "window": 0.025, "hop": 0.010},
            {"n_mfcc": 13, "n_mels": 26, "n_fft": 512},
        ),
        ({"window": 401 / 16000, "hop": 0.0125}, {}),  # a window of an odd number of samples
        ({"window": 1024 / 16000, "hop": 0.016}, {}),  # a window as long as the DFT
        (
            {"low": 80.0, "high": 5500.0, "bands": 64, "window": 0.025, "hop": 0.016},
            {"fmin": 80.0, "fmax": 5500.0, "n_mels": 64},
        ),
        ({"top_db": 30.0, "window": 0.025, "hop": 0.016}, {}),
    ],
    ids=["13 of 26", "odd window", "full window", "band", "top_db"],
)
def test_every_setting_means_what_librosa_means(ours, theirs):
    samples = emodb(CLIPS[1])
    wanted = reference(samples, 16000, window=ours["window"], hop=ours["hop"], **theirs)
    if "top_db" in ours:  # librosa.feature.mfcc does not pass it on
        power = librosa.feature.melspectrogram(
            y=samples.astype(np.float64),
            sr=16000,
            n_fft=1024,
            win_length=400,
            hop_length=256,
            window="hamming",
            pad_mode="constant",
            htk=True,
            n_mels=128,
        )
        decibels = librosa.power_to_db(power, top_db=30.0)
        assert (decibels == decibels.min()).mean() > 0.3  # the limit is at work
        wanted = scipy.fft.dct(decibels, axis=0, norm="ortho")[:40].T
    assert_close(alone(MFCC(MFCCConfig(**ours), 16000), samples).numpy(), wanted)


def test_papers_shape():
    front_end = MFCC(MFCCConfig(), 48000)
    noise = torch.randn(1, 144000, generator=torch.Generator().manual_seed(0)) / 10
    frames = front_end(noise, torch.tensor([144000]))
    assert frames.values.shape == (1, 282, 40)
    assert frames.lengths.tolist() == [282]
    assert front_end.frames(144000) == 282
    assert front_end.dim == 40
    assert frames.values.dtype == torch.float32


@pytest.mark.parametrize("exporting", [False, True])
@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_frames_do_not_depend_on_the_batch(padding, exporting):
    front_end = MFCC(MFCCConfig(padding=padding, window=0.025), 16000)
    front_end.mel.spectrum.exporting = exporting
    clips = [emodb(name) for name in CLIPS]
    clips += [clips[0][:16000] * 0.01, clips[1][:1000]]
    longest = max(map(len, clips)) + 5000
    batch = torch.full((len(clips), longest), 0.9)  # what follows a clip's end is no part of it, whatever it is
    for row, clip in zip(batch, clips, strict=True):
        row[: len(clip)] = torch.from_numpy(clip)
    lengths = torch.tensor([len(clip) for clip in clips])
    together = front_end(batch, lengths)
    assert together.values.shape[1] == 1 + longest // front_end.mel.spectrum.grid.hop
    for number, clip in enumerate(clips):
        own = alone(front_end, clip)
        true = 1 + len(clip) // front_end.mel.spectrum.grid.hop
        assert together.lengths[number] == true == len(own)
        torch.testing.assert_close(together.values[number, :true], own, rtol=1e-5, atol=1e-3 if exporting else 1e-5)
        assert not together.values[number, true:].any()


def test_reflection_bounces_where_the_clip_is_shorter_than_half_a_window():
    front_end = MFCC(MFCCConfig(padding="reflect", window=0.064), 16000)
    samples = emodb(CLIPS[0])[8000:8300]
    power = power_by_hand(np.pad(samples.astype(np.float64), 512, mode="reflect"), 1024, 1024, front_end.mel.spectrum.grid.hop)
    found = front_end.mel.spectrum(torch.from_numpy(samples)[None], torch.tensor([len(samples)]))[0].numpy()
    np.testing.assert_allclose(found, power, rtol=1e-3, atol=1e-6 * power.max())


def power_by_hand(padded, n_fft, window, hop):
    """Power of frames of samples that are padded by half a DFT on both sides: (frames, bins)."""
    weights = np.zeros(n_fft)
    left = (n_fft - window) // 2
    weights[left : left + window] = [0.54 - 0.46 * np.cos(2 * np.pi * step / window) for step in range(window)]
    starts = range(0, len(padded) - n_fft + 1, hop)
    return np.stack([np.abs(np.fft.rfft(padded[start : start + n_fft] * weights)) ** 2 for start in starts])


@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_power_equals_frames_by_hand(padding):
    front_end = MFCC(MFCCConfig(padding=padding, window=0.025), 16000)
    samples = emodb(CLIPS[2])[:20011]
    padded = np.pad(samples.astype(np.float64), 512, mode="constant" if padding == "zeros" else "reflect")
    wanted = power_by_hand(padded, 1024, 400, 171)
    for exporting in (False, True):
        front_end.mel.spectrum.exporting = exporting
        found = front_end.mel.spectrum(torch.from_numpy(samples)[None], torch.tensor([len(samples)]))[0].numpy()
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-7 * wanted.max())


def test_the_two_transforms_agree():
    front_end = MFCC(MFCCConfig(window=0.025), 16000)
    samples = np.stack([emodb(name)[:24000] for name in CLIPS])
    lengths = torch.tensor([24000, 20000, 12345, 24000])
    assert front_end.mel.spectrum.exporting is False
    one = front_end(torch.from_numpy(samples), lengths)
    front_end.mel.spectrum.exporting = True
    other = front_end(torch.from_numpy(samples), lengths)
    assert not torch.equal(one.values, other.values)  # they are two ways
    torch.testing.assert_close(one.values, other.values, rtol=1e-4, atol=5e-4)


@pytest.mark.filterwarnings("ignore:Empty filters detected:UserWarning")
@pytest.mark.parametrize(
    ("rate", "n_fft", "bands", "low", "high"),
    [
        (48000, 1024, 128, 0.0, 24000.0),
        (16000, 1024, 128, 0.0, 8000.0),
        (22050, 2048, 64, 50.0, 9000.0),
        (8000, 256, 20, 0, 4000),
    ],
)
@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_filters_equal_librosas(scale, rate, n_fft, bands, low, high):
    wanted = librosa.filters.mel(
        sr=rate, n_fft=n_fft, n_mels=bands, fmin=low, fmax=high, htk=scale == "htk", norm="slaney", dtype=np.float64
    )
    found = mel_filters(rate, n_fft, bands, low, high, scale)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_mel_scales_equal_librosas(scale):
    hertz = np.concatenate([np.linspace(0, 24000, 1001), [999.999, 1000.0, 1000.001]])
    mel = hertz_to_mel(hertz, scale)
    np.testing.assert_allclose(mel, librosa.hz_to_mel(hertz, htk=scale == "htk"), rtol=1e-12)
    np.testing.assert_allclose(mel_to_hertz(mel, scale), hertz, rtol=1e-10, atol=1e-9)
    assert hertz_to_mel(np.array([700.0]), "htk")[0] == pytest.approx(2595 * np.log10(2))  # equation (1) of the paper


def test_dct_equals_scipys():
    values = np.random.default_rng(0).standard_normal((5, 128))
    matrix = dct_matrix(40, 128)
    assert matrix.shape == (40, 128)
    assert matrix.dtype == torch.float64
    np.testing.assert_allclose(values @ matrix.numpy().T, scipy.fft.dct(values, norm="ortho")[:, :40], atol=1e-12)
    np.testing.assert_allclose(dct_matrix(64, 64).numpy() @ dct_matrix(64, 64).numpy().T, np.eye(64), atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "rate"),
    [
        ({"window": 0.1}, 16000),  # longer than the DFT
        ({"window": 1e-5}, 16000),  # no sample
        ({"hop": 1e-6}, 16000),  # no sample
        ({"n_fft": 1023}, 48000),  # odd
        ({"high": 9000.0}, 16000),  # above half the rate
        ({"low": 8000.0}, 16000),  # nothing is left
        ({"low": 500.0, "high": 400.0}, 16000),
        ({"coefficients": 41, "bands": 40}, 48000),  # a DCT of 40 bands has 40 coefficients
    ],
)
def test_settings_that_do_not_fit_raise(settings, rate):
    with pytest.raises(ValueError):
        MFCC(MFCCConfig(**settings), rate)


@pytest.mark.parametrize(
    "settings",
    [
        {"coefficients": 0},
        {"bands": 0},
        {"n_fft": 0},
        {"window": 0},
        {"hop": 0},
        {"low": -1},
        {"high": 0},
        {"top_db": 0},
        {"mel_scale": "bark"},
        {"padding": "edge"},
        {"hop": float("nan")},
        {"high": float("inf")},
        {"hops": 1},
    ],
)
def test_settings_that_mean_nothing_raise(settings):
    with pytest.raises(ValueError):
        MFCCConfig(**settings)


def test_a_config_is_frozen():
    with pytest.raises(ValueError):
        MFCCConfig().hop = 1.0


def test_nothing_in_it_learns():
    front_end = MFCC(MFCCConfig(window=0.025), 16000)
    assert not list(front_end.parameters())
    assert not front_end.state_dict()  # everything follows from the settings
    assert not alone(front_end, emodb(CLIPS[0])).requires_grad


@pytest.mark.parametrize("exporting", [False, True])
def test_silence_is_finite(exporting):
    front_end = MFCC(MFCCConfig(window=0.025), 16000)
    front_end.mel.spectrum.exporting = exporting
    silence = np.zeros(16000, np.float32)
    found = alone(front_end, silence).numpy()
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, reference(silence, 16000, window=0.025), atol=1e-3)


def test_the_loudest_band_is_the_clips_own():
    """`top_db` counts from each clip's loudest band, so that a quiet clip beside a loud one keeps its range."""
    front_end = MFCC(MFCCConfig(window=0.025), 16000)
    loud, quiet = emodb(CLIPS[0])[:16000], emodb(CLIPS[1])[:16000] * 1e-3
    both = front_end(torch.from_numpy(np.stack([loud, quiet])), torch.tensor([16000, 16000]))
    assert_close(both.values[1].numpy(), reference(quiet, 16000, window=0.025))
