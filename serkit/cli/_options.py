"""Arguments that several commands take."""

import shlex
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.errors import UsageError

if TYPE_CHECKING:
    from serkit import corpora
    from serkit.corpora.own import Layout, OwnCorpus
    from serkit.types import Utterance

ARGUMENTS: ContextVar[Sequence[str]] = ContextVar("ARGUMENTS")
"""What follows `serkit` in the command line that is being carried out."""

OWN = "People's own data (a table, or a folder for each emotion)"

Corpus = Annotated[
    str | None,
    typer.Option(
        help="Where the recipe's corpus lies (default: looked up in SERKIT_DATA and data/), or data of your own in its place: "
        "a table, an audformat database or a folder for each emotion.",
        metavar="NAME[=ROOT]|TABLE|FOLDER",
    ),
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


RecognizerThreads = Annotated[
    int, typer.Option("--threads", help="Processor threads for one recording; 0 takes all.", min=0, max=1024)
]

PathColumn = Annotated[str | None, typer.Option("--path", help="The column of paths.", metavar="COLUMN", rich_help_panel=OWN)]
LabelColumn = Annotated[
    str | None,
    typer.Option("--label", help="The column of labels, or a pattern of file names.", metavar="COLUMN", rich_help_panel=OWN),
]
SpeakerColumn = Annotated[
    str | None,
    typer.Option(
        "--speaker", help="That of speakers, or a pattern such as '^([^_]+)_'.", metavar="COLUMN", rich_help_panel=OWN
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target", help="The scale whose values are wanted, in place of emotions.", metavar="COLUMN", rich_help_panel=OWN
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", help="Another, such as start=begin; again for more.", metavar="FIELD=COLUMN", rich_help_panel=OWN),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="The emotion that a word means; WORD= leaves out. Again for more.",
        metavar="WORD=EMOTION",
        rich_help_panel=OWN,
    ),
]
OwnLabels = Annotated[
    bool, typer.Option("--own-labels", help="Take the words as they are, whatever they are.", rich_help_panel=OWN)
]
AudioRoot = Annotated[
    Path | None, typer.Option("--root", help="Where relative paths start (default: beside the table).", rich_help_panel=OWN)
]

SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad",
        help="Leave out recordings that are missing, unreadable or silent; they are counted and named.",
        rich_help_panel=OWN,
    ),
]


def layout(
    path: str | None,
    label: str | None,
    speaker: str | None,
    columns: list[str] | None,
    map: list[str] | None,
    own_labels: bool,
    root: Path | None,
    skip_bad: bool = False,
) -> "Layout":
    """What the options above say together."""
    from serkit.corpora.own import Layout

    given = {"path": path, "label": label, "speaker": speaker}
    named = {name: column for name, column in given.items() if column is not None} | _pairs("--column", columns)
    if root is not None and not root.is_dir():
        raise UsageError(f"--root {root}: not a folder")
    return Layout(named, _pairs("--map", map), own_labels, root.absolute() if root else None, skip_bad)


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """Each KEY=VALUE of an option that may be repeated; the value may be empty."""
    pairs = {}
    for each in given or []:
        key, equals, value = each.partition("=")
        if not equals or key in pairs:
            raise UsageError(f"{option} {each}: " + ("given twice" if equals else "write it with a '=' in the middle"))
        pairs[key.strip()] = value.strip()
    return pairs


def own_corpus(given: str | None, layout: "Layout", target: str | None = None) -> "tuple[OwnCorpus, Path] | None":
    """People's own data where --corpus names some: a table or folder by its path, which NAME= may stand before.

    Raises UsageError where it names none and something is said of it all the same.
    """
    from serkit.corpora import CORPORA, own

    found = None
    if given is not None and given not in CORPORA:
        name, equals, place = given.partition("=")
        if equals and not Path(given).exists():
            found = (name, Path(place)) if place and name not in CORPORA else None
        elif Path(given).expanduser().exists() or own.is_table(Path(given)):
            found = Path(given).resolve().stem, Path(given)
    if found is None:
        if target or layout != own.Layout():
            said = "columns, --target, --map, --own-labels, --root and --skip-bad"
            raise UsageError(f"{said} are of your own data: --corpus TABLE|FOLDER")
        return None
    return own.corpus(found[0], layout, target), found[1].expanduser()


def read_corpus(
    given: str, layout: "Layout", *, target: str | None = None, labels: str | None = None, partial: bool = False
) -> "tuple[corpora.Corpus, list[Utterance]]":
    """The corpus, or people's own data, that a command names, and its utterances."""
    from serkit import corpora

    if found := own_corpus(given, layout, target):
        data, place = found
        return data, data.read(place, labels=labels, partial=partial, keep_bad=True)
    name, root = named_corpus(given)
    corpus = corpora.get(name)
    return corpus, corpus.read(corpora.locate(name, root), labels=labels, partial=partial)


def typed() -> str:
    """The command line that is being carried out, as a shell takes it."""
    return shlex.join(["serkit", *ARGUMENTS.get()])


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
    """The folder that --corpus names for the corpus that the recipe wants; None where it is to be looked up."""
    if corpus is None:
        return None
    from serkit.corpora import CORPORA

    name, root = named_corpus(corpus)
    if root is None and name != wanted and not set(name.split("+")) <= set(CORPORA):
        raise UsageError(f"--corpus {corpus}: write it as NAME=ROOT, for example {wanted}={corpus}")
    if name != wanted:
        raise UsageError(f"--corpus {corpus}: this recipe's corpus is {wanted}")
    return root
