"""Scores of values against SciPy, Lin's formula in plain loops, and a bootstrap by hand."""

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error

from serkit import metrics
from serkit.errors import UsageError


def given(n=40, seed=0):
    rng = np.random.default_rng(seed)
    true = rng.normal(2.0, 1.0, n)
    return true, 0.6 * true + rng.normal(0.5, 0.7, n)


def lin(x, y):
    """Lin 1989, in loops."""
    n = len(x)
    mean_x, mean_y = sum(x) / n, sum(y) / n
    var_x = sum((a - mean_x) ** 2 for a in x) / n
    var_y = sum((b - mean_y) ** 2 for b in y) / n
    covariance = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / n
    return 2 * covariance / (var_x + var_y + (mean_x - mean_y) ** 2)


def test_the_three_scores():
    true, predicted = given()
    sums = metrics.sums_of(true, predicted).sum(0)
    assert metrics.mae(sums) == pytest.approx(mean_absolute_error(true, predicted))
    assert metrics.pearson(sums) == pytest.approx(pearsonr(true, predicted).statistic)
    assert metrics.ccc(sums) == pytest.approx(lin(true.tolist(), predicted.tolist()))


def test_what_does_not_exist_is_nan():
    flat = metrics.sums_of([1.0, 2.0, 3.0], [0.3, 0.3, 0.3]).sum(0)
    assert np.isnan(metrics.pearson(flat))
    assert metrics.ccc(flat) == 0
    assert metrics.ccc(metrics.sums_of(np.linspace(8, 98, 7441), np.full(7441, 58.7)).sum(0)) == 0
    assert metrics.value_text("ccc", -0.0004) == "0.000"
    same = metrics.sums_of([0.1, 0.1], [0.1, 0.1]).sum(0)
    assert np.isnan(metrics.pearson(same))
    assert np.isnan(metrics.ccc(same))


def test_scores_are_means_over_seeds_with_intervals_over_speakers():
    true, predicted = given(60)
    other = predicted + np.random.default_rng(5).normal(0, 0.5, 60)
    names = [f"u{number}" for number in range(60)]
    groups = [f"s{number % 6}" for number in range(60)]
    found = metrics.score_values(
        np.concatenate([true, true]),
        np.concatenate([predicted, other]),
        utterances=names * 2,
        groups=groups * 2,
        seeds=[0] * 60 + [1] * 60,
        unit="speaker",
        resamples=2000,
    )
    assert (found.n, found.seeds, found.ccc.units) == (60, 2, 6)
    assert found.ccc.value == pytest.approx((lin(true, predicted) + lin(true, other)) / 2)
    assert found.mae.value == pytest.approx((np.abs(true - predicted).mean() + np.abs(true - other).mean()) / 2)
    assert found.constant == {"mae": pytest.approx(np.abs(true - np.median(true)).mean()), "ccc": pytest.approx(0)}
    assert found.sentiment == {}
    rng = np.random.default_rng(1)
    speakers = np.array([name[1:] for name in groups], int)
    draws = []
    for _ in range(2000):
        chosen = np.concatenate([np.flatnonzero(speakers == one) for one in rng.integers(0, 6, 6)])
        draws.append((lin(true[chosen], predicted[chosen]) + lin(true[chosen], other[chosen])) / 2)
    low, high = np.quantile(draws, [0.025, 0.975])
    assert (found.ccc.low, found.ccc.high) == (pytest.approx(low, abs=0.02), pytest.approx(high, abs=0.02))
    assert found.ccc.interval == (found.ccc.low, found.ccc.high)


def test_columns_of_other_lengths():
    with pytest.raises(UsageError, match="one of each"):
        metrics.sums_of([1.0, 2.0], [1.0])
    with pytest.raises(UsageError, match="at least one"):
        metrics.score_values([1.0], [1.0], utterances=["a"], groups=[], seeds=[0], unit="utterance")
    with pytest.raises(UsageError, match="at least one"):
        metrics.score_values([], [], utterances=[], groups=[], seeds=[], unit="utterance")
