"""From what a caller gives to bytes that can be sought in: files, pipes and binary streams."""

import io
import os
import stat
import time
from pathlib import Path
from typing import BinaryIO, NoReturn

import soundfile as sf

from serkit.audio._decoder import Bytes, Decoder
from serkit.audio._heads import HEAD, check_head
from serkit.audio._stderr import quiet
from serkit.errors import AudioNotFound, AudioTooLong, UsageError

WAIT_SECONDS = 10.0
"""How long somebody may take to open a named pipe for writing."""

_BUFFER = 2**18  # bytes; libsndfile asks for few at a time
_PROBE = 2**16  # bytes of a stream by which its own bytes a second are told
_PIECE = 2**20  # bytes asked for at a time
_BYTES_A_SECOND = 2 * 96_000 * 4  # where the header does not tell: two channels of floats at 96 kHz
_TAGS = 2**26  # bytes beside the samples, such as pictures
_MOST = 2**32  # bytes of any stream
_WIDTHS = {"PCM_S8": 1, "PCM_U8": 1, "ULAW": 1, "ALAW": 1, "PCM_16": 2, "PCM_24": 3, "DOUBLE": 8}


def opened_bytes(source: Path | str | BinaryIO, seconds: float) -> tuple[str, BinaryIO]:
    """The name for messages, and bytes that can be sought in, of which `seconds` will be read.

    A stream is judged by its first bytes and then held in memory: up to `seconds` of what its header says a second takes
    (768 kB where it does not say), 64 MiB for tags, and never more than 4 GiB. Raises AudioNotFound, NotAudio, EmptyAudio,
    AudioTooLong, and UsageError for what is neither a path nor a binary stream.
    """
    if isinstance(source, str | os.PathLike):
        return _from_path(source, seconds)
    _check_stream(source)
    given = getattr(source, "name", None)
    name = given if isinstance(given, str) else "<stream>"
    return name, _held(name, source, seconds)


def _check_stream(source: BinaryIO) -> None:
    if isinstance(source, bytes | bytearray | memoryview):
        raise UsageError(f"a recording as {type(source).__name__}; give a path, or io.BytesIO(data) for bytes in memory")
    if isinstance(source, type) or not callable(getattr(source, "read", None)):
        raise UsageError(f"a recording as {type(source).__name__}; give a path or a binary stream")
    if getattr(source, "closed", False) is True:
        raise UsageError(f"a recording as {type(source).__name__} that is closed; open it again")
    if isinstance(source, io.TextIOBase):
        raise UsageError(f"a recording as {type(source).__name__}, which is text; open it with mode 'rb'")


def _from_path(source: Path | str | os.PathLike[str], seconds: float) -> tuple[str, BinaryIO]:
    name = os.fspath(source)
    if not isinstance(name, str):
        raise UsageError("a path of bytes; give it as str, as os.fsdecode makes it")
    raw: BinaryIO | None = None
    try:
        mode = Path(name).stat().st_mode
        if stat.S_ISFIFO(mode):
            raw = _piped(name)
        elif stat.S_ISREG(mode):
            raw = Path(name).open("rb", buffering=_BUFFER)  # noqa: SIM115  # closed by who reads
    except FileNotFoundError:
        raise AudioNotFound(name, "no such file; check the path") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise AudioNotFound(name, f"cannot be opened ({getattr(error, 'strerror', None) or error}); check it") from None
    if raw is None:
        if stat.S_ISDIR(mode):
            raise AudioNotFound(name, "is a folder; name a file in it")
        raise AudioNotFound(name, "is a device or a socket; name a file, a pipe, or - for standard input")
    if raw.seekable():
        return name, raw
    with raw:
        return name, _held(name, raw, seconds)


def _piped(name: str) -> BinaryIO:
    """A named pipe, once somebody writes to it: opening it would wait for that without an end."""
    number = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    try:
        began = b""
        last = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                began = os.read(number, _PIECE)
            except BlockingIOError:
                break  # somebody has opened it and takes their time
            if began:
                break
            if time.monotonic() > last:
                raise AudioNotFound(
                    name, f"nobody writes to this pipe (waited {WAIT_SECONDS:g} s); start what writes to it first"
                )
            time.sleep(0.02)
        os.set_blocking(number, True)
        return io.BufferedReader(_Begun(began, io.FileIO(number)))
    except BaseException:
        os.close(number)
        raise


class _Begun(io.RawIOBase):
    """A stream of which some bytes have been read already."""

    def __init__(self, began: bytes, rest: io.FileIO) -> None:
        self._began, self._rest = began, rest

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The bytes that were read first, then the others."""
        data = self._began[: len(buffer)] or self._rest.read(len(buffer))
        self._began = self._began[len(data) :]
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the stream behind."""
        self._rest.close()
        super().close()


def _held(name: str, stream: BinaryIO, seconds: float) -> io.BytesIO:
    """What is left of a stream, in memory."""
    held = io.BytesIO()
    _fill(name, stream, held, HEAD)
    check_head(name, held.getvalue())
    _fill(name, stream, held, _PROBE)
    most = int(min(seconds * _bytes_a_second(held.getvalue()) + _TAGS, _MOST))
    _fill(name, stream, held, most + 1)
    if held.tell() > most:
        what = f"more than {most / 2**20:.0f} MiB through a pipe"
        longer = f"{what}, more than {seconds:g} s take" if most < _MOST else what
        raise AudioTooLong(name, f"{longer}; save it to a file, or raise the limit")
    return held


def _fill(name: str, stream: BinaryIO, held: io.BytesIO, size: int) -> None:
    """Read until `size` bytes are held, or the stream ends."""
    while held.tell() < size:
        try:
            piece = stream.read(min(size - held.tell(), _PIECE))
        except OSError as error:
            raise AudioNotFound(name, f"cannot be read ({error.strerror or error}); check where it comes from") from None
        if not isinstance(piece, bytes | bytearray | memoryview):
            _refuse_piece(name, piece)
        if not piece:
            return
        held.write(piece)


def _refuse_piece(name: str, piece: object) -> NoReturn:
    raise UsageError(f"{name}: a stream whose read() gives {type(piece).__name__}; give one of bytes, as mode 'rb' opens it")


def _bytes_a_second(probe: bytes) -> float:
    """What a second of this recording takes at most."""
    try:
        with quiet(), Decoder(Bytes(io.BytesIO(probe))) as found:
            return float(found.samplerate * found.channels * _WIDTHS.get(found.subtype, 4))
    except sf.SoundFileError:
        return _BYTES_A_SECOND
