"""`serkit train`: a recipe on a corpus, to a Run folder."""

import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serkit import files
from serkit.cli._before import check
from serkit.cli._console import out, say
from serkit.cli._options import (
    AudioRoot,
    Cache,
    Columns,
    Corpus,
    LabelColumn,
    Map,
    OwnLabels,
    PathColumn,
    Set,
    SkipBad,
    SpeakerColumn,
    Target,
    corpus_root,
    layout,
    own_corpus,
    typed,
)
from serkit.errors import UsageError

if TYPE_CHECKING:
    from serkit.corpora.own import OwnCorpus
    from serkit.recipe.schema import AnyRecipe
    from serkit.runs import Run

Recipe = Annotated[
    str | None,
    typer.Argument(
        help="A recipe of 'serkit recipes list', or a path; a system such as amsnet stands for its own.",
        metavar="RECIPE|SYSTEM",
    ),
]
Out = Annotated[Path | None, typer.Option(help="The Run folder (default: below runs/).")]
Seed = Annotated[list[int] | None, typer.Option("--seed", help="A seed (default 0); again for more.", min=0)]
Resume = Annotated[bool, typer.Option("--resume", help="Continue the Run in --out, as it was begun.")]
Final = Annotated[bool, typer.Option("--final", help="Train one model on all data: no validation, no test.")]
ScoreTest = Annotated[bool, typer.Option("--score-test", help="Also score the test set, once, and enter that in the ledger.")]
Ledger = Annotated[Path | None, typer.Option(help="Where uses of test data are entered (default: ledger.csv beside the Run).")]
Jobs = Annotated[int, typer.Option(help="Folds and seeds trained side by side.", min=1, max=1024)]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Devices = Annotated[int, typer.Option(help="Devices for one training.", min=1, max=1024)]
Threads = Annotated[int | None, typer.Option(help="Threads of each training (default: all cores, shared).", min=1, max=1024)]


def train(
    recipe: Recipe = None,
    corpus: Corpus = None,
    out: Out = None,
    set: Set = None,
    seed: Seed = None,
    resume: Resume = False,
    final: Final = False,
    score_test: ScoreTest = False,
    ledger: Ledger = None,
    jobs: Jobs = 1,
    device: Device = "auto",
    devices: Devices = 1,
    threads: Threads = None,
    cache: Cache = None,
    path: PathColumn = None,
    label: LabelColumn = None,
    speaker: SpeakerColumn = None,
    column: Columns = None,
    target: Target = None,
    words: Map = None,
    own_labels: OwnLabels = False,
    root: AudioRoot = None,
    skip_bad: SkipBad = False,
) -> None:
    """Train a recipe's folds and seeds, and record everything in a Run folder.

    Choices see validation data alone; the test set stays unseen until --score-test, which can also be asked of a finished Run.
    """
    own = (path, label, speaker, column, words, own_labels, root, skip_bad)
    if resume and out is None:
        raise UsageError("--resume needs the Run's folder: --out DIR")
    if resume and any((recipe, set, seed, threads, device != "auto", devices != 1, target, *own)):
        raise UsageError(
            "--resume continues a Run as it was begun; leave out recipe, --set, --seed, --threads, --device and columns"
        )
    if not resume and recipe is None:
        raise UsageError("name a recipe ('serkit recipes list' shows all), or continue a Run with --resume --out DIR")
    if final and score_test:
        raise UsageError("--final trains on all data and leaves no test set; score the folds' Run without --final")
    if seed and len(frozenset(seed)) < len(seed):
        raise UsageError(f"--seed: {', '.join(map(str, seed))} names a seed twice")
    if ledger:
        files.target(ledger)
    found = own_corpus(corpus, layout(*own), target) if recipe else None
    if recipe:
        check(recipe, corpus, found, set or [])
    # Threads that wait by spinning take the cores from whatever else runs: a training of two threads beside another load then
    # takes three to four times as long. Read when torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from serkit import experiment
    from serkit.cli._training import Watch
    from serkit.recipe import schema

    if recipe is None:
        assert out is not None
        plan = experiment.resume(out, lambda name: corpus_root(corpus, name))
    else:
        name, chosen, place = _of_own(recipe, *found, set) if found else _of_ours(recipe, corpus, set)
        machine = experiment.Machine.resolve(device, devices, threads, jobs, schema.precision_of(chosen))
        plan = experiment.start(name, chosen, machine, seed or [0], out, place, typed())
    plan = replace(plan, cache=cache)
    run = plan.run
    try:
        with Watch(run, schema.epochs_of(plan.recipe), final, jobs) as watch:
            experiment.train(plan, final=final, jobs=jobs, notify=watch)
            if score_test:
                experiment.score_test(plan, ledger or run.folder.parent / "ledger.csv", typed(), watch)
    except KeyboardInterrupt:
        say(f"serkit: stopped; continue with: serkit train --resume --out {shlex.quote(str(run.folder))}")
        raise typer.Exit(130) from None
    _tell(run, final)


def _of_ours(recipe: str, corpus: str | None, changes: list[str] | None) -> "tuple[str, AnyRecipe, Path | None]":
    """A recipe, or that of a system, on the corpus that it is written for: its name, itself, and where the corpus lies."""
    from serkit.recipe import catalogue, schema

    name = catalogue.home(recipe) or recipe
    chosen = schema.load(name, changes or [])
    return name, chosen, corpus_root(corpus, chosen.corpus.name)


def _of_own(recipe: str, data: "OwnCorpus", root: Path, changes: list[str] | None) -> "tuple[str, AnyRecipe, Path | None]":
    """A recipe, or that of a system, on people's own data."""
    from serkit.experiment import own

    chosen = own.recipe(recipe, data, root, changes or [])
    return own.run_name(chosen), chosen, root


def _tell(run: "Run", final: bool) -> None:
    """What came out, and what to do next."""
    folder = shlex.quote(str(run.folder))
    if final:
        out.print(f"one model on all data, never scored: {run.model_file}", markup=False)
    else:
        from serkit.cli._scores import show
        from serkit.report import summary

        show(summary(run), run.info)
        out.print(f"next: serkit report {folder}", markup=False)
    if run.model_file.is_file():
        out.print(f"try:  serkit predict RECORDING --model {folder}", markup=False)
