"""What the terminal says of values: every score beside the constant, and where values were clipped."""

import numpy as np
import pytest

from serkit import metrics
from serkit.cli._scores import scores_json, show_scores, show_values, values_json
from serkit.types import Scale

SIMS, MOSI = Scale(-1, 1, zero="negative"), Scale(-3, 3, zero="positive")


def scores(scale):
    true = np.linspace(-1, 1, 21)
    names = [f"u{number}" for number in range(21)]
    groups = [f"s{number % 7}" for number in range(21)]
    return metrics.score_values(true, 2 * true, utterances=names, groups=groups, seeds=[0] * 21, unit="speaker", scale=scale)


@pytest.mark.parametrize(("scale", "clipped"), [(SIMS, True), (MOSI, False), (Scale(0, 100), False), (None, False)])
def test_every_score_stands_beside_the_constant(capsys, scale, clipped):
    found = scores(scale)
    show_values(found, "test", "a protocol", "sentiment", scale)
    lines = capsys.readouterr().out.splitlines()
    ends = f" ({scale.low} to {scale.high})" if scale else ""
    assert lines[0] == f"test scores of sentiment{ends}: a protocol; 21 utterances, 1 seed"
    for line, (key, each) in zip(lines[2:], found.by_key.items(), strict=False):
        value, constant = (metrics.value_text(key, own) for own in (each.value, found.constant.get(key)))
        assert line.startswith(metrics.value_name(key))
        assert f" {value} " in line
        assert f" {constant} " in line.removeprefix(metrics.value_name(key)).replace(value, "", 1)
    assert ("count as the ends" in lines[-1]) is clipped
    assert values_json(found, "test", "a protocol", "sentiment", scale)["constant"] == found.constant


def recognized(answer, n=60):
    """The scores of two emotions over six speakers; `answer` is a function of (truth, number)."""
    true = [at % 2 for at in range(n)]
    return metrics.score(
        true,
        [answer(each, at) for at, each in enumerate(true)],
        2,
        utterances=[f"u{at}" for at in range(n)],
        groups=[f"s{at % 6}" for at in range(n)],
        seeds=[0] * n,
        folds=["all"] * n,
    )


def test_one_answer_for_everything_is_said_before_the_scores(capsys):
    collapsed = recognized(lambda *_: 1)
    show_scores(collapsed, "evaluation", "a protocol", labels=("sad", "angry"))
    said, head, *_ = capsys.readouterr().out.splitlines()
    assert said.startswith("It answers angry for everything: 1/2 UA (50.0 %) is chance")
    assert head.startswith("evaluation scores")
    assert scores_json(collapsed, "evaluation", "a protocol", ("sad", "angry"))["warnings"] == [said]


def test_what_narrows_the_scores_is_said_below_them(capsys):
    few = recognized(lambda true, at: true if at > 1 else 1 - true, n=20)
    show_scores(few, "evaluation", "a protocol", labels=("sad", "angry"))
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("evaluation scores")
    assert last == "Scored on 20 utterances only, too few to say anything: one answer moves WA by 5.0 points."
    assert scores_json(few, "evaluation", "a protocol", ("sad", "angry"))["warnings"] == [last]
    good = recognized(lambda true, at: true if at % 9 else 1 - true)
    assert scores_json(good, "evaluation", "a protocol", ("sad", "angry"))["warnings"] == []
    assert "warnings" not in scores_json(good, "test", "a protocol")  # a Run's stand beside its scores


def test_values_no_better_than_a_constant_say_so(capsys):
    poor = scores(Scale(0, 100))  # twice the true values are as far off as their median
    show_values(poor, "evaluation", "a protocol", "arousal", Scale(0, 100), cautions=True)
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Not shown to be better than a constant: MAE 0.524 (95 % interval 0.500 to ")
    assert last == "Scored on 21 utterances only, too few to say anything."
    assert values_json(poor, "test", "a protocol", "arousal", None, cautions=True)["warnings"] == [first, last]
