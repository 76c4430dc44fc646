"""Pitch of sounds whose pitch is known, and of speech against Praat."""

import numpy as np
import parselmouth
import pytest
import torch

from serkit.features import Pitch, PitchConfig

RATE = 16000
TIMES = np.arange(RATE) / RATE


def alone(samples, rate=RATE, **settings):
    made = Pitch(PitchConfig(**settings), rate)
    return made(torch.from_numpy(samples.astype(np.float32))[None], torch.tensor([len(samples)])).values[0].numpy()


def voice(f0, harmonics=12):
    """A sound of many harmonics, the fundamental not the strongest of them."""
    return sum(np.sin(2 * np.pi * number * f0 * TIMES) / (1 + abs(number - 3)) for number in range(1, harmonics + 1)) / 8


@pytest.mark.parametrize("f0", [80.0, 123.4, 211.7, 350.0, 555.5])
def test_a_periodic_sound(f0):
    inside = alone(voice(f0))[5:-5]
    np.testing.assert_allclose(inside[:, 0], f0, rtol=2e-3)
    assert inside[:, 1].min() > 0.98


@pytest.mark.parametrize("periods", [2.0, 3.0])
@pytest.mark.parametrize("hertz", [76.0, 80.0, 100.0, 250.0, 590.0])
def test_a_pure_tone_on_direct_current(hertz, periods):
    """Its only partial is its pitch, the lowest ones too; direct current beside it is no part of it."""
    inside = alone(0.3 * np.sin(2 * np.pi * hertz * TIMES) + 0.2, periods=periods)[5:-5]
    np.testing.assert_allclose(inside[:, 0], hertz, rtol=0.01)
    assert inside[:, 1].min() > 0.9


def test_a_hum_below_the_range_is_no_pitch_of_a_voice():
    found = alone(0.3 * np.sin(2 * np.pi * 50 * TIMES))[5:-5]
    assert (found[:, 0] == 0).all()


def test_a_glide():
    f0 = 100 + 150 * TIMES
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    found = alone(0.3 * np.sin(phase) + 0.2 * np.sin(2 * phase))[5:-5, 0]
    np.testing.assert_allclose(found, 100 + 1.5 * np.arange(5, 5 + len(found)), rtol=0.01)


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_noise_is_unvoiced(level):
    noise = np.random.default_rng(0).standard_normal(RATE) * 0.1
    found = alone(noise + level)  # direct current beside it is no pitch
    assert (found[:, 0] == 0).mean() > 0.95


def test_what_is_much_quieter_than_the_rest_is_unvoiced():
    sound = voice(150.0)
    sound[8000:] *= 0.01
    found = alone(sound)[:, 0]
    assert (found[5:45] > 0).all()
    assert (found[56:] == 0).all()


def test_speech_against_praat(speech):
    """Praat's own frames lie between ours, up to half a hop away, and it follows a path through neighboring frames."""
    samples, rate = speech
    praat = parselmouth.Sound(samples.astype(np.float64), rate).to_pitch_ac(time_step=0.01, pitch_floor=75, pitch_ceiling=600)
    theirs = praat.selected_array["frequency"]
    ours = alone(samples, rate)[:, 0][np.rint(praat.xs() / 0.01).astype(int)]
    both = (theirs > 0) & (ours > 0)
    assert both.sum() > 50
    distance = np.abs(ours[both] / theirs[both] - 1)
    assert (distance > 0.2).mean() < 0.1  # a gross error, as the field counts it
    assert np.median(distance) < 0.01
    assert ((theirs > 0) == (ours > 0)).mean() > 0.85


def test_harmonics_to_noise_against_praat(speech):
    samples, rate = speech
    praat = parselmouth.Sound(samples.astype(np.float64), rate)
    harmonicity = praat.to_harmonicity_ac(time_step=0.01, minimum_pitch=75, silence_threshold=0.03, periods_per_window=3.0)
    theirs, ours = harmonicity.values[0], alone(samples, rate)[np.rint(harmonicity.xs() / 0.01).astype(int)]
    both = (theirs > -100) & (ours[:, 0] > 0)
    assert np.median(np.abs(ours[both, 2] - theirs[both])) < 1.5  # dB
    assert np.corrcoef(ours[both, 2], theirs[both])[0, 1] > 0.75


def test_a_tone_in_noise_has_the_harmonics_to_noise_that_it_was_given():
    noise = np.random.default_rng(0).standard_normal(RATE)
    tone = np.sin(2 * np.pi * 200 * TIMES)
    for decibels in (5.0, 10.0, 20.0):
        sound = tone + noise * np.sqrt(0.5 / 10 ** (decibels / 10))
        found = alone(0.1 * sound)[5:-5]
        assert np.median(found[found[:, 0] > 0, 2]) == pytest.approx(decibels, abs=1.5)


def uneven_pulses(jitter, shimmer, f0=140.0, seed=0):
    """A second of decaying tones at periods and heights that vary at random: samples, true jitter, true shimmer."""
    draw = np.random.default_rng(seed)
    periods = RATE / f0 * (1 + jitter * draw.standard_normal(int(f0)))
    heights = 1 + shimmer * draw.standard_normal(int(f0))
    sound = np.zeros(int(periods.sum()) + 200)
    for place, height in zip(np.cumsum(periods) - periods[0], heights, strict=True):
        after = np.arange(int(np.ceil(place)), min(len(sound), int(place) + 200))
        sound[after] += height * np.exp(-(after - place) / 20) * np.sin(2 * np.pi * (after - place) / 16)
    sizes = (np.abs(np.diff(each)).mean() / each.mean() for each in (periods, heights))
    return 0.2 * sound, *sizes


def perturbations(samples, rate):
    """Praat's jitter and shimmer (local) of the whole sound."""
    sound = parselmouth.Sound(samples.astype(np.float64), rate)
    pulses = parselmouth.praat.call(sound, "To PointProcess (periodic, cc)", 75, 600)
    limits = (0, 0, 1e-4, 0.02, 1.3)
    jitter = parselmouth.praat.call(pulses, "Get jitter (local)", *limits)
    return jitter, parselmouth.praat.call([sound, pulses], "Get shimmer (local)", *limits, 1.6)


@pytest.mark.parametrize(("jitter", "shimmer"), [(0.0, 0.0), (0.01, 0.02), (0.02, 0.1)])
def test_jitter_and_shimmer_of_pulses_against_what_is_true_and_praat(jitter, shimmer):
    sound, true_jitter, true_shimmer = uneven_pulses(jitter, shimmer)
    found = alone(sound)[10:-10]
    found = found[found[:, 0] > 0].mean(0)
    assert found[3] == pytest.approx(true_jitter, rel=0.25, abs=0.003)
    assert found[4] == pytest.approx(true_shimmer, rel=0.25, abs=0.012)
    praat_jitter, praat_shimmer = perturbations(sound, RATE)
    assert found[3] == pytest.approx(praat_jitter, rel=0.3, abs=0.003)
    assert found[4] == pytest.approx(praat_shimmer, rel=0.3, abs=0.02)


def test_jitter_and_shimmer_of_speech_against_praat(speech):
    samples, rate = speech
    found = alone(samples, rate)
    found = found[found[:, 0] > 0].mean(0)
    jitter, shimmer = perturbations(samples, rate)
    assert 0.4 < found[3] / jitter < 1.5
    assert 0.6 < found[4] / shimmer < 1.6


def test_jitter_and_shimmer_are_of_voiced_frames_alone():
    sound = np.concatenate([voice(150.0)[:8000], 0.05 * np.random.default_rng(0).standard_normal(8000)])
    found = alone(sound)
    unvoiced = found[:, 0] == 0
    assert unvoiced[56:].mean() > 0.9
    assert (found[unvoiced][:, 2:] == 0).all()


def test_settings_that_mean_nothing_raise():
    with pytest.raises(ValueError, match="are none"):
        PitchConfig(low=200, high=100)
    with pytest.raises(ValueError, match="cannot be found"):
        Pitch(PitchConfig(), 2000)
