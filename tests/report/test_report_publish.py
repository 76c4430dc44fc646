"""Folders of results: every figure recomputed from the predictions that lie beside it, by scikit-learn."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from sklearn.metrics import accuracy_score, recall_score

from serkit import corpora, experiment
from serkit.cli import run as command
from serkit.errors import RunError
from serkit.recipe import schema
from serkit.report import publish
from serkit.runs import Run

HOLDOUT = "protocol={type='speaker_holdout', test=['03', '08', '09', '15', '16'], validation=['13', '12']}"


@pytest.fixture(scope="module")
def scored(small_emodb, small_ids, tiny_recipe, tmp_path_factory):
    """Two scored Runs on one split, a system of two seeds and the majority, and one that was not scored."""
    folder = tmp_path_factory.mktemp("published")
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, ids=small_ids))
        for name, seeds in ((str(tiny_recipe), (0, 1)), ("baseline/emodb/majority", (0,)), (str(tiny_recipe), (5,))):
            recipe = schema.load(name, [HOLDOUT])
            machine = experiment.Machine("cpu", 1, 1, "float32")
            plan = experiment.start(name, recipe, machine, seeds, folder / f"run{len(found)}", small_emodb, "serkit train it")
            experiment.train(plan, final=False, jobs=1, notify=lambda _: None)
            if len(found) < 2:
                ask = f"serkit train {Path(name).stem} --score-test"
                experiment.score_test(plan, folder / "ledger.csv", ask, lambda _: None)
            found.append(plan.run.folder)
    return found


def test_every_figure_comes_from_the_predictions(scored, tmp_path, capsys):
    to = tmp_path / "results"
    assert command(["publish", str(scored[0]), str(scored[1]), "--to", str(to)]) == 0
    assert "table.tex" in capsys.readouterr().out
    table = json.loads((to / "table.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in table] == ["tiny", "baseline-emodb-majority"]
    for row, folder in zip(table, scored, strict=False):
        with (to / row["name"] / "predictions.csv").open(newline="", encoding="utf-8") as stream:
            lines = [line for line in csv.DictReader(stream) if line["part"] == "test"]
        scores = {"wa": [], "ua": []}
        for seed in row["seeds"]:
            own = [line for line in lines if int(line["seed"]) == seed]
            true = [line["true"] for line in own]
            predicted = [max(row["labels"], key=lambda label: float(line[f"p_{label}"])) for line in own]
            scores["wa"].append(accuracy_score(true, predicted))
            scores["ua"].append(recall_score(true, predicted, labels=sorted(set(true)), average="macro", zero_division=0))
        for name, values in scores.items():
            assert row[name]["value"] == pytest.approx(sum(values) / len(values), abs=1e-6)
        assert row["n"] == len({line["utterance"] for line in lines})
        assert row["run"] == Run(folder).info.id
        assert row["command"] == "serkit train it"
    first, other = table
    assert first["difference"] is None
    assert other["difference"]["from"] == "tiny"
    assert other["difference"]["wa"]["value"] == pytest.approx(other["wa"]["value"] - first["wa"]["value"], abs=2e-6)
    text = (to / "README.md").read_text(encoding="utf-8")
    for row in table:
        assert f"| {100 * row['wa']['value']:.1f} [{100 * row['wa']['low']:.1f}, {100 * row['wa']['high']:.1f}] |" in text
        assert f"(Run {row['run']}, serkit " in text
        assert f"`{row['command']}`" in text
    assert "no benchmark" in text  # the demo's budget
    latex = (to / "table.tex").read_text(encoding="utf-8")
    assert latex.count(r" \\") == 1 + 1 + 2
    assert "%" not in latex.replace(r"\%", "")
    assert "_" not in latex.replace(r"\_", "")
    assert str(scored[0]) not in "".join(path.read_text(encoding="utf-8") for path in to.rglob("*") if path.is_file())


def test_a_row_takes_the_place_of_an_earlier_one(scored, tmp_path):
    for _ in range(2):
        publish.add(Run(scored[0]), tmp_path)
    publish.add(Run(scored[1]), tmp_path)
    assert len(json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))) == 2


def test_what_was_not_scored_is_no_row(scored, tmp_path, capsys):
    with pytest.raises(RunError, match="only a complete Run whose test set was scored"):
        publish.add(Run(scored[2]), tmp_path / "to")
    assert not (tmp_path / "to").exists()
    assert command(["publish", str(tmp_path), "--to", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("serkit: error: ")


def test_a_damaged_row_is_named(scored, tmp_path):
    publish.add(Run(scored[0]), tmp_path)
    (tmp_path / "tiny" / "row.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match=r"row\.json: damaged"):
        publish.write_tables(tmp_path)
