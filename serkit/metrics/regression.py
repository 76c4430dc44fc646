"""Scores of a regression: mean absolute error, Pearson's correlation, and the concordance correlation coefficient.

All three are functions of seven sums over utterances, so that the resamples of a bootstrap need the sums of each speaker alone.

L. I. Lin: "A concordance correlation coefficient to evaluate reproducibility", Biometrics 45 (1989) 255, equation 2, with the
variances and the covariance over n, as in its Section 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serkit.errors import UsageError
from serkit.metrics.bootstrap import BLOCK, RESAMPLES, RNG_SEED, Estimate, Unit, interval
from serkit.metrics.classification import Floats, defined_mean


@dataclass(frozen=True, slots=True)
class ValueScores:
    """The scores of all predicted values of a Run; `n` counts distinct utterances, `seeds` the runs.

    `constant` is the mean absolute error of the best constant, the median of the true values, which a system has to beat.
    """

    mae: Estimate
    pearson: Estimate
    ccc: Estimate
    constant: float
    n: int
    seeds: int


def sums_of(true: npt.ArrayLike, predicted: npt.ArrayLike) -> Floats:
    """What the scores are made of, for each pair of (n,) values: (n, 7)."""
    x, y = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise UsageError(f"{x.shape} true and {y.shape} predicted values; give one of each for each utterance")
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y, np.abs(x - y)], axis=1)


def mae(sums: Floats) -> Floats:
    """The mean absolute error of (..., 7) sums."""
    with np.errstate(invalid="ignore"):
        found: Floats = sums[..., 6] / sums[..., 0]
    return found


def pearson(sums: Floats) -> Floats:
    """Pearson's correlation of (..., 7) sums in [-1, 1]; NaN where one side does not vary."""
    _, _, var_x, var_y, covariance = _moments(sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((var_x > 0) & (var_y > 0), covariance / np.sqrt(var_x * var_y), np.nan)


def ccc(sums: Floats) -> Floats:
    """The concordance correlation coefficient of (..., 7) sums in [-1, 1]; NaN where nothing varies on either side."""
    mean_x, mean_y, var_x, var_y, covariance = _moments(sums)
    below = var_x + var_y + (mean_x - mean_y) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, 2 * covariance / below, np.nan)


def score_values(
    true: npt.ArrayLike,
    predicted: npt.ArrayLike,
    *,
    utterances: Sequence[str],
    groups: Sequence[str],
    seeds: Sequence[int],
    unit: Unit,
    resamples: int = RESAMPLES,
    rng_seed: int = RNG_SEED,
) -> ValueScores:
    """The scores of n predicted values; every column is (n,), in any order; `groups` are what is resampled, named by `unit`.

    A value is computed from the pooled predictions of a seed, then averaged over seeds, as `metrics.score` does.
    """
    each = sums_of(true, predicted)  # (n, 7)
    if not len(each) == len(utterances) == len(groups) == len(seeds) or not len(each):
        raise UsageError("score: give one true value, prediction, utterance, group and seed for each prediction, at least one")
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    runs, run = np.unique(np.asarray(seeds), return_inverse=True)
    by_unit = np.zeros((len(names), len(runs), 7))
    np.add.at(by_unit, (member, run), each)
    rng = np.random.default_rng(rng_seed)
    drawn = []
    for start in range(0, resamples, BLOCK):
        size = min(BLOCK, resamples - start)
        times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=size).astype(np.float64)
        drawn.append(_scores((times @ by_unit.reshape(len(names), -1)).reshape(size, len(runs), 7)))
    values, draws = _scores(by_unit.sum(0)), np.concatenate(drawn, axis=1)
    n = len(set(utterances))
    error, correlation, concordance = (
        Estimate(float(value), *interval(own), n=n, unit=unit, units=len(names))
        for value, own in zip(values, draws, strict=True)
    )
    given = np.asarray(true, np.float64)
    constant = float(np.abs(given - np.median(given)).mean())
    return ValueScores(error, correlation, concordance, constant, n, len(runs))


def _scores(sums: Floats) -> Floats:
    """MAE, Pearson and CCC of (..., seeds, 7) sums, averaged over seeds: (3, ...)."""
    return np.stack([defined_mean(metric(sums)) for metric in (mae, pearson, ccc)])


def _moments(sums: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Means, variances and covariance of (..., 7) sums; rounding leaves nothing below zero."""
    with np.errstate(invalid="ignore"):
        mean_x, mean_y, square_x, square_y, product = (sums[..., place] / sums[..., 0] for place in range(1, 6))
    var_x, var_y = square_x - mean_x**2, square_y - mean_y**2
    least = 1e-12 * (square_x + square_y)
    return mean_x, mean_y, np.where(var_x > least, var_x, 0.0), np.where(var_y > least, var_y, 0.0), product - mean_x * mean_y
