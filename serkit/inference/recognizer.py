"""The one way to recognize: windows of a recording through a model file, their probabilities averaged."""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from serkit.audio import LIMIT_SECONDS, stream
from serkit.audio.quality import Meter, speech_of
from serkit.errors import EmptyAudio, ModelError, NotRecognized, UsageError
from serkit.inference.arrays import resampled
from serkit.inference.graph import Graph
from serkit.inference.warnings import warnings_of
from serkit.types import LabelScores, Prediction, Samples, Segment, Spec
from serkit.windows import Window, aggregate, softmax
from serkit.windows import stream as windowed

BATCH = 16
"""Windows that go through the graph together: enough to be fast, few enough to stay small."""

_MOST_SAMPLES = 2**23  # in one batch, where windows are long: 32 MiB


class Recognizer:
    """Recordings to predictions: `recognizer("clip.wav")`, or `recognizer(samples, rate)`.

    Memory does not grow with the recording but for its segments. A pickled one opens its model file again.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def __reduce__(self) -> "tuple[object, tuple[Path, int]]":
        return load, (self._graph.path.absolute(), self._graph.threads)

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

        Windows without speech are not recognized, and a recording without any is `no speech`. Raises AudioError where the audio
        is bad or longer than `limit` seconds, or where the model gives no number, and UsageError where an argument makes no
        sense, such as samples without a rate.
        """
        if isinstance(source, str | os.PathLike) or hasattr(source, "read"):
            if rate is not None:
                raise UsageError("a rate belongs to an array of samples; a file says its own")
            name = str(source) if isinstance(source, str | os.PathLike) else "recording"
            chunks = stream(source, self.spec.rate, start=start, end=end, limit=limit)  # type: ignore[arg-type]
        else:
            if rate is None:
                raise UsageError(f"{_kind(source)}: an array of samples needs its rate in Hz: recognizer(samples, rate)")
            name = "array"
            chunks = iter([resampled(source, rate, self.spec.rate, start=start, end=end, limit=limit)])
        return self._recognize(chunks, name, start)

    def _recognize(self, chunks: Iterable[Samples], name: str, start: float) -> Prediction:
        spec, meter = self.spec, Meter(self.spec.rate)
        segments: list[Segment] = []
        total = np.zeros(0)
        probabilities: list[npt.NDArray[np.float64]] = []
        size = min(BATCH, max(1, _MOST_SAMPLES // round(spec.cut.seconds * spec.rate)))
        for batch in _batched(windowed(_metered(chunks, meter), spec.cut, spec.rate), size):
            speech = [speech_of(window.samples[: window.end - window.start], spec.rate) for window in batch]
            rows = iter(self._scored([window for window, share in zip(batch, speech, strict=True) if share], name, start))
            for window, share in zip(batch, speech, strict=True):
                scores = {}
                if share:
                    row, embedding = next(rows)
                    total = embedding.astype(np.float64) + (total if probabilities else 0.0)
                    probabilities.append(row)
                    scores = self._scores(row)
                bounds = (start + window.start / spec.rate, start + window.end / spec.rate)
                segments.append(Segment(*bounds, LabelScores(scores), share))
        if not segments:
            raise EmptyAudio(name, "no samples")
        quality, duration = meter.quality(), segments[-1].end - start
        if not probabilities:  # how long an embedding is, the graph alone knows
            total = np.zeros_like(self._graph(batch[-1].samples[None])[1][0])
        embedding = (total / max(1, len(probabilities))).astype(np.float32)
        embedding.flags.writeable = False
        return Prediction(
            scores=LabelScores(self._scores(aggregate(np.stack(probabilities))) if probabilities else {}),
            duration=duration,
            segments=tuple(segments),
            embedding=embedding,
            scale=spec.scale,
            quality=quality,
            warnings=warnings_of(quality, spec, duration, silent=not probabilities),
            target=spec.labels[0] if spec.task == "regression" else None,
        )

    def _scored(
        self, batch: list[Window], name: str, start: float
    ) -> Iterator[tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]]:
        """Probabilities (classes,), or the one value, and the embedding (dim,) of each window of a batch."""
        if not batch:
            return
        spec = self.spec
        logits, embeddings = self._graph(np.stack([window.samples for window in batch]))
        finite = np.isfinite(logits).all(axis=1) & np.isfinite(embeddings).all(axis=1)
        if not finite.all():
            at = start + batch[int(finite.argmin())].start / spec.rate
            raise NotRecognized(
                name, f"the model gives no number for the window from {at:.2f} s on; the model is damaged or unfit"
            )
        rows = logits.astype(np.float64) if spec.task == "regression" else softmax(logits, spec.temperature)
        yield from zip(rows, embeddings, strict=True)

    def _scores(self, row: npt.NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(self.spec.labels, row.tolist(), strict=True))


def _metered(chunks: Iterable[Samples], meter: Meter) -> Iterator[Samples]:
    """The chunks, each told to the meter as it passes."""
    for chunk in chunks:
        meter.add(chunk)
        yield chunk


def _batched(found: Iterator[Window], size: int) -> Iterator[list[Window]]:
    while batch := list(islice(found, size)):
        yield batch


def _kind(source: object) -> str:
    return f"a {type(source).__name__}"


def load(model: Path | str, threads: int = 1) -> Recognizer:
    """A recognizer out of a Run folder or a model file. `threads` of the processor for one call, 0 for all.

    Raises ModelError where there is none, naming what is there instead.
    """
    if not isinstance(model, str | os.PathLike):
        raise UsageError(f"{_kind(model)} names no model: give the path of a Run folder or of an .onnx file")
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
