"""What a Run will be, resolved before its first epoch: corpus, folds, machine, fingerprint."""

import platform
import subprocess
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

from serkit import files, labels
from serkit.augment import folders
from serkit.errors import CorpusError, Notice, RunError, UsageError
from serkit.protocols import Fold
from serkit.protocols.copies import with_copies
from serkit.recipe import build, schema
from serkit.recipe.base import CorpusChoice
from serkit.recipe.baseline import UNINFORMED
from serkit.recipe.schema import AnyRecipe, Recipe
from serkit.runs import FINAL, Run, RunInfo, Task
from serkit.system import parameters
from serkit.train.processes import cores, processor
from serkit.train.vectors import packages
from serkit.types import Source, Utterance

HOME = Path("runs")
"""Where Runs lie that nobody named another place for; it is made where it is not there."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a training runs: `device` "cpu" or "cuda", how many for one training, `threads` and `precision` of each."""

    device: str
    devices: int
    threads: int
    precision: str

    @classmethod
    def resolve(cls, device: str, devices: int, threads: int | None, jobs: int, precision: str) -> "Machine":
        """ "auto" decided: a GPU where there is one, all cores shared by the jobs, bf16 where it is computed natively."""
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if device not in ("cpu", "cuda"):
            raise UsageError(f"--device {device}: choose auto, cpu or cuda")
        if device == "cuda" and torch.cuda.device_count() < devices:
            raise UsageError(f"--device cuda with --devices {devices}: this machine has {torch.cuda.device_count()} GPUs")
        threads = threads or max(1, cores() // (jobs * (devices if device == "cpu" else 1)))
        if precision == "auto":
            precision = "bf16" if _computes_bf16(device) else "float32"
        return cls(device, devices, threads, precision)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a training needs to know: the Run folder, its recipe, its utterances; `cache` is where features are kept.

    `new` says that the Run was begun for it, so that it goes again where nothing comes of it.
    """

    run: Run
    recipe: AnyRecipe
    machine: Machine
    utterances: tuple[Utterance, ...]
    cache: Path | None = None
    new: bool = False

    def folds(self, seed: int) -> list[Fold]:
        """The folds of one seed."""
        return _folds(self.recipe, self.utterances, seed)

    def fold(self, task: Task) -> Fold:
        """The task's parts; `FINAL` trains on everything."""
        if task.fold == FINAL:
            return Fold(FINAL, tuple(sorted(self.utterances, key=lambda each: each.id)), (), ())
        if found := [fold for fold in self.folds(task.seed) if fold.name == task.fold]:
            return found[0]
        raise RunError(f"{self.run.folder / 'run.json'}: damaged or edited (the protocol makes no fold '{task.fold}')")


def start(
    name: str, recipe: AnyRecipe, machine: Machine, seeds: Sequence[int], folder: Path | None, root: Path | None, command: str
) -> Plan:
    """A new Run in `folder` (None: one named after recipe and fingerprint below runs/).

    Raises RunError where the folder holds something, CorpusError where the corpus is not there or not complete, MissingExtra
    where it learns from what is not installed.
    """
    _packages(recipe)  # what is missing is told before a corpus is read
    found = recipe.corpus.locate(root)
    utterances = utterances_of(recipe, found)
    info = _info(name, recipe, machine, seeds, found, utterances, command)
    if folder is None:
        folder = HOME / f"{Path(name).with_suffix('').as_posix().replace('/', '-')}-{info.id[:8]}"
    if folder.parent == HOME:
        files.folder(HOME)
    return Plan(Run.create(folder, info, recipe.to_toml()), recipe, machine, utterances, new=True)


def resume(folder: Path, root_of: Callable[[str], Path | None]) -> Plan:
    """The plan of a Run that was begun before, as it was then: recipe, seeds, device, threads and precision.

    `root_of` gives the folder of a corpus where someone names one; else it is looked for where it was.

    Raises RunError where the corpus or the machine no longer allow the same result.
    """
    run = Run(folder)
    info = run.info
    recipe = schema.load_file(run.recipe_file)
    _packages(recipe)
    before = Path(info.corpus_root) if Path(info.corpus_root).exists() else None
    found = recipe.corpus.locate(root_of(recipe.corpus.name) or before)
    utterances = utterances_of(recipe, found)
    machine = _machine(run)
    again = _info(info.recipe, recipe, machine, info.seeds, found, utterances, info.command)
    if again.fingerprint != info.fingerprint:
        raise RunError(f"{folder}: its recipe, its corpus or this serkit has changed since it was begun; start a new Run")
    for key in ("task", "labels", "scale", "folds"):
        if getattr(info, key) != getattr(again, key):
            raise RunError(f"{folder / 'run.json'}: damaged or edited ({key} are not those of its recipe); start a new Run")
    return Plan(run, recipe, machine, utterances)


def _folds(recipe: AnyRecipe, utterances: Sequence[Utterance], seed: int) -> list[Fold]:
    """The folds of one seed; where noisy copies are judged too, with the copies as utterances of their own.

    Where the test chooses the epoch it is the validation part; what else would be that is left out, so that the training data
    are those of an honest Run and the scores differ by the choice alone.
    """
    protocol = recipe.protocol
    if not isinstance(recipe, Recipe):
        return protocol.folds(utterances, seed)
    if recipe.noise.placement != "train":
        utterances = with_copies(utterances, recipe.noise.copies)
    split = protocol.leaky_folds if recipe.noise.placement == "leaky_copies" else protocol.folds
    folds = split(utterances, seed)
    return [replace(fold, validation=fold.test) for fold in folds] if recipe.selection == "leaky_test" else folds


def _protocol(recipe: AnyRecipe) -> str:
    """The protocol's full name."""
    if not isinstance(recipe, Recipe):
        return f"{recipe.protocol.name}{'' if isinstance(recipe.classifier, UNINFORMED) else ', cost: validation'}"
    placed = {
        "train": "",
        "all_parts": ", noisy copies validated and tested too",
        "leaky_copies": ", leaky_copies (noisy copies made before the split)",
    }[recipe.noise.placement]
    return f"{recipe.protocol.name}{placed}, checkpoint: {recipe.selection}"


def _machine(run: Run) -> Machine:
    """The machine that a Run was begun on, if this one is like it."""
    info = run.info
    device, _, devices = info.device.partition(" x ")
    if not devices.isdecimal():
        raise RunError(f"{run.folder / 'run.json'}: damaged (device '{info.device}')")
    try:
        return Machine.resolve(device, int(devices), info.threads, 1, info.precision)
    except UsageError as error:
        raise RunError(f"{run.folder}: was begun with {info.device}; {error}") from None


def utterances_of(recipe: AnyRecipe, root: Path) -> tuple[Utterance, ...]:
    """The corpus's utterances, the recipe's trimming at the start of each taken into account.

    Without those that are known to be digital silence in the released corpus, of which nothing can be learned: they are named.
    """
    corpus = recipe.corpus.corpus
    silent = {name for name, kind in corpus.defects if kind == "silent"}
    everything = corpus.read(root, labels=recipe.corpus.label_map)
    read = [each for each in everything if each.id not in silent]
    if left_out := [each.id for each in everything if each.id in silent]:
        warnings.warn(f"{corpus.name}: left out, as digital silence: {', '.join(left_out)}", Notice, stacklevel=2)
    _check_truths(recipe.corpus, read)
    return tuple(replace(each, start=each.start + recipe.corpus.start) for each in read)


def _check_truths(choice: CorpusChoice, utterances: Sequence[Utterance]) -> None:
    """Raises CorpusError where an utterance has not what is to be learned."""
    if scale := choice.target:
        if without := [each.id for each in utterances if scale not in each.values]:
            known = sorted({name for each in utterances for name in each.values})
            raise CorpusError(
                f"{choice.name}: {len(without)} of {len(utterances)} utterances, such as {without[0]}, have no {scale}; "
                f"its scales are {', '.join(known) or 'none'}"
            )
    elif without := [each.id for each in utterances if not each.label]:
        maps = ", ".join({**labels.MAPS, **choice.corpus.maps})
        raise CorpusError(
            f"{choice.name}: {len(without)} of {len(utterances)} utterances, such as {without[0]}, have no emotion; "
            f"take a label map that leaves them out (--set corpus.labels=NAME: {maps}), or a scale (corpus.target)"
        )


def _info(
    name: str,
    recipe: AnyRecipe,
    machine: Machine,
    seeds: Sequence[int],
    root: Path,
    utterances: Sequence[Utterance],
    command: str,
) -> RunInfo:
    corpus = recipe.corpus.corpus
    target = recipe.corpus.target
    classes = (target,) if target else labels.ordered({each.label for each in utterances})
    folds = _folds(recipe, utterances, seeds[0])
    fingerprint = recipe.fingerprint(
        seeds=list(seeds),
        machine=[machine.device, machine.devices, machine.threads, machine.precision],
        versions=[version(name) for name in ("serkit", "torch", *_packages(recipe))],
        # Sizes stand for the audio: a corpus whose files were exchanged is another corpus.
        sounds=folders((*recipe.augmentation.fixed, *recipe.augmentation.fresh)) if isinstance(recipe, Recipe) else [],
        utterances=[
            (each.id, _truth(each, target), each.path.stat().st_size) for each in sorted(utterances, key=lambda each: each.id)
        ],
        **_told(recipe, utterances),
        **({"values": "z-scores"} if isinstance(recipe, Recipe) and target else {}),  # they were learned as they are once
    )
    return RunInfo(
        fingerprint=fingerprint,
        recipe=name,
        system=recipe.system,
        corpus=Source(corpus.name, corpus.licence, len(utterances)),
        corpus_root=str(root.resolve()),
        labels=classes,
        protocol=_protocol(recipe),
        speaker_independent=recipe.protocol.speaker_independent,
        selection=recipe.selection,
        folds=tuple(fold.name for fold in folds),
        seeds=tuple(seeds),
        parameters=parameters(build.system(recipe, len(classes))) if isinstance(recipe, Recipe) else 0,
        device=f"{machine.device} x {machine.devices}",
        precision=machine.precision,
        threads=machine.threads,
        environment=_environment(machine) | {name: version(name) for name in _packages(recipe)},
        task=recipe.task,
        scale=corpus.scales.get(target) if target else None,
        checksums=True,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
    )


def _truth(utterance: Utterance, target: str | None) -> str | float:
    return utterance.values[target] if target else utterance.label


def _told(recipe: AnyRecipe, utterances: Sequence[Utterance]) -> dict[str, list[tuple[object, ...]]]:
    """What people's own table says beyond ids and labels, and folds follow from; of other corpora ids say it."""
    if recipe.corpus.table is None:
        return {}
    ranked = sorted(utterances, key=lambda each: each.id)
    return {"table": [(each.speaker, each.session, each.start, each.end, each.split, each.copy_of) for each in ranked]}


def _packages(recipe: AnyRecipe) -> tuple[str, ...]:
    """Packages beyond torch that a result depends on. Raises MissingExtra where one is not installed."""
    return () if isinstance(recipe, Recipe) else packages(recipe)


def _environment(machine: Machine) -> dict[str, str]:
    """Versions and processor, for the record alone."""
    packages = ("serkit", "torch", "lightning-fabric", "numpy", "soundfile", "soxr", "onnx", "onnxruntime")
    chip = torch.cuda.get_device_name() if machine.device == "cuda" else processor()
    found = {"python": platform.python_version(), "system": platform.system(), "processor": chip}
    return found | {name: version(name) for name in packages} | _commit()


def _commit() -> dict[str, str]:
    """The commit of serkit's own checkout and whether its files differ from it; nothing for an installed package."""
    package = Path(__file__).parents[1]
    if not (package.parent / ".git").exists():
        return {}
    git = ["git", "-C", str(package.parent)]
    try:
        commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True, timeout=10)
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--", "serkit"], check=True, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"commit": commit.stdout.strip() + (" and changes" if changed.stdout.strip() else "")}


def _computes_bf16(device: str) -> bool:
    """Whether the machine multiplies bf16 itself; where it only imitates that, bf16 is slower than float32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))
