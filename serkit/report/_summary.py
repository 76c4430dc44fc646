"""What a Run's predictions come to, and what has to be said beside the figures. The page and the terminal both use this."""

import shlex
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from serkit import metrics
from serkit.errors import RunError
from serkit.metrics import FEW_SPEAKERS, Scores, Unit, ValueScores
from serkit.protocols.copies import without_copy
from serkit.runs import FINAL, Part, Row, Run
from serkit.types import Scale

BUDGETS = {
    "demo": "A demonstration of a few minutes: no benchmark.",
    "screening": "A screening with fewer epochs or seeds than its recipe asks for: no benchmark.",
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a Run came to.

    `scores` are those of `part`: of the test predictions, or of the validation predictions where no test set was scored.
    Both are None where nothing was predicted yet. `values` are the scores of a regression, in place of `scores`. `warnings`
    are whole sentences that belong beside the figures.
    """

    part: Part | None
    scores: Scores | None
    protocol: str
    warnings: tuple[str, ...]
    values: ValueScores | None = None


@dataclass(frozen=True, slots=True)
class Valued:
    """The predicted values that are reported: `true` and `predicted` (n,) on the `scale` named `target`."""

    part: Part
    target: str
    scale: Scale | None
    rows: tuple[Row, ...]
    true: npt.NDArray[np.float64]
    predicted: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """The predictions that are reported: `true`, `predicted` (n,) class indices, `probabilities` (n, classes)."""

    part: Part
    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    true: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]


def summary(run: Run) -> Summary:
    """The scores of a Run with what has to be said beside them. Raises RunError where the folder is damaged."""
    return summarize(run, valued(run) if run.info.task == "regression" else judged(run))


def summarize(run: Run, given: Judged | Valued | None) -> Summary:
    """The same, of predictions that are read already."""
    if isinstance(given, Valued):
        own = values_of(given, run.info.speaker_independent)
        return Summary(given.part, None, run.info.protocol, tuple(_warnings(run, given)), own)
    return Summary(
        part=given.part if given else None,
        scores=scores_of(given, run.info.speaker_independent) if given else None,
        protocol=run.info.protocol,
        warnings=tuple(_warnings(run, given)),
    )


def judged(run: Run) -> Judged | None:
    """The test predictions, else the validation predictions, else None. Raises RunError for a label that the Run lacks."""
    if run.info.task == "regression":
        raise RunError(f"{run.folder}: its predictions are values of {run.info.labels[0]}, and this table is one of emotions")
    part, rows = _reported(run)
    if not rows:
        return None
    labels = run.info.labels
    for row in rows:
        if row.true not in labels:
            raise RunError(f"{run.folder / 'predictions.csv'}: '{row.utterance}' is '{row.true}', a label that run.json lacks")
    probabilities = np.array([row.probabilities for row in rows])  # (n, classes)
    true = np.array([labels.index(row.true) for row in rows], np.int64)
    return Judged(part, labels, tuple(rows), true, probabilities.argmax(1), probabilities)


def valued(run: Run) -> Valued | None:
    """The same of a regression. Raises RunError where a value is none."""
    part, rows = _reported(run)
    if not rows:
        return None
    try:
        true = np.array([float(row.true) for row in rows])
    except ValueError as error:
        raise RunError(f"{run.folder / 'predictions.csv'}: damaged ({error})") from None
    predicted = np.array([row.probabilities[0] for row in rows])
    return Valued(part, run.info.labels[0], run.info.scale, tuple(rows), true, predicted)


def _reported(run: Run) -> tuple[Part, list[Row]]:
    """The rows of the test, or of validation where no test was scored."""
    everything = run.predictions()
    part: Part = "test" if any(row.part == "test" for row in everything) else "validation"
    return part, [row for row in everything if row.part == part]


def read_recipe(run: Run) -> dict[str, Any]:
    """The Run's recipe as plain values. Raises RunError where it is missing or damaged."""
    try:
        return tomllib.loads(run.recipe_file.read_text(encoding="utf-8", errors="surrogateescape"))
    except (OSError, ValueError) as error:
        raise RunError(f"{run.recipe_file}: missing or damaged ({str(error).splitlines()[0]})") from None


def missing(run: Run) -> list[tuple[str, int]]:
    """(fold, seed) of every training that is not complete."""
    done = {(result.fold, result.seed) for result in run.results()}
    return [(fold, seed) for seed in run.info.seeds for fold in run.info.folds if (fold, seed) not in done]


def final_only(run: Run) -> bool:
    """Whether the Run is one training on all data, which leaves nothing to score."""
    folds = {result.fold for result in run.results()}
    return folds == {FINAL}


def scores_of(given: Judged, by_speaker: bool) -> Scores:
    """The scores; intervals over speakers, where the protocol keeps them apart, or over utterances."""
    rows = given.rows
    names = [row.utterance for row in rows]
    groups = [row.speaker if by_speaker else without_copy(row.utterance) for row in rows]
    distinct = len(set(names))
    # One utterance may be validated by several folds of a seed, so that only (utterance, fold) names a prediction.
    scores = metrics.score(
        given.true,
        given.predicted,
        len(given.labels),
        utterances=[f"{row.utterance}\0{row.fold}" for row in rows],
        groups=groups,
        seeds=[row.seed for row in rows],
        folds=[row.fold for row in rows],
    )
    unit: Unit = "speaker" if by_speaker else "utterance"
    units = len(set(groups))
    wa, ua, macro_f1 = (replace(each, n=distinct, unit=unit, units=units) for each in (scores.wa, scores.ua, scores.macro_f1))
    return replace(scores, wa=wa, ua=ua, macro_f1=macro_f1, n=distinct)


def values_of(given: Valued, by_speaker: bool) -> ValueScores:
    """The scores of values; intervals over speakers, where the protocol keeps them apart, or over utterances."""
    rows = given.rows
    return metrics.score_values(
        given.true,
        given.predicted,
        utterances=[row.utterance for row in rows],
        groups=[row.speaker if by_speaker else without_copy(row.utterance) for row in rows],
        seeds=[row.seed for row in rows],
        unit="speaker" if by_speaker else "utterance",
        scale=given.scale,
    )


def _warnings(run: Run, given: Judged | Valued | None) -> list[str]:
    """Whole sentences, the gravest first."""
    info = run.info
    found = []
    lacking = [] if final_only(run) else missing(run)
    if given is None and final_only(run):
        found.append("Not scored: it was trained on all utterances, so that none was left to judge it by.")
    elif given is None:
        found.append("Nothing has been scored: this Run holds no predictions.")
    elif given.part == "validation":
        command = f"serkit train --resume --out {shlex.quote(str(run.folder))} --score-test"
        unseen = "the test set has not been scored. To score it"
        own = "of the test utterances, which chose the epoch. To enter them as such"
        found.append(f"Validation scores: {own if info.selection == 'leaky_test' else unseen}: {command}")
    if lacking:
        total = len(info.folds) * len(info.seeds)
        found.append(f"Incomplete: {total - len(lacking)} of {total} trainings are finished; missing are {_named(lacking)}.")
    if given is not None and (without := unscored(run, given, lacking)):
        found.append(f"Partly scored: finished without {given.part} predictions are {_named(without)}.")
    budget = str(read_recipe(run).get("budget", "full"))
    if budget != "full":
        found.append(BUDGETS.get(budget, f"Budget '{budget}': no full run, no benchmark."))
    if "leaky" in info.selection and not final_only(run):
        found.append("Leaky: the epoch was chosen by test scores, which makes them too good.")
    if "leaky_copies" in info.protocol:
        found.append("Leaky: noisy copies of tested recordings were trained on, which makes the scores too good.")
    if given is not None and (copies := sum(row.utterance != without_copy(row.utterance) for row in given.rows)):
        recordings = len({without_copy(row.utterance) for row in given.rows})
        found.append(
            f"{copies} of the {len(given.rows)} scored items are noisy copies; behind all are {recordings} recordings."
        )
    if given is not None and info.speaker_independent:
        speakers = len({row.speaker for row in given.rows})
        if speakers < FEW_SPEAKERS:
            people = "1 speaker" if speakers == 1 else f"{speakers} speakers"
            found.append(f"Scored on {people} only: they say little about others, and have no interval.")
    return found


def unscored(run: Run, given: Judged | Valued, lacking: Sequence[tuple[str, int]] = ()) -> list[tuple[str, int]]:
    """(fold, seed) of every training without predictions of the part that was judged, but those that are `lacking` anyway."""
    there = {(row.fold, row.seed) for row in given.rows} | set(lacking)
    return [(fold, seed) for seed in run.info.seeds for fold in run.info.folds if (fold, seed) not in there]


def _named(trainings: Sequence[tuple[str, int]]) -> str:
    shown = ", ".join(f"fold {fold} seed {seed}" for fold, seed in trainings[:10])
    return shown + (f" and {len(trainings) - 10} more" if len(trainings) > 10 else "")
