"""What libsndfile lets pass: containers that hold less, or more, than they announce. Byte layouts only, nothing is decoded."""

import math
import re
import struct
from typing import BinaryIO

from serkit.errors import TruncatedAudio

AGAIN = "copy or record it again"

_ENDINGS = {
    "WAV": frozenset([".wav", ".wave", ".bwf", ".rf64"]),
    "AIFF": frozenset([".aif", ".aiff", ".aifc"]),
    "FLAC": frozenset([".flac"]),
    "Ogg": frozenset([".ogg", ".oga", ".opus"]),
    "MP3": frozenset([".mp1", ".mp2", ".mp3"]),
}
"""The endings, in lower case, that the files of each container have."""

_PLACEHOLDER = 0x7FFF_0000  # sizes from here on stand in a WAV header that was written to a pipe: the length was not known
_OGG_PAGE = 65_307  # bytes of the longest page
_MP3_FRAME = re.compile(rb"\xff[\xe2-\xe5\xf2-\xf5\xfa-\xfd]")  # sync, MPEG 1, 2 or 2.5, layer II or III


def misnamed(head: bytes, ending: str) -> str | None:
    """The container that a file's first 12 bytes tell, if its ending (in lower case) is that of another."""
    found = None
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and head[8:] == b"WAVE":
        found = "WAV"
    elif head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        found = "AIFF"
    elif head[:4] in (b"fLaC", b"OggS"):
        found = "FLAC" if head[:1] == b"f" else "Ogg"
    elif _MP3_FRAME.match(head) or (head[:3] == b"ID3" and ending != ".flac"):  # some write that tag before a FLAC
        found = "MP3"
    return found if found and ending not in _ENDINGS[found] else None


def check_chunks(name: str, raw: BinaryIO, size: int) -> int | None:
    """Refuse a WAV or AIFF whose samples reach beyond the file's end.

    Returns where the length of the samples stands if it was never written (0, and the file goes on), else None.
    """
    raw.seek(0)
    head = raw.read(12)
    magic, kind = head[:4], head[8:]
    if magic not in (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM") or kind not in (b"WAVE", b"AIFF", b"AIFC", b""):
        return None
    order = ">" if magic in (b"RIFX", b"FORM") else "<"
    position, large = 12, 0
    for _ in range(1000):  # no file has that many chunks; one of zeros would keep us for hours
        raw.seek(position)
        header = raw.read(8)
        if len(header) < 8:
            raise TruncatedAudio(name, f"cut short before its samples begin; {AGAIN}")
        tag, length = struct.unpack(f"{order}4sI", header)
        begin = position + 8
        if tag == b"ds64":  # the sizes of a file beyond 4 GiB
            large = struct.unpack("<Q", raw.read(16)[8:].ljust(8, b"\0"))[0]
        if tag in (b"data", b"SSND"):
            whole = struct.unpack(f"{order}I", head[4:8])[0]
            if tag == b"data" and length == 0 and whole + 8 <= begin < size:
                return position + 4
            announced = large if length == 0xFFFF_FFFF else length if length < _PLACEHOLDER else 0
            if begin + announced > size:
                held = f"announces {announced} bytes of samples, the file holds {size - begin}"
                raise TruncatedAudio(name, f"cut short: its header {held}; {AGAIN}")
            return None
        position = begin + length + length % 2
    return None


def check_pages(name: str, raw: BinaryIO, size: int) -> None:
    """Refuse an Ogg whose last page is cut. A cut between two pages cannot be told from a stream that was left."""
    raw.seek(0)
    if raw.read(4) != b"OggS":
        return
    raw.seek(max(0, size - 2 * _OGG_PAGE))
    tail = raw.read()
    page = tail[tail.rfind(b"OggS") :]
    length = math.inf  # unknown while the page's own header is cut
    if len(page) > 27 and len(page) >= 27 + page[26]:
        length = 27 + page[26] + sum(page[27 : 27 + page[26]])
    last = len(page) > 5 and page[5] & 4  # after the page that ends the stream anything may follow
    if len(page) < length or (len(page) > length and not last):
        raise TruncatedAudio(name, f"cut short: its last Ogg page is not whole; {AGAIN}")


def mp3_announces_length(raw: BinaryIO) -> bool:
    """Whether an MP3 has a Xing, Info or VBRI frame. Without one libsndfile guesses the length from the first bit rate."""
    raw.seek(0)
    head = raw.read(10)
    begin = 0
    if head[:3] == b"ID3" and len(head) == 10:  # a tag before the first frame; its size has 7 bits a byte
        begin = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    raw.seek(begin)
    first = raw.read(512)
    return any(name in first for name in (b"Xing", b"Info", b"VBRI"))


def mp3_goes_on(raw: BinaryIO) -> bool:
    """Whether many frames follow where the decoder stopped reading, rather than tags with chance hits of a frame's start."""
    rest = raw.read(2**16)
    return len(_MP3_FRAME.findall(rest)) > max(10, len(rest) // 1500)
