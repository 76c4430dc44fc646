"""The plain values that travel between the layers: no torch, no pydantic, nothing that computes."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

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


@dataclass(frozen=True, slots=True)
class Segment:
    """What was recognized between `start` and `end`: `scores` maps each emotion to its probability, or a scale to a value.

    Seconds, counted from where recognition started in the recording.
    """

    start: float
    end: float
    scores: Mapping[str, float]

    @property
    def emotion(self) -> str:
        """The most probable emotion. Raises ValueError where a scale was recognized."""
        return _emotion(self.scores)

    @property
    def value(self) -> float:
        """The value on the scale. Raises ValueError where emotions were recognized."""
        return _value(self.scores)


@dataclass(frozen=True, slots=True, repr=False)
class Prediction:
    """What was recognized in a recording.

    `scores` maps each emotion to its probability (they sum to 1), or one scale to a value: the mean over `segments`, one for
    each window. `embedding` (dim,) is the mean of the windows' embeddings; `duration` is in seconds. `scale` is the one that a
    value lies on, None where emotions were recognized or the model does not know it. A value may lie beyond its ends: it is
    what the model said and what its scores were computed from, and is not clipped.
    """

    scores: Mapping[str, float]
    duration: float
    segments: tuple[Segment, ...]
    embedding: Samples = field(compare=False)
    scale: Scale | None = None

    @property
    def emotion(self) -> str:
        """The most probable emotion. Raises ValueError where a scale was recognized."""
        return _emotion(self.scores)

    @property
    def value(self) -> float:
        """The value on the scale. Raises ValueError where emotions were recognized."""
        return _value(self.scores)

    @property
    def confidence(self) -> float:
        """The probability of the most probable emotion."""
        return self.scores[self.emotion]

    def __repr__(self) -> str:
        windows = "1 window" if len(self.segments) == 1 else f"{len(self.segments)} windows"
        return f"Prediction({self._told()}; {self.duration:.2f} s, {windows})"

    def _told(self) -> str:
        """The value, or the most probable emotions."""
        if len(self.scores) == 1:
            (name,) = self.scores
            of = f" of {self.scale.low:g} to {self.scale.high:g}" if self.scale else ""
            return f"{name} {self.value:.2f}{of}"
        ranked = sorted(self.scores.items(), key=lambda item: -item[1])
        return ", ".join(f"{name} {score:.2f}" for name, score in ranked[:3]) + (", …" if len(ranked) > 3 else "")

    def to_dict(self) -> dict[str, Any]:
        """Everything but the embedding, ready for JSON."""
        if len(self.scores) == 1:
            (name,) = self.scores
            ends = [self.scale.low, self.scale.high] if self.scale else None
            segments = [{"start": s.start, "end": s.end, "value": s.value} for s in self.segments]
            return {"scale": name, "value": self.value, "range": ends, "duration": self.duration, "segments": segments}
        return {
            "emotion": self.emotion,
            "confidence": self.confidence,
            "duration": self.duration,
            "scores": dict(self.scores),
            "segments": [
                {"start": s.start, "end": s.end, "emotion": s.emotion, "scores": dict(s.scores)} for s in self.segments
            ],
        }


def _emotion(scores: Mapping[str, float]) -> str:
    if len(scores) == 1:
        raise ValueError(f"a value of {', '.join(scores)} was recognized and no emotion: see value")
    return max(scores, key=scores.__getitem__)


def _value(scores: Mapping[str, float]) -> float:
    if len(scores) != 1:
        raise ValueError("emotions were recognized and no value: see emotion and scores")
    (value,) = scores.values()
    return value


@dataclass(frozen=True, slots=True)
class Source:
    """A corpus that a model was trained on, and under which licence."""

    corpus: str
    licence: str
    utterances: int


@dataclass(frozen=True, slots=True)
class Spec:
    """The contract that travels inside a model file; inference asks it and never a flag.

    `labels` are the emotions in the order of the graph's logits; of a regression the name of the one scale, whose value the
    graph gives, and `scale` its ends, None where they are not known. `rate` in Hz; `cut` in seconds; `temperature` divides the
    logits before the softmax (1: not calibrated). `scores` are the figures of the Run that made the model, by name, empty
    where no score was computed.
    """

    system: str
    recipe: str
    fingerprint: str
    task: Task
    labels: tuple[str, ...]
    rate: int
    cut: Cut
    trained_on: tuple[Source, ...]
    protocol: str
    scores: Mapping[str, float]
    temperature: float = 1.0
    version: int = 1
    scale: Scale | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Spec":
        """The inverse of `to_dict`. Raises KeyError, TypeError or ValueError where that is impossible."""
        given = dict(values)
        given["labels"] = tuple(given["labels"])
        given["cut"] = Cut(**given["cut"])
        given["trained_on"] = tuple(Source(**source) for source in given["trained_on"])
        scale = given.pop("scale", None)
        made = cls(**given, scale=None if scale is None else Scale.from_dict(scale))
        texts = all(isinstance(label, str) for label in made.labels) and isinstance(values["labels"], list | tuple)
        if made.task not in get_args(Task) or (made.task == "regression") != (len(made.labels) == 1):
            raise ValueError(f"{len(made.labels)} labels make no {made.task}")
        if made.scale and made.task != "regression":
            raise ValueError(f"a scale makes no {made.task}")
        if not (texts and made.rate > 0 and made.cut.seconds > 0 and made.cut.hop > 0 and made.temperature > 0):
            raise ValueError("labels, rate, cut or temperature make no sense")
        return made
