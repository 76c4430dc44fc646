"""MP3, FLAC and Ogg: containers of many small frames or pages, whose number tells whether a recording is whole."""

import math
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from serkit.audio._ends import BEGINNINGS, goes_on
from serkit.audio._heads import AGAIN
from serkit.errors import TruncatedAudio

_PIECE = 2**20  # bytes of a file looked through at a time


# Ogg


_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def check_pages(name: str, raw: BinaryIO, size: int) -> None:
    """Refuse an Ogg with a page that is cut or damaged, or behind which another one begins: libsndfile reads on without them.

    A cut between two pages cannot be told from a stream that was left.
    """
    position, ended, inside = 0, False, False
    while position < size:
        raw.seek(position)
        page = raw.read(27 + 255)
        begins = page[:4] == b"OggS"
        length = math.inf  # unknown while the page's own header is cut
        if begins and len(page) > 27 and len(page) >= 27 + page[26]:
            length = 27 + page[26] + sum(page[27 : 27 + page[26]])
        if (not begins and ended) or (begins and len(page) < 6):  # after the page that ends the stream anything may follow
            if BEGINNINGS.search(page):
                goes_on(name, "another recording begins")
            return
        if position + length > size or not begins:
            raise TruncatedAudio(name, f"cut short: its last Ogg page is not whole; {AGAIN}")
        page += raw.read(max(0, int(length) - len(page)))
        if not _is_sound(page[: int(length)]):
            raise TruncatedAudio(name, f"damaged: the checksum of the Ogg page at byte {position} is wrong; {AGAIN}")
        first, ended = bool(page[5] & 2), bool(page[5] & 4)
        if first and inside:
            goes_on(name, "a second Ogg begins")
        inside = inside or not first
        position += int(length)


def _is_sound(page: bytes) -> bool:
    """Whether the checksum of a page is right: that of zlib with the bits of each byte, and of the sum, in reverse."""
    data = page[:22] + bytes(4) + page[26:]
    found = zlib.crc32(data.translate(_REVERSED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return found.to_bytes(4, "big").translate(_REVERSED) == page[22:26]


# FLAC


def flac_goes_on(raw: BinaryIO, total: int) -> bool:
    """Whether a frame follows the last of the `total` samples that a FLAC announces; the decoder has just read that one.

    In a quarter of a MiB eight places begin like a frame by chance, and one in 256 of them has the right checksum. So it has to
    be a frame of this stream, and where all blocks have one length the very next one.
    """
    here = raw.tell()
    raw.seek(0)
    begin = max(0, raw.read(_PIECE).find(b"fLaC"))
    raw.seek(begin)
    block = int.from_bytes(raw.read(12)[10:], "big")
    alike = _alike(_first_frame(raw, begin))
    raw.seek(max(begin + 42, here - 2**17))  # the decoder reads ahead, by less than this
    data = raw.read(2**18)
    if BEGINNINGS.search(data):
        return True
    heads = (data[found.start() : found.start() + 16] for found in re.finditer(rb"\xff[\xf8\xf9]", data))
    numbers = [(head[1] & 1, _flac_number(head)) for head in heads if _alike(head) == alike]
    return any(total <= number < total + 65_536 if varied else number == -(-total // block) for varied, number in numbers)


def _first_frame(raw: BinaryIO, begin: int) -> bytes:
    """The first 16 bytes of the first frame of a FLAC whose stream begins at `begin`."""
    place = begin + 4
    for _ in range(1000):  # no file has that many blocks of metadata
        raw.seek(place)
        head = raw.read(4)
        place += 4 + int.from_bytes(head[1:], "big")
        if len(head) < 4 or head[0] & 0x80:  # the last one
            break
    raw.seek(place)
    return raw.read(16)


def _alike(head: bytes) -> tuple[int, ...]:
    """What all frames of a stream have in common: whether blocks vary in length, the codes of rate and of bits a sample."""
    return (head[1] & 1, head[2] & 15, head[3] & 15) if len(head) >= 4 else ()


def _flac_number(head: bytes) -> int:
    """The number of the FLAC frame that begins with `head`, of its first sample where blocks vary; -1 where none begins."""
    if len(head) < 16 or head[2] >> 4 == 0 or head[2] & 15 == 15 or head[3] & 1:
        return -1
    ones = 8 - (head[4] ^ 0xFF).bit_length()  # numbers are written as UTF-8 writes characters
    if ones in (1, 8):
        return -1
    number, end = head[4] & (0x7F >> ones), 5 + max(0, ones - 1)
    for byte in head[5:end]:
        number = number << 6 | (byte & 0x3F)
    end += {6: 1, 7: 2}.get(head[2] >> 4, 0) + {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    return number if _crc8(head[:end]) == head[end] else -1


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ 0x07 if value & 0x80 else value << 1) & 0xFF
    return value


# MP3

_BIT_RATES = {  # by (MPEG 1, layer), in kbit/s
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}  # by version


class _Frame(NamedTuple):
    """What the header of an MP3's frame says: its bytes, its samples, and its rate in Hz."""

    length: int
    samples: int
    rate: int


def _table() -> dict[bytes, _Frame]:
    """Every frame by the second and third byte of its header."""
    made = {}
    for second in range(0xE2, 0x100):
        version, layer = second >> 3 & 3, 4 - (second >> 1 & 3)
        if version == 1 or layer == 4:
            continue
        samples = 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152
        for third in range(0x10, 0xF0):
            if (third >> 2 & 3) == 3:
                continue
            bits = 1000 * _BIT_RATES[version == 3, layer][(third >> 4) - 1]
            rate, padding = _RATES[version][third >> 2 & 3], third >> 1 & 1
            slot = 4 if layer == 1 else 1
            made[bytes([second, third])] = _Frame((samples // 8 // slot * bits // rate + padding) * slot, samples, rate)
    return made


_FRAMES = _table()


@dataclass(frozen=True, slots=True)
class Mp3:
    """The frames of an MP3 from `begin` on.

    `announced` is their number by its Xing, Info or VBRI frame, None without one; `xing` whether libsndfile understands that;
    `first` the header of the first that sounds, empty where there is none, and `body` where it begins.
    """

    begin: int
    body: int
    first: bytes
    announced: int | None
    xing: bool


def mp3(raw: BinaryIO) -> Mp3:
    """What the beginning of an MP3 says."""
    begin = 0
    raw.seek(0)
    while (head := raw.read(10))[:3] == b"ID3" and len(head) == 10:  # tags before the first frame; sizes have 7 bits a byte
        begin += 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        raw.seek(begin)
    frames = mp3_frames(raw, begin)
    place, frame = next(frames, (begin, None))
    if frame is None:
        return Mp3(begin, begin, b"", None, False)
    raw.seek(place)
    data = raw.read(frame.length)
    tag = re.search(rb"Xing|Info|VBRI", data[4:44])
    if not tag:
        return Mp3(begin, place, data[:4], None, False)
    at, announced = 4 + tag.start(), None
    if tag[0] == b"VBRI":
        announced = int.from_bytes(data[at + 14 : at + 18], "big")
    elif data[at + 7] & 1:
        announced = int.from_bytes(data[at + 8 : at + 12], "big")
    body = place + frame.length
    raw.seek(body)
    # libmpg123 looks for the name in one place alone, and for zeros before it.
    xing = tag[0] != b"VBRI" and bool(announced) and at == 4 + _side(data) and not any(data[4:at])
    return Mp3(begin, body, raw.read(4), announced or None, xing)


def _side(head: bytes) -> int:
    """Bytes between the header of a frame of layer III and its name, if it announces a length."""
    newest, mono = head[1] >> 3 & 3 == 3, head[3] >> 6 == 3
    return (17 if mono else 32) if newest else (9 if mono else 17)


def mp3_frames(raw: BinaryIO, position: int) -> Iterator[tuple[int, _Frame]]:
    """Place and header of each frame from `position` on, whatever lies between them; the last may be cut."""
    raw.seek(position)
    data = raw.read(_PIECE)
    at, lost = 0, True
    while True:
        if len(data) - at < 2**13:
            position, data, at = position + at, data[at:] + raw.read(_PIECE), 0
            raw.seek(position + len(data))
            if len(data) < 4:
                return
        frame = _FRAMES.get(data[at + 1 : at + 3]) if data[at] == 0xFF else None
        if frame and lost:  # bytes that look like a frame are one if another follows, or nothing
            following = data[at + frame.length : at + frame.length + 3]
            known = _FRAMES.get(following[1:]) if following[:1] == b"\xff" else None
            if not (known and known.rate == frame.rate) and len(data) - at != frame.length:
                frame = None
        if frame:
            yield position + at, frame
            at, lost = at + frame.length, False
            if at > len(data):
                return
            continue
        lost = True
        at = data.find(b"\xff", at + 1)
        if at < 0:
            at = len(data)
            if len(data) < 2**13:
                return


def mp3_goes_on(raw: BinaryIO, found: Mp3) -> bool:
    """Whether more frames follow than an MP3 announces. Some encoders count the frame that announces them, some not."""
    count, end = 0, found.body
    for place, frame in mp3_frames(raw, found.body):
        count, end = count + 1, place + frame.length
    raw.seek(end)
    return (found.xing and count > (found.announced or 0) + 2) or bool(BEGINNINGS.search(raw.read(2**12)))


def mp3_header(name: str, raw: BinaryIO, size: int, found: Mp3) -> bytes:
    """A Xing frame for an MP3 that libsndfile would else guess the length of, empty where its layer has none.

    Raises TruncatedAudio where the last frame is cut, NotAudio where a second recording of another rate begins.
    """
    count, first, place, frame = 0, None, 0, None
    for place, frame in mp3_frames(raw, found.body):  # noqa: B007 - the last is looked at
        first = first or frame
        count += 1
        if frame.rate != first.rate or frame.samples != first.samples:
            goes_on(name, f"from {first.rate} Hz to {frame.rate} Hz")
    if frame is None or first is None:
        return b""
    if place + frame.length > size:
        raise TruncatedAudio(name, f"cut short: its last frame is not whole; {AGAIN}")
    second = found.first[1] | 1  # without a checksum
    if 4 - (second >> 1 & 3) != 3:
        return b""
    thirds = (index << 4 | (found.first[2] & 0x0C) for index in range(1, 15))
    third = next(each for each in thirds if _FRAMES[bytes([second, each])].length >= 192)
    made = bytes([0xFF, second, third, found.first[3]]) + bytes(_side(found.first)) + b"Xing" + struct.pack(">II", 1, count)
    return made.ljust(_FRAMES[bytes([second, third])].length, b"\0")
