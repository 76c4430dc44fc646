"""What is published: every figure recomputed by scikit-learn from the predictions beside it, every row in the ledger."""

import csv
import json
from collections import defaultdict
from pathlib import Path

import pytest
from sklearn.metrics import accuracy_score, f1_score, recall_score

RESULTS = Path(__file__).parents[1] / "results"
ROWS = sorted(RESULTS.glob("*/*/row.json"))


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("path", ROWS, ids=[path.parent.name for path in ROWS])
def test_a_row_is_what_its_predictions_say(path):
    row = json.loads(path.read_text(encoding="utf-8"))
    found = defaultdict(lambda: ([], []))
    for line in rows_of(path.parent / "predictions.csv"):
        if line["part"] == "test":
            true, predicted = found[int(line["seed"])]
            true.append(line["true"])
            predicted.append(max(row["labels"], key=lambda label: float(line[f"p_{label}"])))
    assert sorted(found) == sorted(row["seeds"])
    scores = defaultdict(list)
    for true, predicted in found.values():
        there = sorted(set(true))
        scores["wa"].append(accuracy_score(true, predicted))
        scores["ua"].append(recall_score(true, predicted, labels=there, average="macro", zero_division=0))
        scores["macro_f1"].append(f1_score(true, predicted, labels=there, average="macro", zero_division=0))
    for name, values in scores.items():
        assert row[name]["value"] == pytest.approx(sum(values) / len(values), abs=1e-6)
    table = json.loads((path.parents[1] / "table.json").read_text(encoding="utf-8"))
    assert any(each["run"] == row["run"] for each in table)
    assert f"{100 * row['wa']['value']:.1f}" in (path.parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ROWS, ids=[path.parent.name for path in ROWS])
def test_a_row_is_in_the_ledger_once(path):
    row = json.loads(path.read_text(encoding="utf-8"))
    entries = [entry for entry in rows_of(RESULTS / "ledger.csv") if entry["run"] == row["run"]]
    assert len(entries) == 1
    assert float(entries[0]["wa"]) == pytest.approx(row["wa"]["value"], abs=1e-4)


@pytest.mark.parametrize("path", ROWS, ids=[path.parent.name for path in ROWS])
def test_no_utterance_is_learned_from_and_tested(path):
    """Validation rows stand for what chose the weights: in no fold of a seed do they meet the tested ones."""
    parts = defaultdict(set)
    row = json.loads(path.read_text(encoding="utf-8"))
    for line in rows_of(path.parent / "predictions.csv"):
        key = line["speaker"] if row["speaker_independent"] else line["utterance"]
        parts[line["seed"], line["fold"], line["part"]].add(key)
    for (seed, fold, part), names in parts.items():
        if part == "test":
            assert not names & parts.get((seed, fold, "validation"), set())
