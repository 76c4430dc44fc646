"""The standard streams as other programs leave them: closed, full, or read by nobody; and signals that ask for an end."""

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

TERMINATED = ("SIGTERM", "SIGHUP")
"""Signals that are answered as Ctrl-C is. On Windows there is no hanging up."""


def ready() -> None:
    """Give the process all three streams.

    One that was closed would leave its number to the first file that is opened. Standard output that was closed refuses what
    is printed, as a full disk does; what is said on a closed standard error is lost.
    """
    for number, how in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, how)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), "utf-8")
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(_writing(1)), "utf-8")
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(_writing(2)), "utf-8", line_buffering=True)
    # A file's name may hold what no encoding knows.
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdout, io.TextIOWrapper):
        like, encoding = sys.stdout.line_buffering, sys.stdout.encoding
        sys.stdout = _Printed(sys.stdout.detach(), encoding, "backslashreplace", line_buffering=like)


def _writing(number: int) -> io.FileIO:
    """A descriptor as a file that is written to, whatever it allows: what is refused is refused when it is written."""
    return io.FileIO(number, "w", closefd=False)


class _Printed(io.TextIOWrapper):
    """Standard output, which says its name where it does not take what is printed."""

    def write(self, text: str, /) -> int:
        """As the base does."""
        with _named():
            return super().write(text)

    def flush(self) -> None:
        """As the base does."""
        with _named():
            super().flush()


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        error.filename = error.filename or "standard output"
        raise


def give_up(stream: object) -> None:
    """Drop what a stream was given and does not take, so that no exit trips on it."""
    if not isinstance(stream, io.TextIOWrapper):
        return
    with suppress(ValueError):  # it was closed on the way
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            with suppress(OSError):
                stream.flush()


class Ending:
    """While it is in force, a signal to end interrupts as Ctrl-C does; `status` is then that of a process that it ended."""

    def __init__(self) -> None:
        self.number: int | None = None

    def __enter__(self) -> "Ending":
        for name in TERMINATED:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores one on purpose
                signal.signal(number, self._end)
        return self

    def __exit__(self, *_: object) -> None:
        for name in TERMINATED:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == self._end:
                signal.signal(number, signal.SIG_DFL)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self.number = number
        raise KeyboardInterrupt

    def status(self, interrupted: int) -> int:
        """The exit status after an interruption."""
        return interrupted if self.number is None else 128 + self.number
