"""What every protocol is: a name that admits what it lets pass, and folds that are checked before anyone sees them."""

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

from pydantic import Field

from serkit.config import Config
from serkit.errors import ProtocolError
from serkit.types import Utterance

Part = tuple[Utterance, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """One training and its judgment: the parts that a protocol makes share no utterance and no file; each is sorted by id."""

    name: str
    train: Part
    validation: Part
    test: Part


class BaseProtocol(Config, ABC):
    """A way to split a corpus. Its folds depend on the utterances and the seed alone, never on the order of the utterances.

    With `balanced`, at most so many utterances of each emotion are taken, drawn by the seed; the others have no part in it.
    """

    balanced: int | None = Field(default=None, ge=1)
    speaker_independent: ClassVar[bool]

    @property
    def name(self) -> str:
        """The full name that is printed beside every score."""
        few = f", at most {self.balanced} utterances of each emotion" if self.balanced else ""
        return f"{self._title()}{few}, speaker-{'independent' if self.speaker_independent else 'dependent'}"

    def folds(self, utterances: Sequence[Utterance], seed: int) -> list[Fold]:
        """The folds of `utterances`, checked. `seed` moves random splits and leaves fixed ones alone.

        Where one utterance is a copy of another, the other alone is split, and the copy goes where it went. Raises
        ProtocolError where the utterances do not allow what the protocol promises.
        """
        ids = {utterance.id for utterance in utterances}
        first = [utterance for utterance in utterances if utterance.copy_of not in ids]
        copies = [utterance for utterance in utterances if utterance.copy_of in ids]
        if self.balanced:
            first = [clip for clips in by_emotion(first, f"{seed} balanced") for clip in clips[: self.balanced]]
        folds = [_rejoined(fold, copies) for fold in self._split(sorted(first, key=lambda utterance: utterance.id), seed)]
        for fold in folds:
            check(fold, self.speaker_independent)
        return folds

    def leaky_folds(self, utterances: Sequence[Utterance], seed: int) -> list[Fold]:
        """Folds in which a copy can be trained on while its original is tested: never to be called a test.

        Raises ProtocolError where a part is empty or an utterance occurs twice.
        """
        if self.balanced:
            raise ProtocolError(f"{self.name}: balanced leaves copies without their originals; leave it out")
        folds = self._split(sorted(utterances, key=lambda utterance: utterance.id), seed)
        for fold in folds:
            _check_utterances(fold)
        return folds

    @abstractmethod
    def _title(self) -> str:
        """The name without what it says about speakers."""

    @abstractmethod
    def _split(self, utterances: list[Utterance], seed: int) -> list[Fold]:
        """The folds of utterances that are sorted by id."""


def by_emotion(utterances: Sequence[Utterance], seed: str) -> list[list[Utterance]]:
    """The clips of each emotion, in an order that only their ids and `seed` decide.

    Sorting by a hash of both shuffles alike on every machine and with every version of Python and NumPy; their generators do
    not promise that.
    """

    def rank(clip: Utterance) -> bytes:
        return hashlib.sha256(f"{seed} {clip.id}".encode("utf-8", "surrogateescape")).digest()

    emotions = sorted({clip.label for clip in utterances})
    return [sorted((clip for clip in utterances if clip.label == emotion), key=rank) for emotion in emotions]


def fold_of(name: str, train: Sequence[Utterance], validation: Sequence[Utterance], test: Sequence[Utterance]) -> Fold:
    """A fold whose parts are sorted by utterance id."""
    return Fold(name, *(tuple(sorted(part, key=lambda utterance: utterance.id)) for part in (train, validation, test)))


def _rejoined(fold: Fold, copies: Sequence[Utterance]) -> Fold:
    """The fold with each copy in the part of its original."""
    if not copies:
        return fold
    parts = [[*part, *_copies_of(part, copies)] for part in (fold.train, fold.validation, fold.test)]
    return fold_of(fold.name, *parts)


def _copies_of(part: Part, copies: Sequence[Utterance]) -> list[Utterance]:
    ids = {utterance.id for utterance in part}
    return [copy for copy in copies if copy.copy_of in ids]


def check(fold: Fold, speaker_independent: bool) -> None:
    """Raises ProtocolError where a part is empty or two parts share an utterance, a file or, if promised not to, a speaker."""
    parts = _check_utterances(fold)
    for one, other in combinations(parts, 2):
        where = f"fold '{fold.name}': {one} and {other} share"
        files = {item.path for item in parts[one]} & {item.path for item in parts[other]}
        if files:
            raise ProtocolError(f"{where} the file {min(files)}; use a protocol that keeps the utterances of a file together")
        speakers = {item.speaker for item in parts[one]} & {item.speaker for item in parts[other]}
        if speaker_independent and speakers:
            raise ProtocolError(f"{where} the speakers {listed(speakers)}; give each speaker to one part")


def _check_utterances(fold: Fold) -> dict[str, Part]:
    """The parts by name. Raises ProtocolError where one is empty or an utterance occurs twice."""
    parts = {"train": fold.train, "validation": fold.validation, "test": fold.test}
    for name, part in parts.items():
        if not part:
            raise ProtocolError(f"fold '{fold.name}': no {name} utterances; give more utterances or another protocol")
    counted = Counter(utterance.id for part in parts.values() for utterance in part)
    utterance, times = counted.most_common(1)[0]
    if times > 1:
        raise ProtocolError(f"fold '{fold.name}': utterance '{utterance}' occurs {times} times; give every utterance once")
    return parts


def listed(names: set[str] | Sequence[str]) -> str:
    """The names in order, for a message; the first five of many."""
    ranked = sorted(names)
    return ", ".join(ranked[:5]) + (f" and {len(ranked) - 5} more" if len(ranked) > 5 else "")
