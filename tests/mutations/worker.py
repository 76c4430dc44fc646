"""A process that carries out command lines.

`python -m mutations.worker REQUESTS REPLIES ENTRY` takes one after another from a pipe: what a fresh process would take seconds
to import, it imports once. `python -m mutations.worker REPLIES ENTRY -- ARGUMENT...` carries out one as its own command line.
ENTRY is MODULE:FUNCTION, of arguments to an exit status. Results are lines of JSON: status, error class, peak memory, processor
time.
"""

import contextlib
import importlib
import io
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

LARGEST = 4 * 2**30
"""Bytes of data that a process may have before it gets MemoryError: a backstop, far above what any verdict allows."""

Entry = Callable[[list[str]], int]


def entry_of(name: str) -> Entry:
    module, _, function = name.partition(":")
    found: Entry = getattr(importlib.import_module(module), function)
    return found


def peak() -> float:
    """The most memory that this process had resident since `forget`, in MiB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def forget() -> None:
    with contextlib.suppress(OSError):  # where the system does not allow it, peaks only grow
        Path("/proc/self/clear_refs").write_text("5")


def carry_out(entry: Entry, arguments: list[str]) -> int:
    """The exit status, as a process of its own would have it."""
    try:
        status = entry(arguments)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return status


def raised() -> list[str]:
    """The names of all errors of serkit's that are made from now on."""
    from serkit.errors import SerkitError

    names: list[str] = []

    def note(self: SerkitError, *arguments: object) -> None:
        names.append(type(self).__name__)
        Exception.__init__(self, *arguments)

    SerkitError.__init__ = note  # type: ignore[method-assign]
    return names


def main() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (LARGEST, LARGEST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, io.TextIOWrapper)
        stream.reconfigure(errors="backslashreplace")
    errors = raised()
    if "--" in sys.argv[:4]:
        _, replies, name, _, *arguments = sys.argv
        sys.argv[1:] = arguments
        answer(int(replies), errors, carry_out(entry_of(name), arguments))
        return
    requests, replies, entry = int(sys.argv[1]), int(sys.argv[2]), entry_of(sys.argv[3])
    with os.fdopen(requests, encoding="utf-8") as lines:
        for line in lines:
            request = json.loads(line)
            os.chdir(request["folder"])
            for stream in (1, 2):
                os.ftruncate(stream, 0)
                os.lseek(stream, 0, os.SEEK_SET)
            errors.clear()
            forget()
            answer(replies, errors, carry_out(entry, request["arguments"]))


def answer(replies: int, errors: list[str], status: int) -> None:
    said = {"status": status, "error": errors[-1] if errors else "", "peak": peak(), "used": time.process_time()}
    os.write(replies, (json.dumps(said) + "\n").encode())


if __name__ == "__main__":
    main()
    # What is left to be torn down is no part of a verdict in a worker; of one command it is, and happens as ever.
