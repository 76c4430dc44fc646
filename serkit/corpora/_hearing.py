"""What decoding a recording tells of it."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from serkit import audio
from serkit.corpora._threads import Progress, on_each
from serkit.errors import AudioError
from serkit.types import Utterance


@dataclass(frozen=True, slots=True)
class Hearing:
    """An utterance's `rate` in Hz, `duration` in seconds, `peak` and `level` (root of the mean square) with full scale at 1.

    The `digest` is the SHA-256 of the samples: utterances that share it sound alike.
    """

    rate: int
    duration: float
    peak: float
    level: float
    digest: bytes


def hear(utterance: Utterance) -> Hearing:
    """Decode one utterance. Raises AudioError."""
    waveform = audio.read(utterance.path, start=utterance.start, end=utterance.end)
    samples = waveform.samples
    return Hearing(
        rate=waveform.rate,
        duration=waveform.duration,
        peak=float(np.abs(samples).max()),
        level=math.sqrt(float(np.dot(samples, samples)) / len(samples)),
        digest=hashlib.sha256(samples.tobytes()).digest(),
    )


def hear_all(utterances: Sequence[Utterance], on_progress: Progress | None = None) -> list[Hearing | AudioError]:
    """Decode all of them, in their order; `on_progress` is told the number done and of all."""
    return on_each(hear, utterances, on_progress)
