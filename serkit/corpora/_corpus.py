"""What a corpus is: facts that its authors published, and a reader that checks a copy against them."""

import warnings
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from serkit.corpora._roots import holder
from serkit.errors import CorpusError, Notice
from serkit.labels import ALL, MAPS, LabelMap, ordered
from serkit.types import Gender, Scale, Source, Utterance

# fmt: off
Kind = Literal[
    "root", "missing", "unexpected", "name", "extension", "unreadable", "silent", "duplicate", "rate", "count", "speaker",
    "table", "unread", "label", "duration",
]
# fmt: on
"""What can be wrong: (root) with the folder, with a file (unread: of a format that is not read), with the number of files of a
label (count) or of a speaker, with a table beside them, with a word for a label, or with how long an utterance is."""

Access = Literal["bundled", "download", "homepage", "request"]
"""Where a copy comes from: serkit's own repository, `serkit corpora download`, the homepage, or its authors if they agree."""

_NAMED = 10  # files that one line of an error names


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP file that anyone may download: its `url`, `size` in bytes, and `md5` in hexadecimal as its publisher gives it."""

    url: str
    size: int
    md5: str

    @property
    def name(self) -> str:
        """What the file is called."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a folder holds of a corpus.

    `utterances` are sorted by id, and their files are there. `missing` are ids without a file, `unexpected` audio files that
    are no utterance of the corpus, and `twice` the files that share one id; the first of them is among the utterances.
    `absent` are utterances without a file in any copy, as the corpus's defects say, or with one that cannot be decoded; they
    are not among the missing. `unread` are recordings in formats that are not read.
    """

    utterances: tuple[Utterance, ...]
    missing: tuple[str, ...]
    unexpected: tuple[Path, ...]
    twice: Mapping[str, tuple[Path, ...]]
    absent: tuple[Utterance, ...] = ()
    unread: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Corpus(ABC):
    """A corpus as its authors describe it.

    `language` is an ISO 639-1 code, `rate` the sample rate (Hz) of its files (None where they differ), `counts` the utterances
    of each of its own labels (none where that differs), `speakers` those who are known by name, `sentences` the spoken text by
    its code, `scales` what raters gave values on. `maps` are ways to read its labels beside those of `serkit.labels`, and
    `default_map` the one that is meant when none is named. `defects` maps (id, kind) to a fault of the released files that a
    check should expect. `tested` is False for a reader that was never run on the real corpus.

    `unnamed` is the number of speakers beside those, None where it was not published. `hours` is the length of all utterances:
    measured where the reader is tested, else as others published it. `access` and `obtain` say in a word and in a sentence how
    to get a copy, `archives` what `download` fetches. `landmarks` are paths below the root of which every copy has one, by
    which a root that lies too high or too low is told; none where the folders are free.
    """

    name: str
    title: str
    licence: str
    redistributable: bool
    citation: str
    homepage: str
    language: str
    rate: int | None
    speakers: Mapping[str, Gender | None]
    counts: Mapping[str, int]
    tested: bool
    sentences: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, Scale] = field(default_factory=dict)
    maps: Mapping[str, LabelMap] = field(default_factory=dict)
    default_map: str = ALL
    defects: Mapping[tuple[str, Kind], str] = field(default_factory=dict)
    unnamed: int | None = 0
    hours: float | None = None
    access: Access = "homepage"
    obtain: str = ""
    archives: tuple[Archive, ...] = ()
    landmarks: tuple[str, ...] = ()

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of its utterances."""

    @property
    @abstractmethod
    def example(self) -> str:
        """What one of its files is called."""

    @property
    def natives(self) -> tuple[str, ...]:
        """Its own labels."""
        return tuple(self.counts)

    @property
    def by_speaker(self) -> Mapping[str, int]:
        """The published number of utterances of each speaker; empty where that is not known."""
        return {}

    @property
    def speaker_count(self) -> int | None:
        """How many speakers there are, None where that is not known."""
        return None if self.unnamed is None else len(self.speakers) + self.unnamed

    @abstractmethod
    def emotion(self, native: str) -> str:
        """The emotion of the vocabulary that one of its own labels means; empty where there is none."""

    def whole(self, count: int) -> bool:
        """Whether a list of so many utterances may be a whole one."""
        return count == self.size

    @abstractmethod
    def inventory(self, root: Path) -> Inventory:
        """What `root` holds, and how it differs from the whole.

        Raises CorpusError if it is not a folder, or if annotations without which there is no telling are missing or damaged.
        """

    def meant(self, root: Path, found: Inventory) -> Path | None:  # noqa: ARG002
        """The folder that was probably meant instead of `root`, in which this was found; None where there is no better one."""
        return None

    def check_root(self, root: Path) -> None:
        """Refuse, with a CorpusError, what is no folder, or has no landmark; one near by that has one is named."""
        if not root.is_dir():
            raise CorpusError(f"{root} is not a folder; give the one that holds {self.title}")
        if self.landmarks and not any((root / each).exists() for each in self.landmarks):
            near = holder(root, self.landmarks)
            hint = f"did you mean {near}?" if near else f"give the folder of {self.title}, from {self.homepage}"
            lacking = f"none of {', '.join(self.landmarks)}" if len(self.landmarks) > 1 else f"no {self.landmarks[0]}"
            raise CorpusError(f"{root} holds {lacking}; {hint}")

    def completed(self, root: Path, utterances: Sequence[Utterance], partial: bool) -> Sequence[Utterance]:  # noqa: ARG002
        """The utterances with what tables beside the files add; raises CorpusError for a missing or damaged table."""
        return utterances

    def read(self, root: Path, *, partial: bool = False, labels: str | None = None) -> list[Utterance]:
        """Every utterance below `root` that the map called `labels` takes, sorted by id.

        Nothing is decoded: `check` does that. Without `labels` the default map is taken; what a map leaves out is counted, by
        label, in a Notice. Folders between `root` and the files are free where the files' names say all; endings may be those
        of any format of `audio.find`. `partial` reads an incomplete copy, or one with foreign files or without its tables, as
        far as it goes: `inventory` tells what differs.

        Raises CorpusError, in one line with the difference, for a copy that is not complete (unless `partial`), and always
        for one that holds an utterance twice, none at all, or a damaged table, and for an unknown map.
        """
        chosen = self.label_map(labels)
        found = self.inventory(root)
        if found.twice:
            name, paths = next(iter(found.twice.items()))
            others = f" (and {len(found.twice) - 1} others)" if len(found.twice) > 1 else ""
            raise CorpusError(
                f"{root} holds {self.name} {name} twice{others}: {paths[0]} and {paths[1]}; remove one of the copies"
                + self._instead(root, found)
            )
        if not found.utterances:
            raise CorpusError(
                f"{root} holds no recording of {self.name}; expected {self.size} such as {self.example}"
                + self._instead(root, found)
            )
        if not partial and (difference := self._difference(found)):
            raise CorpusError(
                f"{root} is no complete copy of {self.name}: {difference}; put that right, or ask for a partial copy; "
                f"'serkit corpora check {self.name} {root} --json' names every file" + self._instead(root, found)
            )
        return self._mapped(list(self.completed(root, found.utterances, partial)), labels or self.default_map, chosen)

    def sources(self, utterances: Sequence[Utterance]) -> tuple[Source, ...]:
        """What these utterances are part of, and under which licence."""
        return (Source(self.name, self.licence, len(utterances)),)

    def label_map(self, name: str | None = None) -> LabelMap | None:
        """The map called `name`, or the default one; None for the one that leaves everything as it is.

        Raises CorpusError for a name that is none.
        """
        name = name or self.default_map
        if name == ALL:
            return None
        maps = {**MAPS, **self.maps}
        if name not in maps:
            raise CorpusError(f"{self.name} has no label map '{name}'; known are {', '.join((ALL, *maps))}")
        return maps[name]

    def classes(self, labels: str | None = None) -> tuple[str, ...]:
        """The emotions that are told apart with the map called `labels`, in the vocabulary's order."""
        chosen = self.label_map(labels)
        own = {self.emotion(native) for native in self.natives} - {""}
        return ordered(own if chosen is None else {chosen.emotions[each] for each in own if each in chosen.emotions})

    def _instead(self, root: Path, found: Inventory) -> str:
        """The end of an error: the folder that was probably meant, if there is one."""
        near = self.meant(root, found)
        return f"; did you mean {near}?" if near else ""

    def _mapped(self, utterances: list[Utterance], name: str, chosen: LabelMap | None) -> list[Utterance]:
        """The utterances that a map takes. Warns of the others, and raises CorpusError where none is left."""
        if chosen is None:
            return utterances
        pairs = [(each, chosen.apply(each)) for each in utterances]
        dropped = Counter(before.native or before.label or "without a label" for before, after in pairs if after is None)
        kept = [after for _, after in pairs if after is not None]
        if not kept:
            raise CorpusError(f"{self.name}: the label map {name} leaves none of its {len(utterances)} utterances")
        if dropped:
            told = ", ".join(f"{count} {label}" for label, count in sorted(dropped.items()))
            warnings.warn(
                f"{self.name}: label map {name} takes {len(kept)} of {len(utterances)} utterances and leaves out {told}",
                Notice,
                stacklevel=3,
            )
        return kept

    def _difference(self, found: Inventory) -> str:
        """In words, empty if there is none."""
        there = len(found.utterances) + len(found.missing) + len(found.absent)
        parts = []
        if found.missing:
            parts.append(f"{len(found.missing)} of {there} utterances are missing ({_some(found.missing)})")
        if found.unexpected:
            names = [path.name for path in found.unexpected]
            parts.append(f"{len(names)} audio files are not part of it ({_some(names)})")
        if found.unread and parts:
            names = [path.name for path in found.unread]
            parts.append(f"{len(names)} recordings are of formats that are not read ({_some(names)})")
        if not self.whole(there):
            parts.append(f"it lists {there} utterances, published are {self.size}")
        return " and ".join(parts)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
