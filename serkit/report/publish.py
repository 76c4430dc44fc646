"""A folder of measured results: one row for each Run, its predictions beside it, and tables of all rows.

<folder>/<row>/row.json          what the row says, and what made it
<folder>/<row>/predictions.csv   the Run's predictions, out of which every figure of the row comes
<folder>/<row>/recipe.toml       the Run's resolved recipe
<folder>/README.md, table.json, table.tex
"""

import csv
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from serkit import files
from serkit.errors import RunError
from serkit.metrics import Estimate, Predictions, difference
from serkit.protocols.copies import without_copy
from serkit.report._summary import read_recipe, summary
from serkit.runs import Run

ROW, TABLES = "row.json", ("README.md", "table.json", "table.tex")


def add(run: Run, folder: Path) -> Path:
    """Make the Run a row of `folder`, in place of an earlier one of its recipe, and write the tables anew.

    Raises RunError where the Run's test set was not scored or a training is missing.
    """
    found = summary(run)
    if found.part != "test" or found.scores is None or not run.complete():
        raise RunError(
            f"{run.folder}: only a complete Run whose test set was scored becomes a row; "
            f"'serkit train --resume --out {run.folder} --score-test' scores it"
        )
    info, recipe, results = run.info, read_recipe(run), run.results()
    name = Path(info.recipe).with_suffix("").name if info.recipe.endswith(".toml") else info.recipe.replace("/", "-")
    scores = found.scores
    row = {
        "title": recipe["title"],
        "recipe": info.recipe,
        "system": info.system,
        "corpus": info.corpus.corpus,
        "protocol": info.protocol,
        "speaker_independent": info.speaker_independent,
        "budget": recipe["budget"],
        "run": info.id,
        "command": info.command,
        "seeds": list(info.seeds),
        "folds": len(info.folds),
        "labels": list(info.labels),
        "n": scores.n,
        "recordings": len({without_copy(each.utterance) for each in run.predictions("test")}),
        "wa": _estimate(scores.wa),
        "ua": _estimate(scores.ua),
        "macro_f1": _estimate(scores.macro_f1),
        "fold_wa": _rounded(scores.fold_wa),
        "confusion": scores.confusion.tolist(),
        "epochs": sorted(each.epochs for each in results),
        "best_epochs": sorted(each.best_epoch for each in results),
        "hours": round(sum(each.seconds for each in results) / 3600, 2),
        "parameters": info.parameters,
        "device": info.device,
        "threads": info.threads,
        "precision": info.precision,
        "environment": dict(info.environment),
        "created": info.created,
        "warnings": list(found.warnings),
        "published": recipe.get("published", []),
    }
    files.write(folder / name / "predictions.csv", (run.folder / "predictions.csv").read_bytes())
    files.write(folder / name / "recipe.toml", run.recipe_file.read_bytes())
    files.write(folder / name / ROW, _json(row))  # last: a row whose files are whole
    write_tables(folder)
    return folder / name


def write_tables(folder: Path) -> None:
    """README.md, table.json and table.tex of all rows of a folder. Raises RunError where one is damaged."""
    rows = _rows(folder)
    compared = [row | {"difference": _difference(folder, row, rows)} for row in rows]
    files.write(folder / "table.json", _json(compared))
    files.write(folder / "README.md", _markdown(compared))
    files.write(folder / "table.tex", _latex(compared))


def _rows(folder: Path) -> list[dict[str, Any]]:
    """Every row, those that share a split together, systems before baselines."""
    found = []
    for path in sorted(folder.glob(f"*/{ROW}")):
        try:
            found.append({"name": path.parent.name} | json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise RunError(f"{path}: damaged ({error})") from None
    return sorted(found, key=lambda row: (row["corpus"], _split(row), row["recipe"].startswith("baseline/"), row["name"]))


def _split(row: Mapping[str, Any]) -> str:
    """The protocol without what chose a checkpoint: rows that share it judge the same utterances."""
    parts = str(row["protocol"]).split(", ")
    return ", ".join(part for part in parts if not part.startswith(("checkpoint:", "cost:")))


def _difference(folder: Path, row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The row against the first of its split: score minus score, paired; None for the first itself."""
    first = next(each for each in rows if (each["corpus"], _split(each)) == (row["corpus"], _split(row)))
    if first["name"] == row["name"]:
        return None
    found = difference(_predictions(folder, row), _predictions(folder, first), len(row["labels"]))
    return {"from": first["name"]} | {
        score: {"value": _rounded(each.value), "low": _rounded(each.low), "high": _rounded(each.high), "p": _rounded(each.p)}
        for score, each in zip(("wa", "ua"), found, strict=True)
    }


def _predictions(folder: Path, row: Mapping[str, Any]) -> Predictions:
    """The row's test predictions, out of its own table."""
    labels = row["labels"]
    path = folder / row["name"] / "predictions.csv"
    columns: tuple[list[Any], ...] = ([], [], [], [], [])
    with path.open(newline="", encoding="utf-8") as stream:
        for line in csv.DictReader(stream):
            if line["part"] != "test":
                continue
            probabilities = [float(line[f"p_{label}"]) for label in labels]
            group = line["speaker"] if row["speaker_independent"] else without_copy(line["utterance"])
            values = (
                labels.index(line["true"]),
                probabilities.index(max(probabilities)),
                line["utterance"],
                group,
                int(line["seed"]),
            )
            for column, value in zip(columns, values, strict=True):
                column.append(value)
    return Predictions(*columns)


COLUMNS = ("what", "WA", "UA", "n", "seeds", "epochs", "budget", "Run")


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    epochs = f"{statistics.median(row['best_epochs']):g} of {max(row['epochs'])}" if max(row["epochs"]) else "-"
    items = f"{row['n']} ({row['recordings']} recordings)" if row["n"] != row["recordings"] else str(row["n"])
    scores = (_with_interval(row[score]) for score in ("wa", "ua"))
    return (row["title"], *scores, items, str(len(row["seeds"])), epochs, row["budget"], row["run"])


def _markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table for each split, the differences below it, then what made each row."""
    lines = [
        "# Measured results",
        "",
        "Written by `serkit publish`; every figure comes from the `predictions.csv` of its row. WA and UA in percent with 95 %",
        "intervals (bootstrap over speakers where speakers are kept apart, else over recordings), computed on the pooled test",
        "predictions of a seed and averaged over seeds. Epochs: median of the epoch that was kept, of at most so many trained.",
    ]
    for split in dict.fromkeys((row["corpus"], _split(row)) for row in rows):
        own = [row for row in rows if (row["corpus"], _split(row)) == split]
        lines += ["", f"## {split[0]}: {split[1]}", "", _line(COLUMNS), _line(["---"] * len(COLUMNS))]
        lines += [_line(_cells(row)) for row in own]
        differences = [_difference_in_words(row, own[0]["title"]) for row in own if row["difference"]]
        lines += ["", *differences] if differences else []
        warnings = [f"- {row['title']}: {warning}" for row in own for warning in row["warnings"]]
        lines += ["", "To be read with them:", "", *warnings] if warnings else []
    lines += ["", "## What made them", ""]
    for row in rows:
        commit, _, changes = row["environment"].get("commit", "installed").partition(" ")
        machine = f"{row['device']}, {row['threads']} threads, {row['precision']}, {row['hours']:g} h"
        lines += [
            f"- `{row['name']}` (Run {row['run']}, serkit {commit[:12]} {changes}; {machine}): `{row['command']}`".replace(
                " ;", ";"
            )
        ]
    figures = {(each["value"], each["citation"]): each for row in rows for each in row["published"]}
    if figures:
        lines += ["", "## Published figures, and why they are not comparable", ""]
    for each in figures.values():
        lines += [f"- {each['value']} {each['metric']}, {each['source']} ({each['citation']}); {each['protocol']}."]
        lines += [f"  - {reason}" for reason in each["differs"]]
    return "\n".join(lines) + "\n"


def _difference_in_words(row: Mapping[str, Any], reference: str) -> str:
    parts = []
    few = row["wa"]["low"] is None
    for score in ("wa", "ua"):
        each = row["difference"][score]
        value, low, high = (f"{100 * each[key]:+.1f}" for key in ("value", "low", "high"))
        parts.append(f"{score.upper()} {value}" if few else f"{score.upper()} {value} [{low}, {high}], p = {each['p']:.3g}")
    return f"- {row['title']}, against {reference}: {'; '.join(parts)}."


def _latex(rows: Sequence[Mapping[str, Any]]) -> str:
    """One table for a paper (package booktabs)."""
    columns = ("", "WA", "UA", "$n$", "seeds")
    body = []
    for split in dict.fromkeys((row["corpus"], _split(row)) for row in rows):
        body += [rf"\midrule \multicolumn{{5}}{{l}}{{\emph{{{_escaped(f'{split[0]}: {split[1]}')}}}}} \\"]
        for row in rows:
            if (row["corpus"], _split(row)) == split:
                title, wa, ua, items, seeds, *_ = _cells(row)
                body += [" & ".join((_escaped(title), *(_escaped(each) for each in (wa, ua, items, seeds)))) + r" \\"]
    head = " & ".join(columns) + r" \\"
    return "\n".join([r"\begin{tabular}{lrrrr}", r"\toprule", head, *body, r"\bottomrule", r"\end{tabular}", ""])


def _escaped(text: str) -> str:
    for character in "&%$#_{}":
        text = text.replace(character, rf"\{character}")
    return text


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _with_interval(estimate: Mapping[str, Any]) -> str:
    value = f"{100 * estimate['value']:.1f}"
    return f"{value} [{100 * estimate['low']:.1f}, {100 * estimate['high']:.1f}]" if estimate["low"] is not None else value


def _estimate(estimate: Estimate) -> dict[str, Any]:
    low, high = estimate.interval or (None, None)
    bounds = {"low": low if low is None else _rounded(low), "high": high if high is None else _rounded(high)}
    return {"value": _rounded(estimate.value), **bounds, "unit": estimate.unit, "units": estimate.units}


def _rounded(value: float) -> float:
    return round(value, 6)


def _json(values: Any) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
