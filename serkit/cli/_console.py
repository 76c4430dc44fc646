"""The two consoles of every command: results go to standard output, everything else to standard error."""

import json
import math
import os
import pydoc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from serkit.cli._grid import Grid, visible

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

__all__ = ["counting", "err", "out", "paged", "print_json", "progress", "say", "table", "visible"]

UNLIMITED = 1_000_000
NO_PAGER = ("", "dumb", "emacs")
"""Terminals in which no pager can work."""

# Where no terminal says how wide it is, rich would fold tables at 80 columns, and grep would find halves of names.
out = Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout and sys.stdout.isatty() else UNLIMITED)
err = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def print_json(values: Any) -> None:
    """Print plain values as JSON to standard output, indented, with nothing else around them."""
    text = json.dumps(_plain(values), indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")  # half a character becomes JSON's own escape


def _plain(values: Any) -> Any:
    """The same with strings where JSON has no word: dates and times, NaN and infinities."""
    if isinstance(values, dict):
        return {key: _plain(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [_plain(value) for value in values]
    if values is None or isinstance(values, str | int) or (isinstance(values, float) and math.isfinite(values)):
        return values
    return str(values)


def table(title: str | None, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> Grid:
    """A plain table of plain strings, none of which is ever cut; columns named in `right` are aligned to the right."""
    return Grid(title, columns, rows, right)


@contextmanager
def paged() -> Iterator[None]:
    """What the block prints goes through the user's pager where someone reads it on a screen that is too small for it."""
    if not (out.is_terminal and sys.stdin.isatty()) or os.environ.get("TERM", "dumb") in NO_PAGER:
        yield
        return
    with out.capture() as held:
        yield
    text = held.get()
    shown = Text.from_ansi(text).plain
    if sum(max(1, -(-cell_len(line) // out.width)) for line in shown.splitlines()) < out.height:
        sys.stdout.write(text)
        return
    os.environ.setdefault("LESS", "FRX")  # what was read stays on the screen, as after git's commands
    pydoc.pager(shown)


def say(message: str) -> None:
    """Print one line of plain text to standard error, whatever brackets it holds."""
    err.print(visible(message), markup=False)


@contextmanager
def progress(what: str, total: int | None = None, *, visible: bool = True) -> Iterator[Callable[[], None]]:
    """A bar on standard error while the block runs, where someone watches; what it gives moves the bar by one."""
    with _bar(_counted(), visible=visible) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def counting(what: str, total: int | None = None, *, data: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar as `progress` has, moved by telling how many are done and of how many; bytes where they are `data`."""
    from rich.progress import DownloadColumn

    with _bar(DownloadColumn() if data else _counted()) as bar:
        task = bar.add_task(what, total=total or None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _bar(count: "ProgressColumn", *, visible: bool = True) -> "Progress":
    """What every bar shows; nothing where nobody watches."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), count, TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not (visible and err.is_terminal))


def _counted() -> "ProgressColumn":
    """How many of how many, or how many where nobody knows of how many."""
    from rich.progress import MofNCompleteColumn, Task

    class Counted(MofNCompleteColumn):
        def render(self, task: "Task") -> Text:
            return Text(f"{int(task.completed)}", style="progress.download") if task.total is None else super().render(task)

    return Counted()
