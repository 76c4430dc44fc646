"""Command lines carried out in processes that may crash, hang or eat memory, and what came of each."""

import json
import os
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PATIENCE = 20.0
"""Seconds that a command may take."""

EXCESS = 1500.0
"""MiB at which a process is ended, before it takes all that there is."""

TESTS = Path(__file__).parents[1]
SERKIT = "serkit.cli:run"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command line ended: `status` None where it was ended, by the `signal` or, `late`, by us.

    `seconds` it took, `peak` MiB it had resident, `error` the class of the last error of serkit's that it made.
    """

    command: str
    status: int | None
    out: bytes
    err: bytes
    seconds: float
    peak: float
    error: str = ""
    signal: int = 0
    late: bool = False


class Process:
    """One child, its streams in files and its reply in a pipe."""

    def __init__(self, arguments: Sequence[str], folder: Path, stdin: int | IO[bytes], requests: bool = False) -> None:
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self.replies, there = os.pipe()
        passed, self.requests = [there], -1
        if requests:
            taken, self.requests = os.pipe()
            passed.insert(0, taken)
        known = f"{TESTS.parent}{os.pathsep}{TESTS}"
        self.child = subprocess.Popen(
            [sys.executable, "-m", "mutations.worker", *map(str, passed), *arguments],
            cwd=folder,
            stdin=stdin,
            stdout=self.out,
            stderr=self.err,
            pass_fds=passed,
            env={name: value for name, value in os.environ.items() if not name.startswith("SERKIT_")} | {"PYTHONPATH": known},
        )
        for each in passed:
            os.close(each)

    def wait(self, command: str, patience: float) -> Outcome:
        """Until it replies, ends, or has to be ended."""
        begun, peak, reply = time.monotonic(), 0.0, b""
        while (seconds := time.monotonic() - begun) < patience and peak < EXCESS:
            if select.select([self.replies], [], [], 0.02)[0]:
                reply = os.read(self.replies, 2**16)
                break
            peak = max(peak, self._peak())
        seconds = time.monotonic() - begun
        if reply:
            said = json.loads(reply)
            return self._outcome(command, said["status"], seconds, max(peak, said["peak"]), said["error"])
        late = seconds >= patience or peak >= EXCESS
        if late:
            self.child.kill()
        status = self.child.wait()
        return self._outcome(command, None if status < 0 else status, seconds, peak, "", 0 if late else max(0, -status), late)

    def _outcome(self, command: str, status: int | None, seconds: float, peak: float, *more: object) -> Outcome:
        texts = [os.pread(stream.fileno(), 2**26, 0) for stream in (self.out, self.err)]
        return Outcome(command, status, texts[0], texts[1], seconds, peak, *more)  # type: ignore[arg-type]

    def _peak(self) -> float:
        """MiB; 0 where the process has gone."""
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{self.child.pid}/status").read_text(encoding="utf-8").splitlines()
            return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
        return 0.0

    def end(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        for pipe in (self.replies, self.requests):
            if pipe >= 0:
                os.close(pipe)
        self.out.close()
        self.err.close()


def typed(arguments: Sequence[str], stdin: str | None = None) -> str:
    """The command as a shell takes it."""
    return "serkit " + shlex.join(arguments) + (f" < {shlex.quote(stdin)}" if stdin else "")


def alone(
    arguments: Sequence[str], folder: Path, stdin: str | None = None, *, entry: str = SERKIT, patience: float = PATIENCE
) -> Outcome:
    """A command line in a process of its own; `seconds` and memory are those of the whole process."""
    begun = time.monotonic()
    with Path(stdin or os.devnull).open("rb") as given:
        process = Process([entry, "--", *arguments], folder, given)
        try:
            found = process.wait(typed(arguments, stdin), patience)
            if found.status is None or found.late:
                return found
            with suppress(subprocess.TimeoutExpired):
                status = process.child.wait(max(1.0, patience - found.seconds))
                seconds = time.monotonic() - begun
                if status < 0:  # it broke while it was torn down
                    return process._outcome(found.command, None, seconds, found.peak, found.error, -status)
                return process._outcome(found.command, found.status, seconds, found.peak, found.error)
            return process._outcome(found.command, None, time.monotonic() - begun, found.peak, found.error, 0, True)
        finally:
            process.end()


class Worker:
    """A process that carries out one command line after another, begun anew after each that ended it."""

    def __init__(self, folder: Path, entry: str = SERKIT) -> None:
        self.folder, self.entry = folder, entry
        self.process: Process | None = None

    def run(self, arguments: Sequence[str], folder: Path, patience: float = PATIENCE) -> Outcome:
        if self.process is None:
            self.process = Process([self.entry], self.folder, subprocess.DEVNULL, requests=True)
        request = json.dumps({"folder": str(folder), "arguments": list(arguments)}) + "\n"
        with suppress(BrokenPipeError):
            os.write(self.process.requests, request.encode())
        found = self.process.wait(typed(arguments), patience)
        if found.status is None or self.process.child.poll() is not None:
            self.end()
        return found

    def end(self) -> None:
        if self.process:
            self.process.end()
            self.process = None


@contextmanager
def worker(folder: Path, entry: str = SERKIT) -> Iterator[Worker]:
    made = Worker(folder, entry)
    try:
        yield made
    finally:
        made.end()


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
