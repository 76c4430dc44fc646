"""Sentiment out of values: the classes that others make of them, and the scores of these.

The definitions are those of MMSA, with which the systems of CH-SIMS and CMU-MOSI are compared (Mao, Yuan, Xu, Yu, Liu, Gao:
"M-SENA", ACL 2022 demonstrations; thuiar/MMSA, `src/MMSA/utils/metricsTop.py`, its functions for regression):

CH-SIMS, -1 to 1: values are clipped to the scale, before MAE and Pearson's correlation too. Two classes, [-1, 0] and (0, 1], so
that 0 is negative; three, [-1, -0.1], (-0.1, 0.1] and (0.1, 1]; five, [-1, -0.7], (-0.7, -0.1], (-0.1, 0.1], (0.1, 0.7] and
(0.7, 1].

CMU-MOSI, -3 to 3: two classes twice, "has 0", at least 0 and below 0, and "non 0", above 0 and not, without the utterances
whose true value is 0. Seven classes, and five: clipped to -3 and 3, or to -2 and 2, and rounded, halves to the even neighbor.

Of the classes the accuracy is told, of two also the F1, weighted by how often each class is true.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from serkit.metrics.classification import Counts, Floats, wa, weighted_f1
from serkit.types import Scale

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Classes:
    """How values become classes: `index` gives that of each of `count`; `without_zero` leaves out what is truly 0."""

    count: int
    index: Callable[[Floats], Indices]
    without_zero: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """A score in [0, 1] of classes, by a `key` for programs and a `name` for people."""

    key: str
    name: str
    classes: Classes
    of_confusion: Callable[[Counts], Floats]

    def counts(self, true: npt.ArrayLike, predicted: npt.ArrayLike) -> Floats:
        """Each pair of (n,) values as a confusion matrix of its own, all zero where it is left out: (n, classes * classes)."""
        given = np.asarray(true, np.float64)
        rows, columns = self.classes.index(given), self.classes.index(np.asarray(predicted, np.float64))
        cells: Floats = np.eye(self.classes.count**2)[rows * self.classes.count + columns]  # (n, classes * classes)
        if self.classes.without_zero:
            cells[given == 0] = 0
        return cells

    def score(self, counts: Floats) -> Floats:
        """The score of (..., classes * classes) summed counts; NaN where nothing is counted."""
        return self.of_confusion(counts.reshape(*counts.shape[:-1], self.classes.count, self.classes.count))


def measures(scale: Scale | None) -> tuple[Measure, ...]:
    """The scores that are defined for a scale of sentiment; none for any other."""
    return _MEASURES.get(scale, ()) if scale else ()


def clips(scale: Scale | None) -> bool:
    """Whether all scores of the scale's own take what lies beyond its ends for the ends."""
    return scale == _SIMS


def clipped(values: npt.ArrayLike, scale: Scale | None) -> Floats:
    """The values, put to the ends of the scale where they lie beyond and its own scores ask for that."""
    given = np.asarray(values, np.float64)
    return np.clip(given, scale.low, scale.high) if scale and clips(scale) else given


def _between(edges: tuple[float, ...], values: Floats) -> Indices:
    """The number of the interval that holds each value; an edge belongs to the interval below it."""
    return np.searchsorted(edges, values, side="left").astype(np.int64)


def _at_least_zero(values: Floats) -> Indices:
    return (values >= 0).astype(np.int64)


def _above_zero(values: Floats) -> Indices:
    return (values > 0).astype(np.int64)


def _rounded(most: int, values: Floats) -> Indices:
    """-`most` to `most` as 0 to 2 `most`."""
    return np.rint(np.clip(values, -most, most)).astype(np.int64) + most


def name_of(key: str) -> str | None:
    """What people call the measure with this key; None for the key of another score."""
    return next((each.name for own in _MEASURES.values() for each in own if each.key == key), None)


_SIMS = Scale(-1, 1, zero="negative")
_MOSI = Scale(-3, 3, zero="positive")

_SIMS_2 = Classes(2, _above_zero)
_HAS_0 = Classes(2, _at_least_zero)
_NON_0 = Classes(2, _above_zero, without_zero=True)

_MEASURES = {
    _SIMS: (
        Measure("acc_2", "Acc-2 (0 is negative)", _SIMS_2, wa),
        Measure("f1", "F1 (0 is negative)", _SIMS_2, weighted_f1),
        Measure("acc_3", "Acc-3", Classes(3, partial(_between, (-0.1, 0.1))), wa),
        Measure("acc_5", "Acc-5", Classes(5, partial(_between, (-0.7, -0.1, 0.1, 0.7))), wa),
    ),
    _MOSI: (
        Measure("acc_2_has0", "Acc-2 (0 is positive)", _HAS_0, wa),
        Measure("f1_has0", "F1 (0 is positive)", _HAS_0, weighted_f1),
        Measure("acc_2_non0", "Acc-2 (without 0)", _NON_0, wa),
        Measure("f1_non0", "F1 (without 0)", _NON_0, weighted_f1),
        Measure("acc_5", "Acc-5", Classes(5, partial(_rounded, 2)), wa),
        Measure("acc_7", "Acc-7", Classes(7, partial(_rounded, 3)), wa),
    ),
}
