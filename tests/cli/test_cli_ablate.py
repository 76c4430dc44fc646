"""`serkit ablate`: a family trained, continued and told in one table, whose figures scikit-learn finds again."""

import csv
import json
import re
import shlex

import pytest
import torch
from sklearn.metrics import accuracy_score, recall_score

from serkit.cli import run
from serkit.recipe import catalogue
from serkit.runs import Run

FAMILY = """
[variants.screening_full]
title = "the whole"

[variants.screening_bare]
title = "no Transformer"
like = "screening_full"
model = { layers = 0 }

[variants.screening_long]
title = "longer"
like = "screening_full"
training.epochs = 3
"""
HOLDOUT = "{type='speaker_holdout', test=['03', '08', '09', '15', '16'], validation=['13', '12']}"


@pytest.fixture(autouse=True)
def family(tmp_path, monkeypatch, tiny_recipe, small_corpus):
    """One system with a family of three, on a corpus of three sentences."""
    folder = tmp_path / "recipes"
    (folder / "cnn_transformer").mkdir(parents=True)
    text = tiny_recipe.read_text(encoding="utf-8")
    (folder / "cnn_transformer" / "tiny.toml").write_text(text + FAMILY, encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", folder)
    monkeypatch.setenv("SERKIT_DATA", str(small_corpus.parent))
    monkeypatch.setattr("serkit.report.ablation.ROUNDS", 1)
    monkeypatch.chdir(tmp_path)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def asked(small_corpus):
    """The command on the small corpus."""

    def command(*more):
        return ["ablate", "cnn_transformer", "--corpus", f"emodb={small_corpus}", "--threads", "1", *more]

    return command


def told(capsys, *given):
    assert run(list(given)) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys, *given):
    assert run(list(given)) == 2
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return printed.err.splitlines()[-1]


def test_a_family_is_trained_scored_and_told(capsys, asked, tmp_path):
    arguments = asked("--seeds", "2", "--protocol", HOLDOUT, "--out", str(tmp_path / "runs"), "--json")
    asking = [*arguments, "--score-test", "--markdown", str(tmp_path / "table.md")]
    found = told(capsys, *asking)
    assert found["part"] == "test"
    assert found["units"] == "5 speakers"
    assert [row["name"] for row in found["rows"]] == ["screening_full", "screening_bare", "screening_long"]
    scores = []
    for row in found["rows"]:
        with (tmp_path / "runs" / row["name"] / "predictions.csv").open(newline="", encoding="utf-8") as stream:
            lines = [line for line in csv.DictReader(stream) if line["part"] == "test"]
        labels = [key for key in lines[0] if key.startswith("p_")]
        by_seed = []
        for seed in ("0", "1"):
            own = [line for line in lines if line["seed"] == seed]
            true = [line["true"] for line in own]
            predicted = [max(labels, key=lambda label: float(line[label]))[2:] for line in own]
            there = sorted(set(true))
            by_seed.append((accuracy_score(true, predicted), recall_score(true, predicted, labels=there, average="macro")))
        scores.append([sum(values) / 2 for values in zip(*by_seed, strict=True)])
        assert [row["wa"]["value"], row["ua"]["value"]] == pytest.approx(scores[-1])
        assert (row["seeds"], row["state"]) == (2, "scored")
        assert row["milliseconds"] > 0
    assert found["rows"][0]["difference"] is None
    for row, own in zip(found["rows"][1:], scores[1:], strict=True):
        for place, score in enumerate(("wa", "ua")):
            apart = row["difference"][score]
            assert apart["value"] == pytest.approx(own[place] - scores[0][place])
            assert apart["low"] <= apart["value"] <= apart["high"]
            assert 0 < apart["p"] <= 1
            assert apart["units"] == 5
    whole, bare = found["rows"][:2]
    assert bare["parameters"] < whole["parameters"]
    assert bare["multiply_adds"] < whole["multiply_adds"]
    ledger = (tmp_path / "runs" / "ledger.csv").read_text(encoding="utf-8").splitlines()
    assert len(ledger) == 1 + 3
    text = (tmp_path / "table.md").read_text(encoding="utf-8")
    shown = [re.sub(r"(^|=)/.*/", r"\1.../", each.replace(f"{tmp_path}/", "")) for each in asking]  # it is the working folder
    assert text.startswith(f"# Ablations of cnn_transformer\n\nWritten by `serkit {shlex.join(shown)}`.\n")
    assert str(tmp_path) not in text
    assert f"| screening_bare | {100 * bare['wa']['value']:.1f} [" in text
    assert text.count("\n| screening_") == 3
    assert "Test scores" in text
    assert f"; of {bare['n']} utterances and 2 seeds. Intervals" in text
    ids = [
        json.loads((tmp_path / "runs" / row["name"] / "scored.json").read_text(encoding="utf-8"))["run"]
        for row in found["rows"]
    ]
    assert all(text.count(f"| {each} |") == 1 for each in ids)
    assert "over 5 speakers" in text

    state = (tmp_path / "runs" / "screening_bare" / "folds" / "holdout-1" / "result.json").stat().st_mtime_ns
    again = told(capsys, *arguments)  # nothing is left to do
    assert [row["wa"] for row in again["rows"]] == [row["wa"] for row in found["rows"]]
    assert (tmp_path / "runs" / "screening_bare" / "folds" / "holdout-1" / "result.json").stat().st_mtime_ns == state
    assert len((tmp_path / "runs" / "ledger.csv").read_text(encoding="utf-8").splitlines()) == 4


def test_what_is_not_run_says_so(capsys, asked, tmp_path):
    rows = told(capsys, *asked("--show", "--json"))["rows"]
    assert [(row["state"], row["wa"], row["run"]) for row in rows] == [("not run", None, None)] * 3
    told(capsys, *asked("--seeds", "1", "--only", "screening_bare", "--json"))
    assert (tmp_path / "runs" / "ablations" / "cnn_transformer-emodb" / "screening_bare" / "run.json").is_file()
    found = told(capsys, *asked("--show", "--json"))
    assert [row["state"] for row in found["rows"]] == ["scored", "scored", "not run"]
    assert found["part"] == "validation"
    assert found["units"] == "utterances of 2 speakers, so that they say nothing about other voices"
    judged = Run(tmp_path / "runs" / "ablations" / "cnn_transformer-emodb" / "screening_bare").predictions("validation")
    assert found["rows"][1]["difference"]["wa"]["units"] == len(judged) > 20
    assert run(asked("--show")) == 0
    printed = capsys.readouterr().out
    assert "screening_long  not run" in printed
    assert "Validation scores, hold-out of speakers" in printed


def test_half_a_run_is_no_score(capsys, asked, tmp_path):
    told(capsys, *asked("--seeds", "2", "--only", "screening_bare", "--json"))
    folder = tmp_path / "runs" / "ablations" / "cnn_transformer-emodb" / "screening_bare"
    (folder / "folds" / "holdout-1" / "result.json").unlink()
    rows = told(capsys, *asked("--show", "--json"))["rows"]
    assert [row["state"] for row in rows] == ["scored", "1 of 2 trainings done", "not run"]
    assert rows[1]["wa"] is None
    rows = told(capsys, *asked("--seeds", "2", "--only", "screening_bare", "--json"))["rows"]
    assert rows[1]["state"] == "scored"
    assert Run(folder).complete()


def test_another_corpus_needs_another_split(capsys):
    said = refused(capsys, "ablate", "cnn_transformer", "--corpus", "ravdess", "--show")
    assert "names speakers of emodb; choose another with --protocol" in said
    found = told(capsys, "ablate", "cnn_transformer", "--corpus", "ravdess", "--protocol", "k_fold", "--show", "--json")
    assert len(found["rows"]) == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["mpaf"], "no system 'mpaf' with ablations; known are cnn_transformer"),
        (["cnn_transformer", "--only", "bare"], "--only bare: no such ablation of cnn_transformer; there are screening_full,"),
        (["cnn_transformer", "--corpus", "nowhere"], "no such corpus"),
        (["cnn_transformer", "--protocol", "k_flod"], "no type 'k_flod'"),
        (["cnn_transformer", "--protocol", "{type='k_fold'"], "protocol"),
        (["cnn_transformer", "--set", "training.epochs=0"], "training.epochs"),
        (["cnn_transformer", "--show", "--score-test"], "--show tells what is there"),
        (["cnn_transformer", "--seeds", "0"], "--seeds"),
    ],
)
def test_what_makes_no_sense(capsys, given, said):
    assert said in refused(capsys, "ablate", *given)


def test_other_seeds_want_another_folder(capsys, asked):
    told(capsys, *asked("--seeds", "1", "--only", "screening_bare", "--json"))
    assert "other seeds than were asked for" in refused(capsys, *asked("--seeds", "2", "--only", "screening_bare"))
    assert "another recipe" in refused(capsys, *asked("--seeds", "1", "--set", "training.epochs=1"))
