"""Damaged Run folders: one of their files changed, missing, or something else than a file."""

import csv
import io
import json
import os
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomli_w

from mutations import texts
from mutations.mutation import Mutation, Rng, nth, rng_of

KIND, COUNT = "runs", 50

FOLD = "folds/holdout-0"
FILES = ("run.json", "predictions.csv", "recipe.toml", f"{FOLD}/history.csv", f"{FOLD}/result.json", "scored.json")


def mutation(number: int, original: Path) -> Mutation:
    """Run `number`: a copy of a good one with a change. `make` makes it and returns the folder."""
    rng = rng_of(KIND, number)
    turn, place = divmod(number, 4)
    if place == 0 and turn < len(EDITS):
        name, change = list(EDITS.items())[turn]
        return _copied(number, name, original, change)
    file = nth(FILES, number)
    if place == 2:
        if turn % 3 == 2:
            name, change = nth(list(PLACES.items()), turn // 3)
            return _copied(number, f"{file} {name}", original, lambda folder: change(folder / file))
        what, data = nth(texts.TEXTS, turn)(rng, (original / file).read_bytes())
    else:
        what, data = _valued(rng, original / file, number // 2)
    return _copied(number, f"{file}/{what}", original, lambda folder: (folder / file).write_bytes(data))


def _copied(number: int, name: str, original: Path, change: Callable[[Path], object]) -> Mutation:
    def make(folder: Path) -> str:
        run = folder / "run"
        shutil.copytree(original, run)
        change(run)
        return str(run)

    return Mutation(KIND, number, name, make)


def _valued(rng: Rng, path: Path, turn: int) -> tuple[str, bytes]:
    """One value of a file changed."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        what, values = texts.changed(rng, json.loads(text), turn)
        return what, json.dumps(values, default=str).encode("utf-8", "replace")
    if path.suffix == ".toml":
        what, values = texts.changed(rng, tomllib.loads(text), turn)
        return what, tomli_w.dumps(values).encode("utf-8", "replace")
    rows = list(csv.reader(io.StringIO(text)))
    row, column = int(rng.integers(len(rows))), int(rng.integers(len(rows[0])))
    new = nth(CELLS, turn)
    rows[row][column] = new
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return f"'{new}' in row {row}, column {column}", stream.getvalue().encode("utf-8", "replace")


CELLS = ("nan", "", "-1", "inf", "x", "1e999", "2", '"', "angry", "0", "None", "99999999999999999999")


def _json(file: str, **changes: Any) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        path = folder / file
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")

    return change


def _exchanged(old: str, new: str, file: str = "predictions.csv") -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return change


def _probabilities(new: Callable[[int, float], str]) -> Callable[[Path], object]:
    """Every probability by another, out of its place among the labels and what it was."""

    def change(folder: Path) -> None:
        path = folder / "predictions.csv"
        head, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
        changed = [[*row[:7], *(new(place, float(cell)) for place, cell in enumerate(row[7:]))] for row in rows]
        path.write_text("".join(",".join(row) + "\n" for row in [head, *changed]), encoding="utf-8")

    return change


EDITS: dict[str, Callable[[Path], object]] = {
    "run.json/an unknown fold": _json("run.json", folds=["holdout", "elsewhere"]),
    "predictions.csv/probabilities NaN": _probabilities(lambda *_: "nan"),
    "predictions.csv/probabilities of 5": _probabilities(lambda *_: "5"),
    "predictions.csv/labels exchanged": _exchanged(",angry,", ",sad,"),
    "run.json/a label doubled": _json("run.json", labels=["neutral", "neutral", "sad", "angry", "fearful", "disgust", "bored"]),
    "run.json/a seed twice": _json("run.json", seeds=[0, 0]),
    "run.json/a fold that leads out": _json("run.json", folds=["../../../../etc"]),
    "run.json/another task": _json("run.json", task="regression"),
    "predictions.csv/a part 'training'": _exchanged(",test,", ",training,"),
    "predictions.csv/header alone": lambda folder: _head(folder / "predictions.csv"),
    "predictions.csv/negative probabilities": _probabilities(lambda _, old: str(-old)),
    "run.json/labels that are numbers": _json("run.json", labels=list(range(7))),
    "run.json/parameters as text": _json("run.json", parameters="many"),
    "run.json/a corpus that is a text": _json("run.json", corpus="emodb"),
    "run.json/a root that is a number": _json("run.json", corpus_root=3),
}


def _head(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").splitlines(keepends=True)[0], encoding="utf-8")


def _place(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def change(path: Path) -> None:
        path.unlink()
        make(path)

    return change


PLACES: dict[str, Callable[[Path], object]] = {
    "missing": _place(lambda _: None),
    "is a folder": _place(Path.mkdir),
    "is a pipe without a writer": _place(os.mkfifo),
    "is a link to nothing": _place(lambda path: path.symlink_to("nowhere")),
    "is a link in a circle": _place(lambda path: path.symlink_to(path.name)),
    "is a link to /dev/null": _place(lambda path: path.symlink_to("/dev/null")),
}
