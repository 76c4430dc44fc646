"""libsndfile's way to bytes, and its decoder."""

import os
from typing import Any, BinaryIO

import soundfile as sf


class Decoder(sf.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A SoundFile that is read from front to back.

    soundfile seeks after every block of a seekable file. That restarts lossy decoders and fails at the end of a FLAC whose
    header leaves the length out.
    """

    def seekable(self) -> bool:
        """Not for soundfile; an explicit `seek` still works."""
        return False


class Bytes:
    """The bytes that libsndfile asks for, through callbacks: what raised in here would be printed as a traceback.

    `head` stands for the first `skip` bytes.
    """

    def __init__(self, raw: BinaryIO, head: bytes = b"", skip: int = 0) -> None:
        self._raw, self._head = raw, head
        self._shift = skip - len(head)
        self._position = 0
        self._size = raw.seek(0, os.SEEK_END) - self._shift
        raw.seek(0)

    def seek(self, offset: int, whence: int) -> None:
        """As a file's, to the end where there is no such place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        # A damaged header points to nowhere: nothing to be read there.
        self._position = base + offset if base + offset >= 0 else self._size
        try:
            self._raw.seek(max(0, self._position + self._shift))
        except (OSError, ValueError, OverflowError):
            self._position = self._size

    def tell(self) -> int:
        """As a file's."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """As a file's, nothing where the disk fails."""
        head = self._head[self._position : self._position + len(buffer)]
        buffer[: len(head)] = head
        count = len(head)
        try:
            if self._head:
                self._raw.seek(max(self._position, len(self._head)) + self._shift)
            if count < len(buffer):
                count += self._raw.readinto(memoryview(buffer)[count:])  # type: ignore[attr-defined]
        except OSError:
            pass  # the decoder finds the file too short
        self._position += count
        return count

    def read(self, count: int) -> bytes:
        """As a file's, nothing where the disk fails."""
        data = bytearray(count)
        return bytes(data[: self.readinto(data)])
