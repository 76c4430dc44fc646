"""Tables and pairs that lose no character, however narrow the terminal is."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

GAP = 2
"""Blanks between two columns, and before what stands below its row."""

BESIDE = " · "
"""Between cells that stand below their row."""

TALL = 3
"""A row of more lines than these is hard to read: then its last cells move below it."""


def visible(text: str) -> str:
    """The text as one line: a character that does not print, such as a line break in a file's name, is spelled out.

    >>> print(visible("two\\nlines"))
    two\\nlines
    """
    return "".join(each if each.isprintable() else each.encode("unicode_escape", "surrogatepass").decode() for each in text)


class Grid:
    """A plain table of strings for rich; columns named in `right` are aligned to the right.

    Names (the first column) and figures (`right`) are never folded. Where a row is too wide, its other cells are folded on
    words; where that makes it too tall, the last of them move below it, as many as have to; where even names and figures do
    not fit, each row becomes lines of "name  value". A word that is longer than a line is left to the terminal.
    """

    def __init__(self, title: str | None, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
        self.title = title
        self.rows = [[visible(cell) for cell in row] for row in (columns, *rows)]
        self.right = frozenset(at for at, column in enumerate(columns) if column in right)
        self.texts = [at for at in range(1, len(columns)) if at not in self.right]
        self.natural = [max(cell_len(row[at]) for row in self.rows) for at in range(len(columns))]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """The lines, at most `options.max_width` wide but for words that are wider."""
        if self.title:
            yield _line(self.title, "bold")
        columns, width = range(len(self.natural)), options.max_width
        widths = self._folded(width)
        if widths and all(len(self._beside(row, columns, widths)) <= TALL for row in self.rows):
            yield from self._table(columns, widths, width)
            return
        for moved in range(1, len(self.texts) + 1):
            kept = [at for at in columns if at not in self.texts[-moved:]]
            if sum(self.natural[at] for at in kept) + GAP * (len(kept) - 1) <= width:
                yield from self._table(kept, self.natural, width)
                return
        for number, row in enumerate(self.rows[1:]):
            if number:
                yield _line("")
            yield from Pairs(list(zip(self.rows[0], row, strict=True))).__rich_console__(console, options)

    def _folded(self, width: int) -> list[int] | None:
        """The widths with which all columns stand side by side; None where there are none."""
        widths, least = list(self.natural), list(self.natural)
        for at in self.texts:
            least[at] = max(cell_len(word) for row in self.rows for word in row[at].split() or [""])
        over = sum(widths) + GAP * (len(widths) - 1) - width
        while over > 0:
            widest = max((at for at in self.texts if widths[at] > least[at]), key=lambda at: widths[at], default=None)
            if widest is None:
                return None
            widths[widest] -= 1
            over -= 1
        return widths

    def _table(self, kept: Sequence[int], widths: Sequence[int], width: int) -> Iterator[Text]:
        """Header and rows of the kept columns; the cells of the others below their row."""
        below = [at for at in self.texts if at not in kept]
        for number, row in enumerate(self.rows):
            style = "" if number else "bold"
            yield from (_line(line, style) for line in self._beside(row, kept, widths))
            if below:
                told = BESIDE.join(row[at] or "-" for at in below)
                yield from (_line(" " * GAP + line, style) for line in _fold(told, width - GAP))

    def _beside(self, row: Sequence[str], kept: Sequence[int], widths: Sequence[int]) -> list[str]:
        """The lines of one row."""
        cells = [_fold(row[at], widths[at]) for at in kept]
        lines = []
        for parts in zip_longest(*cells, fillvalue=""):
            placed = []
            for at, part in zip(kept, parts, strict=True):
                blanks = " " * (widths[at] - cell_len(part))
                placed.append(blanks + part if at in self.right else part + blanks)
            lines.append((" " * GAP).join(placed).rstrip())
        return lines


class Pairs:
    """A line a pair, the values below each other; long ones are folded on words."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.pairs = [(visible(key), visible(value)) for key, value in pairs]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """The lines."""
        names = max((cell_len(key) for key, _ in self.pairs), default=0) + GAP
        if 2 * names > options.max_width:  # no room for values beside names as long as these
            for key, value in self.pairs:
                yield from map(_line, _fold(f"{key}: {value}".rstrip(), options.max_width, 2 * GAP))
            return
        for key, value in self.pairs:
            for number, line in enumerate(_fold(value, options.max_width - names)):
                before = "" if number else key
                yield _line((before + " " * (names - cell_len(before)) + line).rstrip())


def _fold(text: str, width: int, hanging: int = 0) -> list[str]:
    """The text in lines of so many cells, parted between words alone, the second and later ones behind `hanging` blanks."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1].strip() and cell_len(joined) > width:
            lines.append(" " * hanging + word)
        else:
            lines[-1] = joined
    return lines


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ignore")
