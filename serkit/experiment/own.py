"""A recipe on people's own data: its system, on their recordings, under a protocol that these allow."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from serkit.corpora import own
from serkit.corpora.own import OwnCorpus
from serkit.errors import Notice, UsageError
from serkit.experiment import _given
from serkit.experiment.plan import HOME, Machine, start
from serkit.experiment.train import score_test as score
from serkit.experiment.train import train
from serkit.protocols import fitting
from serkit.recipe import catalogue, schema
from serkit.recipe.baseline import Baseline
from serkit.recipe.schema import AnyRecipe
from serkit.recipe.training import VALUE_LOSSES
from serkit.runs import Run
from serkit.types import Utterance


def recipe(name: str, data: OwnCorpus, root: Path, overrides: Sequence[str] = ()) -> AnyRecipe:
    """The recipe called `name`, or the one that the system of that name stands for, on `data` at `root` in place of its corpus.

    A recipe that lays out a table itself is taken as it is, if `data` has no layout. Of any other, what it says of its own
    corpus and of published figures is left out. The protocol is the one that the data allows: its own
    split, else folds over groups of speakers, else, with a Notice, random folds. `overrides` are put over all that. Raises
    CorpusError for data that cannot be learned from, and RecipeError.
    """
    base = catalogue.home(name) or name
    values = catalogue.load(base)
    bad = {"skip_bad": True} if data.layout.skip_bad else {}
    choice = values.get("corpus")
    laid = choice.get("table") if isinstance(choice, dict) else None
    if isinstance(laid, dict) and replace(data.layout, skip_bad=False) == own.Layout():
        values["corpus"] = {**values["corpus"], "table": laid | bad}
        chosen = schema.resolve(values, base, overrides)
        _tell_voices(root, chosen, chosen.corpus.corpus.read(root))
        return chosen
    utterances = data.read(root)
    if not data.target:
        fitting.check_labels(data, root, utterances)
    for key in ("notes", "published"):
        values.pop(key, None)
    layout = {key: value for key, value in asdict(data.layout).items() if value not in (None, {}) and key != "skip_bad"} | bad
    values["corpus"] = {"name": data.name, "table": layout} | ({"target": data.target} if data.target else {})
    if not any(override.partition("=")[0].strip() == "protocol" for override in overrides):
        values["protocol"] = fitting.protocol(root, utterances)
    system = values.get("model") or values.get("classifier")
    if isinstance(system, dict):
        values["title"] = f"{system.get('type')} as in the recipe {base}, on {data.name}"
    training = values.get("training")
    if isinstance(training, dict) and data.target and training.get("loss") not in VALUE_LOSSES:
        training.pop("label_smoothing", None)
        training["loss"] = "l1"
    chosen = schema.resolve(values, base, overrides)
    _tell_voices(root, chosen, utterances)
    return chosen


def fit(
    table: Any,
    system: str,
    *,
    label: str | None = None,
    speaker: str | None = None,
    target: str | None = None,
    columns: Mapping[str, str] | None = None,
    map: Mapping[str, str] | None = None,
    own_labels: bool = False,
    skip_bad: bool = False,
    root: Path | str | None = None,
    name: str | None = None,
    out: Path | str | None = None,
    options: Sequence[str] = (),
    seeds: Sequence[int] = (0,),
    final: bool = False,
    score_test: bool = False,
    jobs: int = 1,
    device: str = "auto",
    threads: int | None = None,
) -> Run:
    """Train a system, or a recipe, on people's own data; see `serkit train` and docs/your_data.md.

    `table` is the path of a table or folder, a pandas DataFrame, or rows as a list of mappings; of the last two a copy is kept
    as CSV beside the Run, whose relative paths start at the current folder, or at `root`. `label`, `speaker` and `columns` (by
    field) name columns or patterns of file names, `map` says what words mean, `target` names a scale in place of emotions.
    `skip_bad` leaves out recordings that are missing, unreadable or silent, and says so in a Notice.
    `options` are values of the recipe such as "training.epochs=5". `final` trains one model on all data. With neither `final`
    nor `score_test` the Run has validation scores alone.

    Raises a SerkitError, in one line, for whatever is wrong with the table, the recipe or the folder `out`. What fails before
    its first epoch leaves nothing behind.
    """
    if final and score_test:
        raise UsageError("final trains on all data and leaves no test set; leave out one of the two")
    _given.check_arguments({"columns": columns, "map": map}, options, device)
    _given.check_numbers(seeds, jobs, threads)
    where = Path(out) if out else None
    was_there = _given.free(where)
    given = {"label": label, "speaker": speaker} | dict(columns or {})
    with own.in_python(), _given.Traces() as traces:
        path, base = _given.table_of(table, where.parent if where else HOME, traces)
        if root:
            base = Path(root)
        layout = own.Layout(
            {each: column for each, column in given.items() if column is not None},
            dict(map or {}),
            own_labels,
            base.absolute() if base else None,
            skip_bad,
        )
        chosen = recipe(system, own.corpus(name or path.resolve().stem, layout, target), path, options)
        if final and isinstance(chosen, Baseline):
            raise UsageError(f"final: a baseline ({chosen.system}) leaves no model; it is there to be compared with")
        machine = Machine.resolve(device, 1, threads, jobs, schema.precision_of(chosen))
        if where is None or where.parent == HOME:
            traces.below(HOME)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Notice)  # the table is read again, and has told already
            plan = start(run_name(chosen), chosen, machine, seeds, where, path, "serkit.fit")
        traces.begin(plan.run.folder, was_there)
        train(plan, final=final, jobs=jobs, notify=traces.notify)
        if score_test:
            score(plan, plan.run.folder.parent / "ledger.csv", "serkit.fit", lambda _: None)
    return plan.run


def run_name(chosen: AnyRecipe) -> str:
    """What a Run of people's own data calls its recipe: no recipe of ours is called so."""
    return f"{chosen.system}/own/{chosen.corpus.name}"


def _tell_voices(root: Path, chosen: AnyRecipe, utterances: Sequence[Utterance]) -> None:
    """Warn where speakers who may stand on both sides tell the labels; of few speakers reading the table has warned."""
    if not (chosen.protocol.speaker_independent or chosen.corpus.target):
        own.tell_voices(root, utterances, dependent=True)
