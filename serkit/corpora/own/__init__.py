"""People's own recordings as a corpus: a table, a database in audformat, or a folder for each emotion."""

import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from serkit.corpora._corpus import Corpus, Inventory
from serkit.corpora.own._audformat import HEADER, read_database
from serkit.corpora.own._layout import FIELDS, Layout
from serkit.corpora.own._rows import TEXTS, UNKNOWN, VALUES, VOTES, Listed, Reader
from serkit.corpora.own._tables import LABEL, READERS, SHEETS, Table, read_folder, read_table
from serkit.errors import CorpusError, Notice, UsageError
from serkit.labels import canonical
from serkit.types import Utterance

__all__ = ["FIELDS", "TEXTS", "UNKNOWN", "VALUES", "VOTES", "Layout", "OwnCorpus", "corpus", "is_table"]


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

    def inventory(self, root: Path) -> Inventory:
        """What the table lists, and which of its files are not there; other files are none of its business."""
        utterances = sorted((each.utterance for each in self._listed(root)), key=lambda each: each.id)
        there = {each.path for each in utterances if each.path.is_file()}
        return Inventory(
            utterances=tuple(each for each in utterances if each.path in there),
            missing=tuple(each.id for each in utterances if each.path not in there),
            unexpected=(),
            twice={},
        )

    def read(self, root: Path, *, partial: bool = False, labels: str | None = None) -> list[Utterance]:
        """Every utterance of the table, sorted by id; see `Corpus.read`.

        What its layout leaves out is counted in a Notice. Raises CorpusError, naming file, row and remedy, for a table that
        makes no sense, and, unless `partial`, for recordings that are not there.
        """
        chosen = self.label_map(labels)
        listed = self._listed(root)
        missing = [each for each in listed if not each.utterance.path.is_file()]
        if missing and not partial:
            raise CorpusError(
                f"{root}, {missing[0].place}: no such file: {missing[0].utterance.path} ({len(missing)} of {len(listed)} "
                "recordings are not there); correct their paths, or say with --root where these start"
            )
        gone = {each.utterance.id for each in missing}
        found = sorted((each.utterance for each in listed if each.utterance.id not in gone), key=lambda each: each.id)
        return self._mapped(self._labeled(root, found), labels or self.default_map, chosen)

    def _labeled(self, root: Path, found: list[Utterance]) -> list[Utterance]:
        """The utterances that have a label, where one is needed."""
        if self.target:
            return found
        kept = [each for each in found if each.label]
        if not kept:
            raise CorpusError(f"{root}: none of its {len(found)} recordings is there and has a label; correct paths or --map")
        if len(kept) < len(found):
            left_out = Counter(each.native or "without a label" for each in found if not each.label)
            told = ", ".join(f"{count} {word}" for word, count in sorted(left_out.items()))
            warnings.warn(f"{root}: leaves out {told}; {len(kept)} of {len(found)} recordings stay", Notice, stacklevel=3)
        return kept

    def _listed(self, root: Path) -> list[Listed]:
        return Reader(self.name, self._table(root), self.layout, self.target).utterances()

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
        folders = sorted({str(row.cells[LABEL]) for row in found.rows})
        if not any(folder in self.layout.map or _is_emotion(folder) for folder in folders):
            shown = ", ".join(each for each in folders[:5] if each) or "none"
            raise CorpusError(
                f"{found.source}: none of its folders ({shown}) is named for an emotion; give a table, a pattern of file names "
                f"such as --label '_([a-z]+)$', or --own-labels; a corpus that serkit knows is written NAME={found.source}"
            )


def _is_emotion(word: str) -> bool:
    try:
        canonical(word)
    except UsageError:
        return False
    return True


def corpus(name: str, layout: Layout, target: str | None = None) -> OwnCorpus:
    """People's own recordings under a name of theirs."""
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
