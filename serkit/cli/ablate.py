"""`serkit ablate`: a system's ablations, sweeps and other readings, trained one after the other and told in one table."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.cli._console import out, print_json, say, table
from serkit.cli._options import Cache, Set, named_corpus, typed
from serkit.errors import UsageError

if TYPE_CHECKING:
    from serkit.report.ablation import Ablation


def ablate(
    system: Annotated[str, typer.Argument(help="A system of 'serkit systems list'.", metavar="SYSTEM")],
    corpus: Annotated[
        str | None, typer.Option(help="The corpus (default: that of the system's ablations).", metavar="NAME[=ROOT]")
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Another protocol, such as leave_one_speaker_out or {type='k_fold',k=5}.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="How many seeds, from 0 on.", min=1, max=1000)] = 3,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="One ablation beside the whole system; again for more.", metavar="NAME")
    ] = None,
    set: Set = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Where the Runs are (default: below runs/ablations/).", metavar="FOLDER")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Train nothing: tell what is there.")] = False,
    score_test: Annotated[
        bool, typer.Option("--score-test", help="Also score the test sets, once, and enter that in the ledger.")
    ] = False,
    ledger: Annotated[Path | None, typer.Option(help="Where uses of test data are entered (default: beside the Runs).")] = None,
    jobs: Annotated[int, typer.Option(help="Folds and seeds trained side by side.", min=1, max=1024)] = 1,
    threads: Annotated[int | None, typer.Option(help="Threads of each training.", min=1, max=1024)] = None,
    cache: Cache = None,
    markdown: Annotated[Path | None, typer.Option(help="Also write the table to this file.", metavar="FILE.md")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Train a family: the whole system, each of its ablations, sweeps and other readings; print one table of all.

    What was trained before is not trained again, what was stopped goes on. Scores are of validation data until --score-test.
    """
    if show and score_test:
        raise UsageError("--show tells what is there and scores nothing; leave out --score-test")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # see serkit.cli.train
    from serkit import experiment, files
    from serkit.cli._training import Watch
    from serkit.experiment import ablation as experiments
    from serkit.recipe import schema
    from serkit.report import ablation as reports

    for path in filter(None, (ledger, markdown)):
        files.target(path)
    name, root = named_corpus(corpus) if corpus else (None, None)
    family = experiments.family(system, name, protocol, set or [], only or [], out_folder)
    try:
        for number, each in enumerate(() if show else family.recipes, 1):
            recipe = family.recipes[each][1]
            say(f"{number} of {len(family.recipes)}: {recipe.title}")
            machine = experiment.Machine.resolve("auto", 1, threads, jobs, recipe.training.precision)
            plan = experiments.plan(family, each, machine, range(seeds), root, typed(), cache)
            with Watch(plan.run, schema.epochs_of(recipe), False, jobs) as watch:
                experiment.train(plan, final=False, jobs=jobs, notify=watch)
                if score_test:
                    experiment.score_test(plan, ledger or family.folder / "ledger.csv", typed(), watch)
    except KeyboardInterrupt:
        say("serkit: stopped; the same command goes on from there")
        raise typer.Exit(130) from None
    found = reports.ablation(experiments.members(family))
    if markdown:
        files.write(markdown, reports.markdown(found, system, typed()))
    if json:
        print_json(found.to_dict())
    else:
        _show(found, family.folder)


def _show(found: "Ablation", folder: Path) -> None:
    """The table, and where its Runs lie."""
    from serkit.report import ablation as reports

    columns = ("ablation", "WA", "UA", "WA to the whole", "p", "parameters", "mult-adds", "ms a clip", "what")
    rows = [(*reports.cells(line), line.member.title) for line in found.lines]
    out.print(table(None, columns, rows, right=columns[4:8]))
    out.print(f"\n{reports.note(found)}", markup=False)
    out.print(f"Runs: {folder}", markup=False)
