"""How many threads one recording should have, on a machine that does nothing else and on one whose cores are all busy."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnxruntime

from benchmarks.measure import Line, interleaved
from benchmarks.recognition import EMODB, export_untrained
from serkit import audio
from serkit.inference import Recognizer, load

CLIPS = 60


def threads(rounds: int) -> list[Line]:
    """EmoDB's clips one after another: one thread, all threads, and all threads that wait by spinning as is usual."""
    with tempfile.TemporaryDirectory() as name:
        model = Path(name) / "model.onnx"
        export_untrained(model)
        one, every, spinning = load(model, threads=1), load(model, threads=0), _spinning(model)
        clips = [audio.read(path, one.spec.rate) for path in sorted(EMODB.glob("*.flac"))[:: 535 // CLIPS][:CLIPS]]

        def all_by(recognizer: Recognizer) -> None:
            for clip in clips:
                recognizer(clip.samples, clip.rate)

        contenders = {"one": lambda: all_by(one), "every": lambda: all_by(every), "spinning": lambda: all_by(spinning)}
        lines = []
        for busy in (0, os.cpu_count() or 1):
            with _busy(busy):
                found = {name: each / CLIPS for name, each in interleaved(contenders, rounds).items()}
            what = f"a clip of EmoDB, one thread, {f'{busy} cores busy' if busy else 'idle machine'}"
            lines.append(Line(what, found["one"], found["every"], "", "all threads, which sleep while they wait"))
            lines.append(Line(what, found["one"], found["spinning"], "", "all threads, which spin while they wait"))
    return lines


def _spinning(model: Path) -> Recognizer:
    """A recognizer of all threads as ONNX Runtime makes them by itself."""
    made = load(model, threads=0)
    made._graph._session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    return made


@contextmanager
def _busy(processes: int) -> Iterator[None]:
    """So many processes that compute without end while the block runs."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait()
