"""What is published: every figure recomputed by scikit-learn from the predictions beside it, every row in the ledger."""

import csv
import json
from collections import defaultdict
from pathlib import Path

import pytest
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, recall_score

RESULTS = Path(__file__).parents[1] / "results"
ROWS = sorted(RESULTS.glob("*/*/row.json"))
ABLATIONS = sorted(RESULTS.glob("*/ablation.md"))


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def valued(row):
    return row.get("task") == "regression"


def judged(row, line):
    """Truth and prediction of a line: emotions, or values."""
    if valued(row):
        return float(line["true"]), float(line["predicted"])
    return line["true"], max(row["labels"], key=lambda label: float(line[f"p_{label}"]))


def scores_of(row, true, predicted):
    if valued(row):
        return {"mae": mean_absolute_error(true, predicted)}
    there = sorted(set(true))
    return {
        "wa": accuracy_score(true, predicted),
        "ua": recall_score(true, predicted, labels=there, average="macro", zero_division=0),
        "macro_f1": f1_score(true, predicted, labels=there, average="macro", zero_division=0),
    }


@pytest.mark.parametrize("path", ROWS, ids=[path.parent.name for path in ROWS])
def test_a_row_is_what_its_predictions_say(path):
    row = json.loads(path.read_text(encoding="utf-8"))
    found = defaultdict(list)
    for line in rows_of(path.parent / "predictions.csv"):
        if line["part"] == "test":
            found[int(line["seed"])].append(judged(row, line))
    assert sorted(found) == sorted(row["seeds"])
    scores = defaultdict(list)
    for pairs in found.values():
        for name, value in scores_of(row, *zip(*pairs, strict=True)).items():
            scores[name].append(value)
    for name, values in scores.items():
        assert row[name]["value"] == pytest.approx(sum(values) / len(values), abs=1e-6)
    table = json.loads((path.parents[1] / "table.json").read_text(encoding="utf-8"))
    assert any(each["run"] == row["run"] for each in table)
    printed = f"{row['mae']['value']:.3f}" if valued(row) else f"{100 * row['wa']['value']:.1f}"
    assert printed in (path.parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ROWS, ids=[path.parent.name for path in ROWS])
def test_a_row_is_in_the_ledger_once(path):
    row = json.loads(path.read_text(encoding="utf-8"))
    entries = [entry for entry in rows_of(RESULTS / "ledger.csv") if entry["run"] == row["run"]]
    assert len(entries) == 1
    score = "mae" if valued(row) else "wa"
    assert float(entries[0][score]) == pytest.approx(row[score]["value"], abs=1e-4)


@pytest.mark.parametrize("path", ABLATIONS, ids=[path.parent.name for path in ABLATIONS])
def test_a_table_of_ablations_says_what_its_rows_say(path):
    lines = [line.split(" | ") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("| screening_")]
    rows = [json.loads(row.read_text(encoding="utf-8")) for row in path.parent.glob("*/row.json")]
    by_variant = {row["recipe"].rpartition("/")[2]: row for row in rows}
    assert lines
    for name, wa, ua, *_ in lines:
        if wa == "not run":
            continue
        row = by_variant[name.removeprefix("| ")]
        for told, score in ((wa, row["wa"]), (ua, row["ua"])):
            value, _, interval = told.partition(" ")
            assert value == f"{100 * score['value']:.1f}"
            if score["low"] is None:  # a row of two speakers has no interval over them; the table's is over utterances
                low, high = map(float, interval.strip("[]").split(", "))
                assert low <= float(value) <= high
            else:
                assert interval == f"[{100 * score['low']:.1f}, {100 * score['high']:.1f}]"


@pytest.mark.parametrize("path", ROWS, ids=[path.parent.name for path in ROWS])
def test_no_utterance_is_learned_from_and_tested(path):
    """Validation rows stand for what chose the weights: in no fold of a seed do they meet the tested ones.

    Where tested recordings choose by design, the name and a warning say so.
    """
    parts = defaultdict(set)
    row = json.loads(path.read_text(encoding="utf-8"))
    leaky = any(warning.startswith("Leaky: the epoch was chosen by test scores") for warning in row["warnings"])
    assert leaky == row["recipe"].endswith("leaky_test")
    for line in rows_of(path.parent / "predictions.csv"):
        key = line["speaker"] if row["speaker_independent"] else line["utterance"]
        parts[line["seed"], line["fold"], line["part"]].add(key)
    for (seed, fold, part), names in parts.items():
        if part == "test":
            assert names & parts.get((seed, fold, "validation"), set()) == (names if leaky else set())
