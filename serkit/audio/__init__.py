"""Reading recordings: decode, mix to mono, resample, and say in one line what is wrong with a file that cannot be used.

Everything goes through `stream`, whose memory does not grow with the recording; `read` is its concatenation. libsndfile
decodes, soxr ('HQ') resamples. libsndfile alone lets damage pass: it reads a WAV that was cut short as if it ended there, and
an MP3 whose header announces too little as if that were all. The checks below find such files before their labels are
learned or their emotion is told from a part of them.
"""

import math
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np
import soundfile as sf
import soxr

from serkit.audio import _containers
from serkit.audio._containers import AGAIN, mp3_goes_on
from serkit.audio._recording import CONVERT, MAX_RATE, MIN_RATE, Recording, opened
from serkit.errors import AudioNotFound, AudioTooLong, EmptyAudio, InvalidSamples, NotAudio, TruncatedAudio, UsageError
from serkit.types import Samples, Waveform

__all__ = ["EXTENSIONS", "LIMIT_SECONDS", "MAX_RATE", "MIN_RATE", "Info", "find", "info", "misnamed", "read", "stream"]

LIMIT_SECONDS = 7200.0
"""Longest recording that is read unless the caller says otherwise."""

# fmt: off
EXTENSIONS = frozenset([
    ".aif", ".aifc", ".aiff", ".au", ".bwf", ".caf", ".flac", ".mp1", ".mp2", ".mp3", ".nist", ".oga", ".ogg", ".opus",
    ".rf64", ".snd", ".sph", ".voc", ".w64", ".wav", ".wave",
])
# fmt: on
"""Endings, in lower case, of the files that `find` takes for audio."""

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
    with opened(source) as recording:
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
    recording's end (or None) is its end. A binary stream is read from where it stands and held in memory. The file is
    opened, and errors are raised, when the first chunk is asked for; a fault further inside when it is reached.

    Raises AudioNotFound, NotAudio, TruncatedAudio, EmptyAudio (also when the recording ends before `start`),
    InvalidSamples (NaN or infinite), AudioTooLong (more than `limit` seconds to read), UnsupportedRate, and UsageError
    for a `start` below 0 or an `end` that is not after it.
    """
    with opened(source) as recording:
        yield from _chunks(recording, recording.target(rate), start, end, limit)


def info(source: Path | str | BinaryIO) -> Info:
    """Duration, rate and channels, from the header alone unless it leaves the duration out. Raises as `stream` does."""
    with opened(source) as recording:
        frames = recording.frames
        if frames is None:
            frames = sum(len(block) for block in _mono(recording, 0, None, math.inf))
        return Info(frames / recording.rate, recording.rate, recording.decoder.channels)


def find(folder: Path) -> list[Path]:
    """Every audio file below `folder`, told by its ending in any case, sorted.

    Names that start with a dot (such as macOS's `._x.wav`) are skipped, and so are pipes and sockets, whose reading may
    never end; links to folders are not followed. Raises
    AudioNotFound when `folder`, or a folder below it, is not there or may not be read.
    """

    def refuse(error: OSError) -> NoReturn:
        raise AudioNotFound(error.filename, f"cannot be listed ({error.strerror}); name a folder that may be read")

    endings = tuple(EXTENSIONS)
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(place, name) for name in names if name.lower().endswith(endings) and not name.startswith("."))
        found += [path for path in paths if not _may_never_end(path)]
    return sorted(found)


def _may_never_end(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False  # reading it tells why
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


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
    return _containers.misnamed(head, path.suffix.lower())


def check_part(start: float, end: float | None) -> None:
    """Refuse bounds (seconds) that no part of a recording has. Raises UsageError."""
    if not 0 <= start < math.inf or (end is not None and not end > start):
        raise UsageError(f"a part from {start:g} s to {end} s makes no sense: start must be 0 or more, and end after it")


def _chunks(recording: Recording, target: int, start: float, end: float | None, limit: float) -> Iterator[Samples]:
    """Mono chunks of the part between `start` and `end` at `target` Hz."""
    check_part(start, end)
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
    for chunk in blocks if target == rate else _resampled(blocks, rate, target):
        empty = False
        yield chunk
    if empty:
        raise EmptyAudio(name, f"no samples from {start:g} s on at {target} Hz; {AGAIN}")


def _mono(recording: Recording, first: int, stop: int | None, limit: float) -> Iterator[Samples]:
    """Mono blocks of the frames from `first` to `stop` (None: to the end) at the file's own rate, checked."""
    name, rate, decoder, frames = recording.name, recording.rate, recording.decoder, recording.frames
    size = max(1, _BLOCK // decoder.channels)
    position = 0  # frames decoded or jumped over
    try:
        if frames is not None and first:
            position = decoder.seek(first)
        while stop is None or position < stop:
            block = decoder.read(size if stop is None else min(size, stop - position), dtype="float32", always_2d=True)
            if not len(block):
                break
            fresh = max(0, first - position)  # without a known length there is no jumping to `first`
            position += len(block)
            if position - first > limit * rate:
                _refuse_length(name, "goes on", limit)
            if fresh < len(block):
                yield _mixed(name, block[fresh:], position - len(block) + fresh, rate)
    except sf.SoundFileError:
        raise TruncatedAudio(name, f"cannot be decoded beyond {position / rate:.2f} s; {AGAIN}") from None
    _check_length(recording, position, stop)


def _check_length(recording: Recording, position: int, stop: int | None) -> None:
    """Refuse a file whose samples end before its announced length, or an MP3 that goes on after it."""
    name, rate, frames = recording.name, recording.rate, recording.frames
    if frames is None or stop is None:
        return
    if position < stop and not recording.guessed:
        short = f"its header announces {frames / rate:.2f} s, the samples end at {position / rate:.2f} s"
        raise TruncatedAudio(name, f"cut short: {short}; {AGAIN}")
    # libsndfile stops without a word at the length that it took from an MP3's header, or guessed without one.
    if position == frames and recording.decoder.format == "MP3" and mp3_goes_on(recording.raw):
        reason = "an MP3 that goes on beyond its announced length (files joined, or no length in its header)"
        raise NotAudio(name, f"{reason}; {CONVERT}")


def _mixed(name: str, block: Samples, position: int, rate: int) -> Samples:
    """The mean of the channels (n, channels) -> (n,), refused if a sample is no number."""
    with np.errstate(over="ignore", invalid="ignore"):
        mono: Samples = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
    good = np.isfinite(mono)
    if not good.all():
        when = (position + int(good.argmin())) / rate
        raise InvalidSamples(name, f"NaN or infinite samples, the first at {when:.3f} s; export it again from its source")
    return mono


def _resampled(blocks: Iterable[Samples], rate: int, target: int) -> Iterator[Samples]:
    """The blocks at `target` Hz; the state between them is soxr's, so that they join without a seam."""
    resampler = soxr.ResampleStream(rate, target, 1, dtype="float32", quality="HQ")
    for block in blocks:
        chunk = resampler.resample_chunk(block)
        if len(chunk):
            yield chunk
    rest = resampler.resample_chunk(np.zeros(0, np.float32), last=True)
    if len(rest):
        yield rest


def _refuse_length(name: str, what: str, limit: float) -> NoReturn:
    raise AudioTooLong(name, f"{what}, more than the limit of {limit:g} s; cut it, or raise the limit")
