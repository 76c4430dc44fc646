"""A folder of measured results: one row for each Run, its predictions beside it, and tables of all rows.

<folder>/<row>/row.json          what the row says, and what made it
<folder>/<row>/predictions.csv   the Run's predictions, out of which every figure of the row comes
<folder>/<row>/history.csv       every epoch of its trainings, where it has some
<folder>/<row>/recipe.toml       the Run's resolved recipe
<folder>/README.md, table.json, table.tex

Rows that share a corpus, a split and what is recognized are compared in pairs with one of them: the linear SVM, or of values
the ridge regression, where there is one, else the whole system of an ablation, else the first.
"""

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from serkit import files
from serkit.errors import RecipeError, RunError, UsageError
from serkit.metrics import (
    FEW_SPEAKERS,
    Difference,
    Estimate,
    Predictions,
    Scores,
    ValueScores,
    confusion,
    difference,
    error_difference,
    ua,
    wa,
)
from serkit.protocols.copies import without_copy
from serkit.recipe import catalogue, schema
from serkit.report import _published
from serkit.report._summary import judged, summary, unscored, valued
from serkit.runs import FINAL, Epoch, Run, read_rows
from serkit.runs import Row as Prediction
from serkit.types import Scale

ROW, PREDICTIONS, HISTORY, TABLES = "row.json", "predictions.csv", "history.csv", ("README.md", "table.json", "table.tex")

Row = dict[str, Any]


def add(run: Run, folder: Path, *, replace: bool = False) -> Path:
    """Make the Run a row of `folder` and write the tables anew.

    Raises RunError where the Run is not complete and scored, or, unless `replace`, another Run has its place.
    """
    row = _row_of(run)
    place: Path = folder / row["name"]
    rows = {each["name"]: each for each in _rows(folder)}
    if row["name"] in rows and rows[row["name"]]["run"] != row["run"] and not replace:
        raise RunError(f"{place} holds Run {rows[row['name']]['run']}; put this one in its place with --replace")
    rows[row["name"]] = row
    # All that can go wrong goes wrong before the first byte is written.
    sources = {name: (run.folder if name == row["name"] else folder / name) / PREDICTIONS for name in rows}
    tables = _tables(list(rows.values()), sources)
    (place / ROW).unlink(missing_ok=True)  # so that no row stands beside predictions that are not its own
    files.write(place / PREDICTIONS, sources[row["name"]].read_bytes())
    files.write(place / "recipe.toml", run.recipe_file.read_bytes())
    if history := _histories(run):
        files.write(place / HISTORY, history)
    files.write(place / ROW, _json(row))
    for name, text in tables.items():
        files.write(folder / name, text)
    return place


def write_tables(folder: Path) -> None:
    """README.md, table.json and table.tex of all rows of a folder. Raises RunError where one is damaged."""
    rows = _rows(folder)
    for name, text in _tables(rows, {row["name"]: folder / row["name"] / PREDICTIONS for row in rows}).items():
        files.write(folder / name, text)


def _row_of(run: Run) -> Row:
    """What a Run says as a row."""
    found, given = summary(run), valued(run) if run.info.task == "regression" else judged(run)
    scored = found.part == "test" and run.complete() and given is not None and not unscored(run, given)
    if not scored or not (run.folder / "scored.json").is_file():
        raise RunError(
            f"{run.folder}: only a complete Run whose whole test was scored becomes a row; "
            f"'serkit train --resume --out {run.folder} --score-test' scores it"
        )
    info = run.info
    recipe = schema.load_file(run.recipe_file)
    changed = _changed(info.recipe, recipe)
    name = Path(info.recipe).stem if info.recipe.endswith(".toml") else info.recipe.replace("/", "-")
    cut = recipe.budget == "full" and any(key.startswith("training.") for key in changed)
    results = [each for each in run.results() if each.fold != FINAL]
    epochs = [epoch for each in results for epoch in run.history(each.fold, each.seed)]
    tested = run.predictions("test")
    return {
        "name": f"{name}-{info.id}" if changed else name,
        "title": recipe.title + (f" (changed: {', '.join(changed)})" if changed else ""),
        "recipe": info.recipe,
        "system": info.system,
        "corpus": info.corpus.corpus,
        "protocol": info.protocol,
        "speaker_independent": info.speaker_independent,
        "budget": "screening" if cut else recipe.budget,
        "run": info.id,
        "command": info.command,
        "seeds": list(info.seeds),
        "folds": len(info.folds),
        "labels": list(info.labels),
        "n": len({each.utterance for each in tested}),
        "n_of_a_seed": sorted(Counter(each.seed for each in tested).values()),
        "recordings": len({without_copy(each.utterance) for each in tested}),
        **(_of_emotions(found.scores) if found.scores else {}),
        **({"by_corpus": _by_corpus(tested, info.labels)} if found.scores and "+" in info.corpus.corpus else {}),
        **(_of_values(found.values, info.scale) if found.values else {}),
        "epochs": sorted(each.epochs for each in results),
        "best_epochs": sorted(each.best_epoch for each in results),
        "hours": round(sum(each.seconds for each in epochs or results) / 3600, 2),
        "parameters": info.parameters,
        "device": info.device,
        "threads": info.threads,
        "precision": info.precision,
        "environment": dict(info.environment),
        "created": info.created,
        "warnings": list(found.warnings),
        "published": [each.model_dump(mode="json") for each in recipe.published],
    }


def _of_emotions(scores: Scores) -> Row:
    """The part of a row that says how well emotions were recognized."""
    return {
        "wa": _estimate(scores.wa),
        "ua": _estimate(scores.ua),
        "macro_f1": _estimate(scores.macro_f1),
        "fold_wa": _rounded(scores.fold_wa),
        "confusion": scores.confusion.tolist(),
    }


def _by_corpus(rows: Sequence[Prediction], labels: Sequence[str]) -> Row:
    """WA and UA on each corpus of several, means over seeds, and how many utterances these stand on."""
    found: dict[str, dict[int, list[Prediction]]] = {}
    for each in rows:
        found.setdefault(each.corpus, {}).setdefault(each.seed, []).append(each)
    scores: Row = {}
    for corpus, by_seed in sorted(found.items()):
        counts = [
            confusion(
                [labels.index(each.true) for each in own],
                [each.probabilities.index(max(each.probabilities)) for each in own],
                len(labels),
            )
            for own in by_seed.values()
        ]
        scores[corpus] = {
            "wa": _rounded(float(np.mean([wa(each) for each in counts]))),
            "ua": _rounded(float(np.mean([ua(each) for each in counts]))),
            "n": len({each.utterance for own in by_seed.values() for each in own}),
        }
    return scores


def _of_values(scores: ValueScores, scale: Scale | None) -> Row:
    """The same of values; scores are None where they do not exist."""
    return {
        "task": "regression",
        "scale": asdict(scale) if scale else None,
        **{key: _estimate(each) for key, each in scores.by_key.items()},
        "constant": {key: _rounded(value) for key, value in scores.constant.items()},
    }


def _histories(run: Run) -> str:
    """The epochs of all trainings as one table; nothing where there are none."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["fold", "seed", *(field.name for field in fields(Epoch))], lineterminator="\n")
    for each in run.results():
        for epoch in run.history(each.fold, each.seed):
            if not text.tell():
                writer.writeheader()
            writer.writerow({"fold": each.fold, "seed": each.seed} | asdict(epoch))
    return text.getvalue()


def _changed(name: str, recipe: schema.AnyRecipe) -> list[str]:
    """The keys in which a Run's recipe is not the one that comes with serkit under its name; none for a recipe of one's own."""
    try:
        original = schema.load(name) if name in catalogue.names() else recipe
    except RecipeError:
        return ["recipe"]
    one, other = (_flat(each.model_dump(mode="json", exclude={"title", "notes", "published"})) for each in (recipe, original))
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def _rows(folder: Path) -> list[Row]:
    """Every row of a folder. Raises RunError where one is damaged."""
    found = []
    for path in sorted(folder.glob(f"*/{ROW}")):
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
            _published.check(row)
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path}: damaged ({type(error).__name__}: {error})") from None
        found.append(row | {"name": path.parent.name})
    return found


def _tables(rows: Sequence[Row], sources: Mapping[str, Path]) -> dict[str, str]:
    """The tables' names and texts."""
    ordered = sorted(rows, key=lambda row: (*_published.place(row), row["parameters"] == 0, row["name"]))
    compared = [row | {"difference": _difference(row, _reference(row, ordered), sources)} for row in ordered]
    texts = (_published.markdown(compared), _json(compared), _published.latex(compared))
    return dict(zip(TABLES, texts, strict=True))


def _reference(row: Row, rows: Sequence[Row]) -> Row:
    """The row that those of one place are compared with."""
    own = [each for each in rows if _published.place(each) == _published.place(row)]
    linear = [each for each in own if each["system"] in ("linear_svm", "ridge")]
    whole = [each for each in own if each["recipe"].endswith("_full")]
    return (linear or whole or own)[0]


def _difference(row: Row, reference: Row, sources: Mapping[str, Path]) -> dict[str, Any] | None:
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
        score: {"value": _rounded(each.value), "low": _rounded(each.low), "high": _rounded(each.high), "p": _rounded(each.p)}
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
        return {"mae": error_difference(one, other, scale=_published.scale(row))}
    return dict(zip(("wa", "ua"), difference(one, other, len(row["labels"])), strict=True))


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
        utterances=[each.utterance for each in rows],
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


def _estimate(estimate: Estimate) -> dict[str, Any]:
    low, high = estimate.interval or (math.nan, math.nan)
    found = {"value": estimate.value, "low": low, "high": high}
    numbers = {key: _rounded(value) if math.isfinite(value) else None for key, value in found.items()}
    return {**numbers, "unit": estimate.unit, "units": estimate.units}


def _rounded(value: float) -> float:
    return round(value, 6)


def _json(values: Any) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
