"""Level, band and clipping of sounds whose answer is known."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr

from serkit.audio.quality import Meter, speech_of

RATE = 16000
EMODB = Path(__file__).parents[2] / "data" / "emodb" / "wav"
CLIPS = sorted(EMODB.glob("*.flac"))[::60]


def speech(path):
    samples, rate = sf.read(path, dtype="float32")
    assert rate == RATE
    return samples


def measured(samples, rate=RATE, sizes=(10**9,)):
    """The quality of samples that arrive in chunks of the given sizes, again and again."""
    meter = Meter(rate)
    position = 0
    while position < len(samples):
        for size in sizes:
            meter.add(np.asarray(samples[position : position + size], np.float32))
            position += size
    return meter.quality()


def noise(decibels, n=3 * RATE, seed=0):
    return (10 ** (decibels / 20) * np.random.default_rng(seed).standard_normal(n)).astype(np.float32)


SILENT = {
    "digital zeros": np.zeros(3 * RATE),
    "noise at -90 dB": noise(-90),
    "a constant": np.full(3 * RATE, 0.5),
    "one sample": np.ones(1),
    "a click": np.pad([1.0, -1.0], RATE),
    "the last bit of 16": np.random.default_rng(0).integers(-1, 2, 3 * RATE) / 32768,
}


@pytest.mark.parametrize("name", SILENT)
def test_what_is_no_speech(name):
    samples = SILENT[name].astype(np.float32)
    assert speech_of(samples, RATE) == 0
    assert measured(samples).band is None


@pytest.mark.parametrize("path", CLIPS, ids=lambda path: path.stem)
def test_recorded_speech_is_speech_at_any_usual_level(path):
    for gain in (1.0, 0.1, 0.03):
        found = measured(gain * speech(path))
        assert found.speech > 0.7
        assert speech_of(gain * speech(path), RATE) > 0.7
        assert found.band > 7500


def test_the_level_is_that_of_the_loud_part():
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(4 * RATE) / RATE)
    found = measured(np.concatenate([tone, np.zeros(12 * RATE)]))
    assert found.speech == pytest.approx(0.25, abs=0.002)
    assert found.level == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.01)
    assert found.peak == pytest.approx(0.5, abs=1e-3)
    assert found.clipped == 0
    assert 1000 <= found.band < 1200


def test_a_constant_below_speech_does_not_count():
    samples = speech(CLIPS[0])
    assert measured(samples + 0.25).level == pytest.approx(measured(samples).level, abs=0.5)
    assert measured(noise(-80) + 0.25).speech == 0


@pytest.mark.parametrize("path", CLIPS[:4], ids=lambda path: path.stem)
def test_a_telephones_band(path):
    """8 kHz and mu-law (G.711), as a telephone line has it, heard at 16 kHz again."""
    narrow = soxr.resample(speech(path), RATE, 8000)
    scaled = np.sign(narrow) * np.log1p(255 * np.minimum(1, np.abs(narrow))) / np.log(256)
    coded = np.round(scaled * 127) / 127
    decoded = np.sign(coded) * ((256 ** np.abs(coded)) - 1) / 255
    found = measured(soxr.resample(decoded.astype(np.float32), 8000, RATE))
    assert 3500 < found.band <= 4100


@pytest.mark.parametrize("highest", [1500, 3000, 5500])
def test_the_band_is_where_the_energy_ends(highest):
    """Noise without anything above, by setting its spectrum to zero."""
    spectrum = np.fft.rfft(noise(-20, 4 * RATE))
    spectrum[round(highest * 4) :] = 0
    assert measured(np.fft.irfft(spectrum)).band == pytest.approx(highest, abs=250)


def test_what_is_clipped():
    samples = speech(CLIPS[0])
    loud = np.clip(4 * samples / np.abs(samples).max(), -1, 1)
    share = (np.abs(loud) >= 1).mean()
    assert share > 0.02
    found = measured(loud)
    assert found.clipped == pytest.approx(share, rel=0.25)
    assert measured(samples * 0.9 / np.abs(samples).max()).clipped == 0
    assert measured(8 * loud).peak == pytest.approx(8, rel=1e-6)


@pytest.mark.parametrize("sizes", [(1,), (7, 1000), (511, 512, 513), (40_000,)])
def test_chunks_do_not_matter(sizes):
    samples = speech(CLIPS[1])[: 3000 if sizes == (1,) else None]
    whole, found = measured(samples), measured(samples, sizes=sizes)
    assert (found.speech, found.peak) == (whole.speech, whole.peak)
    assert found.level == pytest.approx(whole.level, abs=1e-6)
    assert found.band == pytest.approx(whole.band, abs=70)


@pytest.mark.parametrize("rate", [1000, 8000, 22050, 48000, 768_000])
def test_other_rates(rate):
    tone = 0.1 * np.sin(2 * np.pi * 200 * np.arange(rate) / rate).astype(np.float32)
    found = measured(tone, rate)
    assert found.speech == 1
    assert found.level == pytest.approx(-23.01, abs=0.1)
    assert speech_of(tone, rate) > 0.95


@pytest.mark.skipif("SERKIT_DATA" not in os.environ, reason="needs the corpora in SERKIT_DATA")
@pytest.mark.parametrize(("name", "band"), [("ravdess", (7500, 8001)), ("crema_d", (5000, 6000))])
def test_quiet_clips_of_other_corpora(name, band):
    """RAVDESS's quietest speech lies near -50 dB; CREMA-D's copy ends at 5.5 kHz."""
    paths = sorted(
        path for path in (Path(os.environ["SERKIT_DATA"]) / name).rglob("*") if path.suffix in (".wav", ".flac", ".ogg", ".mp3")
    )
    assert len(paths) > 1000
    for path in paths[:: len(paths) // 25]:
        samples, rate = sf.read(path, dtype="float32")
        mono = samples if samples.ndim == 1 else samples.mean(1)
        found = measured(soxr.resample(mono, rate, RATE))
        assert found.speech > 0.1
        assert band[0] < found.band < band[1]
