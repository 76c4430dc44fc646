"""Speech at another speed or another pitch."""

from typing import Literal

import soxr
import torch
from pydantic import Field
from torch import Generator, Tensor

from serkit.augment.base import Range, fitted


class Speed(Range):
    """Played faster (above 1) or slower, the pitch with it, as a tape is."""

    type: Literal["speed"] = "speed"
    low: float = Field(0.9, ge=0.25, le=4)
    high: float = Field(1.1, ge=0.25, le=4)


class PitchShift(Range):
    """Higher or lower by semitones, as long as before."""

    type: Literal["pitch_shift"] = "pitch_shift"
    low: float = Field(-2.0, ge=-24, le=24)
    high: float = Field(2.0, ge=-24, le=24)


def change_speed(samples: Tensor, config: Speed, rate: int, generator: Generator) -> Tensor:
    """`samples` (n,) as about n / speed."""
    return _resampled(samples, rate * config.draw(generator), rate)


def shift_pitch(samples: Tensor, config: PitchShift, rate: int, generator: Generator) -> Tensor:
    """`samples` (n,) at another pitch: stretched in time, then played that much faster."""
    factor = 2 ** (config.draw(generator) / 12)
    return fitted(_resampled(stretch(samples, factor, rate), rate * factor, rate), len(samples))


def stretch(samples: Tensor, factor: float, rate: int) -> Tensor:
    """`samples` (n,) at the same pitch, `factor` times as long: a phase vocoder.

    Flanagan and Golden 1966, in the form of Laroche and Dolson 1999, section II: magnitudes between neighboring frames are
    interpolated, phases go on as fast as between these two frames.
    """
    n_fft = 1 << max(4, round(0.04 * rate).bit_length())  # 40 to 80 ms: several periods of any voice
    hop = n_fft // 4
    length = round(len(samples) * factor)
    # So many zeros behind that no sample which is kept lies where the windows of the frames run out.
    samples = torch.nn.functional.pad(samples, (0, n_fft + round(n_fft / factor)))
    window = torch.hann_window(n_fft)
    spectrum = torch.stft(samples, n_fft, hop, window=window, return_complex=True, pad_mode="constant")  # (bins, frames)
    places = torch.arange(0, spectrum.shape[1] - 1, 1 / factor, dtype=torch.float64)
    before = places.floor().to(torch.int64)
    left, right = spectrum[:, before], spectrum[:, before + 1]
    share = (places - before).to(samples.dtype)
    magnitude = (1 - share) * left.abs() + share * right.abs()
    # Both hops are one: whole turns, which the difference of two angles does not show, change nothing.
    turns = (right.angle() - left.angle()).double()
    start = left[:, :1].angle().double()
    phase = torch.cat([start, start + torch.cumsum(turns, dim=1)[:, :-1]], dim=1).to(samples.dtype)
    whole: Tensor = torch.istft(torch.polar(magnitude, phase), n_fft, hop, window=window)
    return fitted(whole, length)


def _resampled(samples: Tensor, given: float, wanted: float) -> Tensor:
    return torch.from_numpy(soxr.resample(samples.numpy(), given, wanted)).to(samples.dtype)
