"""Samples that are given as an array: checked, mixed to mono, cut and resampled."""

import math

import numpy as np
import numpy.typing as npt
import soxr

from serkit.audio import check_limit, check_part, check_rate, check_samples
from serkit.errors import AudioTooLong, EmptyAudio, UsageError
from serkit.types import Samples

MOST_CHANNELS = 32


def resampled(samples: npt.ArrayLike, rate: int, target: int, *, start: float, end: float | None, limit: float) -> Samples:
    """Mono samples (n,) at `target` Hz out of (n,) or (n, channels) at `rate` Hz, from `start` to `end` seconds.

    Raises UsageError for what is no array of floats, and AudioError for samples that are none, are no numbers, lie far beyond
    full scale, or last longer than `limit` seconds.
    """
    array, hertz = _array(samples), check_rate("array", rate)
    check_part(start, end)
    check_limit(limit)
    part = array[round(start * hertz) : None if end is None or end == math.inf else round(end * hertz)]
    if len(part) > limit * hertz:
        raise AudioTooLong(
            "array", f"{len(part) / hertz:.1f} s, more than the limit of {limit:g} s; cut it, or raise the limit"
        )
    if not part.size:
        raise EmptyAudio("array", "no samples")
    check_samples("array", part, round(start * hertz), hertz)
    mono = np.ascontiguousarray((part if part.ndim == 1 else part.mean(axis=1)), np.float32)
    changed: Samples = soxr.resample(mono, hertz, target) if hertz != target else mono
    if not len(changed):
        raise EmptyAudio("array", f"no samples at {target} Hz")
    return changed


def _array(samples: npt.ArrayLike) -> npt.NDArray[np.floating]:
    """Floats (n,) or (n, channels)."""
    given = f"a {type(samples).__name__}"
    try:
        array = np.asarray(samples)
    except Exception as error:  # of whatever library the object comes from, such as a tensor that needs its gradient
        raise UsageError(f"{given} makes no array of samples ({' '.join(str(error).split())[:200]})") from None
    if np.issubdtype(array.dtype, np.integer):
        full = -int(np.iinfo(array.dtype).min) or (int(np.iinfo(array.dtype).max) + 1) // 2
        raise UsageError(
            f"samples of type {array.dtype}, and full scale is 1 here: give floats, signed integers divided by {full}"
        )
    if array.ndim not in (1, 2) or not np.issubdtype(array.dtype, np.floating):
        raise UsageError(
            f"{given} makes samples of shape {array.shape} and type {array.dtype}; give floats (n,) or (n, channels) in [-1, 1]"
        )
    if array.ndim == 2 and array.shape[1] > max(array.shape[0], MOST_CHANNELS):
        raise UsageError(f"samples of shape {array.shape}: channels come last, (n, channels)")
    return array
