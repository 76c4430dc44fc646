"""What an error asks for: an option where a command runs, an argument where Python calls."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

OPTIONS = ("path", "label", "speaker", "target")
"""Fields, and more, that commands have an option of their own for."""

ARGUMENTS = ("label", "speaker", "target")
"""Fields, and more, that `serkit.fit` has an argument of its own for."""

_PYTHON: ContextVar[bool] = ContextVar("_PYTHON", default=False)


@contextmanager
def in_python() -> Iterator[None]:
    """Whatever is raised inside speaks of arguments of `serkit.fit`, and of no options."""
    token = _PYTHON.set(True)
    try:
        yield
    finally:
        _PYTHON.reset(token)


def column(name: str) -> str:
    """How the column of a field is named.

    >>> column("path"), column("start")
    ('--path', '--column start=')
    """
    if _PYTHON.get():
        return f"{name}=" if name in ARGUMENTS else f"columns={{'{name}': ...}}"
    return f"--{name}" if name in OPTIONS else f"--column {name}="


def named(name: str, given: str) -> str:
    """How the column of a field was named.

    >>> named("start", "begin")
    '--column start=begin'
    """
    if _PYTHON.get():
        return f"{name}={given!r}" if name in ARGUMENTS else f"columns={{'{name}': {given!r}}}"
    return f"--{name} {given}" if name in OPTIONS else f"--column {name}={given}"


def aside(name: str) -> str:
    """How the column of a field is left aside."""
    return f"columns={{'{name}': ''}}" if _PYTHON.get() else f"--column {name}="


def mapped(word: str, meant: str) -> str:
    """How a word is said to mean an emotion, or, where that is empty, to be left out.

    >>> mapped("hapy", "happy")
    "--map 'hapy=happy'"
    """
    if _PYTHON.get():
        return f"map={{{word!r}: {meant!r}}}"
    pair = f"{word}={meant}"
    return "--map " + (shlex.quote(pair) if "'" in pair else f"'{pair}'")


def option(name: str) -> str:
    """How anything else is said.

    >>> option("own_labels"), option("root")
    ('--own-labels', '--root')
    """
    if not _PYTHON.get():
        return f"--{name.replace('_', '-')}"
    return f"{name}=True" if name in ("own_labels", "skip_bad") else f"{name}="
