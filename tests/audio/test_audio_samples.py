"""Samples that recognition cannot take are refused wherever they stand, those that are merely loud are not."""

import io

import numpy as np
import pytest
import soundfile as sf

from serkit import audio
from serkit.errors import InvalidSamples


def recording(samples, rate=8000):
    made = io.BytesIO()
    sf.write(made, samples, rate, format="WAV", subtype="FLOAT")
    return made


def quiet(seconds=4.0, channels=2, rate=8000):
    return np.random.default_rng(0).uniform(-0.1, 0.1, (round(seconds * rate), channels)).astype(np.float32)


@pytest.mark.parametrize("value", [1e30, -1e30, 32767.0, -16.5, 3.4e38])
@pytest.mark.parametrize("channel", [0, 1])
def test_samples_far_beyond_full_scale(value, channel):
    samples = quiet()
    samples[20_000, channel] = value
    for rate in (None, 16000):
        made = recording(samples)
        made.seek(0)
        message = (
            rf"samples of up to {abs(np.float32(value)):g}, the first beyond 16 at 2\.500 s, where full scale is 1; divide"
        )
        with pytest.raises(InvalidSamples) as caught:
            audio.read(made, rate)
        assert message.replace("\\", "") in str(caught.value)


def test_channels_that_cancel_each_other():
    samples = quiet()
    samples[9000] = (1e30, -1e30)
    made = recording(samples)
    made.seek(0)
    with pytest.raises(InvalidSamples, match=r"up to 1e\+30, the first beyond 16 at 1\.125 s"):
        audio.read(made)


def test_flipped_bits():
    """Every bit of an exponent: the sample becomes tiny, somewhat loud, far too loud, or no number; never is it NaN here."""
    for bit in range(23, 32):
        samples = quiet(channels=1)
        bits = samples.view(np.uint32)
        bits[12_000] ^= np.uint32(1 << bit)
        made = recording(samples)
        made.seek(0)
        if np.isfinite(samples).all() and np.abs(samples).max() <= audio.FULLEST:
            np.testing.assert_array_equal(audio.read(made).samples, samples[:, 0])
        else:
            made.seek(0)
            with pytest.raises(InvalidSamples, match=r"at 1\.500 s"):
                audio.read(made)


@pytest.mark.parametrize("value", [1.0, -2.5, 15.9, -16.0])
def test_loud_is_allowed(value):
    samples = quiet(channels=1)
    samples[5] = value
    made = recording(samples)
    made.seek(0)
    assert audio.read(made).samples[5] == np.float32(value)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3000,), (3000, 1), (3000, 3)])
def test_check_samples(dtype, shape):
    samples = np.zeros(shape, dtype)
    audio.check_samples("here", samples, 0, 1000)
    audio.check_samples("here", samples[:0], 0, 1000)
    samples[1500] = 100
    with pytest.raises(InvalidSamples, match=r"^here: samples of up to 100, the first beyond 16 at 3\.500 s"):
        audio.check_samples("here", samples, 2000, 1000)
    samples[2999] = np.nan
    with pytest.raises(InvalidSamples, match=r"^here: NaN or infinite samples, the first at 4\.999 s"):
        audio.check_samples("here", samples, 2000, 1000)
