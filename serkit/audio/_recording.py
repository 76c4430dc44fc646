"""Opening a recording: every check that needs no decoding, and the decoder."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import soundfile as sf

from serkit.audio._containers import AGAIN, check_chunks, check_pages, mp3_announces_length
from serkit.errors import AudioNotFound, AudioTooLong, EmptyAudio, NotAudio, TruncatedAudio, UnsupportedRate

MIN_RATE, MAX_RATE = 1_000, 768_000
"""Sample rates (Hz) that a file may have or a caller may ask for."""

CONVERT = "convert it first, for example: ffmpeg -i FILE out.wav"

_STREAM_BYTES = 2**32  # of a stream that cannot be sought in and is held in memory
_UNKNOWN = 2**63 - 1  # libsndfile's frame count when the header does not tell (FLAC written to a pipe)
_MALFORMED = 3  # SF_ERR_MALFORMED_FILE


class Decoder(sf.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A SoundFile that is read from front to back.

    soundfile seeks after every block of a seekable file. That restarts lossy decoders and fails at the end of a FLAC whose
    header leaves the length out.
    """

    def seekable(self) -> bool:
        """Not for soundfile; an explicit `seek` still works."""
        return False


class _Bytes:
    """The bytes that libsndfile asks for, through callbacks: what raised in here would be printed as a traceback."""

    def __init__(self, raw: BinaryIO, unwritten: int | None) -> None:
        self._raw = raw
        self._unwritten = unwritten

    def seek(self, offset: int, whence: int) -> None:
        try:
            self._raw.seek(offset, whence)
        except (OSError, ValueError):
            self._raw.seek(0, os.SEEK_END)  # a damaged header points to nowhere: nothing to be read there

    def tell(self) -> int:
        return self._raw.tell()

    def read(self, count: int) -> bytes:
        position = self._raw.tell()
        try:
            data = self._raw.read(count)
        except OSError:
            return b""  # the decoder finds the file too short
        if self._unwritten is None or not position <= self._unwritten < position + len(data):
            return data
        # libsndfile believes in a length of 0, but reads up to the file's end where the length is the largest number.
        before, after = data[: self._unwritten - position], data[self._unwritten + 4 - position :]
        return (before + b"\xff\xff\xff\xff" + after)[: len(data)]


@dataclass(frozen=True, slots=True)
class Recording:
    """An open file: `raw` its bytes, `rate` in Hz, `frames` None where the header leaves them out and nobody guesses."""

    name: str
    raw: BinaryIO
    decoder: Decoder
    rate: int
    frames: int | None
    guessed: bool

    def target(self, rate: int | None) -> int:
        """The rate asked for, or the file's own."""
        return self.rate if rate is None else _checked_rate(self.name, rate, "the rate asked for")


@contextmanager
def opened(source: Path | str | BinaryIO) -> Iterator[Recording]:
    """Open and check what can be told without decoding."""
    name, raw = _raw(source)
    with raw:
        try:
            unwritten, flac, lengthy = _inspected(name, raw)
        except OSError as error:
            raise AudioNotFound(name, f"cannot be read ({error.strerror}); check the disk it lies on") from None
        try:
            decoder = Decoder(_Bytes(raw, unwritten))
        except sf.SoundFileError as error:
            if flac or getattr(error, "code", None) == _MALFORMED:
                raise TruncatedAudio(name, f"its header is cut short or damaged; {AGAIN}") from None
            raise NotAudio(name, f"not audio that libsndfile reads; {CONVERT}") from None
        with decoder:
            rate = _checked_rate(name, decoder.samplerate, "its sample rate")
            if not decoder.frames:
                raise EmptyAudio(name, f"holds no samples; {AGAIN}")
            guessed = decoder.format == "MP3" and not lengthy
            yield Recording(name, raw, decoder, rate, decoder.frames if decoder.frames < _UNKNOWN else None, guessed)


def _inspected(name: str, raw: BinaryIO) -> tuple[int | None, bool, bool]:
    """Check the container, and tell where its length was never written, whether it is FLAC, and whether an MP3 has a length."""
    size = raw.seek(0, os.SEEK_END)
    if not size:
        raise EmptyAudio(name, f"holds no bytes; {AGAIN}")
    unwritten = check_chunks(name, raw, size)
    check_pages(name, raw, size)
    lengthy = mp3_announces_length(raw)
    raw.seek(0)
    flac = raw.read(4) == b"fLaC"
    raw.seek(0)
    return unwritten, flac, lengthy


def _raw(source: Path | str | BinaryIO) -> tuple[str, BinaryIO]:
    """The name for messages, and bytes that can be sought in."""
    if not isinstance(source, str | Path):
        given = getattr(source, "name", None)
        name = given if isinstance(given, str) else "<stream>"
        return name, _held(name, source)
    name = str(source)
    try:
        raw: BinaryIO = Path(source).open("rb")  # noqa: SIM115  # closed by `opened`
    except FileNotFoundError:
        raise AudioNotFound(name, "no such file; check the path") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        if isinstance(error, IsADirectoryError):
            raise AudioNotFound(name, "is a folder; name a file in it") from None
        raise AudioNotFound(name, f"cannot be opened ({getattr(error, 'strerror', None) or error}); check it") from None
    if raw.seekable():
        return name, raw
    with raw:
        return name, _held(name, raw)


def _held(name: str, stream: BinaryIO) -> io.BytesIO:
    """What is left of a stream, in memory."""
    data = stream.read(_STREAM_BYTES + 1)
    if len(data) > _STREAM_BYTES:
        raise AudioTooLong(name, f"more than {_STREAM_BYTES / 2**30:g} GiB through a pipe; save it to a file first")
    return io.BytesIO(data)


def _checked_rate(name: str, rate: int, what: str) -> int:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise UnsupportedRate(name, f"{what} is {rate} Hz; it must be between {MIN_RATE} and {MAX_RATE} Hz")
    return rate
