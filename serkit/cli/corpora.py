"""`serkit corpora`: which corpora there are, what is known about them, and whether a copy is sound."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from serkit.cli._console import counting, out, paged, print_json, say, table, visible
from serkit.cli._copies import copy_of, indexed
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

app = typer.Typer(no_args_is_help=True, help="List, describe, download, check, measure and draw the corpora.")

Name = Annotated[str, typer.Argument(help="A corpus of 'serkit corpora list'.")]
Root = Annotated[Path | None, typer.Argument(help="Its folder; without one SERKIT_DATA and data/ are searched.")]
Given = Annotated[
    str, typer.Argument(help="A corpus of 'serkit corpora list', or data of your own.", metavar="NAME[=ROOT]|TABLE|FOLDER")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

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
    with paged():
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
def check(
    name: Given,
    place: Root = None,
    json: Json = False,
    path: PathColumn = None,
    label: LabelColumn = None,
    speaker: SpeakerColumn = None,
    column: Columns = None,
    target: Target = None,
    words: Map = None,
    own_labels: OwnLabels = False,
    root: AudioRoot = None,
) -> None:
    """Decode every file and name each that is missing, unexpected, misnamed, unreadable, silent, double, or of another rate.

    Labels and speakers whose number of utterances is not the published one are named too; of your own data, what becomes of
    each word, and utterances below 0.3 s or beyond a minute. Utterances ten times as long as the median one, or as short, are
    told and count as no problem. Many files with one same problem are one line; --json names them all.
    Exit status 1 if there are problems other than the known defects of the released corpus.
    """
    from serkit.cli import _problems
    from serkit.corpora import check as check_corpus

    copy = copy_of(name, place, layout(path, label, speaker, column, words, own_labels, root), target)
    with counting(f"decoding {copy.corpus.name}", copy.corpus.size) as tell:
        problems = [*(copy.words.problems if copy.words else ()), *check_corpus(copy.corpus, copy.root, tell)]
    sound = all(problem.known or problem.remark for problem in problems)
    if json:
        found = {"corpus": copy.corpus.name, "root": str(copy.root), "sound": sound}
        told = {"words": _problems.words_json(copy.words)} if copy.words else {}
        print_json(found | told | {"problems": _problems.as_json(problems)})
    else:
        if copy.words:
            _problems.show_words(copy.words)
        _problems.show(problems, copy.corpus.name, copy.root)
    if not sound:
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
    out.print(visible(f"{len(utterances)} utterances of {found.name}: {written}"), markup=False)


@app.command()
def stats(
    name: Given,
    place: Root = None,
    json: Json = False,
    path: PathColumn = None,
    label: LabelColumn = None,
    speaker: SpeakerColumn = None,
    column: Columns = None,
    target: Target = None,
    words: Map = None,
    own_labels: OwnLabels = False,
    root: AudioRoot = None,
) -> None:
    """Tell how long the utterances of a copy are, all together and by label, from the headers of its files.

    Headers are kept in the user's cache folder (SERKIT_CACHE, where it is set) and read again where a file has changed.
    Exit status 1 if a header cannot be read.
    """
    copy = copy_of(name, place, layout(path, label, speaker, column, words, own_labels, root), target)
    corpus, found = copy.corpus, indexed(copy)
    if not found.entries and not found.unreadable:
        raise CorpusError(f"{copy.root} holds no recording of {corpus.name}; expected {corpus.size} such as {corpus.example}")
    labels = copy.words.kept if copy.words else corpus.counts
    facts = {"corpus": corpus.name, "root": str(copy.root), "published": corpus.size, **durations_of(found, labels)}
    if json:
        print_json(facts)
    else:
        show_durations(facts)
    if found.unreadable:
        raise typer.Exit(1)


@app.command()
def plot(
    name: Given,
    place: Root = None,
    page: Annotated[
        Path | None, typer.Option("--out", help="An .html, .png or .svg file (default: NAME.html).", metavar="FILE")
    ] = None,
    path: PathColumn = None,
    label: LabelColumn = None,
    speaker: SpeakerColumn = None,
    column: Columns = None,
    target: Target = None,
    words: Map = None,
    own_labels: OwnLabels = False,
    root: AudioRoot = None,
) -> None:
    """Draw a copy on one page: durations by label, utterances by speaker and label, and how loud they are."""
    from serkit import files
    from serkit.corpora import hear_all
    from serkit.errors import AudioError
    from serkit.report import corpus as drawing

    copy = copy_of(name, place, layout(path, label, speaker, column, words, own_labels, root), target)
    corpus, again = copy.corpus, f"'serkit corpora check {name}{f' {place}' if place else ''}'"
    to = page or Path(f"{corpus.name}.html")
    if to.suffix.lower() not in drawing.FORMATS:
        raise UsageError(f"--out {to}: give it a name that ends with {', '.join(drawing.FORMATS)}")
    files.target(to)
    found = indexed(copy)
    with counting(f"decoding {corpus.name}", len(found.entries)) as tell:
        heard = hear_all([entry.utterance for entry in found.entries], tell)
    clips = [
        drawing.Clip(entry.utterance, entry.duration, hearing.level, hearing.peak)
        for entry, hearing in zip(found.entries, heard, strict=True)
        if not isinstance(hearing, AudioError)
    ]
    if not clips:
        raise CorpusError(f"{copy.root} holds no readable recording of {corpus.name}; see {again}")
    files.write(to, drawing.draw(corpus, clips, to.suffix.lower()))
    out.print(visible(f"page: {to}"), markup=False)
    if left_out := len(found.entries) + len(found.unreadable) - len(clips):
        say(f"serkit: note: {left_out} unreadable files are left out; {again} names them")


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
