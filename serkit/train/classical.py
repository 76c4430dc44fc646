"""Classifiers and regressions on functionals that are no networks: the baselines that every system must beat."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from serkit import windows
from serkit.errors import Notice, TrainingError
from serkit.recipe import baseline

Floats = npt.NDArray[np.float64]
Targets = npt.NDArray[np.int64] | Floats


@dataclass(frozen=True, slots=True)
class Part:
    """Functionals `values` (n, dim) and `targets` (n,): indices of labels, or values of a scale."""

    values: Floats
    targets: Targets


@dataclass(frozen=True, slots=True)
class Trial:
    """A cost and the validation accuracy that it came to; of values the negative mean absolute error."""

    cost: float
    accuracy: float


class Classifier:
    """A fitted classifier: `seen` turns functionals into what it sees, `shares` (classes,) are those of the training.

    Of values `shares` is their median.
    """

    def __init__(self, config: baseline.Classifier, shares: Floats, seen: "Span | Products", estimator: Any) -> None:
        self.config, self.shares, self.seen, self.estimator = config, shares, seen, estimator

    def probabilities(self, values: Floats) -> Floats:
        """(n, dim) to (n, classes), or to the values (n, 1).

        A support vector machine's are the softmax of its votes: their order, no calibration.
        """
        found = np.zeros((len(values), len(self.shares)))
        if self.estimator is None:
            return found + self.shares
        inner = self.seen(values)
        if isinstance(self.config, baseline.Ridge):
            predicted: Floats = self.estimator.predict(inner)[:, None]
            return predicted
        if isinstance(self.config, baseline.LogisticRegression):
            found[:, self.estimator.classes_] = self.estimator.predict_proba(inner)
            return found
        votes = np.asarray(self.estimator.decision_function(inner))
        if votes.ndim == 1:  # two classes: the distance from the one plane between them
            votes = np.stack([-votes, votes], axis=1)
        found[:, self.estimator.classes_] = windows.softmax(votes)
        return found


class Standardized:
    """Functionals with the mean and the deviation of the training taken out."""

    def __init__(self, values: Floats) -> None:
        self.mean, self.deviation = values.mean(0), values.std(0)
        self.deviation[self.deviation == 0] = 1.0

    def __call__(self, values: Floats) -> Floats:
        """(n, dim) to (n, dim)."""
        inner: Floats = (values - self.mean) / self.deviation
        return inner


class Span:
    """Standardized functionals as coordinates in the span of the training vectors.

    An L2 penalty keeps a classifier's weights in that span, so that with 6373 functionals of 500 utterances it finds the same
    solution in 500 dimensions, at a fraction of the time.
    """

    def __init__(self, values: Floats) -> None:
        self.standardized = Standardized(values)
        self.axes = np.linalg.qr(self.standardized(values).T)[0]  # (dim, min(n, dim)); any orthonormal basis will do

    def __call__(self, values: Floats) -> Floats:
        """(n, dim) to (n, dimensions of the span)."""
        inner: Floats = self.standardized(values) @ self.axes
        return inner


MOST_STEPS = 5000
"""Steps after which a logistic regression is stopped."""

MOST_PRODUCTS = 20_000
"""Training vectors up to which their inner products are kept: 3.2 GB."""


class Products:
    """Inner products with the standardized training vectors, which are all that a linear SVM needs.

    They are computed once for all costs, where its solver would compute them again and again.
    """

    def __init__(self, values: Floats) -> None:
        self.standardized = Standardized(values)
        self.vectors = self.standardized(values)

    def __call__(self, values: Floats) -> Floats:
        """(n, dim) to (n, number of training vectors)."""
        products: Floats = self.standardized(values) @ self.vectors.T
        return products


def fit(config: baseline.Classifier, train: Part, classes: int, costs: Sequence[float]) -> list[Classifier]:
    """One classifier for each cost, fitted to the same utterances."""
    if isinstance(config, baseline.Constant | baseline.Ridge):
        shares = np.array([np.median(train.targets)])
    else:
        shares = np.bincount(train.targets.astype(np.int64), minlength=classes) / len(train.targets)
    if len(shares) > 1 and shares.max() == 1 and not isinstance(config, baseline.Majority):
        raise TrainingError("all training utterances have one emotion, which leaves nothing to tell apart")
    products = isinstance(config, baseline.LinearSVM) and len(train.values) <= MOST_PRODUCTS
    seen = Products(train.values) if products else Span(train.values)
    inner, kernel = seen(train.values), "precomputed" if products else "linear"
    return [Classifier(config, shares, seen, _estimator(config, cost, inner, train.targets, kernel)) for cost in costs]


def choose(config: baseline.Classifier, train: Part, validation: Part, classes: int) -> tuple[Classifier, Trial, list[Trial]]:
    """The first classifier with the best validation accuracy, its trial, and all trials."""
    fitted = fit(config, train, classes, costs_of(config))
    trials = [Trial(cost, _merit(each, validation)) for cost, each in zip(costs_of(config), fitted, strict=True)]
    best = max(range(len(trials)), key=lambda at: (trials[at].accuracy, -at))
    return fitted[best], trials[best], trials


def _merit(fitted: Classifier, validation: Part) -> float:
    """Accuracy, or of values the negative mean absolute error."""
    found = fitted.probabilities(validation.values)
    if isinstance(fitted.config, baseline.Constant | baseline.Ridge):
        return -float(np.abs(found[:, 0] - validation.targets).mean())
    return float((found.argmax(1) == validation.targets).mean())


def costs_of(config: baseline.Classifier) -> tuple[float, ...]:
    """The costs to choose from; a classifier without one is tried once."""
    if isinstance(config, baseline.Majority | baseline.Constant):
        return (1.0,)
    return config.penalties if isinstance(config, baseline.Ridge) else config.costs


def _estimator(config: baseline.Classifier, cost: float, values: Floats, targets: Targets, kernel: str) -> Any:
    """What scikit-learn has for it, fitted; nothing for the majority and the constant."""
    if isinstance(config, baseline.Majority | baseline.Constant):
        return None
    # Imported here: it takes a second, which no training of a network should wait for.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.svm import SVC

    if isinstance(config, baseline.Ridge):
        return Ridge(alpha=cost).fit(values, targets)

    if isinstance(config, baseline.LinearSVM):
        return SVC(C=cost, kernel=kernel, decision_function_shape="ovr", break_ties=True).fit(values, targets)
    made = LogisticRegression(C=cost, max_iter=MOST_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        made.fit(values, targets)
    if made.n_iter_.max() >= MOST_STEPS:
        said = f"logistic_regression with cost {cost:g} was stopped after {MOST_STEPS} steps, before its weights stood still"
        warnings.warn(said, Notice, stacklevel=2)
    return made
