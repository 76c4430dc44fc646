"""Whether labels can be told from the speaker alone: then a model that knows voices is praised for knowing emotions."""

import math
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from serkit.errors import Notice
from serkit.types import Utterance

THRESHOLD = 0.5
"""Cramer's V, with its bias taken off, from which on a label goes with speakers: 0 where all speakers have the same share of
it, 1 where who speaks says whether it is that label. EmoDB, RAVDESS and CREMA-D have less than 0.2."""

FEW = 10
"""With more speakers than these, folds that keep them apart do not praise a model for knowing voices."""

_SURE = 5.0  # standard deviations by which chi-squared exceeds what chance gives


def association(utterances: Sequence[Utterance]) -> tuple[float, str]:
    """The label that goes with speakers most, and how much: Cramer's V of it and all others, from 0 to 1, less chance.

    Chance is the mean over all ways to deal the labels out to the same clips of the speakers: so a table of many speakers with
    a clip each, whose labels follow from the speaker whatever they are, has none. 0 also where chance alone may have given it.
    """
    speakers, labels = Counter(each.speaker for each in utterances), Counter(each.label for each in utterances)
    pairs = Counter((each.speaker, each.label) for each in utterances)
    found = {label: _cramer([(pairs[speaker, label], count) for speaker, count in speakers.items()]) for label in labels}
    most = max(found, key=lambda label: (found[label], label))
    return found[most], most


def _cramer(speakers: Sequence[tuple[int, int]]) -> float:
    """The V of one label, given how many clips each speaker has of it, and of all."""
    n, own, freedom = sum(count for _, count in speakers), sum(count for count, _ in speakers), len(speakers) - 1
    if own == n or not freedom:
        return 0.0
    phi = sum((count - whole * own / n) ** 2 / whole for count, whole in speakers) * n / (own * (n - own))
    excess = phi - freedom / (n - 1)
    if n * excess < _SURE * math.sqrt(2 * freedom):
        return 0.0
    # Bergsma's correction: chance is taken off the largest value too, so that a label which follows from speakers has 1.
    most = min(1 - 1 / (n - 1), freedom - freedom**2 / (n - 1))
    return min(1.0, math.sqrt(excess / most)) if most > 0 else 0.0


def tell_voices(source: Path, utterances: Sequence[Utterance], *, dependent: bool = False) -> None:
    """Warn where few speakers, or speakers who may stand on both sides (`dependent`), tell the labels.

    >>> tell_voices(Path("my.csv"), [])
    """
    speakers = {each.speaker for each in utterances}
    if not all(speakers) or (len(speakers) > FEW and not dependent):
        return
    found, label = association(utterances) if utterances else (0.0, "")
    if found < THRESHOLD:
        return
    warnings.warn(
        f"{source}: labels go with speakers (Cramer's V {found:.2f}, from 0 to 1): {_example(utterances, label)}; a model may "
        "learn the voice in place of the emotion, and scores on these speakers do not show that; let each speak in several "
        "emotions",
        Notice,
        stacklevel=3,
    )


def _example(utterances: Sequence[Utterance], label: str) -> str:
    """The speaker who goes with a label most."""
    speakers = Counter(each.speaker for each in utterances)
    own = Counter(each.speaker for each in utterances if each.label == label)
    total = own.total()

    def weight(speaker: str) -> float:
        expected = speakers[speaker] * total / len(utterances)
        return (own[speaker] - expected) / math.sqrt(expected)

    speaker = max(sorted(speakers), key=weight)
    always = f"speaker {speaker} is always {label}" if own[speaker] == speakers[speaker] else ""
    only = f"nobody but {speaker} is ever {label}" if own[speaker] == total else ""
    mostly = f"{own[speaker]} of {speaker}'s {speakers[speaker]} recordings are {label}"
    return " and ".join(each for each in (always, only) if each) or mostly
