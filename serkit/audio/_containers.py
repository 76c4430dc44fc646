"""Where the samples of a container begin and end, by what it announces and by what it holds.

libsndfile believes the header as long as the file is not shorter, and for some containers even then. Byte layouts only,
nothing is decoded; MP3, FLAC and Ogg, which announce no bytes, are in `_frames`.
"""

import struct
from collections.abc import Callable
from typing import BinaryIO

from serkit.audio._chunks import LAYOUTS, check_chunks
from serkit.audio._ends import SCRAP, Patch, blank, check_end, check_single, goes_on
from serkit.audio._heads import AGAIN
from serkit.errors import TruncatedAudio

_MOST_BLOCKS = 1000


def check_extent(name: str, raw: BinaryIO, size: int) -> Patch | None:
    """Refuse a container whose samples reach beyond the file's end, or end before it.

    Returns what must be written over the length of samples whose length was never written, so that all are read.
    Raises TruncatedAudio and NotAudio.
    """
    raw.seek(0)
    head = raw.read(20)
    for start, check in _CHECKS.items():
        if head.startswith(start):
            return check(name, raw, size)
    return None


def _au(name: str, raw: BinaryIO, size: int) -> Patch | None:
    """Sun's header: where the samples begin, and their bytes, the largest number where nobody knew."""
    raw.seek(0)
    head = raw.read(12)
    if len(head) < 12:
        raise TruncatedAudio(name, f"cut short before its samples begin; {AGAIN}")
    begin, length = struct.unpack(">II" if head[:1] == b"." else "<II", head[4:])
    if length == 0 and begin < size:
        check_single(name, raw, begin)
        return 8, b"\xff\xff\xff\xff"
    if length != 0xFFFF_FFFF:
        check_end(name, raw, begin, length, size)
    else:
        check_single(name, raw, begin)
    return None


def _nist(name: str, raw: BinaryIO, size: int) -> Patch | None:
    """A header of text; its count of samples is one of frames."""
    raw.seek(0)
    lines = raw.read(16).split(b"\n")
    begin = int(lines[1]) if len(lines) > 1 and lines[1].strip().isdigit() else 1024
    raw.seek(0)
    fields = dict(line.split(None, 1) for line in raw.read(min(begin, 2**16)).splitlines() if len(line.split(None, 1)) == 2)
    if begin > size:
        raise TruncatedAudio(name, f"cut short before its samples begin; {AGAIN}")

    def number(field: bytes, default: int) -> int:
        value = fields.get(field, b"").split()
        return int(value[1]) if len(value) == 2 and len(value[1]) < 19 and value[1].isdigit() else default

    count = number(b"sample_count", 0)
    if count and b"shorten" not in fields.get(b"sample_coding", b""):
        width = number(b"sample_n_bytes", 2) * number(b"channel_count", 1)
        check_end(name, raw, begin, count * width, size)
    return None


def _voc(name: str, raw: BinaryIO, size: int) -> Patch | None:
    """Blocks: one byte that says of what, three of length. libsndfile reads the first that holds samples."""
    raw.seek(20)
    position, sounding = int.from_bytes(raw.read(2), "little"), 0
    for _ in range(_MOST_BLOCKS):
        raw.seek(position)
        block = raw.read(4)
        if not block or block[0] == 0 or (sounding and size - position <= SCRAP):
            break
        length = int.from_bytes(block[1:], "little")
        if sounding and block[0] > 9:
            goes_on(name, f"{size - position} bytes follow its block of samples")
        if position + 4 + length > size or len(block) < 4:
            held = f"announces {length} bytes, the file holds {max(0, size - position - 4)}"
            raise TruncatedAudio(name, f"cut short: its last block {held}; {AGAIN}")
        sounding += block[0] in (1, 2, 3, 9)  # samples, more of them, silence, samples
        if sounding > 1:
            goes_on(name, "it has several blocks of samples, of which libsndfile reads one")
        position += 4 + length
    if size - position > SCRAP and not blank(raw, position + 1):
        goes_on(name, f"{size - position - 1} bytes follow its last block")
    return None


_CHECKS: dict[bytes, Callable[[str, BinaryIO, int], Patch | None]] = {
    **dict.fromkeys(LAYOUTS, check_chunks),
    b".snd": _au,
    b"dns.": _au,
    b"NIST_1A": _nist,
    b"Creative Voice File": _voc,
}
