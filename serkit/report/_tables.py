"""The tables of the page: what each class, speaker, confidence and utterance came to."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from serkit import metrics
from serkit.report._judged import Judged, Valued
from serkit.types import Gender

WORST = 12
CONFUSIONS = 8
"""The most frequent ones that stand beside the matrix."""
MOST_CLASSES = 24
"""Of more a matrix cannot be read, and the most frequent confusions stand in its place."""


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One emotion: `true` and `predicted` count predictions; scores in [0, 1], None where they do not exist.

    `chance` is the precision of answering it for everything: how often it is true.
    """

    label: str
    true: int
    predicted: int
    recall: float | None
    precision: float | None
    chance: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a confusion matrix: `share` of its row in [0, 1]."""

    count: int
    share: float


@dataclass(frozen=True, slots=True)
class SpeakerLine:
    """One speaker: `n` distinct utterances, WA and UA in [0, 1] over all seeds together.

    `chance` and `chance_ua` are those of answering the emotion for everything that is the most frequent one of all speakers.
    """

    speaker: str
    gender: str
    n: int
    wa: float
    ua: float
    chance: float
    chance_ua: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """An emotion taken for another one: how often, of how many predictions, and their ratio."""

    true: str
    predicted: str
    count: int
    of: int
    share: float


@dataclass(frozen=True, slots=True)
class Mistake:
    """An utterance that is taken for something else; probabilities are means over the trainings that judged it."""

    utterance: str
    speaker: str
    true: str
    predicted: str
    p_predicted: float
    p_true: float
    wrong: int
    times: int


@dataclass(frozen=True, slots=True)
class Error:
    """An utterance whose value is missed; `predicted` is the mean over the trainings that judged it."""

    utterance: str
    speaker: str
    true: float
    predicted: float


def errors(given: Valued) -> list[Error]:
    """The utterances whose values are missed most."""
    places: dict[str, list[int]] = {}
    for index, row in enumerate(given.rows):
        places.setdefault(row.utterance, []).append(index)
    found = [
        Error(name, given.rows[own[0]].speaker, float(given.true[own[0]]), float(given.predicted[own].mean()))
        for name, own in places.items()
    ]
    return sorted(found, key=lambda each: (-abs(each.true - each.predicted), each.utterance))[:WORST]


def confusion(given: Judged) -> list[list[Cell]]:
    """The confusion matrix, rows = truth, summed over seeds."""
    counts = metrics.confusion(given.true, given.predicted, len(given.labels))
    return [[Cell(int(count), float(count / max(row.sum(), 1))) for count in row] for row in counts]


def confusions(given: Judged) -> list[Confusion]:
    """The emotions that are most often taken for others, as shares of the true one; once is no habit."""
    counts = metrics.confusion(given.true, given.predicted, len(given.labels))
    found = [
        Confusion(given.labels[true], given.labels[predicted], int(count), int(row.sum()), float(count / row.sum()))
        for true, row in enumerate(counts)
        for predicted, count in enumerate(row)
        if true != predicted and count > 1
    ]
    return sorted(found, key=lambda each: (-each.share, -each.count, each.true, each.predicted))[:CONFUSIONS]


def classes(given: Judged) -> list[ClassLine]:
    """Every class in the order of the labels."""
    counts = metrics.confusion(given.true, given.predicted, len(given.labels))
    lines = []
    for index, label in enumerate(given.labels):
        true, predicted, hits = int(counts[index].sum()), int(counts[:, index].sum()), int(counts[index, index])
        recall, precision = hits / true if true else None, hits / predicted if predicted else None
        lines.append(ClassLine(label, true, predicted, recall, precision, true / len(given.rows)))
    return lines


def speakers(given: Judged, genders: Mapping[str, Gender | None]) -> list[SpeakerLine]:
    """Every speaker, the worst first; `genders` by speaker, as far as they are known."""
    places: dict[str, list[int]] = {}
    for index, row in enumerate(given.rows):
        places.setdefault(row.speaker, []).append(index)
    usual = int(np.bincount(given.true).argmax())
    lines = []
    for name, own in sorted(places.items()):
        counts = metrics.confusion(given.true[own], given.predicted[own], len(given.labels))
        n = len({given.rows[index].utterance for index in own})
        true = counts.sum(1)
        chance, chance_ua = float(true[usual] / true.sum()), float((true[usual] > 0) / (true > 0).sum())
        wa, ua = float(metrics.wa(counts)), float(metrics.ua(counts))
        lines.append(SpeakerLine(name, genders.get(name) or "", n, wa, ua, chance, chance_ua))
    return sorted(lines, key=lambda line: line.wa)


def mistakes(given: Judged) -> list[Mistake]:
    """The utterances with the highest probability for a wrong emotion, the most certain mistake first."""
    places: dict[str, list[int]] = {}
    for index, row in enumerate(given.rows):
        places.setdefault(row.utterance, []).append(index)
    found = []
    for utterance, own in places.items():
        mean = given.probabilities[own].mean(0)  # (classes,)
        true, predicted = int(given.true[own[0]]), int(mean.argmax())
        if true != predicted:
            wrong = int((given.predicted[own] != true).sum())
            first, labels = given.rows[own[0]], given.labels
            p_predicted, p_true = float(mean[predicted]), float(mean[true])
            found.append(
                Mistake(utterance, first.speaker, labels[true], labels[predicted], p_predicted, p_true, wrong, len(own))
            )
    return sorted(found, key=lambda each: (-each.p_predicted, each.utterance))[:WORST]
