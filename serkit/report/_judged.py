"""What a Run predicted, read and checked: the rows that are reported, and their scores."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from serkit import metrics
from serkit.errors import RunError
from serkit.metrics import Scores, Unit, ValueScores
from serkit.protocols.copies import without_copy
from serkit.runs import Part, Row, Run
from serkit.types import Scale

TOLERANCE = 0.01
"""By how much the sum of probabilities may differ from 1."""


@dataclass(frozen=True, slots=True)
class Valued:
    """The predicted values that are reported: `true` and `predicted` (n,) on the `scale` named `target`."""

    part: Part
    target: str
    scale: Scale | None
    rows: tuple[Row, ...]
    true: npt.NDArray[np.float64]
    predicted: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """The predictions that are reported: `true`, `predicted` (n,) class indices, `probabilities` (n, classes)."""

    part: Part
    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    true: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]


def judged(run: Run) -> Judged | None:
    """The test predictions, else the validation predictions, else None.

    Raises RunError where the table is damaged, or has what the Run has not: a label, a fold, a seed.
    """
    if run.info.task == "regression":
        raise RunError(f"{run.folder}: its predictions are values of {run.info.labels[0]}, and this table is one of emotions")
    part, rows = _reported(run)
    if not rows:
        return None
    labels = run.info.labels
    probabilities = np.array([row.probabilities for row in rows])  # (n, classes)
    true = np.array([labels.index(row.true) for row in rows], np.int64)
    return Judged(part, labels, tuple(rows), true, probabilities.argmax(1), probabilities)


def valued(run: Run) -> Valued | None:
    """The same of a regression."""
    part, rows = _reported(run)
    if not rows:
        return None
    true = np.array([float(row.true) for row in rows])
    predicted = np.array([row.probabilities[0] for row in rows])
    return Valued(part, run.info.labels[0], run.info.scale, tuple(rows), true, predicted)


def _reported(run: Run) -> tuple[Part, list[Row]]:
    """The rows of the test, or of validation where no test was scored."""
    path = run.folder / "predictions.csv"
    if path.exists() and (path.is_dir() or not path.stat().st_size):
        raise RunError(f"{path}: damaged ({'a folder' if path.is_dir() else 'empty'})")
    try:
        everything = run.predictions()
    except csv.Error as error:
        raise RunError(f"{path}: damaged ({error})") from None
    _check(run, everything)
    part: Part = "test" if any(row.part == "test" for row in everything) else "validation"
    return part, [row for row in everything if row.part == part]


def _check(run: Run, rows: Sequence[Row]) -> None:
    """Raises RunError for rows that no training of this Run can have written."""
    info, path = run.info, run.folder / "predictions.csv"
    folds, seeds = set(info.folds), set(info.seeds)
    seen = set[tuple[str, str, int, str]]()
    told: dict[str, tuple[str, str]] = {}
    for row in rows:
        wrong = _wrong_value(row) if info.task == "regression" else _wrong_emotion(row, info.labels)
        if row.part not in ("validation", "test"):
            wrong = f"is of part '{row.part}', which is neither validation nor test"
        if row.fold not in folds or row.seed not in seeds:
            wrong = f"is of fold '{row.fold}' and seed {row.seed}, which run.json lacks"
        place = (row.utterance, row.fold, row.seed, row.part)
        if place in seen:
            wrong = f"stands there twice as {row.part} of fold {row.fold} and seed {row.seed}"
        seen.add(place)
        if told.setdefault(row.utterance, (row.true, row.speaker)) != (row.true, row.speaker):
            wrong = "has several truths or speakers"
        if wrong:
            raise RunError(f"{path}: damaged: '{row.utterance}' {wrong}")


def _wrong_emotion(row: Row, labels: Sequence[str]) -> str | None:
    """What is wrong with a truth and its probabilities, if anything is."""
    if row.true not in labels:
        return f"is '{row.true}', a label that run.json lacks"
    if not all(map(math.isfinite, row.probabilities)):
        return "has a probability that is no number"
    total = sum(row.probabilities)
    if abs(total - 1) > TOLERANCE or min(row.probabilities) < -TOLERANCE:
        return f"has probabilities that make no whole (their sum is {total:.3g}, the smallest {min(row.probabilities):.3g})"
    return None


def _wrong_value(row: Row) -> str | None:
    """The same of values."""
    try:
        good = math.isfinite(float(row.true)) and math.isfinite(row.probabilities[0])
    except ValueError:
        good = False
    return None if good else f"has a value that is no number (true '{row.true}', predicted {row.probabilities[0]:g})"


def scores_of(given: Judged, by_speaker: bool) -> Scores:
    """The scores; intervals over speakers, where the protocol keeps them apart, or over utterances."""
    rows = given.rows
    names = [row.utterance for row in rows]
    groups = [row.speaker if by_speaker else without_copy(row.utterance) for row in rows]
    distinct = len(set(names))
    # One utterance may be validated by several folds of a seed, so that only (utterance, fold) names a prediction.
    scores = metrics.score(
        given.true,
        given.predicted,
        len(given.labels),
        utterances=[f"{row.utterance}\0{row.fold}" for row in rows],
        groups=groups,
        seeds=[row.seed for row in rows],
        folds=[row.fold for row in rows],
    )
    unit: Unit = "speaker" if by_speaker else "utterance"
    units = len(set(groups))
    wa, ua, macro_f1 = (replace(each, n=distinct, unit=unit, units=units) for each in (scores.wa, scores.ua, scores.macro_f1))
    return replace(scores, wa=wa, ua=ua, macro_f1=macro_f1, n=distinct)


def values_of(given: Valued, by_speaker: bool) -> ValueScores:
    """The scores of values; intervals over speakers, where the protocol keeps them apart, or over utterances."""
    rows = given.rows
    return metrics.score_values(
        given.true,
        given.predicted,
        utterances=[row.utterance for row in rows],
        groups=[row.speaker if by_speaker else without_copy(row.utterance) for row in rows],
        seeds=[row.seed for row in rows],
        unit="speaker" if by_speaker else "utterance",
        scale=given.scale,
    )
