"""Utterances as training and evaluation examples: windows, their noisy copies, and the features of both."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from serkit import audio, cache, files, windows
from serkit.augment import noisy_copies
from serkit.cache import Cache, Entry
from serkit.errors import CacheError, CorpusError
from serkit.features.base import VERSION
from serkit.frames import Frames
from serkit.protocols.copies import without_copy
from serkit.recipe.schema import Recipe
from serkit.system import System
from serkit.types import Utterance

Notify = Callable[[int, int], None]
"""Told how many utterances of how many are done."""


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
    """

    places: tuple[Place, ...]
    targets: Tensor
    owners: Tensor
    utterances: tuple[Utterance, ...]

    def __len__(self) -> int:
        """How many items."""
        return len(self.places)

    @property
    def features(self) -> dict[str, Frames]:
        """The raw features of all items, each (items, frames, dim)."""
        return self._gathered(self.places, torch.device("cpu"))

    def batch(self, items: Tensor, device: torch.device) -> tuple[dict[str, Frames], Tensor]:
        """Features and targets of some items, on a device."""
        return self._gathered([self.places[item] for item in items.tolist()], device), self.targets[items].to(device)

    @staticmethod
    def _gathered(places: Sequence[Place], device: torch.device) -> dict[str, Frames]:
        """The features of items as a batch, zeros behind the short ones."""
        found: dict[str, Frames] = {}
        for name in places[0][0]:
            items = [kept[name].item(number) for kept, number in places]
            lengths = torch.tensor([len(item) for item in items])
            found[name] = Frames(pad_sequence(items, batch_first=True).to(device), lengths.to(device))
        return found

    def batches(self, size: int, device: torch.device) -> Iterator[tuple[dict[str, Frames], Tensor]]:
        """All items in order, `size` at a time."""
        for items in torch.split(torch.arange(len(self)), size):
            yield self.batch(items, device)


class Store:
    """Features of utterances, computed once: the folds of one seed share them, and with a cache all Runs do.

    Noise is drawn from (seed, utterance, window), so that a copy is the same in every fold, process and order.
    """

    def __init__(self, recipe: Recipe, system: System, labels: Sequence[str], seed: int, kept_in: Cache | None = None) -> None:
        self.recipe, self.system, self.seed, self.cache = recipe, system, seed, kept_in
        self.index = {label: number for number, label in enumerate(labels)}
        self._kept: dict[tuple[str, int], dict[str, Kept]] = {}
        self._hashes: dict[Path, str] = {}

    def examples(self, utterances: Sequence[Utterance], copies: bool, notify: Notify | None = None) -> Examples:
        """Examples of the utterances; with `copies`, the recipe's noisy ones behind each utterance's own windows.

        An utterance that is a noisy copy itself has that copy's windows, the same as stand behind its original's.
        """
        places: list[Place] = []
        owners: list[int] = []
        for number, utterance in enumerate(utterances):
            own = list(_windows(self.kept(utterance, utterance.noise)))
            if copies:
                noisy = [list(_windows(self.kept(utterance, copy))) for copy in range(1, self.recipe.noise.copies + 1)]
                own += [place for window in zip(*noisy, strict=True) for place in window]
            places += own
            owners += [number] * len(own)
            if notify:
                notify(number + 1, len(utterances))
        targets = torch.tensor([self.index[utterances[owner].label] for owner in owners])
        return Examples(tuple(places), targets, torch.tensor(owners), tuple(utterances))

    def kept(self, utterance: Utterance, copy: int) -> dict[str, Kept]:
        """The features of an utterance's windows, or with `copy` of that noisy copy of them; computed where they are not."""
        name = without_copy(utterance.id)
        if (name, copy) not in self._kept:
            found = self._cached(utterance, copy) if self.cache else None
            if found:
                self._kept[name, copy] = found
            else:
                self._compute(utterance, name, copy)
        return self._kept[name, copy]

    def forget(self) -> None:
        """Let go of all that was computed; what a cache keeps stays there."""
        self._kept.clear()

    def _cached(self, utterance: Utterance, copy: int) -> dict[str, Kept] | None:
        """What the cache has, if it has all of it."""
        assert self.cache is not None
        found: dict[str, Kept] = {}
        for feature, about in self._about(utterance, copy).items():
            name = cache.key(about)
            entry = self.cache.read(name)
            if entry is None:
                return None
            found[feature] = Kept(entry.counts, None, self.cache, name)
        return found

    def _compute(self, utterance: Utterance, name: str, copy: int) -> None:
        """Features of the windows, or of all their noisy copies at once, since these come out of one generator a window."""
        cut = self._cut(utterance)
        if not copy:
            self._keep(utterance, name, 0, cut)
            return
        noisy = [
            noisy_copies(window, self.recipe.noise, generator(self.seed, name, str(number)))
            for number, window in enumerate(cut)
        ]
        for number in range(self.recipe.noise.copies):
            self._keep(utterance, name, number + 1, [copies[number] for copies in noisy])

    @torch.no_grad()
    def _keep(self, utterance: Utterance, name: str, copy: int, samples: Sequence[Tensor]) -> None:
        """Compute what is to be kept of windows, each (n,)."""
        lengths = torch.tensor([len(window) for window in samples])
        features = self.system.features(pad_sequence(list(samples), batch_first=True), lengths)
        about = self._about(utterance, copy) if self.cache else {}
        found: dict[str, Kept] = {}
        for feature, frames in features.items():
            counts = tuple(frames.lengths.tolist())
            entry = Entry(frames.values[frames.mask()].numpy(), counts)
            if self.cache:
                kept = cache.key(about[feature])
                self.cache.write(kept, entry, about[feature] | {"utterance": name, "corpus": utterance.corpus})
                found[feature] = Kept(counts, None, self.cache, kept)
            else:
                found[feature] = Kept(counts, entry, None, "")
        self._kept[name, copy] = found

    def _about(self, utterance: Utterance, copy: int) -> dict[str, dict[str, Any]]:
        """All that each feature's values depend on."""
        recipe = self.recipe
        noise = recipe.noise.model_dump(exclude={"copies", "placement"})
        if utterance.path not in self._hashes:
            self._hashes[utterance.path] = files.sha256(utterance.path)
        shared = {
            "audio": self._hashes[utterance.path],
            "start": utterance.start,
            "end": utterance.end,
            "rate": recipe.rate,
            "cut": asdict(recipe.cut.cut()),
            "noise": noise | {"copy": copy, "seed": self.seed, "utterance": without_copy(utterance.id)} if copy else None,
            "version": VERSION,
        }
        return {name: shared | {"front_end": config.model_dump(mode="json")} for name, config in recipe.features.items()}

    def _cut(self, utterance: Utterance) -> list[Tensor]:
        """The utterance's windows, each (n,)."""
        waveform = audio.read(utterance.path, self.recipe.rate, start=utterance.start, end=utterance.end)
        if not waveform.samples.any():
            raise CorpusError(f"{utterance.path}: digital silence cannot be an example; leave it out of the corpus")
        return [torch.from_numpy(each.samples) for each in windows.cut(waveform.samples, waveform.rate, self.recipe.cut.cut())]


def _windows(kept: Mapping[str, Kept]) -> Iterator[Place]:
    """A place for each window."""
    for number in range(len(next(iter(kept.values())).counts)):
        yield kept, number


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
