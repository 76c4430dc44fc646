"""Training and evaluation examples: items whose features are read, or made anew, batch by batch."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from serkit.augment import AnyTransform, augment
from serkit.cache import Cache, Entry
from serkit.errors import CacheError
from serkit.frames import Frames
from serkit.system import System
from serkit.types import Utterance

SAMPLES = "samples"
"""Beside the features' names: the samples of the windows, where they are changed anew in each epoch."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One front-end's frames of all windows of an utterance: here, or in the cache, from where they are read when needed."""

    counts: tuple[int, ...]
    here: Entry | None
    cache: Cache | None
    name: str

    def item(self, number: int) -> Tensor:
        """The frames of one window: (frames, dim). Raises CacheError where they are gone."""
        entry = self.here
        if entry is None and self.cache is not None:
            entry = self.cache.read(self.name, trusted=True)
            if entry is None:
                raise CacheError(f"{self.cache.folder}: emptied while it was read from; run the same command again")
        assert entry is not None  # it is here or in a cache
        return torch.from_numpy(entry.item(number))


Place = tuple[Mapping[str, Kept], int]
"""Where an item's features are: those of its utterance, and which of its windows it is."""


@dataclass(frozen=True, slots=True)
class Examples:
    """One item for each window (and copy) of some utterances.

    `places` say where each item's raw features are; `targets` (items,) index the labels; `owners` (items,) the utterances.
    With `fresh`, a batch of an epoch is made of the items' samples, changed anew.
    """

    places: tuple[Place, ...]
    targets: Tensor
    owners: Tensor
    utterances: tuple[Utterance, ...]
    fresh: "Fresh | None" = None

    def __len__(self) -> int:
        """How many items."""
        return len(self.places)

    @property
    def features(self) -> dict[str, Frames]:
        """The raw features of all items, each (items, frames, dim)."""
        return self._gathered(self.places, torch.device("cpu"))

    def batch(self, items: Tensor, device: torch.device, epoch: int | None = None) -> tuple[dict[str, Frames], Tensor]:
        """Features and targets of some items, on a device; as they are, or as training sees them in an epoch."""
        targets = self.targets[items].to(device)
        if self.fresh and epoch is not None:
            return self.fresh.features([(item, self.places[item]) for item in items.tolist()], epoch, device), targets
        return self._gathered([self.places[item] for item in items.tolist()], device), targets

    @staticmethod
    def _gathered(places: Sequence[Place], device: torch.device) -> dict[str, Frames]:
        """The features of items as a batch, zeros behind the short ones."""
        found: dict[str, Frames] = {}
        for name in places[0][0].keys() - {SAMPLES}:
            items = [kept[name].item(number) for kept, number in places]
            lengths = torch.tensor([len(item) for item in items])
            found[name] = Frames(pad_sequence(items, batch_first=True).to(device), lengths.to(device))
        return found

    def batches(self, size: int, device: torch.device) -> Iterator[tuple[dict[str, Frames], Tensor]]:
        """All items in order, `size` at a time."""
        for items in torch.split(torch.arange(len(self)), size):
            yield self.batch(items, device)


@dataclass(frozen=True, slots=True)
class Fresh:
    """Changes to training items that are drawn anew in each epoch, from (seed, epoch, item)."""

    system: System
    transforms: tuple[AnyTransform, ...]
    rate: int
    seed: int
    speech: tuple[Utterance, ...]

    @torch.no_grad()
    def features(self, items: Sequence[tuple[int, Place]], epoch: int, device: torch.device) -> dict[str, Frames]:
        """The features of changed samples of items and their places, as a batch."""
        changed = []
        for item, (kept, number) in items:
            drawn = generator(self.seed, "fresh", epoch, item)
            samples = kept[SAMPLES].item(number)[:, 0]
            changed.append(augment(samples, self.transforms, self.rate, self.speech, drawn))
        lengths = torch.tensor([len(samples) for samples in changed])
        found = self.system.features(pad_sequence(changed, batch_first=True), lengths)
        return {name: Frames(frames.values.to(device), frames.lengths.to(device)) for name, frames in found.items()}


def generator(*names: object) -> torch.Generator:
    """A generator whose seed is a hash of the names: the same in every process and order."""
    return torch.Generator().manual_seed(seed_of(*names))


def seed_of(*names: object) -> int:
    """A seed of 63 bits out of names: near seeds and neighboring utterances share nothing.

    >>> seed_of(0, "weights") == seed_of(0, "weights") != seed_of(1, "weights")
    True
    """
    digest = hashlib.sha256("\0".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
