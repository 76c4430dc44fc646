"""Cutting recordings into windows, and averaging what was recognized in them (NumPy)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serkit.types import Cut, Samples

SHORTEST = 0.1
"""Seconds to which a shorter recording is filled with zeros where it is taken whole; a recipe must find a frame in it."""

SHORTEST_WINDOW = 0.05
"""Seconds that a window must have at least; less holds no two periods of a low voice."""

SHORTEST_HOP = 0.01
"""Seconds from one window to the next at least, so that a recording makes no more windows than a machine can hold."""


@dataclass(frozen=True, slots=True)
class Window:
    """`samples` (window,), zeros where the recording is shorter; `start` and `end` in samples of the recording."""

    samples: Samples
    start: int
    end: int


def stream(chunks: Iterable[Samples], how: Cut, rate: int) -> Iterator[Window]:
    """The windows of a recording at `rate` Hz as a recognizer takes them, with no more than two and a chunk in memory.

    The last window ends with the recording: it is moved back rather than padded. Only a recording shorter than one window
    gets zeros. A recording without samples gives no window.
    """
    length, hop = sizes(how, rate)
    buffer = np.zeros(0, np.float32)
    position = 0  # of buffer[0] in the recording; the next window starts here unless the recording ends before
    for chunk in chunks:
        buffer = np.concatenate([buffer, chunk])
        # One sample more than a window has to be known before the next window may start a hop later, so that the samples
        # of the window before are still here when the recording ends.
        while len(buffer) > length + hop:
            yield Window(buffer[:length].copy(), position, position + length)
            buffer = buffer[hop:]
            position += hop
    if not len(buffer):
        return
    if len(buffer) <= length:
        shortest = min(length, max(1, round(SHORTEST * rate)))
        filled = _filled(buffer, shortest if how.mode == "whole" else length, how)
        yield Window(filled, position, position + len(buffer))
        return
    yield Window(buffer[:length].copy(), position, position + length)
    position += len(buffer) - length
    yield Window(buffer[-length:].copy(), position, position + length)


def _filled(samples: Samples, length: int, how: Cut) -> Samples:
    """A copy of at least `length` samples."""
    missing = max(0, length - len(samples))
    before = missing // 2 if how.at == "both_ends" else 0
    return np.pad(samples, (before, missing - before))


def cut(samples: Samples, rate: int, how: Cut) -> list[Window]:
    """The windows of one recording (n,) at `rate` Hz as training and evaluation take them; one where the cut is fixed."""
    if how.mode != "fixed":
        return list(stream([samples], how, rate))
    length, _ = sizes(how, rate)
    first = max(0, len(samples) - length) // 2 if how.at == "both_ends" else 0
    return [Window(each.samples, first, first + each.end) for each in stream([samples[first : first + length]], how, rate)]


def sizes(how: Cut, rate: int) -> tuple[int, int]:
    """Window length (the longest, where recordings are taken whole) and hop in samples."""
    return round(how.seconds * rate), max(1, round(how.hop * rate))


def aggregate(probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The recording's probabilities (classes,): the mean over its windows' (windows, classes)."""
    mean: npt.NDArray[np.float64] = np.mean(probabilities, axis=0, dtype=np.float64)
    return mean


def softmax(logits: npt.NDArray[np.floating], temperature: float = 1.0) -> npt.NDArray[np.float64]:
    """Probabilities over the last axis of `logits`, divided by `temperature` first."""
    scaled = np.asarray(logits, np.float64) / temperature
    exponents = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    probabilities: npt.NDArray[np.float64] = exponents / exponents.sum(axis=-1, keepdims=True)
    return probabilities
