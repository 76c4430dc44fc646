"""Tables as people have them: rows of CSV, TSV or Parquet, or the recordings of a folder for each emotion."""

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serkit import audio
from serkit.corpora.own._faults import Faults, plain
from serkit.corpora.own._text import MAX_COLUMNS, content, delimiter_of, records, text_of
from serkit.errors import CorpusError, MissingExtra, Notice

SHEETS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")
PATH, LABEL = "path", "label"
"""The columns that a folder for each emotion has."""

_LONG = 60  # characters of a column's name that a message shows

MAX_ROWS = 5_000_000
"""Of a Parquet file, whose size says little of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it stands, for messages, and its cells by column."""

    place: str
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of `source`; relative paths in them start at `base`, and commas part its cells or do not.

    `faults` are those of rows that cannot be taken apart, which are not among `rows`.
    """

    source: Path
    base: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: Faults
    commas: bool = False


def read_table(path: Path) -> Table:
    """The rows of a CSV, TSV or Parquet file.

    Raises CorpusError, in one line with the place and the remedy, for whatever is none or is damaged, and MissingExtra for
    Parquet where pyarrow is not installed.
    """
    suffix = path.suffix.lower()
    if suffix in SHEETS and path.exists():
        raise CorpusError(f"{path}: a spreadsheet; save it as CSV (UTF-8) and give that")
    if suffix not in READERS and path.exists():
        raise CorpusError(f"{path}: no table that serkit reads; give one that ends with {', '.join(READERS)}, or a folder")
    if not path.exists():
        raise CorpusError(f"{path}: no such file or folder; give a table, or a folder with one folder for each emotion")
    table = READERS[suffix](path)
    named = Counter(table.columns)
    if len(named) < len(table.columns):
        double = next(name for name, count in named.items() if count > 1)
        raise CorpusError(f"{path}: {named[double]} columns are called '{plain(double)}'; leave one that name")
    if not table.rows:
        table.faults.check()
        raise CorpusError(f"{path}: holds a header and no rows; add a row for each recording")
    return table


def read_folder(folder: Path) -> Table:
    """The recordings below a folder, each labeled with the first folder on its path. Raises CorpusError where there is none.

    Sound and film that cannot be read is left out with a Notice.
    """
    rows = []
    found = audio.find(folder)
    for path in found.recordings:
        below = path.relative_to(folder)
        label = below.parts[0] if len(below.parts) > 1 else ""
        rows.append(Row(readable(below.as_posix()), {PATH: below.as_posix(), LABEL: label}))
    if found.unread:
        names = ", ".join(readable(path.relative_to(folder).as_posix()) for path in found.unread[:5])
        more = f" and {len(found.unread) - 5} more" if len(found.unread) > 5 else ""
        why = f"{len(found.unread)} of its files cannot be read: {names}{more}; the first: {audio.unread(found.unread[0])}"
        if not rows:
            raise CorpusError(f"{folder}: holds no recordings that can be read; {why}")
        warnings.warn(f"{folder}: {why}", Notice, stacklevel=2)
    if not rows:
        raise CorpusError(f"{folder}: holds no recordings; put them into a folder for each emotion, or give a table")
    return Table(folder, folder.absolute(), (PATH, LABEL), tuple(rows), Faults(folder))


def _delimited(path: Path) -> Table:
    """The table in text between delimiters; each row's place is the line on which it begins."""
    text = text_of(path, content(path))
    delimiter = delimiter_of(path, text)
    lines = records(path, text, delimiter)
    _, header = next(lines, (1, []))
    columns = [name.strip() for name in header]
    if not any(columns):
        raise CorpusError(f"{path}: empty; write a header and a row for each recording")
    _check_width(path, len(columns))
    rows, faults = [], Faults(path)
    for number, cells in lines:
        place = f"line {number}"
        if len(cells) == len(columns):
            # A column without a name is the index that some programs write.
            rows.append(Row(place, {name: cell for name, cell in zip(columns, cells, strict=True) if name}))
        else:
            what = f"{len(cells)} cells, but the header has {len(columns)}"
            faults.add("cells", place, what, "put a cell that holds the delimiter into double quotes")
    named = tuple(name for name in columns if name)
    return Table(path, path.absolute().parent, named, tuple(rows), faults, commas=delimiter == ",")


def _parquet(path: Path) -> Table:
    """The table in a Parquet file, without columns of bytes or of nested values, such as audio itself."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtra("tables", "pyarrow") from None
    data = content(path)
    try:
        stored = pq.ParquetFile(pa.BufferReader(data))
        fields = stored.schema_arrow
        simple = [each.name for each in fields if not (pa.types.is_nested(each.type) or "binary" in str(each.type))]
        _check_width(path, len(simple))
        if stored.metadata.num_rows > MAX_ROWS:
            raise CorpusError(f"{path}: {stored.metadata.num_rows} rows, and a table has {MAX_ROWS} at most; split it")
        found = [] if len({*simple}) < len(simple) else stored.read(columns=simple).to_pylist()
    except CorpusError:
        raise
    except Exception as error:  # of pyarrow: what a damaged file raises is told nowhere, OSError and ValueError among it
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise CorpusError(f"{path}: not Parquet, or damaged ({plain(reason)}); write the file anew, or give a CSV") from None
    rows = tuple(Row(f"row {number}", cells) for number, cells in enumerate(found, 1))
    return Table(path, path.absolute().parent, tuple(simple), rows, Faults(path))


def _check_width(path: Path, columns: int) -> None:
    if columns > MAX_COLUMNS:
        raise CorpusError(
            f"{path}: {columns} columns, and a table has {MAX_COLUMNS} at most; keep those that say something of a recording, "
            "such as path, label and speaker"
        )


READERS: dict[str, Callable[[Path], Table]] = {
    ".csv": _delimited,
    ".tsv": _delimited,
    ".txt": _delimited,
    ".parquet": _parquet,
}
"""How each ending is read."""


def known(columns: Sequence[str]) -> str:
    """The columns, for a message."""
    shown = [name if len(name) <= _LONG else f"{name[:_LONG]}..." for name in columns[:20]]
    return ", ".join(shown) + (f" and {len(columns) - 20} more" if len(columns) > 20 else "")


def readable(name: str) -> str:
    """A file's name as text that any file can hold: bytes of it that are no UTF-8 are written as in an address, such as %E9."""
    return "".join(f"%{ord(each) - 0xDC00:02X}" if "\udc80" <= each <= "\udcff" else each for each in name)
