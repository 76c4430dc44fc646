"""`serkit corpora`: which corpora there are, what is known about them, and whether a copy is sound."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.cli._console import counting, out, print_json, say, table
from serkit.cli._durations import durations_of, show_durations
from serkit.cli._facts import facts_of, hours, or_dash, print_pairs, voices
from serkit.cli._options import (
    AudioRoot,
    Columns,
    LabelColumn,
    Map,
    OwnLabels,
    PathColumn,
    SpeakerColumn,
    Target,
    layout,
    read_corpus,
)
from serkit.errors import CorpusError, UsageError

if TYPE_CHECKING:
    from serkit.corpora import Corpus, Problem

app = typer.Typer(no_args_is_help=True, help="List, describe, download, check, measure and draw the corpora.")

Name = Annotated[str, typer.Argument(help="A corpus of 'serkit corpora list'.")]
Root = Annotated[Path | None, typer.Argument(help="Its folder; without one SERKIT_DATA and data/ are searched.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

FOLD, EXAMPLES = 10, 3
"""So many files with one same problem are named one by one; of more, so many are."""

COUNTED = {"count": "labels", "speaker": "speakers"}
"""What problems of these kinds are of, instead of files."""

UNTESTED = "untested on real data"


@app.command("list")
def list_corpora(json: Json = False) -> None:
    """List every corpus: how large it is, under which licence, and how to get it."""
    from serkit.corpora import CORPORA

    facts = [facts_of(corpus) for corpus in CORPORA.values()]
    if json:
        print_json(facts)
        return
    rows = [
        (
            fact["name"],
            fact["language"],
            f"{fact['utterances']:,}",
            or_dash(fact["speaker_count"]),
            or_dash(fact["hours"]),
            str(len(fact["emotions"]) or "-"),
            fact["licence"],
            "on request" if fact["access"] == "request" else fact["access"],
            "tested" if fact["tested"] else "untested",
        )
        for fact in facts
    ]
    columns = ("name", "language", "utterances", "speakers", "hours", "labels", "licence", "get it", "reader")
    out.print(table(None, columns, rows, right=columns[2:6]))
    if found := [fact for fact in facts if fact["found"]]:
        out.print("\nfound here", style="bold")
        print_pairs({fact["name"]: fact["found"] for fact in found})
    out.print("\nuntested: the reader never saw the real corpus. More: serkit corpora show NAME", style="dim")


@app.command()
def show(name: Name, json: Json = False) -> None:
    """Show what is known about a corpus: licence, speakers, counts, sentences, citation."""
    from serkit.corpora import get

    fact = facts_of(get(name))
    if json:
        print_json(fact)
        return
    redistribution = "may be redistributed" if fact["redistributable"] else "may not be redistributed with serkit"
    lines = {
        "name": fact["name"],
        "licence": f"{fact['licence']} ({redistribution})",
        "homepage": fact["homepage"],
        "get it": fact["obtain"] or "see its homepage",
        "found in": fact["found"] or "-",
        "language": fact["language"],
        "rate": f"{fact['rate']} Hz" if fact["rate"] else "several",
        "speakers": voices(fact),
        "utterances": f"{fact['utterances']:,}",
        "hours": hours(fact),
        "scales": ", ".join(f"{name} from {each['low']:g} to {each['high']:g}" for name, each in fact["scales"].items()) or "-",
        "label maps": ", ".join(fact["label_maps"]) or "-",
        "read with": fact["default_map"],
        "reader": "tested on the real corpus" if fact["tested"] else UNTESTED,
    }
    out.print(fact["title"], style="bold", markup=False)
    print_pairs(lines)
    for heading in ("counts", "sentences", "defects"):
        if fact[heading]:
            out.print(f"\n{heading}", style="bold")
            print_pairs({key: str(value) for key, value in fact[heading].items()})
    out.print("\ncitation", style="bold")
    out.print(fact["citation"], markup=False)


@app.command()
def check(name: Name, root: Root = None, json: Json = False) -> None:
    """Decode every file and name each that is missing, unexpected, misnamed, unreadable, silent, double, or of another rate.

    Labels and speakers whose number of utterances is not the published one are named too. Many files with one same problem are
    one line; --json names them all.
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


@app.command()
def export(
    corpus: Annotated[str, typer.Argument(help="A corpus, or data of your own.", metavar="NAME[=ROOT]|TABLE|FOLDER")],
    to: Annotated[Path, typer.Option("--to", help="The folder to write to.", metavar="FOLDER")],
    form: Annotated[str, typer.Option("--format", help="csv, parquet or audformat.")] = "csv",
    labels: Annotated[str | None, typer.Option(help="A label map, such as 4_class.", metavar="MAP")] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Accept an incomplete copy of the corpus.")] = False,
    path: PathColumn = None,
    label: LabelColumn = None,
    speaker: SpeakerColumn = None,
    column: Columns = None,
    target: Target = None,
    words: Map = None,
    own_labels: OwnLabels = False,
    root: AudioRoot = None,
) -> None:
    """Write a corpus as a table: one row an utterance, with absolute paths; the audio stays where it is."""
    from serkit import corpora

    how = layout(path, label, speaker, column, words, own_labels, root)
    found, utterances = read_corpus(corpus, how, target=target, labels=labels, partial=partial)
    written = corpora.export(found.name, utterances, to, form)
    out.print(f"{len(utterances)} utterances of {found.name}: {written}", markup=False)


def _lines(problems: "Sequence[Problem]") -> Iterator[str]:
    """One line a problem, but a single one for those of many files that are told in the same words."""
    alike: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        mark = " (known)" if problem.known else ""
        alike.setdefault((problem.kind, f"{problem.kind}: {problem.detail}{mark}"), []).append(problem.where)
    for (kind, what), names in alike.items():
        if len(names) > FOLD:
            rest = f"and {len(names) - EXAMPLES} more (all with --json)"
            yield f"{len(names)} {COUNTED.get(kind, 'files')}: {what}: {', '.join(names[:EXAMPLES])} {rest}"
        else:
            yield from (f"{name}: {what}" for name in names)


def _checked(corpus: "Corpus", place: Path) -> "list[Problem]":
    """The problems found, with a progress bar if someone watches."""
    from serkit.corpora import check as check_corpus

    with counting(f"decoding {corpus.name}", corpus.size) as tell:
        return check_corpus(corpus, place, tell)


@app.command()
def stats(name: Name, root: Root = None, json: Json = False) -> None:
    """Tell how long the utterances of a copy are, all together and by label, from the headers of its files.

    Headers are kept in the user's cache folder (SERKIT_CACHE, where it is set) and read again where a file has changed.
    Exit status 1 if a header cannot be read.
    """
    from serkit.corpora import get, index, locate

    corpus, place = get(name), locate(name, root)
    with counting(f"reading headers of {name}", corpus.size) as tell:
        found = index(corpus, place, tell)
    if not found.entries and not found.unreadable:
        raise CorpusError(f"{place} holds no recording of {name}; expected {corpus.size} such as {corpus.example}")
    facts = {"corpus": name, "root": str(place), "published": corpus.size, **durations_of(found, corpus.counts)}
    if json:
        print_json(facts)
    else:
        show_durations(facts)
    if found.unreadable:
        raise typer.Exit(1)


@app.command()
def plot(
    name: Name,
    root: Root = None,
    page: Annotated[
        Path | None, typer.Option("--out", help="An .html, .png or .svg file (default: NAME.html).", metavar="FILE")
    ] = None,
) -> None:
    """Draw a copy on one page: durations by label, utterances by speaker and label, and how loud they are."""
    from serkit import files
    from serkit.corpora import get, hear_all, index, locate
    from serkit.errors import AudioError
    from serkit.report import corpus as drawing

    path = page or Path(f"{name}.html")
    if path.suffix.lower() not in drawing.FORMATS:
        raise UsageError(f"--out {path}: give it a name that ends with {', '.join(drawing.FORMATS)}")
    files.target(path)
    corpus, place = get(name), locate(name, root)
    with counting(f"reading headers of {name}", corpus.size) as tell:
        found = index(corpus, place, tell)
    with counting(f"decoding {name}", len(found.entries)) as tell:
        heard = hear_all([entry.utterance for entry in found.entries], tell)
    clips = [
        drawing.Clip(entry.utterance, entry.duration, hearing.level)
        for entry, hearing in zip(found.entries, heard, strict=True)
        if not isinstance(hearing, AudioError)
    ]
    if not clips:
        raise CorpusError(f"{place} holds no readable recording of {name}; see 'serkit corpora check {name} {place}'")
    files.write(path, drawing.draw(corpus, clips, path.suffix.lower()))
    out.print(f"page: {path}", markup=False)
    if left_out := len(found.entries) + len(found.unreadable) - len(clips):
        say(f"serkit: note: {left_out} unreadable files are left out; 'serkit corpora check {name} {place}' names them")


@app.command()
def download(
    name: Name,
    to: Annotated[
        Path | None,
        typer.Option(help="The folder to make of it (default: NAME in SERKIT_DATA, else in data/).", metavar="DIR"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="The licence is known and accepted: do not ask.")] = False,
) -> None:
    """Fetch a corpus that anyone may download, check it, and unpack it.

    Run the same command again where it was broken off: it goes on from there.
    """
    from serkit.corpora import check_download, get
    from serkit.corpora import download as fetch_corpus

    corpus = get(name)
    target = to or Path(os.environ.get("SERKIT_DATA") or "data") / name
    lacking = check_download(corpus, target)
    say(f"{corpus.title}: licence {corpus.licence}, from {corpus.homepage}")
    say(f"{lacking / 1e6:,.0f} MB are to be fetched, for {target}")
    if not yes:
        if not _someone_there():
            raise UsageError("add --yes to say that you accept the licence; nobody can be asked here")
        typer.confirm("Do you accept the licence?", abort=True, err=True)
    with counting(f"fetching {name}", sum(archive.size for archive in corpus.archives), data=True) as tell:
        try:
            fetch_corpus(corpus, target, tell)
        except KeyboardInterrupt:
            say("serkit: stopped; what arrived is kept, and the same command goes on from there")
            raise typer.Exit(130) from None
    out.print(f"{name} in {target}: {corpus.size:,} utterances", markup=False)


def _someone_there() -> bool:
    return sys.stdin.isatty()
