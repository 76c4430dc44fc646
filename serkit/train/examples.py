"""Training and evaluation examples: items whose features are read, or made anew, batch by batch."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from serkit.augment import AnyTransform, augment
from serkit.cache import Cache, Entry
from serkit.errors import CacheError
from serkit.frames import Frames
from serkit.protocols.copies import without_copy
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
        if self.here:
            return torch.from_numpy(self.here.item(number))
        assert self.cache is not None  # it is here or in a cache
        found = self.cache.item(self.name, self.counts, number)
        if found is None:
            raise CacheError(f"{self.cache.folder}: emptied while it was read from; run the same command again")
        return torch.from_numpy(found)


Place = tuple[Mapping[str, Kept], int]
"""Where an item's features are: those of its utterance, and which of its windows it is."""


@dataclass(frozen=True, slots=True)
class Examples:
    """One item for each window (and copy) of some utterances.

    `places` say where each item's raw features are; `targets` (items,) index the labels, or are values; `owners` (items,)
    index the utterances.
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

    @property
    def sizes(self) -> Tensor:
        """How many frames each item has of its first feature: (items,)."""
        return torch.tensor([next(iter(kept.values())).counts[number] for kept, number in self.places])

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
        # In the recipe's order, not a set's: masks are drawn for one feature after the other.
        for name in (name for name in places[0][0] if name != SAMPLES):
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
    """Changes to training items that are drawn anew in each epoch, from (seed, epoch, item).

    `speech` is what a babble is made of; `owners` are the utterances of the items, none of which babbles behind itself.
    """

    system: System
    transforms: tuple[AnyTransform, ...]
    rate: int
    seed: int
    speech: tuple[Utterance, ...]
    owners: tuple[Utterance, ...]

    @torch.no_grad()
    def features(self, items: Sequence[tuple[int, Place]], epoch: int, device: torch.device) -> dict[str, Frames]:
        """The features of changed samples of items and their places, as a batch."""
        changed = []
        with one_thread():
            for item, (kept, number) in items:
                drawn = generator(self.seed, "fresh", epoch, item)
                samples = kept[SAMPLES].item(number)[:, 0]
                speech = without(self.speech, self.owners[item])
                changed.append(augment(samples, self.transforms, self.rate, speech, drawn))
            lengths = torch.tensor([len(samples) for samples in changed])
            found = self.system.features(pad_sequence(changed, batch_first=True), lengths)
        return {name: Frames(frames.values.to(device), frames.lengths.to(device)) for name, frames in found.items()}


def without(speech: Sequence[Utterance], own: Utterance) -> list[Utterance]:
    """The utterances but this one and its copies."""
    name = without_copy(own.id)
    return [each for each in speech if without_copy(each.id) != name]


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread while the block runs: some of its transforms add up in another order on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def generator(*names: object) -> torch.Generator:
    """A generator whose seed is a hash of the names: the same in every process and order."""
    return torch.Generator().manual_seed(seed_of(*names))


def seed_of(*names: object) -> int:
    """A seed of 63 bits out of names: near seeds and neighboring utterances share nothing.

    >>> seed_of(0, "weights") == seed_of(0, "weights") != seed_of(1, "weights")
    True
    """
    digest = hashlib.sha256("\0".join(map(str, names)).encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") >> 1
