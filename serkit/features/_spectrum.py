"""The spectrum of a batch, by two transforms that agree: `torch.fft.rfft` for training, a convolution with the windowed DFT
matrix for exported graphs, which know no complex numbers.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from serkit.features.base import Count

WindowFunction = Literal["hamming", "hann"]
Padding = Literal["zeros", "reflect", "none"]
"""What a frame sees beyond the clip's ends; with "none" frames lie inside the clip, the first one at its start."""

MOST = 36_000_000
"""Values of the DFT's matrix, samples of the window times bins: 290 MB."""


class FrameGrid:
    """Where frames lie: `window` samples every `hop`, centered on multiples of `hop`, or with padding "none" inside the clip.

    `before` is how many samples the first frame begins ahead of the clip; `behind`, how many zeros follow the last one.
    """

    def __init__(self, window: int, hop: int, padding: Padding, before: int | None = None, behind: int = 0) -> None:
        if window < 1 or hop < 1:
            raise ValueError(f"a window of {window} samples every {hop} samples is none")
        self.window, self.hop, self.padding, self.behind = window, hop, padding, behind
        self.before = 0 if padding == "none" else window // 2 if before is None else before

    def count(self, samples: Count) -> Count:
        """How many frames that many samples give: 1 + n // hop, or 1 + (n - window) // hop for those inside, one at least."""
        if self.padding != "none":
            return 1 + samples // self.hop
        inside = samples - self.window
        return 1 + (inside.clamp(min=0) if isinstance(inside, Tensor) else max(0, inside)) // self.hop

    def pad(self, samples: Tensor, lengths: Tensor) -> Tensor:
        """(batch, n) samples with what frames see beyond each item's own end: (batch, padded)."""
        after = max(0, self.window - samples.shape[1]) if self.padding == "none" else self.window - self.before
        if self.padding != "reflect":
            return F.pad(true_samples(samples, lengths), (self.before, after + self.behind))
        at = torch.arange(-self.before, samples.shape[1] + after, device=samples.device).abs().expand(samples.shape[0], -1)
        last = lengths[:, None] - 1
        way = 2 * last.clamp(min=1)
        around = at % way  # there and back again, as often as a short item needs; a single sample stays where it is
        return F.pad(torch.gather(samples, 1, torch.minimum(torch.minimum(around, way - around), last)), (0, self.behind))

    def mask(self, frames: int, lengths: Tensor) -> Tensor:
        """True where a frame is real, for items of `lengths` samples: (batch, frames)."""
        return torch.arange(frames, device=lengths.device) < self.count(lengths)[:, None]

    def real(self, values: Tensor, lengths: Tensor) -> Tensor:
        """(batch, frames, dim) values of items of `lengths` samples, 0 where a frame is not real."""
        if all_are(self.count(lengths), values.shape[1]):
            return values
        return torch.where(self.mask(values.shape[1], lengths)[..., None], values, 0.0)

    def mean(self, padded: Tensor) -> Tensor:
        """The mean of each frame's samples: (batch, padded) to (batch, frames)."""
        return F.avg_pool1d(padded[:, None], self.window, self.hop)[:, 0]


class Spectrum(nn.Module):
    """Samples (batch, n) to the power or, with `exponent` 1, the magnitude of their spectrum: (batch, frames, bins).

    The window is the periodic one of `window` samples, or given as it is, zero-padded on both sides to `n_fft`; every item is
    padded at its own true end. `bins` keeps the lowest ones; `without_mean` takes each frame's mean from it before it is
    windowed. `exporting` chooses the convolution.
    """

    exporting = False

    def __init__(
        self,
        n_fft: int,
        window: int,
        hop: int,
        padding: Padding,
        *,
        function: WindowFunction | npt.NDArray[np.float64] = "hamming",
        exponent: Literal[1, 2] = 2,
        bins: int | None = None,
        without_mean: bool = False,
    ) -> None:
        super().__init__()
        if not 1 < window <= n_fft or n_fft % 2 or hop < 1:
            raise ValueError(f"a window of {window} samples and a hop of {hop} do not fit a DFT of length {n_fft} (even)")
        if window * (n_fft // 2 + 1 if bins is None else bins) > MOST:
            raise ValueError(f"a DFT of length {n_fft} over {window} samples is more than fits into memory; shorten the window")
        self.n_fft, self.exponent, self.without_mean = n_fft, exponent, without_mean
        self.bins = n_fft // 2 + 1 if bins is None else bins
        left = (n_fft - window) // 2
        self.grid = FrameGrid(window, hop, padding, before=n_fft // 2 - left, behind=n_fft - window)
        self.shortest = window if padding == "none" else 1
        if isinstance(function, str):
            cosine = np.cos(2 * np.pi * np.arange(window) / window)
            weights = 0.54 - 0.46 * cosine if function == "hamming" else 0.5 - 0.5 * cosine
        else:
            weights = function
        # The window's place in the DFT moves phases only: here it comes first, and zeros follow it.
        self.register_buffer("weights", torch.from_numpy(np.pad(weights, (0, n_fft - window))).float(), persistent=False)
        # The DFT only where the window is not zero: (2 * bins, 1, window), cosines above sines.
        numbers, steps = np.arange(self.bins)[:, None], np.arange(left, left + window)[None, :]
        phase = 2 * np.pi * (numbers * steps % n_fft) / n_fft
        kernel = np.concatenate([np.cos(phase), -np.sin(phase)]) * weights
        if without_mean:
            kernel -= kernel.mean(1, keepdims=True)
        self.register_buffer("kernel", torch.from_numpy(kernel[:, None]).float(), persistent=False)
        self.weights: Tensor
        self.kernel: Tensor

    def forward(self, samples: Tensor, lengths: Tensor) -> Tensor:
        """The spectrum of (batch, n), `lengths` (batch,) true samples of each: (batch, frames, bins)."""
        padded = self.grid.pad(samples, lengths)
        if self.exporting:
            inside = padded[:, None, : padded.shape[1] - self.grid.behind]
            real, imaginary = F.conv1d(inside, self.kernel, stride=self.grid.hop).chunk(2, dim=1)
            power = (real.square() + imaginary.square()).transpose(1, 2)  # (batch, frames, bins)
        else:
            # One item at a time stays in the processor's cache: 1.8 times as fast as the batch.
            items = [padded] if padded.is_cuda or len(padded) == 1 else torch.split(padded, 1)
            powers = [self._transform(item) for item in items]
            power = powers[0] if len(powers) == 1 else torch.cat(powers)  # (batch, frames, bins)
        return power if self.exponent == 2 else power.sqrt()

    def _transform(self, padded: Tensor) -> Tensor:
        """Power (batch, frames, bins) of padded samples."""
        frames = padded.unfold(-1, self.n_fft, self.grid.hop)
        if self.without_mean:
            frames = frames - frames[..., : self.grid.window].mean(-1, keepdim=True)
        spectrum = torch.fft.rfft(frames * self.weights)[..., : self.bins]
        squares = torch.view_as_real(spectrum).square()  # (batch, frames, bins, 2): faster than its parts one by one
        return squares[..., 0] + squares[..., 1]


def true_samples(samples: Tensor, lengths: Tensor) -> Tensor:
    """(batch, n) samples, 0 beyond each item's own end."""
    if all_are(lengths, samples.shape[1]):
        return samples
    real = torch.arange(samples.shape[1], device=samples.device) < lengths[:, None]
    return torch.where(real, samples, 0.0)


def all_are(lengths: Tensor, length: int) -> bool:
    """Whether every item fills the batch, so that nothing has to be masked; a graph that is being drawn must serve all."""
    tracing = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]  # missing from the stubs
    return not tracing and not lengths.is_cuda and bool((lengths == length).all())
