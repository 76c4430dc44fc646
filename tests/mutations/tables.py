"""Damaged tables of people's own data, over a few good recordings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mutations import texts
from mutations.mutation import Mutation, Rng, nth, rng_of

KIND, COUNT = "tables", 50

Rows = list[list[str]]
"""Header and rows: path, emotion, speaker, start, end."""


def mutation(number: int, clips: list[tuple[Path, str, str]]) -> Mutation:
    """Table `number` over recordings, each with its label and speaker; `make` writes it and returns its path.

    Two of three are tables that are wrong in what they say, one is damaged as any text.
    """
    rng = rng_of(KIND, number)
    good: Rows = [["path", "emotion", "speaker", "start", "end"]]
    good += [[str(path), label, speaker, "0", "0.1"] for path, label, speaker in clips]
    if number % 3 == 1:
        what, data = nth(texts.TEXTS, number // 3)(rng, _csv(good))
        return _written(number, f"text/{what}", data)
    turn = number - (number + 1) // 3
    if turn >= len(TABLES):
        row, column, new = int(rng.integers(len(good))), int(rng.integers(len(good[0]))), nth(CELLS, turn)
        good[row][column] = new
        return _written(number, f"{texts.told(new)} in row {row}, column {column}", _csv(good))
    name, change = list(TABLES.items())[turn]
    made = change(rng, good)
    return _written(number, name, made if isinstance(made, bytes) else _csv(made))


def _written(number: int, name: str, data: bytes) -> Mutation:
    def make(folder: Path) -> str:
        path = folder / "table.csv"
        path.write_bytes(data)
        return str(path)

    return Mutation(KIND, number, name, make)


def _csv(rows: Rows, delimiter: str = ",") -> bytes:
    return "".join(delimiter.join(row) + "\n" for row in rows).encode("utf-8", "surrogateescape")


def _cells(column: int, new: Callable[[int, str], str]) -> Callable[[Rng, Rows], Rows]:
    """Each cell of a column by another, out of the row's number and what it held."""
    return lambda _, rows: [
        rows[0],
        *([*row[:column], new(number, row[column]), *row[column + 1 :]] for number, row in enumerate(rows[1:])),
    ]


CELLS = (
    "",
    "nan",
    "-1",
    "inf",
    '"',
    "a,b",
    "1e999",
    "None",
    "0,5",
    "=1+1",
    "../x.wav",
    "/dev/zero",
    "\0",
    "ä\u202e",
    "x" * 200_000,
    "/",
)
"""What may stand in a cell where something else should."""


def _one(column: int, new: str) -> Callable[[Rng, Rows], Rows]:
    return _cells(column, lambda number, old: new if number == 1 else old)


def _whole(change: Callable[[Rows], Any]) -> Callable[[Rng, Rows], Any]:
    return lambda _, rows: change(rows)


TABLES: dict[str, Callable[[Rng, Rows], Rows | bytes]] = {
    "200,000 columns": _whole(lambda rows: [row + [f"c{each}" for each in range(200_000)] for row in rows[:3]]),
    "a recording under two labels": _whole(
        lambda rows: [*rows, [rows[1][0], "sad" if rows[1][1] != "sad" else "angry", *rows[1][2:]]]
    ),
    "the same by another path": _whole(
        lambda rows: [*rows, [f"/./{rows[1][0]}", "sad" if rows[1][1] != "sad" else "angry", *rows[1][2:]]]
    ),
    "a start after the end": _cells(3, lambda *_: "2"),
    "a field of 1 MB": _one(2, "x" * 1_000_000),
    "a quote that is not closed": _one(2, '"anna'),
    "headers doubled": _whole(lambda rows: [[*rows[0][:4], "emotion"], *rows[1:]]),
    "no header": _whole(lambda rows: rows[1:]),
    "header alone": _whole(lambda rows: rows[:1]),
    "semicolons": _whole(lambda rows: _csv(rows, ";")),
    "tabs": _whole(lambda rows: _csv(rows, "\t")),
    "numbers with commas": lambda rng, rows: _csv(_cells(4, lambda *_: "0,1")(rng, rows), ";"),
    "an end far beyond the file": _cells(4, lambda *_: "999"),
    "a missing file": _one(0, "nowhere.wav"),
    "an end of NaN": _one(4, "NaN"),
    "an infinite end": _one(4, "inf"),
    "a negative start": _one(3, "-1"),
    "back slashes in paths": _cells(0, lambda _, old: old.replace("/", "\\")),
    "labels in capitals": _cells(1, lambda _, old: old.upper()),
    "an empty label": _one(1, ""),
    "the label None": _one(1, "None"),
    "codes for labels": _cells(1, lambda number, _: ["ANG", "HAP", "NEU", "SAD"][number % 4]),
    "a formula": _one(1, "=1+1"),
    "unknown labels": _cells(1, lambda number, _: f"mood {number}"),
    "an empty path": _one(0, ""),
    "a path to a folder": _one(0, "/"),
    "a path of /dev/urandom": _one(0, "/dev/urandom"),
    "a path that leads out": _one(0, "../../../../etc/passwd"),
    "a row too short": _whole(lambda rows: [*rows[:2], rows[2][:2], *rows[3:]]),
    "a row too long": _whole(lambda rows: [*rows[:2], [*rows[2], "more"], *rows[3:]]),
    "names that are no UTF-8": _one(2, "J\udcfcrgen"),
    "200,000 rows of a missing file": _whole(lambda rows: _csv(rows[:1]) + b"nowhere.wav,angry,anna,0,0.1\n" * 200_000),
    "one label for all": _cells(1, lambda *_: "angry"),
    "labels with spaces around": _cells(1, lambda _, old: f"  {old}  "),
}
"""What a table can say wrongly, or oddly."""
