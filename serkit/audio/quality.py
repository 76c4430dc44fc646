"""How a recording sounds: what of it is loud enough to be speech, how loud, how wide its band, how much is clipped.

All is told by level, in blocks of 32 ms: rain counts as speech here, a pause between words as none.
"""

import numpy as np
import numpy.typing as npt

from serkit.types import Quality, Samples

GATE = -65.0
"""dB of full scale: a block whose level, without its mean, is lower is silence. RAVDESS's quietest clips speak at -50 dB,
and the noise of a good microphone in a quiet room lies near -70."""

SHORTEST_SPEECH = 0.1
"""Seconds above the gate that make speech of a window: less is a click."""

BAND_FLOOR = 60.0
"""dB below the spectrum's maximum where a recording's band ends. Speech at 16 kHz is above it up to 8 kHz, and what a telephone
or a codec cut off is far below."""

_BLOCK = 0.032  # seconds
_FULL = 0.985  # of full scale: resampling moves what was clipped
_FEWEST = 3  # blocks that a spectrum needs
_MANY = 10  # of more at once every second is enough: the transform is what takes time here


def speech_of(samples: Samples, rate: int) -> float:
    """The share of the samples' time (0 to 1) that is above the gate; 0 where that is too short to be speech."""
    size = _size(rate)
    whole = len(samples) - len(samples) % size
    loud = int(_gated(samples[:whole].reshape(-1, size))[1].sum()) * size
    rest = samples[whole:]
    if len(rest) and _gated(rest[None])[1][0]:
        loud += len(rest)
    if loud < min(SHORTEST_SPEECH * rate, len(samples) / 2):
        return 0.0
    return loud / len(samples)


class Meter:
    """Told a recording chunk by chunk, it knows its quality. Memory does not grow."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._rest = np.zeros(0, np.float32)
        self._window = np.hanning(_size(rate)).astype(np.float32)
        self._spectrum = np.zeros(_size(rate) // 2 + 1)
        self._blocks = self._loud = self._clipped = 0
        self._power = self._peak = 0.0

    def add(self, samples: Samples) -> None:
        """Take the next samples (n,)."""
        size = _size(self._rate)
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) - len(joined) % size
        self._rest = joined[whole:].copy()
        self._peak = max(self._peak, float(np.abs(samples).max(initial=0.0)))
        self._measure(joined[:whole].reshape(-1, size))

    def _measure(self, blocks: Samples) -> None:
        """Blocks (blocks, size)."""
        centered, is_loud = _gated(blocks)
        loud = centered[is_loud]
        self._blocks += len(blocks)
        self._loud += len(loud)
        self._power += float(np.einsum("ij,ij->", loud, loud, dtype=np.float64))
        if self._peak >= _FULL:
            self._clipped += int((np.abs(blocks[is_loud]) >= _FULL).sum())
        if blocks.shape[1] == len(self._window):
            bins = np.fft.rfft(loud[:: 2 if len(loud) > _MANY else 1] * self._window)  # (blocks, bins)
            self._spectrum += (bins.real**2 + bins.imag**2).sum(axis=0)

    def quality(self) -> Quality:
        """What is known so far; the rest that fills no block counts where there is nothing else."""
        if not self._blocks and len(self._rest):
            self._measure(self._rest[None])
            samples = self._loud * len(self._rest)
        else:
            samples = self._loud * _size(self._rate)
        level = 10 * float(np.log10(self._power / samples)) if samples else None
        return Quality(
            speech=self._loud / self._blocks if self._blocks else 0.0,
            level=level,
            peak=self._peak,
            clipped=self._clipped / samples if samples else 0.0,
            band=self._band(),
        )

    def _band(self) -> float | None:
        """The highest frequency whose mean power, smoothed over five bins, is above the floor."""
        if self._loud < _FEWEST or not self._spectrum.any():
            return None
        smooth = np.convolve(self._spectrum, np.full(5, 0.2), "same")
        highest = int(np.flatnonzero(smooth > smooth.max() * 10 ** (-BAND_FLOOR / 10)).max())
        return highest * self._rate / _size(self._rate)


def _size(rate: int) -> int:
    return max(2, round(_BLOCK * rate))


def _gated(blocks: Samples) -> tuple[Samples, npt.NDArray[np.bool_]]:
    """The blocks (blocks, size) without their means, since a constant is no sound, and which of them are above the gate."""
    centered = blocks - blocks.mean(axis=1, keepdims=True)
    loud: npt.NDArray[np.bool_] = np.einsum("ij,ij->i", centered, centered) > blocks.shape[1] * 10 ** (GATE / 10)
    return centered, loud
