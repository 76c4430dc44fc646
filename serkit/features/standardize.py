"""Z-scores of frames by statistics of training utterances."""

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn

from serkit.frames import Frames

Mode = Literal["per_position", "per_coefficient", "global", "per_item"]


class Standardizer(nn.Module):
    """Frames to frames: (value - mean) / deviation, statistics from `fit` alone.

    `per_position` has a mean and a deviation for each of (frames, dim) and so fits one length only; `per_coefficient` has one
    of each for dim and fits every length; `global` has one of each for all values, so that what is quiet stays small.
    `per_item` first takes each item's own mean over its true frames away, as cepstral mean normalization does: loudness and
    channel go with it, of this recording or window alone. Deviations are population ones (ddof 0); a deviation of 0 becomes 1.
    Padding frames neither count nor change: they stay 0.
    """

    def __init__(self, mode: Mode, frames: int, dim: int) -> None:
        super().__init__()
        self.mode = mode
        shape = (frames, dim) if mode == "per_position" else (dim,)
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("deviation", torch.ones(shape))
        self.mean: Tensor
        self.deviation: Tensor

    def fit(self, batches: Iterable[Frames]) -> None:
        """Take mean and deviation from all true frames of the batches, in double precision and one pass."""
        sums = self.sums()
        for batch in batches:
            sums.add(batch)
        self.take(sums)

    def sums(self) -> "Sums":
        """What statistics are gathered in, empty."""
        return Sums(self.mean.shape, per_item=self.mode == "per_item")

    @torch.no_grad()
    def take(self, sums: "Sums") -> None:
        """The statistics of what was gathered. Raises ValueError where that is nothing."""
        if not sums.count.any():
            raise ValueError("a standardizer cannot be fitted to no frames")
        count = sums.count.clamp(min=1)
        mean = sums.total / count
        power = sums.squares / count
        if self.mode == "global":  # a frame has all values, so that each counts as much
            mean, power = mean.mean().expand_as(mean), power.mean().expand_as(power)
        variance = (power - mean.square()).clamp(min=0)
        # What rounding leaves of a constant is no deviation: one part in 10^12 of its square.
        variance = torch.where(variance > 1e-12 * mean.square(), variance, 1.0)
        self.mean.copy_(mean)
        self.deviation.copy_(variance.sqrt())

    def forward(self, frames: Frames) -> Frames:
        """The frames' z-scores."""
        real, values = frames.mask()[..., None], frames.values
        if self.mode == "per_item":
            values = _without_own_mean(values, real)
        values = (values - self.mean) / self.deviation
        return Frames(torch.where(real, values, 0.0), frames.lengths)


def _without_own_mean(values: Tensor, real: Tensor) -> Tensor:
    """(batch, frames, dim) minus each item's mean over its true frames, where `real` (batch, frames, 1)."""
    count = real.sum(1, keepdim=True).clamp(min=1)
    own = torch.where(real, values, 0.0).sum(1, keepdim=True) / count  # (batch, 1, dim)
    return values - own


class Sums:
    """Count, sum and sum of squares of true frames, in double precision: of each position, or of all together.

    With `per_item` of what is left of them without each item's own mean.
    """

    def __init__(self, shape: torch.Size, *, per_item: bool) -> None:
        self.per_item = per_item
        self.axes = (0,) if len(shape) == 2 else (0, 1)
        self.count = torch.zeros((*shape[:-1], 1), dtype=torch.float64)
        self.total = torch.zeros(shape, dtype=torch.float64)
        self.squares = torch.zeros(shape, dtype=torch.float64)

    def add(self, frames: Frames) -> None:
        """Count a batch in."""
        real = frames.mask()[..., None].cpu()  # (batch, frames, 1)
        values = frames.values.double().cpu()
        values = torch.where(real, _without_own_mean(values, real) if self.per_item else values, 0.0)
        self.count += real.sum(self.axes)
        self.total += values.sum(self.axes)
        self.squares += values.square().sum(self.axes)
