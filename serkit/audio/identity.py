"""Which recording a file holds, whatever it is called and whichever lossless container it lies in."""

import hashlib
from pathlib import Path

import numpy as np

from serkit import audio


def identity(path: Path) -> bytes:
    """A hash (8 bytes) of all the file's samples, decoded, mixed to mono and rounded to 16 bits.

    A WAV and a FLAC of the same samples are equal, a copy that was compressed with losses, cut or made louder is not. Raises as
    `audio.stream` does.
    """
    made = hashlib.blake2b(digest_size=8)
    for chunk in audio.stream(path):
        made.update(np.clip(np.rint(chunk * 32768.0), -32768, 32767).astype("<i2").tobytes())
    return made.digest()
