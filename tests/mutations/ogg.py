"""Ogg pages: sums and serial numbers put right, so that a change reaches the decoder rather than being dropped as noise."""

from collections.abc import Iterator


def _table() -> list[int]:
    found = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        found.append(value)
    return found


_SUMS = _table()


def checksum(page: bytes) -> int:
    """The CRC-32 of a page (polynomial 0x04C11DB7, no reflection), its own field taken as zero."""
    value = 0
    for byte in page[:22] + b"\0\0\0\0" + page[26:]:
        value = (value << 8 & 0xFFFFFFFF) ^ _SUMS[value >> 24 ^ byte]
    return value


def pages(data: bytes) -> Iterator[bytes]:
    """The pages from the start on, as long as they are whole; what follows comes as one last piece."""
    at = 0
    while data[at : at + 4] == b"OggS" and len(data) >= at + 27:
        count = data[at + 26]
        end = at + 27 + count + sum(data[at + 27 : at + 27 + count])
        if end > len(data):
            break
        yield data[at:end]
        at = end
    if at < len(data):
        yield data[at:]


def summed(page: bytes) -> bytes:
    """The page with the sum that it should have."""
    return page[:22] + checksum(page).to_bytes(4, "little") + page[26:]


def with_serial(data: bytes, serial: int) -> bytes:
    """The same stream under another serial number."""
    changed = (page[:14] + serial.to_bytes(4, "little") + page[18:] for page in pages(data))
    return b"".join(map(summed, changed))
