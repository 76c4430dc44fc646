"""The two consoles of every command: results go to standard output, everything else to standard error."""

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# Where no terminal says how wide it is, rich would fold tables at 80 columns, and grep would find halves of names.
out = Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout and sys.stdout.isatty() else 300)
err = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def print_json(values: Any) -> None:
    """Print plain values as JSON to standard output, indented, with nothing else around them."""
    sys.stdout.write(json.dumps(_plain(values), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _plain(values: Any) -> Any:
    """The same with strings where JSON has no word: dates and times, NaN and infinities."""
    if isinstance(values, dict):
        return {key: _plain(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [_plain(value) for value in values]
    if values is None or isinstance(values, str | int) or (isinstance(values, float) and math.isfinite(values)):
        return values
    return str(values)


def visible(text: str) -> str:
    """The text as one line: a character that does not print, such as a line break in a file's name, is spelled out.

    >>> print(visible("two\\nlines"))
    two\\nlines
    """
    return "".join(each if each.isprintable() else each.encode("unicode_escape", "surrogatepass").decode() for each in text)


def table(title: str | None, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> Table:
    """A plain table of plain strings; columns named in `right` are aligned to the right."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold", title_style="bold")
    for number, column in enumerate(columns):
        # The last column gives way where the terminal is narrow: the first ones are names, to be copied whole.
        narrow = number == len(columns) - 1
        made.add_column(column, justify="right" if column in right else "left", overflow="fold", no_wrap=not narrow)
    for row in rows:
        made.add_row(*map(Text, row))
    return made


def say(message: str) -> None:
    """Print one line of plain text to standard error, whatever brackets it holds."""
    err.print(visible(message), markup=False)


@contextmanager
def progress(what: str, total: int | None = None, *, visible: bool = True) -> Iterator[Callable[[], None]]:
    """A bar on standard error while the block runs, where someone watches; what it gives moves the bar by one."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not (visible and err.is_terminal)) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def counting(what: str, total: int, *, data: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar as `progress` has, moved by telling how many are done and of how many; bytes where they are `data`."""
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn() if data else MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)
