"""Learning curves: the histories of a Run's trainings, and their geometry as SVG."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from serkit.report._warnings import read_recipe
from serkit.runs import FINAL, Epoch, Run

WIDTH, HEIGHT = 440, 280
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 12, 40

Role = Literal["training", "validation"]
Point = tuple[float, float]
"""(epoch, value); also (x, y) in units of the drawing."""


@dataclass(frozen=True, slots=True)
class Training:
    """The history of one training; `best_epoch` is None where it is not complete."""

    fold: str
    seed: int
    epochs: tuple[Epoch, ...]
    best_epoch: int | None


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is drawn over the epochs; `top` is the end of its axis, None for that of the data."""

    title: str
    axis: str
    values: Callable[[Epoch, Role], float | None]
    top: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """One curve as the `points` of an SVG polyline."""

    role: Role
    mean: bool
    points: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing: curves, dots at the chosen epochs, and (position, text) of the ticks."""

    title: str
    axis: str
    lines: tuple[Line, ...]
    chosen: tuple[Point, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


def _loss(epoch: Epoch, role: Role) -> float | None:
    return epoch.train_loss if role == "training" else epoch.validation_loss


def _of_training(epoch: Epoch, role: Role) -> float | None:
    return epoch.train_loss if role == "training" else None


def _of_validation(epoch: Epoch, role: Role) -> float | None:
    return epoch.validation_loss if role == "validation" else None


def _accuracy(epoch: Epoch, role: Role) -> float | None:
    value = epoch.train_wa if role == "training" else epoch.validation_wa
    return None if value is None else 100 * value


ACCURACY = Measure("Accuracy", "WA (%)", _accuracy, 100.0)
LOSSES = {
    "cross_entropy": ("cross-entropy", "cross-entropy"),
    "l1_onehot": ("L1 to one-hot targets", "cross-entropy"),
    "l1": ("mean absolute error", "mean absolute error"),
    "l2": ("mean squared error", "mean squared error"),
    "ccc": ("1 - CCC", "1 - CCC"),
}
"""What the losses of a recipe are in training and in validation."""
SMOOTHED = ("cross-entropy to smoothed targets", "cross-entropy")
ROLES: tuple[Role, ...] = ("training", "validation")


def trainings(run: Run) -> list[Training]:
    """Every training that has begun, by seed and fold."""
    best = {(result.fold, result.seed): result.best_epoch for result in run.results()}
    found = []
    for seed in run.info.seeds:
        for fold in dict.fromkeys((*run.info.folds, FINAL)):
            if history := run.history(fold, seed):
                found.append(Training(fold, seed, tuple(history), best.get((fold, seed))))
    return found


def measures(run: Run) -> tuple[Measure, ...]:
    """What is drawn: the loss, in two panels where training and validation tell different ones, and of emotions the accuracy.

    Raises RunError where the recipe is damaged.
    """
    how = read_recipe(run).get("training", {})
    loss = how.get("loss", "cross_entropy")
    training, validation = SMOOTHED if how.get("label_smoothing") else LOSSES.get(loss, (loss, loss))
    losses: tuple[Measure, ...] = (Measure("Loss", training, _loss, None),)
    if training != validation:
        losses = (
            Measure("Training loss", training, _of_training, None),
            Measure("Validation loss", validation, _of_validation, None),
        )
    return losses if run.info.task == "regression" else (*losses, ACCURACY)


def by_stage(given: Sequence[Training]) -> dict[str, list[Training]]:
    """The trainings' parts by the name of their stage, in order: "" where there is one stage, epochs counted within each.

    Which epoch a stage before the last one kept is not recorded.
    """
    names = list(dict.fromkeys(epoch.stage for each in given for epoch in each.epochs))
    if len(names) < 2:
        return {"": list(given)}
    found = {}
    for name in names:
        title = "the whole" if name == "whole" else f"{name} alone"
        found[title] = [part for each in given if (part := _part(each, name))]
    return found


def _part(training: Training, stage: str) -> Training | None:
    """The epochs of one stage, from 1."""
    own = [epoch for epoch in training.epochs if epoch.stage == stage]
    if not own:
        return None
    before = own[0].epoch - 1
    best = training.best_epoch - before if training.best_epoch and own[-1] is training.epochs[-1] else None
    epochs = tuple(replace(epoch, epoch=epoch.epoch - before) for epoch in own)
    return Training(training.fold, training.seed, epochs, best)


def curve(training: Training, measure: Measure, role: Role) -> list[Point]:
    """The values that are numbers."""
    values = [(float(epoch.epoch), measure.values(epoch, role)) for epoch in training.epochs]
    return [(epoch, value) for epoch, value in values if value is not None and math.isfinite(value)]


def mean(curves: Sequence[Sequence[Point]]) -> list[Point]:
    """The mean over the curves at the epochs that all of them have: beyond these it would be that of the slow ones alone."""
    tables = [dict(each) for each in curves if each]
    if not tables:
        return []
    shared = set[float].intersection(*(set(table) for table in tables))
    return [(epoch, sum(table[epoch] for table in tables) / len(tables)) for epoch in sorted(shared)]


def chosen(training: Training, measure: Measure) -> list[Point]:
    """Where the kept epoch lies: on the validation curve, else on the training curve; empty where there is none."""
    for role in reversed(ROLES):
        if there := [point for point in curve(training, measure, role) if point[0] == training.best_epoch]:
            return there
    return []


def panel(given: Sequence[Training], measure: Measure, stage: str = "") -> Panel:
    """The drawing of one measure over all trainings of a stage; the mean is drawn where there are several."""
    drawn = {role: [curve(each, measure, role) for each in given] for role in ROLES}
    values = [value for curves in drawn.values() for each in curves for _, value in each]
    last = max((epoch.epoch for each in given for epoch in each.epochs), default=1)
    x_ticks = [tick for tick in ticks(1, last) if tick == int(tick)]
    low, high = min(values, default=0.0), measure.top or max(values, default=0.0)
    y_ticks = ticks(min(low, 0), max(high, 0) or (1.0 if low >= 0 else 0.0))
    bottom, top = y_ticks[0], max(y_ticks[-1], high)

    def place(point: Point) -> Point:
        x = LEFT + (WIDTH - LEFT - RIGHT) * (point[0] - 1) / max(last - 1, 1)
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (point[1] - bottom) / (top - bottom)
        return round(x, 1), round(y, 1)

    lines = [Line(role, len(given) == 1, _points(each, place)) for role in ROLES for each in drawn[role] if each]
    if len(given) > 1:
        lines += [Line(role, True, _points(middle, place)) for role in ROLES if (middle := mean(drawn[role]))]
    return Panel(
        title=measure.title + (f", {stage}" if stage else ""),
        axis=measure.axis,
        lines=tuple(lines),
        chosen=tuple(place(point) for each in given for point in chosen(each, measure)),
        x_ticks=tuple((place((tick, 0))[0], f"{tick:g}") for tick in x_ticks),
        y_ticks=tuple((place((1, tick))[1], f"{tick:g}") for tick in y_ticks),
    )


@dataclass(frozen=True, slots=True)
class Scatter:
    """True against recognized values: dots, the two ends of the line of equality, and (position, text) of the ticks."""

    dots: tuple[Point, ...]
    diagonal: tuple[Point, Point]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


def scatter(true: Sequence[float], predicted: Sequence[float]) -> Scatter:
    """The drawing, both axes with the same ends."""
    low, high = min(*true, *predicted), max(*true, *predicted)
    span = high - low or 1.0

    def place(point: Point) -> Point:
        x = LEFT + (WIDTH - LEFT - RIGHT) * (point[0] - low) / span
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (point[1] - low) / span
        return round(x, 1), round(y, 1)

    marks = [tick for tick in ticks(low, high) if low <= tick <= high]
    if len(marks) > 2 and not math.isclose(marks[1] - marks[0], marks[2] - marks[1]):
        marks = marks[1:]  # the end of the data, where that is no round number
    return Scatter(
        dots=tuple(place(point) for point in zip(true, predicted, strict=True)),
        diagonal=(place((low, low)), place((high, high))),
        x_ticks=tuple((place((tick, low))[0], f"{tick:.3g}") for tick in marks),
        y_ticks=tuple((place((low, tick))[1], f"{tick:.3g}") for tick in marks),
    )


def ticks(low: float, high: float) -> list[float]:
    """About five round numbers: from `low` itself upward, the last one at `high` or just above it where `low` is 0."""
    span = high - low if high > low else 1.0
    power = 10 ** math.floor(math.log10(span / 5))
    step = next(step * power for step in (1, 2, 5, 10) if span / (step * power) <= 6)
    first = math.ceil(low / step)
    count = math.ceil(high / step - 1e-9) if low == 0 else math.floor(high / step + 1e-9)
    found = [round(index * step, 10) for index in range(first, max(count, first) + 1)]
    return found if low == 0 or found[0] == low else [low, *[each for each in found if each - low > step / 2]]


def _points(points: Sequence[Point], place: Callable[[Point], Point]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in map(place, points))
