"""People's own recordings as a corpus: a table, a database in audformat, or a folder for each emotion."""

import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from serkit.corpora._corpus import Corpus, Inventory
from serkit.corpora.own import hints
from serkit.corpora.own._audformat import HEADER, read_database
from serkit.corpora.own._doubles import check_doubles
from serkit.corpora.own._files import Bad, check_times, hear_rows, is_there
from serkit.corpora.own._layout import FIELDS, Layout
from serkit.corpora.own._rows import TEXTS, UNKNOWN, VALUES, VOTES, Listed, Reader
from serkit.corpora.own._tables import LABEL, READERS, SHEETS, Table, read_folder, read_table, readable
from serkit.corpora.own._voices import tell_voices
from serkit.corpora.own.hints import in_python
from serkit.errors import CorpusError, Notice, UsageError
from serkit.labels import canonical
from serkit.types import Utterance

__all__ = [
    "FIELDS",
    "TEXTS",
    "UNKNOWN",
    "VALUES",
    "VOTES",
    "Layout",
    "OwnCorpus",
    "corpus",
    "hints",
    "in_python",
    "is_table",
    "tell_voices",
]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OwnCorpus(Corpus):
    """People's own recordings; its root is the table, or the folder, that says what they are.

    `target` is the scale whose values are wanted, None for emotions. Its counts, speakers and `emotions` (the label that each
    of its own words means) are those of its table, and are empty until `at` has read it.
    """

    layout: Layout
    target: str | None = None
    emotions: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The number of its utterances."""
        return sum(self.counts.values())

    @property
    def example(self) -> str:
        """What its table looks like."""
        return "a table with the columns path, label and speaker"

    def at(self, root: Path) -> "OwnCorpus":
        """The same with what its table says of the whole. Raises CorpusError where that cannot be read."""
        utterances = [each.utterance for each in self._listed(root)]
        return replace(
            self,
            counts=Counter(each.native or each.label for each in utterances),
            speakers={each.speaker: each.gender for each in utterances if each.speaker},
            emotions={each.native or each.label: each.label for each in utterances},
        )

    def emotion(self, native: str) -> str:
        """The label that one of its words means; empty where it is left out."""
        return self.emotions[native]

    def words(self, root: Path) -> dict[str, str]:
        """For each label a word of the table that means it. Raises CorpusError where that cannot be read."""
        return Reader(self.name, self._table(root), self.layout, self.target).words()

    def inventory(self, root: Path) -> Inventory:
        """What the table lists, and which of its files are not there; other files are none of its business."""
        utterances = sorted((each.utterance for each in self._listed(root)), key=lambda each: each.id)
        there = {each.path for each in utterances if is_there(each.path)}
        return Inventory(
            utterances=tuple(each for each in utterances if each.path in there),
            missing=tuple(each.id for each in utterances if each.path not in there),
            unexpected=(),
            twice={},
        )

    def read(self, root: Path, *, partial: bool = False, labels: str | None = None, keep_bad: bool = False) -> list[Utterance]:
        """Every utterance of the table, sorted by id; see `Corpus.read`.

        What its layout leaves out is counted in a Notice, and so are recordings that have the samples of another one, and
        labels that go with speakers. Headers are read, and the beginning of every utterance; `partial` takes what is there and
        leaves that out, `keep_bad` takes recordings that cannot be read or are silent too, for callers who tell of them.

        Raises CorpusError that names all kinds of faults with their rows and remedies: of cells that make no sense; of
        recordings that are not there, cannot be read or are silent, unless the layout leaves them out; of times behind a
        file's end; and of one recording with two labels.
        """
        chosen = self.label_map(labels)
        reader = Reader(self.name, self._table(root), self.layout, self.target)
        listed = reader.utterances()
        every = self.target or reader.faults.has_kind("label")
        usable = self._usable(reader, [each for each in listed if every or each.utterance.label], partial, keep_bad)
        if not usable:
            raise CorpusError(f"{root}: none of its {len(listed)} recordings can be used and has a label; correct paths or map")
        self._tell_left_out(root, listed)
        found = self._mapped(sorted((each.utterance for each in usable), key=_id), labels or self.default_map, chosen)
        if not partial and not self.target:
            tell_voices(root, found)
        return found

    def _usable(self, reader: Reader, listed: list[Listed], partial: bool, keep_bad: bool) -> list[Listed]:
        """The rows whose recordings can be used. Raises CorpusError for faults of the table and of its files; see `read`."""
        bad = Bad(missing=[each for each in listed if not is_there(each.utterance.path)])
        gone = {each.place for each in bad.missing}
        there = [each for each in listed if each.place not in gone]
        if partial:
            reader.faults.check()
            return there
        heard = hear_rows(there)
        check_times(there, heard, reader.faults)
        check_doubles(there, heard, reader.faults, self.target)
        if not keep_bad:
            bad.add(there, heard)
        if not self.layout.skip_bad:
            bad.note(reader.faults, "partial" if keep_bad else "skip_bad")
        reader.faults.check()
        if bad:
            told = f"leaves out what cannot be used of its {len(listed)} recordings: {bad.told()}"
            warnings.warn(f"{reader.table.source}: {told}", Notice, stacklevel=4)
        unusable = bad.places()
        return [each for each in there if each.place not in unusable]

    def _tell_left_out(self, root: Path, listed: list[Listed]) -> None:
        """Count what has no label, where one is needed."""
        without = [each.utterance.native or "without a label" for each in listed if not each.utterance.label]
        if without and not self.target:
            told = ", ".join(f"{count} {word}" for word, count in sorted(Counter(without).items()))
            stay = f"{len(listed) - len(without)} of {len(listed)} recordings stay"
            warnings.warn(f"{root}: leaves out {told}; {stay}", Notice, stacklevel=4)

    def _listed(self, root: Path) -> list[Listed]:
        reader = Reader(self.name, self._table(root), self.layout, self.target)
        listed = reader.utterances()
        reader.faults.check()
        return listed

    def _table(self, root: Path) -> Table:
        if not root.is_dir():
            return read_table(root)
        if (root / HEADER).is_file():
            return self._database(root)
        found = read_folder(root)
        if "label" not in self.layout.columns and not self.target and not self.layout.own_labels:
            self._check_folders(found)
        return found

    def _database(self, root: Path) -> Table:
        """The segments of a database that have a label, or a value of the target."""
        given = self.layout.columns
        names = {each: (given[each],) if each in given else guesses for each, guesses in FIELDS.items() if each != "path"}
        main = "label"
        if self.target:
            names[main := self.target] = (self.target, f"{VALUES}{self.target}")
        return read_database(root, names, main, (VALUES, VOTES))

    def _check_folders(self, found: Table) -> None:
        """Raises CorpusError where no folder is named for an emotion: then it is another kind of folder."""
        folders = sorted({readable(str(row.cells[LABEL])) for row in found.rows})
        if not any(self.layout.meaning(folder) is not None or _is_emotion(folder) for folder in folders):
            shown = ", ".join(each for each in folders[:5] if each) or "none"
            raise CorpusError(
                f"{found.source}: none of its folders ({shown}) is named for an emotion; give a table, a pattern of file names "
                f"such as '_([a-z]+)$' ({hints.column('label')}), or take the names as they are "
                f"({hints.option('own_labels')}); a corpus that serkit knows is written NAME={found.source}"
            )


def _id(utterance: Utterance) -> str:
    return utterance.id


def _is_emotion(word: str) -> bool:
    try:
        canonical(word)
    except UsageError:
        return False
    return True


def corpus(name: str, layout: Layout, target: str | None = None) -> OwnCorpus:
    """People's own recordings under a name of theirs."""
    name = readable(name)
    return OwnCorpus(
        name=name,
        title=name,
        licence="its owner's",
        redistributable=False,
        citation="",
        homepage="",
        language=UNKNOWN,
        rate=None,
        speakers={},
        counts={},
        tested=True,
        layout=layout,
        target=target,
    )


def is_table(path: Path) -> bool:
    """Whether a path looks like a table, by its ending alone."""
    return path.suffix.lower() in (*READERS, *SHEETS)
