"""Sentiment out of values, against scikit-learn on classes that loops by hand make, value by value."""

import math

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error

from serkit import metrics
from serkit.metrics import sentiment
from serkit.types import Scale

SIMS = Scale(-1, 1, zero="negative")
MOSI = Scale(-3, 3, zero="positive")

EDGES = [-1.3, -1.0, -0.8, -0.7, -0.69, -0.1, -0.05, 0.0, 0.05, 0.1, 0.11, 0.7, 0.71, 1.0, 1.2]
HALVES = [-3.7, -3.5, -3.0, -2.5, -1.5, -0.5, -0.4, -0.0, 0.0, 0.3, 0.5, 1.5, 2.5, 2.51, 3.5]


def pairs(values):
    """Every value against every other but for some pairs, so that truth and prediction are not distributed alike."""
    true, predicted = np.array([(true, predicted) for true in values for predicted in values]).T
    kept = (2 * true + predicted < 1.5) | (np.arange(len(true)) % 7 == 0)
    return true[kept], predicted[kept]


def sims_class(value, bounds):
    """The first of the intervals (low, high] that holds it; the lowest has its low end too."""
    value = min(1.0, max(-1.0, value))
    for number, bound in enumerate(bounds):
        if value <= bound:
            return number
    return len(bounds)


def mosi_class(value, most):
    """Python's round goes to the even neighbor, as the definition does."""
    return round(min(float(most), max(-float(most), value)))


def scores_of(scale, true, predicted):
    return {each.key: float(each.score(each.counts(true, predicted).sum(0))) for each in sentiment.measures(scale)}


def weighted(true, predicted):
    return f1_score(true, predicted, average="weighted", zero_division=0)


def test_ch_sims():
    true, predicted = pairs(EDGES)
    two, three, five = ([[sims_class(each, bounds) for each in side] for side in (true, predicted)] for bounds in (
        [0.0], [-0.1, 0.1], [-0.7, -0.1, 0.1, 0.7]
    ))  # fmt: skip
    assert scores_of(SIMS, true, predicted) == pytest.approx(
        {"acc_2": accuracy_score(*two), "f1": weighted(*two), "acc_3": accuracy_score(*three), "acc_5": accuracy_score(*five)}
    )


def test_mosi():
    true, predicted = pairs(HALVES)
    has0 = [[each >= 0 for each in side] for side in (true, predicted)]
    kept = [(a > 0, b > 0) for a, b in zip(true, predicted, strict=True) if a != 0]
    non0 = list(zip(*kept, strict=True))
    five, seven = ([[mosi_class(each, most) for each in side] for side in (true, predicted)] for most in (2, 3))
    expected = {
        "acc_2_has0": accuracy_score(*has0),
        "f1_has0": weighted(*has0),
        "acc_2_non0": accuracy_score(*non0),
        "f1_non0": weighted(*non0),
        "acc_5": accuracy_score(*five),
        "acc_7": accuracy_score(*seven),
    }
    assert scores_of(MOSI, true, predicted) == pytest.approx(expected)
    assert len({round(value, 9) for value in expected.values()}) == 6  # so that no score can stand for another


@pytest.mark.parametrize(
    ("scale", "key", "true", "predicted", "expected"),
    [
        (SIMS, "acc_2", 0.0, -1.0, 1),  # zero is negative
        (SIMS, "acc_2", 0.0, 0.001, 0),
        (SIMS, "acc_5", -0.7, -1.0, 1),  # the upper end belongs to an interval
        (SIMS, "acc_5", 0.7, 0.2, 1),
        (SIMS, "acc_5", 0.7, 0.70001, 0),
        (SIMS, "acc_5", 1.0, 7.0, 1),  # beyond the scale is its end
        (SIMS, "acc_3", 0.1, -0.0999, 1),
        (MOSI, "acc_2_has0", 0.0, 1.0, 1),  # zero is positive
        (MOSI, "acc_2_has0", 0.0, -0.001, 0),
        (MOSI, "acc_2_non0", -0.2, 0.0, 1),  # a predicted zero is not above zero
        (MOSI, "acc_7", 0.5, 0.0, 1),  # halves go to the even neighbor
        (MOSI, "acc_7", 1.5, 2.5, 1),
        (MOSI, "acc_7", 2.5, 3.0, 0),
        (MOSI, "acc_5", 2.5, 3.0, 1),
        (MOSI, "acc_7", -9.0, -2.6, 1),
        (MOSI, "acc_7", -0.4, 0.4, 1),
    ],
)
def test_one_value(scale, key, true, predicted, expected):
    assert scores_of(scale, [true], [predicted])[key] == expected


def test_without_anything_but_zeros_there_is_no_score():
    found = scores_of(MOSI, [0.0, 0.0], [1.0, -1.0])
    assert math.isnan(found["acc_2_non0"])
    assert math.isnan(found["f1_non0"])
    assert found["acc_2_has0"] == 0.5


def test_a_class_that_is_only_predicted_weighs_nothing():
    true, predicted = [0.5, 0.6, 0.7], [0.5, -0.6, 0.7]
    assert scores_of(SIMS, true, predicted)["f1"] == pytest.approx(weighted([1, 1, 1], [1, 0, 1]))


@pytest.mark.parametrize("scale", [None, Scale(0, 100), Scale(-1, 1), Scale(-3, 3), Scale(-3, 3, zero="negative")])
def test_other_scales_have_no_sentiment(scale):
    """The classes are those of two corpora's scales; for others nobody has defined any."""
    assert sentiment.measures(scale) == ()


def columns(n, seeds=(0,)):
    names = [f"u{number}" for number in range(n)]
    repeated = [seed for seed in seeds for _ in range(n)]
    return {"utterances": names * len(seeds), "groups": [f"s{at % 6}" for at in range(n)] * len(seeds), "seeds": repeated}


def sampled(n, spread, seed=0):
    rng = np.random.default_rng(seed)
    true = np.clip(rng.normal(0, spread, n), -spread * 2, spread * 2).round(1)
    return true, 0.6 * true + rng.normal(0, spread / 2, n)


def test_scores_of_a_run_are_means_over_seeds_with_intervals_over_speakers():
    true, one = sampled(60, 1.5)
    _, other = sampled(60, 1.5, seed=7)
    found = metrics.score_values(
        [*true, *true], [*one, *other], **columns(60, (0, 1)), unit="speaker", scale=MOSI, resamples=2000
    )
    assert list(found.sentiment) == [each.key for each in sentiment.measures(MOSI)]
    for key, estimate in found.sentiment.items():
        each = [scores_of(MOSI, true, side)[key] for side in (one, other)]
        assert estimate.value == pytest.approx(sum(each) / 2)
        assert (estimate.n, estimate.unit, estimate.units) == (60, "speaker", 6)
        assert estimate.low < estimate.value < estimate.high
    rng = np.random.default_rng(1)
    speakers = np.arange(60) % 6
    draws = []
    for _ in range(2000):
        chosen = np.concatenate([np.flatnonzero(speakers == drawn) for drawn in rng.integers(0, 6, 6)])
        draws.append(np.mean([weighted(true[chosen] >= 0, side[chosen] >= 0) for side in (one, other)]))
    low, high = np.quantile(draws, [0.025, 0.975])
    estimate = found.sentiment["f1_has0"]
    assert (estimate.low, estimate.high) == (pytest.approx(low, abs=0.02), pytest.approx(high, abs=0.02))


def test_the_constant_is_scored_like_a_system():
    true, predicted = sampled(61, 1.5)
    found = metrics.score_values(true, predicted, **columns(61), unit="speaker", scale=MOSI, resamples=10)
    always = np.full(61, np.median(true))
    expected = {"mae": mean_absolute_error(true, always), "ccc": 0.0} | scores_of(MOSI, true, always)
    assert found.constant == pytest.approx(expected)  # Pearson's correlation does not exist
    own = {"utterances": [f"u{at}" for at in range(61)], "groups": ["s"] * 61, "seeds": [0] * 50 + [1] * 11}
    found = metrics.score_values(true, predicted, **own, unit="speaker", scale=MOSI, resamples=10)
    each = [mean_absolute_error(true[part], always[part]) for part in (slice(50), slice(50, None))]
    assert found.constant["mae"] == pytest.approx(sum(each) / 2)


def test_ch_sims_values_are_clipped_in_all_scores_and_mosi_values_in_none():
    true, predicted = sampled(60, 0.6)
    predicted *= 3
    assert np.abs(predicted).max() > 1
    inside = np.clip(true, -1, 1), np.clip(predicted, -1, 1)
    found = metrics.score_values(true, predicted, **columns(60), unit="speaker", scale=SIMS, resamples=10)
    assert found.mae.value == pytest.approx(mean_absolute_error(*inside))
    assert found.pearson.value == pytest.approx(pearsonr(*inside).statistic)
    assert found.ccc.value == pytest.approx(float(metrics.ccc(metrics.sums_of(*inside).sum(0))))
    for scale in (MOSI, Scale(-1, 1), None):
        found = metrics.score_values(true, predicted, **columns(60), unit="speaker", scale=scale, resamples=10)
        assert found.mae.value == pytest.approx(mean_absolute_error(true, predicted))
