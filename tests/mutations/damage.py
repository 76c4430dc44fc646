"""Damage to any file, whatever it holds: bits, cuts, joints and what transfers do to bytes."""

from collections.abc import Callable

import numpy as np

from mutations.mutation import Rng

HEADER = 128
"""Bytes that are taken for a file's header."""

Damage = Callable[[Rng, bytes], tuple[str, bytes]]
"""Generator and file to what was done and what came of it."""


def _flipped(rng: Rng, data: bytes, count: int, low: int, high: int) -> bytes:
    changed = np.frombuffer(data, np.uint8).copy()
    if high > low:
        places = rng.integers(low, high, count)
        np.bitwise_xor.at(changed, places, (1 << rng.integers(0, 8, count)).astype(np.uint8))
    return changed.tobytes()


def few_bits(rng: Rng, data: bytes) -> tuple[str, bytes]:
    count = int(rng.integers(1, 9))
    return f"{count} bits flipped", _flipped(rng, data, count, 0, len(data))


def many_bits(rng: Rng, data: bytes) -> tuple[str, bytes]:
    count = max(1, len(data) // 100)
    return f"{count} bits flipped", _flipped(rng, data, count, 0, len(data))


def header_bits(rng: Rng, data: bytes) -> tuple[str, bytes]:
    count = int(rng.integers(1, 5))
    return f"{count} bits flipped in its header", _flipped(rng, data, count, 0, min(HEADER, len(data)))


def body_bits(rng: Rng, data: bytes) -> tuple[str, bytes]:
    count = int(rng.integers(1, 500))
    return f"{count} bits flipped in its body", _flipped(rng, data, count, min(HEADER, len(data)), len(data))


def cut(rng: Rng, data: bytes) -> tuple[str, bytes]:
    share = int(rng.integers(1, 100))
    return f"cut at {share} %", data[: len(data) * share // 100]


def cut_in_header(rng: Rng, data: bytes) -> tuple[str, bytes]:
    keep = int(rng.integers(1, HEADER))
    return f"cut after {keep} bytes", data[:keep]


def cut_at_its_end(rng: Rng, data: bytes) -> tuple[str, bytes]:
    less = int(rng.integers(1, 300))
    return f"its last {less} bytes missing", data[:-less]


def headless(rng: Rng, data: bytes) -> tuple[str, bytes]:
    less = int(rng.choice([1, 2, 4, 12, 44, 1000]))
    return f"its first {less} bytes missing", data[less:]


def inserted(rng: Rng, data: bytes) -> tuple[str, bytes]:
    count, at = int(rng.integers(1, 5000)), int(rng.integers(len(data)))
    return f"{count} bytes inserted at {at}", data[:at] + rng.bytes(count) + data[at:]


def removed(rng: Rng, data: bytes) -> tuple[str, bytes]:
    count, at = int(rng.integers(1, 1 + len(data) // 4)), int(rng.integers(len(data)))
    return f"{count} bytes removed at {at}", data[:at] + data[at + count :]


def repeated(rng: Rng, data: bytes) -> tuple[str, bytes]:
    at = int(rng.integers(len(data)))
    part = data[at : at + int(rng.integers(1, 1 + len(data) // 4))]
    return f"{len(part)} bytes repeated at {at}", data[:at] + part + data[at:]


def shuffled(rng: Rng, data: bytes) -> tuple[str, bytes]:
    size = int(rng.choice([64, 512, 4096]))
    blocks = [data[at : at + size] for at in range(0, len(data), size)]
    order = rng.permutation(len(blocks))
    return f"blocks of {size} bytes in another order", b"".join(blocks[each] for each in order)


def joined(rng: Rng, data: bytes) -> tuple[str, bytes]:
    times = int(rng.choice([2, 3, 10]))
    return f"{times} files joined", data * times


def tail(rng: Rng, data: bytes) -> tuple[str, bytes]:
    count = int(rng.choice([1, 100, 10_000]))
    kind = str(rng.choice(["random bytes", "zeros", "bytes 0xFF"]))
    more = {"random bytes": rng.bytes(count), "zeros": bytes(count), "bytes 0xFF": b"\xff" * count}[kind]
    return f"{count} {kind} after it", data + more


def overwritten(rng: Rng, data: bytes) -> tuple[str, bytes]:
    at = int(rng.integers(len(data)))
    count = int(rng.integers(1, 1 + len(data) // 4))
    byte = int(rng.choice([0, 255]))
    return f"{count} bytes 0x{byte:02X} at {at}", data[:at] + bytes([byte]) * len(data[at : at + count]) + data[at + count :]


def swapped(_: Rng, data: bytes) -> tuple[str, bytes]:
    even = data[: len(data) // 2 * 2]
    return "bytes swapped in pairs", np.frombuffer(even, np.uint16).byteswap().tobytes() + data[len(even) :]


def as_text(_: Rng, data: bytes) -> tuple[str, bytes]:
    return "line ends exchanged, as of a text", data.replace(b"\n", b"\r\n")


def reencoded(_: Rng, data: bytes) -> tuple[str, bytes]:
    return "read as Latin-1 and written as UTF-8", data.decode("latin-1").encode()


def tagged(rng: Rng, data: bytes) -> tuple[str, bytes]:
    size = int(rng.choice([0, 10, 100_000, 3_000_000]))
    announced = int(rng.choice([size, size, 2**28 - 1, size // 2]))
    sizes = bytes(announced >> shift & 0x7F for shift in (21, 14, 7, 0))
    return f"an ID3 tag of {size} bytes, {announced} announced, before it", b"ID3\3\0\0" + sizes + bytes(size) + data


def tagged_after(_: Rng, data: bytes) -> tuple[str, bytes]:
    return "an ID3v1 tag after it", data + b"TAG" + b"title".ljust(125, b"\0")


def number(rng: Rng, data: bytes) -> tuple[str, bytes]:
    """Any number of the header, wherever it stands, by an extreme one."""
    size = int(rng.choice([2, 4]))
    at = int(rng.integers(4, max(5, min(HEADER, len(data) - 8))))
    value = int(rng.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1])) & (2 ** (8 * size) - 1)
    order = "little" if rng.random() < 0.5 else "big"
    return f"0x{value:X} at byte {at} ({order}-endian)", data[:at] + value.to_bytes(size, order) + data[at + size :]


DAMAGE: tuple[Damage, ...] = (
    few_bits,
    cut,
    number,
    header_bits,
    joined,
    tagged,
    many_bits,
    inserted,
    removed,
    cut_in_header,
    body_bits,
    tail,
    overwritten,
    repeated,
    headless,
    shuffled,
    cut_at_its_end,
    swapped,
    as_text,
    reencoded,
    tagged_after,
)
