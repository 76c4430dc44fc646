"""Two systems on the same utterances: how far apart they are, and how easily chance alone would bring that about.

The interval is a paired bootstrap, the probability a paired permutation test (Good 2005, chapter 3; Yeh 2000 for
classifiers): if the two are alike, the predictions of each unit could as well be the other system's. Units are whole speakers
where speakers are kept apart, else utterances, as for the intervals of single scores.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from serkit.errors import UsageError
from serkit.metrics.bootstrap import BLOCK, RESAMPLES, RNG_SEED
from serkit.metrics.classification import Floats, defined_mean, ua, wa
from serkit.metrics.regression import mae, sums_of
from serkit.types import Scale


@dataclass(frozen=True, slots=True)
class Predictions:
    """What one system predicted: every column is (n,), in any order; `groups` are speakers or, without them, utterances.

    `true` and `predicted` are class indices, or values of a scale.
    """

    true: Sequence[float]
    predicted: Sequence[float]
    utterances: Sequence[str]
    groups: Sequence[str]
    seeds: Sequence[int]


@dataclass(frozen=True, slots=True)
class Difference:
    """One system's score minus another's with a 95 % interval; `p` is two-sided; `units` were resampled.

    Accuracies are fractions, errors in units of the scale.
    """

    value: float
    low: float
    high: float
    p: float
    units: int


def difference(
    one: Predictions, other: Predictions, classes: int, *, resamples: int = RESAMPLES, rng_seed: int = RNG_SEED
) -> tuple[Difference, Difference]:
    """WA and UA of `one` minus those of `other`.

    Both must have judged the same utterances: seed by seed where their seeds are the same, else on average over their seeds.
    Raises UsageError where they have not.
    """

    def cells(each: Predictions) -> Floats:
        place = np.asarray(each.true, np.int64) * classes + np.asarray(each.predicted, np.int64)
        found: Floats = np.eye(classes**2)[place]
        return found

    def scores(sums: Floats) -> Floats:
        matrices = sums.reshape(*sums.shape[:-1], classes, classes)
        return np.stack([defined_mean(metric(matrices)) for metric in (wa, ua)])

    weighted, unweighted = _compared(*_paired(one, other, cells), scores, resamples, rng_seed)
    return weighted, unweighted


def error_difference(
    one: Predictions,
    other: Predictions,
    *,
    scale: Scale | None = None,
    resamples: int = RESAMPLES,
    rng_seed: int = RNG_SEED,
) -> Difference:
    """The mean absolute error of `one` minus that of `other`, of values on the `scale`; below zero where `one` is better.

    Both must have judged the same utterances, as for `difference`. Raises UsageError where they have not.
    """

    def errors(each: Predictions) -> Floats:
        return sums_of(each.true, each.predicted, scale)

    def scores(sums: Floats) -> Floats:
        return defined_mean(mae(sums))[None]

    (found,) = _compared(*_paired(one, other, errors), scores, resamples, rng_seed)
    return found


def _compared(
    mine: Floats, theirs: Floats, scores: Callable[[Floats], Floats], resamples: int, rng_seed: int
) -> list[Difference]:
    """Each of the `scores` of `mine` minus that of `theirs`.

    Both are what the scores are made of, by unit and seed, (units, seeds, columns); `scores` makes (scores, ...) of their sums
    (..., seeds, columns), the means over seeds.
    """
    units = len(mine)
    rng = np.random.default_rng(rng_seed)
    drawn, swapped = [], []
    for start in range(0, resamples, BLOCK):
        size = min(BLOCK, resamples - start)
        times = rng.multinomial(units, np.full(units, 1 / units), size=size).astype(np.float64)  # (size, units)
        drawn.append(scores(_sum(times, mine)) - scores(_sum(times, theirs)))
        swap = rng.integers(0, 2, size=(size, units)).astype(np.float64)
        kept = 1 - swap
        swapped.append(
            scores(_sum(kept, mine) + _sum(swap, theirs)) - scores(_sum(swap, mine) + _sum(kept, theirs))  # (scores, size)
        )
    values = scores(mine.sum(0)) - scores(theirs.sum(0))  # (scores,)
    bootstrapped, permuted = np.concatenate(drawn, 1), np.concatenate(swapped, 1)
    found = []
    for value, draws, chance in zip(values, bootstrapped, permuted, strict=True):
        low, high = np.nanquantile(draws, [0.025, 0.975])
        # The arrangement that was observed is one of those that could have been, hence the two ones.
        p = (np.sum(np.abs(chance) >= abs(value) - 1e-12) + 1) / (resamples + 1)
        found.append(Difference(float(value), float(low), float(high), float(p), units))
    return found


def _paired(one: Predictions, other: Predictions, columns: Callable[[Predictions], Floats]) -> tuple[Floats, Floats]:
    """The sums of both systems' `columns` (n, columns), by unit and seed: (units, seeds, columns) each."""
    average = set(one.seeds) != set(other.seeds)
    judged = [_judged(each, average) for each in (one, other)]
    if judged[0] != judged[1]:
        odd = min(judged[0] ^ judged[1])
        raise UsageError(f"the two have not judged the same utterances: '{odd[0]}' (seed {odd[1]}) has only one of them")
    names = sorted(set(one.groups))
    found = []
    for each in (one, other):
        seeds, own = sorted(set(each.seeds)), columns(each)
        sums = np.zeros((len(names), len(seeds), own.shape[1]))
        np.add.at(sums, (np.searchsorted(names, each.groups), np.searchsorted(seeds, each.seeds)), own)
        found.append(sums.mean(1, keepdims=True) if average else sums)
    return found[0], found[1]


def _judged(each: Predictions, average: bool) -> set[tuple[str, int, float, str]]:
    """(utterance, seed, truth, group) of every prediction; without the seed where seeds are averaged."""
    found = set(zip(each.utterances, each.seeds, map(float, each.true), each.groups, strict=True))
    if not average:
        return found
    without = {(utterance, 0, true, group) for utterance, _, true, group in found}
    if len(without) * len(set(each.seeds)) != len(found):
        raise UsageError("seeds that test different utterances can only be compared with the same seeds")
    return without


def _sum(times: Floats, given: Floats) -> Floats:
    """The sums of (size, units) draws: (size, seeds, columns)."""
    summed: Floats = (times @ given.reshape(len(given), -1)).reshape(-1, *given.shape[1:])
    return summed
