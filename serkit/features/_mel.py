"""The mel filter bank, and the DCT that stands on it."""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

MelScale = Literal["htk", "slaney"]
MelNorm = Literal["slaney", "none"]


def hertz_to_mel(hertz: npt.NDArray[np.float64], scale: MelScale) -> npt.NDArray[np.float64]:
    """Hertz to mel: HTK's formula (equation 1 of An and Ruan 2021) or Slaney's (linear below 1 kHz, logarithmic above)."""
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hertz / 700.0)
    linear = hertz * 3 / 200
    logarithmic = 15 + 27 * np.log(np.maximum(hertz, 1e-10) / 1000) / math.log(6.4)
    return np.where(hertz < 1000, linear, logarithmic)


def mel_to_hertz(mel: npt.NDArray[np.float64], scale: MelScale) -> npt.NDArray[np.float64]:
    """The inverse of `hertz_to_mel`."""
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * math.log(6.4) / 27))


def mel_filters(
    rate: int, n_fft: int, bands: int, low: float, high: float | None, scale: MelScale, norm: MelNorm = "slaney"
) -> Tensor:
    """Triangular filters: (bands, n_fft // 2 + 1). With norm "slaney" each has unit area per hertz, with "none" a height of 1.

    `high` None is half the rate. Raises ValueError where the band does not fit the rate.
    """
    high = rate / 2 if high is None else high
    if not low < high <= rate / 2:
        raise ValueError(f"mel bands from {low:g} to {high:g} Hz do not fit a rate of {rate} Hz")
    first, last = hertz_to_mel(np.array([low, high]), scale)
    edges = mel_to_hertz(np.linspace(first, last, bands + 2), scale)
    frequencies = np.arange(n_fft // 2 + 1) * rate / n_fft
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    heights = 2 / (edges[2:, None] - edges[:-2, None]) if norm == "slaney" else 1.0
    return torch.from_numpy(triangles * heights).float()


def dct_matrix(coefficients: int, bands: int) -> Tensor:
    """The orthonormal DCT-II in double precision: (coefficients, bands)."""
    angles = np.pi / bands * (np.arange(bands) + 0.5) * np.arange(coefficients)[:, None]
    matrix = np.cos(angles) * math.sqrt(2 / bands)
    matrix[0] /= math.sqrt(2)
    return torch.from_numpy(matrix)
