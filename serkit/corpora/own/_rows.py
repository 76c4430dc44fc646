"""From the rows of a table to utterances: which column says what, and every cell that makes no sense told with its place."""

import difflib
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any, get_args

from serkit.corpora.own._layout import FIELDS, OPTIONS, Layout
from serkit.corpora.own._tables import Row, Table, known
from serkit.errors import CorpusError, UsageError
from serkit.labels import EMOTIONS, SYNONYMS, canonical
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


Cell = Callable[[Row], str]
"""What a row says of one field; empty where it says nothing."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An utterance and the place of its row."""

    place: str
    utterance: Utterance


class Reader:
    """Makes utterances of a table's rows; with a `target`, a scale, they have its value and need no label."""

    def __init__(self, name: str, table: Table, layout: Layout, target: str | None) -> None:
        self.name, self.table, self.layout, self.target = name, table, layout, target
        self.base = layout.root.absolute() if layout.root else table.base
        self.path = self._needed("path")
        self.cells = {each: cell for each in FIELDS if each != "path" and (cell := self._cell(each))}
        if not target:
            self._needed("label")
        self.scales = {name.removeprefix(VALUES): name for name in table.columns if name.startswith(VALUES)}
        self.raters = {name.removeprefix(VOTES): name for name in table.columns if name.startswith(VOTES)}
        if target and target not in self.scales:
            self.scales[target] = self._named(target, "--target")

    def utterances(self) -> list[Listed]:
        """Every utterance. Raises CorpusError, with file, row and remedy, for a row that makes none."""
        labels = self._labels()
        listed, places = [], dict[str, str]()
        for row, label in zip(self.table.rows, labels, strict=True):
            utterance = self._utterance(row, label)
            before = places.setdefault(utterance.id, row.place)
            if before is not row.place:
                own = "id" in self.cells
                raise self.wrong(
                    row,
                    f"'{utterance.id}' stands in {before} already; "
                    + ("make the ids different, or leave them aside: --column id=" if own else "remove one of the two rows"),
                )
            listed.append(Listed(row.place, utterance))
        return listed

    def wrong(self, row: Row, what: str) -> CorpusError:
        """The error for a row of which `what` is wrong."""
        return CorpusError(f"{self.table.source}, {row.place}: {what}")

    def _utterance(self, row: Row, label: str) -> Utterance:
        text, start, end = self.path(row), self._seconds(row, "start") or 0.0, self._seconds(row, "end")
        word = self._text(row, "label")
        if end is not None and start >= end:
            raise self.wrong(row, f"it starts at {start:g} s and ends at {end:g} s; correct start or end")
        texts = {each: self._text(row, each) or None for each in TEXTS}
        return Utterance(
            id=self._text(row, "id") or self._id(text, start, end),
            corpus=self.name,
            path=self._path(row, text),
            speaker=self._filled(row, "speaker", "fill it in"),
            label=label,
            gender=GENDERS.get(self._text(row, "gender").lower()),
            language=self._text(row, "language") or UNKNOWN,
            start=start,
            end=end,
            split=self._split(row),
            values=self._numbers(row, self.scales),
            votes=self._numbers(row, self.raters),
            session=texts["session"],
            sentence=texts["sentence"],
            intensity=texts["intensity"],
            repetition=texts["repetition"],
            native=texts["native"] or (word if word != label else None) or None,
            text=texts["text"],
            copy_of=texts["copy_of"],
        )

    def _labels(self) -> list[str]:
        """The label of each row, empty where it is left out. Raises CorpusError that names all words that mean nothing."""
        if "label" not in self.cells:
            return [""] * len(self.table.rows)
        words = [self.cells["label"](row) for row in self.table.rows]
        meant: dict[str, str] = {}
        unknown: dict[str, str] = {}  # word -> why
        for word in dict.fromkeys(words):
            try:
                meant[word] = self._label(word)
            except UsageError as error:
                unknown[word] = str(error)
        if unknown and not self.target:
            raise self._unknown(words, unknown)
        return [meant.get(word, "") for word in words]

    def _label(self, word: str) -> str:
        """The label that a word means."""
        if word in self.layout.map:
            word = self.layout.map[word]
            return word if self.layout.own_labels or not word else canonical(word)
        if not word:
            raise UsageError("no label")
        return word if self.layout.own_labels else canonical(word)

    def _unknown(self, words: list[str], unknown: Mapping[str, str]) -> CorpusError:
        """The error for words of which none is a label."""
        first, why = next(iter(unknown.items()))
        row, count = self.table.rows[words.index(first)], Counter(words)[first]
        near = difflib.get_close_matches(first.lower(), [*EMOTIONS, *SYNONYMS], n=1)
        said = why if why.endswith("?") else f"{why};"
        remedies = f"read it with --map '{first}={near[0] if near else 'EMOTION'}', leave it out with --map '{first}='"
        as_they_are = ", or take the words as they are: --own-labels" if first else ""
        rows = f" ({count} rows)" if count > 1 else ""
        others = [f"'{word}'" for word in unknown if word != first]
        more = f"; unknown too: {known(others)}" if others else ""
        return self.wrong(row, f"{said} {remedies}{as_they_are}{rows}{more}")

    def _path(self, row: Row, text: str) -> Path:
        """The file: absolute where the table says so on purpose, else below the base. Whether it is there is not asked."""
        if not text or "\0" in text:
            raise self.wrong(row, "no path of a recording; fill it in")
        path = Path(os.path.normpath(self.base / text))
        if not PurePosixPath(text).is_absolute() and not path.is_relative_to(os.path.normpath(self.base)):
            raise self.wrong(row, f"{text} leads out of {self.base}; say with --root where paths start, or write absolute ones")
        return path

    def _id(self, text: str, start: float, end: float | None) -> str:
        """The path, with the times of a part. A noisy copy's id holds a ~, so that no other may."""
        part = "" if (start, end) == (0.0, None) else f"#{start:g}-{'' if end is None else f'{end:g}'}"
        return f"{text}{part}".replace("~", "%7E")

    def _split(self, row: Row) -> Split | None:
        if "split" not in self.cells:
            return None
        word = self._filled(row, "split", "fill it in, or leave the column aside: --column split=")
        if word.lower() not in SPLITS:
            raise self.wrong(
                row, f"no split '{word}'; write train, validation or test, or leave the column aside: --column split="
            )
        return SPLITS[word.lower()]

    def _seconds(self, row: Row, name: str) -> float | None:
        if not (word := self._text(row, name)):
            return None
        seconds = _number(word)
        if seconds is None or seconds < 0:
            raise self.wrong(
                row, f"{name} '{word}' is no number of seconds such as 1.5; correct it, or leave it aside: --column {name}="
            )
        return seconds

    def _numbers(self, row: Row, columns: Mapping[str, str]) -> dict[str, float]:
        """The numbers in some columns; an empty cell has none, but in that of the target."""
        found = {}
        for name, column in columns.items():
            word = _text(row.cells.get(column))
            number = _number(word)
            if number is None and (word or name == self.target):
                what = f"'{word}' is no number such as 0.5" if word else "no value"
                raise self.wrong(row, f"{column}: {what}; correct it, or remove the row")
            if number is not None:
                found[name] = number
        return found

    def _text(self, row: Row, name: str) -> str:
        return self.cells[name](row) if name in self.cells else ""

    def _filled(self, row: Row, name: str, remedy: str) -> str:
        """What a row says of a field that, if one row has it, all have."""
        word = self._text(row, name)
        if name in self.cells and not word:
            raise self.wrong(row, f"no {name}; {remedy}")
        return word

    def _needed(self, name: str) -> Cell:
        cell = self._cell(name)
        if cell is None:
            raise CorpusError(
                f"{self.table.source}: no column for the {name} (looked for {', '.join(FIELDS[name])}); it has "
                f"{known(self.table.columns)}: name one with --{name}"
            )
        return cell

    def _cell(self, name: str) -> Cell | None:
        """Where a field stands: in the column or pattern that was given for it, else in one that is called so."""
        given = self.layout.columns.get(name)
        if given == "":
            return None
        if given is None:
            by_name = {column.lower(): column for column in reversed(self.table.columns)}
            guessed = (_column(by_name[guess]) for guess in FIELDS[name] if guess in by_name)
            # An empty column says nothing, as in an export of a corpus without speakers.
            return next((cell for cell in guessed if name in ("path", "label") or any(map(cell, self.table.rows))), None)
        if given not in self.table.columns and "(" in given and name != "path":
            return self._pattern(name, given)
        return _column(self._named(given, f"--{name}" if name in OPTIONS else f"--column {name}"))

    def _named(self, given: str, option: str) -> str:
        """The column of that name."""
        if given in self.table.columns:
            return given
        near = difflib.get_close_matches(given, self.table.columns, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise CorpusError(f"{self.table.source}: {option} {given}: no such column; {hint}It has {known(self.table.columns)}")

    def _pattern(self, name: str, given: str) -> Cell:
        """What a pattern finds in the names of files, or in their paths where it holds a slash."""
        try:
            pattern = re.compile(given)
        except re.error as error:
            raise UsageError(f"{name} '{given}': no regular expression ({error})") from None
        if pattern.groups != 1:
            raise UsageError(f"{name} '{given}': has {pattern.groups} groups; put the {name}, and nothing else, into one")

        def cell(row: Row) -> str:
            path = PurePosixPath(self.path(row))
            found = pattern.search(path.with_suffix("").as_posix() if "/" in given else path.stem)
            if found is None or not found[1]:
                raise self.wrong(row, f"the pattern '{given}' finds no {name} in {path}; correct the pattern or the name")
            return found[1]

        return cell


def _column(name: str) -> Cell:
    return lambda row: _text(row.cells.get(name))


def _text(value: Any) -> str:
    """A cell as text: empty where a table holds nothing or NaN, seconds of a time span."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    return str(value).strip()


def _number(word: str) -> float | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
