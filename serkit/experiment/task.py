"""One training after another in one process: a fold and a seed from audio to history, predictions and model."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import torch
from lightning_fabric import Fabric

from serkit import audio, export, metrics, runs
from serkit.cache import Cache
from serkit.errors import ExportError, Notice, RunError
from serkit.experiment import recordings
from serkit.experiment.plan import Plan
from serkit.protocols import Fold
from serkit.protocols.copies import without_copy
from serkit.recipe import build
from serkit.recipe.schema import Recipe, epochs_of
from serkit.runs import FINAL, Epoch, Part, Progress, Result, Row, Task
from serkit.system import System
from serkit.train import checkpoint, evaluate, heap, loop
from serkit.train.examples import seed_of
from serkit.train.store import Notify as Tell
from serkit.train.store import Store
from serkit.types import Spec, Utterance, Waveform

CHECKED_CLIPS = 5


Notify = Callable[[Progress], None]


def run_all(plan: Plan, tasks: Sequence[Task], notify: Notify) -> None:
    """Train each task in turn; folds of one seed share their features."""
    torch.set_num_threads(plan.machine.threads)
    heap.keep()
    for seed, own in groupby(tasks, key=lambda task: task.seed):
        store = _store(plan, seed)
        for task in own:
            _train(plan, task, store, notify)


def score_all(plan: Plan, tasks: Sequence[Task], notify: Notify) -> None:
    """Predict the test part of each task, and write its scores into its model."""
    torch.set_num_threads(plan.machine.threads)
    for task in tasks:
        folder = plan.run.fold(task.fold, task.seed)
        system = _system(plan, task.seed)
        state = checkpoint.load(folder / "checkpoint", _fingerprint(plan, task))
        if state is None:
            raise RunError(
                f"{folder / 'checkpoint'}: missing or damaged, and the test is scored with what it holds; start a new Run"
            )
        system.load_state_dict(state.best)
        fold = plan.fold(task)
        rows = _predict(plan, task, system, _store(plan, task.seed), fold.test, "test", _reading(task, notify))
        _export(plan, task, system, fold, rows)
        # Last: where these rows are, the model has their scores.
        runs.write_rows(folder / "test.csv", rows, plan.run.info.labels)


def _train(plan: Plan, task: Task, store: Store, notify: Notify) -> None:
    """One training from audio to model; result.json last."""
    began = time.monotonic()
    folder, fold = plan.run.fold(task.fold, task.seed), plan.fold(task)
    recipe = _recipe(plan)
    noise = recipe.noise
    behind = noise.copies > 0 and (noise.placement == "train" or task.fold == FINAL)  # else they are utterances of the fold
    train = store.examples(fold.train, behind, _reading(task, notify), training=True)
    validation = store.examples(fold.validation, copies=False) if fold.validation else None
    system = _system(plan, task.seed)
    system.fit_normalizers(features for features, _ in train.batches(256, torch.device("cpu")))
    if system.destandardizer is not None:
        system.destandardizer.fit(train.targets)
    job = loop.Job(
        system=system,
        plan=recipe.training,
        augmentation=recipe.augmentation,
        train=train,
        validation=validation,
        folder=folder,
        fingerprint=_fingerprint(plan, task),
        seed=seed_of(task.seed, "training"),
        threads=plan.machine.threads,
    )

    most = epochs_of(recipe)

    def tell(epoch: Epoch) -> None:
        notify(Progress(task, "epoch", epoch.epoch, most, epoch))

    state = loop.launch(_fabric(plan), job, tell)
    system = system.to("cpu")
    system.load_state_dict(state.best)
    if fold.validation:
        rows = _predict(plan, task, system, store, fold.validation, "validation")
        runs.write_rows(folder / "validation.csv", rows, plan.run.info.labels)
    _export(plan, task, system, fold)
    result = Result(
        fold=task.fold,
        seed=task.seed,
        best_epoch=state.best_epoch,
        epochs=len(state.history),
        seconds=time.monotonic() - began,
        train_utterances=_recordings(fold.train),
        validation_utterances=_recordings(fold.validation),
        test_utterances=_recordings(fold.test),
        test_speakers=tuple(sorted({each.speaker for each in fold.test})),
    )
    runs.note(folder / "history.csv")
    runs.write_result(folder / "result.json", result)
    notify(Progress(task, "finished", len(state.history), most))


def _recordings(utterances: Sequence[Utterance]) -> int:
    """How many utterances, their noisy copies not counted."""
    return len({without_copy(each.id) for each in utterances})


def _predict(
    plan: Plan, task: Task, system: System, store: Store, utterances: Sequence[Utterance], part: Part, tell: Tell | None = None
) -> list[Row]:
    """One part's rows of predictions."""
    examples = store.examples(utterances, copies=False, notify=tell)
    if plan.run.info.task == "regression":
        found = evaluate.values(system, examples)
    else:
        found, _ = evaluate.probabilities(system, examples)
    return evaluate.rows(found, utterances, plan.run.info.labels, task.fold, task.seed, part)


def _reading(task: Task, notify: Notify) -> Tell:
    """Told of utterances, it tells of the task's progress."""
    return lambda done, total: notify(Progress(task, "features", done, total))


def _export(plan: Plan, task: Task, system: System, fold: Fold, test: Sequence[Row] = ()) -> None:
    """Write the task's model, with what it is and how it scored inside.

    Of several trainings, whose models nobody asked for, one may lack it, with a Notice: its scores are the system's own.
    """
    info, recipe = plan.run.info, _recipe(plan)
    spec = Spec(
        system=info.system,
        recipe=info.recipe,
        fingerprint=info.fingerprint,
        task=info.task,
        labels=info.labels,
        rate=recipe.rate,
        cut=recipe.cut.cut(),
        trained_on=recipe.corpus.corpus.sources(tuple({without_copy(each.id): each for each in fold.train}.values())),
        protocol=f"{info.protocol}, fold {task.fold}, seed {task.seed}",
        scores=_scores(plan, task, test),
        scale=info.scale,
    )
    path = plan.run.fold(task.fold, task.seed) / "model.onnx"
    if test and export.rescored(spec, path):
        return
    heard = fold.train + fold.validation
    spec = replace(spec, recordings=recordings.of(plan.run, heard), band=recordings.band(fold.train, recipe.rate))
    clips = _clips(fold.validation or fold.train, recipe.rate)
    try:
        export.onnx_file(system, spec, path, clips)
    except ExportError as error:
        if task.fold == FINAL or len(info.folds) == len(info.seeds) == 1:
            raise
        path.unlink(missing_ok=True)
        warnings.warn(f"{error}; this training is left without a model", Notice, stacklevel=2)


def _scores(plan: Plan, task: Task, test: Sequence[Row]) -> dict[str, float]:
    """WA, UA and n of the parts that were predicted; of values MAE, Pearson, CCC and n."""
    scores: dict[str, float] = {}
    labels = plan.run.info.labels
    path = plan.run.fold(task.fold, task.seed) / "validation.csv"
    validation = runs.read_rows(path, labels) if path.is_file() else []
    for part, rows in (("validation", validation), ("test", test)):
        if not rows:
            continue
        if plan.run.info.task == "regression":
            true, predicted = [float(row.true) for row in rows], [row.probabilities[0] for row in rows]
            sums = metrics.sums_of(true, predicted, plan.run.info.scale).sum(0)
            found = {
                f"{part}_mae": metrics.mae(sums),
                f"{part}_pearson": metrics.pearson(sums),
                f"{part}_ccc": metrics.ccc(sums),
            }
            scores |= {name: float(value) for name, value in found.items() if np.isfinite(value)} | {f"{part}_n": len(rows)}
            continue
        predicted = [max(range(len(labels)), key=row.probabilities.__getitem__) for row in rows]
        matrix = metrics.confusion([labels.index(row.true) for row in rows], predicted, len(labels))
        scores |= {f"{part}_wa": float(metrics.wa(matrix)), f"{part}_ua": float(metrics.ua(matrix)), f"{part}_n": len(rows)}
    return scores


def _clips(utterances: Sequence[Utterance], rate: int) -> list[Waveform]:
    """A few utterances from the shortest to the longest file, as a recognizer meets them."""
    by_size = sorted(utterances, key=lambda each: (each.path.stat().st_size, each.id))
    last = len(by_size) - 1
    chosen = {round(number * last / (CHECKED_CLIPS - 1)) for number in range(CHECKED_CLIPS)}
    return [audio.read(each.path, rate, start=each.start, end=each.end) for each in (by_size[at] for at in sorted(chosen))]


def _recipe(plan: Plan) -> Recipe:
    """The recipe of a system; baselines are trained elsewhere."""
    assert isinstance(plan.recipe, Recipe)
    return plan.recipe


def _system(plan: Plan, seed: int) -> System:
    """The untrained system; its weights depend on the seed alone."""
    torch.manual_seed(seed_of(seed, "weights"))
    return build.system(_recipe(plan), len(plan.run.info.labels))


def _store(plan: Plan, seed: int) -> Store:
    kept_in = Cache(plan.cache) if plan.cache else None
    return Store(_recipe(plan), _system(plan, seed), plan.run.info.labels, seed, kept_in)


def _fingerprint(plan: Plan, task: Task) -> str:
    """What a checkpoint must carry to be continued here."""
    return f"{plan.run.info.fingerprint}/{task.fold}-{task.seed}"


def _fabric(plan: Plan) -> Fabric:
    machine = plan.machine
    if machine.device == "cuda":
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
    return Fabric(
        accelerator=machine.device,
        devices=machine.devices,
        strategy="ddp_spawn" if machine.devices > 1 else "auto",
        precision="bf16-mixed" if machine.precision == "bf16" else "32-true",
    )
