"""From utterances to examples: windows and their changed copies, and the features of both, each computed once."""

import functools
import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from serkit import audio, cache, files, windows
from serkit.augment import VERSION as AUGMENT
from serkit.augment import augment, babbles, folders, noisy_copies
from serkit.cache import Cache, Entry
from serkit.errors import CorpusError, Notice, OutputError
from serkit.features.base import VERSION as FEATURES
from serkit.frames import Frames
from serkit.protocols.copies import without_copy
from serkit.recipe.schema import Recipe
from serkit.system import System
from serkit.train.examples import SAMPLES, Examples, Fresh, Kept, Place, generator, one_thread, without
from serkit.types import Utterance

Notify = Callable[[int, int], None]
"""Told how many utterances of how many are done."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to an utterance's windows: a noisy copy by its number, or a copy by the recipe's fixed transforms.

    `speech` are the utterances that a babble is made of; `sounds` is a hash of their audio, and of folders of recordings.
    """

    kind: Literal["noise", "fixed"]
    number: int
    sounds: str = ""
    speech: tuple[Utterance, ...] = field(default=(), compare=False)


class Store:
    """Features of utterances, computed once: the folds of one seed share them, and with a cache all Runs do.

    Noise is drawn from (seed, utterance, window), so that a copy is the same in every fold, process and order. Where the cache
    cannot be written to they are kept in memory, with a Notice, unless it is `needed`.
    """

    def __init__(
        self,
        recipe: Recipe,
        system: System,
        labels: Sequence[str],
        seed: int,
        kept_in: Cache | None = None,
        *,
        needed: bool = False,
    ) -> None:
        self.needed = needed
        self.recipe, self.system, self.seed, self.cache = recipe, system, seed, kept_in
        self.index = {label: number for number, label in enumerate(labels)}
        self._kept: dict[tuple[str, Change | None], dict[str, Kept]] = {}
        self._hashes: dict[Path, str] = {}

    def examples(
        self, utterances: Sequence[Utterance], copies: bool, notify: Notify | None = None, *, training: bool = False
    ) -> Examples:
        """Examples of the utterances; with `copies`, the recipe's noisy ones behind each utterance's own windows.

        An utterance that is a noisy copy itself has that copy's windows, the same as stand behind its original's. For
        `training` the copies by the recipe's fixed transforms follow, and its fresh ones are made in every epoch.
        """
        recipe = self.recipe
        changes = [Change("noise", number) for number in range(1, recipe.noise.copies + 1)] if copies else []
        if training:
            changes += self.fixed(utterances)
            self._forget_other_sounds(changes)
        places: list[Place] = []
        owners: list[int] = []
        for number, utterance in enumerate(utterances):
            own = list(_places(self.kept(utterance, Change("noise", utterance.noise) if utterance.noise else None)))
            changed = [list(_places(self.kept(utterance, change))) for change in changes]
            own += [place for window in zip(*changed, strict=True) for place in window]
            places += own
            owners += [number] * len(own)
            if notify:
                notify(number + 1, len(utterances))
        if (scale := recipe.corpus.target) is None:
            targets = torch.tensor([self.index[utterances[owner].label] for owner in owners])
        else:
            targets = torch.tensor([utterances[owner].values[scale] for owner in owners], dtype=torch.float32)
        fresh = None
        if training and recipe.augmentation.fresh:
            speech = tuple(utterances) if babbles(recipe.augmentation.fresh) else ()
            spoken = tuple(utterances[owner] for owner in owners)
            fresh = Fresh(self.system, recipe.augmentation.fresh, recipe.rate, self.seed, speech, spoken)
        return Examples(tuple(places), targets, torch.tensor(owners), tuple(utterances), fresh)

    def fixed(self, utterances: Sequence[Utterance]) -> list[Change]:
        """The copies that the recipe's fixed transforms make of training utterances."""
        augmentation = self.recipe.augmentation
        if not augmentation.copies:
            return []
        speech = tuple(utterances) if babbles(augmentation.fixed) else ()
        heard = [(self._hash(each.path), each.start, each.end) for each in speech]
        sounds = hashlib.sha256(repr((heard, folders(augmentation.fixed))).encode()).hexdigest()
        return [Change("fixed", number, sounds, speech) for number in range(1, augmentation.copies + 1)]

    def kept(self, utterance: Utterance, change: Change | None) -> dict[str, Kept]:
        """The features of an utterance's windows, changed or as they are; computed where they are not there yet."""
        name = without_copy(utterance.id)
        if (name, change) not in self._kept:
            found = self._cached(utterance, change) if self.cache else None
            if found:
                self._kept[name, change] = found
            else:
                self._compute(utterance, name, change)
        return self._kept[name, change]

    def _forget_other_sounds(self, changes: Sequence[Change]) -> None:
        """Let go of another fold's babble, which is of no use to this one."""
        current = {change.sounds for change in changes}
        for key in [key for key in self._kept if key[1] and key[1].kind == "fixed" and key[1].sounds not in current]:
            del self._kept[key]

    def forget(self) -> None:
        """Let go of all that was computed; what a cache keeps stays there."""
        self._kept.clear()

    def _cached(self, utterance: Utterance, change: Change | None) -> dict[str, Kept] | None:
        """What the cache has, if it has all of it."""
        assert self.cache is not None
        found: dict[str, Kept] = {}
        for feature, about in self._about(utterance, change).items():
            name = cache.key(about)
            entry = self.cache.read(name)
            if entry is None:
                return None
            found[feature] = Kept(entry.counts, None, self.cache, name)
        return found

    @one_thread()
    def _compute(self, utterance: Utterance, name: str, change: Change | None) -> None:
        """Features of the windows; of all their noisy copies at once, since these come out of one generator a window."""
        cut = self._cut(utterance)
        if change is None:
            self._keep(utterance, name, None, cut)
        elif change.kind == "noise":
            noise = self.recipe.noise
            noisy = [noisy_copies(window, noise, generator(self.seed, name, str(at))) for at, window in enumerate(cut)]
            for number in range(1, noise.copies + 1):
                self._keep(utterance, name, Change("noise", number), [copies[number - 1] for copies in noisy])
        else:
            transforms, rate = self.recipe.augmentation.fixed, self.recipe.rate
            speech = without(change.speech, utterance)
            changed = [
                augment(window, transforms, rate, speech, generator(self.seed, "fixed", change.number, name, at))
                for at, window in enumerate(cut)
            ]
            self._keep(utterance, name, change, changed)

    @torch.no_grad()
    def _keep(self, utterance: Utterance, name: str, change: Change | None, samples: Sequence[Tensor]) -> None:
        """Compute what is to be kept of windows, each (n,)."""
        lengths = torch.tensor([len(window) for window in samples])
        batch = pad_sequence(list(samples), batch_first=True)
        features = self.system.features(batch, lengths)
        if self.recipe.augmentation.fresh:
            features[SAMPLES] = Frames(batch[..., None], lengths)
        about = self._about(utterance, change) if self.cache else {}
        found: dict[str, Kept] = {}
        for feature, frames in features.items():
            counts = tuple(frames.lengths.tolist())
            entry = Entry(frames.values[frames.mask()].numpy(), counts)
            kept = cache.key(about[feature]) if feature in about else ""
            if kept and self._wrote(kept, entry, about[feature] | {"utterance": name, "corpus": utterance.corpus}):
                found[feature] = Kept(counts, None, self.cache, kept)
            else:
                found[feature] = Kept(counts, entry, None, "")
        self._kept[name, change] = found

    def _wrote(self, kept: str, entry: Entry, about: Mapping[str, Any]) -> bool:
        """Whether the cache took it. A training goes on in memory where it does not, and says so once.

        Raises OutputError or OSError where the cache is what all is done for.
        """
        if self.cache is None:
            return False
        try:
            self.cache.write(kept, entry, about)
        except (OutputError, OSError) as error:
            if self.needed:
                raise
            why = error.strerror if isinstance(error, OSError) else error
            said = f"{self.cache.folder}: features cannot be kept there ({why}); this training keeps its own in memory"
            warnings.warn(said, Notice, stacklevel=2)
            self.cache = None
            return False
        return True

    def _about(self, utterance: Utterance, change: Change | None) -> dict[str, dict[str, Any]]:
        """All that each feature's values depend on."""
        recipe = self.recipe
        shared = {
            "audio": self._hash(utterance.path),
            "start": utterance.start,
            "end": utterance.end,
            "rate": recipe.rate,
            "cut": asdict(recipe.cut.cut()),
            "change": self._about_change(utterance, change) if change else None,
            "versions": versions(),
        }
        about = {name: shared | {"front_end": config.model_dump(mode="json")} for name, config in recipe.features.items()}
        return about | ({SAMPLES: shared | {"front_end": {"type": SAMPLES}}} if recipe.augmentation.fresh else {})

    def _about_change(self, utterance: Utterance, change: Change) -> dict[str, Any]:
        """What was drawn, out of which seed, and what was heard behind it."""
        drawn = {"kind": change.kind, "number": change.number, "seed": self.seed, "utterance": without_copy(utterance.id)}
        if change.kind == "noise":
            return drawn | self.recipe.noise.model_dump(mode="json", exclude={"copies", "placement"})
        transforms = [each.model_dump(mode="json") for each in self.recipe.augmentation.fixed]
        return drawn | {"transforms": transforms, "sounds": change.sounds}

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            self._hashes[path] = files.sha256(path)
        return self._hashes[path]

    def _cut(self, utterance: Utterance) -> list[Tensor]:
        """The utterance's windows, each (n,)."""
        waveform = audio.read(utterance.path, self.recipe.rate, start=utterance.start, end=utterance.end)
        if not waveform.samples.any():
            raise CorpusError(f"{utterance.path}: digital silence cannot be an example; leave it out of the corpus")
        return [torch.from_numpy(each.samples) for each in windows.cut(waveform.samples, waveform.rate, self.recipe.cut.cut())]


@functools.cache
def versions() -> dict[str, str | int]:
    """Of the front-ends, the changes, and the packages that compute with them."""
    packages = {name: version(name) for name in ("torch", "numpy", "scipy", "soxr", "soundfile")}
    return {"features": FEATURES, "augment": AUGMENT, **packages}


def _places(kept: Mapping[str, Kept]) -> Iterator[Place]:
    """A place for each window."""
    for number in range(len(next(iter(kept.values())).counts)):
        yield kept, number
