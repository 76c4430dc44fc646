"""Reading recordings: decode, mix to mono, resample, and say in one line what is wrong with a file that cannot be used.

Everything goes through `stream`, whose memory does not grow with the recording; `read` is its concatenation. libsndfile
decodes, soxr ('HQ') resamples. libsndfile alone lets damage pass: it reads a file that was cut short as if it ended there, and
one whose header announces too little as if that were all. The checks in this package find such files before their labels
are learned or their emotion is told from a part of them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np
import soundfile as sf

from serkit.audio import _heads
from serkit.audio._arguments import check_limit, check_part, check_rate
from serkit.audio._folders import EXTENSIONS, Found, find, unread
from serkit.audio._frames import flac_goes_on, mp3_goes_on
from serkit.audio._heads import AGAIN, convert
from serkit.audio._recording import Recording, opened
from serkit.audio._samples import FULLEST, check_samples, mixed, resampled
from serkit.errors import AudioTooLong, EmptyAudio, NotAudio, TruncatedAudio
from serkit.types import MAX_RATE, MIN_RATE, Samples, Waveform

__all__ = [
    "EXTENSIONS",
    "FULLEST",
    "LIMIT_SECONDS",
    "MAX_RATE",
    "MIN_RATE",
    "Found",
    "Info",
    "check_limit",
    "check_part",
    "check_rate",
    "check_samples",
    "find",
    "info",
    "misnamed",
    "read",
    "stream",
    "unread",
]

LIMIT_SECONDS = 7200.0
"""Longest recording that is read unless the caller says otherwise."""

_BLOCK = 2**17  # samples decoded at a time, all channels together: half a MiB


@dataclass(frozen=True, slots=True)
class Info:
    """What a header says: `duration` in seconds, `rate` in Hz, number of `channels`."""

    duration: float
    rate: int
    channels: int


def read(
    source: Path | str | BinaryIO,
    rate: int | None = None,
    *,
    start: float = 0.0,
    end: float | None = None,
    limit: float = LIMIT_SECONDS,
) -> Waveform:
    """The recording, or its part from `start` to `end`, in one piece. Arguments and errors are those of `stream`."""
    _check(rate, start, end, limit)
    with opened(source, start + limit) as recording:
        target = recording.target(rate)
        chunks = list(_chunks(recording, target, start, end, limit))
    return Waveform(np.concatenate(chunks), target)


def stream(
    source: Path | str | BinaryIO,
    rate: int | None = None,
    *,
    start: float = 0.0,
    end: float | None = None,
    limit: float = LIMIT_SECONDS,
) -> Iterator[Samples]:
    """Mono chunks (n,) float32 at `rate` Hz (None: the file's own), none of them empty, in memory of fixed size.

    Channels are averaged before resampling. `start` and `end` (seconds) bound the part that is read; an `end` beyond the
    recording's end (or None) is its end. A binary stream is read from where it stands and held in memory, as far as `start`
    and `limit` allow. The file is opened, and errors are raised, when the first chunk is asked for; a fault further inside
    when it is reached.

    Raises AudioNotFound, NotAudio (also for files joined into one, of which a part alone would be read), TruncatedAudio,
    EmptyAudio (also when the recording ends before `start`), InvalidSamples (NaN, infinite or beyond `FULLEST`), AudioTooLong
    (more than `limit` seconds to read), UnsupportedRate, and UsageError for a `start` below 0, an `end` that is not after
    it, numbers that are none, and a `source` that is neither a path nor a binary stream.
    """
    _check(rate, start, end, limit)
    with opened(source, start + limit) as recording:
        yield from _chunks(recording, recording.target(rate), start, end, limit)


def info(source: Path | str | BinaryIO) -> Info:
    """Duration, rate and channels, from the header alone unless it leaves the duration out. Raises as `stream` does."""
    with opened(source, LIMIT_SECONDS) as recording:
        frames = recording.frames
        if frames is None:
            frames = sum(len(block) for block in _mono(recording, 0, None, math.inf))
        return Info(frames / recording.rate, recording.rate, recording.decoder.channels)


def misnamed(path: Path) -> str | None:
    """The container of a file that goes under the ending of another one, such as 'AIFF' for an AIFF called x.wav.

    Content decides how a file is read here, so that it can be read all the same; other programs go by the ending. None for a
    file whose ending fits, that is in none of WAV, AIFF, FLAC, Ogg and MP3, or that cannot be opened.
    """
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return None
    return _heads.misnamed(head, path.suffix.lower())


def _check(rate: int | None, start: float, end: float | None, limit: float) -> None:
    """Refuse arguments that make no sense, whatever the recording is."""
    check_part(start, end)
    check_limit(limit)
    if rate is not None:
        check_rate("recording", rate)


def _chunks(recording: Recording, target: int, start: float, end: float | None, limit: float) -> Iterator[Samples]:
    """Mono chunks of the part between `start` and `end` at `target` Hz."""
    name, rate = recording.name, recording.rate
    first = round(start * rate)
    stop = None if end is None or end == math.inf else round(end * rate)
    if recording.frames is not None:
        if first >= recording.frames:
            raise EmptyAudio(name, f"ends at {recording.frames / rate:.3f} s, so nothing is left from {start:g} s on")
        stop = recording.frames if stop is None else min(stop, recording.frames)
        if stop - first > limit * rate:
            _refuse_length(name, f"{(stop - first) / rate:.1f} s to read", limit)
    blocks = _mono(recording, first, stop, limit)
    empty = True
    for chunk in blocks if target == rate else resampled(blocks, rate, target):
        empty = False
        yield chunk
    if empty:
        raise EmptyAudio(name, f"no samples from {start:g} s on at {target} Hz; {AGAIN}")


def _mono(recording: Recording, first: int, stop: int | None, limit: float) -> Iterator[Samples]:
    """Mono blocks of the frames from `first` to `stop` (None: to the end) at the file's own rate, checked."""
    name, rate, frames = recording.name, recording.rate, recording.frames
    size = max(1, _BLOCK // recording.decoder.channels)
    position = 0  # frames decoded or jumped over
    try:
        if frames is not None and first:
            position = recording.seek(first)
        while stop is None or position < stop:
            block = recording.read(size if stop is None else min(size, stop - position))
            if not len(block):
                break
            fresh = max(0, first - position)  # without a known length there is no jumping to `first`
            position += len(block)
            if position - first > limit * rate:
                _refuse_length(name, "goes on", limit)
            if fresh < len(block):
                yield mixed(name, block[fresh:], position - len(block) + fresh, rate)
    except sf.SoundFileError:
        raise TruncatedAudio(name, f"cannot be decoded beyond {position / rate:.2f} s; {AGAIN}") from None
    _check_length(recording, position, stop)


def _check_length(recording: Recording, position: int, stop: int | None) -> None:
    """Refuse a file whose samples end before its announced length, or that goes on after it."""
    name, rate, frames = recording.name, recording.rate, recording.frames
    if frames is None or stop is None:
        return
    if position < stop and not recording.guessed:
        short = f"its header announces {frames / rate:.2f} s, the samples end at {position / rate:.2f} s"
        raise TruncatedAudio(name, f"cut short: {short}; {AGAIN}")
    if position != frames:
        return
    # libsndfile stops without a word at the length that it took from these headers.
    if (
        mp3_goes_on(recording.raw, recording.mp3)
        if recording.mp3
        else recording.decoder.format == "FLAC" and flac_goes_on(recording.raw, frames)
    ):
        reason = f"goes on beyond the {frames / rate:.2f} s that its header announces: files joined, or a wrong header"
        raise NotAudio(name, f"{reason}; {convert(name)}")


def _refuse_length(name: str, what: str, limit: float) -> NoReturn:
    raise AudioTooLong(name, f"{what}, more than the limit of {limit:g} s; cut it, or raise the limit")
