"""Utterances as training and evaluation examples: windows, their noisy copies, and the features of both."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from serkit import audio, windows
from serkit.augment import noisy_copies
from serkit.errors import CorpusError
from serkit.frames import Frames
from serkit.protocols.copies import without_copy
from serkit.recipe.schema import Recipe
from serkit.system import System
from serkit.types import Utterance

Notify = Callable[[int, int], None]
"""Told how many utterances of how many are done."""


@dataclass(frozen=True, slots=True)
class Examples:
    """One item for each window (and copy) of some utterances.

    `features` are raw, each (items, frames, dim); `targets` (items,) index the labels; `owners` (items,) the utterances.
    """

    features: dict[str, Frames]
    targets: Tensor
    owners: Tensor
    utterances: tuple[Utterance, ...]

    def __len__(self) -> int:
        """How many items."""
        return len(self.targets)

    def batch(self, items: Tensor, device: torch.device) -> tuple[dict[str, Frames], Tensor]:
        """Features and targets of some items, on a device."""
        features = {
            name: Frames(frames.values[items].to(device), frames.lengths[items].to(device))
            for name, frames in self.features.items()
        }
        return features, self.targets[items].to(device)

    def batches(self, size: int, device: torch.device) -> Iterator[tuple[dict[str, Frames], Tensor]]:
        """All items in order, `size` at a time."""
        for items in torch.split(torch.arange(len(self)), size):
            yield self.batch(items, device)


class Store:
    """Features of utterances, computed once: the folds of one seed share them.

    Noise is drawn from (seed, utterance, window), so that a copy is the same in every fold, process and order.
    """

    def __init__(self, recipe: Recipe, system: System, labels: Sequence[str], seed: int) -> None:
        self.recipe, self.system, self.seed = recipe, system, seed
        self.index = {label: number for number, label in enumerate(labels)}
        self._native: dict[str, list[dict[str, Frames]]] = {}
        self._copies: dict[str, list[dict[str, Frames]]] = {}

    def examples(self, utterances: Sequence[Utterance], copies: bool, notify: Notify | None = None) -> Examples:
        """Examples of the utterances; with `copies`, the recipe's noisy ones behind each utterance's own windows.

        An utterance that is a noisy copy itself has that copy's windows, the same as stand behind its original's.
        """
        parts: list[tuple[int, dict[str, Frames]]] = []
        for number, utterance in enumerate(utterances):
            name = without_copy(utterance.id) if utterance.noise else utterance.id
            self._fill(name, utterance, copies or utterance.noise > 0)
            if utterance.noise:
                parts += [(number, _item(part, utterance.noise - 1)) for part in self._copies[name]]
            else:
                parts += [(number, part) for part in self._native[name] + (self._copies[name] if copies else [])]
            if notify:
                notify(number + 1, len(utterances))
        owners = torch.tensor([number for number, part in parts for _ in next(iter(part.values())).lengths])
        targets = torch.tensor([self.index[utterances[owner].label] for owner in owners.tolist()])
        features = {name: Frames(*map(torch.cat, zip(*(part[name] for _, part in parts), strict=True))) for name in parts[0][1]}
        return Examples(features, targets, owners, tuple(utterances))

    def _fill(self, name: str, utterance: Utterance, copies: bool) -> None:
        if name in self._native and (not copies or name in self._copies):
            return
        cut = self._windows(utterance)
        self._native.setdefault(name, [self._features(cut)])
        if copies:
            noisy = [
                noisy_copies(window, self.recipe.noise, generator(self.seed, name, str(number)))
                for number, window in enumerate(cut)
            ]
            self._copies[name] = [self._features(each) for each in noisy if len(each)]

    def _windows(self, utterance: Utterance) -> Tensor:
        """The utterance's windows: (windows, n)."""
        waveform = audio.read(utterance.path, self.recipe.rate, start=utterance.start, end=utterance.end)
        if not waveform.samples.any():
            raise CorpusError(f"{utterance.path}: digital silence cannot be an example; leave it out of the corpus")
        cut = windows.cut(waveform.samples, waveform.rate, self.recipe.cut.cut())
        return torch.stack([torch.from_numpy(window.samples) for window in cut])

    @torch.no_grad()
    def _features(self, samples: Tensor) -> dict[str, Frames]:
        return self.system.features(samples, torch.full((len(samples),), samples.shape[1]))


def _item(features: dict[str, Frames], at: int) -> dict[str, Frames]:
    """One item of a batch of features, as a batch of one."""
    return {name: Frames(frames.values[at : at + 1], frames.lengths[at : at + 1]) for name, frames in features.items()}


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
