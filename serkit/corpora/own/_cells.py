"""What a row says of each field: which column or pattern holds it, and a cell as text."""

import difflib
import math
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from serkit.corpora.own import hints
from serkit.corpora.own._layout import FIELDS, Layout
from serkit.corpora.own._tables import Row, Table, known, readable
from serkit.errors import UsageError

Cell = Callable[[Row], str]
"""What a row says of one field; empty where it says nothing."""

PATTERN = "pattern"
"""The kind of fault, before the field's name, of rows in whose file names a pattern finds nothing."""


class Cells:
    """The fields of a table's rows. Raises CorpusError that names every column that is missing."""

    def __init__(self, table: Table, layout: Layout, needed: tuple[str, ...]) -> None:
        self.table, self.layout, self.faults = table, layout, table.faults
        found = {name: self._cell(name) for name in FIELDS}
        for name in needed:
            if found[name] is None and name not in layout.columns:
                looked = f"looked for {', '.join(FIELDS[name])}"
                has = f"it has {known(table.columns)}: name one with {hints.column(name)}"
                self.faults.add(f"column {name}", "", f"no column for the {name} ({looked}); {has}")
        self._cells = {name: cell for name, cell in found.items() if cell is not None}

    def __contains__(self, name: str) -> bool:
        return name in self._cells

    def text(self, row: Row, name: str) -> str:
        """What a row says of a field; empty where it, or the whole table, says nothing."""
        return self._cells[name](row) if name in self._cells else ""

    def column(self, given: str, said: str) -> str | None:
        """The column of that name, which was `said` to be there; None, and a fault, where it is not."""
        if given in self.table.columns:
            return given
        near = difflib.get_close_matches(given, self.table.columns, n=1)
        hint = f"did you mean '{near[0]}'? It has" if near else "it has"
        self.faults.add(f"column {said}", "", f"{said}: no such column; {hint} {known(self.table.columns)}")
        return None

    def _cell(self, name: str) -> Cell | None:
        """Where a field stands: in the column or pattern that was given for it, else in one that is called so."""
        given = self.layout.columns.get(name)
        if given == "":
            return None
        if given is None:
            by_name = {column.lower(): column for column in reversed(self.table.columns)}
            guessed = (_column(by_name[guess], name) for guess in FIELDS[name] if guess in by_name)
            # An empty column says nothing, as in an export of a corpus without speakers.
            return next((cell for cell in guessed if name in ("path", "label") or any(map(cell, self.table.rows))), None)
        if given not in self.table.columns and "(" in given and name != "path":
            return self._pattern(name, given)
        found = self.column(given, hints.named(name, given))
        return None if found is None else _column(found, name)

    def _pattern(self, name: str, given: str) -> Cell:
        """What a pattern finds in the names of files, or in their paths where it holds a slash. Raises UsageError."""
        try:
            pattern = re.compile(given)
        except re.error as error:
            raise UsageError(f"{name} '{given}': no regular expression ({error})") from None
        if pattern.groups != 1:
            raise UsageError(f"{name} '{given}': has {pattern.groups} groups; put the {name}, and nothing else, into one")

        def cell(row: Row) -> str:
            path = PurePosixPath(self.text(row, "path"))
            found = pattern.search(path.with_suffix("").as_posix() if "/" in given else path.stem)
            if found is None or not found[1]:
                what = f"the pattern '{given}' finds no {name} in {readable(str(path))}"
                self.faults.add(f"{PATTERN} {name}", row.place, what, "correct the pattern or the name")
                return ""
            return readable(found[1])

        return cell


def _column(column: str, name: str) -> Cell:
    if name == "path":
        return lambda row: text_of(row.cells.get(column))
    return lambda row: readable(text_of(row.cells.get(column)))


def text_of(value: Any) -> str:
    """A cell as text: empty where a table holds nothing or NaN, seconds of a time span."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    return str(value).strip()
