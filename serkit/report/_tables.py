"""The tables of the page: what each class, speaker, confidence and utterance came to."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from serkit import metrics
from serkit.report._summary import Judged, Valued
from serkit.types import Gender

BINS = 10
WORST = 12


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One emotion: `true` and `predicted` count predictions; scores in [0, 1], None where they do not exist."""

    label: str
    true: int
    predicted: int
    recall: float | None
    precision: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a confusion matrix: `share` of its row in [0, 1]."""

    count: int
    share: float


@dataclass(frozen=True, slots=True)
class SpeakerLine:
    """One speaker: `n` distinct utterances, WA and UA in [0, 1] over all seeds together."""

    speaker: str
    gender: str
    n: int
    wa: float
    ua: float


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


def classes(given: Judged) -> list[ClassLine]:
    """Every class in the order of the labels."""
    counts = metrics.confusion(given.true, given.predicted, len(given.labels))
    lines = []
    for index, label in enumerate(given.labels):
        true, predicted, hits = int(counts[index].sum()), int(counts[:, index].sum()), int(counts[index, index])
        lines.append(ClassLine(label, true, predicted, hits / true if true else None, hits / predicted if predicted else None))
    return lines


def speakers(given: Judged, genders: Mapping[str, Gender | None]) -> list[SpeakerLine]:
    """Every speaker, the worst first; `genders` by speaker, as far as they are known."""
    names = np.array([row.speaker for row in given.rows])
    lines = []
    for name in sorted(set(names.tolist())):
        own = np.flatnonzero(names == name)
        counts = metrics.confusion(given.true[own], given.predicted[own], len(given.labels))
        n = len({given.rows[index].utterance for index in own})
        lines.append(SpeakerLine(name, genders.get(name) or "", n, float(metrics.wa(counts)), float(metrics.ua(counts))))
    return sorted(lines, key=lambda line: line.wa)


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
