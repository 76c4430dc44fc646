"""`serkit recipes`: which trainings come with serkit, and what each does."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.cli._console import out, paged, print_json, table
from serkit.errors import UsageError

if TYPE_CHECKING:
    from serkit.recipe.catalogue import Entry

app = typer.Typer(no_args_is_help=True, help="List and show the recipes.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_recipes(
    name: Annotated[
        str | None,
        typer.Argument(help="Those of this system, or whose names hold this or match it (with *).", metavar="[TEXT]"),
    ] = None,
    corpus: Annotated[str | None, typer.Option(help="Those on this corpus, alone or among others.", metavar="NAME")] = None,
    all: Annotated[bool, typer.Option("--all", help="Variants too, each on a line of its own.")] = False,
    json: Json = False,
) -> None:
    """List the recipes that come with serkit. Variants of a recipe are counted beside it; --all and --json name them."""
    from serkit.recipe import catalogue

    entries = catalogue.entries()
    found = [each for each in entries if _called(each, name) and (corpus is None or corpus in each.corpus.split("+"))]
    if not found:
        raise _none_found(entries, name, corpus)
    if json:
        print_json([asdict(entry) | {"file": str(entry.file)} for entry in found])
        return
    named = {each.name for each in found}
    counts = Counter() if all else Counter(home for each in found if (home := each.name.rpartition("/")[0]) in named)
    shown = [each for each in found if all or each.name.rpartition("/")[0] not in named]
    columns = ("name", *(("variants",) if counts else ()), "corpus", "protocol", "budget", "title")
    rows = [
        (
            each.name,
            *((str(counts[each.name] or "-"),) if counts else ()),
            each.corpus,
            each.protocol.replace("_", " "),
            each.budget,
            each.title,
        )
        for each in shown
    ]
    with paged():
        out.print(table(None, columns, rows, right=("variants",)))
        if counts:
            most = max(counts, key=lambda each: counts[each])
            told = f"\n{counts.total()} variants more: --all lists them; those of one: serkit recipes list '{most}/*'"
            out.print(told, markup=False)


def _called(entry: "Entry", text: str | None) -> bool:
    """Whether a recipe is meant by a text: its system, a part of its name, or a pattern."""
    if text is None or entry.system == text:
        return True
    return fnmatchcase(entry.name, text) if any(each in text for each in "*?[") else text.lower() in entry.name.lower()


def _none_found(entries: "Sequence[Entry]", name: str | None, corpus: str | None) -> UsageError:
    """The error for a filter that nothing passes, with the nearest word that something does."""
    corpora = sorted({one for each in entries for one in each.corpus.split("+")})
    if corpus is not None and corpus not in corpora:
        near = difflib.get_close_matches(corpus.lower(), corpora, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are some on {', '.join(corpora)}"
        return UsageError(f"no recipe on a corpus '{corpus}'; {hint}")
    words = {word for each in entries for word in (each.name, each.system, *each.name.split("/"))}
    near = difflib.get_close_matches(str(name), sorted(words), n=1)
    hint = f"did you mean '{near[0]}'?" if near and near[0] != name else "'serkit recipes list' shows all"
    where = f" on {corpus}" if corpus else ""
    return UsageError(f"no recipe{where} whose name holds '{name}'; {hint}")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A recipe of 'serkit recipes list', or a path.", metavar="NAME")],
    json: Json = False,
) -> None:
    """Show a recipe as it is written, its comments too."""
    from serkit.recipe import catalogue

    values, path = catalogue.load(name), catalogue.find(name)
    if json:
        print_json(values)
    else:  # a variant stands in its recipe's file, with its comments
        out.print(path.read_text(encoding="utf-8").rstrip(), markup=False)
