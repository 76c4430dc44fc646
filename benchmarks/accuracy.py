"""Does speed cost accuracy? Validation accuracy of serkit's network, of the plain one, and of bf16: `make bench-accuracy`.

EmoDB, the demo's split and cut, one noisy copy, 30 epochs, 3 seeds; all from the same windows, in the same order. The accuracy
of a training is the mean of its last ten epochs: the best of thirty would be a maximum over noise. A few minutes a training
on a core; a training that was stopped goes on where it was.
"""

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path

import torch
from lightning_fabric import Fabric

from benchmarks.measure import machine
from benchmarks.plain import PlainModel
from serkit import corpora
from serkit.labels import ordered
from serkit.recipe import build, schema
from serkit.system import System
from serkit.train import loop
from serkit.train.checkpoint import State
from serkit.train.examples import seed_of
from serkit.train.store import Store

VARIANTS = {"serkit, float32": "32-true", "plain torch, float32": "32-true", "serkit, bf16": "bf16-mixed"}
SEEDS = (0, 1, 2)
LAST = 10


def train(variant: str, seed: int, folder: Path) -> State:
    """One training of 30 epochs."""
    recipe = schema.load("cnn_transformer/demo", ["training.epochs=30", "noise.copies=1"])
    utterances = corpora.get("emodb").read(corpora.locate("emodb"))
    labels = ordered({each.label for each in utterances})
    (fold,) = recipe.protocol.folds(utterances, seed)
    system = _system(recipe, variant, seed, len(labels))
    store = Store(recipe, system, labels, seed)
    examples = store.examples(fold.train, copies=True)
    system.fit_normalizers([examples.features])
    job = loop.Job(
        system=system,
        plan=recipe.training,
        augmentation=recipe.augmentation,
        train=examples,
        validation=store.examples(fold.validation, copies=False),
        folder=folder / f"{variant.replace(', ', '-').replace(' ', '-')}-{seed}",
        fingerprint=f"{variant}-{seed}",
        seed=seed_of(seed, "training"),
        threads=1,
    )
    fabric = Fabric(accelerator="cpu", devices=1, precision=VARIANTS[variant])
    return loop.fit(fabric, job, lambda epoch: print(variant, seed, epoch.epoch, epoch.validation_wa, flush=True))


def _system(recipe: schema.Recipe, variant: str, seed: int, classes: int) -> System:
    torch.manual_seed(seed_of(seed, "weights"))
    system = build.system(recipe, classes)
    if variant.startswith("plain"):
        torch.manual_seed(seed_of(seed, "weights"))
        system.model = PlainModel(94, 40, classes)
    return system


def _figures(state: State) -> tuple[float, float, float]:
    """In percent: validation WA and UA, the means of the last epochs, and the best WA."""
    last = state.history[-LAST:]
    return (
        100 * statistics.mean(each.validation_wa or 0.0 for each in last),
        100 * statistics.mean(each.validation_ua or 0.0 for each in last),
        100 * max(each.validation_wa or 0.0 for each in state.history),
    )


def _row(variant: str, found: Sequence[tuple[float, float, float]]) -> str:
    cells = [
        f"{statistics.mean(column):.1f} ({', '.join(f'{value:.1f}' for value in column)})"
        for column in zip(*found, strict=True)
    ]
    return f"| {variant} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/accuracy"), help="where trainings are kept")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write the table here")
    options = parser.parse_args()
    found = {name: [_figures(train(name, seed, options.folder)) for seed in SEEDS] for name in VARIANTS}
    lines = [
        "# Accuracy beside speed",
        "",
        f"Written by `make bench-accuracy`. {machine()}.",
        "EmoDB, the validation part of the demo (96 utterances of two speakers, so that one is 1.0), 30 epochs,",
        f"seeds {', '.join(map(str, SEEDS))}; in percent, the mean over seeds and each seed.",
        "",
        f"| what | WA, mean of the last {LAST} epochs | UA, the same | WA, best epoch |",
        "| --- | --- | --- | --- |",
        *(_row(name, figures) for name, figures in found.items()),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
