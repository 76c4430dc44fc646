"""Baselines' classifiers against scikit-learn's pipelines in the full space of functionals."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from serkit.errors import TrainingError
from serkit.recipe import baseline
from serkit.train import classical
from serkit.train.classical import Part, choose, fit

CLASSES = 4


def part(n, dim, seed, classes=CLASSES):
    """Functionals of very different sizes, one of them constant, that tell something of the class."""
    rng = np.random.default_rng(seed)
    targets = np.arange(n) % classes
    directions = np.random.default_rng(0).standard_normal((classes, dim))
    values = (directions[targets] * 0.5 + rng.standard_normal((n, dim))) * np.geomspace(1e-3, 1e4, dim) + 7
    values[:, 2] = 3.0
    return Part(values, targets)


@pytest.mark.parametrize("dim", [200, 12], ids=["more functionals than utterances", "fewer"])
@pytest.mark.parametrize("cost", [1e-4, 1e-2, 1.0])
def test_svm_decides_as_scikit_learns(dim, cost):
    train, test = part(60, dim, 1), part(80, dim, 2)
    (ours,) = fit(baseline.LinearSVM(type="linear_svm"), train, CLASSES, [cost])
    theirs = make_pipeline(StandardScaler(), SVC(C=cost, kernel="linear", break_ties=True)).fit(train.values, train.targets)
    votes = theirs.decision_function(test.values)
    found = ours.probabilities(test.values)
    np.testing.assert_allclose(found.sum(1), 1)
    expected = np.exp(votes) / np.exp(votes).sum(1, keepdims=True)
    # libsvm stops within a tolerance of 1e-3 of its dual problem
    np.testing.assert_allclose(found, expected, atol=5e-3)
    assert (found.argmax(1) == theirs.predict(test.values)).mean() > 0.98


def test_an_svm_without_products_decides_as_with_them(monkeypatch):
    train, test = part(60, 200, 1), part(80, 200, 2)
    (kept,) = fit(baseline.LinearSVM(type="linear_svm"), train, CLASSES, [1e-2])
    monkeypatch.setattr(classical, "MOST_PRODUCTS", len(train.values) - 1)
    (plain,) = fit(baseline.LinearSVM(type="linear_svm"), train, CLASSES, [1e-2])
    assert (kept.estimator.kernel, plain.estimator.kernel) == ("precomputed", "linear")
    np.testing.assert_allclose(plain.probabilities(test.values), kept.probabilities(test.values), atol=1e-9)


@pytest.mark.parametrize("dim", [200, 12], ids=["more functionals than utterances", "fewer"])
def test_logistic_regression_is_scikit_learns(dim):
    train, test = part(60, dim, 1), part(80, dim, 2)
    (ours,) = fit(baseline.LogisticRegression(type="logistic_regression"), train, CLASSES, [1e-2])
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=1e-2, max_iter=5000, tol=1e-8))
    expected = theirs.fit(train.values, train.targets).predict_proba(test.values)
    np.testing.assert_allclose(ours.probabilities(test.values), expected, atol=2e-3)


def test_majority_gives_the_shares_of_training():
    train = Part(np.zeros((5, 1)), np.array([0, 2, 2, 2, 3]))
    chosen, _, trials = choose(baseline.Majority(type="majority"), train, train, CLASSES)
    np.testing.assert_allclose(chosen.probabilities(np.zeros((2, 1))), [[0.2, 0, 0.6, 0.2]] * 2)
    assert [each.accuracy for each in trials] == [0.6]


def values_of(n, dim, seed):
    """Functionals, and values that follow from some of them."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, dim))
    return Part(values, 3 + values[:, :3].sum(1) + 0.3 * rng.normal(size=n))


@pytest.mark.parametrize("dim", [200, 12], ids=["more functionals than utterances", "fewer"])
def test_ridge_is_scikit_learns(dim):
    train, test = values_of(60, dim, 1), values_of(80, dim, 2)
    (ours,) = fit(baseline.Ridge(type="ridge"), train, 1, [50.0])
    theirs = make_pipeline(StandardScaler(), Ridge(alpha=50.0)).fit(train.values, train.targets)
    np.testing.assert_allclose(ours.probabilities(test.values)[:, 0], theirs.predict(test.values), atol=1e-6)


def test_the_penalty_with_the_smallest_error_is_chosen():
    train, validation = values_of(60, 200, 1), values_of(80, 200, 2)
    config = baseline.Ridge(type="ridge", penalties=(1e6, 1e2, 1e0))
    chosen, best, trials = choose(config, train, validation, 1)
    errors = []
    for penalty in config.penalties:
        theirs = make_pipeline(StandardScaler(), Ridge(alpha=penalty)).fit(train.values, train.targets)
        errors.append(np.abs(theirs.predict(validation.values) - validation.targets).mean())
    assert [-each.accuracy for each in trials] == pytest.approx(errors, rel=1e-6)
    assert chosen.estimator.alpha == best.cost == config.penalties[int(np.argmin(errors))]


def test_the_constant_is_the_median_of_training():
    train = Part(np.zeros((5, 1)), np.array([1.0, 9.0, 2.0, 4.0, 3.0]))
    chosen, best, _ = choose(baseline.Constant(type="constant"), train, train, 1)
    np.testing.assert_array_equal(chosen.probabilities(np.zeros((2, 1))), [[3.0], [3.0]])
    assert -best.accuracy == pytest.approx((2 + 6 + 1 + 1 + 0) / 5)


def test_two_classes_keep_their_order():
    train = part(40, 6, 3, classes=2)
    (ours,) = fit(baseline.LinearSVM(type="linear_svm"), train, 2, [1.0])
    theirs = make_pipeline(StandardScaler(), SVC(C=1.0, kernel="linear")).fit(train.values, train.targets)
    assert (ours.probabilities(train.values).argmax(1) == theirs.predict(train.values)).all()


def test_a_class_that_training_lacks_has_no_probability():
    train = part(30, 50, 4, classes=3)
    train = Part(train.values, np.array([0, 1, 3])[train.targets])
    for config in (baseline.LinearSVM(type="linear_svm"), baseline.LogisticRegression(type="logistic_regression")):
        (ours,) = fit(config, train, CLASSES, [1.0])
        found = ours.probabilities(train.values)
        assert (found[:, 2] == 0).all()
        assert (found.argmax(1) == train.targets).mean() > 0.9


def test_the_first_of_the_best_costs_is_chosen():
    train, validation = part(60, 200, 1), part(80, 200, 2)
    config = baseline.LinearSVM(type="linear_svm", costs=(1e-5, 1e-2, 1.0, 10.0))
    chosen, best_trial, trials = choose(config, train, validation, CLASSES)
    accuracies = []
    for cost in config.costs:
        theirs = make_pipeline(StandardScaler(), SVC(C=cost, kernel="linear", break_ties=True))
        accuracies.append(theirs.fit(train.values, train.targets).score(validation.values, validation.targets))
    assert [each.accuracy for each in trials] == pytest.approx(accuracies, abs=0.03)
    best = max(each.accuracy for each in trials)
    first = next(each.cost for each in trials if each.accuracy == best)
    assert chosen.estimator.C == best_trial.cost == first


def test_costs_in_any_order_are_tried_in_theirs():
    train = part(60, 200, 1)
    config = baseline.LinearSVM(type="linear_svm", costs=(1.0, 0.1))
    chosen, best_trial, trials = choose(config, train, train, CLASSES)
    assert [each.accuracy for each in trials] == [1.0, 1.0]
    assert chosen.estimator.C == best_trial.cost == 1.0


def test_one_emotion_is_nothing_to_learn():
    alone = Part(np.eye(4), np.ones(4, int))
    with pytest.raises(TrainingError, match="one emotion"):
        fit(baseline.LinearSVM(type="linear_svm"), alone, CLASSES, [1.0])
