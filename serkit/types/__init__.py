"""The plain values that travel between the layers: no torch, no pydantic, nothing that computes."""

from serkit.types._prediction import NO_SPEECH, LabelScores, Prediction, Quality, Segment
from serkit.types._spec import IDENTITY, SPEC_VERSION, Source, Spec
from serkit.types._values import Cut, Gender, Samples, Scale, Split, Task, Utterance, Waveform

__all__ = [
    "IDENTITY",
    "NO_SPEECH",
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
