"""Baselines, fold after fold: functionals once for all utterances, a cost chosen on validation, rows of predictions."""

import io
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from serkit import files, runs
from serkit.cache import Cache
from serkit.errors import CorpusError, RunError
from serkit.experiment.plan import Plan
from serkit.experiment.task import Notify
from serkit.recipe.baseline import UNINFORMED, Baseline
from serkit.runs import Part, Progress, Result, Task
from serkit.train import classical, evaluate
from serkit.train.extract import Work, fill, functionals
from serkit.train.vectors import dim_of
from serkit.types import Utterance

CHOICE = "choice.json"
"""In the folder of a fold: the cost, and the validation accuracy of every cost that was tried."""


def run_all(plan: Plan, tasks: Sequence[Task], jobs: int, notify: Notify) -> None:
    """Choose a cost for each task, and predict its validation part. Functionals are computed in `jobs` processes."""
    for task in tasks:
        began = time.monotonic()
        fold, folder, classes = plan.fold(task), plan.run.fold(task.fold, task.seed), len(plan.run.info.labels)
        folder.mkdir(parents=True, exist_ok=True)
        train, validation = (_part(plan, part, task, jobs, notify) for part in (fold.train, fold.validation))
        chosen, best, trials = classical.choose(_recipe(plan).classifier, train, validation, classes)
        choice = {"cost": best.cost, "tried": [asdict(each) for each in trials]}
        runs.write(folder / CHOICE, json.dumps(choice, indent=2) + "\n")
        _write(plan, task, fold.validation, chosen.probabilities(validation.values), "validation")
        result = Result(
            fold=task.fold,
            seed=task.seed,
            best_epoch=0,
            epochs=0,
            seconds=time.monotonic() - began,
            train_utterances=len(fold.train),
            validation_utterances=len(fold.validation),
            test_utterances=len(fold.test),
            test_speakers=tuple(sorted({each.speaker for each in fold.test})),
        )
        runs.write_result(folder / "result.json", result)
        notify(Progress(task, "finished", 0, 0))


def score_all(plan: Plan, tasks: Sequence[Task], notify: Notify) -> None:
    """Predict the test part of each task with the cost that was chosen."""
    jobs = 1  # the functionals are there, from the choice of the cost
    recipe, classes = _recipe(plan), len(plan.run.info.labels)
    for task in tasks:
        fold = plan.fold(task)
        learned = fold.train + fold.validation if recipe.refit else fold.train
        train, test = (_part(plan, part, task, jobs, notify) for part in (learned, fold.test))
        (fitted,) = classical.fit(recipe.classifier, train, classes, [_cost(plan, task)])
        _write(plan, task, fold.test, fitted.probabilities(test.values), "test")


def _cost(plan: Plan, task: Task) -> float:
    path = plan.run.fold(task.fold, task.seed) / CHOICE
    try:
        cost = json.loads(path.read_text(encoding="utf-8"))["cost"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        cost = None
    if cost not in classical.costs_of(_recipe(plan).classifier):
        raise RunError(f"{path}: missing or damaged, and the test is scored with what it holds; start a new Run")
    return float(cost)


def _write(plan: Plan, task: Task, part: Sequence[Utterance], found: npt.NDArray[np.float64], name: Part) -> None:
    rows = evaluate.rows(found, part, plan.run.info.labels, task.fold, task.seed, name)
    runs.write_rows(plan.run.fold(task.fold, task.seed) / f"{name}.csv", rows, plan.run.info.labels)


def _part(plan: Plan, part: Sequence[Utterance], task: Task, jobs: int, notify: Notify) -> classical.Part:
    """Functionals and targets of some utterances."""
    order = {each.id: at for at, each in enumerate(plan.utterances)}
    values = _functionals(plan, task, jobs, notify)[[order[each.id] for each in part]]
    labels, target = plan.run.info.labels, _recipe(plan).corpus.target
    targets = [each.values[target] if target else labels.index(each.label) for each in part]
    return classical.Part(values.astype(np.float64), np.array(targets))


def _functionals(plan: Plan, task: Task, jobs: int, notify: Notify) -> npt.NDArray[np.float32]:
    """Those of all utterances (n, dim), kept in the Run folder since openSMILE takes a minute for a thousand."""
    path, config, n = plan.run.folder / "functionals.npy", _recipe(plan).functionals, len(plan.utterances)
    if isinstance(_recipe(plan).classifier, UNINFORMED):
        return np.zeros((n, 1), np.float32)
    if path.is_file():
        try:
            kept: npt.NDArray[np.float32] = np.load(path, allow_pickle=False)
        except (OSError, EOFError, ValueError):
            raise RunError(f"{path}: damaged; remove it") from None
        if kept.shape == (n, dim_of(config)):
            return kept
        raise RunError(f"{path}: holds {kept.shape}, not ({n}, {dim_of(config)}); remove it")
    done = count(1)
    with TemporaryDirectory() as temporary:
        work = Work(plan.recipe, plan.cache or Path(temporary), seeds=())
        failures = fill(work, plan.utterances, jobs, lambda: notify(Progress(task, "features", next(done), n)))
        if failures:
            raise CorpusError(failures[0].reason)
        kept_in = Cache(work.folder)
        values = np.concatenate([functionals(config, each, kept_in).values for each in plan.utterances])
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    files.write(path, stream.getvalue())
    return values


def _recipe(plan: Plan) -> Baseline:
    assert isinstance(plan.recipe, Baseline)
    return plan.recipe
