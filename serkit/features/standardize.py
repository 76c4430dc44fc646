"""Z-scores of frames by statistics of training utterances."""

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn

from serkit.frames import Frames

Mode = Literal["per_position", "per_coefficient"]


class Standardizer(nn.Module):
    """Frames to frames: (value - mean) / deviation, statistics from `fit` alone.

    `per_position` has a mean and a deviation for each of (frames, dim) and so fits one length only; `per_coefficient` has one
    of each for dim and fits every length. Deviations are population ones (ddof 0); a deviation of 0 becomes 1. Padding
    frames neither count nor change: they stay 0.
    """

    def __init__(self, mode: Mode, frames: int, dim: int) -> None:
        super().__init__()
        self.mode = mode
        shape = (frames, dim) if mode == "per_position" else (dim,)
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("deviation", torch.ones(shape))
        self.mean: Tensor
        self.deviation: Tensor

    @torch.no_grad()
    def fit(self, batches: Iterable[Frames]) -> None:
        """Take mean and deviation from all true frames of the batches, in double precision and one pass."""
        count = torch.zeros((*self.mean.shape[:-1], 1), dtype=torch.float64)
        total = torch.zeros(self.mean.shape, dtype=torch.float64)
        squares = torch.zeros(self.mean.shape, dtype=torch.float64)
        axes = (0,) if self.mode == "per_position" else (0, 1)
        for batch in batches:
            real = batch.mask()[..., None].cpu()  # (batch, frames, 1)
            values = torch.where(real, batch.values.double().cpu(), 0.0)
            count += real.sum(axes)
            total += values.sum(axes)
            squares += values.square().sum(axes)
        if not count.any():
            raise ValueError("a standardizer cannot be fitted to no frames")
        mean = total / count.clamp(min=1)
        variance = (squares / count.clamp(min=1) - mean.square()).clamp(min=0)
        # What rounding leaves of a constant is no deviation: one part in 10^12 of its square.
        variance = torch.where(variance > 1e-12 * mean.square(), variance, 1.0)
        self.mean.copy_(mean)
        self.deviation.copy_(variance.sqrt())

    def forward(self, frames: Frames) -> Frames:
        """The frames' z-scores."""
        values = (frames.values - self.mean) / self.deviation
        return Frames(torch.where(frames.mask()[..., None], values, 0.0), frames.lengths)
