"""What every front-end is."""

from abc import ABC, abstractmethod
from typing import TypeVar

from torch import Tensor, nn

from serkit.frames import Frames

Count = TypeVar("Count", int, Tensor)
VERSION = 4
"""Raised whenever the same settings of any front-end give other values: what was kept of them is then computed again."""

SHORTEST = 0.001
"""Seconds that a window and a hop must have at least."""


class FrontEnd(nn.Module, ABC):
    """Samples to frames of `dim` values called `names`, one every `hop` seconds.

    What an item's frames are depends on its true samples alone: neither on what follows them nor on what it is batched with.
    """

    names: tuple[str, ...]
    hop: float

    @property
    def dim(self) -> int:
        """How many values a frame has."""
        return len(self.names)

    @property
    def shortest(self) -> int:
        """The fewest samples that an exported graph finds a frame in: the longest window that has to lie inside them."""
        return max(1, *(getattr(module, "shortest", 1) for module in self.modules() if module is not self))

    @abstractmethod
    def frames(self, samples: Count) -> Count:
        """How many frames that many samples give, each of several numbers in a tensor."""

    @abstractmethod
    def forward(self, samples: Tensor, lengths: Tensor) -> Frames:
        """Frames of (batch, n) samples, `lengths` (batch,) of which are true: values (batch, frames, dim), 0 in padding."""
