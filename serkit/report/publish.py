"""A folder of measured results: one row for each Run, its predictions beside it, and tables of all rows.

<folder>/<row>/row.json          what the row says, and what made it
<folder>/<row>/predictions.csv   the Run's predictions, out of which every figure of the row comes
<folder>/<row>/history.csv       every epoch of its trainings, where it has some
<folder>/<row>/recipe.toml       the Run's resolved recipe
<folder>/README.md, table.json, table.tex

Rows that share a corpus, a split and what is recognized are compared in pairs with one of them (`_paired`).
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
from serkit.errors import RecipeError, RunError
from serkit.metrics import (
    Estimate,
    Scores,
    ValueScores,
    confusion,
    ua,
    wa,
)
from serkit.protocols.copies import without_copy
from serkit.recipe import catalogue, schema
from serkit.report import _paths, _published
from serkit.report._judged import judged, valued
from serkit.report._paired import to_reference
from serkit.report._summary import summary
from serkit.report._warnings import unscored
from serkit.runs import FINAL, Epoch, Run
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
    files.folder(files.folder(folder) / row["name"])
    (place / ROW).unlink(missing_ok=True)  # so that no row stands beside predictions that are not its own
    files.write(place / PREDICTIONS, _without_folders(sources[row["name"]]))
    _write(place / "recipe.toml", _paths.shortened(run.recipe_file.read_text(encoding="utf-8")))
    if history := _histories(run):
        _write(place / HISTORY, history)
    _write(place / ROW, _json(row))
    for name, text in tables.items():
        _write(folder / name, text)
    return place


def _write(path: Path, text: str) -> None:
    """Names may hold what UTF-8 cannot."""
    files.write(path, text.encode("utf-8", "backslashreplace"))


def _without_folders(path: Path) -> bytes:
    """The table as it is, but for utterances that go by absolute paths: where these lie is their owner's business."""
    content = path.read_bytes()
    head, *rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    names = [row[head.index("utterance")] for row in rows]
    told = _paths.relative(names)
    if told == names:
        return content
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(
        [name if key == "utterance" else cell for key, cell in zip(head, row, strict=True)]
        for name, row in zip(told, rows, strict=True)
    )
    return text.getvalue().encode()


def write_tables(folder: Path) -> None:
    """README.md, table.json and table.tex of all rows of a folder. Raises RunError where one is damaged."""
    rows = _rows(folder)
    for name, text in _tables(rows, {row["name"]: folder / row["name"] / PREDICTIONS for row in rows}).items():
        _write(folder / name, text)


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
    edited: list[str] = list(getattr(run, "edited", ()))
    notes = [f"changed: {', '.join(changed)}"] if changed else []
    notes += ["edited after it was written"] if edited else []
    title = recipe.title + "".join(f" ({note})" for note in notes)
    return {
        "name": f"{name}-{info.id}" if changed else name,
        "title": _paths.shortened(title),
        "recipe": _paths.shortened(info.recipe),
        "system": info.system,
        "corpus": info.corpus.corpus,
        "protocol": info.protocol,
        "speaker_independent": info.speaker_independent,
        "budget": "screening" if cut else recipe.budget,
        "run": info.id,
        "command": _paths.command(info.command),
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
        "environment": {key: _paths.shortened(value) for key, value in info.environment.items()},
        "created": info.created,
        "warnings": [_paths.shortened(warning) for warning in found.warnings],
        **({"edited": edited} if edited else {}),
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
    compared = [row | {"difference": to_reference(row, ordered, sources)} for row in ordered]
    texts = (_published.markdown(compared), _json(compared), _published.latex(compared))
    return dict(zip(TABLES, texts, strict=True))


def _estimate(estimate: Estimate) -> dict[str, Any]:
    low, high = estimate.interval or (math.nan, math.nan)
    found = {"value": estimate.value, "low": low, "high": high}
    numbers = {key: _rounded(value) if math.isfinite(value) else None for key, value in found.items()}
    return {**numbers, "unit": estimate.unit, "units": estimate.units}


def _rounded(value: float) -> float:
    return round(value, 6)


def _json(values: Any) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
