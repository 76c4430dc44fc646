"""Scores of a regression: mean absolute error, Pearson's correlation, and the concordance correlation coefficient.

All three are functions of seven sums over utterances, so that the resamples of a bootstrap need the sums of each speaker alone.

L. I. Lin: "A concordance correlation coefficient to evaluate reproducibility", Biometrics 45 (1989) 255, equation 2, with the
variances and the covariance over n, as in its Section 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serkit.errors import UsageError
from serkit.metrics.bootstrap import BLOCK, RESAMPLES, RNG_SEED, Estimate, Unit, interval
from serkit.metrics.classification import Floats, defined_mean
from serkit.metrics.sentiment import Measure, clipped, measures, name_of
from serkit.types import Scale

NAMES = {"mae": "MAE", "pearson": "Pearson", "ccc": "CCC"}
"""What people call the scores that every scale has."""


@dataclass(frozen=True, slots=True)
class ValueScores:
    """The scores of all predicted values of a Run; `n` counts distinct utterances, `seeds` the runs.

    `sentiment` are those of `metrics.sentiment`, by their keys, where the scale is one of sentiment. `constant` is what the
    best constant, the median of the true values, comes to, which a system has to beat: by the same keys and those of `NAMES`,
    without what does not exist, such as its correlation.
    """

    mae: Estimate
    pearson: Estimate
    ccc: Estimate
    sentiment: Mapping[str, Estimate]
    constant: Mapping[str, float]
    n: int
    seeds: int

    @property
    def by_key(self) -> dict[str, Estimate]:
        """All scores, in the order in which tables show them."""
        return {key: getattr(self, key) for key in NAMES} | dict(self.sentiment)


def value_keys(scale: Scale | None) -> list[str]:
    """The scores of values on this scale, in the order in which tables show them.

    >>> value_keys(Scale(0, 100))
    ['mae', 'pearson', 'ccc']
    """
    return [*NAMES, *(each.key for each in measures(scale))]


def value_name(key: str) -> str:
    """What people call the score with this key.

    >>> value_name("ccc"), value_name("acc_7")
    ('CCC', 'Acc-7')
    """
    return NAMES.get(key) or name_of(key) or key


def value_text(key: str, value: float | None) -> str:
    """The score with this key as tables print it: shares of utterances in percent, a dash for what does not exist.

    >>> value_text("mae", 11.25), value_text("acc_7", 0.4321), value_text("pearson", float("nan"))
    ('11.250', '43.2 %', '-')
    """
    if value is None or not np.isfinite(value):
        return "-"
    digits, times, unit = (1, 100, " %") if name_of(key) else (3, 1, "")
    return f"{round(times * value, digits) + 0.0:.{digits}f}{unit}"  # the sum has no negative zero


def sums_of(true: npt.ArrayLike, predicted: npt.ArrayLike, scale: Scale | None = None) -> Floats:
    """What the scores are made of, for each pair of (n,) values: (n, 7); clipped where the scale's own scores are."""
    x, y = clipped(true, scale), clipped(predicted, scale)
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
    scale: Scale | None = None,
    resamples: int = RESAMPLES,
    rng_seed: int = RNG_SEED,
) -> ValueScores:
    """The scores of n predicted values; every column is (n,), in any order; `groups` are what is resampled, named by `unit`.

    A value is computed from the pooled predictions of a seed, then averaged over seeds, as `metrics.score` does. Values beyond
    the ends of the `scale` stay there but where its own scores clip them.
    """
    own = measures(scale)
    each = _columns(true, predicted, scale, own)  # (n, columns)
    if not len(each) == len(utterances) == len(groups) == len(seeds) or not len(each):
        raise UsageError("score: give one true value, prediction, utterance, group and seed for each prediction, at least one")
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    runs, run = np.unique(np.asarray(seeds), return_inverse=True)
    by_unit = np.zeros((len(names), len(runs), each.shape[1]))
    np.add.at(by_unit, (member, run), each)
    rng = np.random.default_rng(rng_seed)
    drawn = []
    for start in range(0, resamples, BLOCK):
        size = min(BLOCK, resamples - start)
        times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=size).astype(np.float64)
        drawn.append(_scores((times @ by_unit.reshape(len(names), -1)).reshape(size, *by_unit.shape[1:]), own))
    values, draws = _scores(by_unit.sum(0), own), np.concatenate(drawn, axis=1)
    n = len(set(utterances))
    keys = value_keys(scale)
    estimates = {
        key: Estimate(float(value), *interval(drawn_values), n=n, unit=unit, units=len(names))
        for key, value, drawn_values in zip(keys, values, draws, strict=True)
    }
    always = np.full(len(each), np.median(np.asarray(true, np.float64)))
    of_constant = np.zeros_like(by_unit[0])
    np.add.at(of_constant, run, _columns(true, always, scale, own))
    constant = dict(zip(keys, _scores(of_constant, own).tolist(), strict=True))
    return ValueScores(
        **{key: estimates[key] for key in NAMES},
        sentiment={measure.key: estimates[measure.key] for measure in own},
        constant={key: value for key, value in constant.items() if np.isfinite(value)},
        n=n,
        seeds=len(runs),
    )


def _columns(true: npt.ArrayLike, predicted: npt.ArrayLike, scale: Scale | None, own: Sequence[Measure]) -> Floats:
    """What all scores are made of, for each pair of (n,) values: the sums' 7 columns, then those of each measure."""
    return np.concatenate([sums_of(true, predicted, scale), *(each.counts(true, predicted) for each in own)], axis=1)


def _scores(columns: Floats, own: Sequence[Measure]) -> Floats:
    """MAE, Pearson, CCC and the measures of (..., seeds, columns) sums, averaged over seeds: (scores, ...)."""
    sizes = [7, *(each.classes.count**2 for each in own)]
    sums, *counts = np.split(columns, np.cumsum(sizes)[:-1], axis=-1)
    general = [metric(sums) for metric in (mae, pearson, ccc)]
    classes = [measure.score(each) for measure, each in zip(own, counts, strict=True)]
    return np.stack([defined_mean(each) for each in (*general, *classes)])


def _moments(sums: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Means, variances and covariance of (..., 7) sums; rounding leaves nothing below zero."""
    with np.errstate(invalid="ignore"):
        mean_x, mean_y, square_x, square_y, product = (sums[..., place] / sums[..., 0] for place in range(1, 6))
    var_x, var_y = square_x - mean_x**2, square_y - mean_y**2
    least = 1e-12 * (square_x + square_y)
    varies_x, varies_y = var_x > least, var_y > least
    covariance = np.where(varies_x & varies_y, product - mean_x * mean_y, 0.0)
    return mean_x, mean_y, np.where(varies_x, var_x, 0.0), np.where(varies_y, var_y, 0.0), covariance
