"""The Bi-GRU system's spectrogram against NumPy's Fourier transform, frame by frame."""

import numpy as np
import pytest
import scipy.signal
import torch

from serkit.features import HertzGrid, HertzGridConfig


def alone(front_end, samples):
    return front_end(torch.from_numpy(samples)[None], torch.tensor([len(samples)])).values[0].numpy()


def by_hand(samples, rate, bins):
    """Frames of 40 ms every 10 ms, Hamming, zero-padded to a tenth of a second: (frames, bins)."""
    window, hop, n_fft = round(0.04 * rate), round(0.01 * rate), round(rate / 10)
    samples = np.pad(samples.astype(np.float64), (0, max(0, window - len(samples))))
    weights = scipy.signal.get_window("hamming", window)
    rows = []
    for start in range(0, len(samples) - window + 1, hop):
        frame = np.zeros(n_fft)
        frame[:window] = samples[start : start + window] * weights
        rows.append(np.log(np.abs(np.fft.rfft(frame)[:bins]) ** 2 + 1e-10))
    return np.stack(rows)


def test_speech_of_three_corpora(speech):
    samples, rate = speech
    found, wanted = alone(HertzGrid(HertzGridConfig(), rate), samples), by_hand(samples, rate, 400)
    assert found.shape == wanted.shape
    loud = wanted > wanted.max() - 16  # 70 dB: below it float32 has fewer digits left
    np.testing.assert_allclose(found[loud], wanted[loud], atol=1e-3)
    assert np.abs(found - wanted).max() < 0.1
    assert (np.abs(found - wanted) <= 1e-4).mean() > 0.98


def test_grid_of_ten_hertz_below_four_kilohertz():
    front_end = HertzGrid(HertzGridConfig(), 16000)
    assert front_end.spectrum.n_fft == 1600
    assert front_end.dim == 400
    assert front_end.names[0] == "0_hz"
    assert front_end.names[-1] == "3990_hz"
    assert HertzGrid(HertzGridConfig(include_high=True), 16000).names[-1] == "4000_hz"
    tone = np.sin(2 * np.pi * 1230 * np.arange(16000) / 16000).astype(np.float32)
    assert (alone(front_end, tone).argmax(1) == 123).all()


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (640, 1), (799, 1), (800, 2), (16000, 97)])
def test_frames_lie_inside_the_clip(samples, frames):
    front_end = HertzGrid(HertzGridConfig(), 16000)
    assert front_end.frames(samples) == frames
    assert alone(front_end, np.ones(samples, np.float32)).shape == (frames, 400)


def test_a_rate_without_the_band_raises():
    with pytest.raises(ValueError, match="4000 Hz does not fit"):
        HertzGrid(HertzGridConfig(), 6000)
    with pytest.raises(ValueError, match="has nothing below"):
        HertzGrid(HertzGridConfig(high=3), 16000)
    for settings in ({"window": 1e305}, {"hop": 1e305}, {"resolution": 1e-320}):
        with pytest.raises(ValueError):
            HertzGridConfig(**settings)
