"""Which recipes there are. Reads TOML and nothing else, so that listing needs neither torch nor pydantic."""

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serkit.errors import RecipeError

FOLDER = Path(__file__).parent / "recipes"


@dataclass(frozen=True, slots=True)
class Entry:
    """A recipe as lists show it; `file` holds the rest."""

    name: str
    title: str
    system: str
    corpus: str
    protocol: str
    budget: str
    file: Path


def names() -> list[str]:
    """The names of the recipes that come with serkit: "cnn_transformer/paper" and so on."""
    return sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.toml"))


def entries() -> list[Entry]:
    """Every recipe that comes with serkit."""
    found = []
    for name in names():
        values = read(find(name))
        found.append(
            Entry(
                name,
                values["title"],
                values["model"]["type"],
                values["corpus"]["name"],
                values["protocol"]["type"],
                values["budget"],
                find(name),
            )
        )
    return found


def find(name: str) -> Path:
    """The file of a recipe: one of ours by name, or any file by its path. Raises RecipeError with the nearest name."""
    if name in names():
        return FOLDER / f"{name}.toml"
    path = Path(name)
    if path.suffix == ".toml":
        if path.is_file():
            return path
        raise RecipeError(f"{path}: no such recipe file")
    near = difflib.get_close_matches(name, names(), n=1, cutoff=0.4)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise RecipeError(f"no recipe '{name}'{hint} ('serkit recipes list' shows all; a path ends with .toml)")


def read(path: Path) -> dict[str, Any]:
    """The file's values, unchecked. Raises RecipeError where it is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not TOML: {error}") from None
