"""Tables as people have them: rows of CSV, TSV or Parquet, or the recordings of a folder for each emotion."""

import csv
import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serkit import audio
from serkit.errors import CorpusError, MissingExtra, Notice

DELIMITERS = ",;\t|"
SHEETS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")
PATH, LABEL = "path", "label"
"""The columns that a folder for each emotion has."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it stands, for messages, and its cells by column."""

    place: str
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of `source`; relative paths in them start at `base`."""

    source: Path
    base: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(path: Path) -> Table:
    """The rows of a CSV, TSV or Parquet file.

    Raises CorpusError, in one line with the place and the remedy, for whatever is none or is damaged, and MissingExtra for
    Parquet where pyarrow is not installed.
    """
    suffix = path.suffix.lower()
    if not path.exists():
        raise CorpusError(f"{path}: no such file or folder; give a table, or a folder with one folder for each emotion")
    if suffix in SHEETS:
        raise CorpusError(f"{path}: a spreadsheet; save it as CSV (UTF-8) and give that")
    if suffix not in READERS:
        raise CorpusError(f"{path}: no table that serkit reads; give one that ends with {', '.join(READERS)}, or a folder")
    columns, rows = READERS[suffix](path)
    if len(set(columns)) < len(columns):
        double = next(name for name in columns if columns.count(name) > 1)
        raise CorpusError(f"{path}: two columns are called '{double}'; rename one of them")
    if not rows:
        raise CorpusError(f"{path}: holds a header and no rows; add a row for each recording")
    return Table(path, path.absolute().parent, tuple(columns), tuple(rows))


def read_folder(folder: Path) -> Table:
    """The recordings below a folder, each labeled with the first folder on its path. Raises CorpusError where there is none.

    Sound and film that cannot be read is left out with a Notice.
    """
    rows = []
    found = audio.find(folder)
    for path in found.recordings:
        below = path.relative_to(folder)
        rows.append(Row(below.as_posix(), {PATH: below.as_posix(), LABEL: below.parts[0] if len(below.parts) > 1 else ""}))
    if found.unread:
        names = ", ".join(path.relative_to(folder).as_posix() for path in found.unread[:5])
        more = f" and {len(found.unread) - 5} more" if len(found.unread) > 5 else ""
        why = f"{len(found.unread)} of its files cannot be read: {names}{more}; the first: {audio.unread(found.unread[0])}"
        if not rows:
            raise CorpusError(f"{folder}: holds no recordings that can be read; {why}")
        warnings.warn(f"{folder}: {why}", Notice, stacklevel=2)
    if not rows:
        raise CorpusError(f"{folder}: holds no recordings; put them into a folder for each emotion, or give a table")
    return Table(folder, folder.absolute(), (PATH, LABEL), tuple(rows))


def _delimited(path: Path) -> tuple[list[str], list[Row]]:
    """Columns and rows of text between delimiters; each row's place is the line on which it begins."""
    text = _text(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    lines = _records(path, reader)
    _, header = next(lines, (1, []))
    columns = [name.strip() for name in header]
    if not any(columns):
        raise CorpusError(f"{path}: empty; write a header and a row for each recording")
    rows = []
    for number, cells in lines:
        if len(cells) != len(columns):
            raise CorpusError(
                f"{path}, line {number}: {len(cells)} cells, but the header has {len(columns)}; "
                "put a cell that holds the delimiter into double quotes"
            )
        # A column without a name is the index that some programs write.
        rows.append(Row(f"line {number}", {name: cell for name, cell in zip(columns, cells, strict=True) if name}))
    return [name for name in columns if name], rows


def _records(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins, without blank lines. Raises CorpusError for one that is damaged."""
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CorpusError(f"{path}, line {number}: damaged ({error}); look for a double quote that is not closed") from None
        if any(cell.strip() for cell in cells):
            yield number, cells


def _text(path: Path) -> str:
    """The file as text, without the byte-order mark that a spreadsheet may have put before it."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CorpusError(
            f"{path}, line {line}: not UTF-8; save it as 'CSV UTF-8', or convert it: iconv -f WINDOWS-1252 -t UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise CorpusError(f"{path}, line {line}: a NUL byte, so that it is damaged or no text; save it as CSV (UTF-8) again")
    return text


def _delimiter(text: str) -> str:
    """The delimiter that makes the most columns of the header, a comma where none makes several."""
    first = next(iter(text.splitlines()), "")
    return max(DELIMITERS, key=lambda each: len(next(csv.reader([first], delimiter=each), [])))


def _parquet(path: Path) -> tuple[list[str], list[Row]]:
    """Columns and rows of a Parquet file, without columns of bytes or of nested values, such as audio itself."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtra("tables", "pyarrow") from None
    data = path.read_bytes()
    try:
        fields = pq.read_schema(pa.BufferReader(data))
        plain = [each.name for each in fields if not (pa.types.is_nested(each.type) or "binary" in str(each.type))]
        found = pq.read_table(pa.BufferReader(data), columns=plain).to_pylist()
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise CorpusError(f"{path}: not Parquet, or damaged ({reason}); write the file anew, or give a CSV") from None
    return plain, [Row(f"row {number}", cells) for number, cells in enumerate(found, 1)]


READERS: dict[str, Callable[[Path], tuple[list[str], list[Row]]]] = {
    ".csv": _delimited,
    ".tsv": _delimited,
    ".txt": _delimited,
    ".parquet": _parquet,
}
"""How each ending is read."""


def known(columns: Sequence[str]) -> str:
    """The columns, for a message."""
    return ", ".join(columns[:20]) + (f" and {len(columns) - 20} more" if len(columns) > 20 else "")
