"""Tables beside the audio, read row by row, with errors that say where."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from serkit.errors import CorpusError

Row = tuple[str, dict[str, str]]
"""Where a row stands, such as "line 7", and its cells by column."""


def rows(table: Path, columns: Sequence[str], homepage: str, *, headed: bool = True, errors: str = "strict") -> Iterator[Row]:
    """The rows of a table in UTF-8, which is checked to have these columns.

    Without `headed`, the table has no first line of names, and `columns` are all that it has. `errors` says what becomes of
    bytes that are not UTF-8, in the words of `open`.

    Raises CorpusError, naming the table and `homepage`, whence it can be had again.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig", errors=errors) as file:  # spreadsheets put a byte-order mark first
            reader = csv.DictReader(file, None if headed else columns, restval="")
            if lacking := [column for column in columns if column not in (reader.fieldnames or ())]:
                raise damaged(table, f"line 1: no column '{lacking[0]}'", homepage)
            for row in reader:
                yield f"line {reader.line_num}", row
    except FileNotFoundError:
        raise CorpusError(f"{table} is missing; get it from {homepage}, or give the folder in which it lies") from None
    except UnicodeDecodeError:
        raise damaged(table, "not UTF-8", homepage) from None
    except (OSError, csv.Error) as error:
        raise damaged(table, str(error), homepage) from None


def number(table: Path, place: str, text: str, homepage: str, low: float, high: float) -> float:
    """A cell that holds a value from `low` to `high`; raises CorpusError where it does not."""
    try:
        value = float(text)
    except ValueError:
        raise damaged(table, f"{place}: '{text}' is no number", homepage) from None
    if not low <= value <= high:
        raise damaged(table, f"{place}: {value:g} does not lie between {low:g} and {high:g}", homepage)
    return value


def damaged(table: Path, what: str, homepage: str) -> CorpusError:
    """The error for a table of which `what` is wrong."""
    return CorpusError(f"{table} is damaged: {what}; get the file anew from {homepage}")
