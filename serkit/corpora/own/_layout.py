"""How people's own data is laid out: which column says what of an utterance, and what its words mean."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from serkit.corpora.own._tables import readable
from serkit.corpora.own.hints import option
from serkit.errors import UsageError
from serkit.labels import canonical

FIELDS: dict[str, tuple[str, ...]] = {
    "path": ("path", "file", "filename", "file_name", "filepath", "file_path", "wav", "audio"),
    "label": ("label", "emotion"),
    "speaker": ("speaker", "speaker_id"),
    "gender": ("gender", "sex"),
    "start": ("start",),
    "end": ("end",),
    "split": ("split",),
    "session": ("session",),
    "text": ("text", "transcript", "transcription"),
    "id": ("id",),
    "language": ("language",),
    "sentence": ("sentence",),
    "intensity": ("intensity",),
    "repetition": ("repetition",),
    "native": ("native",),
    "copy_of": ("copy_of",),
}
"""What a column can say of an utterance, and the names, in any case, by which each is found where none is given."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How people's own data is to be read.

    `columns` maps a field of an utterance (a key of `FIELDS`) to the column that holds it, to a regular expression with one
    group that is searched for in the file's name without ending (in its path, where the expression holds a slash), or to ""
    for none. What is not named is guessed. `map` maps words in the label's column to the emotions that they mean, or to "" for
    utterances that are left out; a word that it does not hold as it is written is looked for without regard to case. With
    `own_labels` words are labels as they are, of the vocabulary or not. Relative paths start at `root`, or where the table
    lies. With `skip_bad` recordings that are missing, unreadable or silent are left out, where they are an error otherwise.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    map: Mapping[str, str] = field(default_factory=dict)
    own_labels: bool = False
    root: Path | None = None
    skip_bad: bool = False

    def __post_init__(self) -> None:
        """Raises UsageError for what makes no sense whatever the table."""
        for name, given in self.columns.items():
            if name not in FIELDS:
                near = difflib.get_close_matches(name, FIELDS, n=1)
                hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(FIELDS)}"
                raise UsageError(f"no field '{name}' that a column could hold; {hint}")
            if given == "" and name in ("path", "label"):
                raise UsageError(f"the {name} cannot be left aside; name its column")
        for word, meant in self.map.items():
            if meant and not self.own_labels:
                try:
                    canonical(meant)
                except UsageError as error:
                    remedy = f"or take the words as they are: {option('own_labels')}"
                    raise UsageError(f"the map {word}={meant}: {error}, {remedy}") from None
        if self.root and readable(str(self.root)) != str(self.root):
            raise UsageError(f"the root {readable(str(self.root))}: its name is no UTF-8, which no recipe can hold; rename it")

    def meaning(self, word: str) -> str | None:
        """What the map says of a word, empty where it is left out; None where it says nothing, or two things in other cases."""
        if word in self.map:
            return self.map[word]
        alike = {meant for other, meant in self.map.items() if other.casefold() == word.casefold()}
        return alike.pop() if len(alike) == 1 else None
