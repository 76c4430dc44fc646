"""`serkit predict`: recordings in, emotions out."""

import csv
import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO, Protocol

import typer

from serkit.cli._console import out, progress, say, visible
from serkit.cli._doubts import Doubts
from serkit.cli._options import RecognizerThreads
from serkit.errors import AudioError, UsageError
from serkit.types import NO_SPEECH, Prediction, Segment, Spec


class Format(StrEnum):
    """How predictions are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


Paths = Annotated[
    list[str], typer.Argument(help="Recordings, folders of them, or - for audio on standard input.", metavar="PATH...")
]
Model = Annotated[Path, typer.Option("--model", "-m", help="A Run folder or an .onnx file.", metavar="RUN|FILE.onnx")]
Shape = Annotated[Format, typer.Option("--format", "-f", help="Everything but a table goes alone to standard output.")]
Segments = Annotated[bool, typer.Option("--segments", help="Also show what was recognized in each window (table, csv).")]
Limit = Annotated[float, typer.Option(help="Longest recording, in seconds.", min=0)]

STDIN = "-"


def predict(
    paths: Paths,
    model: Model,
    format: Shape = Format.TABLE,
    segments: Segments = False,
    limit: Limit = 7200.0,
    threads: RecognizerThreads = 1,
) -> None:
    """Recognize the emotion of recordings, or the value on the scale that a model was trained for.

    Where nothing is loud enough to be speech the answer is "no speech".

    Exit status 0 if all were recognized, 1 if some were not (each is named on standard error), 2 if none was.
    """
    from serkit.inference import load

    recognizer = load(model, threads)
    writer = _WRITERS[format](recognizer.spec, segments)
    failed = done = 0
    doubts = Doubts()
    sources = list(_sources(paths))
    with progress("recognizing", len(sources), visible=not sys.stdout.isatty()) as advance:
        for name, source in sources:
            try:
                if isinstance(source, AudioError):
                    raise source
                prediction = recognizer(source, limit=limit)
                writer.add(name, prediction)
                doubts.add(name, prediction)
                done += 1
            except AudioError as error:
                say(f"serkit: error: {error}")
                failed += 1
            advance()
    writer.end()
    sys.stdout.flush()
    doubts.tell(done)
    if failed:
        if done:
            say(f"serkit: {failed} of {failed + done} recordings were not recognized")
        raise typer.Exit(1 if done else 2)


def _sources(paths: list[str]) -> Iterator[tuple[str, Path | BinaryIO | AudioError]]:
    """Every recording that the arguments name; a folder without any is an error of its own."""
    from serkit import audio
    from serkit.errors import AudioNotFound

    if paths.count(STDIN) > 1:
        raise UsageError("standard input can be read only once: give one -")
    for given in paths:
        if not given:
            raise UsageError("an empty path; name a recording or a folder")
        path = Path(given)
        if given == STDIN:
            yield "standard input", sys.stdin.buffer
        elif path.is_dir():
            try:
                found = audio.find(path)
            except AudioError as error:
                yield given, error
                continue
            if not found.recordings and not found.unread:
                yield given, AudioNotFound(given, "a folder without recordings; name one that holds audio files")
            yield from ((str(each), each) for each in found.recordings)
            yield from ((str(each), audio.unread(each)) for each in found.unread)
        else:
            yield given, path


class _Writer(Protocol):
    """How one format prints predictions as they come."""

    def __init__(self, spec: Spec, segments: bool) -> None: ...

    def add(self, name: str, prediction: Prediction) -> None:
        """Print one recording."""

    def end(self) -> None:
        """Print what follows the last."""


class _Table:
    """One line a recording, as soon as it is known; the path comes last, so that no column has to be guessed.

    "kHz" is the recording's band.
    """

    def __init__(self, spec: Spec, segments: bool) -> None:
        self.scale = spec.labels[0] if spec.task == "regression" else None
        ends = f" ({spec.scale.low:g} to {spec.scale.high:g})" if spec.scale else ""
        self.head = f"{self.scale}{ends}" if self.scale else "emotion"
        self.width = max(map(len, (self.head, NO_SPEECH, *spec.labels)))
        self.segments = segments
        self.begun = False

    def add(self, name: str, prediction: Prediction) -> None:
        """Print one recording."""
        if not self.begun:
            self._line(self.head, "prob.", "seconds", "next", "kHz", "recording", style="bold")
            self.begun = True
        band = prediction.quality.band if prediction.quality else None
        self._scores(prediction, f"{prediction.duration:.2f}", "-" if band is None else f"{band / 1000:.1f}", name)
        if self.segments and len(prediction.segments) > 1:
            for segment in prediction.segments:
                place = f"  from {segment.start:.2f} to {segment.end:.2f} s"
                self._scores(segment, f"{segment.end - segment.start:.2f}", "", place)

    def _scores(self, found: Prediction | Segment, seconds: str, band: str, last: str) -> None:
        if not found.scores:
            self._line(NO_SPEECH, "-", seconds, "", band, last)
        elif self.scale:
            self._line(f"{found.value:.3f}", "", seconds, "", band, last)
        else:
            (first, probability), (second, other) = sorted(found.scores.items(), key=lambda item: -item[1])[:2]
            self._line(first, f"{probability:.2f}", seconds, f"{second} {other:.2f}", band, last)

    def _line(
        self, answer: str, probability: str, seconds: str, following: str, band: str, last: str, style: str | None = None
    ) -> None:
        if self.scale:
            text = f"{answer:>{self.width}}  {seconds:>8}  {band:>4}  {last}"
        else:
            following = f"{following:<{self.width + 5}}"
            text = f"{answer:<{self.width}}  {probability:>5}  {seconds:>8}  {following}  {band:>4}  {last}"
        out.print(visible(text), markup=False, style=style)

    def end(self) -> None:
        """Nothing is left to print."""


def _line(name: str, prediction: Prediction) -> str:
    return json.dumps({"path": name} | prediction.to_dict(), ensure_ascii=False, allow_nan=False)


class _Json:
    """One array, written element by element."""

    def __init__(self, *_table_options: object) -> None:
        self.begun = False

    def add(self, name: str, prediction: Prediction) -> None:
        """Print one element."""
        sys.stdout.write((",\n" if self.begun else "[\n") + _line(name, prediction))
        self.begun = True

    def end(self) -> None:
        """Close the array."""
        sys.stdout.write("\n]\n" if self.begun else "[]\n")


class _JsonLines:
    """One object a line."""

    def __init__(self, *_table_options: object) -> None:
        pass

    def add(self, name: str, prediction: Prediction) -> None:
        """Print one line."""
        sys.stdout.write(_line(name, prediction) + "\n")
        sys.stdout.flush()

    def end(self) -> None:
        """Nothing is left to print."""


class _Csv:
    """One row a recording; with segments one row a window, with its start and end in seconds.

    Values have the ends of their scale beside them, empty where the model does not know these. The last columns are the share
    of speech, from 0 to 1, the recording's band in Hz, and its warnings.
    """

    def __init__(self, spec: Spec, segments: bool) -> None:
        self.labels, self.segments = spec.labels, segments
        self.writer = csv.writer(sys.stdout, lineterminator="\n")
        bounds = ("start", "end") if segments else ("duration",)
        emotions = ["emotion", "confidence", *(f"p_{label}" for label in spec.labels)]
        value = [*spec.labels, "low", "high"]
        self.ends = [f"{spec.scale.low:g}", f"{spec.scale.high:g}"] if spec.scale else ["", ""]
        last = ("speech", "band", "warnings")
        self.writer.writerow(["path", *bounds, *(value if len(spec.labels) == 1 else emotions), *last])

    def add(self, name: str, prediction: Prediction) -> None:
        """Print the rows of one recording."""
        quality = prediction.quality
        band = "" if quality is None or quality.band is None else f"{quality.band:.0f}"
        last = [band, "; ".join(prediction.warnings)]
        if self.segments:
            for each in prediction.segments:
                self._row([name, f"{each.start:.3f}", f"{each.end:.3f}"], each, [f"{each.speech:.4f}", *last])
        else:
            self._row([name, f"{prediction.duration:.3f}"], prediction, [f"{quality.speech:.4f}" if quality else "", *last])

    def _row(self, cells: list[str], found: Prediction | Segment, last: list[str]) -> None:
        values = [f"{found.scores[label]:.6f}" if found.scores else "" for label in self.labels]
        if len(values) == 1:
            self.writer.writerow([*cells, *values, *self.ends, *last])
        else:
            probability = f"{max(found.scores.values()):.6f}" if found.scores else ""
            self.writer.writerow([*cells, found.emotion, probability, *values, *last])

    def end(self) -> None:
        """Nothing is left to print."""


_WRITERS: dict[Format, type[_Writer]] = {Format.TABLE: _Table, Format.JSON: _Json, Format.JSONL: _JsonLines, Format.CSV: _Csv}
