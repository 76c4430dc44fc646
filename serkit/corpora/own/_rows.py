"""From the rows of a table to utterances: every cell that makes no sense is noted with its place."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import get_args

from serkit.corpora.own import hints
from serkit.corpora.own._cells import PATTERN, Cells, text_of
from serkit.corpora.own._layout import Layout
from serkit.corpora.own._numbers import Numbers
from serkit.corpora.own._tables import Row, Table, known, readable
from serkit.errors import UsageError
from serkit.labels import NO_EMOTION, canonical, nearest
from serkit.types import Gender, Split, Utterance

TEXTS = ("session", "text", "sentence", "intensity", "repetition", "native", "copy_of")
"""Fields that are taken over as they are."""

VALUES, VOTES = "values.", "votes."
"""What the names of columns with a value on a scale, or a share of raters, may begin with."""

UNKNOWN = "und"
"""The language that is not known, as in BCP 47."""

SPLITS: dict[str, Split] = {
    **{split: split for split in get_args(Split)},
    "training": "train",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "devel": "validation",
    "development": "validation",
    "testing": "test",
}

GENDERS: dict[str, Gender] = {"female": "female", "f": "female", "woman": "female", "male": "male", "m": "male", "man": "male"}
"""Any other word counts as not known."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An utterance and the place of its row."""

    place: str
    utterance: Utterance


class Reader:
    """Makes utterances of a table's rows; with a `target`, a scale, they have its value and need no label.

    Raises CorpusError that names all columns that are missing.
    """

    def __init__(self, name: str, table: Table, layout: Layout, target: str | None) -> None:
        self.name, self.table, self.layout, self.target, self.faults = name, table, layout, target, table.faults
        self.base = layout.root.absolute() if layout.root else table.base
        self.cells = Cells(table, layout, ("path",) if target else ("path", "label"))
        scales = {name.removeprefix(VALUES): name for name in table.columns if name.startswith(VALUES)}
        raters = {name.removeprefix(VOTES): name for name in table.columns if name.startswith(VOTES)}
        if target and target not in scales and (column := self.cells.column(target, hints.named("target", target))):
            scales[target] = column
        self.faults.check()
        self.scales = {name: (column, self._numbers_of(column)) for name, column in scales.items()}
        self.raters = {name: (column, self._numbers_of(column)) for name, column in raters.items()}
        self.times = {
            name: Numbers((self.cells.text(row, name) for row in table.rows), table.commas)
            for name in ("start", "end")
            if name in self.cells
        }

    def utterances(self) -> list[Listed]:
        """Every utterance of the rows that make one; `faults` then holds what is wrong with the others."""
        listed, places = [], dict[str, str]()
        own = "id" in self.cells
        remedy = f"make the ids different, or leave them aside: {hints.aside('id')}" if own else "remove one of the two rows"
        for row, label in zip(self.table.rows, self._labels(), strict=True):
            utterance = self._utterance(row, label)
            if utterance is None:
                continue
            before = places.setdefault(utterance.id, row.place)
            if before is not row.place:
                self.faults.add("twice", row.place, f"'{utterance.id}' stands in {before} already", remedy)
            else:
                listed.append(Listed(row.place, utterance))
        return listed

    def words(self) -> dict[str, str]:
        """For each label a word of the table that means it."""
        found: dict[str, str] = {}
        for row, label in zip(self.table.rows, self._labels(), strict=True):
            found.setdefault(label, self.cells.text(row, "label"))
        return found

    def _utterance(self, row: Row, label: str) -> Utterance | None:
        """The utterance of a row; None where it has neither path nor times that make sense."""
        text, word = self.cells.text(row, "path"), self.cells.text(row, "label")
        path, times = self._path(row, text), self._times(row)
        texts = {each: self.cells.text(row, each) or None for each in TEXTS}
        split, speaker = self._split(row), self._filled(row, "speaker", "fill it in")
        values, votes = self._numbers(row, self.scales), self._numbers(row, self.raters)
        if path is None or times is None:
            return None
        start, end = times
        return Utterance(
            id=self.cells.text(row, "id") or self._id(text, start, end),
            corpus=self.name,
            path=path,
            speaker=speaker,
            label=label,
            gender=GENDERS.get(self.cells.text(row, "gender").lower()),
            language=self.cells.text(row, "language") or UNKNOWN,
            start=start,
            end=end,
            split=split,
            values=values,
            votes=votes,
            session=texts["session"],
            sentence=texts["sentence"],
            intensity=texts["intensity"],
            repetition=texts["repetition"],
            native=texts["native"] or (word if word != label else None) or None,
            text=texts["text"],
            copy_of=texts["copy_of"],
        )

    def _labels(self) -> list[str]:
        """The label of each row, empty where it is left out. All words that mean nothing are one fault."""
        if "label" not in self.cells:
            return [""] * len(self.table.rows)
        words = [self.cells.text(row, "label") for row in self.table.rows]
        found = [not self.faults.has(f"{PATTERN} label", row.place) for row in self.table.rows]
        meant: dict[str, str] = {}
        unknown: dict[str, str] = {}  # word -> why
        for word in dict.fromkeys(word for word, there in zip(words, found, strict=True) if there):
            try:
                meant[word] = self._label(word)
            except UsageError as error:
                unknown[word] = str(error)
        if unknown and not self.target:
            place = next(
                row.place for row, word, there in zip(self.table.rows, words, found, strict=True) if there and word in unknown
            )
            self.faults.add("label", place, self._unknown(words, unknown))
        return [meant.get(word, "") for word in words]

    def _label(self, word: str) -> str:
        """The label that a word means."""
        meant = self.layout.meaning(word)
        if meant is not None:
            return meant if self.layout.own_labels or not meant else canonical(meant)
        if not word:
            raise UsageError("no label")
        return word if self.layout.own_labels else canonical(word)

    def _unknown(self, words: list[str], unknown: Mapping[str, str]) -> str:
        """What is wrong with words of which none is a label."""
        first, why = next(iter(unknown.items()))
        counts = Counter(words)
        said = why if why.endswith("?") else f"{why};"
        leave = f"leave it out with {hints.mapped(first, '')}"
        remedies = leave
        if first.lower() not in NO_EMOTION:
            remedies = f"read it with {hints.mapped(first, nearest(first) or 'EMOTION')}, {leave}"
        as_they_are = f", or take the words as they are: {hints.option('own_labels')}" if first else ""
        rows = f" ({counts[first]} rows)" if counts[first] > 1 else ""
        others = [f"'{word}'" + (f" ({counts[word]} rows)" if counts[word] > 1 else "") for word in unknown if word != first]
        more = f"; unknown too: {known(others)}" if others else ""
        return f"{said} {remedies}{as_they_are}{rows}{more}"

    def _path(self, row: Row, text: str) -> Path | None:
        """The file: absolute where the table says so on purpose, else below the base. Whether it is there is not asked."""
        if not text or "\0" in text:
            self.faults.add("path", row.place, "no path of a recording", "fill it in")
            return None
        path = Path(os.path.normpath(self.base / text))
        if not PurePosixPath(text).is_absolute() and not path.is_relative_to(os.path.normpath(self.base)):
            remedy = f"say with {hints.option('root')} where paths start, or write absolute ones"
            self.faults.add("out", row.place, f"{text} leads out of {self.base}", remedy)
            return None
        return path

    def _id(self, text: str, start: float, end: float | None) -> str:
        """The path, with the times of a part. A noisy copy's id holds a ~, so that no other may."""
        part = "" if (start, end) == (0.0, None) else f"#{start:g}-{'' if end is None else f'{end:g}'}"
        return f"{readable(text)}{part}".replace("~", "%7E")

    def _split(self, row: Row) -> Split | None:
        word = self._filled(row, "split", f"fill it in, or leave the column aside: {hints.aside('split')}")
        if not word:
            return None
        if word.lower() not in SPLITS:
            remedy = f"write train, validation or test, or leave the column aside: {hints.aside('split')}"
            self.faults.add("split", row.place, f"no split '{word}'", remedy)
        return SPLITS.get(word.lower())

    def _times(self, row: Row) -> tuple[float, float | None] | None:
        """Start and end in seconds; None where a cell says something else."""
        found: dict[str, float | None] = {}
        for name, numbers in self.times.items():
            word = self.cells.text(row, name)
            seconds = numbers.read(word)
            if word and (seconds is None or seconds < 0):
                what = f"{name} '{word}' is no number of seconds such as 1.5{numbers.why}"
                self.faults.add(name, row.place, what, f"correct it, or leave it aside: {hints.aside(name)}")
                return None
            found[name] = seconds
        start, end = found.get("start") or 0.0, found.get("end")
        if end is not None and start >= end:
            self.faults.add("times", row.place, f"it starts at {start:g} s and ends at {end:g} s", "correct start or end")
            return None
        return start, end

    def _numbers_of(self, column: str) -> Numbers:
        return Numbers((text_of(row.cells.get(column)) for row in self.table.rows), self.table.commas)

    def _numbers(self, row: Row, columns: Mapping[str, tuple[str, Numbers]]) -> dict[str, float]:
        """The numbers in some columns; an empty cell has none, but in that of the target."""
        found = {}
        for name, (column, numbers) in columns.items():
            word = text_of(row.cells.get(column))
            number = numbers.read(word)
            if number is None and (word or name == self.target):
                what = f"'{word}' is no number such as 0.5{numbers.why}" if word else "no value"
                self.faults.add(f"number {column}", row.place, f"{column}: {what}", "correct it, or remove the row")
            if number is not None:
                found[name] = number
        return found

    def _filled(self, row: Row, name: str, remedy: str) -> str:
        """What a row says of a field that, if one row has it, all have."""
        word = self.cells.text(row, name)
        if name in self.cells and not word and not self.faults.has(f"{PATTERN} {name}", row.place):
            self.faults.add(f"no {name}", row.place, f"no {name}", remedy)
        return word
