"""Silence for libmpg123, which prints its complaints of a damaged MP3 on standard error whatever it is told."""

import ctypes
import os
import platform
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_inside = 0
_stream: Any = None  # C's variable `stderr`
_nowhere: int | None = None  # a FILE* to the null device
_before: int | None = None


def _prepare() -> None:
    """Find C's variable, where it is one that may be set: glibc's manual and macOS's header say so."""
    global _stream, _nowhere  # noqa: PLW0603 - C's variable is one of the process
    name = "__stderrp" if sys.platform == "darwin" else "stderr" if platform.libc_ver()[0] == "glibc" else None
    if name is None or _stream is not None:
        return
    library = ctypes.CDLL(None)
    library.fopen.restype = ctypes.c_void_p
    _nowhere = library.fopen(os.fsencode(os.devnull), b"w")
    _stream = ctypes.c_void_p.in_dll(library, name)


@contextmanager
def quiet() -> Iterator[None]:
    """While the block runs, in any thread, what C code prints on `stderr` is lost; what Python prints there is not.

    File descriptor 2 stays as it is, since threads and child processes share it. Elsewhere than under glibc and macOS
    nothing is silenced.
    """
    global _inside, _before  # noqa: PLW0603
    with _lock:
        if not _inside:
            _prepare()
            if _stream is not None and _nowhere:
                _before, _stream.value = _stream.value, _nowhere
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside and _stream is not None and _nowhere:
                _stream.value = _before


def _forked() -> None:
    """In a child process only the thread that made it goes on: nobody else is inside, or will let go of the lock."""
    global _lock, _inside  # noqa: PLW0603
    _lock = threading.Lock()
    if _inside and _stream is not None and _nowhere:
        _stream.value = _before
    _inside = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
