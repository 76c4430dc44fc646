"""The tables of a Run folder: predictions, histories, and the ledger of uses of test data."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from filelock import FileLock

from serkit import files
from serkit.errors import RunError
from serkit.runs._checksums import write
from serkit.runs._records import Epoch, Row


def write_rows(path: Path, rows: Iterable[Row], labels: Sequence[str]) -> None:
    """Write rows of predictions as CSV, whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = [field.name for field in fields(Row)][:-1]
    writer.writerow([*keys, *_columns(labels)])
    for row in rows:
        writer.writerow([*(getattr(row, key) for key in keys), *(f"{p:.9g}" for p in row.probabilities)])
    write(path, text.getvalue())


def read_rows(path: Path, labels: Sequence[str]) -> list[Row]:
    """Read rows of predictions. Raises RunError with the line where the table is damaged."""
    try:
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
            reader = csv.DictReader(stream)
            rows = []
            if reader.fieldnames is None:
                raise RunError(f"{path}: damaged (empty)")
            for line in reader:
                probabilities = tuple(float(line.pop(column)) for column in _columns(labels))
                rows.append(Row(**{**line, "seed": int(line["seed"]), "probabilities": probabilities}))  # type: ignore[arg-type]
            return rows
    except KeyError as error:
        raise RunError(f"{path}: damaged (no column {error.args[0]})") from None
    except (ValueError, TypeError, csv.Error) as error:
        raise RunError(f"{path}, line {reader.line_num}: damaged ({error})") from None
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror})") from None


def _columns(labels: Sequence[str]) -> list[str]:
    """The last columns: a probability for each emotion, or the value of the one scale."""
    return [f"p_{label}" for label in labels] if len(labels) > 1 else ["predicted"]


def write_history(path: Path, epochs: Iterable[Epoch]) -> None:
    """Write the epochs as CSV, whole or not at all."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Epoch)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(epoch) for epoch in epochs)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, text.getvalue())


def read_history(path: Path) -> list[Epoch]:
    """Read the epochs. Raises RunError where the table is damaged."""
    try:
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
            return [_epoch(row) for row in csv.DictReader(stream)]
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise RunError(f"{path}: damaged ({error})") from None
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror})") from None


def _epoch(row: dict[str, str]) -> Epoch:
    texts = {"epoch": int(row.pop("epoch")), "stage": row.pop("stage", "whole")}  # before there were stages, none was written
    return Epoch(**texts, **{key: float(value) if value else None for key, value in row.items()})  # type: ignore[arg-type]


def append_ledger(path: Path, row: Mapping[str, str]) -> None:
    """Add one use of test data to a ledger. The rows before it stay as they are.

    Only where the ledger lacks columns of the new row do they get these, empty, at their ends. Raises RunError where the ledger
    is no table.
    """
    if path.is_dir():
        raise RunError(f"{path}: a folder, and a ledger is a file; choose another --ledger")
    files.target(path)
    with FileLock(path.with_name(f".{path.name}.lock")):
        old = path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else ""
        columns, before = _ledger(old, path)
        lacking = [column for column in row if column not in columns]
        text = io.StringIO()
        writer = csv.DictWriter(text, [*columns, *lacking], restval="", lineterminator="\n")
        if lacking:
            writer.writeheader()
            writer.writerows(before)
        writer.writerow(row)
        files.write(path, text.getvalue() if lacking else old + text.getvalue())


def _ledger(text: str, path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and rows of a ledger; a row that is shorter lacks what its last columns hold."""
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    try:
        rows = list(reader)
    except csv.Error as error:
        raise RunError(f"{path}, line {reader.line_num}: damaged ({error}); choose another --ledger") from None
    if any(None in row for row in rows):
        raise RunError(f"{path}: damaged (a row has more cells than there are columns); choose another --ledger")
    return list(reader.fieldnames or ()), rows
