"""A model file's checksum: its last bytes, a metadata entry of the ONNX format that holds the SHA-256 of all bytes before.

Protocol Buffers let a repeated field be appended to a message as bytes, so that neither writing nor checking it takes `onnx`.
"""

import hashlib

KEY = "serkit.sha256"

_DIGITS = 64  # of a SHA-256 in hexadecimal
_METADATA_PROPS = 14  # the field of ModelProto, of a message StringStringEntryProto: key 1, value 2


def sealed(data: bytes) -> bytes:
    """The bytes of a model with its checksum behind them."""
    return data + _entry(hashlib.sha256(data).hexdigest().encode())


def is_sealed(data: bytes) -> bool:
    """Whether a file ends with a checksum of what stands before it."""
    length = len(_entry(b"0" * _DIGITS))
    return len(data) > length and data[-length:] == _entry(hashlib.sha256(data[:-length]).hexdigest().encode())


def _entry(digits: bytes) -> bytes:
    """The metadata entry as it stands in a file: every length here is below 128, and so one byte."""
    key = KEY.encode()
    entry = bytes([0x0A, len(key)]) + key + bytes([0x12, len(digits)]) + digits
    return bytes([_METADATA_PROPS << 3 | 2, len(entry)]) + entry
