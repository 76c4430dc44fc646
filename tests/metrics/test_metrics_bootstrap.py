"""Point values by hand; intervals against a plain loop, in a simulation, and where speakers differ."""

import dataclasses
import time
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from serkit.errors import SerkitError, UsageError
from serkit.metrics import Scores, confusion, macro_f1, score, ua, wa

Table = dict[str, Any]
PER_UTTERANCE = ("true", "predicted", "utterances", "groups", "seeds", "folds")


def table(speakers: int, clips: int, seeds: int, classes: int, *, skill: npt.ArrayLike, rng: np.random.Generator) -> Table:
    """Predictions for `clips` utterances of each speaker in each seed; `skill` (speakers,) is the chance of a hit."""
    n = speakers * clips
    speaker = np.repeat(np.arange(speakers), clips)
    true = np.tile(rng.integers(0, classes, n), seeds)
    hit = rng.random(n * seeds) < np.tile(np.broadcast_to(skill, speakers)[speaker], seeds)
    return {
        "true": true,
        "predicted": np.where(hit, true, (true + rng.integers(1, classes, n * seeds)) % classes),
        "classes": classes,
        "utterances": [f"u{number:05d}" for number in range(n)] * seeds,
        "groups": [f"s{number:02d}" for number in speaker] * seeds,
        "seeds": np.repeat(np.arange(seeds), n),
        "folds": [f"s{number:02d}" for number in speaker] * seeds,
    }


def shuffled(given: Table, order: np.ndarray) -> Table:
    return given | {name: np.asarray(given[name])[order] for name in PER_UTTERANCE}


@pytest.fixture
def two_seeds() -> Table:
    return {  # seed 1 hits 2 of 4, seed 2 all
        "true": [0, 0, 0, 1] * 2,
        "predicted": [0, 0, 1, 0, 0, 0, 0, 1],
        "classes": 2,
        "utterances": ["a", "b", "c", "d"] * 2,
        "groups": ["x", "y", "y", "y"] * 2,
        "seeds": [1] * 4 + [2] * 4,
        "folds": ["x", "y", "y", "y"] * 2,
    }


def test_values_by_hand(two_seeds: Table) -> None:
    scores = score(**two_seeds)
    assert scores.wa.value == pytest.approx((2 / 4 + 1) / 2)
    assert scores.ua.value == pytest.approx((2 / 6 + 1) / 2)
    assert scores.macro_f1.value == pytest.approx((2 * 2 / (3 + 3) / 2 + 1) / 2)
    assert scores.fold_wa == pytest.approx((1 + 1 / 3 + 1 + 1) / 4)
    assert scores.confusion.tolist() == [[5, 1], [1, 1]]
    assert (scores.n, scores.seeds) == (4, 2)
    assert (scores.wa.n, scores.wa.unit, scores.wa.units) == (4, "speaker", 2)
    # Two speakers can be drawn as xx (WA 1), xy (0.75) or yy (2/3): the quantiles are the outer two.
    assert (scores.wa.low, scores.wa.high) == pytest.approx((2 / 3, 1))


def test_mean_over_seeds_is_not_the_score_of_the_sum() -> None:
    # 1 of 1 and 0 of 3 utterances: the mean of the seeds is 1/2, the pool of both would be 1/4.
    columns: Table = {"utterances": ["a", "b", "c", "d"], "groups": None, "seeds": [1, 2, 2, 2], "folds": ["holdout"] * 4}
    scores = score([0, 0, 0, 0], [0, 1, 1, 1], 2, **columns)
    assert scores.wa.value == scores.fold_wa == 0.5
    assert (scores.n, scores.seeds) == (4, 2)
    assert 0 <= scores.wa.low <= scores.wa.high <= 1  # resamples without 'a' leave seed 1 empty


@pytest.mark.parametrize("by_speaker", [True, False])
def test_interval_is_that_of_a_plain_loop_with_the_same_draws(by_speaker: bool) -> None:
    rng = np.random.default_rng(5)
    given = table(speakers=6, clips=7, seeds=3, classes=4, skill=0.6, rng=rng)
    names = np.asarray(given["groups"] if by_speaker else given["utterances"])
    units, resamples, columns = np.unique(names), 300, (given["true"], given["predicted"])

    # Kinds of units are those with equal predictions in every seed; within a kind it does not matter who is drawn.
    kinds: dict[tuple[int, ...], list[str]] = {}
    for unit in units:
        matrices = [confusion(*(c[(names == unit) & (given["seeds"] == seed)] for c in columns), 4) for seed in range(3)]
        kinds.setdefault(tuple(np.stack(matrices).ravel()), []).append(unit)
    members = [kinds[kind] for kind in sorted(kinds)]
    times = np.random.default_rng(77).multinomial(len(units), [len(m) / len(units) for m in members], size=resamples)

    drawn = []
    for draw in times:
        chosen = [kind[0] for kind, count in zip(members, draw, strict=True) for _ in range(count)]
        rows = np.concatenate([np.flatnonzero(names == unit) for unit in chosen])
        per_seed = [confusion(*(c[rows[given["seeds"][rows] == seed]] for c in columns), 4) for seed in range(3)]
        drawn.append([np.mean([metric(matrix) for matrix in per_seed]) for metric in (wa, ua, macro_f1)])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)

    scores = score(**given | {"groups": given["groups"] if by_speaker else None}, resamples=resamples, rng_seed=77)
    estimates = (scores.wa, scores.ua, scores.macro_f1)
    assert [e.low for e in estimates] == pytest.approx(low)
    assert [e.high for e in estimates] == pytest.approx(high)
    assert scores.wa.units == len(units)


def test_interval_of_utterances_is_the_binomial_one() -> None:
    given = table(speakers=10, clips=100, seeds=1, classes=4, skill=0.7, rng=np.random.default_rng(1)) | {"groups": None}
    wa_ = score(**given).wa
    error = np.sqrt(wa_.value * (1 - wa_.value) / 1000)
    assert (wa_.low, wa_.high) == pytest.approx((wa_.value - 1.96 * error, wa_.value + 1.96 * error), abs=0.002)
    assert (wa_.unit, wa_.units) == ("utterance", 1000)


def test_a_seed_is_no_new_sample() -> None:
    once = table(speakers=8, clips=20, seeds=1, classes=3, skill=0.6, rng=np.random.default_rng(3))
    twice = {name: np.concatenate([once[name], once[name]]) for name in PER_UTTERANCE}
    twice["seeds"] = np.repeat([0, 1], 160)
    assert score(**once).wa == score(**once | twice).wa


def test_interval_covers_the_truth_of_new_speakers() -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        skills = rng.choice([0.4, 0.8], 24)  # the mean over all possible speakers is 0.6
        estimate = score(**table(24, 20, 1, 4, skill=skills, rng=rng), resamples=400).wa
        covered += estimate.low <= 0.6 <= estimate.high
    assert 0.88 <= covered / 200 <= 0.99  # 95 % nominal, a little less with 24 clusters


def test_speakers_who_differ_widen_the_interval() -> None:
    given = table(12, 50, 1, 4, skill=np.repeat([0.3, 0.9], 6), rng=np.random.default_rng(2))
    speakers, utterances = score(**given).wa, score(**given | {"groups": None}).wa
    assert speakers.value == utterances.value
    assert speakers.high - speakers.low > 2.5 * (utterances.high - utterances.low)


def test_one_speaker_falls_back_to_utterances_and_says_so() -> None:
    scores = score(**table(1, 30, 2, 3, skill=0.5, rng=np.random.default_rng(2)))
    assert (scores.ua.unit, scores.ua.units) == ("utterance", 30)


def test_same_table_same_interval_in_any_order() -> None:
    given = table(5, 9, 2, 3, skill=0.6, rng=np.random.default_rng(8))
    first = score(**given)
    assert first == score(**given) == score(**shuffled(given, np.random.default_rng(0).permutation(90)))
    few = [score(**given, resamples=50, rng_seed=seed).ua for seed in range(4)]
    assert len({(estimate.low, estimate.high) for estimate in few}) > 1  # another rng_seed is another draw


def test_ten_thousand_resamples_of_the_largest_corpus_are_quick() -> None:
    given = table(91, 82, 3, 6, skill=0.6, rng=np.random.default_rng(0))
    start = time.process_time()
    score(**given)
    assert time.process_time() - start < 3  # about 0.3 s alone; room for a busy machine


def test_scores_are_frozen(two_seeds: Table) -> None:
    scores: Scores = score(**two_seeds)
    with pytest.raises(dataclasses.FrozenInstanceError):
        scores.n = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"utterances": ["a", "a", "c", "d"] * 2}, "'a' is predicted 2 times in one seed"),
        ({"seeds": [1] * 8}, "'a' is predicted 2 times"),
        ({"folds": ["x"]}, "8 true labels but 1 folds"),
        ({"groups": ["x"] * 9}, "8 true labels but 9 groups"),
        ({"predicted": [2] * 8}, "predicted: class 2 to 2; give indices from 0 to 1"),
        (dict.fromkeys(PER_UTTERANCE, ()), "no predictions"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(two_seeds: Table, change: Table, message: str) -> None:
    with pytest.raises(SerkitError, match=message) as caught:
        score(**two_seeds | change)
    assert isinstance(caught.value, UsageError)
    assert "\n" not in str(caught.value)


def test_few_speakers_have_no_interval() -> None:
    rng = np.random.default_rng(3)
    four, five = (score(**table(speakers, 9, 1, 3, skill=0.6, rng=rng)).wa for speakers in (4, 5))
    assert four.interval is None
    assert five.interval == (five.low, five.high)
    alone = score(**table(1, 30, 1, 3, skill=0.6, rng=rng)).wa  # utterances are resampled instead
    assert alone.unit == "utterance"
    assert alone.interval == (alone.low, alone.high)
