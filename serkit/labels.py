"""The emotion vocabulary that all corpora and models share, the words that others use for it, and maps within it."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from serkit.errors import UsageError
from serkit.types import Utterance

EMOTIONS = (
    "neutral",
    "calm",
    "happy",
    "excited",
    "sad",
    "angry",
    "frustrated",
    "fearful",
    "disgust",
    "contempt",
    "surprised",
    "bored",
)
"""Every emotion that a label can name, in the order in which tables and plots show them."""

SYNONYMS = {
    "neural": "neutral",
    "happiness": "happy",
    "joy": "happy",
    "joyful": "happy",
    "excitement": "excited",
    "sadness": "sad",
    "anger": "angry",
    "frustration": "frustrated",
    "fear": "fearful",
    "anxiety": "fearful",
    "disgusted": "disgust",
    "surprise": "surprised",
    "boredom": "bored",
    # The codes of CREMA-D and IEMOCAP, and of whoever follows them.
    "neu": "neutral",
    "hap": "happy",
    "exc": "excited",
    "ang": "angry",
    "fru": "frustrated",
    "fea": "fearful",
    "dis": "disgust",
    "sur": "surprised",
}

NO_EMOTION = frozenset({"oth", "other", "others", "xxx"})
"""Words, in lower case, for whatever no label fits: they mean none of these emotions, whatever a corpus put there."""

_SHORT = 3  # letters of a code, which is like any short word and therefore never proposed


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Which emotions are told apart: `emotions` maps each to the one that it counts as; those not named are left out.

    `only` is a pattern of ids: other utterances are left out too.
    """

    emotions: Mapping[str, str]
    only: str = ""

    def apply(self, utterance: Utterance) -> Utterance | None:
        """The utterance with its label and votes mapped, or None where it is left out.

        Votes for emotions that are left out are, too: the others are taken for the whole.
        """
        if utterance.label not in self.emotions or (self.only and not re.fullmatch(self.only, utterance.id)):
            return None
        votes: dict[str, float] = {}
        for emotion, share in utterance.votes.items():
            if emotion in self.emotions:
                votes[self.emotions[emotion]] = votes.get(self.emotions[emotion], 0.0) + share
        total = sum(votes.values())
        shares = {emotion: share / total for emotion, share in votes.items()} if total else {}
        return replace(utterance, label=self.emotions[utterance.label], votes=shares)


_FOUR = {"neutral": "neutral", "happy": "happy", "sad": "sad", "angry": "angry"}

MAPS = {
    "4_class": LabelMap({**_FOUR, "excited": "happy"}),
    "4_class_without_excited": LabelMap(_FOUR),
    "6_common": LabelMap({**_FOUR, "fearful": "fearful", "disgust": "disgust"}),
    "calm_as_neutral": LabelMap({**{name: name for name in EMOTIONS}, "calm": "neutral"}),
}
"""Maps by name that any corpus can be read with; some corpora have more."""

ALL = "all"
"""The name of the map that leaves every label as it is, and takes utterances without one too."""


def canonical(name: str) -> str:
    """The emotion that `name` means, whatever its case.

    >>> canonical("Anger"), canonical("bored"), canonical("FRU")
    ('angry', 'bored', 'frustrated')

    Raises UsageError for a word that is neither an emotion here nor a known synonym or code of one; "other" is none.
    """
    word = name.strip().lower()
    word = SYNONYMS.get(word, word)
    if word in NO_EMOTION:
        raise UsageError(f"'{name}' stands for whatever no label fits, and is no emotion of its own")
    if word not in EMOTIONS:
        near = nearest(word)
        hint = f"did you mean '{near}'?" if near else f"known are {', '.join(EMOTIONS)}"
        raise UsageError(f"unknown emotion '{name}'; {hint}")
    return word


def nearest(word: str) -> str | None:
    """The emotion, or the synonym of one, that is written most like `word`; None where none is."""
    known = [*EMOTIONS, *(each for each in SYNONYMS if len(each) > _SHORT)]
    return next(iter(difflib.get_close_matches(word.strip().lower(), known, n=1)), None)


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """The given labels: emotions in the vocabulary's order, then other words by the alphabet.

    >>> ordered({"sad", "neutral", "stressed"})
    ('neutral', 'sad', 'stressed')
    """
    given = set(names)
    return (*(name for name in EMOTIONS if name in given), *sorted(given.difference(EMOTIONS)))
