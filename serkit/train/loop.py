"""The training loop: one fold, one seed, on Lightning Fabric.

Everything random in an epoch follows from (seed, epoch), so that a training that was killed and resumed after any epoch ends
with the weights, to the bit, of one that was left alone.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.multiprocessing.spawn import ProcessRaisedException

from serkit import metrics
from serkit.augment import Augmentation
from serkit.errors import TrainingError
from serkit.recipe.training import VALUE_LOSSES, Training
from serkit.runs import Epoch, write_history
from serkit.system import System
from serkit.train import checkpoint, losses, optimize
from serkit.train.evaluate import probabilities, values
from serkit.train.examples import Examples, generator, seed_of
from serkit.train.perturb import Perturbation
from serkit.train.stage import Trained

Notify = Callable[[Epoch], None]

logging.getLogger("lightning_fabric").setLevel(logging.ERROR)  # it would tell of each fold how it computes, as run.json does


@dataclass(frozen=True, slots=True)
class Job:
    """One training: a system whose normalizers are fitted, what it learns from, and where its state is kept.

    `fingerprint` names the Run and the fold: a checkpoint of another is not continued.
    """

    system: System
    plan: Training
    augmentation: Augmentation
    train: Examples
    validation: Examples | None
    folder: Path
    fingerprint: str
    seed: int
    threads: int


def launch(fabric: Fabric, job: Job, notify: Notify) -> checkpoint.State:
    """`fit` on as many devices as Fabric has; on several, in processes of their own, which tell of their epochs at the end."""
    if fabric.world_size == 1:
        return fit(fabric, job, notify)
    try:
        # As part of the function, not as an argument: Fabric takes arguments apart and cannot put a frozen dataclass together.
        fabric.launch(partial(_fit_one_of_several, job=job))
    except ProcessRaisedException as error:
        raise TrainingError(str(error).strip().splitlines()[-1].partition(": ")[2]) from None
    state = checkpoint.load(job.folder / "checkpoint", job.fingerprint)
    assert state is not None  # fit has just written it
    for epoch in state.history:
        notify(epoch)
    return state


def _fit_one_of_several(fabric: Fabric, job: Job) -> None:
    """`fit` in a process that has no terminal; what it finds is on the disk."""
    fit(fabric, job, lambda _: None)


def fit(fabric: Fabric, job: Job, notify: Notify) -> checkpoint.State:
    """Train from the last checkpoint, where there is one, to the end; the state's `best` are the weights to keep.

    Raises TrainingError when the loss is no longer a number.
    """
    torch.set_num_threads(job.threads)
    state = checkpoint.load(job.folder / "checkpoint", job.fingerprint)
    module: torch.nn.Module = fabric.to_device(job.system)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing from torch's stubs
    for epoch in state.history if state else ():
        notify(epoch)
    for stage in job.plan.stages:
        state = _fit_stage(fabric, job, stage, state, notify)
    assert state is not None  # a plan has at least one epoch
    return state


def _fit_stage(fabric: Fabric, job: Job, stage: str, state: checkpoint.State | None, notify: Notify) -> checkpoint.State:
    """The state after a stage, which begins with the best weights of the one before it, or goes on with its own."""
    own = _epochs_of(stage, state)
    if state and own and state.history[-1].stage != stage:
        return state  # over, as a later one has begun
    trained = Trained(job.system, stage, job.plan.pretrain)
    optimizer = optimize.optimizer(job.plan, (each for each in trained.parameters() if each.requires_grad))
    # Gradients go through Fabric's wrapper; the system itself is what is evaluated and saved.
    wrapped, setup = fabric.setup(trained, optimizer)
    if state:
        job.system.load_state_dict(state.weights if own else state.best)
    if state and own:
        checkpoint.restore(optimizer, state.moments)
    if trained.remembers(job.augmentation):
        validation = job.validation and trained.heard(job.validation)
        job = replace(job, train=trained.heard(job.train), validation=validation)
    first = own[0].epoch if own else len(state.history) + 1 if state else 1
    while not _finished(state, job.plan, stage):
        number = len(state.history) + 1 if state else 1
        began = time.monotonic()
        rate, loss, correct = _epoch(fabric, wrapped, setup, job, stage, number, first)
        scores = _validate(fabric, trained, job)
        epoch = Epoch(number, rate, loss, correct, *scores, seconds=time.monotonic() - began, stage=stage)
        state = _advance(state, epoch, job, checkpoint.moments(optimizer))
        if fabric.is_global_zero:
            checkpoint.save(job.folder / "checkpoint", state)
            write_history(job.folder / "history.csv", state.history)
        notify(epoch)
    assert state is not None  # a stage has at least one epoch
    return state


def _epoch(
    fabric: Fabric, wrapped: torch.nn.Module, optimizer: torch.optim.Optimizer, job: Job, stage: str, number: int, first: int
) -> tuple[float, float, float | None]:
    """One pass over the training items: last learning rate, mean loss, share of items recognized, where emotions are.

    `first` is the number of the first epoch of the stage, where schedules begin.
    """
    wrapped.train()
    plan = job.plan
    criterion = losses.of(plan, job.train.targets)
    batches = _batches(job, number, fabric.global_rank, fabric.world_size)
    torch.manual_seed(seed_of(job.seed, "dropout", number, fabric.global_rank))
    total, correct, count, rate = 0.0, 0, 0, 0.0
    for step, items in enumerate(batches, (number - 1) * len(batches)):
        rate = optimize.learning_rate(plan, step - (first - 1) * len(batches), len(batches), stage)
        for group in optimizer.param_groups:
            group["lr"] = rate
        features, targets = job.train.batch(items, fabric.device, number)
        perturbation = Perturbation(job.augmentation, generator(job.seed, "perturbation", step, fabric.global_rank))
        logits = wrapped(features, perturbation).float()
        if (scale := job.system.destandardizer) is None:
            told = loss = perturbation.loss(logits, targets, criterion)
        else:
            loss = perturbation.loss(logits, scale.undo(targets), criterion)
            told = perturbation.loss(scale(logits.detach()), targets, criterion)
        optimizer.zero_grad()
        fabric.backward(loss)
        optimizer.step()
        value = float(told.detach())
        if not value < float("inf"):
            raise TrainingError(f"the loss became {value} in epoch {number}; choose a smaller training.optimizer.learning_rate")
        total += value * len(items)
        correct += int((logits.argmax(1) == targets).sum()) if plan.loss not in VALUE_LOSSES else 0
        count += len(items)
    return rate, total / count, correct / count if plan.loss not in VALUE_LOSSES else None


def _order(job: Job, drawn: torch.Generator) -> Tensor:
    """The items of an epoch in the order in which they are trained on; an item may occur several times, or not at all."""
    if job.plan.sampling == "shuffled":
        return torch.randperm(len(job.train), generator=drawn)
    targets = job.train.targets
    own = [(targets == label).nonzero()[:, 0] for label in torch.bincount(targets).nonzero()]  # items of each class
    each = -(-len(job.train) // len(own))
    sample = torch.cat([items[torch.randint(len(items), (each,), generator=drawn)] for items in own])
    return sample[torch.randperm(len(sample), generator=drawn)]


def _batches(job: Job, number: int, rank: int, processes: int) -> list[Tensor]:
    """The items of each batch of an epoch, of this process's share. Raises TrainingError where they do not fill one."""
    plan, drawn = job.plan, generator(job.seed, "order", number)
    order = _order(job, drawn)
    if plan.batches == "by_length":
        order = order[job.train.sizes[order].argsort(stable=True)]  # items of one length in the order that was drawn
    share = order[rank::processes][: len(order) // processes]
    batches = [items for items in torch.split(share, plan.batch_size) if len(items) == plan.batch_size or not plan.drop_last]
    if not batches:
        raise TrainingError(
            f"{len(share)} training items do not fill one batch of {plan.batch_size}; choose a smaller batch_size"
        )
    if plan.batches == "by_length":
        batches = [batches[at] for at in torch.randperm(len(batches), generator=drawn).tolist()]
    return batches


def _validate(fabric: Fabric, trained: Trained, job: Job) -> tuple[float | None, float | None, float | None]:
    """Loss, WA and UA over the validation utterances, the same on every process; nothing where there are none.

    Of values the loss alone.
    """
    examples = job.validation
    if examples is None:
        return None, None, None
    scores: tuple[float, float | None, float | None] | None = None
    if fabric.is_global_zero and job.plan.loss in VALUE_LOSSES:
        given = torch.from_numpy(values(trained, examples))
        wanted = torch.empty(len(given), dtype=given.dtype)
        wanted[examples.owners] = examples.targets.to(given.dtype)
        scores = float(losses.of(job.plan)(given, wanted)), None, None
    elif fabric.is_global_zero:
        found, loss = probabilities(trained, examples)
        true = torch.empty(len(found), dtype=torch.int64)
        true[examples.owners] = examples.targets
        matrix = metrics.confusion(true.numpy(), found.argmax(1), found.shape[1])
        scores = loss, float(metrics.wa(matrix)), float(metrics.ua(matrix))
    return cast(tuple[float, float | None, float | None], fabric.broadcast(scores))


def _advance(state: checkpoint.State | None, epoch: Epoch, job: Job, moments: dict[int, dict[str, Tensor]]) -> checkpoint.State:
    """The state after one more epoch."""
    weights = {name: value.detach().cpu().clone() for name, value in job.system.state_dict().items()}
    history = (*state.history, epoch) if state else (epoch,)
    if state and _epochs_of(epoch.stage, state) and not _better(epoch, state.history[state.best_epoch - 1], job.plan):
        return checkpoint.State(history, state.best_epoch, weights, state.best, moments, job.fingerprint)
    return checkpoint.State(history, epoch.epoch, weights, weights, moments, job.fingerprint)


def _better(epoch: Epoch, best: Epoch, plan: Training) -> bool:
    return plan.select == "last" or _merit(epoch) > _merit(best)


def _merit(epoch: Epoch) -> tuple[float, float]:
    """What makes an epoch better: validation accuracy, where emotions are recognized, then the smaller validation loss."""
    if epoch.validation_loss is None:
        return epoch.epoch, 0.0  # without validation the last epoch is kept
    return epoch.validation_wa or 0.0, -epoch.validation_loss


def _epochs_of(stage: str, state: checkpoint.State | None) -> list[Epoch]:
    return [epoch for epoch in state.history if epoch.stage == stage] if state else []


def _finished(state: checkpoint.State | None, plan: Training, stage: str) -> bool:
    own = _epochs_of(stage, state)
    if state is None or not own:
        return False
    return len(own) >= plan.epochs_of(stage) or (
        plan.patience is not None and own[-1].epoch - state.best_epoch >= plan.patience
    )
