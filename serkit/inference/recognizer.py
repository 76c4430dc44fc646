"""The one way to recognize: windows of a recording through a model file, their probabilities averaged."""

import math
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soxr

from serkit.audio import LIMIT_SECONDS, MAX_RATE, MIN_RATE, check_part, stream
from serkit.errors import AudioTooLong, EmptyAudio, InvalidSamples, ModelError, UnsupportedRate, UsageError
from serkit.inference.graph import Graph
from serkit.types import Prediction, Samples, Segment, Spec
from serkit.windows import Window, aggregate, softmax
from serkit.windows import stream as windowed

BATCH = 16
"""Windows that go through the graph together: enough to be fast, few enough to stay small."""


class Recognizer:
    """Recordings to predictions: `recognizer("clip.wav")`, or `recognizer(samples, rate)`.

    Memory does not grow with the recording but for its segments.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @property
    def spec(self) -> Spec:
        """The contract of the model: labels, rate, windows, what it was trained on, its scores."""
        return self._graph.spec

    def __repr__(self) -> str:
        spec = self.spec
        taken = f"whole up to {spec.cut.seconds:g} s" if spec.cut.mode == "whole" else f"windows of {spec.cut.seconds:g} s"
        return f"Recognizer({spec.recipe}: {', '.join(spec.labels)}; {spec.rate} Hz, {taken})"

    def __call__(
        self,
        source: Path | str | BinaryIO | npt.ArrayLike,
        rate: int | None = None,
        *,
        start: float = 0.0,
        end: float | None = None,
        limit: float = LIMIT_SECONDS,
    ) -> Prediction:
        """Recognize a file, a binary stream, or samples (n,) or (n, channels) at `rate` Hz, from `start` to `end` seconds.

        Raises AudioError where the audio is bad or longer than `limit` seconds, UsageError where samples come without a rate.
        """
        if isinstance(source, str | Path) or hasattr(source, "read"):
            if rate is not None:
                raise UsageError("a rate belongs to an array of samples; a file says its own")
            chunks = stream(source, self.spec.rate, start=start, end=end, limit=limit)  # type: ignore[arg-type]
        else:
            if rate is None:
                raise UsageError("an array of samples needs its rate in Hz: recognizer(samples, rate)")
            chunks = iter([self._resampled(source, rate, start, end, limit)])
        return self._recognize(chunks)

    def _resampled(self, samples: npt.ArrayLike, rate: int, start: float, end: float | None, limit: float) -> Samples:
        array = np.asarray(samples)
        if array.ndim not in (1, 2) or not np.issubdtype(array.dtype, np.floating):
            raise UsageError(
                f"samples of shape {array.shape} and type {array.dtype}; give floats (n,) or (n, channels) in [-1, 1]"
            )
        if not MIN_RATE <= rate <= MAX_RATE:
            raise UnsupportedRate("array", f"a rate of {rate} Hz; serkit reads {MIN_RATE} to {MAX_RATE} Hz")
        if array.ndim == 2 and array.shape[1] > max(array.shape[0], 32):
            raise UsageError(f"samples of shape {array.shape}: channels come last, (n, channels)")
        check_part(start, end)
        mono = (array if array.ndim == 1 else array.mean(axis=1)).astype(np.float32)
        mono = mono[round(start * rate) : None if end is None or end == math.inf else round(end * rate)]
        if len(mono) > limit * rate:
            raise AudioTooLong(
                "array", f"{len(mono) / rate:.1f} s, more than the limit of {limit:g} s; cut it, or raise the limit"
            )
        if not len(mono):
            raise EmptyAudio("array", "no samples")
        if not np.isfinite(mono).all():
            raise InvalidSamples("array", "NaN or infinite samples")
        resampled: Samples = soxr.resample(mono, rate, self.spec.rate) if rate != self.spec.rate else mono
        return resampled

    def _recognize(self, chunks: Iterable[Samples]) -> Prediction:
        spec = self.spec
        segments: list[Segment] = []
        total = np.zeros(0)
        probabilities: list[npt.NDArray[np.float64]] = []
        for batch in _batched(windowed(chunks, spec.cut, spec.rate), BATCH):
            logits, embedding = self._graph(np.stack([window.samples for window in batch]))
            own = logits.astype(np.float64) if spec.task == "regression" else softmax(logits, spec.temperature)
            total = embedding.sum(axis=0, dtype=np.float64) + (total if len(total) else 0.0)
            probabilities.append(own)
            segments += [
                Segment(window.start / spec.rate, window.end / spec.rate, self._scores(row))
                for window, row in zip(batch, own, strict=True)
            ]
        if not segments:
            raise EmptyAudio("recording", "no samples")
        scores = self._scores(aggregate(np.concatenate(probabilities)))
        embedding = (total / len(segments)).astype(np.float32)
        return Prediction(scores, segments[-1].end, tuple(segments), embedding, spec.scale)

    def _scores(self, row: npt.NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(self.spec.labels, row.tolist(), strict=True))


def _batched(found: Iterator[Window], size: int) -> Iterator[list[Window]]:
    while batch := list(islice(found, size)):
        yield batch


def load(model: Path | str, threads: int = 0) -> Recognizer:
    """A recognizer out of a Run folder or a model file.

    Raises ModelError where there is none, naming what is there instead.
    """
    path = Path(model)
    if path.is_dir():
        if not (path / "model.onnx").is_file():
            raise ModelError(_no_model(path))
        path = path / "model.onnx"
    return Recognizer(Graph(path, threads))


def _no_model(folder: Path) -> str:
    by_fold = sorted(folder.glob("folds/*/model.onnx"))
    if by_fold:
        return (
            f"{folder}: its folds have a model each, and no one model stands for all; train one on all data with "
            f"'serkit train --resume --final --out {folder}', or name one, such as {by_fold[0]}"
        )
    if list(folder.glob("folds/*/choice.json")):
        return f"{folder}: a baseline, which leaves no model; it is there to be compared with"
    if (folder / "run.json").is_file():
        return f"{folder}: a Run whose training is not complete; continue it with 'serkit train --resume --out {folder}'"
    return f"{folder}: no model.onnx in this folder; name a Run folder or an .onnx file"
