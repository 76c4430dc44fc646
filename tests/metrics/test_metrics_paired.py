"""Paired differences against loops by hand, scipy's permutation test, and what chance does."""

import numpy as np
import pytest
from scipy.stats import permutation_test
from sklearn.metrics import accuracy_score, balanced_accuracy_score, mean_absolute_error

from serkit.errors import UsageError
from serkit.metrics import Predictions, difference, error_difference
from serkit.types import Scale


def made(n, right, seed, *, seeds=(0,), speakers=6, classes=3):
    rng = np.random.default_rng(seed)
    columns = {"true": [], "predicted": [], "utterances": [], "groups": [], "seeds": []}
    for run in seeds:
        true = np.arange(n) % classes
        predicted = np.where(rng.random(n) < right, true, (true + 1) % classes)
        columns["true"] += true.tolist()
        columns["predicted"] += predicted.tolist()
        columns["utterances"] += [f"u{at}" for at in range(n)]
        columns["groups"] += [f"s{at % speakers}" for at in range(n)]
        columns["seeds"] += [run] * n
    return Predictions(**columns)


def test_values_are_differences_of_scikit_learns_scores():
    one, other = made(91, 0.8, 1), made(91, 0.6, 2)
    found = difference(one, other, 3)
    for score, each in zip((accuracy_score, balanced_accuracy_score), found, strict=True):
        assert each.value == pytest.approx(score(one.true, one.predicted) - score(other.true, other.predicted))
        assert each.low < each.value < each.high
        assert each.units == 6


def test_p_is_that_of_scipys_permutation_test():
    """Each utterance a unit: the test of paired samples on hits."""
    one, other = made(60, 0.8, 3, speakers=60), made(60, 0.65, 4, speakers=60)
    hits = [np.equal(each.true, each.predicted).astype(float) for each in (one, other)]
    expected = permutation_test(
        hits, lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples", n_resamples=20_000, vectorized=True,
        rng=np.random.default_rng(0),
    ).pvalue  # fmt: skip
    assert difference(one, other, 3)[0].p == pytest.approx(expected, abs=0.02)


def test_six_speakers_have_64_arrangements():
    """One better for every speaker: of 2^6 ways to swap two are as extreme."""
    n = 60
    true = [at % 3 for at in range(n)]
    columns = {"utterances": [f"u{at}" for at in range(n)], "groups": [f"s{at % 6}" for at in range(n)], "seeds": [0] * n}
    one = Predictions(true=true, predicted=true, **columns)
    other = Predictions(true=true, predicted=[(each + 1) % 3 for each in true], **columns)
    found, _ = difference(one, other, 3)
    assert (found.value, found.low, found.high) == (1, 1, 1)
    assert found.p == pytest.approx(2 / 64, abs=0.006)


def test_alike_is_no_difference():
    one = made(50, 0.7, 5)
    for each in difference(one, one, 3):
        assert (each.value, each.low, each.high, each.p) == (0, 0, 0, 1)


def test_p_is_uniform_under_chance():
    values = [
        difference(made(40, 0.7, 10 + at, speakers=40), made(40, 0.7, 500 + at, speakers=40), 3, resamples=200)[0].p
        for at in range(200)
    ]
    assert 0.01 < np.mean(np.array(values) <= 0.05) < 0.1  # conservative: p of a discrete statistic


def test_one_seed_against_three_of_fixed_folds():
    three, one = made(60, 0.8, 6, seeds=(0, 1, 2)), made(60, 0.6, 7)
    found, _ = difference(three, one, 3)
    scores = [np.mean(np.equal(each.true, each.predicted)) for each in (three, one)]
    assert found.value == pytest.approx(scores[0] - scores[1])


def test_what_cannot_be_paired():
    one = made(30, 0.8, 8)
    less = Predictions(*(column[:-1] for column in (one.true, one.predicted, one.utterances, one.groups, one.seeds)))
    with pytest.raises(UsageError, match="'u29'"):
        difference(one, less, 3)
    random = made(30, 0.8, 9, seeds=(0, 1))
    moved = Predictions(
        random.true, random.predicted, [f"{name}-{seed}" for name, seed in zip(random.utterances, random.seeds, strict=True)],
        random.groups, random.seeds,
    )  # fmt: skip
    with pytest.raises(UsageError, match="same seeds"):
        difference(moved, one, 3)


def values(n, error, seed, *, seeds=(0,), speakers=6):
    """Values from 0 to 100, missed by about `error`."""
    rng = np.random.default_rng(seed)
    true = np.tile(np.linspace(0, 100, n), len(seeds))
    return Predictions(
        true=true,
        predicted=true + error * rng.standard_normal(len(true)),
        utterances=[f"u{at}" for at in range(n)] * len(seeds),
        groups=[f"s{at % speakers}" for at in range(n)] * len(seeds),
        seeds=np.repeat(seeds, n).tolist(),
    )


def test_errors_are_those_of_scikit_learn_and_their_interval_is_a_bootstrap_over_speakers():
    one, other = values(62, 9.0, 1), values(62, 12.0, 2)
    found = error_difference(one, other)
    apart = np.abs(one.predicted - one.true) - np.abs(other.predicted - other.true)
    expected = mean_absolute_error(one.true, one.predicted) - mean_absolute_error(other.true, other.predicted)
    assert (found.value, found.units) == (pytest.approx(expected), 6)
    rng, speakers = np.random.default_rng(9), np.arange(62) % 6
    draws = [np.mean(np.concatenate([apart[speakers == drawn] for drawn in rng.integers(0, 6, 6)])) for _ in range(4000)]
    low, high = np.quantile(draws, [0.025, 0.975])
    assert (found.low, found.high) == (pytest.approx(low, abs=0.15), pytest.approx(high, abs=0.15))


def test_p_of_errors_is_that_of_scipys_permutation_test():
    one, other = values(60, 9.0, 3, speakers=60), values(60, 12.0, 4, speakers=60)
    missed = [np.abs(np.subtract(each.predicted, each.true)) for each in (one, other)]
    expected = permutation_test(
        missed, lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples", n_resamples=20_000,
        vectorized=True, rng=np.random.default_rng(0),
    ).pvalue  # fmt: skip
    assert error_difference(one, other).p == pytest.approx(expected, abs=0.02)
    assert error_difference(one, one).p == 1


def test_errors_of_several_seeds():
    """Seed by seed where the seeds are the same, else of the means over seeds; speakers of all sizes."""
    three, one, again = (values(50, spread, at, seeds=seeds, speakers=7) for at, (spread, seeds) in enumerate(
        [(9.0, (0, 1, 2)), (12.0, (0,)), (7.0, (0, 1, 2))]
    ))  # fmt: skip
    for left, right in ((three, one), (three, again)):
        expected = mean_absolute_error(left.true, left.predicted) - mean_absolute_error(right.true, right.predicted)
        assert error_difference(left, right).value == pytest.approx(expected)


def test_errors_on_a_scale_that_clips():
    one, other = values(40, 0.0, 1), values(40, 30.0, 2)
    scale = Scale(-1, 1, zero="negative")
    inside = [np.clip(each, -1, 1) for each in (other.true, other.predicted)]
    assert error_difference(one, other, scale=scale).value == pytest.approx(-mean_absolute_error(*inside))


def test_values_that_cannot_be_paired():
    one = values(30, 9.0, 8)
    other = Predictions([*one.true[:-1], 99.0], one.predicted, one.utterances, one.groups, one.seeds)
    with pytest.raises(UsageError, match="'u29'"):
        error_difference(one, other)
