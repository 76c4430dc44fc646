"""The INTERSPEECH 2010 descriptors against openSMILE's own, and their parts against NumPy and SciPy."""

import warnings

import numpy as np
import pytest
import scipy.linalg
import soxr
import torch

from serkit.features import IS10LLD, IS10LLDConfig
from serkit.features._lsp import LineSpectralPairs, levinson
from serkit.features._periods import irregularity
from serkit.features._subharmonic import SubharmonicSum
from serkit.features.is10 import ShortFrames

RATE = 16000


def ours(samples, rate=RATE):
    made = IS10LLD(IS10LLDConfig(), rate)
    return made.names, made(torch.from_numpy(samples)[None], torch.tensor([len(samples)])).values[0].numpy()


def theirs(samples):
    """openSMILE's 38 contours and their differences, rows aligned: (frames, 76)."""
    opensmile = pytest.importorskip("opensmile", reason="the extra serkit[opensmile] is not installed")
    levels = (opensmile.FeatureLevel.LowLevelDescriptors, opensmile.FeatureLevel.LowLevelDescriptors_Deltas)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [opensmile.Smile(opensmile.FeatureSet.IS10, level).process_signal(samples, RATE).to_numpy() for level in levels]
    return np.concatenate([found[0], found[1][: len(found[0])]], axis=1)


def at_16_khz(speech):
    """With 16 bits, as a recording has them: bands that hold nothing but rounding are nobody's descriptors."""
    samples, rate = speech
    resampled = samples if rate == RATE else soxr.resample(samples, rate, RATE)
    return (np.round(resampled * 32767) / 32768).astype(np.float32)


def correlation(one, other):
    return np.corrcoef(one, other)[0, 1]


def test_contours_of_three_corpora(speech):
    samples = at_16_khz(speech)
    names, found = ours(samples)
    wanted = theirs(samples)
    assert found.shape == wanted.shape
    least = {"loudness": 0.999, "mfcc": 0.999, "log": 0.999, "lsp": 0.98, "f0_envelope": 0.98, "voicing": 0.9}
    for column, name in enumerate(names):
        kind = next((kind for kind in least if name.startswith(kind)), None)
        if kind:
            relaxed = 0.05 if name.endswith("_de") else 0.0
            assert correlation(found[:, column], wanted[:, column]) > least[kind] - relaxed, name
    f0 = names.index("f0")
    both = (found[:, f0] > 0) & (wanted[:, f0] > 0)
    assert correlation(found[both, f0], wanted[both, f0]) > 0.95
    assert ((found[:, f0] > 0) == (wanted[:, f0] > 0)).mean() > 0.9
    assert np.median(np.abs(found[both, f0] / wanted[both, f0] - 1)) < 0.01
    shimmer = names.index("shimmer")
    assert correlation(found[:, shimmer], wanted[:, shimmer]) > 0.5


def test_values_are_openSMILEs_and_not_only_like_them(sentences):  # noqa: N802 - its name
    names, found = ours(sentences[0])
    wanted = theirs(sentences[0])
    for column, name in enumerate(names[:24]):
        scale = wanted[:, column].std()
        assert np.median(np.abs(found[:, column] - wanted[:, column])) < 2e-3 * scale, name


def test_silence_is_what_openSMILE_makes_of_it():  # noqa: N802
    silence = np.zeros(RATE, np.float32)
    np.testing.assert_allclose(ours(silence)[1], theirs(silence), atol=1e-3)


def test_76_names():
    names, _ = ours(np.zeros(2000, np.float32))
    assert len(names) == 76
    assert names[:2] == ("loudness", "mfcc_0")
    assert names[34:38] == ("f0", "jitter", "jitter_ddp", "shimmer")
    assert names[38] == "loudness_de"


def test_a_rate_without_the_bands_raises():
    with pytest.raises(ValueError, match="8000 Hz do not fit"):
        IS10LLD(IS10LLDConfig(), 8000)


@pytest.mark.parametrize("frames", [1, 2, 300, 5000])
def test_the_envelope_by_a_loop(frames):
    draw = np.random.default_rng(frames)
    f0 = np.where(draw.random(frames) < 0.4, draw.uniform(80, 400, frames), 0.0)
    f0[frames // 4 : frames // 2] = 0.0  # a long pause, through which the last pitch is held
    wanted, before = [], 0.0
    for value in f0:
        if value:
            before = 0.75 * before + 0.25 * value if before else value
        wanted.append(before)
    found = IS10LLD._envelope(torch.from_numpy(f0).float()[None])[0]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)


def autocorrelations(count=50, order=8, seed=0):
    sounds = np.random.default_rng(seed).standard_normal((count, 200)).cumsum(1)  # most of their power low, as in speech
    sounds -= sounds.mean(1, keepdims=True)
    return np.stack([(sounds[:, : 200 - lag] * sounds[:, lag:]).sum(1) for lag in range(order + 1)], axis=1)


def test_levinson_solves_the_normal_equations():
    given = autocorrelations()
    found = levinson(torch.from_numpy(given))
    for row, own in zip(given, found.numpy(), strict=True):
        np.testing.assert_allclose(own[1:], scipy.linalg.solve_toeplitz(row[:-1], -row[1:]), rtol=1e-6, atol=1e-8)
        assert own[0] == 1


@pytest.mark.parametrize("exporting", [False, True])
def test_line_spectral_pairs_are_the_angles_of_the_roots(exporting):
    given = autocorrelations()
    made = LineSpectralPairs(grid=2048)
    made.exporting = exporting
    found = made(torch.from_numpy(given).float()).numpy()
    for row, own in zip(given, found, strict=True):
        predictor = np.concatenate([[1.0], scipy.linalg.solve_toeplitz(row[:-1], -row[1:])])
        padded, mirrored = np.append(predictor, 0), np.insert(predictor[::-1], 0, 0)
        angles = np.angle(np.concatenate([np.roots(padded + mirrored), np.roots(padded - mirrored)]))
        wanted = np.sort(angles[(angles > 1e-6) & (angles < np.pi - 1e-6)])
        np.testing.assert_allclose(own, wanted, atol=2e-3)


def test_line_spectral_pairs_of_speech_are_the_same_by_transform_and_by_convolution(speech):
    samples = torch.from_numpy(at_16_khz(speech))[None]
    short, pairs = ShortFrames(RATE, 160), LineSpectralPairs()
    by_transform = pairs(short(samples).correlation)
    short.exporting = True
    by_convolution = pairs(short(samples).correlation)
    torch.testing.assert_close(by_transform, by_convolution, rtol=0, atol=2e-5)  # 1e-3 where a part is in single precision


def test_line_spectral_pairs_of_silence_are_those_of_a_flat_spectrum():
    found = LineSpectralPairs()(torch.zeros(1, 9))
    np.testing.assert_allclose(found[0], np.arange(1, 9) * np.pi / 9, rtol=1e-5)


@pytest.mark.parametrize("exporting", [False, True])
@pytest.mark.parametrize("hertz", [80.0, 143.0, 310.0, 500.0])
def test_subharmonic_sums_find_the_pitch(hertz, exporting):
    times = np.arange(960) / RATE
    sound = sum(np.sin(2 * np.pi * number * hertz * times) / number for number in range(1, 10))
    window = np.exp(-0.5 * ((np.arange(960) - 479.5) / (0.25 * 479.5)) ** 2)
    made = SubharmonicSum(RATE, 1024)
    made.exporting = exporting
    found = made(torch.from_numpy(np.abs(np.fft.rfft(sound * window, 1024))).float()[None])
    assert found.f0.item() == pytest.approx(hertz, rel=0.01)
    assert found.voiced.item() > 0.7


def pulses(period, jitter, shimmer, count=40):
    """Decaying tones at periods that alternate around `period`, of heights that alternate around 1."""
    lengths = [period * (1 + (-1) ** number * jitter / 2) for number in range(count)]
    places = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    times = np.arange(int(sum(lengths)))
    sound = np.zeros(len(times))
    for number, place in enumerate(places):
        after = times >= place
        height = 1 + (-1) ** number * shimmer / 2
        sound[after] += height * np.exp(-(times[after] - place) / 30) * np.cos(2 * np.pi * (times[after] - place) / 40)
    return sound.astype(np.float32)


@pytest.mark.parametrize("exporting", [False, True])
@pytest.mark.parametrize(("jitter", "shimmer"), [(0.0, 0.0), (0.03, 0.0), (0.0, 0.2)])
def test_jitter_and_shimmer_of_pulses(jitter, shimmer, exporting):
    """Neighboring periods differ by the jitter, and their differences by twice that."""
    sound = torch.from_numpy(pulses(120.0, jitter, shimmer))[None]
    starts = torch.tensor([0, 480, 1201])
    f0 = torch.full((1, 3), RATE / 120.0)
    found = irregularity(sound, torch.tensor([sound.shape[1]]), f0, starts, 960, RATE, 8, exporting=exporting)
    # Where pulses alternate, a stretch of one period holds the beginning of the next: less is seen than is there.
    np.testing.assert_allclose(found.jitter, jitter, atol=0.005 + 0.3 * jitter)
    np.testing.assert_allclose(found.ddp, 2 * jitter, atol=0.01 + 0.6 * jitter)
    np.testing.assert_allclose(found.shimmer, shimmer, atol=0.02 + 0.3 * shimmer)


def perturbations_of(sound, start=0):
    """Jitter, its differences and shimmer of one frame of 60 ms at a pitch of 8 ms periods."""
    f0 = torch.full((1, 1), RATE / 128.0)
    found = irregularity(
        torch.from_numpy(sound)[None], torch.tensor([len(sound)]), f0, torch.tensor([start]), 960, RATE, 8, exporting=False
    )
    return [float(each) for each in found]


def test_a_jump_is_no_jitter_and_a_rise_is_no_shimmer():
    """One period a seventh too long, one pulse twice as high: not the unevenness of a voice."""
    even = pulses(128.0, 0.0, 0.0)
    late = np.concatenate([even[: 3 * 128], even[:20], even[3 * 128 :]]) * np.float32(0.5)
    assert max(perturbations_of(late)[:2]) < 0.02
    high = even.copy()
    high[2 * 128 : 3 * 128] *= 2
    assert perturbations_of(high)[2] < 0.1
    slightly = even.copy()
    slightly[2 * 128 : 3 * 128] *= 1.3
    assert perturbations_of(slightly)[2] > 0.1


def test_a_voice_is_as_regular_after_ten_minutes_as_at_once():
    """A sample's number there takes all digits of single precision: fractions of it have to be counted from somewhere near."""
    uneven = pulses(128.0, 0.01, 0.1)
    late = 600 * RATE
    before = np.zeros(late, np.float32)
    assert perturbations_of(np.concatenate([before, uneven]), start=late) == perturbations_of(uneven)


def test_noise_before_a_voice_does_not_count():
    even = pulses(128.0, 0.0, 0.0)
    for seed in range(3):
        noise = 0.3 * np.random.default_rng(seed).standard_normal(128).astype(np.float32)
        assert max(perturbations_of(np.concatenate([noise, even]))) < 0.01


def test_what_lies_beyond_the_end_is_not_heard():
    even = pulses(128.0, 0.0, 0.0)[: 5 * 128]
    uneven = np.concatenate([even, pulses(128.0, 0.05, 0.4)[: 5 * 128]])
    f0, starts = torch.full((1, 1), RATE / 128.0), torch.zeros(1, dtype=torch.int64)
    for sound, length in ((even, len(even)), (uneven, len(even))):
        given = torch.from_numpy(sound)[None]
        found = irregularity(given, torch.tensor([length]), f0, starts, 960, RATE, 8, exporting=False)
        assert max(float(each) for each in found) < 0.01
