"""A corpus as a table that other tools read: CSV, Parquet, or a database in audformat; `own` reads each back."""

import csv
import io
import os
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from serkit import files
from serkit.corpora.own import UNKNOWN, VALUES, VOTES
from serkit.errors import MissingExtra, OutputError, UsageError
from serkit.types import Utterance

Format = Literal["csv", "parquet", "audformat"]

FIELDS = (
    "id",
    "path",
    "start",
    "end",
    "label",
    "native",
    "speaker",
    "gender",
    "language",
    "session",
    "sentence",
    "text",
    "intensity",
    "repetition",
    "split",
    "copy_of",
)
"""The columns of every export, in this order; those of values and votes follow."""

INDEX = ("path", "start", "end")
"""What audformat keeps in the index of a table."""

SPLITS = {"train": "train", "validation": "dev", "test": "test"}
"""Our splits as audformat's types; any other is of its type `other`."""


def export(name: str, utterances: Sequence[Utterance], folder: Path, form: str) -> Path:
    """Write a table of utterances, one row each in their order, and return its path: NAME.csv, NAME.parquet, or the database.

    The columns are `FIELDS`, then `values.SCALE` and `votes.EMOTION` for all that occur. Paths are absolute, as the audio stays
    where it is. Raises UsageError for another format, for what is there already and for paths that are no UTF-8, and
    MissingExtra where the packages are not installed.
    """
    if form not in get_args(Format):
        raise UsageError(f"--format {form}: choose {', '.join(get_args(Format))}")
    _check_names(utterances)
    if form == "audformat":
        _audformat(name, utterances, folder)
        return folder
    path = folder / f"{name}.{form}"
    if path.exists():
        raise UsageError(f"{path}: exists already; choose another folder")
    (_csv if form == "csv" else _parquet)(_columns(utterances), path)
    return path


def _check_names(utterances: Sequence[Utterance]) -> None:
    """Raises UsageError for paths, and what was made of them, that no reader of tables could take for UTF-8."""
    odd = [each for each in utterances if not _is_text(str(each.path.absolute()))]
    if odd:
        others = f" (and so are those of {len(odd) - 1} others)" if len(odd) > 1 else ""
        raise UsageError(f"{odd[0].path.absolute()}: its name is no UTF-8, which no table can hold; rename it{others}")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _columns(utterances: Sequence[Utterance]) -> dict[str, list[Any]]:
    """The values of each column; None where an utterance has none."""
    columns: dict[str, list[Any]] = {name: [getattr(each, name) for each in utterances] for name in FIELDS}
    columns["path"] = [str(each.path.absolute()) for each in utterances]
    for name in sorted({name for each in utterances for name in each.values}):
        columns[VALUES + name] = [each.values.get(name) for each in utterances]
    for name in sorted({name for each in utterances for name in each.votes}):
        columns[VOTES + name] = [each.votes.get(name) for each in utterances]
    return columns


def _csv(columns: dict[str, list[Any]], path: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    files.write(files.folder(path.parent) / path.name, text.getvalue())


def _parquet(columns: dict[str, list[Any]], path: Path) -> None:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtra("tables", "pyarrow") from None
    arrays = {name: pa.array(values, pa.float64() if _is_number(name) else pa.string()) for name, values in columns.items()}
    with files.replacing(files.folder(path.parent) / path.name) as temporary:
        pq.write_table(pa.table(arrays), temporary)


def _audformat(name: str, utterances: Sequence[Utterance], folder: Path) -> None:
    """A database with a table for each split, or one table, written beside the folder and then moved there."""
    try:
        import audformat
    except ImportError:
        raise MissingExtra("tables", "audformat") from None
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder}: holds something already; choose another folder")
    columns = _columns(utterances)
    languages = sorted({each.language for each in utterances} - {UNKNOWN})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # audformat's own use of pandas
        database = audformat.Database(name, source=name, usage=audformat.define.Usage.OTHER, languages=languages)
        for column, values in columns.items():
            if column not in INDEX and any(value is not None for value in values):
                database.schemes[column] = audformat.Scheme("float" if _is_number(column) else "str")
        for split in dict.fromkeys(columns["split"]):
            if split:
                database.splits[split] = audformat.Split(SPLITS.get(split, "other"))
            rows = [at for at, own in enumerate(columns["split"]) if own == split]
            table = audformat.Table(_index(columns, rows), split_id=split)
            database[f"utterances.{split}" if split else "utterances"] = table
            for column in database.schemes:
                table[column] = audformat.Column(scheme_id=column)
                table[column].set([columns[column][at] for at in rows])
        _save(database, folder)


def _index(columns: dict[str, list[Any]], rows: Sequence[int]) -> Any:
    """The files of some rows, or their segments where one of all rows is a part of a file."""
    import audformat
    import pandas as pd

    paths = [columns["path"][at] for at in rows]
    if not any(columns["start"]) and all(end is None for end in columns["end"]):
        return audformat.filewise_index(paths)
    starts = [pd.Timedelta(seconds=columns["start"][at]) for at in rows]
    ends = [pd.NaT if columns["end"][at] is None else pd.Timedelta(seconds=columns["end"][at]) for at in rows]
    return audformat.segmented_index(paths, starts, ends)


def _save(database: Any, folder: Path) -> None:
    """Whole or not at all."""
    if not folder.parent.is_dir():
        raise OutputError(f"{folder}: there is no folder {folder.parent} to make it in; make that first")
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        database.save(str(temporary), storage_format="csv")
        if folder.exists():
            folder.rmdir()
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _is_number(column: str) -> bool:
    return column in ("start", "end") or column.startswith((VALUES, VOTES))
