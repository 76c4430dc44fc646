"""`serkit corpora`: which corpora there are, what is known about them, and whether a copy is sound."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serkit.cli._console import err, out, print_json, table

if TYPE_CHECKING:
    from serkit.corpora import Corpus, Problem
    from serkit.types import Gender

app = typer.Typer(no_args_is_help=True, help="List, describe and check the corpora.")

Name = Annotated[str, typer.Argument(help="A corpus of 'serkit corpora list'.")]
Root = Annotated[Path | None, typer.Argument(help="Its folder; without one SERKIT_DATA and data/ are searched.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

FOLD, EXAMPLES = 10, 3
"""So many files with one same problem are named one by one; of more, so many are."""

UNTESTED = "untested on real data"


@app.command("list")
def list_corpora(json: Json = False) -> None:
    """List every corpus, and where it was found."""
    from serkit.corpora import CORPORA

    facts = [_facts(corpus) for corpus in CORPORA.values()]
    if json:
        print_json(facts)
        return
    rows = [
        (
            fact["name"],
            fact["title"],
            fact["language"],
            str(fact["utterances"]),
            str(len(fact["speakers"]) or "-"),
            str(len(fact["emotions"]) or "-"),
            fact["licence"],
            "" if fact["tested"] else UNTESTED,
            fact["found"] or "-",
        )
        for fact in facts
    ]
    columns = ("name", "title", "language", "utterances", "speakers", "emotions", "licence", "", "found in")
    out.print(table(None, columns, rows, right=("utterances", "speakers", "emotions")))


@app.command()
def show(name: Name, json: Json = False) -> None:
    """Show what is known about a corpus: licence, speakers, counts, sentences, citation."""
    from serkit.corpora import get

    fact = _facts(get(name))
    if json:
        print_json(fact)
        return
    redistribution = "may be redistributed" if fact["redistributable"] else "may not be redistributed with serkit"
    lines = {
        "name": fact["name"],
        "licence": f"{fact['licence']} ({redistribution})",
        "from": fact["homepage"],
        "found in": fact["found"] or "-",
        "language": fact["language"],
        "rate": f"{fact['rate']} Hz" if fact["rate"] else "differs",
        "speakers": _speakers(list(fact["speakers"].values())),
        "utterances": str(fact["utterances"]),
        "scales": ", ".join(f"{name} from {each['low']:g} to {each['high']:g}" for name, each in fact["scales"].items()) or "-",
        "label maps": ", ".join(fact["label_maps"]) or "-",
        "read with": fact["default_map"],
        "reader": "tested on the real corpus" if fact["tested"] else UNTESTED,
    }
    out.print(fact["title"], style="bold", markup=False)
    _print_pairs(lines)
    for heading in ("counts", "sentences", "defects"):
        if fact[heading]:
            out.print(f"\n{heading}", style="bold")
            _print_pairs({key: str(value) for key, value in fact[heading].items()})
    out.print("\ncitation", style="bold")
    out.print(fact["citation"], markup=False)


@app.command()
def check(name: Name, root: Root = None, json: Json = False) -> None:
    """Decode every file and name each that is missing, unexpected, misnamed, unreadable, silent, double, or of another rate.

    Many files with one same problem are one line; --json names them all.
    Exit status 1 if there are problems other than the known defects of the released corpus.
    """
    from serkit.corpora import get, locate

    corpus, place = get(name), locate(name, root)
    problems = _checked(corpus, place)
    known = sum(problem.known for problem in problems)
    new = len(problems) - known
    if json:
        found = [
            {"where": problem.where, "kind": problem.kind, "detail": problem.detail, "known": problem.known}
            for problem in problems
        ]
        print_json({"corpus": name, "root": str(place), "sound": not new, "problems": found})
    else:
        for line in _lines(problems):
            out.print(line, markup=False)
        aside = f", besides {known} known of the released corpus" if known else ""
        verdict = f"{new} {'problem' if new == 1 else 'problems'}" if new else "complete and sound"
        out.print(f"{name} in {place}: {verdict}{aside}", markup=False)
    if new:
        raise typer.Exit(1)


def _lines(problems: "Sequence[Problem]") -> Iterator[str]:
    """One line a problem, but a single one for those of many files that are told in the same words."""
    alike: dict[str, list[str]] = {}
    for problem in problems:
        mark = " (known)" if problem.known else ""
        alike.setdefault(f"{problem.kind}: {problem.detail}{mark}", []).append(problem.where)
    for what, names in alike.items():
        if len(names) > FOLD:
            rest = f"and {len(names) - EXAMPLES} more (all with --json)"
            yield f"{len(names)} files: {what}: {', '.join(names[:EXAMPLES])} {rest}"
        else:
            yield from (f"{name}: {what}" for name in names)


def _checked(corpus: "Corpus", place: Path) -> "list[Problem]":
    """The problems found, with a progress bar if someone watches."""
    from rich.progress import MofNCompleteColumn, Progress

    from serkit.corpora import check as check_corpus

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(corpus.name, total=corpus.size)
        return check_corpus(corpus, place, lambda done, total: progress.update(task, completed=done, total=total))


def _facts(corpus: "Corpus") -> dict[str, Any]:
    """Plain values, ready for JSON."""
    from serkit.corpora import locate
    from serkit.errors import CorpusError
    from serkit.labels import ALL

    try:
        found = str(locate(corpus.name))
    except CorpusError:
        found = None
    return {
        "name": corpus.name,
        "title": corpus.title,
        "licence": corpus.licence,
        "redistributable": corpus.redistributable,
        "homepage": corpus.homepage,
        "found": found,
        "language": corpus.language,
        "rate": corpus.rate,
        "utterances": corpus.size,
        "speakers": dict(corpus.speakers),
        "counts": dict(corpus.counts),
        "emotions": corpus.classes(ALL),
        "scales": {name: {"low": scale.low, "high": scale.high} for name, scale in corpus.scales.items()},
        "label_maps": {name: corpus.classes(name) for name in corpus.maps},
        "default_map": corpus.default_map,
        "sentences": dict(corpus.sentences),
        "defects": {f"{name} ({kind})": note for (name, kind), note in corpus.defects.items()},
        "tested": corpus.tested,
        "citation": corpus.citation,
    }


def _speakers(genders: "Sequence[Gender | None]") -> str:
    """How many are known by name, and how many of each gender where that is known."""
    told = f" ({genders.count('female')} female, {genders.count('male')} male)" if any(genders) else ""
    return f"{len(genders)}{told}" if genders else "-"


def _print_pairs(pairs: Mapping[str, str]) -> None:
    width = max(map(len, pairs)) + 2
    for key, value in pairs.items():
        out.print(f"{key:<{width}}{value}", markup=False)
