"""`serkit features`: the front-ends, what is kept of them, and what they see in a recording."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from serkit.cli._console import out, print_json, progress, say, table, visible
from serkit.cli._options import Cache, Corpus, Set, corpus_root
from serkit.errors import RecipeError, UsageError

app = typer.Typer(no_args_is_help=True, help="List the front-ends, compute features ahead of training, draw a recording.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_features(cache: Cache = None, json: Json = False) -> None:
    """List every front-end, and what a cache holds of each corpus."""
    found = _front_ends()
    kept = _kept(cache) if cache else []
    if json:
        print_json({"front_ends": found, "cache": str(cache) if cache else None, "kept": kept})
        return
    rows = [
        (each["type"], str(each["values"]), f"{1000 * each['hop']:.3g} ms" if each["hop"] else "-", each["what"])
        for each in found
    ]
    out.print(table(None, ("type", "values", "hop", "what a frame is"), rows, right=("values", "hop")))
    if cache:
        out.print(f"\nkept in {cache}{'' if kept else ': nothing'}", markup=False)
        if kept:
            columns = ("corpus", "type", "utterances", "entries", "size")
            sizes = [each | {"size": f"{each['bytes'] / 1e6:.1f} MB"} for each in kept]
            out.print(table(None, columns, [[str(each[key]) for key in columns] for each in sizes], right=columns[2:]))


def _front_ends() -> list[dict[str, Any]]:
    """Type, values of a frame at 16 kHz with default settings, hop in seconds, and what it is."""
    from pydantic import TypeAdapter

    from serkit.features import FEATURE_TYPES, AnyFeature, front_end
    from serkit.features.opensmile import OpenSmileConfig

    adapter: TypeAdapter[Any] = TypeAdapter(AnyFeature)
    found = []
    for name in FEATURE_TYPES:
        made = front_end(adapter.validate_python({"type": name}), 16000)
        found.append({"type": name, "values": made.dim, "hop": made.hop, "what": WHAT[name]})
    for name, what in OPENSMILE.items():
        config = OpenSmileConfig.model_validate({"set": name})
        found.append({"type": f"opensmile, {name}", "values": config.dim, "hop": None, "what": what})
    return found


SHOWN = 60.0
"""Seconds that a page shows of a recording where nobody says how much."""
LONGEST_PAGE = 600.0
"""Seconds of a recording that one page can show."""

WHAT = {
    "log_mel": "mel bands, in dB or as natural logarithm",
    "mfcc": "mel-frequency cepstral coefficients, with differences where asked",
    "prosody": "zero-crossing rate, energies, 13 MFCC, first and second differences (MPAF-CNN)",
    "hertz_grid": "log power every 10 Hz below 4 kHz (Bi-GRU system)",
    "pitch": "fundamental frequency, its strength, harmonics to noise, jitter, shimmer",
    "is10_lld": "the 38 descriptors of INTERSPEECH 2010 and their differences (AMSNet)",
    "functionals": "statistics over the frames of another front-end, one vector an utterance",
}
OPENSMILE = {
    "compare_2016": "openSMILE's functionals of ComParE 2016, one vector an utterance",
    "egemaps_v02": "openSMILE's functionals of eGeMAPS v02, one vector an utterance",
    "is10": "openSMILE's functionals of INTERSPEECH 2010, one vector an utterance",
}


def _kept(folder: Path) -> list[dict[str, Any]]:
    """For each corpus and front-end: utterances, entries and bytes."""
    from serkit.cache import Cache as Kept

    utterances: dict[tuple[str, str], set[str]] = {}
    entries: Counter[tuple[str, str]] = Counter()
    sizes: Counter[tuple[str, str]] = Counter()
    for _, about, size in Kept(folder).about():
        front_end = about.get("front_end", {})
        group = (str(about.get("corpus")), str(front_end.get("set") or front_end.get("type")))
        utterances.setdefault(group, set()).add(str(about.get("utterance")))
        entries[group] += 1
        sizes[group] += size
    return [
        {
            "corpus": group[0],
            "type": group[1],
            "utterances": len(utterances[group]),
            "entries": entries[group],
            "bytes": sizes[group],
        }
        for group in sorted(entries)
    ]


@app.command()
def extract(
    recipe: Annotated[str, typer.Argument(help="A recipe of 'serkit recipes list', or a path.", metavar="RECIPE")],
    cache: Cache = None,
    corpus: Corpus = None,
    set: Set = None,
    seed: Annotated[
        list[int] | None, typer.Option("--seed", help="A seed of noisy copies (default 0); again for more.", min=0)
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Processes side by side; 0 takes as many as there are cores.", min=0, max=1024)
    ] = 0,
    json: Json = False,
) -> None:
    """Compute all features of a recipe's corpus into a cache, where they are not there yet.

    A training with the same --cache then reads them. What was computed stays when this is stopped.
    """
    from serkit import experiment
    from serkit.recipe import schema
    from serkit.train import extract as extraction
    from serkit.train.processes import cores

    if cache is None:
        raise UsageError("name the folder that features are kept in: --cache DIR, or SERKIT_CACHE in the environment")
    chosen = schema.load(recipe, set or [])
    name = chosen.corpus.name
    if chosen.system == "majority":
        raise RecipeError(f"recipe {recipe}: a majority needs no features")
    utterances = experiment.utterances_of(chosen, chosen.corpus.locate(corpus_root(corpus, name)))
    workers = workers or cores()
    work = extraction.Work(chosen, cache, tuple(seed or [0]))
    try:
        with progress("computing features", len(utterances)) as advance:
            failures = extraction.fill(work, utterances, workers, advance)
    except KeyboardInterrupt:
        say("serkit: stopped; what was computed is kept, and the same command goes on from there")
        raise typer.Exit(130) from None
    for failure in failures:
        say(f"serkit: error: {failure.reason}")
    if json:
        failed = [{"utterance": each.utterance, "reason": each.reason} for each in failures]
        print_json({"cache": str(cache), "utterances": len(utterances), "failed": failed, "kept": _kept(cache)})
    else:
        out.print(f"{len(utterances) - len(failures)} of {len(utterances)} utterances of {name} in {cache}", markup=False)
    if failures:
        raise typer.Exit(1)


@app.command()
def plot(
    clip: Annotated[Path, typer.Argument(help="A recording.", metavar="CLIP")],
    png: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="The page, in place of what has that name (default: CLIP with .png in the working folder, if nothing has).",
            metavar="FILE.png",
        ),
    ] = None,
    start: Annotated[float, typer.Option(help="Where to begin, in seconds.", min=0)] = 0.0,
    end: Annotated[float | None, typer.Option(help="Where to end, in seconds (default: a minute on).", min=0)] = None,
) -> None:
    """Draw waveform, spectrogram, pitch and energy of a recording on one page: its first minute, or --start to --end."""
    from serkit import audio, files
    from serkit.report import clip as drawing

    last = start + SHOWN if end is None else end
    if last > start + LONGEST_PAGE:
        raise UsageError(f"--end {last:g}: a page shows {LONGEST_PAGE:g} s at most")
    waveform = audio.read(clip, start=start, end=last)
    path = _page_of(clip, png)
    seconds = start + waveform.duration
    whole = audio.info(clip).duration if seconds >= last - 0.01 else seconds  # a part that ends earlier ends with the file
    part = f"{start:g} to {seconds:.2f} s"
    if whole > seconds + 0.01:
        part = f"first {seconds:g} s" if not start else part
        part = f"{part} of {_minutes(whole)}"
    files.write(path, drawing.page(waveform, f"{visible(clip.name)}   {part}, {waveform.rate} Hz"))
    out.print(visible(f"page: {path if png else path.resolve()}"), markup=False)
    if end is None and whole > seconds + 0.01:
        out.print(f"it shows the {part}; --start and --end choose another part", markup=False)


def _page_of(clip: Path, png: Path | None) -> Path:
    """Where the page goes. Raises UsageError for a name of another kind, and for one that is taken and was not asked for."""
    path = png or Path(clip.with_suffix(".png").name)
    if path.suffix.lower() != ".png":
        raise UsageError(f"--out {path}: the page is a PNG file; give it a name that ends with .png")
    if path.exists() and path.samefile(clip):
        raise UsageError(f"--out {path}: this is the recording itself; give the page another name")
    if png is None and path.exists():
        raise UsageError(f"{path}: is there already; --out {path} writes over it, any other --out leaves it")
    return path


def _minutes(seconds: float) -> str:
    """
    >>> _minutes(192.4), _minutes(3723)
    ('3:12', '1:02:03')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
