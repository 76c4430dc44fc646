"""What the C library does with memory that a training step gives back."""

import ctypes
import sys

# glibc's mallopt(3), whose names and numbers are those of malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 32 << 20  # bytes; glibc accepts no more on 64 bits
_KEPT = 1 << 30  # bytes


def keep() -> bool:
    """From now on keep up to 1 GiB that was freed for the next step, in blocks of up to 32 MiB; whether this C library can.

    By itself glibc hands such blocks back at once, so that each step finds its activations as pages that the system clears
    anew. Larger blocks go back as before, which keeps the heap from splintering.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library, such as musl
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST)) and bool(mallopt(_TRIM_THRESHOLD, _KEPT))
