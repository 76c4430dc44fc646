"""References are librosa's, in double precision, of the same float32 samples."""

import itertools
import warnings

import librosa
import numpy as np
import pytest
import torch

from serkit.features import LogMel, LogMelConfig


def alone(front_end, samples):
    return front_end(torch.from_numpy(samples)[None], torch.tensor([len(samples)])).values[0].numpy()


def mel(samples, rate, config, window, hop):
    """librosa's mel spectrogram in float64: (frames, bands)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Empty filters detected", category=UserWarning)
        found = librosa.feature.melspectrogram(
            y=samples.astype(np.float64),
            sr=rate,
            n_fft=config.n_fft,
            win_length=window,
            hop_length=hop,
            window=config.window_function,
            center=config.padding != "none",
            pad_mode="reflect" if config.padding == "reflect" else "constant",
            power=float(config.exponent),
            n_mels=config.bands,
            fmin=config.low,
            fmax=rate / 2 if config.high is None else config.high,
            htk=config.mel_scale == "htk",
            norm="slaney" if config.mel_norm == "slaney" else None,
        )
    return found.T


def decibels(bands, config):
    convert = librosa.power_to_db if config.exponent == 2 else librosa.amplitude_to_db
    return convert(bands, ref=1.0, amin=config.floor, top_db=config.top_db)


def assert_close(found, wanted):
    """Within 1e-4 where a band is heard; where one lies 80 dB below the loudest, within 1e-4 of its value in dB."""
    assert found.shape == wanted.shape
    distance = np.abs(found.astype(np.float64) - wanted)
    assert (distance <= 1e-4 + 1e-4 * np.abs(wanted)).all(), distance.max()
    assert (distance <= 1e-4).mean() >= 0.99, (distance <= 1e-4).mean()


def test_speech_of_three_corpora(speech):
    samples, rate = speech
    config = LogMelConfig(n_fft=512 if rate == 16000 else 2048)
    wanted = decibels(mel(samples, rate, config, round(0.025 * rate), round(0.010 * rate)), config)
    assert_close(alone(LogMel(config, rate), samples), wanted)


@pytest.mark.parametrize(
    ("scale", "norm", "exponent", "padding"),
    list(itertools.product(["htk", "slaney"], ["slaney", "none"], [1, 2], ["zeros", "reflect"])),
)
def test_scales_norms_and_exponents(sentences, scale, norm, exponent, padding):
    config = LogMelConfig(mel_scale=scale, mel_norm=norm, exponent=exponent, padding=padding)
    wanted = decibels(mel(sentences[0], 16000, config, 400, 160), config)
    assert_close(alone(LogMel(config, 16000), sentences[0]), wanted)


@pytest.mark.parametrize(
    ("settings", "window", "hop"),
    [
        ({"window": 0.05, "hop": 0.025, "n_fft": 800, "bands": 257, "log": "natural"}, 800, 400),  # AMSNet's
        ({"window": 0.025, "hop": 0.010, "n_fft": 512, "bands": 64, "log": "natural", "exponent": 1}, 400, 160),
        ({"window": 401 / 16000, "hop": 0.0125, "n_fft": 1024, "window_function": "hamming"}, 401, 200),
        ({"window": 0.064, "hop": 0.016, "n_fft": 1024, "low": 80.0, "high": 5500.0}, 1024, 256),
        ({"window": 0.032, "hop": 0.008, "n_fft": 512, "padding": "none"}, 512, 128),
        ({"top_db": 30.0}, 400, 160),
        ({"floor": 1e-4}, 400, 160),
    ],
    ids=["amsnet", "natural magnitude", "odd window", "band", "inside", "top_db", "floor"],
)
def test_every_setting_means_what_librosa_means(sentences, settings, window, hop):
    config = LogMelConfig(**settings)
    bands = mel(sentences[1], 16000, config, window, hop)
    wanted = np.log(bands + config.floor) if config.log == "natural" else decibels(bands, config)
    if settings in ({"top_db": 30.0}, {"floor": 1e-4}):
        assert (wanted == wanted.min()).mean() > 0.05  # the limit is at work
    assert_close(alone(LogMel(config, 16000), sentences[1]), wanted)


def test_the_loudest_band_is_the_clips_own(sentences):
    front_end = LogMel(LogMelConfig(top_db=40.0), 16000)
    loud, quiet = sentences[0][:16000], sentences[1][:16000] * 1e-3
    both = front_end(torch.from_numpy(np.stack([loud, quiet])), torch.tensor([16000, 16000]))
    config = LogMelConfig(top_db=40.0)
    assert_close(both.values[1].numpy(), decibels(mel(quiet, 16000, config, 400, 160), config))


@pytest.mark.parametrize(
    "settings",
    [
        {"log": "natural", "top_db": 80.0},
        {"bands": 0},
        {"exponent": 3},
        {"window_function": "kaiser"},
        {"floor": 0.0},
        {"mel_norm": "area"},
        {"padding": "edge"},
    ],
)
def test_settings_that_mean_nothing_raise(settings):
    with pytest.raises(ValueError):
        LogMelConfig(**settings)
