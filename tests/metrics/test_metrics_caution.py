"""What is said of scores, with predictions built by hand."""

import numpy as np
import pytest

from serkit import metrics
from serkit.types import Scale

LABELS = ("neutral", "happy", "sad", "angry")


def scored(pairs, *, speakers=8, classes=4, seeds=1):
    """The scores of (truth, answer) pairs, dealt out to speakers in turn, the same in every seed."""
    pairs = list(pairs)
    rows = [(seed, at, *pair) for seed in range(seeds) for at, pair in enumerate(pairs)]
    return metrics.score(
        [true for _, _, true, _ in rows],
        [answer for _, _, _, answer in rows],
        classes,
        utterances=[f"u{at}" for _, at, _, _ in rows],
        groups=[f"s{at % speakers}" for _, at, _, _ in rows],
        seeds=[seed for seed, *_ in rows],
        folds=["all"] * len(rows),
    )


def everything(answer, *, each=25):
    """(truth, answer) pairs: so many of each of four emotions, `answer` a function of (truth, number)."""
    return [(true, answer(true, number)) for number in range(each) for true in range(4)]


GOOD = everything(lambda true, number: true if number % 5 else (true + 1) % 4)


def test_a_good_model_is_told_nothing():
    scores = scored(GOOD)
    assert metrics.doubts(scores, LABELS) == []
    assert metrics.limits(scores, LABELS) == []
    assert metrics.beats_chance(scores)
    assert metrics.only_answer(scores) is None


@pytest.mark.parametrize("seeds", [1, 3])
def test_one_answer_for_everything_is_chance(seeds):
    scores = scored(everything(lambda *_: 3), seeds=seeds)
    assert metrics.doubts(scores, LABELS) == [
        "It answers angry for everything: 1/4 UA (25.0 %) is chance, and WA 25.0 % is the share of utterances that are angry."
    ]
    assert metrics.limits(scores, LABELS) == []  # that it never answers the others is said already
    assert metrics.only_answer(scores) == 3
    assert not metrics.beats_chance(scores)


@pytest.mark.parametrize("classes", range(2, 12))
def test_rounding_makes_nobody_better_than_chance(classes):
    scores = scored([(true, 0) for true in range(classes) for _ in range(7)], classes=classes)
    assert not metrics.beats_chance(scores)


def test_nearly_one_answer_for_everything():
    pairs = everything(lambda true, number: true if number < 3 else 3)  # 9 of 100 are another emotion, and right
    scores = scored(pairs)
    first, *_ = metrics.doubts(scores, LABELS)
    assert first == "It answers angry in 91.0 % of the cases, where 25.0 % are angry."
    assert not any("never answers" in each for each in metrics.limits(scores, LABELS))
    often = scored(everything(lambda true, number: true if number < 4 else 3))  # 88 of 100
    assert not any("in 88.0 %" in each for each in metrics.doubts(often, LABELS))


def test_a_guess_is_not_shown_to_be_better_than_chance():
    scores = scored(everything(lambda true, number: (true + number) % 4, each=24))
    between = f"{100 * scores.ua.low:.1f} to {100 * scores.ua.high:.1f}"
    assert metrics.doubts(scores, LABELS) == [
        f"No better than chance: UA 25.0 % (95 % interval {between}) where one answer for everything has 25.0 %."
    ]
    slightly = scored(
        everything(lambda true, number: true if number == 0 else (true + number) % 4, each=24)[:-3] + [(1, 1)] * 3
    )
    (said,) = metrics.doubts(slightly, LABELS)
    assert said.startswith("Not shown to be better than chance: UA 2")


def test_below_chance_on_few_speakers_has_no_interval():
    (said,) = metrics.doubts(scored(everything(lambda true, _: (true + 1) % 4), speakers=2), LABELS)
    assert said == "No better than chance: UA 0.0 % where one answer for everything has 25.0 %."


def test_emotions_that_are_never_answered_are_named():
    scores = scored(everything(lambda true, _: true if true < 2 else 0))
    assert metrics.limits(scores, LABELS) == ["It never answers sad or angry, true in 50 of 100 cases."]


def test_of_many_emotions_some_are_named():
    labels = tuple(f"e{number}" for number in range(40))
    scores = scored([(true, true % 2) for true in range(40) for _ in range(6)], classes=40)
    never = metrics.limits(scores, labels)[0]
    assert never == "It never answers e2, e3, e4, e5, e6, e7, e8, e9 or 30 more, true in 228 of 240 cases."


def test_an_emotion_that_never_occurs_is_not_missed():
    scores = scored([(true, answer) for true, answer in GOOD if true < 2])
    assert not any("never answers" in each for each in metrics.limits(scores, LABELS))


def test_all_right_is_suspicious():
    (said,) = metrics.doubts(scored(everything(lambda true, _: true)), LABELS)
    assert said.startswith("All 100 utterances are recognized, which is suspicious: ")


def test_too_few_to_say_anything():
    scores = scored(everything(lambda true, number: true if number else 0, each=3))
    assert metrics.limits(scores, LABELS) == [
        "Scored on 12 utterances only, too few to say anything: one answer moves WA by 8.3 points."
    ]
    assert metrics.limits(scored([(0, 0)]), LABELS)[0].startswith("Scored on 1 utterance only")


def test_few_of_an_emotion():
    few = scored([pair for pair in GOOD if pair[0] != 2] + [(2, 2)] * 2, seeds=2)
    assert metrics.limits(few, LABELS) == ["Few utterances are sad (2): one answer moves UA by up to 12.5 points."]


def test_one_emotion_alone_tells_nothing_apart():
    scores = scored([(1, 1)] * 50)
    assert metrics.doubts(scores, LABELS) == ["Only happy is true here: such scores say nothing about telling emotions apart."]
    assert not metrics.beats_chance(scores)


def test_chance_is_over_what_occurs():
    assert metrics.chance(scored([(0, 0)] * 30 + [(1, 1)] * 10).confusion) == {"wa": 0.75, "ua": 0.5}


def valued(true, predicted, speakers=8):
    n = len(true)
    return metrics.score_values(
        true,
        predicted,
        utterances=[f"u{at}" for at in range(n)],
        groups=[f"s{at % speakers}" for at in range(n)],
        seeds=[0] * n,
        unit="speaker",
        scale=Scale(0, 100),
    )


def test_values_beside_a_constant():
    true = np.linspace(0, 100, 81)
    rng = np.random.default_rng(0)
    assert metrics.value_doubts(valued(true, true + rng.normal(0, 5, 81))) == []
    same, constant = metrics.value_doubts(valued(true, np.full(81, 60.0)))
    assert same == "It answers the same value for everything."
    assert constant.startswith("No better than a constant: MAE 2")
    (worse,) = metrics.value_doubts(valued(true, 100 - true))
    assert worse.startswith("No better than a constant: ")
    (exact,) = metrics.value_doubts(valued(true, true))
    assert "suspicious" in exact
    assert metrics.value_doubts(valued(np.full(81, 3.0), true)) == [
        "All true values are the same: such scores say nothing about telling them apart."
    ]
    assert metrics.value_limits(valued(true[:20], true[:20])) == ["Scored on 20 utterances only, too few to say anything."]
