"""Arguments that several commands take."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from serkit.errors import UsageError

Corpus = Annotated[
    str | None,
    typer.Option(help="Where the recipe's corpus lies (default: looked up in SERKIT_DATA and data/).", metavar="NAME=ROOT"),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="Override a value of the recipe, such as training.epochs=5 (TOML); again for more.", metavar="KEY=VALUE"
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(help="Keep features here, for other folds, seeds and Runs.", envvar="SERKIT_CACHE", show_envvar=True),
]


def typed() -> str:
    """The command line as it was typed."""
    return shlex.join(["serkit", *sys.argv[1:]])


def named_corpus(given: str) -> tuple[str, Path | None]:
    """NAME or NAME=ROOT.

    >>> named_corpus("emodb")
    ('emodb', None)
    """
    name, equals, root = given.partition("=")
    if equals and not root:
        raise UsageError(f"--corpus {given}: write it as NAME=ROOT, or NAME alone to have its folder looked up")
    return name, Path(root).expanduser() if root else None


def corpus_root(corpus: str | None, wanted: str) -> Path | None:
    """The folder that --corpus names for the corpus that the recipe wants."""
    if corpus is None:
        return None
    name, root = named_corpus(corpus)
    if root is None and name != wanted:
        raise UsageError(f"--corpus {corpus}: write it as NAME=ROOT, for example {wanted}={corpus}")
    if name != wanted:
        raise UsageError(f"--corpus {corpus}: this recipe's corpus is {wanted}")
    if root is None:
        raise UsageError(f"--corpus {corpus}: write it as {name}=ROOT")
    return root
