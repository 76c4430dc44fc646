"""Carrying out a plan: every fold of every seed trained and recorded, side by side where asked; the test scored once."""

import json
import math
import multiprocessing
import os
import shutil
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import cast

from serkit import files, runs
from serkit.errors import Notice, RunError, SerkitError, UsageError
from serkit.experiment import recordings
from serkit.experiment.baseline import run_all as run_baselines
from serkit.experiment.baseline import score_all as score_baselines
from serkit.experiment.plan import Plan
from serkit.experiment.task import run_all, score_all
from serkit.recipe.baseline import Baseline
from serkit.report import Summary, summary
from serkit.runs import FINAL, Progress, Run, Task
from serkit.train.processes import unheard_interrupts

Notify = Callable[[Progress], None]


def train(plan: Plan, *, final: bool, jobs: int, notify: Notify) -> None:
    """Train what is not trained yet: the folds of all seeds, or with `final` one system on all data.

    Folds and seeds run in `jobs` processes. Raises RunError where another training has the folder or a process died, and
    UsageError for a final baseline: it has no model to keep. A new Run of which nothing was trained when it fails is removed,
    so that the same command can be given again.
    """
    try:
        _train(plan, final, jobs, notify)
    except Exception:
        if plan.new:
            _forget(plan.run)
        raise


def _train(plan: Plan, final: bool, jobs: int, notify: Notify) -> None:
    if final and isinstance(plan.recipe, Baseline):
        raise UsageError(f"--final: a baseline ({plan.recipe.system}) leaves no model; it is there to be compared with")
    with runs.lock(plan.run.folder):
        _refuse_edited(plan.run)
        recordings.keep(plan.run, plan.utterances)
        done = {(result.fold, result.seed) for result in plan.run.results()}
        folds = (FINAL,) if final else plan.run.info.folds
        seeds = plan.run.info.seeds[:1] if final else plan.run.info.seeds
        left = [Task(fold, seed) for seed in seeds for fold in folds if (fold, seed) not in done]
        if isinstance(plan.recipe, Baseline):
            run_baselines(plan, left, jobs, notify)
        elif jobs == 1 or len(left) < 2:
            run_all(plan, left, notify)
        else:
            _side_by_side(plan, left, min(jobs, len(left)), notify)
        plan.run.collect()
        _choose_model(plan)


def _forget(run: Run) -> None:
    """Remove a Run's folder, with all that serkit put there, unless something was trained in it."""
    if any(path.is_file() for path in (run.folder / "folds").rglob("*")):
        return
    shutil.rmtree(run.folder / "folds", ignore_errors=True)
    with suppress(OSError):  # then it stays, and says itself how to go on
        for name in ("functionals.npy", "predictions.csv", "recordings.csv", "SHA256SUMS", "run.json", "recipe.toml", ".lock"):
            (run.folder / name).unlink(missing_ok=True)
        run.folder.rmdir()


def score_test(plan: Plan, ledger: Path, command: str, notify: Notify) -> None:
    """Predict the test utterances of every fold and seed with the weights that were kept, and enter that in the ledger.

    What was scored before stays and is not entered again. Raises RunError where training is not complete.
    """
    run, info = plan.run, plan.run.info
    if not run.complete():
        raise RunError(
            f"{run.folder}: its training is not complete; continue it with 'serkit train --resume --out {run.folder}'"
        )
    with runs.lock(run.folder):
        _refuse_edited(run)
        tasks = [Task(fold, seed) for seed in info.seeds for fold in info.folds]
        left = [each for each in tasks if not (run.fold(each.fold, each.seed) / "test.csv").is_file()]
        (score_baselines if isinstance(plan.recipe, Baseline) else score_all)(plan, left, notify)
        run.collect()
        _choose_model(plan)
        told = summary(run)
        entered = run.folder / "scored.json"
        if entered.is_file() or told.part is None:
            return
        entry = {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "run": info.id,
            "recipe": info.recipe,
            "protocol": info.protocol,
            "seeds": " ".join(map(str, info.seeds)),
            "n": "",
            "wa": "",
            "ua": "",
            "command": command,
            "mae": "",
            "ccc": "",
        }
        entry |= _scores(told)
        runs.append_ledger(ledger, entry)
        runs.write(entered, json.dumps(entry | {"ledger": str(ledger)}, indent=2) + "\n")


def _refuse_edited(run: runs.Run) -> None:
    """A Run goes on, or has its test scored, as it was begun and trained. Raises RunError where it was changed."""
    if run.edited:
        raise RunError(
            f"{run.folder}: changed after it was written: {', '.join(run.edited)}; put that back, or start a new Run"
        )


def _scores(told: Summary) -> dict[str, str]:
    """What a ledger says of a score: WA and UA of emotions, MAE and CCC of values, empty where one does not exist."""
    if told.scores:
        return {"n": str(told.scores.n), "wa": f"{told.scores.wa.value:.4f}", "ua": f"{told.scores.ua.value:.4f}"}
    if told.values:
        ccc = told.values.ccc.value
        error = f"{told.values.mae.value:.4f}"
        return {"n": str(told.values.n), "mae": error, "ccc": f"{ccc:.4f}" if math.isfinite(ccc) else ""}
    return {}


def _choose_model(plan: Plan) -> None:
    """The model that stands for the Run: the one on all data, or the only one there is."""
    info = plan.run.info
    chosen = plan.run.fold(FINAL, info.seeds[0]) / "model.onnx"
    if not chosen.is_file() and len(info.folds) == len(info.seeds) == 1:
        chosen = plan.run.fold(info.folds[0], info.seeds[0]) / "model.onnx"
    if chosen.is_file():
        files.write(plan.run.model_file, chosen.read_bytes())


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a worker says when it stops early: an error of the file system as it is, any other by its message."""

    error: OSError | str


@dataclass(frozen=True, slots=True)
class _Said:
    """A notice of a worker's."""

    notice: str


def _work(plan: Plan, own: Sequence[Task], teller: Connection) -> None:
    """One process's share of the tasks. Its notices are the parent's to give."""

    def tell(message: Warning | str, category: type[Warning], *_place: object, **_: object) -> None:
        if issubclass(category, Notice):
            teller.send(_Said(str(message)))

    warnings.simplefilter("always", Notice)
    warnings.showwarning = tell
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        run_all(plan, own, teller.send)
    except SerkitError as error:
        teller.send(_Failure(str(error)))
    except OSError as error:
        teller.send(_Failure(error))


def _end_with_parent() -> None:
    """A worker whose parent was killed would train on in a folder that nobody holds any more."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _side_by_side(plan: Plan, left: Sequence[Task], jobs: int, notify: Notify) -> None:
    """The tasks dealt out to processes of their own, each with its own threads."""
    context = multiprocessing.get_context("spawn")
    failures: list[OSError | str] = []
    workers, listeners = [], []
    for number in range(jobs):
        # A pipe for each, and no queue for all: a process that dies while it holds a queue's lock would stop everyone.
        listener, teller = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(plan, left[number::jobs], teller), daemon=True)
        with unheard_interrupts():
            worker.start()
        teller.close()  # the worker has its own end, and its end alone says that it lives
        workers.append(worker)
        listeners.append(listener)
    with _ending(workers):
        for event in _heard(listeners):
            if isinstance(event, _Failure):
                failures.append(event.error)
            elif isinstance(event, _Said):
                warnings.warn(event.notice, Notice, stacklevel=2)
            else:
                notify(event)
        for worker in workers:
            worker.join()
    for failure in failures:
        raise failure if isinstance(failure, OSError) else RunError(failure)
    if died := [worker for worker in workers if worker.exitcode]:
        raise RunError(
            f"{plan.run.folder}: a training process ended with status {died[0].exitcode}; "
            f"continue with 'serkit train --resume --out {plan.run.folder}'"
        )


def _heard(listeners: Sequence[Connection]) -> Iterator[Progress | _Failure | _Said]:
    """What the workers tell, until the last of them has ended."""
    alive = list(listeners)
    while alive:
        for ready in wait(alive):
            try:
                yield cast(Connection, ready).recv()
            except (EOFError, OSError):  # it ended, or was killed in the middle of a word
                alive.remove(cast(Connection, ready))


@contextmanager
def _ending(workers: Sequence[SpawnProcess]) -> Iterator[None]:
    """Workers that end when the block does, however it does."""
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()
