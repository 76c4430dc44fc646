"""The power spectrum of a batch, by two transforms that agree: `torch.fft.rfft` for training, a convolution with the windowed
DFT matrix for exported graphs, which know no complex numbers. And the mel filter bank and DCT that stand on it.
"""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

MelScale = Literal["htk", "slaney"]
Padding = Literal["zeros", "reflect"]


class PowerSpectrum(nn.Module):
    """Samples (batch, n) to power (batch, 1 + n // hop, n_fft // 2 + 1), each frame centered on a multiple of `hop`.

    The window is the periodic Hamming window of `window` samples, zero-padded on both sides to `n_fft`. Every item is padded
    at its own true end, so that its frames do not depend on what it is batched with. `exporting` chooses the convolution.
    """

    exporting = False

    def __init__(self, n_fft: int, window: int, hop: int, padding: Padding) -> None:
        super().__init__()
        if not 1 < window <= n_fft or n_fft % 2 or hop < 1:
            raise ValueError(f"a window of {window} samples and a hop of {hop} do not fit a DFT of length {n_fft} (even)")
        self.n_fft, self.hop, self.padding = n_fft, hop, padding
        left = (n_fft - window) // 2
        weights = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(window) / window)
        self.register_buffer("weights", torch.from_numpy(weights).float(), persistent=False)
        # The DFT only where the window is not zero: (2 * bins, 1, window), cosines above sines.
        bins, steps = np.arange(n_fft // 2 + 1)[:, None], np.arange(left, left + window)[None, :]
        phase = 2 * np.pi * (bins * steps % n_fft) / n_fft
        kernel = np.concatenate([np.cos(phase), -np.sin(phase)]) * weights
        self.register_buffer("kernel", torch.from_numpy(kernel[:, None]).float(), persistent=False)
        self.before = n_fft // 2 - left
        self.after = window - self.before
        self.weights: Tensor
        self.kernel: Tensor

    def forward(self, samples: Tensor, lengths: Tensor) -> Tensor:
        """Power of (batch, n), `lengths` (batch,) true samples of each: (batch, frames, bins)."""
        padded = self._pad(samples, lengths)
        if self.exporting:
            real, imaginary = F.conv1d(padded[:, None], self.kernel, stride=self.hop).chunk(2, dim=1)
            return (real.square() + imaginary.square()).transpose(1, 2)  # (batch, frames, bins)
        if padded.is_cuda:
            return self._transform(padded)
        # One item at a time stays in the processor's cache: 1.8 times as fast as the batch.
        return torch.stack([self._transform(item) for item in padded])

    def _transform(self, padded: Tensor) -> Tensor:
        """Power (..., frames, bins) of padded samples. The window's place in the DFT moves phases only: no zeros before it."""
        spectrum = torch.fft.rfft(padded.unfold(-1, len(self.weights), self.hop) * self.weights, n=self.n_fft)
        power: Tensor = spectrum.real.square() + spectrum.imag.square()
        return power

    def _pad(self, samples: Tensor, lengths: Tensor) -> Tensor:
        """Samples (batch, n + window) that reach beyond each item's ends as far as its first and last window do."""
        if self.padding == "zeros":
            real = torch.arange(samples.shape[1], device=samples.device) < lengths[:, None]
            return F.pad(torch.where(real, samples, 0.0), (self.before, self.after))
        at = torch.arange(-self.before, samples.shape[1] + self.after, device=samples.device).abs().expand(len(samples), -1)
        last = (lengths[:, None] - 1).clamp(min=1)
        around = at % (2 * last)  # there and back again, as often as a short item needs
        return torch.gather(samples, 1, torch.minimum(around, 2 * last - around).clamp(max=samples.shape[1] - 1))


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


def mel_filters(rate: int, n_fft: int, bands: int, low: float, high: float, scale: MelScale) -> Tensor:
    """Triangular filters of unit area per hertz, as in Slaney's Auditory Toolbox: (bands, n_fft // 2 + 1)."""
    first, last = hertz_to_mel(np.array([low, high]), scale)
    edges = mel_to_hertz(np.linspace(first, last, bands + 2), scale)
    frequencies = np.arange(n_fft // 2 + 1) * rate / n_fft
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return torch.from_numpy(triangles * 2 / (edges[2:, None] - edges[:-2, None])).float()


def dct_matrix(coefficients: int, bands: int) -> Tensor:
    """The orthonormal DCT-II in double precision: (coefficients, bands)."""
    angles = np.pi / bands * (np.arange(bands) + 0.5) * np.arange(coefficients)[:, None]
    matrix = np.cos(angles) * math.sqrt(2 / bands)
    matrix[0] /= math.sqrt(2)
    return torch.from_numpy(matrix)
