"""What goes into a model and what comes out: `Frames` of a front-end, `Output` of a model (torch)."""

from typing import NamedTuple

import torch
from torch import Tensor


class Frames(NamedTuple):
    """`values` (batch, frames, dim) float; `lengths` (batch,) int64, the true frames of each item; what follows is padding."""

    values: Tensor
    lengths: Tensor

    def mask(self) -> Tensor:
        """True where a frame is real: (batch, frames)."""
        positions = torch.arange(self.values.shape[1], device=self.values.device)
        return positions[None, :] < self.lengths[:, None]


class Output(NamedTuple):
    """`logits` (batch, classes); `embedding` (batch, dim), what the classifier sees."""

    logits: Tensor
    embedding: Tensor
