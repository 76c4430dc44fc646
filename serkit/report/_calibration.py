"""How far the probability of an answer is from how often such answers are right, and what may be said of that."""

from dataclasses import dataclass

import numpy as np

from serkit import metrics
from serkit.metrics import Scores
from serkit.report._judged import Judged

BINS = 10
CLOSE = 0.02
"""Mean probability and accuracy that differ by less agree."""
CLOSE_EVERYWHERE = 0.05
"""So small an expected calibration error is agreement at every level, as far as some hundred predictions can tell."""
FEW = 100
"""Distinct utterances below which bins of probabilities hold too few to be judged."""
VOTES = ("linear_svm",)
"""Systems whose probabilities are made of votes."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The predictions whose confidence lies in (low, high]: how many, how sure on average, how often right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far confidence is from accuracy; all in [0, 1], `ece` over `bins` (Guo et al. 2017, equation 3)."""

    confidence: float
    accuracy: float
    ece: float
    bins: tuple[Bin, ...]


def calibration(given: Judged) -> Calibration:
    """Confidence against accuracy in bins of equal width; empty bins are left out."""
    confidence = given.probabilities.max(1)
    hits = given.true == given.predicted
    place = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    bins = []
    for index in range(BINS):
        own = place == index
        if own.any():
            sure, right = float(confidence[own].mean()), float(hits[own].mean())
            bins.append(Bin(index / BINS, (index + 1) / BINS, int(own.sum()), sure, right))
    ece = sum(each.n * abs(each.confidence - each.accuracy) for each in bins) / len(hits)
    return Calibration(float(confidence.mean()), float(hits.mean()), ece, tuple(bins))


def verdict(given: Judged, found: Calibration, scores: Scores, system: str) -> str:
    """What may be said of the probabilities, as the end of a sentence: praise only where answers are worth something."""
    if system in VOTES:
        return "the probabilities of a support vector machine are its votes, which give an order and promise nothing."
    if (only := metrics.only_answer(scores)) is not None:
        return f"it names {given.labels[only]} whatever it hears, so that its probabilities say nothing about the emotion."
    if not metrics.beats_chance(scores):
        return "it is not shown to be better than chance, so that its probabilities say nothing about the emotion."
    if scores.n < FEW:
        return f"{scores.n} utterances are too few to say whether its probabilities hold."
    return _agreement(found)


def _agreement(found: Calibration) -> str:
    """How probabilities and accuracy agree."""
    gap = found.confidence - found.accuracy
    if abs(gap) > CLOSE:
        return f"its probabilities promise too {'much' if gap > 0 else 'little'}."
    if found.ece > CLOSE_EVERYWHERE:
        return "the two agree on the whole, but not at every level, as the table shows."
    return "on the whole its probabilities can be taken at their word, for voices and recordings such as these."
