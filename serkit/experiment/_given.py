"""What `serkit.fit` is given: rows as a table that a Run can be continued with, and what a failure takes away again."""

import csv
import hashlib
import io
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from serkit import files
from serkit.errors import RunError, UsageError
from serkit.experiment.plan import HOME
from serkit.runs import Progress

WANTED = "give a path, a DataFrame, or rows as a list of mappings from columns to values, at least one"
DEVICES = ("auto", "cpu", "cuda")


class Traces:
    """What a call has written, taken away again where it fails before a training's first epoch has ended."""

    def __init__(self) -> None:
        self._made: list[Path] = []
        self._run: tuple[Path, bool] | None = None
        self._learned = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None or self._learned:
            return
        if self._run:
            folder, was_there = self._run
            shutil.rmtree(folder, ignore_errors=True)
            if was_there:
                folder.mkdir()
        for path in reversed(self._made):
            with suppress(OSError):  # a folder in which something else lies by now stays
                path.rmdir() if path.is_dir() else path.unlink()

    def keep(self, path: Path, content: str) -> None:
        """Write a file, if it is not there."""
        self.below(path.parent)
        if not path.exists():
            self._made.append(path)
            files.write(path, content)

    def below(self, folder: Path) -> None:
        """Make a folder, if it is not there; the one that it lies in has to be."""
        if not folder.is_dir():
            folder.mkdir()
            self._made.append(folder)

    def begin(self, folder: Path, was_there: bool) -> None:
        """A Run of this call lies in a folder, which was there, and empty, before or was not."""
        self._run = folder, was_there

    def notify(self, event: Progress) -> None:
        """Told of what a training does: from its first epoch on there is something to continue."""
        self._learned = self._learned or event.stage == "finished" or event.epoch is not None


def table_of(given: Any, below: Path, traces: Traces) -> tuple[Path, Path | None]:
    """The path of a table, and where its paths start if that is not beside it.

    Rows and frames are kept as CSV in `below`/tables, named by a hash of what they hold, so that a Run can be continued.
    Raises UsageError for what is no table.
    """
    if isinstance(given, str | os.PathLike):
        return Path(given).expanduser(), None
    rows = _rows_of(given)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if odd := [name for name in columns if not isinstance(name, str)]:
        raise UsageError(f"the column {odd[0]!r} is called by {_kind(odd[0])}, not by a text; name the columns: {WANTED}")
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(rows):
        writer.writerow({name: _cell(value, name, number) for name, value in row.items()})
    try:
        content = text.getvalue().encode()
    except UnicodeEncodeError as error:
        held = ascii(error.object[max(0, error.start - 20) : error.end])
        raise UsageError(f"the table holds {held}, which is no UTF-8; rename the file, or give its folder") from None
    traces.below(below)
    path = below / "tables" / f"table-{hashlib.sha256(content).hexdigest()[:12]}.csv"
    traces.keep(path, content.decode())
    return path, Path()


def _rows_of(given: Any) -> list[Mapping[Any, Any]]:
    """The rows of a DataFrame, or of a list of them."""
    if type(given).__module__.partition(".")[0] == "pandas" and hasattr(given, "columns"):
        return _rows_of_frame(given)
    if isinstance(given, Mapping):
        raise UsageError(f"{_kind(given)} of columns is no table here; give pandas.DataFrame(table), or {WANTED}")
    if not isinstance(given, list | tuple):
        raise UsageError(f"{_kind(given)} is no table; {WANTED}")
    if not given:
        raise UsageError(f"the table is empty; {WANTED}")
    if (number := next((at for at, row in enumerate(given) if not isinstance(row, Mapping)), None)) is not None:
        raise UsageError(f"row {number} of the table is {_kind(given[number])}, no mapping from columns to values; {WANTED}")
    return list(given)


def _rows_of_frame(frame: Any) -> list[Mapping[Any, Any]]:
    if frame.columns.nlevels > 1:
        raise UsageError(f"the DataFrame's columns have {frame.columns.nlevels} levels; give it columns with one name each")
    if not frame.columns.is_unique:
        double = frame.columns[frame.columns.duplicated()][0]
        raise UsageError(f"two columns of the DataFrame are called {double!r}; rename one of them")
    if named := [str(name) for name in frame.index.names if name is not None]:
        raise UsageError(f"the DataFrame's index holds {', '.join(named)}, which columns are to hold: give frame.reset_index()")
    if not len(frame):
        raise UsageError("the DataFrame has no rows; give one with a row for each recording")
    rows: list[Mapping[Any, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return rows


def _cell(value: Any, name: str, row: int) -> Any:
    """A value as CSV holds it. Raises UsageError for one that is no single value."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping | list | tuple | set | bytes) or getattr(value, "ndim", False):
        raise UsageError(f"row {row} of the table, {name}: {_kind(value)} is no text and no number")
    return value


def _kind(value: Any) -> str:
    """What something is, for a message."""
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def check_arguments(words: Mapping[str, object], options: Sequence[str], device: str) -> None:
    """Raises UsageError for arguments that a command could not be given; `words` are mappings from text to text by name."""
    for name, given in words.items():
        if given is not None and not (isinstance(given, Mapping) and all(isinstance(each, str) for each in _flat(given))):
            raise UsageError(f"{name}={given!r}: give a mapping from text to text")
    if isinstance(options, str) or not all(isinstance(each, str) and each.partition("=")[1] for each in options):
        raise UsageError(f"options={options!r}: a list of KEY=VALUE, for example options=['training.epochs=30']")
    if device not in DEVICES:
        raise UsageError(f"device={device!r}: choose {', '.join(DEVICES)}")


def check_numbers(seeds: Sequence[int], jobs: int, threads: int | None) -> None:
    """Raises UsageError for numbers that a command could not be given."""
    if not isinstance(seeds, Sequence) or isinstance(seeds, str) or not seeds or not all(_whole(each, 0) for each in seeds):
        raise UsageError(f"seeds={seeds!r}: give a list of whole numbers from 0 on, at least one")
    if len({*seeds}) < len(seeds):
        raise UsageError(f"seeds={seeds!r}: names a seed twice")
    if not _whole(jobs, 1) or not (threads is None or _whole(threads, 1)):
        raise UsageError(f"jobs={jobs!r}, threads={threads!r}: give whole numbers from 1 on")


def _whole(given: object, least: int) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and given >= least


def free(folder: Path | None) -> bool:
    """Whether a folder for a Run is there already; it is empty then.

    Raises RunError where it holds something, or where the folder that it is to lie in is not there.
    """
    if folder is None or not folder.exists():
        if folder and not folder.parent.is_dir() and folder.parent != HOME:
            raise RunError(f"{folder}: there is no folder {folder.parent}; make it first, or give another out")
        return False
    if not folder.is_dir() or any(folder.iterdir()):
        raise RunError(f"{folder}: is there already, and no empty folder; give another out")
    return True


def _flat(given: Mapping[object, object]) -> list[object]:
    return [*given, *given.values()]
