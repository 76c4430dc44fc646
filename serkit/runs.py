"""The Run folder: the one record of what happened. Everything that is reported comes from here.

recipe.toml                     the resolved recipe
run.json                        `RunInfo`: corpus, protocol, machine, precision, command
predictions.csv                 one row for each utterance, fold, seed and part
model.onnx                      of a hold-out Run, or of `train --final`
folds/<fold>-<seed>/            one training each
    history.csv                 one row for each epoch
    checkpoint/                 what a resumed training continues from
    validation.csv, test.csv    its rows of predictions.csv
    result.json                 `Result`; written last, so its presence says that the training is complete
    model.onnx
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from filelock import FileLock, Timeout

from serkit import files
from serkit.errors import RunError
from serkit.types import Source

Part = Literal["validation", "test"]
FINAL = "all"
"""The fold of `train --final`: all data, no validation, no test."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One row of history.csv: losses are mean cross-entropies, accuracies are fractions, `seconds` are the epoch's own."""

    epoch: int
    learning_rate: float
    train_loss: float
    train_wa: float
    validation_loss: float | None
    validation_wa: float | None
    validation_ua: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Row:
    """One row of predictions.csv: `probabilities` in the order of the Run's labels; `true` is a label."""

    utterance: str
    corpus: str
    speaker: str
    fold: str
    seed: int
    part: Part
    true: str
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished training says of itself: `best_epoch` (from 1) is the one whose weights were kept."""

    fold: str
    seed: int
    best_epoch: int
    epochs: int
    seconds: float
    train_utterances: int
    validation_utterances: int
    test_utterances: int
    test_speakers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunInfo:
    """run.json: what is known before the first epoch. `fingerprint` covers whatever changes a result."""

    fingerprint: str
    recipe: str
    system: str
    corpus: Source
    corpus_root: str
    labels: tuple[str, ...]
    protocol: str
    speaker_independent: bool
    selection: str
    folds: tuple[str, ...]
    seeds: tuple[int, ...]
    parameters: int
    device: str
    precision: str
    threads: int
    environment: Mapping[str, str]
    created: str
    command: str

    @property
    def id(self) -> str:
        """The Run's short name: the fingerprint's first twelve digits."""
        return self.fingerprint[:12]


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
            files.write(folder / "recipe.toml", recipe_toml)
            files.write(folder / "run.json", _json(asdict(info)))
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

    def results(self) -> list[Result]:
        """The trainings that are complete, in the order of folds and seeds."""
        found = []
        for seed in self.info.seeds:
            for fold in (*self.info.folds, FINAL):
                path = self.fold(fold, seed) / "result.json"
                if path.is_file():
                    values = _parse(path)
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
        try:
            with path.open(newline="", encoding="utf-8") as stream:
                return [
                    Epoch(int(row.pop("epoch")), **{key: float(value) if value else None for key, value in row.items()})  # type: ignore[arg-type]
                    for row in csv.DictReader(stream)
                ]
        except (ValueError, TypeError) as error:
            raise RunError(f"{path}: damaged ({error})") from None

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
    folder.mkdir(parents=True, exist_ok=True)
    holder = FileLock(folder / ".lock")
    try:
        holder.acquire(timeout=0)
    except Timeout:
        raise RunError(f"{folder}: another training is running in this folder; wait for it or choose another --out") from None
    try:
        yield
    finally:
        holder.release()


def write_rows(path: Path, rows: Iterable[Row], labels: Sequence[str]) -> None:
    """Write rows of predictions as CSV, whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = [field.name for field in fields(Row)][:-1]
    writer.writerow([*keys, *(f"p_{label}" for label in labels)])
    for row in rows:
        writer.writerow([*(getattr(row, key) for key in keys), *(f"{p:.9g}" for p in row.probabilities)])
    files.write(path, text.getvalue())


def read_rows(path: Path, labels: Sequence[str]) -> list[Row]:
    """Read rows of predictions. Raises RunError with the line where the table is damaged."""
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            rows = []
            for line in reader:
                probabilities = tuple(float(line.pop(f"p_{label}")) for label in labels)
                rows.append(Row(**{**line, "seed": int(line["seed"]), "probabilities": probabilities}))  # type: ignore[arg-type]
            return rows
    except (KeyError, ValueError, TypeError) as error:
        raise RunError(f"{path}, line {reader.line_num}: damaged ({error})") from None


def write_history(path: Path, epochs: Iterable[Epoch]) -> None:
    """Write the epochs as CSV, whole or not at all."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Epoch)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(epoch) for epoch in epochs)
    files.write(path, text.getvalue())


def write_result(path: Path, result: Result) -> None:
    """Write what a finished training says of itself."""
    files.write(path, _json(asdict(result)))


def append_ledger(path: Path, row: Mapping[str, str]) -> None:
    """Add one use of test data to a ledger; the rows before it stay as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        old = path.read_text(encoding="utf-8") if path.is_file() else ""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(row), lineterminator="\n")
        if not old:
            writer.writeheader()
        writer.writerow(row)
        files.write(path, old + text.getvalue())


_T = TypeVar("_T")


def _build(cls: type[_T], values: Mapping[str, Any], path: Path) -> _T:
    try:
        return cls(**values)
    except TypeError as error:
        raise RunError(f"{path}: damaged or of another version of serkit ({error})") from None


def _parse(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise RunError(f"{path}: damaged ({error})") from None
    if not isinstance(values, dict):
        raise RunError(f"{path}: damaged (not a JSON object)")
    return values


def _json(values: Any) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _read_info(folder: Path) -> RunInfo:
    path = folder / "run.json"
    if not path.is_file():
        raise RunError(f"{folder}: not a Run folder (it has no run.json); make one with 'serkit train RECIPE --out {folder}'")
    values = _parse(path)
    for key in ("labels", "folds", "seeds"):
        values[key] = tuple(values.get(key, ()))
    values["corpus"] = _build(Source, values.get("corpus") or {}, path)
    return _build(RunInfo, values, path)
