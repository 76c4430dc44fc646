"""Databases in audformat: a folder with db.yaml and a file for each table (https://audeering.github.io/audformat/).

They are read with the authors' own package (MIT, part of `serkit[tables]`): labels may stand in several tables, be joined by
schemes and by segments of files, and those rules are better kept than written again.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from serkit.corpora.own import hints
from serkit.corpora.own._faults import Faults, plain
from serkit.corpora.own._tables import PATH, Row, Table
from serkit.errors import CorpusError, MissingExtra

HEADER = "db.yaml"
SPLITS = {"train": "train", "dev": "validation", "test": "test"}
"""The types of audformat's splits, as ours."""

Segment = tuple[str, float, float | None]
"""File, start and end in seconds; the whole file is (file, 0.0, None)."""


def read_database(folder: Path, fields: Mapping[str, tuple[str, ...]], main: str, prefixes: tuple[str, ...]) -> Table:
    """The segments that have a value of the field `main`, with what the database says of the other fields.

    `fields` holds the names under which each may be found: of a scheme, a column, or a label of a scheme; for `main` also
    TABLE.COLUMN, where several tables disagree. Whatever begins with one of `prefixes` is taken too. Splits of the type train,
    dev or test become a column `split`, where the database has none. Raises CorpusError where the folder holds none or damaged
    tables, and MissingExtra where audformat is not installed.
    """
    if pickled := sorted(folder.glob("db.*.pkl")):
        # Whoever loads a pickle runs what its author wrote, and audformat would take it before any other format.
        raise CorpusError(f"{pickled[0]}: a pickled table, which can run code; remove it and keep the table as CSV or Parquet")
    with _told(folder):
        import audformat

        database = audformat.Database.load(str(folder))
        names = set(_names(database))
        found = {field: next((name for name in given if name in names), None) for field, given in fields.items()}
        if (wanted := found[main]) is None:
            raise CorpusError(
                f"{folder / HEADER}: nothing in it is called {' or '.join(fields[main])}; it has {', '.join(sorted(names))}: "
                f"choose with {hints.column('label')}, or with {hints.option('target')} for values"
            )
        segments = _values(database, wanted)
        columns: dict[str, Callable[[Segment], Any]] = {wanted: segments.get}
        others = {name for name in found.values() if name} | {name for name in names if name.startswith(prefixes)}
        for name in sorted(others - {wanted}):
            columns[name] = _lookup(_values(database, name))
        if "split" not in columns and any(table.split_id for table in database.tables.values()):
            columns["split"] = _lookup(_splits(database))
    rows = [
        Row(_place(segment), _cells(segment) | {name: value(segment) for name, value in columns.items()})
        for segment in segments
    ]
    if not rows:
        raise CorpusError(f"{folder / HEADER}: no segment has a value of {wanted}; choose another")
    return Table(folder, folder.absolute(), (PATH, "start", "end", *columns), tuple(rows), Faults(folder))


def _cells(segment: Segment) -> dict[str, Any]:
    return {PATH: segment[0], "start": segment[1], "end": segment[2]}


def _place(segment: Segment) -> str:
    file, start, end = segment
    return file if (start, end) == (0.0, None) else f"{file} from {start:g} s"


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """What audformat raises as an error of ours; what it warns of is about its own use of pandas."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ModuleNotFoundError as error:
        raise MissingExtra("tables", error.name or "audformat") from None
    except CorpusError:
        raise
    except Exception as error:  # of YAML, pandas, pyarrow and audformat: what a damaged file raises is told nowhere
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise CorpusError(
            f"{folder / HEADER}: cannot be read ({plain(reason)}); where tables disagree name one of the form TABLE.COLUMN "
            f"with {hints.column('label')}, else write the database anew"
        ) from None


def _names(database: Any) -> Iterator[str]:
    """Whatever a value can be asked for by."""
    for name, table in database.tables.items():
        yield from table.columns
        yield from (f"{name}.{column}" for column in table.columns)
    for scheme in database.schemes.values():
        if isinstance(scheme.labels, dict):
            yield from (key for facts in scheme.labels.values() if isinstance(facts, dict) for key in facts)
    yield from (each.scheme_id for table in database.tables.values() for each in table.columns.values() if each.scheme_id)


def _values(database: Any, name: str) -> dict[Segment, Any]:
    """The value of every segment that has one."""
    for table in database.tables:
        if name.startswith(f"{table}.") and name.removeprefix(f"{table}.") in database.tables[table].columns:
            found = database.tables[table].df[name.removeprefix(f"{table}.")]
            break
    else:
        found = database.get(name)[name]
    found = found[found.notna()]
    return dict(zip(_segments(found.index), found.astype(object), strict=True))


def _splits(database: Any) -> dict[Segment, str]:
    """The part of every segment that a split has."""
    found: dict[Segment, str] = {}
    for table in database.tables.values():
        split = SPLITS.get(database.splits[table.split_id].type) if table.split_id else None
        for segment in _segments(table.df.index) if split else ():
            if found.setdefault(segment, str(split)) != split:
                raise CorpusError(f"{_place(segment)} is in the splits {found[segment]} and {split}; correct its tables")
    return found


def _segments(index: Any) -> Iterable[Segment]:
    """The segments of an index of files, or of files with start and end."""
    import pandas as pd

    if index.nlevels == 1:
        return [(str(file), 0.0, None) for file in index]
    return [(str(file), start.total_seconds(), None if pd.isna(end) else end.total_seconds()) for file, start, end in index]


def _lookup(values: Mapping[Segment, Any]) -> Callable[[Segment], Any]:
    """The value of a segment: its own, else that of its whole file."""
    return lambda segment: values.get(segment, values.get((segment[0], 0.0, None)))
