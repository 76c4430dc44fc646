"""The Run folder: the one record of what happened. Everything that is reported comes from here.

recipe.toml                     the resolved recipe
run.json                        `RunInfo`: corpus, protocol, machine, precision, command
predictions.csv                 one row for each utterance, fold, seed and part
recordings.csv                  the identity of each utterance's recording
scored.json                     its line in the ledger, once the test set was scored
SHA256SUMS                      checksums of the files beside it, here and in each training's folder
model.onnx                      of a hold-out Run, or of `train --final`
report.html, figures/           what `serkit report` made of all this
folds/<fold>-<seed>/            one training each
    history.csv                 one row for each epoch
    checkpoint/                 what a resumed training continues from
    validation.csv, test.csv    its rows of predictions.csv
    result.json                 `Result`; written last, so its presence says that the training is complete
    model.onnx
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from serkit import files
from serkit.errors import RunError
from serkit.runs import _checksums
from serkit.runs._checked import RESULT, RUN, check
from serkit.runs._checksums import note, write
from serkit.runs._records import FINAL, Epoch, Part, Progress, Result, Row, RunInfo, Task
from serkit.runs._tables import append_ledger, read_history, read_rows, write_history, write_rows
from serkit.types import Scale, Source

__all__ = [
    "FINAL",
    "Epoch",
    "Part",
    "Progress",
    "Result",
    "Row",
    "Run",
    "RunInfo",
    "Task",
    "append_ledger",
    "lock",
    "note",
    "read_history",
    "read_rows",
    "write",
    "write_history",
    "write_result",
    "write_rows",
]


class Run:
    """One Run folder. Opening reads run.json; everything else is read when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.info = _read_info(folder)

    @classmethod
    def create(cls, folder: Path, info: RunInfo, recipe_toml: str) -> "Run":
        """Make a new folder. Raises RunError where something is in the way.

        run.json is written last: a folder that lacks it was never begun.
        """
        if folder.exists() and not folder.is_dir():
            raise RunError(f"{folder}: a file of that name is in the way; choose another --out")
        with lock(folder):
            if any(path.name not in (".lock", "recipe.toml") for path in folder.iterdir()):
                raise RunError(f"{folder}: exists already; choose another --out, or continue it with --resume")
            write(folder / "recipe.toml", recipe_toml)
            write(folder / "run.json", _json(asdict(info)))
        return cls(folder)

    def fold(self, fold: str, seed: int) -> Path:
        """The folder of one training."""
        return self.folder / "folds" / f"{fold}-{seed}"

    @property
    def recipe_file(self) -> Path:
        """The resolved recipe."""
        return self.folder / "recipe.toml"

    @property
    def model_file(self) -> Path:
        """The model that stands for the Run, where there is one."""
        return self.folder / "model.onnx"

    @property
    def recordings_file(self) -> Path:
        """The identity of each utterance's recording."""
        return self.folder / "recordings.csv"

    @property
    def edited(self) -> tuple[str, ...]:
        """The files that are not as they were written, by their checksums; empty where all are, or where none were kept."""
        if self.info.checksums and not (self.folder / _checksums.NAME).is_file():
            return (_checksums.NAME,)
        return _checksums.edited(self.folder)

    def results(self) -> list[Result]:
        """The trainings that are complete, in the order of folds and seeds."""
        found = []
        for seed in self.info.seeds:
            for fold in (*self.info.folds, FINAL):
                path = self.fold(fold, seed) / "result.json"
                if path.is_file():
                    values = _parse(path)
                    check(values, RESULT, path)
                    found.append(_build(Result, values | {"test_speakers": tuple(values.get("test_speakers", ()))}, path))
        return found

    def complete(self) -> bool:
        """Whether every fold of every seed is trained."""
        done = {(result.fold, result.seed) for result in self.results()}
        return all((fold, seed) in done for fold in self.info.folds for seed in self.info.seeds)

    def history(self, fold: str, seed: int) -> list[Epoch]:
        """The epochs of one training; empty before its first."""
        path = self.fold(fold, seed) / "history.csv"
        if not path.is_file():
            return []
        return read_history(path)

    def predictions(self, part: Part | None = None) -> list[Row]:
        """The rows of predictions.csv, of one part where asked; empty where there is none yet."""
        path = self.folder / "predictions.csv"
        if not path.is_file():
            return []
        return [row for row in read_rows(path, self.info.labels) if part in (None, row.part)]

    def collect(self) -> None:
        """Write predictions.csv out of the folds' own tables."""
        rows = [
            row
            for seed in self.info.seeds
            for fold in self.info.folds
            for part in ("validation", "test")
            if (path := self.fold(fold, seed) / f"{part}.csv").is_file()
            for row in read_rows(path, self.info.labels)
        ]
        write_rows(self.folder / "predictions.csv", rows, self.info.labels)


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold a Run folder alone, also against other processes. Raises RunError when another training has it."""
    files.folder(folder)
    holder = FileLock(folder / ".lock")
    try:
        holder.acquire(timeout=0)
    except Timeout:
        raise RunError(f"{folder}: another training is running in this folder; wait for it or choose another --out") from None
    try:
        yield
    finally:
        holder.release()


def write_result(path: Path, result: Result) -> None:
    """Write what a finished training says of itself."""
    write(path, _json(asdict(result)))


_T = TypeVar("_T")


def _build(cls: type[_T], values: Mapping[str, Any], path: Path) -> _T:
    try:
        return cls(**values)
    except TypeError as error:
        raise RunError(f"{path}: damaged or of another version of serkit ({error})") from None


def _parse(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, a number without end, nested without end
        raise RunError(f"{path}: damaged ({error})") from None
    if not isinstance(values, dict):
        raise RunError(f"{path}: damaged (not a JSON object)")
    return values


def _json(values: Any) -> str:
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()  # bytes of a name that is no text, in JSON's own writing


def _read_info(folder: Path) -> RunInfo:
    path = folder / "run.json"
    if not path.is_file():
        raise RunError(f"{folder}: not a Run folder (it has no run.json); make one with 'serkit train RECIPE --out {folder}'")
    values = _parse(path)
    for key in ("labels", "folds", "seeds"):
        if not isinstance(values.get(key), list) or not values[key]:
            raise RunError(f"{path}: damaged or of another version of serkit (no list of {key})")
        values[key] = tuple(values[key])
    check(values, RUN, path)
    values["corpus"] = _build(Source, values.get("corpus") or {}, path)
    if values.get("scale") is not None:
        values["scale"] = _scale(values["scale"], path)
    return _build(RunInfo, values, path)


def _scale(values: Any, path: Path) -> Scale:
    try:
        return Scale.from_dict(values)
    except (TypeError, ValueError) as error:
        raise RunError(f"{path}: damaged or of another version of serkit (scale: {error})") from None
