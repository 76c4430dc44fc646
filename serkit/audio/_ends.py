"""Where samples end: what may follow them, and what is a second recording, or the rest of one that was announced too short."""

import re
from collections.abc import Callable
from typing import BinaryIO

from serkit.audio._heads import AGAIN, convert
from serkit.errors import NotAudio, TruncatedAudio

Patch = tuple[int, bytes]
"""A place in a file, and the bytes that the decoder is to find there."""

SCRAP = 64
"""So many bytes behind the samples are no second half."""

_MOST_ZEROS = 2**26  # a file of nothing else may be as long as a disk

BEGINNINGS = re.compile(
    rb"(?:RIFF|RIFX|RF64|BW64)....WAVE|FORM....AIF[FC]|OggS\x00[\x02\x03]|fLaC[\x00\x80]\x00\x00\x22|caff\x00\x01\x00\x00"
    rb"|riff\x2e\x91\xcf\x11|NIST_1A\n|Creative Voice File\x1a|\.snd\x00\x00[\x00-\x0f].....\x00\x00\x00[\x01-\x1b]\x00",
    re.DOTALL,
)
"""How recordings begin, told from what stands inside of one."""


def check_end(
    name: str, raw: BinaryIO, begin: int, length: int, size: int, harmless: Callable[[], bool] = lambda: False
) -> None:
    """Refuse samples of `length` bytes from `begin` on which the file does not hold, or which more of them follow.

    Whether what follows is `harmless` is asked only where there is something.
    """
    end = begin + length
    if end > size:
        held = f"announces {length} bytes of samples, the file holds {max(0, size - begin)}"
        raise TruncatedAudio(name, f"cut short: its header {held}; {AGAIN}")
    if size - end > SCRAP and not blank(raw, end) and not harmless():
        goes_on(name, f"its header announces {length} bytes of samples, and {size - end} more bytes follow them")


def goes_on(name: str, what: str) -> None:
    """Refuse a recording of which the decoder would read a part alone."""
    raise NotAudio(name, f"goes on where its samples should end ({what}): files joined, or a wrong header; {convert(name)}")


def check_single(name: str, raw: BinaryIO, begin: int) -> None:
    """Refuse samples of unknown length within which another recording begins."""
    raw.seek(begin)
    last = b""
    while piece := raw.read(2**20):
        if BEGINNINGS.search(last + piece):
            goes_on(name, "another recording begins")
        last = piece[-32:]


def blank(raw: BinaryIO, position: int) -> bool:
    """Whether nothing but zeros, or the tag of 128 bytes that many programs append, follows."""
    raw.seek(position)
    rest = raw.read(2**20)
    if rest[:3] == b"TAG" and len(rest) == 128:
        return True
    for _ in range(_MOST_ZEROS // 2**20):
        if rest.count(0) < len(rest):
            return False
        if not rest:
            return True
        rest = raw.read(2**20)
    return False
