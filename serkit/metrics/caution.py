"""What has to be said before a score is believed: one answer for everything, chance, too few utterances, perfection.

`doubts` overturn what a score seems to say and belong before it; `limits` narrow it. Both are whole sentences. Shares are
those of all predictions together, over all seeds.
"""

import math
from collections.abc import Sequence

import numpy as np

from serkit.metrics.bootstrap import Estimate, Scores
from serkit.metrics.classification import Counts
from serkit.metrics.regression import ValueScores, value_text

NEARLY_ALL = 0.9
"""With so large a share of one answer, a model has all but given up on the others."""
FEW_UTTERANCES = 30
"""On fewer a score is an anecdote: one answer moves it by more than three points."""
FEW_OF_A_CLASS = 5
"""With fewer utterances of an emotion, one answer moves its recall by more than twenty points."""
MOST_NAMES = 8
"""Emotions that a sentence names."""
_ROUNDING = 1e-9


def chance(confusion: Counts) -> dict[str, float]:
    """WA and UA of one answer for everything: the share of the most frequent emotion, and one over the emotions there are.

    `confusion` (classes, classes) has the truth in its rows and is not empty.

    >>> chance(np.array([[3, 0], [1, 0]]))
    {'wa': 0.75, 'ua': 0.5}
    """
    true = confusion.sum(axis=1)  # (classes,)
    return {"wa": float(true.max() / true.sum()), "ua": float(1 / (true > 0).sum())}


def only_answer(scores: Scores) -> int | None:
    """The class that every prediction names, None where there are several."""
    (named,) = np.nonzero(scores.confusion.sum(axis=0))
    return int(named[0]) if len(named) == 1 else None


def beats_chance(scores: Scores) -> bool:
    """Whether the 95 % interval of UA lies above what one answer for everything has; False where there is one emotion alone."""
    level = chance(scores.confusion)["ua"]
    return level < 1 and scores.ua.low > level + _ROUNDING


def doubts(scores: Scores, labels: Sequence[str]) -> list[str]:
    """What overturns a score, the gravest first; empty where nothing does. `labels` name the classes."""
    counts = scores.confusion
    true, predicted = counts.sum(axis=1), counts.sum(axis=0)  # (classes,)
    total, present, level = int(counts.sum()), int((true > 0).sum()), chance(counts)["ua"]
    if present == 1:
        only = labels[int(true.argmax())]
        return [f"Only {only} is true here: such scores say nothing about telling emotions apart."]
    most = int(predicted.argmax())
    share, rate = predicted[most] / total, true[most] / total
    if only_answer(scores) is not None:
        return [
            f"It answers {labels[most]} for everything: 1/{present} UA ({100 * level:.1f} %) is chance, and WA "
            f"{100 * scores.wa.value:.1f} % is the share of utterances that are {labels[most]}."
        ]
    found = []
    if share >= NEARLY_ALL:
        found.append(
            f"It answers {labels[most]} in {100 * share:.1f} % of the cases, where {100 * rate:.1f} % are {labels[most]}."
        )
    if not beats_chance(scores):
        found.append(_not_above(scores.ua, level))
    if counts.trace() == total:
        found.append(
            f"All {scores.n} utterances are recognized, which is suspicious: look for recordings that stand on both sides, and "
            "for anything but the voice that gives the emotion away."
        )
    return found


def limits(scores: Scores, labels: Sequence[str]) -> list[str]:
    """What narrows a score: emotions that are never named, too few utterances of all or of some."""
    counts = scores.confusion
    true, predicted = counts.sum(axis=1), counts.sum(axis=0)
    total = int(counts.sum())
    found = []
    never = [index for index, label in enumerate(labels) if true[index] and not predicted[index]]
    if never and only_answer(scores) is None:
        cases = int(true[never].sum())
        found.append(f"It never answers {_listed([labels[index] for index in never])}, true in {cases} of {total} cases.")
    if scores.n < FEW_UTTERANCES:
        utterances = "1 utterance" if scores.n == 1 else f"{scores.n} utterances"
        found.append(
            f"Scored on {utterances} only, too few to say anything: one answer moves WA by {100 / scores.n:.1f} points."
        )
        return found
    times = total / scores.n  # each utterance was judged so often
    few = [(label, max(1, round(count / times))) for label, count in zip(labels, true, strict=True) if count]
    few = [(label, n) for label, n in few if n < FEW_OF_A_CLASS]
    if few:
        told = _listed([f"{label} ({n})" for label, n in few])
        points = 100 / (min(n for _, n in few) * int((true > 0).sum()))
        found.append(f"Few utterances are {told}: one answer moves UA by up to {points:.1f} points.")
    return found


def value_doubts(scores: ValueScores) -> list[str]:
    """The same as `doubts` of values: the same answer for everything, no better than a constant, too good to be true."""
    mae, constant = scores.mae, scores.constant["mae"]
    if constant == 0:
        return ["All true values are the same: such scores say nothing about telling them apart."]
    found = []
    if math.isnan(scores.pearson.value):
        found.append("It answers the same value for everything.")
    if mae.high >= constant * (1 - _ROUNDING):
        own, other = value_text("mae", mae.value), value_text("mae", constant)
        known = "No" if mae.value >= constant else "Not shown to be"
        found.append(f"{known} better than a constant: MAE {own}{_between('mae', mae)} where the best one has {other}.")
    if scores.ccc.value > 1 - 1e-6:
        found.append("All values are met exactly, which is suspicious: look for recordings that stand on both sides.")
    return found


def value_limits(scores: ValueScores) -> list[str]:
    """The same as `limits` of values."""
    utterances = "1 utterance" if scores.n == 1 else f"{scores.n} utterances"
    return [f"Scored on {utterances} only, too few to say anything."] if scores.n < FEW_UTTERANCES else []


def _not_above(ua: Estimate, level: float) -> str:
    """That a UA is not above chance, or not shown to be."""
    between = f" (95 % interval {100 * ua.low:.1f} to {100 * ua.high:.1f})" if ua.interval else ""
    known = "No" if ua.value <= level + _ROUNDING else "Not shown to be"
    always = f"one answer for everything has {100 * level:.1f} %"
    return f"{known} better than chance: UA {100 * ua.value:.1f} %{between} where {always}."


def _between(key: str, estimate: Estimate) -> str:
    if estimate.interval is None:
        return ""
    return f" (95 % interval {' to '.join(value_text(key, bound) for bound in estimate.interval)})"


def _listed(names: Sequence[str]) -> str:
    """
    >>> _listed(["a", "b", "c"])
    'a, b or c'
    """
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} or {len(names) - MOST_NAMES} more"
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
