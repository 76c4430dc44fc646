"""The emotion vocabulary that all corpora and models share, and the words that others use for it."""

from serkit.errors import UsageError

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised", "bored")
"""Every emotion that a label can name, in the order in which tables and plots show them."""

SYNONYMS = {
    "neural": "neutral",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "anger": "angry",
    "fear": "fearful",
    "anxiety": "fearful",
    "disgusted": "disgust",
    "surprise": "surprised",
    "boredom": "bored",
}


def canonical(name: str) -> str:
    """The emotion that `name` means, whatever its case.

    >>> canonical("Anger"), canonical("bored")
    ('angry', 'bored')

    Raises UsageError for a word that is neither an emotion here nor a known synonym of one.
    """
    word = name.strip().lower()
    word = SYNONYMS.get(word, word)
    if word not in EMOTIONS:
        raise UsageError(f"unknown emotion '{name}'; known are {', '.join(EMOTIONS)}")
    return word


def ordered(names: set[str]) -> tuple[str, ...]:
    """The given emotions in the vocabulary's order."""
    return tuple(name for name in EMOTIONS if name in names)
