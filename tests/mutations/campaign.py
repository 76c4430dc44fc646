"""Mutations given to serkit's commands, and the verdicts."""

import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mutations import models, processes, recipes, recordings, runs, tables, verdict
from mutations.mutation import Mutation
from mutations.processes import PATIENCE, Outcome, Worker
from mutations.verdict import Prints

KINDS = (recordings, models, tables, recipes, runs)
COUNTS = {each.KIND: each.COUNT for each in KINDS}

WHOLE = 200.0
"""MiB that recognizing a recording may take, all in all."""

MORE = 200.0
"""MiB that any other command may take beyond what it takes of unharmed input, most of which are its libraries."""

FORMATS: tuple[Prints, ...] = ("json", "csv", "jsonl", "table")


@dataclass(frozen=True, slots=True)
class Material:
    """What is mutated, and what it is tried on: a scored Run with a model, its corpus, a recipe, and labeled clips.

    Damaged models are tried on the `long` clip: windows that are too many show there.
    """

    run: Path
    corpus: Path
    recipe: Path
    clips: list[tuple[Path, str, str]]
    long: Path

    def mutation(self, kind: str, number: int) -> Mutation:
        match kind:
            case "recordings":
                return recordings.mutation(number)
            case "models":
                return models.mutation(number, (self.run / "model.onnx").read_bytes())
            case "tables":
                return tables.mutation(number, self.clips)
            case "recipes":
                return recipes.mutation(number, self.recipe.read_text(encoding="utf-8"))
            case _:
                return runs.mutation(number, self.run)

    def unharmed(self, kind: str, folder: Path) -> str:
        """What stands in the place of a mutation when a command's memory is measured."""
        if kind == "runs":
            shutil.copytree(self.run, folder / "run")
            return str(folder / "run")
        if kind == "tables":
            rows = [["path", "emotion", "speaker"], *([str(path), *rest] for path, *rest in self.clips)]
            (folder / "table.csv").write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
            return str(folder / "table.csv")
        known = {"recordings": self.clips[0][0], "models": self.run / "model.onnx", "recipes": self.recipe}
        return str(known[kind])

    def commands(self, kind: str, number: int, given: str, folder: Path) -> Iterator[tuple[Prints, list[str]]]:
        """The command lines that a mutation is given to, and what each prints."""
        model, clip = str(self.run / "model.onnx"), str(self.clips[0][0])
        as_json: tuple[Prints, list[str]] = ("values", ["--json"]) if number % 2 == 0 else ("text", [])
        match kind:
            case "recordings":
                shape = FORMATS[number % 4] if number % 3 else "json"
                segments = ["--segments"] * (number % 5 == 1)
                yield shape, ["predict", given, "--model", model, "--format", shape, "--threads", "1", *segments]
            case "models":
                yield "json", ["predict", str(self.long), "--model", given, "--format", "json", "--threads", "1"]
            case "tables":
                if number % 3 == 2:
                    yield "text", ["corpora", "check", given]
                yield as_json[0], ["evaluate", model, "--corpus", given, "--threads", "1", *as_json[1]]
            case "recipes":
                # A file stands where the Run would be made, so that all is read and built, and nothing is trained.
                (folder / "in-the-way").touch()
                yield as_json[0], ["recipes", "show", given, *as_json[1]]
                yield (
                    "progress",
                    ["train", given, "--corpus", f"emodb={self.corpus}", "--out", str(folder / "in-the-way"), "--threads", "1"],
                )
            case _:
                yield as_json[0], ["report", given, "--no-audio", *as_json[1]]
                if number % 3 == 0:
                    yield "progress", ["train", "--resume", "--out", given]
                elif number % 3 == 1:
                    yield "text", ["publish", given, "--to", str(folder / "results")]
                else:
                    yield "json", ["predict", clip, "--model", given, "--format", "json", "--threads", "1"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one command on one mutation: `faults` empty where all is well."""

    mutation: Mutation
    outcome: Outcome
    faults: list[str]
    word: str

    def __str__(self) -> str:
        return f"{self.mutation}\n    {'; '.join(self.faults)}\n    {self.outcome.command}"


@dataclass
class Campaign:
    """Mutations by the hundred, in two workers, one of which knows torch, and now and then in a process of their own."""

    material: Material
    folder: Path
    light: Worker
    heavy: Worker
    limits: dict[tuple[str, str], float] = field(default_factory=dict)

    def run(self, kind: str, numbers: Sequence[int]) -> list[Verdict]:
        place = self.folder / kind
        place.mkdir(parents=True, exist_ok=True)
        worker = self.heavy if kind in ("recipes", "runs") else self.light
        self._measure(kind, place / "unharmed", worker)
        return [each for number in numbers for each in self._one(kind, number, place / f"{number}", worker)]

    def _measure(self, kind: str, folder: Path, worker: Worker) -> None:
        """The memory that each command may take."""
        folder.mkdir()
        given = self.material.unharmed(kind, folder)
        for number in range(6):
            for prints, arguments in self.material.commands(kind, number, given, folder):
                if (kind, arguments[0]) in self.limits:
                    continue
                outcome = worker.run(arguments, folder, 6 * PATIENCE)
                found = verdict.faults(outcome, prints, processes.EXCESS, 6 * PATIENCE)
                if found and arguments[:2] != ["corpora", "check"]:
                    raise AssertionError(f"unharmed {kind}: {found}: {outcome.command}: {outcome.err.decode()}")
                self.limits[kind, arguments[0]] = WHOLE if arguments[0] == "predict" and kind != "runs" else outcome.peak + MORE

    def _one(self, kind: str, number: int, folder: Path, worker: Worker) -> list[Verdict]:
        folder.mkdir()
        mutation = self.material.mutation(kind, number)
        given = mutation.make(folder)
        found = []
        for prints, arguments in self.material.commands(kind, number, "-" if mutation.piped else given, folder):
            limit = self.limits[kind, arguments[0]]
            apart = number % 20 == 19 or mutation.piped or _may_hang(given)
            outcome = (
                processes.alone(arguments, folder, given if mutation.piped else None)
                if apart
                else worker.run(arguments, folder)
            )
            faults = verdict.faults(outcome, prints, limit)
            if faults and not apart and not outcome.late:  # to be sure that it is none of the worker's own
                outcome = processes.alone(arguments, folder)
                faults = verdict.faults(outcome, prints, limit)
            if outcome.peak > 0.8 * limit:
                worker.end()  # what it keeps would be laid to the next one's charge
            found.append(Verdict(mutation, outcome, faults, _word(kind, outcome, faults)))
        if not any(each.faults for each in found):
            shutil.rmtree(folder, ignore_errors=True)
        return found


def _word(kind: str, outcome: Outcome, faults: list[str]) -> str:
    accepted = kind == "recipes" and not faults and b"in the way" in outcome.err
    return "answered" if accepted else verdict.word(outcome, faults)


def _may_hang(given: str) -> bool:
    """Whether it is neither file nor folder, or has a name that is best given by a real command line."""
    try:
        mode = Path(given).stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or not given.isprintable()
