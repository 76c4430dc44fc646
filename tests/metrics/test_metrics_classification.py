"""Confusion, WA, UA and macro F1: by hand, and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from serkit.errors import UsageError
from serkit.metrics import confusion, macro_f1, recalls, ua, wa

CLASSES = 5
labelings = st.lists(st.tuples(st.integers(0, CLASSES - 1), st.integers(0, CLASSES - 1)), min_size=1, max_size=40)

# Class 2 is never true but once predicted; class 3 is neither.
BY_HAND = np.array([[3, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])


def test_values_by_hand() -> None:
    assert confusion([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 0, 2], classes=4).tolist() == BY_HAND.tolist()
    assert wa(BY_HAND) == pytest.approx(3 / 6)
    assert recalls(BY_HAND) == pytest.approx([3 / 4, 0, np.nan, np.nan], nan_ok=True)
    assert ua(BY_HAND) == pytest.approx((3 / 4 + 0) / 2)
    assert macro_f1(BY_HAND) == pytest.approx((2 * 3 / (4 + 4) + 0) / 2)


def test_wa_counts_utterances_and_ua_classes() -> None:
    skewed = np.array([[90, 0], [10, 0]])
    assert wa(skewed) == pytest.approx(0.9)
    assert ua(skewed) == pytest.approx(0.5)


@given(labelings)
@pytest.mark.filterwarnings("ignore:y_pred contains classes")
@pytest.mark.filterwarnings("ignore:A single label")
def test_scores_are_those_of_scikit_learn(labeling: list[tuple[int, int]]) -> None:
    true, predicted = zip(*labeling, strict=True)
    matrix = confusion(true, predicted, CLASSES)
    present = sorted(set(true))
    assert matrix.tolist() == sk.confusion_matrix(true, predicted, labels=range(CLASSES)).tolist()
    assert wa(matrix) == pytest.approx(sk.accuracy_score(true, predicted))
    assert recalls(matrix)[present] == pytest.approx(sk.recall_score(true, predicted, labels=present, average=None))
    assert np.isnan(np.delete(recalls(matrix), present)).all()
    assert ua(matrix) == pytest.approx(sk.balanced_accuracy_score(true, predicted))
    assert macro_f1(matrix) == pytest.approx(sk.f1_score(true, predicted, labels=present, average="macro"))


def test_macro_f1_differs_from_the_default_of_scikit_learn_as_documented() -> None:
    true, predicted = [0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 0, 2]
    default = sk.f1_score(true, predicted, average="macro", zero_division=0)
    assert macro_f1(confusion(true, predicted, 4)) == pytest.approx(default * 3 / 2)  # it averages in class 2, never true


@given(st.lists(labelings, min_size=6, max_size=6))
def test_leading_axes_are_scored_one_by_one(cases: list[list[tuple[int, int]]]) -> None:
    stack = np.stack([confusion(*zip(*case, strict=True), CLASSES) for case in cases]).reshape(2, 3, CLASSES, CLASSES)
    for metric in (wa, ua, macro_f1, recalls):
        together = metric(stack)
        assert together.shape[:2] == (2, 3)
        for index in np.ndindex(2, 3):
            np.testing.assert_array_equal(together[index], metric(stack[index]))


def test_what_does_not_exist_is_nan_not_zero() -> None:
    empty = confusion([], [], classes=3)
    assert empty.tolist() == np.zeros((3, 3)).tolist()
    assert all(np.isnan(metric(empty)).all() for metric in (wa, ua, macro_f1, recalls))


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ([0, 1], [0], "2 true but 1 predicted"),
        ([0, 3], [0, 1], "true: class 0 to 3; give indices from 0 to 2"),
        ([0, 1], [-1, 1], "predicted: class -1 to 1"),
        ([0.0, 1.0], [0, 1], "true: float64"),
        (["sad"], [0], "true: <U3"),
        ([[0, 1]], [0, 1], r"shape \(1, 2\)"),
    ],
)
def test_what_is_no_labeling_is_refused_in_one_line(true: list[int], predicted: list[int], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        confusion(true, predicted, classes=3)
    assert "\n" not in str(caught.value)
