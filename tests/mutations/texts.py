"""Changes to values and to texts: what JSON, TOML and CSV files have in common."""

import datetime
import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from mutations.damage import cut, few_bits, inserted, joined, number, overwritten, removed, repeated
from mutations.mutation import Rng

Values = dict[str, Any]
Place = tuple[Any, ...]

EXTREMES: tuple[Any, ...] = (
    0,
    -1,
    math.nan,
    "",
    [],
    1e-9,
    1e9,
    "x",
    {},
    math.inf,
    10**9,
    True,
    2**70,
    "1",
    -math.inf,
    ["x", 1, {}],
    1.5,
    "ä\n\0\x1b[31m😡\u202e",
    [[[[[]]]]],
    {"type": "x"},
    1e308,
    -0.0,
    "x" * 1_000_000,
    list(range(10_000)),
    datetime.date(2026, 1, 1),
    "../../etc/passwd",
    1e-300,
    "NaN",
)
"""Values to be put in the place of others."""


def places(values: Any, above: Place = ()) -> Iterator[Place]:
    """Every place in nested values, as keys and indices from the top."""
    inner = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in inner:
        yield (*above, key)
        yield from places(value, (*above, key))


def at(values: Any, place: Place) -> Any:
    for key in place:
        values = values[key]
    return values


def put(values: Values, place: Place, value: Any) -> Values:
    """A copy with another value there."""
    changed = deepcopy(values)
    at(changed, place[:-1])[place[-1]] = value
    return changed


def told(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) < 40 else f"{shown[:25]}… ({len(shown)} characters)"


def dotted(place: Place) -> str:
    return ".".join(map(str, place))


def _other_value(rng: Rng, values: Values, turn: int) -> tuple[str, Values]:
    every = list(places(values))
    place, value = every[int(rng.integers(len(every)))], EXTREMES[turn % len(EXTREMES)]
    return f"{dotted(place)} = {told(value)}", put(values, place, value)


def _other_type(rng: Rng, values: Values, _: int) -> tuple[str, Values]:
    """A value as a text, a text as a list, a list as its first, and so on: what a hand that edits gets wrong."""
    every = list(places(values))
    place = every[int(rng.integers(len(every)))]
    old = at(values, place)
    new: Any = [old]
    if isinstance(old, bool):
        new = int(old)
    elif isinstance(old, int | float):
        new = str(old)
    elif isinstance(old, list) and old:
        new = old[0]
    return f"{dotted(place)} = {told(new)}", put(values, place, new)


def _scaled(rng: Rng, values: Values, _: int) -> tuple[str, Values]:
    every = [place for place in places(values) if type(at(values, place)) in (int, float)]
    if not every:
        return _missing(rng, values, 0)
    place = every[int(rng.integers(len(every)))]
    new = at(values, place) * [2, -1, 1000, 10**9, 0.5, 1e-6][int(rng.integers(6))]
    return f"{dotted(place)} = {told(new)}", put(values, place, new)


def _missing(rng: Rng, values: Values, _: int) -> tuple[str, Values]:
    every = list(places(values))
    place = every[int(rng.integers(len(every)))]
    changed = deepcopy(values)
    del at(changed, place[:-1])[place[-1]]
    return f"without {dotted(place)}", changed


def _unknown(rng: Rng, values: Values, turn: int) -> tuple[str, Values]:
    tables = [(), *(place for place in places(values) if isinstance(at(values, place), dict))]
    place = tables[int(rng.integers(len(tables)))]
    key = ("colour", "Ä😡 key", "", "__class__", "rate ", "x" * 500)[turn % 6]
    return f"{dotted((*place, key))[:60]} added", put(values, (*place, key), EXTREMES[turn % 4])


def _renamed(rng: Rng, values: Values, _: int) -> tuple[str, Values]:
    every = [place for place in places(values) if isinstance(place[-1], str) and place[-1]]
    place = every[int(rng.integers(len(every)))]
    key = place[-1].upper() if rng.random() < 0.5 else place[-1][:-1] + "q"
    changed = put(values, (*place[:-1], key), at(values, place))
    del at(changed, place[:-1])[place[-1]]
    return f"{dotted(place)} called {key}", changed


def _listed(rng: Rng, values: Values, turn: int) -> tuple[str, Values]:
    every = [place for place in places(values) if isinstance(at(values, place), list) and at(values, place)]
    if not every:
        return _missing(rng, values, 0)
    place = every[int(rng.integers(len(every)))]
    old = at(values, place)
    ways = {"doubled": old * 2, "backwards": old[::-1], "without its last": old[:-1], "with its first twice": [old[0], *old]}
    way = list(ways)[turn % len(ways)]
    return f"{dotted(place)} {way}", put(values, place, ways[way])


CHANGES: tuple[Callable[[Rng, Values, int], tuple[str, Values]], ...] = (
    _other_value,
    _other_type,
    _unknown,
    _other_value,
    _missing,
    _listed,
    _scaled,
    _renamed,
)


def changed(rng: Rng, values: Values, turn: int) -> tuple[str, Values]:
    """The values with one change."""
    return CHANGES[turn % len(CHANGES)](rng, values, turn // len(CHANGES) * 3 + turn)


def _encoded(encoding: str) -> Callable[[Rng, bytes], tuple[str, bytes]]:
    def change(_: Rng, data: bytes) -> tuple[str, bytes]:
        text = data.decode("utf-8", "replace")
        return f"as {encoding}", text.encode(encoding, "replace")

    return change


def _replaced(name: str, new: bytes) -> Callable[[Rng, bytes], tuple[str, bytes]]:
    return lambda _, __: (name, new)


def _lines(name: str, change: Callable[[Rng, list[bytes]], list[bytes]]) -> Callable[[Rng, bytes], tuple[str, bytes]]:
    return lambda rng, data: (name, b"".join(change(rng, data.splitlines(keepends=True))))


def _doubled(rng: Rng, lines: list[bytes]) -> list[bytes]:
    at = int(rng.integers(max(1, len(lines))))
    return [*lines[: at + 1], *lines[at:]]


TEXTS: tuple[Callable[[Rng, bytes], tuple[str, bytes]], ...] = (
    few_bits,
    cut,
    _replaced("empty", b""),
    _lines("a line doubled", _doubled),
    _encoded("utf-16"),
    _lines("NULs in each line", lambda _, lines: [line[:3] + b"\0\0" + line[3:] for line in lines]),
    _replaced("100,000 brackets", b"x = " + b"[" * 100_000),
    removed,
    _encoded("utf-8-sig"),
    _lines("lines in another order", lambda rng, lines: [lines[each] for each in rng.permutation(len(lines))]),
    overwritten,
    inserted,
    joined,
    _replaced("a gzipped nothing", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0"),
    _lines("CR as line ends", lambda _, lines: [line.rstrip(b"\n") + b"\r" for line in lines]),
    repeated,
    _replaced("1 MB of zeros", bytes(1_000_000)),
    number,
    _encoded("utf-32"),
    _replaced("blank lines", b"\n" * 1000),
)
"""What happens to files of text."""
