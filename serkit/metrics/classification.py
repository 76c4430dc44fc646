"""Scores of a classification, all computed from its confusion matrix.

Every score takes confusion matrices of shape (..., classes, classes), rows = truth, columns = prediction, and returns an
array of the leading shape: one matrix gives one number, the resamples of a bootstrap give one number each. Scores lie in
[0, 1]; a score that does not exist (no utterance, a recall without truth) is NaN, never zero.

WA ("weighted accuracy") and UA ("unweighted accuracy") are the field's words; they go back to the INTERSPEECH 2009 Emotion
Challenge (Schuller, Steidl, Batliner 2009), whose weighted and unweighted average recall they are.
"""

import numpy as np
import numpy.typing as npt

from serkit.errors import UsageError

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64] | Floats
"""How often each (truth, prediction) occurred; floats only where they hold whole numbers (matrix products are faster)."""


def confusion(true: npt.ArrayLike, predicted: npt.ArrayLike, classes: int) -> npt.NDArray[np.int64]:
    """How often each class was taken for each: (classes, classes), rows = truth, columns = prediction.

    `true` and `predicted` are (n,) class indices from 0 to `classes` - 1.

    >>> confusion([0, 0, 1], [0, 1, 1], classes=2)
    array([[1, 1],
           [0, 1]])

    Raises UsageError where the lengths differ or an index is no class.
    """
    rows, columns = indices(true, classes, "true"), indices(predicted, classes, "predicted")
    if rows.shape != columns.shape:
        raise UsageError(f"confusion: {len(rows)} true but {len(columns)} predicted labels; give one of each per utterance")
    return np.bincount(rows * classes + columns, minlength=classes**2).reshape(classes, classes)  # (classes, classes)


def wa(confusion: Counts) -> Floats:
    """Accuracy over all utterances: the share of the matrix that lies on its diagonal.

    >>> float(wa(np.array([[3, 1], [0, 0]])))
    0.75
    """
    return _ratio(_hits(confusion).sum(-1), confusion.sum((-2, -1)))


def recalls(confusion: Counts) -> Floats:
    """The share of each class that was recognized: (..., classes), NaN where a class does not occur in the truth."""
    return _ratio(_hits(confusion), confusion.sum(-1))


def ua(confusion: Counts) -> Floats:
    """Mean recall over the classes that occur in the truth (scikit-learn's `balanced_accuracy_score`).

    >>> float(ua(np.array([[3, 1], [0, 2]])))
    0.875
    """
    return defined_mean(recalls(confusion))


def macro_f1(confusion: Counts) -> Floats:
    """Mean F1 over the classes that occur in the truth; F1 = 2 hits / (occurrences in truth + in prediction).

    Equal to scikit-learn's `f1_score(true, predicted, labels=np.unique(true), average="macro")`. Without `labels`,
    scikit-learn also averages in a zero for every class that is only predicted; those mistakes count here as well, in the
    recall of the classes that they were taken from, but a class without truth is no term of the mean, as in UA.
    """
    occurrences = confusion.sum(-1)
    f1 = _ratio(2 * _hits(confusion), occurrences + confusion.sum(-2))
    return defined_mean(np.where(occurrences > 0, f1, np.nan))


def weighted_f1(confusion: Counts) -> Floats:
    """Mean F1 over the classes, each weighted by how often it is true (scikit-learn's `f1_score(..., average="weighted")`)."""
    occurrences = confusion.sum(-1)
    f1 = _ratio(2 * _hits(confusion), occurrences + confusion.sum(-2))
    return _ratio(np.where(occurrences > 0, f1 * occurrences, 0.0).sum(-1), occurrences.sum(-1))


def indices(values: npt.ArrayLike, classes: int, name: str) -> npt.NDArray[np.int64]:
    """`values` as (n,) class indices. Raises UsageError, naming them `name`, where they are anything else."""
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise UsageError(f"{name}: {array.dtype} of shape {array.shape}; give one whole number per utterance, shape (n,)")
    if array.min() < 0 or array.max() >= classes:
        raise UsageError(f"{name}: class {array.min()} to {array.max()}; give indices from 0 to {classes - 1}")
    return array.astype(np.int64)


def defined_mean(values: Floats) -> Floats:
    """Mean over the last axis of what is not NaN; NaN where nothing is (numpy's nanmean warns there)."""
    defined = ~np.isnan(values)
    return _ratio(np.where(defined, values, 0.0).sum(-1), defined.sum(-1))


def _hits(confusion: Counts) -> Floats:
    return np.diagonal(confusion, axis1=-2, axis2=-1).astype(np.float64)  # (..., classes)


def _ratio(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Floats:
    top, bottom = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    ratio = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=ratio, where=bottom > 0)
    return ratio
