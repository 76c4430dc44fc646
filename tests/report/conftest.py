"""A Run folder as a training would leave it: EmoDB, leave-one-speaker-out, with probabilities out of a seeded generator."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serkit import corpora
from serkit.labels import ordered
from serkit.runs import Epoch, Result, Row, Run, RunInfo, write_history, write_result, write_rows
from serkit.types import Source, Utterance

ROOT = Path(__file__).parents[2] / "data" / "emodb"
SPEAKERS = tuple(sorted(corpora.EMODB.speakers))
RECIPE = """title = "CNN + Transformer on EmoDB: leave one speaker out"
budget = "{budget}"
notes = "The paper's network on the bundled corpus."
rate = 16000

[training]
epochs = 60
batch_size = 32

[[published]]
metric = "accuracy"
value = 80.46
source = "Table 2"
citation = "An, Ruan: J. Phys.: Conf. Ser. 1861 (2021) 012064"
protocol = "one random hold-out, size not stated"
differs = ["another corpus", "the same speakers in training and test", "one split and one seed, no interval"]
"""


def information(seeds: Sequence[int], folds: Sequence[str]) -> RunInfo:
    return RunInfo(
        fingerprint="3f9a0c51b7de" + "0" * 52,
        recipe="cnn_transformer/emodb",
        system="cnn_transformer",
        corpus=Source("emodb", "CC0-1.0", 535),
        corpus_root=str(ROOT),
        labels=ordered(set(corpora.EMODB.counts)),
        protocol="leave-one-speaker-out, speaker-independent",
        speaker_independent=True,
        selection="validation",
        folds=tuple(folds),
        seeds=tuple(seeds),
        parameters=248_391,
        device="cpu x 1",
        precision="float32",
        threads=1,
        environment={"serkit": "0.1.0", "python": "3.11.9", "torch": "2.13.0", "numpy": "2.4.0", "platform": "Linux x86_64"},
        created="2025-11-21T09:20:00+00:00",
        command="serkit train cnn_transformer/emodb --corpus emodb=data/emodb --out runs/emodb-loso",
    )


def history(rng: np.random.Generator, epochs: int) -> list[Epoch]:
    def falling(floor: float, pace: float) -> Any:
        return floor + (1.95 - floor) * np.exp(-np.arange(epochs) / pace) + rng.normal(0, 0.03, epochs)

    train, validation = falling(0.05, 12), falling(0.75 + 0.2 * rng.random(), 8)
    wa = np.clip(0.74 - 0.55 * np.exp(-np.arange(epochs) / 9) + rng.normal(0, 0.025, epochs), 0, 1)
    own = np.clip(1 - 0.8 * np.exp(-np.arange(epochs) / 10) + rng.normal(0, 0.01, epochs), 0, 1)
    return [
        Epoch(i + 1, 0.01, float(train[i]), float(own[i]), float(validation[i]), float(wa[i]), float(wa[i]) - 0.02, 6.1)
        for i in range(epochs)
    ]


def predictions(rng: np.random.Generator, clips: Sequence[Utterance], *, fold: str, seed: int, part: Any) -> list[Row]:
    labels = ordered(set(corpora.EMODB.counts))
    rows = []
    for clip in clips:
        logits = rng.normal(0, 1, len(labels))
        logits[labels.index(clip.label)] += 2.4
        if clip.label == "happy":
            logits[labels.index("angry")] += 1.9
        probabilities = np.exp(logits * 1.6) / np.exp(logits * 1.6).sum()
        rows.append(Row(clip.id, "emodb", clip.speaker, fold, seed, part, clip.label, tuple(map(float, probabilities))))
    return rows


@pytest.fixture(scope="session")
def emodb() -> list[Utterance]:
    return corpora.EMODB.read(ROOT)


@pytest.fixture(scope="session")
def make_run(emodb: list[Utterance]) -> Callable[..., Run]:
    """A function that writes a Run below a folder.

    `parts` are those with predictions, `unfinished` the (fold, seed) without result, `rename` gives utterances other ids.
    """

    def make(
        folder: Path,
        *,
        seeds: Sequence[int] = (0, 1),
        folds: Sequence[str] = SPEAKERS,
        parts: Sequence[str] = ("validation", "test"),
        unfinished: Sequence[tuple[str, int]] = (),
        budget: str = "full",
        rename: Mapping[str, str] | None = None,
        **changes: Any,
    ) -> Run:
        info = replace(information(seeds, folds), **changes)
        run = Run.create(folder, info, RECIPE.format(budget=budget))
        for seed in seeds:
            for fold in folds:
                if (fold, seed) not in unfinished:
                    _train(run, emodb, fold, seed, parts=parts, rename=rename or {})
        run.collect()
        return run

    return make


def _train(run: Run, emodb: list[Utterance], fold: str, seed: int, *, parts: Sequence[str], rename: Mapping[str, str]) -> None:
    rng = np.random.default_rng([seed, int(fold)])
    follow = [SPEAKERS[(SPEAKERS.index(fold) + step) % len(SPEAKERS)] for step in (1, 2)]
    clips = {"test": [c for c in emodb if c.speaker == fold], "validation": [c for c in emodb if c.speaker in follow]}
    here = run.fold(fold, seed)
    epochs = history(rng, int(rng.integers(45, 61)))
    write_history(here / "history.csv", epochs)
    for part in parts:
        rows = predictions(rng, clips[part], fold=fold, seed=seed, part=part)
        renamed = [replace(row, utterance=rename.get(row.utterance, row.utterance)) for row in rows]
        write_rows(here / f"{part}.csv", renamed, run.info.labels)
    best = max(epochs, key=lambda epoch: epoch.validation_wa or 0.0).epoch
    sizes = (535 - len(clips["test"]) - len(clips["validation"]), len(clips["validation"]), len(clips["test"]))
    write_result(here / "result.json", Result(fold, seed, best, len(epochs), 6.1 * len(epochs), *sizes, (fold,)))
