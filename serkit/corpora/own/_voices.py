"""Whether labels can be told from the speaker alone: then a model that knows voices is praised for knowing emotions."""

import math
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from serkit.errors import Notice
from serkit.types import Utterance

THRESHOLD = 0.5
"""Cramer's V, with its bias taken off, from which on labels go with speakers: 0 where every speaker has the same share of each
label, 1 where each speaker's label follows from who it is. EmoDB, RAVDESS and CREMA-D have less than 0.1."""

FEW = 10
"""With more speakers than these, folds that keep them apart do not praise a model for knowing voices."""

_SURE = 5.0  # standard deviations by which chi-squared exceeds what chance gives


def association(utterances: Sequence[Utterance]) -> float:
    """Cramer's V between speakers and labels, from 0 to 1, less what chance gives; 0 where chance alone may have given it.

    Chance is the mean over all ways to deal the labels out to the same clips of the speakers: so a table of many speakers with
    a clip each, whose labels follow from the speaker whatever they are, has none.
    """
    pairs = Counter((each.speaker, each.label) for each in utterances)
    speakers, labels = Counter(each.speaker for each in utterances), Counter(each.label for each in utterances)
    n, rows, columns = len(utterances), len(speakers), len(labels)
    if min(rows, columns) < 2:
        return 0.0
    phi = sum(count**2 / (speakers[speaker] * labels[label]) for (speaker, label), count in pairs.items()) - 1.0
    freedom = (rows - 1) * (columns - 1)
    excess = phi - freedom / (n - 1)
    if n * excess < _SURE * math.sqrt(2 * freedom):
        return 0.0
    most = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return min(1.0, math.sqrt(excess / most)) if most > 0 else 0.0


def tell_voices(source: Path, utterances: Sequence[Utterance], *, dependent: bool = False) -> None:
    """Warn where few speakers, or speakers who may stand on both sides (`dependent`), tell the labels.

    >>> tell_voices(Path("my.csv"), [])
    """
    speakers = {each.speaker for each in utterances}
    if not all(speakers) or (len(speakers) > FEW and not dependent):
        return
    found = association(utterances)
    if found < THRESHOLD:
        return
    warnings.warn(
        f"{source}: labels go with speakers (Cramer's V {found:.2f}, from 0 to 1): {_example(utterances)}; a model may learn "
        "the voice in place of the emotion, and scores on these speakers do not show that; let each speak in several emotions",
        Notice,
        stacklevel=3,
    )


def _example(utterances: Sequence[Utterance]) -> str:
    """The speaker and the label that go together most."""
    pairs = Counter((each.speaker, each.label) for each in utterances)
    speakers, labels = Counter(each.speaker for each in utterances), Counter(each.label for each in utterances)

    def weight(pair: tuple[str, str]) -> float:
        expected = speakers[pair[0]] * labels[pair[1]] / len(utterances)
        return (pairs[pair] - expected) / math.sqrt(expected)

    speaker, label = max(sorted(pairs), key=weight)
    count = pairs[speaker, label]
    always = f"speaker {speaker} is always {label}" if count == speakers[speaker] else ""
    only = f"nobody but {speaker} is ever {label}" if count == labels[label] else ""
    mostly = f"{count} of {speaker}'s {speakers[speaker]} recordings are {label}"
    return " and ".join(each for each in (always, only) if each) or mostly
