"""`serkit predict`: recordings in, emotions out."""

import csv
import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Protocol

import typer

from serkit.cli._console import out, progress, say, visible
from serkit.errors import AudioError, UsageError
from serkit.types import Prediction, Segment, Spec


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
Threads = Annotated[int, typer.Option(help="Processor threads; 0 takes all.", min=0, max=1024)]

STDIN = "-"


def predict(
    paths: Paths,
    model: Model,
    format: Shape = Format.TABLE,
    segments: Segments = False,
    limit: Limit = 7200.0,
    threads: Threads = 0,
) -> None:
    """Recognize the emotion of recordings, or the value on the scale that a model was trained for.

    Exit status 0 if all were recognized, 1 if some were not (each is named on standard error), 2 if none was.
    """
    from serkit.inference import load

    recognizer = load(model, threads)
    writer = _WRITERS[format](recognizer.spec, segments)
    failed = done = 0
    with progress("recognizing", visible=not sys.stdout.isatty()) as advance:
        for name, source in _sources(paths):
            try:
                if isinstance(source, AudioError):
                    raise source
                writer.add(name, recognizer(source, limit=limit))
                done += 1
            except AudioError as error:
                say(f"serkit: error: {error}")
                failed += 1
            advance()
    writer.end()
    sys.stdout.flush()
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
    """One line a recording, as soon as it is known; the path comes last, so that no column has to be guessed."""

    def __init__(self, spec: Spec, segments: bool) -> None:
        self.scale = spec.labels[0] if spec.task == "regression" else None
        ends = f" ({spec.scale.low:g} to {spec.scale.high:g})" if spec.scale else ""
        self.head = f"{self.scale}{ends}" if self.scale else "emotion"
        self.width = max(map(len, (self.head, *spec.labels)))
        self.segments = segments
        self.begun = False

    def add(self, name: str, prediction: Prediction) -> None:
        """Print one recording."""
        if not self.begun:
            if self.scale:
                out.print(f"{visible(self.head):>{self.width}}  {'seconds':>8}  recording", markup=False, style="bold")
            else:
                self._line(self.head, "prob.", "seconds", "next", "recording", style="bold")
            self.begun = True
        self._scores(prediction.scores, f"{prediction.duration:.2f}", name)
        if self.segments and len(prediction.segments) > 1:
            for segment in prediction.segments:
                self._scores(
                    segment.scores, f"{segment.end - segment.start:.2f}", f"  from {segment.start:.2f} to {segment.end:.2f} s"
                )

    def _scores(self, scores: Any, seconds: str, last: str) -> None:
        if self.scale:
            out.print(visible(f"{scores[self.scale]:>{self.width}.3f}  {seconds:>8}  {last}"), markup=False)
            return
        (first, probability), (second, other) = sorted(scores.items(), key=lambda item: -item[1])[:2]
        self._line(first, f"{probability:.2f}", seconds, f"{second} {other:.2f}", last)

    def _line(self, emotion: str, probability: str, seconds: str, following: str, last: str, style: str | None = None) -> None:
        text = f"{emotion:<{self.width}}  {probability:>5}  {seconds:>8}  {following:<{self.width + 5}}  {last}"
        out.print(visible(text), markup=False, style=style)

    def end(self) -> None:
        """Nothing is left to print."""


class _Json:
    """One array, written element by element."""

    def __init__(self, *_table_options: object) -> None:
        self.begun = False

    def add(self, name: str, prediction: Prediction) -> None:
        """Print one element."""
        sys.stdout.write(
            (",\n" if self.begun else "[\n") + json.dumps({"path": name} | prediction.to_dict(), ensure_ascii=False)
        )
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
        sys.stdout.write(json.dumps({"path": name} | prediction.to_dict(), ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def end(self) -> None:
        """Nothing is left to print."""


class _Csv:
    """One row a recording; with segments one row a window, with its start and end in seconds.

    Values have the ends of their scale beside them, empty where the model does not know these.
    """

    def __init__(self, spec: Spec, segments: bool) -> None:
        self.labels, self.segments = spec.labels, segments
        self.writer = csv.writer(sys.stdout, lineterminator="\n")
        bounds = ("start", "end") if segments else ("duration",)
        emotions = ["emotion", "confidence", *(f"p_{label}" for label in spec.labels)]
        value = [*spec.labels, "low", "high"]
        self.ends = [f"{spec.scale.low:g}", f"{spec.scale.high:g}"] if spec.scale else ["", ""]
        self.writer.writerow(["path", *bounds, *(value if len(spec.labels) == 1 else emotions)])

    def add(self, name: str, prediction: Prediction) -> None:
        """Print the rows of one recording."""
        if self.segments:
            for each in prediction.segments:
                self._row([name, f"{each.start:.3f}", f"{each.end:.3f}"], each)
        else:
            self._row([name, f"{prediction.duration:.3f}"], prediction)

    def _row(self, cells: list[str], found: Prediction | Segment) -> None:
        values = [f"{found.scores[label]:.6f}" for label in self.labels]
        if len(values) == 1:
            self.writer.writerow([*cells, *values, *self.ends])
        else:
            self.writer.writerow([*cells, found.emotion, f"{max(found.scores.values()):.6f}", *values])

    def end(self) -> None:
        """Nothing is left to print."""


_WRITERS: dict[Format, type[_Writer]] = {Format.TABLE: _Table, Format.JSON: _Json, Format.JSONL: _JsonLines, Format.CSV: _Csv}
