"""Recordings, utterances and how they are cut."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono audio, shape (n,), nominally in [-1, 1]."""

Task = Literal["classification", "regression"]
"""Which of several emotions, or a value on one scale."""
Gender = Literal["female", "male"]

Split = Literal["train", "validation", "test", "test2", "test3"]
"""The part of a corpus that its authors put an utterance into; some have several for tests."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale on which raters gave values from `low` to `high`.

    `zero` says to which of two sentiments a value of 0 belongs, where the scale is one of sentiment.
    """

    low: float
    high: float
    zero: Literal["negative", "positive"] | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Scale":
        """The inverse of `asdict`. Raises TypeError or ValueError where that is impossible."""
        made = cls(**values)
        if not (-math.inf < made.low < made.high < math.inf and made.zero in (None, "negative", "positive")):
            raise ValueError(f"{made.low!r} to {made.high!r} with a {made.zero!r} zero make no scale")
        return made


@dataclass(frozen=True, slots=True)
class Waveform:
    """Mono audio: `samples` (n,) float32, nominally in [-1, 1], at `rate` Hz."""

    samples: Samples
    rate: int

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class Utterance:
    """One labeled recording of a corpus.

    `start` and `end` (seconds) bound the part of the file that is the utterance; `end` None is the file's end.
    `label` is an emotion of `serkit.labels`, empty where the corpus gives none, and `native` the corpus's own word for it where
    that says more. `session`, `sentence`, `intensity` and `repetition` are the corpus's own names, `text` is what is said, and
    `split` the part that the authors put the utterance into. `gender` is None where it is not known.
    `values` are what raters gave on named scales, `votes` the shares of raters (they sum to 1) who named each emotion.
    `copy_of` is the id of another utterance whose samples these are, with noise where `noise`, the number of a noisy copy, is
    not 0; a split keeps the two together.
    """

    id: str
    corpus: str
    path: Path
    speaker: str
    label: str
    gender: Gender | None
    language: str
    start: float = 0.0
    end: float | None = None
    session: str | None = None
    sentence: str | None = None
    intensity: str | None = None
    repetition: str | None = None
    native: str | None = None
    text: str | None = None
    split: Split | None = None
    values: Mapping[str, float] = field(default_factory=dict, hash=False)
    votes: Mapping[str, float] = field(default_factory=dict, hash=False)
    copy_of: str | None = None
    noise: int = 0


MIN_RATE, MAX_RATE = 1_000, 768_000
"""Sample rates (Hz) that a recording or a model may have."""

SHORTEST_WINDOW, LONGEST_WINDOW = 0.05, 600.0
"""Seconds that a window may have: less holds no two periods of a low voice."""

SHORTEST_HOP = 0.01
"""Seconds from one window to the next at least, so that a recording makes no more windows than a machine can hold."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How a recording becomes windows.

    `windows`: windows of `seconds` every `hop` seconds, the last one ending with the recording. `fixed`: one window of
    `seconds`, for corpora of short clips whose protocol says so; a recognizer, which may meet anything, uses windows.
    `whole`: the recording as it is, up to `seconds`; a longer one becomes windows of that length every `hop`.
    A recording shorter than a window gets zeros `at` its end or at both ends; there too a fixed cut drops what is too much.
    """

    mode: Literal["whole", "fixed", "windows"]
    seconds: float
    hop: float
    at: Literal["end", "both_ends"] = "end"
