"""Numbers as people write them, with a point or with a comma."""

import math
import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)


class Numbers:
    """The numbers of one column.

    1,5 is read as 1.5, if no other cell has a point. 1,500 is, too, but for a table whose cells are parted by commas
    (`english`) and that has no decimal comma but such ones: there it may be a thousand and more.
    """

    def __init__(self, words: Iterable[str], english: bool) -> None:
        given = list(words)
        written = [word for word in given if _COMMA.fullmatch(word)]
        pointed = any("." in word and _PLAIN.fullmatch(word) for word in given) if written else False
        plain = not english or any(not _THOUSANDS.fullmatch(word) for word in written)
        self.commas = bool(written) and not pointed and plain
        self.why = " (points and commas in one column)" if written and pointed else ""
        if written and not pointed and not plain:
            self.why = " (a comma that may part thousands)"

    def read(self, word: str) -> float | None:
        """The number that a cell holds, None where it holds none that is finite."""
        if self.commas and _COMMA.fullmatch(word):
            word = word.replace(",", ".")
        elif not _PLAIN.fullmatch(word):
            return None
        number = float(word)
        return number if math.isfinite(number) else None
