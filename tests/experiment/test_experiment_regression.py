"""A regression from recipe to recognized value, on a corpus of moments whose values follow from its emotions."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import serkit
from serkit import audio, corpora, experiment
from serkit.cli import run as command
from serkit.errors import CorpusError, RecipeError, RunError
from serkit.experiment import Machine
from serkit.recipe import schema
from serkit.report import ablation, publish
from serkit.runs import Run

AROUSAL = {"angry": 4.0, "happy": 3.5, "fearful": 3.0, "disgust": 2.5, "neutral": 2.0, "bored": 1.5, "sad": 1.0}
LETTERS = {"W": "angry", "L": "bored", "E": "disgust", "A": "fearful", "F": "happy", "T": "sad", "N": "neutral"}
LEARNED = ["corpus.target=arousal", "training.loss=l1", "training.epochs=3"]


@pytest.fixture
def valued_corpus(small_corpus, small_ids, monkeypatch):
    """The small corpus, each utterance with a value."""

    def parse(path):
        found = corpora.EMODB.parse(path)
        return found and replace(found, values={"arousal": AROUSAL[found.label]})

    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, ids=small_ids, parse=parse))
    before = torch.get_num_threads()
    yield small_corpus
    torch.set_num_threads(before)


@pytest.fixture
def trained(valued_corpus, tiny_recipe, tmp_path):
    """A Run of two seeds, its test scored."""
    recipe = schema.load(str(tiny_recipe), LEARNED)
    plan = experiment.start(
        "tiny", recipe, Machine("cpu", 1, 1, "float32"), (0, 1), tmp_path / "run", valued_corpus, "serkit train it"
    )
    experiment.train(plan, final=False, jobs=1, notify=lambda _: None)
    experiment.score_test(plan, tmp_path / "ledger.csv", "serkit train it --score-test", lambda _: None)
    return plan.run


def rows_of(run, part):
    with (run.folder / "predictions.csv").open(newline="", encoding="utf-8") as stream:
        return [line for line in csv.DictReader(stream) if line["part"] == part]


def test_from_recipe_to_value(trained, capsys):
    info = trained.info
    assert (info.task, info.labels) == ("regression", ("arousal",))
    rows = rows_of(trained, "test")
    assert set(rows[0]) == {"utterance", "corpus", "speaker", "fold", "seed", "part", "true", "predicted"}
    assert all(float(row["true"]) == AROUSAL[LETTERS[row["utterance"][5]]] for row in rows)

    # The scores of the terminal are those of the table.
    assert command(["report", str(trained.folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["scores"]
    errors, correlations = [], []
    for seed in ("0", "1"):
        own = [row for row in rows if row["seed"] == seed]
        true, found = (np.array([float(row[key]) for row in own]) for key in ("true", "predicted"))
        errors.append(np.abs(true - found).mean())
        correlations.append(np.corrcoef(true, found)[0, 1])
    assert (told["part"], told["target"]) == ("test", "arousal")
    assert told["mae"]["value"] == pytest.approx(np.mean(errors), abs=1e-6)
    assert told["pearson"]["value"] == pytest.approx(np.mean(correlations), abs=1e-6)
    page = (trained.folder / "report.html").read_text(encoding="utf-8")
    assert "values of arousal" in page
    assert page.count('<circle class="dot"') == len(rows)
    assert "the epoch with the smallest validation loss" in page
    assert (trained.folder / "figures" / "scatter.png").is_file()
    assert not (trained.folder / "figures" / "confusion.png").exists()

    # The exported model says what the table says.
    model = trained.fold("holdout", 0) / "model.onnx"
    recognizer = serkit.load(model)
    assert (recognizer.spec.task, recognizer.spec.labels) == ("regression", ("arousal",))
    assert {"validation_mae", "validation_ccc", "test_mae", "test_n"} <= recognizer.spec.scores.keys()
    paths = {path.stem: path for path in audio.find(Path(info.corpus_root))}
    for row in [row for row in rows if row["seed"] == "0"][:6]:
        prediction = recognizer(paths[row["utterance"]])
        assert prediction.value == pytest.approx(float(row["predicted"]), abs=1e-4)
        assert prediction.to_dict()["scale"] == "arousal"
        assert repr(prediction).startswith(f"Prediction(arousal {prediction.value:.2f}")
        with pytest.raises(ValueError, match="no emotion"):
            _ = prediction.emotion


def test_every_format_of_predict(trained, capsys):
    model = str(trained.fold("holdout", 0) / "model.onnx")
    clip = str(next(iter(audio.find(Path(trained.info.corpus_root)))))
    value = serkit.load(model)(clip).value
    assert command(["predict", clip, "--model", model]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["arousal", "seconds", "recording"]
    assert float(line.split()[0]) == pytest.approx(value, abs=1e-3)
    assert command(["predict", clip, "--model", model, "--format", "csv"]) == 0
    head, line = csv.reader(capsys.readouterr().out.splitlines())
    assert head == ["path", "duration", "arousal"]
    assert float(line[2]) == pytest.approx(value, abs=1e-5)
    assert command(["predict", clip, "--model", model, "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["scale"], found["value"]) == ("arousal", pytest.approx(value))
    assert command(["predict", clip, "--model", model, "--format", "csv", "--segments"]) == 0
    assert capsys.readouterr().out.startswith("path,start,end,arousal\n")


def test_the_epoch_with_the_smallest_loss_is_kept(trained):
    for result in trained.results():
        history = trained.history(result.fold, result.seed)
        losses = [epoch.validation_loss for epoch in history]
        assert all(epoch.train_wa is epoch.validation_wa is None for epoch in history)
        assert result.best_epoch == losses.index(min(losses)) + 1
        own = [row for row in rows_of(trained, "validation") if row["seed"] == str(result.seed)]
        error = np.mean([abs(float(row["true"]) - float(row["predicted"])) for row in own])
        assert min(losses) == pytest.approx(error, abs=1e-5)


@pytest.mark.parametrize("loss", ["l2", "ccc"])
def test_other_losses_learn(valued_corpus, tiny_recipe, tmp_path, loss):
    recipe = schema.load(str(tiny_recipe), ["corpus.target=arousal", f"training.loss={loss}", "training.epochs=4"])
    plan = experiment.start("tiny", recipe, Machine("cpu", 1, 1, "float32"), (0,), tmp_path / loss, valued_corpus, "it")
    experiment.train(plan, final=False, jobs=1, notify=lambda _: None)
    history = plan.run.history("holdout", 0)
    assert history[-1].train_loss < history[0].train_loss


def test_baselines_of_values(valued_corpus, tmp_path):
    """Ridge on our own functionals, and the constant; both through the same Runs."""
    errors = {}
    for kind in ("ridge", "constant"):
        overrides = ["corpus.target=arousal", f"classifier={{type='{kind}'}}"]
        recipe = schema.load("baseline/emodb/is10", overrides)
        machine = Machine("cpu", 1, 1, "float64")
        plan = experiment.start(kind, recipe, machine, (0,), tmp_path / kind, valued_corpus, "it")
        experiment.train(plan, final=False, jobs=1, notify=lambda _: None)
        experiment.score_test(plan, tmp_path / "ledger.csv", "it", lambda _: None)
        rows = rows_of(plan.run, "test")
        errors[kind] = np.mean([abs(float(row["true"]) - float(row["predicted"])) for row in rows])
        assert plan.run.info.labels == ("arousal",)
    found = {row["predicted"] for row in rows if row["fold"] == rows[0]["fold"]}
    assert len(found) == 1  # the constant's
    assert errors["constant"] > 0


def test_utterances_without_an_emotion_want_a_map(valued_corpus, small_ids, tiny_recipe, tmp_path, monkeypatch):
    def parse(path):
        found = corpora.EMODB.parse(path)
        return found and replace(found, label="" if found.label == "bored" else found.label)

    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, ids=small_ids, parse=parse))
    arguments = (Machine("cpu", 1, 1, "float32"), (0,), tmp_path / "run", valued_corpus, "it")
    with pytest.raises(CorpusError, match=r"emodb: \d+ of \d+ .* have no emotion; take a label map .*6_common"):
        experiment.start("tiny", schema.load(str(tiny_recipe)), *arguments)
    plan = experiment.start("tiny", schema.load(str(tiny_recipe), ["corpus.labels=6_common"]), *arguments)
    assert "" not in plan.run.info.labels


def test_what_does_not_fit_is_said(trained, valued_corpus, tiny_recipe, tmp_path, capsys):
    with pytest.raises(RecipeError, match=r"corpus\.target arousal asks for values, which l1, l2 and ccc are losses of"):
        schema.load(str(tiny_recipe), ["corpus.target=arousal"])
    with pytest.raises(RecipeError, match=r"without corpus\.target there are no values"):
        schema.load(str(tiny_recipe), ["training.loss=l1"])
    with pytest.raises(RecipeError, match="for values of arousal take constant or ridge"):
        schema.load("baseline/emodb", ["corpus.target=arousal"])
    recipe = schema.load(str(tiny_recipe), ["corpus.target=valence", "training.loss=l1"])
    with pytest.raises(CorpusError, match="have no valence; its scales are arousal"):
        experiment.start("tiny", recipe, Machine("cpu", 1, 1, "float32"), (0,), tmp_path / "no", valued_corpus, "it")
    with pytest.raises(RunError, match="this table is one of emotions"):
        publish.add(trained, tmp_path / "results")
    with pytest.raises(RunError, match="this table is one of emotions"):
        ablation.ablation([ablation.Member("whole", "t", trained, 1, 1)])
    model = str(trained.fold("holdout", 0) / "model.onnx")
    assert command(["evaluate", model, "--corpus", f"emodb={valued_corpus}"]) == 2
    assert "it recognizes values of arousal" in capsys.readouterr().err
    assert Run(trained.folder).info.task == "regression"
