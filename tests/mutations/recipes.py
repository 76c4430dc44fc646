"""Damaged recipes: one value changed, or the text of the file."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import tomli_w

from mutations import texts
from mutations.mutation import Mutation, nth, rng_of

KIND, COUNT = "recipes", 50


def mutation(number: int, original: str) -> Mutation:
    """Recipe `number` out of the text of a good one; `make` writes it and returns its path."""
    rng = rng_of(KIND, number)
    turn, place = divmod(number, 4)
    if place == 0 and turn < len(EDITS):
        name, change = list(EDITS.items())[turn]
        return _written(number, name, change(original).encode())
    if place == 2:
        what, data = nth(texts.TEXTS, turn)(rng, original.encode())
        return _written(number, f"text/{what}", data)
    what, values = texts.changed(rng, tomllib.loads(original), number // 2)
    return _written(number, f"value/{what}", tomli_w.dumps(values).encode("utf-8", "replace"))


def _written(number: int, name: str, data: bytes) -> Mutation:
    def make(folder: Path) -> str:
        path = folder / "recipe.toml"
        path.write_bytes(data)
        return str(path)

    return Mutation(KIND, number, name, make)


def _instead(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


EDITS: dict[str, Callable[[str], str]] = {
    "a hop of 1e-9 s": _instead("hop = 0.08", "hop = 1e-9"),
    "nested 50,000 deep": lambda text: text + "[deep]\nx = " + "[" * 50_000 + "]" * 50_000 + "\n",
    "1e9 epochs": _instead("epochs = 2", "epochs = 1000000000"),
    "a table twice": lambda text: text + "\n[corpus]\nname = 'emodb'\n",
    "bands of 1e9": _instead("bands = 20", "bands = 1000000000"),
    "a dotted key of 5000 parts": lambda text: ".".join("a" * 1 for _ in range(5000)) + " = 1\n" + text,
    "a variant like itself": lambda text: text + "\n[variants.a]\nlike = 'a'\n",
    "variants that are a number": lambda text: "variants = 3\n" + text,
    "a title of 10 MB": _instead('title = "tiny"', 'title = "' + "x" * 10_000_000 + '"'),
    "dates for numbers": _instead("rate = 16000", "rate = 1979-05-27T07:32:00Z"),
    "an n_fft of 2^40": _instead("n_fft = 512", "n_fft = 1099511627776"),
    "channels of 1e9": _instead("channels = [2, 2, 2]", "channels = [1000000000, 2, 2]"),
    "200,000 unknown keys": lambda text: "".join(f"k{each} = 1\n" for each in range(200_000)) + text,
}
