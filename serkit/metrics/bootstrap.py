"""A score and how far it could lie from the truth: percentile bootstrap over speakers.

Utterances of one speaker resemble each other, so that a test of 535 utterances by ten speakers knows ten people, not 535.
The bootstrap therefore draws whole speakers with replacement (Efron and Tibshirani 1993, chapters 8.4 and 13; Field and Welsh
2007 for clusters) and falls back to utterances only where speakers are unknown or there is one. With few speakers a
percentile interval is still too narrow: read `units` beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from serkit.errors import UsageError
from serkit.metrics.classification import Floats, confusion, defined_mean, indices, macro_f1, ua, wa

Unit = Literal["speaker", "utterance"]

RESAMPLES = 10_000
RNG_SEED = 2009  # any constant will do: the same predictions give the same interval
BLOCK = 1_000  # resamples held in memory at once
FEW_SPEAKERS = 5
"""Fewer have no interval worth printing: of two speakers there are three resamples, so that it is their own scores."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A score in [0, 1] with its 95 % percentile interval, `low` to `high`.

    `n` counts the distinct utterances behind it, `units` the speakers or utterances (`unit`) that were resampled.
    """

    value: float
    low: float
    high: float
    n: int
    unit: Unit
    units: int

    @property
    def interval(self) -> tuple[float, float] | None:
        """`low` and `high` where they mean something: for utterances, or at least five speakers."""
        return None if self.unit == "speaker" and self.units < FEW_SPEAKERS else (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of all test predictions of a Run.

    `confusion` (classes, classes), rows = truth, is summed over seeds. `fold_wa` is WA the way papers print it: the mean over
    the folds (of all seeds), without regard to their sizes. `n` counts distinct utterances, `seeds` the runs.
    """

    wa: Estimate
    ua: Estimate
    macro_f1: Estimate
    fold_wa: float
    n: int
    seeds: int
    confusion: npt.NDArray[np.int64] = field(compare=False)


def score(
    true: npt.ArrayLike,
    predicted: npt.ArrayLike,
    classes: int,
    *,
    utterances: Sequence[str],
    groups: Sequence[str] | None,
    seeds: Sequence[int],
    folds: Sequence[str],
    resamples: int = RESAMPLES,
    rng_seed: int = RNG_SEED,
) -> Scores:
    """The scores of n test predictions; every column is (n,), in any order.

    `true` and `predicted` are class indices; `utterances` are ids, each once for a seed; `groups` are speakers, or None where
    nobody knows them; `seeds` are the runs' seeds, `folds` the names of the folds that the predictions come from.

    A value is computed from the pooled predictions of all folds of a seed, then averaged over seeds. Its interval is that of
    other speakers (or utterances), not of other seeds: one draw applies to all seeds, since a seed is no new sample of people.
    A resample that lacks a class scores without it, as UA and macro F1 do everywhere.

    Raises UsageError where columns differ in length, are empty, name no class, or repeat an utterance in one seed.
    """
    rows, columns = indices(true, classes, "true"), indices(predicted, classes, "predicted")
    _check(len(rows), predicted=columns, utterances=utterances, groups=groups, seeds=seeds, folds=folds)
    seed_names, run = np.unique(np.asarray(seeds), return_inverse=True)
    ids, utterance = np.unique(np.asarray(utterances), return_inverse=True)
    _once_per_seed(ids, utterance, run)

    unit: Unit = "utterance"
    names, member = ids, utterance
    if groups is not None and len(set(groups)) > 1:
        unit = "speaker"
        names, member = np.unique(np.asarray(groups), return_inverse=True)

    shape = (len(names), len(seed_names), classes, classes)
    cell = np.ravel_multi_index((member, run, rows, columns), shape)
    matrices = np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape)  # (units, seeds, classes, classes)
    pooled = matrices.sum(0)  # (seeds, classes, classes)
    drawn = _resample(matrices, resamples, np.random.default_rng(rng_seed))  # (3, resamples)
    estimates = [
        Estimate(float(value), *interval(draws), n=len(ids), unit=unit, units=len(names))
        for value, draws in zip(_values(pooled), drawn, strict=True)
    ]
    return Scores(
        wa=estimates[0],
        ua=estimates[1],
        macro_f1=estimates[2],
        fold_wa=_fold_wa(rows == columns, run, folds),
        n=len(ids),
        seeds=len(seed_names),
        confusion=confusion(rows, columns, classes),
    )


def _check(n: int, **columns: Sequence[object] | npt.NDArray[np.int64] | None) -> None:
    """Every column there is has n rows, and n is not zero."""
    if n == 0:
        raise UsageError("score: no predictions; give at least one")
    for name, column in columns.items():
        if column is not None and len(column) != n:
            raise UsageError(f"score: {n} true labels but {len(column)} {name}; give one of each per prediction")


def _once_per_seed(ids: npt.NDArray[np.str_], utterance: npt.NDArray[np.intp], run: npt.NDArray[np.intp]) -> None:
    seeds = run.max() + 1
    times = np.bincount(utterance * seeds + run)
    if times.max() > 1:
        repeated = ids[times.argmax() // seeds]
        raise UsageError(f"utterance '{repeated}' is predicted {times.max()} times in one seed; give its test prediction once")


def _values(matrices: npt.NDArray[np.int64] | Floats) -> Floats:
    """WA, UA and macro F1 of (..., seeds, classes, classes), averaged over seeds: (3, ...).

    A resample can leave a seed without utterances where seeds tested different ones; the mean is over the others.
    """
    return np.stack([defined_mean(metric(matrices)) for metric in (wa, ua, macro_f1)])


def _resample(matrices: npt.NDArray[np.int64], resamples: int, rng: np.random.Generator) -> Floats:
    """WA, UA and macro F1 of `resamples` draws of units with replacement: (3, resamples).

    How often each unit is drawn is multinomial. Units with equal matrices are interchangeable, so that they are drawn
    together: thousands of utterances shrink to the few ways in which one can be recognized.
    """
    units = len(matrices)
    kinds, sizes = np.unique(matrices.reshape(units, -1), axis=0, return_counts=True)  # (kinds, seeds * classes * classes)
    kinds = kinds.astype(np.float64)  # exact, and a product of floats is much faster than one of integers
    blocks = []
    for start in range(0, resamples, BLOCK):
        times = rng.multinomial(units, sizes / units, size=min(BLOCK, resamples - start))  # (block, kinds)
        blocks.append(_values((times @ kinds).reshape(-1, *matrices.shape[1:])))  # (3, block)
    return np.concatenate(blocks, axis=1)


def interval(draws: Floats) -> tuple[float, float]:
    """The 95 % percentile interval of the draws that exist."""
    low, high = np.nanquantile(draws, [0.025, 0.975]) if np.isfinite(draws).any() else (np.nan, np.nan)
    return float(low), float(high)


def _fold_wa(hits: npt.NDArray[np.bool_], run: npt.NDArray[np.intp], folds: Sequence[str]) -> float:
    names, fold = np.unique(np.asarray(folds), return_inverse=True)
    pair = run * len(names) + fold
    sizes = np.bincount(pair)
    there = sizes > 0  # seeds need not have the same folds
    return float(np.mean(np.bincount(pair, weights=hits)[there] / sizes[there]))
