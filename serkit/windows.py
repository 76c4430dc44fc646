"""Cutting recordings into windows of equal length, and averaging what was recognized in them (NumPy)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serkit.types import Cut, Samples


@dataclass(frozen=True, slots=True)
class Window:
    """`samples` (window,) with zeros after `end`; `start` and `end` in samples of the recording."""

    samples: Samples
    start: int
    end: int


def stream(chunks: Iterable[Samples], length: int, hop: int) -> Iterator[Window]:
    """Windows of `length` samples every `hop` samples, holding no more than a window, a hop and a chunk in memory.

    The last window ends with the recording: it is moved back rather than padded. Only a recording shorter than one window
    gets zeros, at its end. A recording without samples gives no window.
    """
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
        padded = np.zeros(length, np.float32)
        padded[: len(buffer)] = buffer
        yield Window(padded, position, position + len(buffer))
        return
    yield Window(buffer[:length].copy(), position, position + length)
    position += len(buffer) - length
    yield Window(buffer[-length:].copy(), position, position + length)


def cut(samples: Samples, rate: int, how: Cut) -> list[Window]:
    """The windows of one recording (n,) at `rate` Hz."""
    length, hop = sizes(how, rate)
    return list(stream([samples[:length] if how.mode == "fixed" else samples], length, hop))


def sizes(how: Cut, rate: int) -> tuple[int, int]:
    """Window length and hop in samples."""
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
