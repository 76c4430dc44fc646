"""A recording that no damage makes, described."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mutations.mutation import Rng


@dataclass(frozen=True, slots=True)
class Odd:
    """`make` takes a folder and returns what to name; `piped`: give it through standard input."""

    name: str
    make: Callable[[Path, Rng], str]
    piped: bool = False


def written(name: str, data: Callable[[Rng], bytes], file: str = "clip.wav", *, piped: bool = False) -> Odd:
    """A file with that content."""

    def make(folder: Path, rng: Rng) -> str:
        path = folder / file
        path.write_bytes(data(rng))
        return str(path)

    return Odd(name, make, piped)
