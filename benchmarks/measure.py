"""Times of contenders side by side: warmed, interleaved, the median of each."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: `ours` and `theirs` in milliseconds; `goal` says what was asked of it."""

    what: str
    ours: float
    theirs: float | None
    goal: str
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.theirs / self.ours if self.theirs else None


def interleaved(contenders: Mapping[str, Callable[[], object]], rounds: int, warm: int = 2) -> dict[str, float]:
    """The median of `rounds` times (ms) of each, in turns, so that a disturbance meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for at in range(warm + rounds):
        for name, run in contenders.items():
            began = time.perf_counter()
            run()
            if at >= warm:
                times[name].append(1e3 * (time.perf_counter() - began))
    return {name: statistics.median(own) for name, own in times.items()}


def machine() -> str:
    """Processor, cores and versions."""
    names = []
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "onnxruntime", "numpy", "librosa"))
    return (
        f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, {packages}"
    )


def table(lines: list[Line]) -> str:
    """The lines in Markdown."""
    rows = [("what", "serkit, ms", "other, ms", "times as fast", "asked for", "")]
    rows.append(("---",) * 6)
    for line in lines:
        theirs = f"{line.theirs:.4g}" if line.theirs else ""
        ratio = f"{line.ratio:.2f}" if line.ratio else ""
        rows.append((line.what, f"{line.ours:.4g}", theirs, ratio, line.goal, line.note))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
