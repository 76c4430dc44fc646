"""What rows of results that share a corpus, a split and what is recognized differ by, in pairs over the same recordings.

Each is compared with one of them: the linear SVM, or of values the ridge regression, where there is one, else the whole system
of an ablation, else the first.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from serkit import metrics
from serkit.errors import RunError, UsageError
from serkit.metrics import FEW_SPEAKERS, Difference, Predictions
from serkit.protocols.copies import without_copy
from serkit.recipe import catalogue
from serkit.report import _paths, _published
from serkit.runs import Row as Prediction
from serkit.runs import read_rows

Row = dict[str, Any]


def to_reference(row: Row, rows: Sequence[Row], sources: Mapping[str, Path]) -> dict[str, Any] | None:
    """The row's scores minus those of the row that it is compared with; `sources` are the predictions of each by its name."""
    return difference(row, _reference(row, rows), sources)


def _reference(row: Row, rows: Sequence[Row]) -> Row:
    """The row that those of one place are compared with."""
    own = [each for each in rows if _published.place(each) == _published.place(row)]
    linear = [each for each in own if each["system"] in ("linear_svm", "ridge")]
    whole = [each for each in own if each["recipe"] in _wholes(each["system"])]
    return (linear or whole or own)[0]


@cache
def _wholes(system: str) -> frozenset[str]:
    """The recipes of whole systems that have ablations."""
    return frozenset(catalogue.families(system))


def difference(row: Row, reference: Row, sources: Mapping[str, Path]) -> dict[str, Any] | None:
    """The row's scores minus the reference's, paired; for the reference itself None; in words why there is none."""
    if row["name"] == reference["name"]:
        return None
    if row["labels"] != reference["labels"]:
        return {"from": reference["name"], "why_not": "they have other labels"}
    seeds = _shared_seeds(row, reference)
    try:
        one, other = (_predictions(each, sources[each["name"]], seeds) for each in (row, reference))
        found = _differences(row, one, other)
    except UsageError as error:
        return {"from": reference["name"], "why_not": str(error)}
    units = next(iter(found.values())).units
    if row["speaker_independent"] and units < FEW_SPEAKERS:
        return {"from": reference["name"], "why_not": f"{units} speakers are too few"}
    return {"from": reference["name"], **({"seeds": seeds} if seeds else {})} | {
        score: {key: round(float(getattr(each, key)), 6) for key in ("value", "low", "high", "p")}
        for score, each in found.items()
    }


def _shared_seeds(row: Row, reference: Row) -> list[int] | None:
    """The seeds to compare two rows on, where these are not all: those of both, if seeds move folds and not weights alone."""
    shared = sorted(set(row["seeds"]) & set(reference["seeds"]))
    same = set(row["seeds"]) == set(reference["seeds"])
    return None if row["speaker_independent"] or same or not shared else shared


def _differences(row: Row, one: Predictions, other: Predictions) -> dict[str, Difference]:
    """By the scores that are compared: WA and UA, or of values the mean absolute error."""
    if _published.valued(row):
        return {"mae": metrics.error_difference(one, other, scale=_published.scale(row))}
    return dict(zip(("wa", "ua"), metrics.difference(one, other, len(row["labels"])), strict=True))


def _predictions(row: Row, path: Path, seeds: Sequence[int] | None) -> Predictions:
    """The row's test predictions, of some seeds or all, out of its own table. Raises RunError where that is damaged."""
    labels = row["labels"]
    rows = [each for each in read_rows(path, labels) if each.part == "test" and (seeds is None or each.seed in seeds)]
    true: list[float]
    if _published.valued(row):
        true, predicted = [_value(each, path) for each in rows], [each.probabilities[0] for each in rows]
    else:
        true = [_index(each, labels, path) for each in rows]
        predicted = [each.probabilities.index(max(each.probabilities)) for each in rows]
    return Predictions(
        true=true,
        predicted=predicted,
        utterances=_paths.relative([each.utterance for each in rows], every=True),
        groups=[each.speaker if row["speaker_independent"] else without_copy(each.utterance) for each in rows],
        seeds=[each.seed for each in rows],
    )


def _index(row: Prediction, labels: Sequence[str], path: Path) -> int:
    if row.true not in labels:
        raise RunError(f"{path}: '{row.utterance}' is '{row.true}', which is no label of its row")
    return labels.index(row.true)


def _value(row: Prediction, path: Path) -> float:
    try:
        return float(row.true)
    except ValueError:
        raise RunError(f"{path}: '{row.utterance}' is '{row.true}', which is no value") from None
