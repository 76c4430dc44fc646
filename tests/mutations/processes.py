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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

PATIENCE = 20.0
"""Seconds of processor time that a command may take, and seconds that it may wait for something without using any.

A machine that has other things to do makes neither of them longer.
"""

STILL = 2.0
"""Seconds without processor time after which a process that has had its time counts as waiting."""

EXCESS = 1500.0
"""MiB at which a process is ended, before it takes all that there is."""

TESTS = Path(__file__).parents[1]
SERKIT = "serkit.cli:run"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command line ended: `status` None where it was ended, by the `signal` or, `late`, by us.

    `seconds` of processor time it took, `peak` MiB it had resident, `waited` seconds until it had to be ended; `error` is the
    class of the last error of serkit's that it made.
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
    waited: float = 0.0


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
        begun, used, peak, reply = time.monotonic(), self._used(), 0.0, b""
        moved, at = begun, used  # when processor time was last seen to be used, and how much there was
        while True:
            if select.select([self.replies], [], [], 0.02)[0]:
                reply = os.read(self.replies, 2**16)
                break
            now, total = time.monotonic(), self._used()
            peak = max(peak, self._peak())
            if total > at or self._runs():
                moved, at = now, total
            waits = now - begun > patience and now - moved > min(STILL, patience)
            if waits or total - used > patience or peak > EXCESS:
                break
        if reply:
            said = json.loads(reply)
            seconds = said["used"] - used
            return self._outcome(command, said["status"], seconds, max(peak, said["peak"]), said["error"])
        late = self.child.poll() is None and not select.select([self.replies], [], [], 0)[0]
        seconds = max(0.0, self._used() - used)
        if late:
            self.child.kill()
        status = self.child.wait()
        waited = time.monotonic() - begun if late else 0.0
        return self._outcome(
            command, None if status < 0 else status, seconds, peak, "", 0 if late else max(0, -status), late, waited
        )

    def _outcome(self, command: str, status: int | None, seconds: float, peak: float, *more: object) -> Outcome:
        texts = [os.pread(stream.fileno(), 2**28, 0) for stream in (self.out, self.err)]
        return Outcome(command, status, texts[0], texts[1], seconds, peak, *more)  # type: ignore[arg-type]

    def _peak(self) -> float:
        """MiB; 0 where the process has gone."""
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{self.child.pid}/status").read_text(encoding="utf-8").splitlines()
            return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
        return 0.0

    def _stat(self) -> list[str]:
        """The fields of /proc/PID/stat from the state on."""
        with suppress(OSError):
            return Path(f"/proc/{self.child.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return ["X", *["0"] * 40]

    def _used(self) -> float:
        """Seconds of processor time since the process began."""
        found = self._stat()
        return (int(found[11]) + int(found[12])) / os.sysconf("SC_CLK_TCK")

    def _runs(self) -> bool:
        """Whether it is on a processor, or waits for one."""
        return self._stat()[0] == "R"

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
    """A command line in a process of its own; time and memory are those of all of it."""
    with Path(stdin or os.devnull).open("rb") as given:
        process = Process([entry, "--", *arguments], folder, given)
        try:
            found = process.wait(typed(arguments, stdin), patience)
            if found.status is None:
                return found
            try:
                status = process.child.wait(max(10.0, patience))
            except subprocess.TimeoutExpired:
                return replace(found, status=None, late=True, waited=max(10.0, patience))
            return replace(found, status=None, signal=-status) if status < 0 else found  # it broke while it was torn down
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
