"""Two systems on the same utterances: how far apart they are, and how easily chance alone would bring that about.

The interval is a paired bootstrap, the probability a paired permutation test (Good 2005, chapter 3; Yeh 2000 for
classifiers): if the two are alike, the predictions of each unit could as well be the other system's. Units are whole speakers
where speakers are kept apart, else utterances, as for the intervals of single scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serkit.errors import UsageError
from serkit.metrics.bootstrap import BLOCK, RESAMPLES, RNG_SEED
from serkit.metrics.classification import Floats, defined_mean, ua, wa


@dataclass(frozen=True, slots=True)
class Predictions:
    """What one system predicted: every column is (n,), in any order; `groups` are speakers or, without them, utterances."""

    true: Sequence[int]
    predicted: Sequence[int]
    utterances: Sequence[str]
    groups: Sequence[str]
    seeds: Sequence[int]


@dataclass(frozen=True, slots=True)
class Difference:
    """One system's score minus another's, as fractions, with a 95 % interval; `p` is two-sided; `units` were resampled."""

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
    units, mine, theirs = _paired(one, other, classes)  # (units, seeds, classes, classes) each
    rng = np.random.default_rng(rng_seed)
    drawn, swapped = [], []
    for start in range(0, resamples, BLOCK):
        size = min(BLOCK, resamples - start)
        times = rng.multinomial(units, np.full(units, 1 / units), size=size).astype(np.float64)  # (size, units)
        drawn.append(_scores(_sum(times, mine)) - _scores(_sum(times, theirs)))
        swap = rng.integers(0, 2, size=(size, units)).astype(np.float64)
        kept = 1 - swap
        swapped.append(
            _scores(_sum(kept, mine) + _sum(swap, theirs)) - _scores(_sum(swap, mine) + _sum(kept, theirs))  # (2, size)
        )
    values = _scores(mine.sum(0)) - _scores(theirs.sum(0))  # (2,)
    bootstrapped, permuted = np.concatenate(drawn, 1), np.concatenate(swapped, 1)
    found = []
    for value, draws, chance in zip(values, bootstrapped, permuted, strict=True):
        low, high = np.nanquantile(draws, [0.025, 0.975])
        # The arrangement that was observed is one of those that could have been, hence the two ones.
        p = (np.sum(np.abs(chance) >= abs(value) - 1e-12) + 1) / (resamples + 1)
        found.append(Difference(float(value), float(low), float(high), float(p), units))
    return found[0], found[1]


def _paired(one: Predictions, other: Predictions, classes: int) -> tuple[int, Floats, Floats]:
    """How many units, and the confusion matrices of both, of each unit and seed."""
    average = set(one.seeds) != set(other.seeds)
    judged = [_judged(each, average) for each in (one, other)]
    if judged[0] != judged[1]:
        odd = min(judged[0] ^ judged[1])
        raise UsageError(f"the two have not judged the same utterances: '{odd[0]}' (seed {odd[1]}) has only one of them")
    names = sorted(set(one.groups))
    matrices = []
    for each in (one, other):
        seeds = sorted(set(each.seeds))
        member = np.searchsorted(names, each.groups)
        shape = (len(names), len(seeds), classes, classes)
        cell = np.ravel_multi_index(
            (member, np.searchsorted(seeds, each.seeds), np.asarray(each.true), np.asarray(each.predicted)), shape
        )
        counts = np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)
        matrices.append(counts.mean(1, keepdims=True) if average else counts)
    return len(names), matrices[0], matrices[1]


def _judged(each: Predictions, average: bool) -> set[tuple[str, int, int, str]]:
    """(utterance, seed, truth, group) of every prediction; without the seed where seeds are averaged."""
    found = set(zip(each.utterances, each.seeds, map(int, each.true), each.groups, strict=True))
    if not average:
        return found
    without = {(utterance, 0, true, group) for utterance, _, true, group in found}
    if len(without) * len(set(each.seeds)) != len(found):
        raise UsageError("seeds that test different utterances can only be compared with the same seeds")
    return without


def _sum(times: Floats, matrices: Floats) -> Floats:
    """Matrices of (size, units) draws: (size, seeds, classes, classes)."""
    summed: Floats = (times @ matrices.reshape(len(matrices), -1)).reshape(-1, *matrices.shape[1:])
    return summed


def _scores(matrices: Floats) -> npt.NDArray[np.float64]:
    """WA and UA of (..., seeds, classes, classes), averaged over seeds: (2, ...)."""
    return np.stack([defined_mean(metric(matrices)) for metric in (wa, ua)])
