"""What a Run folder records: plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from serkit.types import Scale, Source
from serkit.types import Task as Learned

Part = Literal["validation", "test"]
FINAL = "all"
"""The fold of `train --final`: all data, no validation, no test."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One row of history.csv: accuracies are fractions, None of values, `seconds` are the epoch's own.

    Losses are what the recipe asks for in training, the mean cross-entropy to hard targets in validation; of values the same
    in both.

    `stage` is the module that was trained by itself, or "whole"; epochs are counted through all stages.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    train_wa: float | None
    validation_loss: float | None
    validation_wa: float | None
    validation_ua: float | None
    seconds: float
    stage: str = "whole"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of predictions.csv: `probabilities` in the order of the Run's labels; `true` is a label.

    Of a regression `true` is the value as a text, and `probabilities` is the one predicted value.
    """

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
class Task:
    """One training: a fold of one seed."""

    fold: str
    seed: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What has just happened: `done` of `total` utterances read, or an epoch of at most `total` finished, or all of it."""

    task: Task
    stage: Literal["features", "epoch", "finished"]
    done: int
    total: int
    epoch: Epoch | None = None


@dataclass(frozen=True, slots=True)
class RunInfo:
    """run.json: what is known before the first epoch. `fingerprint` covers whatever changes a result.

    `parameters` is 0 for a classifier that is no network. `labels` are the emotions, or the name of the one scale of a
    regression, and `scale` its ends as the corpus gives them, None where they are not known. `checksums` is whether the Run
    keeps some, as those of before do not.
    """

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
    task: Learned = "classification"
    scale: Scale | None = None
    checksums: bool = False

    @property
    def id(self) -> str:
        """The Run's short name: the fingerprint's first twelve digits."""
        return self.fingerprint[:12]
