"""What lies between a voice and its recording: loudness, a band, a telephone line."""

import io
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr
import torch
from pydantic import Field, model_validator
from torch import Generator, Tensor

from serkit.augment.base import Range, Transform, fitted, uniform

TELEPHONE = 8000  # Hz
CODECS = {"mu_law": "ULAW", "a_law": "ALAW", "gsm": "GSM610"}


class Gain(Range):
    """Louder or quieter by decibels."""

    type: Literal["gain"] = "gain"
    low: float = Field(-12.0, ge=-100, le=100)
    high: float = Field(6.0, ge=-100, le=100)


class BandLimit(Transform):
    """Nothing below one frequency and nothing above another, each drawn from its range; 12 dB an octave, twice."""

    type: Literal["band_limit"] = "band_limit"
    high_pass: tuple[float, float] = (20.0, 300.0)  # Hz
    low_pass: tuple[float, float] = (2500.0, 7500.0)  # Hz; what is above half the rate stays

    @model_validator(mode="after")
    def _ordered(self) -> "BandLimit":
        bounds = (*self.high_pass, *self.low_pass)
        if not 1 <= bounds[0] <= bounds[1] < bounds[2] <= bounds[3]:
            raise ValueError("high_pass and low_pass are ranges of Hz from 1 on, the first below the second")
        return self


class Telephone(Transform):
    """A telephone line: 300 to 3400 Hz at 8 kHz through one of the codecs."""

    type: Literal["telephone"] = "telephone"
    codecs: tuple[Literal["mu_law", "a_law", "gsm"], ...] = Field(("mu_law", "a_law", "gsm"), min_length=1)


def change_gain(samples: Tensor, config: Gain, generator: Generator) -> Tensor:
    """`samples` (n,) louder or quieter; nothing is clipped."""
    return samples * 10 ** (config.draw(generator) / 20)


def limit_band(samples: Tensor, config: BandLimit, rate: int, generator: Generator) -> Tensor:
    """`samples` (n,) between two frequencies, without a delay."""
    import scipy.signal  # here, since it takes half a second that others need not wait for

    low, high = uniform(*config.high_pass, generator), uniform(*config.low_pass, generator)
    filtered = samples.double().numpy()
    for edge, kind in ((low, "highpass"), (high, "lowpass")):
        if edge < 0.49 * rate:
            filtered = scipy.signal.sosfiltfilt(scipy.signal.butter(2, edge, kind, fs=rate, output="sos"), filtered, padlen=0)
    return torch.from_numpy(filtered.copy()).to(samples.dtype)


def telephone(samples: Tensor, config: Telephone, rate: int, generator: Generator) -> Tensor:
    """`samples` (n,) as they come out of a telephone: (n,)."""
    import scipy.signal

    codec = config.codecs[int(torch.randint(len(config.codecs), (), generator=generator))]
    line = soxr.resample(samples.numpy(), rate, TELEPHONE)
    line = scipy.signal.sosfiltfilt(_line(), line, padlen=0).astype(np.float32)
    heard = soxr.resample(coded(line, CODECS[codec]), TELEPHONE, rate)
    return fitted(torch.from_numpy(heard).to(samples.dtype), len(samples))


def coded(samples: npt.NDArray[np.float32], subtype: str) -> npt.NDArray[np.float32]:
    """What libsndfile's codec of that name leaves of samples (n,) at 8 kHz."""
    stream = io.BytesIO()
    sf.write(stream, np.clip(samples, -1, 1), TELEPHONE, format="WAV", subtype=subtype)
    stream.seek(0)
    decoded: npt.NDArray[np.float32] = sf.read(stream, dtype="float32")[0][: len(samples)]
    return decoded


@lru_cache(maxsize=1)
def _line() -> npt.NDArray[np.float64]:
    import scipy.signal

    found: npt.NDArray[np.float64] = scipy.signal.butter(3, (300, 3400), "bandpass", fs=TELEPHONE, output="sos")
    return found
