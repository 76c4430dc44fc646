"""Everything that is wrong with a table, told at once: the first place of each kind of fault, and how many more there are."""

from collections.abc import Sequence
from pathlib import Path

from serkit.errors import CorpusError

_SHOWN = 5  # places of one kind of fault


class Faults:
    """The faults of one table, or of one folder, in the order in which they are found."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self._kinds: dict[str, dict[str, str]] = {}  # kind -> place -> what is wrong there
        self._remedies: dict[str, str] = {}

    def add(self, kind: str, place: str, what: str, remedy: str = "") -> None:
        """Note what is wrong at a place, which is empty for the whole; once for each kind and place.

        `remedy` is the same for all faults of a kind, and only the first one is told.
        """
        self._kinds.setdefault(kind, {}).setdefault(place, what)
        self._remedies.setdefault(kind, remedy)

    def has(self, kind: str, place: str) -> bool:
        """Whether such a fault was noted."""
        return place in self._kinds.get(kind, {})

    def has_kind(self, kind: str) -> bool:
        """Whether any fault of that kind was noted."""
        return kind in self._kinds

    def check(self) -> None:
        """Raises CorpusError, in one line, where there are faults."""
        told = [self._told(kind) for kind in self._kinds]
        if len(told) > 1:
            numbered = " ".join(f"({number}) {each}" for number, each in enumerate(told, 1))
            raise CorpusError(plain(f"{self.source}: {len(told)} kinds of faults: {numbered}"))
        if told:
            whole = next(iter(*self._kinds.values())) == ""
            raise CorpusError(plain(f"{self.source}{': ' if whole else ', '}{told[0]}"))

    def _told(self, kind: str) -> str:
        places = list(self._kinds[kind])
        what, remedy = self._kinds[kind][places[0]], self._remedies[kind]
        told = "; ".join(each for each in (what, remedy) if each)
        more = f" ({len(places)} rows: {_listed(places)})" if len(places) > 1 else ""
        return f"{places[0]}: {told}{more}" if places[0] else f"{told}{more}"


def plain(text: str) -> str:
    """One line without what a terminal would take for a command: cells may hold anything."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _listed(places: Sequence[str]) -> str:
    """Some places.

    >>> _listed(["line 3", "line 5"])
    'lines 3, 5'
    """
    shown = list(places[:_SHOWN])
    word = shown[0].partition(" ")[0]
    if word in ("line", "row") and all(each.startswith(f"{word} ") for each in shown):
        shown = [each.removeprefix(f"{word} ") for each in shown]
        shown[0] = f"{word}s {shown[0]}"
    rest = len(places) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
