"""What a mutation is, and how numbers are spread over the ways to make one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

Rng = np.random.Generator

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mutation:
    """Number `number` of a kind: `name` says what was done, `make` does it in an empty folder and returns what to name.

    `piped`: given through standard input rather than by its name.
    """

    kind: str
    number: int
    name: str
    make: Callable[[Path], str]
    piped: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.number}: {self.name}"


def rng_of(kind: str, number: int) -> Rng:
    """The generator of one mutation: of its kind and number and nothing else."""
    return np.random.default_rng([*kind.encode(), number])


def nth(ways: Sequence[T], number: int) -> T:
    """The way of a number: all of them in turn."""
    return ways[number % len(ways)]


def spread(count: int, total: int) -> list[int]:
    """`count` numbers below `total`, evenly apart: the small part of a large one."""
    return [round((each + 0.5) * total / count) for each in range(count)] if count < total else list(range(total))
