"""Containers of chunks with a name and a length each: WAV, RF64, AIFF, CAF and W64."""

import struct
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from serkit.audio._ends import SCRAP, Patch, blank, check_end, check_single, goes_on
from serkit.audio._heads import AGAIN
from serkit.errors import TruncatedAudio

_PLACEHOLDER = 0x7F00_0000  # sizes from here on stand in a header that was written to a pipe: the length was not known
_MOST_CHUNKS = 1000  # no file has that many chunks; one of zeros would keep us for hours


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a family of containers strings its chunks: a tag, a length, the bytes.

    `length` is a struct of the length's type, `inclusive` whether it counts tag and length too, `align` what bodies are
    padded to.
    """

    start: int
    tag: int
    length: str
    inclusive: bool
    align: int
    samples: bytes

    @property
    def header(self) -> int:
        """Bytes of tag and length."""
        return self.tag + struct.calcsize(self.length)

    def chunk(self, raw: BinaryIO, position: int) -> tuple[bytes, int] | None:
        """Tag and length of the body of the chunk that begins at `position`; None if the file ends before that."""
        if position >= _BEYOND:
            return None
        raw.seek(position)
        head = raw.read(self.header)
        if len(head) < self.header:
            return None
        length = struct.unpack(self.length, head[self.tag :])[0]
        return head[: self.tag], length - (self.header if self.inclusive else 0)

    def after(self, position: int, length: int) -> int:
        """Where the chunk begins that follows one whose body of `length` bytes begins at `position`."""
        return position + length + -length % self.align


_BEYOND = 2**62  # no file is so long, and no further can be sought

_W64 = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0O\x8e\xdb\x8a"  # how the names of Sony's chunks end
_W64_OTHERS = (b"riff\x2e\x91\xcf\x11", b"list\x2f\x91\xcf\x11", b"\xbc\x94\x5f\x92", b"\x56\x62\xf7\xab")
_RIFF = _Layout(12, 4, "<I", inclusive=False, align=2, samples=b"data")
LAYOUTS = {
    b"RIFF": _RIFF,
    b"RIFX": _Layout(12, 4, ">I", inclusive=False, align=2, samples=b"data"),
    b"RF64": _RIFF,
    b"BW64": _RIFF,
    b"FORM": _Layout(12, 4, ">I", inclusive=False, align=2, samples=b"SSND"),
    b"caff": _Layout(8, 4, ">q", inclusive=False, align=1, samples=b"data"),
    b"riff": _Layout(40, 16, "<q", inclusive=True, align=8, samples=b"data" + _W64),
}
"""By the first four bytes of a file."""
# fmt: off
_TAILS = frozenset([
    b"LIST", b"id3 ", b"ID3 ", b"bext", b"cue ", b"fact", b"smpl", b"inst", b"PEAK", b"JUNK", b"junk", b"PAD ", b"FLLR",
    b"iXML", b"axml", b"aXML", b"chna", b"_PMX", b"cart", b"afsp", b"acid", b"strc", b"plst", b"DISP", b"levl", b"umid",
    b"minf", b"elm1", b"regn", b"COMM", b"MARK", b"INST", b"NAME", b"AUTH", b"(c) ", b"ANNO", b"COMT", b"APPL", b"MIDI",
    b"AESD", b"FVER", b"CHAN", b"free", b"info", b"pakt", b"kuki", b"chan", b"strg", b"mark", b"uuid", b"peak", b"ovvw",
])
# fmt: on
"""Chunks that may follow the samples, even where the last one is cut."""


def check_chunks(name: str, raw: BinaryIO, size: int) -> Patch | None:
    """As `check_extent` does, for containers of chunks."""
    raw.seek(0)
    layout = LAYOUTS[raw.read(4)]
    position, large = layout.start, -1
    common = b""
    for _ in range(_MOST_CHUNKS):
        found = layout.chunk(raw, position)
        if found is None or found[1] < (-layout.header if layout.inclusive else -1):
            raise TruncatedAudio(name, f"cut short before its samples begin; {AGAIN}")
        (tag, length), begin = found, position + layout.header
        if tag == layout.samples:
            length, patch = _measured(raw, layout, position, length, size, large)
            if length >= 0:
                check_end(name, raw, begin, length, size, partial(_only_chunks, raw, layout, begin, length, size))
                _check_frames(name, raw, layout, common, begin, length)
            else:
                check_single(name, raw, begin)
            return patch
        if tag == b"ds64":  # the sizes of a file beyond 4 GiB
            large = struct.unpack("<Q", raw.read(16)[8:].ljust(8, b"\0"))[0]
        elif tag == b"COMM":
            common = raw.read(22)
        position = layout.after(begin, max(0, length))
    return None


def _measured(raw: BinaryIO, layout: _Layout, position: int, length: int, size: int, large: int) -> tuple[int, Patch | None]:
    """The length of the chunk of samples at `position`, -1 where nobody wrote it, and what the decoder is to read instead.

    libsndfile takes the largest number in a WAV for 'up to the end of the file', and believes in 0.
    """
    begin, place = position + layout.header, position + layout.tag
    least = 4 if layout.length == ">q" else 0  # a CAF counts a number that stands before the samples
    unknown = length < 0 or (length <= least and begin + least < size and not _only_chunks(raw, layout, begin, length, size))
    if layout.length.endswith("q"):
        held = size - (position if layout.inclusive else begin)
        return (-1, (place, struct.pack(layout.length, held))) if unknown or length >= 2**62 else (length, None)
    if large >= 0 and length == 0xFFFF_FFFF:
        known = 0 < large < 2**63
        return (large, None) if known else (-1, (0, b"RIFF"))  # without the name, the sizes beyond 4 GiB are not looked at
    if unknown and layout.samples == b"data":
        return -1, (place, b"\xff\xff\xff\xff")
    return -1 if unknown or length >= _PLACEHOLDER else length, None


def _only_chunks(raw: BinaryIO, layout: _Layout, begin: int, length: int, size: int) -> bool:
    """Whether only chunks without samples follow samples of `length` bytes. Some programs do not pad these."""
    places = {layout.after(begin, length), begin + length}
    return any(_chunks_from(raw, layout, place, size) for place in places)


def _chunks_from(raw: BinaryIO, layout: _Layout, position: int, size: int) -> bool:
    """Whether only chunks without samples lie from `position` on; the last may be cut if its name is a known one."""
    for _ in range(_MOST_CHUNKS):
        if size - position <= SCRAP or blank(raw, position):
            return True
        found = layout.chunk(raw, position)
        if found is None:
            return True
        tag, length = found
        following = layout.after(position + layout.header, length)
        named = tag[4:] == _W64 or tag.startswith(_W64_OTHERS) if layout.tag > 4 else all(32 <= each < 127 for each in tag)
        whole = named and length >= 0 and following <= size + layout.align
        if tag[:4] in LAYOUTS or tag == layout.samples:
            return False  # a second header, or a second chunk of samples
        if not whole:
            return tag in _TAILS or (named and layout.tag > 4)
        position = following
    return True


def _check_frames(name: str, raw: BinaryIO, layout: _Layout, common: bytes, begin: int, length: int) -> None:
    """Refuse an AIFF that announces fewer or more frames than its chunk of samples holds."""
    if layout.samples != b"SSND" or len(common) < 18:
        return
    channels, frames, bits = struct.unpack(">hIh", common[:8])
    plain = common[18:22] in (b"NONE", b"sowt", b"twos", b"in24", b"in32", b"fl32", b"FL32", b"fl64", b"FL64")
    raw.seek(0)
    if raw.read(12)[8:] == b"AIFC" and not plain:
        return
    raw.seek(begin)
    offset = int.from_bytes(raw.read(4), "big")
    announced, held = channels * frames * -(-bits // 8), length - 8 - offset
    if announced > held:
        raise TruncatedAudio(
            name, f"cut short: its header announces {announced} bytes of samples, the file holds {held}; {AGAIN}"
        )
    if held - announced > SCRAP:
        goes_on(name, f"its header announces {announced} bytes of samples, and {held - announced} more bytes follow them")
