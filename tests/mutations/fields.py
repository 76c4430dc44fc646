"""The numbers in the headers of containers, exchanged one at a time, and their chunks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mutations import ogg
from mutations.mutation import Rng

Order = Literal["little", "big"]


@dataclass(frozen=True, slots=True)
class Field:
    """A whole number in a header: where it stands, in bytes."""

    name: str
    at: int
    size: int
    order: Order

    def of(self, data: bytes) -> int:
        return int.from_bytes(data[self.at : self.at + self.size], self.order)

    def put(self, data: bytes, value: int) -> bytes:
        return data[: self.at] + (value % 256**self.size).to_bytes(self.size, self.order) + data[self.at + self.size :]


_FORMAT = (
    ("format tag", 0, 2),
    ("channels", 2, 2),
    ("rate", 4, 4),
    ("bytes a second", 8, 4),
    ("block align", 12, 2),
    ("bits", 14, 2),
)
_COMMON = (
    ("channels", 0, 2),
    ("frames", 2, 4),
    ("bits", 6, 2),
    ("exponent of the rate", 8, 2),
    ("mantissa of the rate", 10, 8),
)


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Tag, begin of the header and end of each chunk of a RIFF or IFF file."""
    order: Order = "big" if data[:4] in (b"RIFX", b"FORM") else "little"
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], order)
        end = min(len(data), at + 8 + size + size % 2)
        yield data[at : at + 4], at, end
        at = end


def chunked(data: bytes) -> bool:
    """Whether it is a RIFF or IFF file."""
    return data[:4] in (b"RIFF", b"RIFX", b"RF64", b"FORM")


def named(data: bytes) -> bool:
    """Whether there is something for `exchanged` to exchange."""
    return bool(fields(data)) or data[:4] in (b"OggS", b"NIST") or data[:1] == b"\xff"


_KNOWN: dict[bytes, tuple[Order, tuple[tuple[str, int, int], ...]]] = {
    # STREAMINFO: 20 bits of rate, 3 of channels, 5 of width, 36 of samples
    b"fLaC": (
        "big",
        (
            ("size of STREAMINFO", 5, 3),
            ("least block", 8, 2),
            ("largest block", 10, 2),
            ("least frame", 12, 3),
            ("largest frame", 15, 3),
            ("rate and channels", 18, 3),
            ("width and samples", 21, 5),
            ("checksum", 26, 16),
        ),
    ),
    b".snd": ("big", (("offset", 4, 4), ("data size", 8, 4), ("encoding", 12, 4), ("rate", 16, 4), ("channels", 20, 4))),
    b"caff": (
        "big",
        (
            ("version", 4, 2),
            ("size of desc", 12, 8),
            ("rate", 20, 8),
            ("format flags", 32, 4),
            ("bytes a packet", 36, 4),
            ("frames a packet", 40, 4),
            ("channels", 44, 4),
            ("bits", 48, 4),
        ),
    ),
    # W64, whose sizes stand after tags of 16 bytes
    b"riff": ("little", (("file size", 16, 8), ("size of fmt", 56, 8), *((name, 64 + at, size) for name, at, size in _FORMAT))),
    b"Crea": (
        "little",
        (
            ("offset", 20, 2),
            ("version", 22, 2),
            ("checksum", 24, 2),
            ("block type", 26, 1),
            ("block size", 27, 3),
            ("rate", 30, 4),
            ("bits", 34, 1),
            ("channels", 35, 1),
            ("codec", 36, 2),
        ),
    ),
}
"""By their first four bytes, the numbers of headers that stand where they stand: order, then name, place and size of each."""

_DATA = {b"caff": 4, b"riff": 16}
"""How far behind the word `data` the size of the samples begins."""


def fields(data: bytes) -> list[Field]:
    """The named numbers of a file, of any container that is known here."""
    if chunked(data):
        return list(_of_chunks(data))
    magic = data[:4]
    order, known = _KNOWN.get(magic, ("big", ()))
    found = [Field(name, at, size, order) for name, at, size in known]
    if magic in _DATA and (at := data.find(b"data", 50)) > 0:
        found.append(Field("data size", at + _DATA[magic], 8, order))
    return found


def _of_chunks(data: bytes) -> Iterator[Field]:
    order: Order = "big" if data[:4] in (b"RIFX", b"FORM") else "little"
    yield Field("file size", 4, 4, order)
    for tag, at, _ in chunks(data):
        name = tag.decode("latin-1").strip()
        yield Field(f"size of {name}", at + 4, 4, order)
        inner = {"fmt": _FORMAT, "COMM": _COMMON, "fact": (("frames of fact", 0, 4),)}.get(name, ())
        inner = (("whole size", 0, 8), ("data size", 8, 8), ("frames", 16, 8)) if name == "ds64" else inner
        inner = (("offset", 0, 4), ("block size", 4, 4)) if name == "SSND" else inner
        yield from (Field(what, at + 8 + begin, size, order) for what, begin, size in inner)


def exchanged(rng: Rng, data: bytes, turn: int) -> tuple[str, bytes]:
    """One named number by another: the fields in turn, the values by chance. Of Ogg, MP3 and NIST what stands for fields."""
    special = {b"OggS": _ogg, b"NIST": _nist}.get(data[:4], _mpeg if data[:1] == b"\xff" else None)
    if special:
        return special(rng, data)
    known = fields(data)
    field = known[turn % len(known)]
    was = field.of(data)
    largest = 256**field.size - 1
    ways = {"0": 0, f"0x{largest:X}": largest, f"0x{largest // 2:X}": largest // 2, "half": was // 2, "double": was * 2}
    ways |= {"1": 1, "one more": was + 1, "one less": was - 1, "1000 times": was * 1000, "odd": was | 1}
    way = list(ways)[int(rng.integers(len(ways)))]
    return f"{field.name} {way}", field.put(data, ways[way])


def rearranged(rng: Rng, data: bytes) -> tuple[str, bytes]:
    """The chunks of a RIFF or IFF file in other company."""
    found = list(chunks(data))
    parts = {tag: data[begin:end] for tag, begin, end in found}
    tags = [tag for tag, _, _ in found]
    last = tags[-1]
    order: Order = "big" if data[:4] in (b"RIFX", b"FORM") else "little"
    strange = b"zzzz" + (5).to_bytes(4, order) + b"12345\0"
    empty, bare = b"zzzz" + bytes(4), b"junk" + (2**32 - 1).to_bytes(4, order)
    ways = {
        "its chunks the other way round": [parts[tag] for tag in tags[::-1]],
        "its first chunk doubled": [parts[tags[0]], *(parts[tag] for tag in tags)],
        "its last chunk doubled": [*(parts[tag] for tag in tags), parts[last]],
        "its first chunk missing": [parts[tag] for tag in tags[1:]],
        "its last chunk missing": [parts[tag] for tag in tags[:-1]],
        "an unknown chunk of odd size first": [strange, *(parts[tag] for tag in tags)],
        "an unknown chunk of odd size last": [*(parts[tag] for tag in tags), strange],
        "2000 empty chunks first": [empty * 2000, *(parts[tag] for tag in tags)],
        "a chunk of 4 GiB first": [bare, *(parts[tag] for tag in tags)],
        "no chunks": [],
    }
    way = list(ways)[int(rng.integers(len(ways)))]
    body = b"".join(ways[way])
    return way, data[:4] + (len(body) + 4).to_bytes(4, order) + data[8:12] + body


def _ogg(rng: Rng, data: bytes) -> tuple[str, bytes]:
    """A number of one page, its sum put right; or whole pages moved."""
    pages = list(ogg.pages(data))
    which = int(rng.integers(len(pages)))
    known = [Field("version", 4, 1, "little"), Field("flags", 5, 1, "little"), Field("granule", 6, 8, "little")]
    known += [Field("serial", 14, 4, "little"), Field("page number", 18, 4, "little"), Field("segments", 26, 1, "little")]
    known += [Field("packet", 40, 4, "little"), Field("sum", 22, 4, "little")]
    ways = [*known, "missing", "doubled", "moved to the end", "joined with another stream"]
    way = ways[int(rng.integers(len(ways)))]
    if way == "joined with another stream":
        return way, data + ogg.with_serial(data, 2)
    if isinstance(way, Field):
        value = int(rng.choice([0, 1, 2, 4, 2**31 - 1, 2**62])) if rng.random() < 0.7 else 256**way.size - 1
        changed = way.put(pages[which], value)
        pages[which] = changed if way.name == "sum" else ogg.summed(changed)
        return f"{way.name} 0x{value % 256**way.size:X} in page {which}", b"".join(pages)
    moved = pages.pop(which)
    pages += [moved] * (way == "moved to the end")
    pages[which:which] = [moved, moved] * (way == "doubled")
    return f"page {which} {way}", b"".join(pages)


def _nist(rng: Rng, data: bytes) -> tuple[str, bytes]:
    keys = ["sample_count", "sample_rate", "channel_count", "sample_n_bytes", "sample_sig_bits"]
    key = keys[int(rng.integers(len(keys)))]
    value = str(rng.choice(["0", "-1", "1", "999999999999", "99999", "x", "1e9"]))
    head, changes = re.subn(rf"({key} -i )\S+".encode(), rb"\g<1>" + value.encode(), data[:1024])
    return f"{key} {value}" if changes else f"without {key}", head[:1024].ljust(1024) + data[1024:]


def _mpeg(rng: Rng, data: bytes) -> tuple[str, bytes]:
    """A number of the first frame's header, or of the Xing frame where there is one."""
    known = [
        Field("version and layer", 1, 1, "big"),
        Field("bit rate and rate", 2, 1, "big"),
        Field("channel mode", 3, 1, "big"),
    ]
    at = max(data.find(b"Xing", 0, 400), data.find(b"Info", 0, 400))
    if at > 0:
        known += [Field("flags of Xing", at + 4, 4, "big"), Field("frames of Xing", at + 8, 4, "big")] * 2
        known += [Field("bytes of Xing", at + 12, 4, "big")]
    field = known[int(rng.integers(len(known)))]
    was, largest = field.of(data), 256**field.size - 1
    value = int(rng.choice([0, 1, largest, largest // 2, was // 2, was * 2, was + 1, was ^ 0x10]))
    return f"{field.name} 0x{value % (largest + 1):X}", field.put(data, value)
