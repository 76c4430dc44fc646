"""What a corpus is: facts that its authors published, and a reader that checks a copy against them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from serkit import audio
from serkit.errors import CorpusError
from serkit.types import Gender, Utterance

Kind = Literal["missing", "unexpected", "name", "extension", "unreadable", "silent", "duplicate", "rate", "count", "table"]
"""What can be wrong with a file of a corpus, (count) with the number of an emotion's files, or with a table beside them."""

_NAMED = 10  # files that one line of an error names


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a folder holds of a corpus, told by its file names.

    `utterances` are sorted by id. `missing` are ids without a file, `unexpected` audio files that are no utterance of the
    corpus, and `twice` the files that share one id; the first of them is among the utterances.
    """

    utterances: tuple[Utterance, ...]
    missing: tuple[str, ...]
    unexpected: tuple[Path, ...]
    twice: Mapping[str, tuple[Path, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """A corpus as its authors describe it.

    `language` is an ISO 639-1 code, `rate` the sample rate (Hz) of its files, `counts` the utterances of each emotion of
    `serkit.labels`, `sentences` the spoken text by its code, `ids` the stems of all files, sorted. `parse` makes an utterance
    of a path, by its stem and, where that says too little, its folder, or None if they follow another scheme; `aside` is a
    pattern of paths below the root, with / and without ending, that are released with the corpus and knowingly no utterances.
    `annotate` adds to utterances what tables beside the files say: given the root, the utterances and whether the copy may be
    partial, so that a table may be missing, it raises CorpusError for a missing or damaged one. `defects` maps (id, kind) to a
    fault of the released files that a check should expect. `tested` is False for a reader that was never run on the real
    corpus.
    """

    name: str
    title: str
    licence: str
    redistributable: bool
    citation: str
    homepage: str
    language: str
    rate: int
    speakers: Mapping[str, Gender]
    counts: Mapping[str, int]
    sentences: Mapping[str, str]
    ids: tuple[str, ...]
    parse: Callable[[Path], Utterance | None]
    defects: Mapping[tuple[str, Kind], str]
    tested: bool
    aside: str = ""
    annotate: Callable[[Path, Sequence[Utterance], bool], Sequence[Utterance]] | None = None

    def read(self, root: Path, *, partial: bool = False) -> list[Utterance]:
        """Every utterance below `root`, sorted by id. Nothing is decoded: `check` does that.

        Folders between `root` and the files are free, as long as the files keep their names; endings may be those of any
        format of `audio.find`. `partial` reads an incomplete copy, or one with foreign files or without its tables, as far as
        it goes: `inventory` tells what differs.

        Raises CorpusError, in one line with the difference, for a copy that is not complete (unless `partial`), and always
        for one that holds an utterance twice, none at all, or a damaged table.
        """
        found = self.inventory(root)
        if found.twice:
            name, paths = next(iter(found.twice.items()))
            others = f" (and {len(found.twice) - 1} others)" if len(found.twice) > 1 else ""
            raise CorpusError(
                f"{root} holds {self.name} {name} twice{others}: {paths[0]} and {paths[1]}; remove one of the copies"
            )
        if not found.utterances:
            raise CorpusError(f"{root} holds no recording of {self.name}; expected {len(self.ids)} such as {self.ids[0]}.wav")
        if not partial and (difference := self._difference(found)):
            raise CorpusError(
                f"{root} is no complete copy of {self.name}: {difference}; put that right, or ask for a partial copy; "
                f"'serkit corpora check {self.name} {root} --json' names every file"
            )
        return list(self.annotate(root, found.utterances, partial) if self.annotate else found.utterances)

    def inventory(self, root: Path) -> Inventory:
        """What `root` holds, and how it differs from the whole. Raises CorpusError if it is not a folder."""
        if not root.is_dir():
            raise CorpusError(f"{root} is not a folder; give the one that holds {self.title}")
        expected = frozenset(self.ids)
        files: dict[str, list[Utterance]] = {}
        unexpected = []
        for path in audio.find(root):
            if self.aside and re.fullmatch(self.aside, path.relative_to(root).with_suffix("").as_posix()):
                continue
            utterance = self.parse(path)
            if utterance is None or utterance.id not in expected:
                unexpected.append(path)
            else:
                files.setdefault(utterance.id, []).append(utterance)
        return Inventory(
            utterances=tuple(files[name][0] for name in sorted(files)),
            missing=tuple(name for name in self.ids if name not in files),
            unexpected=tuple(unexpected),
            twice={name: tuple(each.path for each in files[name]) for name in sorted(files) if len(files[name]) > 1},
        )

    def _difference(self, found: Inventory) -> str:
        """In words, empty if there is none."""
        parts = []
        if found.missing:
            parts.append(f"{len(found.missing)} of {len(self.ids)} utterances are missing ({_some(found.missing)})")
        if found.unexpected:
            names = [path.name for path in found.unexpected]
            parts.append(f"{len(names)} audio files are not part of it ({_some(names)})")
        return " and ".join(parts)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
