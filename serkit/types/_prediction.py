"""What was recognized, and how good the recording was."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from serkit.types._values import Samples, Scale

NO_SPEECH = "no speech"
"""Stands in place of an emotion where nothing is loud enough to be speech."""


class LabelScores(Mapping[str, float]):
    """Scores by label, in the order of the model's labels; equal to a dict of the same, and not to be changed."""

    __slots__ = ("_scores",)

    def __init__(self, scores: Mapping[str, float]) -> None:
        self._scores = dict(scores)

    def __getitem__(self, label: str) -> float:
        return self._scores[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scores)

    def __len__(self) -> int:
        return len(self._scores)

    def __repr__(self) -> str:
        return repr(self._scores)


@dataclass(frozen=True, slots=True)
class Quality:
    """How a recording sounds at the model's rate.

    `speech` is the share of its time, from 0 to 1, that is loud enough to be speech; `level` its mean level there in dB below
    full scale (None without any). `peak` is the largest sample, where 1 is full scale, and `clipped` the share of the loud
    samples that lie at or beyond it. `band` is the highest frequency in Hz that carries energy, None where too little is loud
    enough to tell.
    """

    speech: float
    level: float | None
    peak: float
    clipped: float
    band: float | None

    def to_dict(self) -> dict[str, float | None]:
        """Plain values, ready for JSON."""
        return {
            "speech": round(self.speech, 4),
            "level": None if self.level is None else round(self.level, 1),
            "peak": float(f"{self.peak:.4g}"),
            "clipped": round(self.clipped, 4),
            "band": None if self.band is None else round(self.band),
        }


@dataclass(frozen=True, slots=True)
class Segment:
    """What was recognized between `start` and `end`: `scores` maps each emotion to its probability, or a scale to a value.

    Seconds, counted from the recording's beginning. `speech` is the share of the time in between that is loud enough to be
    speech. Where it is 0 nothing was recognized, and `scores` is empty.
    """

    start: float
    end: float
    scores: Mapping[str, float]
    speech: float = 1.0

    @property
    def emotion(self) -> str:
        """The most probable emotion, `NO_SPEECH` where there is none. Raises ValueError where a scale was recognized."""
        return _emotion(self.scores)

    @property
    def value(self) -> float:
        """The value on the scale. Raises ValueError where emotions were recognized."""
        return _value(self.scores)


@dataclass(frozen=True, slots=True, repr=False)
class Prediction:
    """What was recognized in a recording.

    `scores` maps each emotion to its probability (they sum to 1), or one scale to a value: the mean over those `segments`, one
    for each window, that hold speech. It is empty where none does. `embedding` (dim,) is the mean of these windows' embeddings,
    zeros without any; `duration` is in seconds. `scale` is the one that a value lies on, None where emotions were recognized or
    the model does not know it, and `target` names that scale. A value may lie beyond its ends: it is what the model said and
    what its scores were computed from, and is not clipped. `quality` says how the recording sounds, and `warnings` what makes
    this answer doubtful, each a kind and a reason, such as "narrow band: ...".
    """

    scores: Mapping[str, float]
    duration: float
    segments: tuple[Segment, ...]
    embedding: Samples = field(compare=False)
    scale: Scale | None = None
    quality: Quality | None = None
    warnings: tuple[str, ...] = ()
    target: str | None = None

    @property
    def emotion(self) -> str:
        """The most probable emotion, `NO_SPEECH` where there is none. Raises ValueError where a scale was recognized."""
        return _emotion(self.scores)

    @property
    def value(self) -> float:
        """The value on the scale, NaN where there is no speech. Raises ValueError where emotions were recognized."""
        return _value(self.scores)

    @property
    def confidence(self) -> float:
        """The probability of the most probable emotion, 0 where there is no speech."""
        return self.scores[self.emotion] if self.scores else 0.0

    def __repr__(self) -> str:
        windows = "1 window" if len(self.segments) == 1 else f"{len(self.segments)} windows"
        return f"Prediction({self._told()}; {self.duration:.2f} s, {windows})"

    def _told(self) -> str:
        """The value, or the most probable emotions."""
        if not self.scores:
            return NO_SPEECH
        if len(self.scores) == 1:
            (name,) = self.scores
            of = f" of {self.scale.low:g} to {self.scale.high:g}" if self.scale else ""
            return f"{name} {self.value:.2f}{of}"
        ranked = sorted(self.scores.items(), key=lambda item: -item[1])
        return ", ".join(f"{name} {score:.2f}" for name, score in ranked[:3]) + (", …" if len(ranked) > 3 else "")

    def to_dict(self) -> dict[str, Any]:
        """Everything but the embedding, ready for JSON: null stands for a confidence or a value that there is none of."""
        quality = {"quality": self.quality.to_dict() if self.quality else None, "warnings": list(self.warnings)}
        name = self.target or (next(iter(self.scores)) if len(self.scores) == 1 else None)
        if name is not None:
            ends = [self.scale.low, self.scale.high] if self.scale else None
            segments = [
                {"start": s.start, "end": s.end, "value": s.value if s.scores else None, "speech": s.speech}
                for s in self.segments
            ]
            value = {"scale": name, "value": self.value if self.scores else None, "range": ends, "duration": self.duration}
            return value | quality | {"segments": segments}
        return {
            "emotion": self.emotion,
            "confidence": self.confidence if self.scores else None,
            "duration": self.duration,
            "scores": dict(self.scores),
            **quality,
            "segments": [
                {"start": s.start, "end": s.end, "emotion": s.emotion, "scores": dict(s.scores), "speech": s.speech}
                for s in self.segments
            ],
        }


def _emotion(scores: Mapping[str, float]) -> str:
    if len(scores) == 1:
        raise ValueError(f"a value of {', '.join(scores)} was recognized and no emotion: see value")
    return max(scores, key=scores.__getitem__) if scores else NO_SPEECH


def _value(scores: Mapping[str, float]) -> float:
    if len(scores) > 1:
        raise ValueError("emotions were recognized and no value: see emotion and scores")
    return next(iter(scores.values()), math.nan)
