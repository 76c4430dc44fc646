"""Transforms of samples against what they are said to do, measured with NumPy and SciPy."""

from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile as sf
import torch

from serkit.augment import (
    Augmentation,
    Background,
    BandLimit,
    Gain,
    PitchShift,
    Room,
    Speed,
    Telephone,
    augment,
    babbles,
    folders,
)
from serkit.augment.background import pink
from serkit.augment.pace import stretch
from serkit.augment.room import image_source
from serkit.errors import UsageError
from serkit.types import Utterance

EMODB = Path(__file__).parents[2] / "data" / "emodb" / "wav"
RATE = 16000
TIMES = np.arange(2 * RATE) / RATE


def speech_of(*names):
    return [Utterance(name, "emodb", EMODB / f"{name}.flac", name[:2], "angry", "male", "de") for name in names]


SPEECH = speech_of("03a01Fa", "09b10Wa", "13a05Lc")


def drawn(seed=0):
    return torch.Generator().manual_seed(seed)


def tone(hertz, seconds=2.0):
    return torch.sin(2 * torch.pi * hertz * torch.arange(int(seconds * RATE)) / RATE) * 0.3


def speech():
    return torch.from_numpy(sf.read(EMODB / "15b03Nb.flac", dtype="float32")[0])


def peak(samples):
    """The strongest frequency in Hz."""
    inner = samples.numpy()[RATE // 4 : -RATE // 4]
    spectrum = np.abs(np.fft.rfft(inner * np.hanning(len(inner)), 1 << 18))
    return spectrum.argmax() * RATE / (1 << 18)


EVERY = (
    Background(kind="white"),
    Background(kind="pink"),
    Background(kind="babble"),
    Speed(),
    PitchShift(),
    Room(rooms=3),
    Gain(),
    BandLimit(),
    Telephone(),
)


@pytest.mark.parametrize("config", EVERY, ids=lambda each: f"{each.type} {getattr(each, 'kind', '')}")
@pytest.mark.parametrize("kind", ["speech", "silence", "one sample", "short", "clipped", "direct current"])
def test_every_transform_of_anything(config, kind):
    samples = {
        "speech": speech(),
        "silence": torch.zeros(RATE),
        "one sample": torch.tensor([0.5]),
        "short": torch.ones(57),
        "clipped": tone(200).sign(),
        "direct current": torch.full((RATE,), 0.5),
    }[kind]
    before = samples.clone()
    found = augment(samples, [config], RATE, SPEECH, drawn(1))
    assert found.shape == samples.shape
    assert found.dtype == torch.float32
    assert torch.isfinite(found).all()
    assert torch.equal(samples, before)
    assert torch.equal(found, augment(samples, [config], RATE, SPEECH, drawn(1)))
    if kind == "speech":
        assert not torch.equal(found, augment(samples, [config], RATE, SPEECH, drawn(2)))


@pytest.mark.parametrize("kind", ["white", "pink", "babble"])
@pytest.mark.parametrize("ratio", [0.0, 10.0, 30.0])
def test_noise_has_its_ratio(kind, ratio):
    samples = speech()
    noise = augment(samples, [Background(kind=kind, low=ratio, high=ratio)], RATE, SPEECH, drawn()) - samples
    assert 10 * np.log10(float(samples.square().mean() / noise.square().mean())) == pytest.approx(ratio, abs=0.01)


def test_pink_noise_falls_by_three_decibels_an_octave():
    frequencies, power = scipy.signal.welch(pink(1 << 18, drawn()).numpy(), RATE, nperseg=4096)
    octaves = [power[(frequencies >= low) & (frequencies < 2 * low)].mean() for low in (100, 200, 400, 800, 1600, 3200)]
    steps = 10 * np.log10(octaves)
    np.testing.assert_allclose(np.diff(steps), -3.01, atol=0.5)


def test_babble_is_other_peoples_speech():
    config = Background(kind="babble", voices=1, low=0.0, high=0.0)
    samples = torch.ones(RATE)
    noise = (augment(samples, [config], RATE, SPEECH, drawn(3)) - samples).numpy()
    best = 0.0
    for each in SPEECH:
        voice = sf.read(each.path)[0]
        power = np.cumsum(np.concatenate([[0.0], voice**2]))
        loudest = np.sqrt((power[RATE:] - power[:-RATE]).max())
        best = max(best, np.abs(scipy.signal.correlate(voice, noise / np.linalg.norm(noise), "valid", "fft")).max() / loudest)
    assert best > 0.5  # an excerpt of one of them, if need be begun again
    assert torch.equal(augment(samples, [config], RATE, [], drawn(3)), samples)  # nobody else speaks


def test_noise_from_a_folder(tmp_path):
    (tmp_path / "deep").mkdir()
    sf.write(tmp_path / "deep" / "hum.wav", 0.1 * np.sin(2 * np.pi * 1000 * TIMES), RATE)
    (tmp_path / "notes.txt").write_text("none")
    config = Background(kind="folder", folder=str(tmp_path), low=20.0, high=20.0)
    found = augment(tone(300), [config], RATE, (), drawn())
    assert peak(found - tone(300)) == pytest.approx(1000, abs=2)
    with pytest.raises(UsageError, match="no recordings"):
        augment(tone(300), [Background(kind="folder", folder=str(tmp_path / "nowhere"))], RATE, (), drawn())


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_stretching_clicks_nowhere(rate):
    """At no length, factor or rate does the overlap of windows run out before the samples do."""
    draw = np.random.default_rng(rate)
    for _ in range(40):
        samples = torch.from_numpy(draw.uniform(-0.5, 0.5, draw.integers(1, 3 * rate)).astype(np.float32))
        factor = float(2 ** draw.uniform(-2, 2))
        found = stretch(samples, factor, rate)
        assert len(found) == round(len(samples) * factor)
        assert not len(found) or float(found.abs().max()) < 1.6
    assert len(stretch(torch.ones(32761), 1.09464, rate)) == 35862


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_speed_moves_the_pitch_and_the_length(factor):
    found = augment(tone(400), [Speed(low=factor, high=factor)], RATE, (), drawn())
    assert peak(found[: int(len(found) / max(1, factor))]) == pytest.approx(400 * factor, rel=2e-3)
    sounding = found.abs() > 0.01
    assert sounding.nonzero()[-1].item() == pytest.approx(min(len(found), len(found) / factor), rel=0.01)


@pytest.mark.parametrize("semitones", [-5.0, 3.0, 12.0])
def test_pitch_moves_and_the_length_stays(semitones):
    found = augment(tone(400), [PitchShift(low=semitones, high=semitones)], RATE, (), drawn())
    assert peak(found) == pytest.approx(400 * 2 ** (semitones / 12), rel=5e-3)
    inner = slice(RATE // 4, -RATE // 4)
    assert float(found[inner].square().mean()) == pytest.approx(float(tone(400)[inner].square().mean()), rel=0.3)


@pytest.mark.parametrize("factor", [0.7, 1.5])
def test_stretched_speech_keeps_its_pitch_and_its_words(factor):
    found = stretch(tone(440), factor, RATE)
    assert len(found) == round(2 * RATE * factor)
    assert peak(found) == pytest.approx(440, rel=3e-3)
    slow, before = stretch(speech(), factor, RATE), speech()

    def loudness(samples):
        return torch.nn.functional.avg_pool1d(samples.square()[None], 800)[0]

    one, other = loudness(before), loudness(slow)
    there = torch.nn.functional.interpolate(other[None, None], len(one), mode="linear")[0, 0]
    assert np.corrcoef(one.numpy(), there.numpy())[0, 1] > 0.8


@pytest.mark.parametrize("seconds", [0.2, 0.4, 0.6])
def test_a_room_lets_sound_fall_as_it_is_asked_to(seconds):
    """Schroeder's backward integral between -5 and -25 dB."""
    size, speaker, microphone = np.array([6.0, 4.0, 2.8]), np.array([1.0, 1.2, 1.5]), np.array([4.0, 2.5, 1.4])
    response = image_source(size, speaker, microphone, seconds, RATE)
    direct = int(np.flatnonzero(response)[0])
    assert direct == round(np.linalg.norm(speaker - microphone) / 343 * RATE)
    left = 10 * np.log10(np.cumsum(response[::-1] ** 2)[::-1] / (response**2).sum())
    fall = (left < -5) & (left > -25)
    slope = np.polyfit(np.flatnonzero(fall) / RATE, left[fall], 1)[0]
    assert -60 / slope == pytest.approx(seconds, rel=0.45)  # Eyring's formula holds in diffuse fields


def test_a_room_keeps_the_direct_sound_where_it_was():
    click = torch.zeros(RATE)
    click[1000] = 0.5
    found = augment(click, [Room(rooms=4)], RATE, (), drawn())
    assert not found[:1000].abs().max() > 1e-5
    assert found[1000].item() == pytest.approx(0.5, rel=1e-4)
    assert (found[1001:].abs() > 1e-4).sum() > 50


def test_impulse_responses_from_a_folder(tmp_path):
    response = np.zeros(2000)
    response[300], response[900] = 0.8, 0.4
    sf.write(tmp_path / "hall.wav", response, RATE, subtype="FLOAT")
    samples = speech()
    found = augment(samples, [Room(folder=str(tmp_path))], RATE, (), drawn())
    wanted = samples.clone()
    wanted[600:] += 0.5 * samples[:-600]
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), atol=1e-5)


@pytest.mark.parametrize("decibels", [-6.0, 0.0, 12.0])
def test_gain(decibels):
    found = augment(tone(300), [Gain(low=decibels, high=decibels)], RATE, (), drawn())
    np.testing.assert_allclose(found.numpy(), tone(300).numpy() * 10 ** (decibels / 20), rtol=1e-5)


def test_a_band_ends_where_it_is_said_to():
    config = BandLimit(high_pass=(200.0, 200.0), low_pass=(3000.0, 3000.0))
    power = {
        hertz: augment(tone(hertz), [config], RATE, (), drawn()).square().mean() / 0.045 for hertz in (50, 200, 700, 3000, 7000)
    }
    loss = {hertz: 10 * np.log10(float(value)) for hertz, value in power.items()}
    assert loss[50] < -20
    assert loss[7000] < -20
    assert loss[700] == pytest.approx(0, abs=0.3)
    assert loss[200] == pytest.approx(-6, abs=1)  # 3 dB each way
    assert loss[3000] == pytest.approx(-6, abs=1)


@pytest.mark.parametrize("codec", ["mu_law", "a_law", "gsm"])
def test_a_telephone_line(codec):
    config = Telephone(codecs=(codec,))
    heard = augment(tone(1000), [config], RATE, (), drawn())
    assert peak(heard) == pytest.approx(1000, abs=3)
    frequencies, power = scipy.signal.welch(augment(speech(), [config], RATE, (), drawn()).numpy(), RATE, nperseg=1024)
    assert power[frequencies > 4300].sum() < 1e-3 * power.sum()
    assert power[frequencies < 100].sum() < 0.02 * power.sum()
    lag = (
        scipy.signal.correlate(augment(speech(), [config], RATE, (), drawn()), speech(), mode="same").argmax()
        - len(speech()) // 2
    )
    assert abs(lag) < (2 if codec != "gsm" else 40)
    assert not torch.equal(heard, tone(1000))


def test_probability():
    config = Gain(low=-6.0, high=-6.0, probability=0.3)
    generator = drawn()
    changed = [not torch.equal(augment(tone(300, 0.01), [config], RATE, (), generator), tone(300, 0.01)) for _ in range(400)]
    assert np.mean(changed) == pytest.approx(0.3, abs=0.07)


def test_one_after_the_other():
    both = augment(tone(300), [Gain(low=6.0, high=6.0), Telephone(codecs=("mu_law",))], RATE, (), drawn())
    first = augment(tone(300), [Gain(low=6.0, high=6.0)], RATE, (), drawn())
    second = augment(first, [Telephone(codecs=("mu_law",))], RATE, (), drawn())
    assert torch.equal(both, second)


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (Gain, {"low": 1.0, "high": 0.0}),
        (Speed, {"low": 0.0}),
        (Background, {"kind": "brown"}),
        (Background, {"kind": "folder"}),
        (Background, {"kind": "white", "folder": "x"}),
        (BandLimit, {"low_pass": (100.0, 200.0)}),
        (Room, {"reverberation_low": 1.0}),
        (Background, {"kind": "white", "low": -4000.0}),
        (BandLimit, {"high_pass": (1e-9, 1e-9)}),
        (Telephone, {"codecs": ()}),
        (Augmentation, {"copies": 2}),
        (Augmentation, {"fixed": [{"type": "gain"}]}),
        (Augmentation, {"fresh": [{"type": "reverse"}]}),
        (Augmentation, {"mixup": 0.0}),
    ],
)
def test_settings_that_mean_nothing_raise(made, settings):
    with pytest.raises(ValueError):
        made(**settings)


def test_what_babbles():
    babble, white = Background(kind="babble"), Background(kind="white")
    assert babbles([white, babble])
    assert not babbles([white, Gain()])
    assert not babbles([])


def test_folders_of_transforms(tmp_path):
    sf.write(tmp_path / "hum.wav", np.zeros(100), RATE)
    size = (tmp_path / "hum.wav").stat().st_size
    transforms = [Gain(), Room(folder=str(tmp_path)), Background(kind="folder", folder=str(tmp_path))]
    assert folders(transforms) == [("hum.wav", size)] * 2
    with pytest.raises(UsageError, match="no recordings"):
        folders([Room(folder=str(tmp_path / "nowhere"))])


def test_a_long_recording_is_not_read_whole(tmp_path, monkeypatch):
    from serkit.augment import background

    sf.write(tmp_path / "ambience.wav", np.random.default_rng(0).uniform(-0.1, 0.1, 60 * RATE), RATE)
    read = []
    original = background.audio.read

    def noted(path, rate, **part):
        waveform = original(path, rate, **part)
        read.append(waveform.duration)
        return waveform

    monkeypatch.setattr(background.audio, "read", noted)
    config = Background(kind="folder", folder=str(tmp_path))
    one, two = (augment(tone(300), [config], RATE, (), drawn(seed)) for seed in (0, 1))
    assert max(read) < 2.2
    assert not torch.equal(one, two)


def test_a_room_does_not_lift_what_lies_below_hearing():
    found = augment(tone(20), [Room(rooms=1)], RATE, (), drawn())
    assert float(found[RATE // 2 :].square().mean()) < 2 * float(tone(20)[RATE // 2 :].square().mean())
