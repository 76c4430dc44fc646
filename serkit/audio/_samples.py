"""From decoded blocks to what recognition can take: checked, mixed, resampled."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import soxr

from serkit.errors import InvalidSamples
from serkit.types import Samples

FULLEST = 16.0
"""Largest value of a sample, where full scale is 1: 24 dB above it.

Mixing and lossy decoders overshoot full scale by a few dB. Integers of 16 bits that were never divided by 32768, and flipped
bits of floats, lie far beyond.
"""


def check_samples(name: str, samples: npt.NDArray[np.floating], position: int, rate: int) -> None:
    """Refuse samples (n,) or (n, channels) that are no numbers or far beyond full scale.

    `position` is the place of the first in the recording, in frames at `rate` Hz. Raises InvalidSamples.
    """
    if not samples.size:
        return
    lowest, highest = samples.min(), samples.max()  # NaN if any is NaN, and NaN compares as false
    if lowest >= -FULLEST and highest <= FULLEST:
        return
    rows = samples.reshape(len(samples), -1)
    good = np.isfinite(rows).all(axis=1)
    if not good.all():
        when = (position + int(good.argmin())) / rate
        raise InvalidSamples(name, f"NaN or infinite samples, the first at {when:.3f} s; export it again from its source")
    largest = float(max(abs(float(lowest)), abs(float(highest))))
    when = (position + int((np.abs(rows) > FULLEST).any(axis=1).argmax())) / rate
    reason = f"samples of up to {largest:g}, the first beyond {FULLEST:g} at {when:.3f} s, where full scale is 1"
    raise InvalidSamples(name, f"{reason}; divide 16-bit integers by 32768, or export it again from its source")


def mixed(name: str, block: Samples, position: int, rate: int) -> Samples:
    """The mean of the channels (n, channels) -> (n,). The channels are checked, since opposite ones cancel each other."""
    check_samples(name, block, position, rate)
    if block.shape[1] == 1:
        return block[:, 0]
    mono = block[:, 0].copy()
    for channel in range(1, block.shape[1]):  # several times as fast as the mean over rows so short
        mono += block[:, channel]
    mono /= np.float32(block.shape[1])
    return mono


def resampled(blocks: Iterable[Samples], rate: int, target: int) -> Iterator[Samples]:
    """The blocks at `target` Hz; the state between them is soxr's, so that they join without a seam."""
    resampler = soxr.ResampleStream(rate, target, 1, dtype="float32", quality="HQ")
    for block in blocks:
        chunk = resampler.resample_chunk(block)
        if len(chunk):
            yield chunk
    rest = resampler.resample_chunk(np.zeros(0, np.float32), last=True)
    if len(rest):
        yield rest
