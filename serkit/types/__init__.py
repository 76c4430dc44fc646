"""The plain values that travel between the layers: no torch, no pydantic, nothing that computes."""

from serkit.types._prediction import NO_SPEECH, LabelScores, Prediction, Quality, Segment
from serkit.types._spec import IDENTITY, SPEC_VERSION, Source, Spec
from serkit.types._values import (
    LONGEST_WINDOW,
    MAX_RATE,
    MIN_RATE,
    SHORTEST_HOP,
    SHORTEST_WINDOW,
    Cut,
    Gender,
    Samples,
    Scale,
    Split,
    Task,
    Utterance,
    Waveform,
)

__all__ = [
    "IDENTITY",
    "LONGEST_WINDOW",
    "MAX_RATE",
    "MIN_RATE",
    "NO_SPEECH",
    "SHORTEST_HOP",
    "SHORTEST_WINDOW",
    "SPEC_VERSION",
    "Cut",
    "Gender",
    "LabelScores",
    "Prediction",
    "Quality",
    "Samples",
    "Scale",
    "Segment",
    "Source",
    "Spec",
    "Split",
    "Task",
    "Utterance",
    "Waveform",
]
