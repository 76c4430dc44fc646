"""Opening a recording: every check that needs no decoding, and the decoder."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile as sf

from serkit.audio._arguments import check_rate
from serkit.audio._containers import check_extent
from serkit.audio._decoder import Bytes, Decoder
from serkit.audio._frames import Mp3, check_pages, mp3, mp3_header
from serkit.audio._heads import AGAIN, HEAD, check_head, convert
from serkit.audio._sources import opened_bytes
from serkit.audio._stderr import quiet
from serkit.errors import AudioNotFound, EmptyAudio, NotAudio, TruncatedAudio
from serkit.types import Samples

_UNKNOWN = 2**63 - 1  # libsndfile's frame count when the header does not tell (FLAC written to a pipe)
_MALFORMED = 3  # SF_ERR_MALFORMED_FILE
_MOST_BEFORE = 2**26  # bytes before the samples that are held where one of them has to be mended


@dataclass(frozen=True, slots=True)
class Recording:
    """An open file: `raw` its bytes, `rate` in Hz, `frames` None where the header leaves them out and nobody guesses.

    `mp3` is what its first frame says, if it is an MP3.
    """

    name: str
    raw: BinaryIO
    decoder: Decoder
    rate: int
    frames: int | None
    guessed: bool
    mp3: Mp3 | None

    def target(self, rate: int | None) -> int:
        """The rate asked for, or the file's own."""
        return self.rate if rate is None else check_rate(self.name, rate)

    def read(self, frames: int) -> Samples:
        """The next `frames` (n, channels), fewer at the end."""
        # libsndfile reads integers in one piece and floats in pieces of 8 KiB; the values are the same.
        integers = self.decoder.subtype == "PCM_16" and self.decoder.format != "FLAC"
        with quiet() if self.mp3 else nullcontext():
            block = self.decoder.read(frames, dtype="int16" if integers else "float32", always_2d=True)
        samples: Samples = np.multiply(block, np.float32(2**-15), dtype=np.float32) if integers else block
        return samples

    def seek(self, frame: int) -> int:
        """Jump to a frame."""
        with quiet() if self.mp3 else nullcontext():
            return int(self.decoder.seek(frame))


@contextmanager
def opened(source: Path | str | BinaryIO, seconds: float = math.inf) -> Iterator[Recording]:
    """Open and check what can be told without decoding; at most `seconds` of a stream are held."""
    name, raw = opened_bytes(source, seconds)
    with raw:
        try:
            found, head, skip = _inspected(name, raw)
        except OSError as error:
            raise AudioNotFound(name, f"cannot be read ({error.strerror}); check the disk it lies on") from None
        decoder = _decoder(name, Bytes(raw, head, skip))
        try:
            rate = check_rate(name, decoder.samplerate, "its sample rate")
            if not decoder.frames:
                raise EmptyAudio(name, f"holds no samples; {AGAIN}")
            guessed = found is not None and not found.xing and not head
            known = decoder.frames if decoder.frames < _UNKNOWN else None
            yield Recording(name, raw, decoder, rate, known, guessed, found)
        finally:
            with quiet():
                decoder.close()


def _decoder(name: str, source: Bytes) -> Decoder:
    try:
        with quiet():
            return Decoder(source)
    except sf.SoundFileError as error:
        source.seek(0, os.SEEK_SET)
        if source.read(4) == b"fLaC" or getattr(error, "code", None) == _MALFORMED:
            raise TruncatedAudio(name, f"its header is cut short or damaged; {AGAIN}") from None
        raise NotAudio(name, f"not audio that libsndfile reads; {convert(name)}") from None


def _inspected(name: str, raw: BinaryIO) -> tuple[Mp3 | None, bytes, int]:
    """Check the container; what an MP3 says, and bytes that are to stand for so many first ones of the file."""
    size = raw.seek(0, os.SEEK_END)
    raw.seek(0)
    kind = check_head(name, raw.read(HEAD))
    if kind.name == "Ogg":
        check_pages(name, raw, size)
    if kind.name == "MP3":
        found = mp3(raw)
        head = b"" if found.xing else mp3_header(name, raw, size, found)
        return found, head, found.body if head else 0
    patch = check_extent(name, raw, size)
    if patch is None:
        return None, b"", 0
    place, written = patch
    if place > _MOST_BEFORE:
        raise TruncatedAudio(name, f"its header leaves the length out; {convert(name)}")
    raw.seek(0)
    return None, raw.read(place) + written, place + len(written)
