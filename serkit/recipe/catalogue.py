"""Which recipes there are. Reads TOML and nothing else, so that listing needs neither torch nor pydantic.

A recipe may hold variants of itself, `[variants.NAME]` with the values that differ: "cnn_transformer/paper/actors" is the
variant `actors` of "cnn_transformer/paper", "mine.toml/small" one of a file of your own. A table of a variant is put over the
recipe's, but one with a `type` replaces it. With `like = "OTHER"` it is put over another variant in place of the recipe.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serkit.errors import RecipeError

FOLDER = Path(__file__).parent / "recipes"
VARIANTS = "variants"
LIKE = "like"
_LONG_KEY = re.compile(
    r"""(?<![\w-])(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')(?:[ \t]*+\.[ \t]*+(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')){32}"""
)
"""A key of more parts than any recipe has tables in tables: Python's parser takes the square of their number in time."""
LARGEST = 1_000_000
"""Bytes of a recipe's file at most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A recipe as lists show it; `file` holds the rest. `network` is False for a classifier on functionals."""

    name: str
    title: str
    system: str
    corpus: str
    protocol: str
    budget: str
    file: Path
    network: bool


def names() -> list[str]:
    """The names of the recipes that come with serkit, each before its variants: "cnn_transformer/paper" and so on."""
    return [name for name, _, _ in _all()]


def entries() -> list[Entry]:
    """Every recipe that comes with serkit."""
    return [
        Entry(
            name,
            values["title"],
            (values.get("model") or values["classifier"])["type"],
            values["corpus"]["name"],
            values["protocol"]["type"],
            values["budget"],
            path,
            "model" in values,
        )
        for name, path, values in _all()
    ]


def _all() -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Name, file and values of every recipe that comes with serkit, each file read once."""
    for path in sorted(FOLDER.rglob("*.toml")):
        name, whole = path.relative_to(FOLDER).with_suffix("").as_posix(), read(path)
        yield name, path, _of(whole, None, path)
        yield from ((f"{name}/{variant}", path, _of(whole, variant, path)) for variant in _variants(whole, path))


def home(system: str) -> str | None:
    """The recipe that a system alone stands for: its paper's, else one on the bundled corpus; None where it is no system.

    >>> home("cnn_transformer"), home("linear_svm")
    ('cnn_transformer/paper', 'baseline/emodb')
    """
    found = [(each.name != f"{system}/paper", each.corpus != "emodb", each.name) for each in entries() if each.system == system]
    return min(found, key=lambda each: each[:2])[2] if found else None


def families(system: str) -> dict[str, list[str]]:
    """The ablations of a system: by the whole system's recipe, the names of the variants that are like it."""
    found: dict[str, list[str]] = {}
    for path in sorted(FOLDER.rglob("*.toml")):
        values = read(path)
        if values.get("model", {}).get("type") != system:
            continue
        name = path.relative_to(FOLDER).with_suffix("").as_posix()
        for variant, own in _variants(values, path).items():
            if LIKE in own:
                found.setdefault(f"{name}/{own[LIKE]}", []).append(f"{name}/{variant}")
    return found


def load(name: str) -> dict[str, Any]:
    """The values of a recipe or of a variant, unchecked. Raises RecipeError."""
    path, variant = _place(name)
    return _of(read(path), variant, path)


def _of(whole: dict[str, Any], variant: str | None, path: Path) -> dict[str, Any]:
    """The values of a variant, or of the recipe itself, out of all that its file holds."""
    variants = _variants(whole, path)
    values = {key: value for key, value in whole.items() if key != VARIANTS}
    for each in reversed(_lineage(variant, variants, path)):
        values = _over(values, variants[each])
    values.pop(LIKE, None)
    return values


def _lineage(variant: str | None, variants: dict[str, dict[str, Any]], path: Path) -> list[str]:
    """A variant, the one that it is like, and so on. Raises RecipeError where that has no end or does not exist."""
    found: list[str] = []
    while variant is not None:
        if variant not in variants or variant in found:
            why = "itself" if variant in found else f"'{variant}', which is not there"
            raise RecipeError(f"{path}: variant '{found[-1]}' is like {why}")
        found.append(variant)
        variant = variants[variant].get(LIKE)
    return found


def find(name: str) -> Path:
    """The file of a recipe: one of ours by name, or any file by its path. Raises RecipeError with the nearest name."""
    return _place(name)[0]


def _variants(values: dict[str, Any], path: Path) -> dict[str, dict[str, Any]]:
    """The variants in a file's values. Raises RecipeError where they are no tables with plain names."""
    found = values.get(VARIANTS, {})
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise RecipeError(f"{path}: {VARIANTS} holds something else than tables; write [{VARIANTS}.NAME]")
    if odd := [name for name in found if not name.replace("_", "").isalnum()]:
        raise RecipeError(f"{path}: the name of variant '{odd[0]}' is not made of letters, digits and underscores")
    return found


def _over(values: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """`values` with those of `other` put over them."""
    merged = dict(values)
    for key, value in other.items():
        below = merged.get(key)
        both = isinstance(value, dict) and isinstance(below, dict) and "type" not in value
        merged[key] = _over(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _place(name: str) -> tuple[Path, str | None]:
    """The file of a recipe and the variant in it."""
    if found := _ours(name):
        return found
    path = Path(name)
    if path.suffix == ".toml":
        if path.is_file():
            return path, None
        raise RecipeError(f"{path}: no such recipe file")
    if path.parent.suffix == ".toml" and path.parent.is_file():
        if path.name in (there := _variants(read(path.parent), path.parent)):
            return path.parent, path.name
        raise RecipeError(f"{path.parent} has no variant '{path.name}'; it has {', '.join(there) or 'none'}")
    near = difflib.get_close_matches(name, names(), n=1, cutoff=0.4)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise RecipeError(f"no recipe '{name}'{hint} ('serkit recipes list' shows all; a path ends with .toml)")


def _ours(name: str) -> tuple[Path, str | None] | None:
    """The same for a recipe that comes with serkit; None for another."""
    path = FOLDER / f"{name}.toml"
    if not name or ".." in path.parts or not path.is_relative_to(FOLDER):
        return None
    if path.is_file():
        return path, None
    parent = path.parent.with_suffix(".toml")
    if parent.is_file() and path.stem in _variants(read(parent), parent):
        return parent, path.stem
    return None


def read(path: Path) -> dict[str, Any]:
    """The file's values, unchecked. Raises RecipeError where it is no TOML, or none that a recipe could be."""
    with path.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise RecipeError(f"{path}: larger than {LARGEST:,} bytes, which no recipe is")
    try:
        return parse(content.decode("utf-8", "surrogateescape"))  # a Run's own may hold the name of a file that is no text
    except ValueError as error:
        raise RecipeError(f"{path}: not TOML: {error}") from None


def parse(text: str) -> dict[str, Any]:
    """The values of a TOML. Raises ValueError, in one line, for whatever is none."""
    try:
        if _LONG_KEY.search(text):
            raise RecursionError
        found = tomllib.loads(text)
        # What is nested too deeply for whoever works with it is told here, once.
        json.dumps(found, default=str)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return found
