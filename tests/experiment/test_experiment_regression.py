"""A regression from recipe to recognized value, on a corpus of moments whose values follow from its emotions."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile as sf
import torch
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error

import serkit
from serkit import audio, corpora, experiment
from serkit.cli import run as command
from serkit.errors import CorpusError, RecipeError, RunError
from serkit.experiment import Machine
from serkit.recipe import schema
from serkit.report import ablation, publish
from serkit.runs import Run
from serkit.types import Scale

AROUSAL = {"angry": 4.0, "happy": 3.5, "fearful": 3.0, "disgust": 2.5, "neutral": 2.0, "bored": 1.5, "sad": 1.0}
SCALES = {
    "arousal": Scale(1, 5),
    "valence": Scale(1, 5),
    "dominance": Scale(1, 7),
    "sentiment": Scale(-3, 3, zero="positive"),
}
LETTERS = {"W": "angry", "L": "bored", "E": "disgust", "A": "fearful", "F": "happy", "T": "sad", "N": "neutral"}
HOLDOUT = "protocol={type='speaker_holdout', test=['15', '16'], validation=['13', '12']}"
HELD = {"12", "13", "15", "16"}
LEARNED = ["corpus.target=arousal", "training.loss=l1", "training.epochs=3"]


def values_of(utterance):
    """Made up, but told by the sound: neutral sentences have the sentiment 0."""
    arousal = AROUSAL[utterance.label]
    return {"arousal": arousal, "valence": 5 - arousal, "dominance": arousal + 2, "sentiment": arousal - 2}


def valued(ids):
    """EmoDB made to consist of these, each with a value on each of four scales."""

    def parse(path):
        found = corpora.EMODB.parse(path)
        return found and replace(found, values=values_of(found))

    return replace(corpora.EMODB, ids=ids, parse=parse, scales=SCALES)


@pytest.fixture
def valued_corpus(small_emodb, small_ids, monkeypatch):
    """The small corpus with its values."""
    monkeypatch.setitem(corpora.CORPORA, "emodb", valued(small_ids))
    before, known = torch.get_num_threads(), dict(corpora.CORPORA)
    yield small_emodb
    torch.set_num_threads(before)
    corpora.CORPORA.clear()  # a corpus that was taken out goes back where it was: their order is told
    corpora.CORPORA.update(known)


@pytest.fixture(scope="module")
def trained_once(small_emodb, small_ids, tiny_recipe, tmp_path_factory):
    """A Run of two seeds, its test scored."""
    folder, recipe = tmp_path_factory.mktemp("regression"), schema.load(str(tiny_recipe), LEARNED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(corpora.CORPORA, "emodb", valued(small_ids))
        machine = Machine("cpu", 1, 1, "float32")
        plan = experiment.start("tiny", recipe, machine, (0, 1), folder / "run", small_emodb, "serkit train it")
        experiment.train(plan, final=False, jobs=1, notify=lambda _: None)
        experiment.score_test(plan, folder / "ledger.csv", "serkit train it --score-test", lambda _: None)
    return plan.run


@pytest.fixture
def trained(trained_once, valued_corpus, tmp_path):  # noqa: ARG001 - the corpus is there
    """A copy of it."""
    shutil.copytree(trained_once.folder, tmp_path / "run")
    return Run(tmp_path / "run")


def scored(recipe, overrides, corpus, folder, seeds=(0,)):
    """A Run, its test scored."""
    chosen = schema.load(recipe, overrides)
    plan = experiment.start(recipe, chosen, Machine("cpu", 1, 1, "float32"), seeds, folder, corpus, "serkit train it")
    experiment.train(plan, final=False, jobs=1, notify=lambda _: None)
    experiment.score_test(plan, folder.parent / "ledger.csv", "serkit train it --score-test", lambda _: None)
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
    assert "values of arousal from 1 to 5" in page
    assert "Sentiment" not in page  # a scale of another kind
    assert page.count('<circle class="dot"') == len(rows)
    assert "the epoch with the smallest validation loss" in page
    assert (trained.folder / "figures" / "scatter.png").is_file()
    assert not (trained.folder / "figures" / "confusion.png").exists()

    # The exported model says what the table says.
    model = trained.fold("holdout", 0) / "model.onnx"
    recognizer = serkit.load(model)
    assert (recognizer.spec.task, recognizer.spec.labels) == ("regression", ("arousal",))
    assert recognizer.spec.scale == info.scale == Scale(1, 5)
    assert {"validation_mae", "validation_ccc", "test_mae", "test_n"} <= recognizer.spec.scores.keys()
    paths = {path.stem: path for path in audio.find(Path(info.corpus_root)).recordings}
    for row in [row for row in rows if row["seed"] == "0"][:6]:
        prediction = recognizer(paths[row["utterance"]])
        assert prediction.value == pytest.approx(float(row["predicted"]), abs=1e-4)
        assert (prediction.to_dict()["scale"], prediction.to_dict()["range"]) == ("arousal", [1, 5])
        assert repr(prediction).startswith(f"Prediction(arousal {prediction.value:.2f} of 1 to 5; ")
        with pytest.raises(ValueError, match="no emotion"):
            _ = prediction.emotion


def test_the_ledger_says_what_values_scored(trained_once):
    with (trained_once.folder.parent / "ledger.csv").open(newline="", encoding="utf-8") as stream:
        (entry,) = csv.DictReader(stream)
    errors, concordances = [], []
    for seed in ("0", "1"):
        own = [row for row in rows_of(trained_once, "test") if row["seed"] == seed]
        x, y = (np.array([float(row[key]) for row in own]) for key in ("true", "predicted"))
        errors.append(np.abs(x - y).mean())
        concordances.append(2 * np.cov(x, y, ddof=0)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2))
    assert (entry["mae"], entry["ccc"]) == (f"{np.mean(errors):.4f}", f"{np.mean(concordances):.4f}")
    assert (entry["wa"], entry["ua"], entry["n"]) == ("", "", str(len(own)))


def test_every_format_of_predict(trained, capsys):
    model = str(trained.fold("holdout", 0) / "model.onnx")
    clip = str(next(iter(audio.find(Path(trained.info.corpus_root)).recordings)))
    value = serkit.load(model)(clip).value
    assert command(["predict", clip, "--model", model]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["arousal", "(1", "to", "5)", "seconds", "kHz", "recording"]
    assert float(line.split()[0]) == pytest.approx(value, abs=1e-3)
    assert command(["predict", clip, "--model", model, "--format", "csv"]) == 0
    head, line = csv.reader(capsys.readouterr().out.splitlines())
    assert head == ["path", "duration", "arousal", "low", "high", "speech", "band", "warnings"]
    assert float(line[2]) == pytest.approx(value, abs=1e-5)
    assert line[3:5] == ["1", "5"]
    assert 0 < float(line[5]) <= 1
    assert command(["predict", clip, "--model", model, "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["scale"], found["value"], found["range"]) == ("arousal", pytest.approx(value), [1, 5])
    assert command(["predict", clip, "--model", model, "--format", "csv", "--segments"]) == 0
    assert capsys.readouterr().out.startswith("path,start,end,arousal,low,high,speech,band,warnings\n")


def test_a_model_that_does_not_know_its_range(trained, tmp_path, capsys, respecified):
    """As models of values were written before."""
    respecified(trained.fold("holdout", 0) / "model.onnx", tmp_path / "old.onnx", lambda values: values.pop("scale"))
    clip = str(next(iter(audio.find(Path(trained.info.corpus_root)).recordings)))
    prediction = serkit.load(tmp_path / "old.onnx")(clip)
    assert (prediction.scale, prediction.to_dict()["range"]) == (None, None)
    assert repr(prediction).startswith(f"Prediction(arousal {prediction.value:.2f}; ")
    assert command(["predict", clip, "--model", str(tmp_path / "old.onnx")]) == 0
    assert capsys.readouterr().out.split()[:4] == ["arousal", "seconds", "kHz", "recording"]
    assert command(["predict", clip, "--model", str(tmp_path / "old.onnx"), "--format", "csv"]) == 0
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())
    assert (row["low"], row["high"]) == ("", "")


def test_a_run_that_does_not_know_its_range(trained, capsys):
    """As Runs of values were written before."""
    path = trained.folder / "run.json"
    info = json.loads(path.read_text(encoding="utf-8"))
    assert info.pop("scale") == {"low": 1, "high": 5, "zero": None}
    path.write_text(json.dumps(info), encoding="utf-8")
    assert command(["report", str(trained.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"]["range"] is None
    path.write_text(json.dumps(info | {"scale": {"low": 5, "high": 1}}), encoding="utf-8")
    with pytest.raises(RunError, match=r"run\.json: damaged .*\(scale: 5 to 1 with"):
        Run(trained.folder)


def test_sentiment_is_reported_beside_the_constant(valued_corpus, tiny_recipe, tmp_path, capsys):
    """A model that knows what follows from neither Run nor corpus: that 0 is positive."""
    run = scored(str(tiny_recipe), ["corpus.target=sentiment", "training.loss=l1"], valued_corpus, tmp_path / "run")
    rows = rows_of(run, "test")
    true, found = (np.array([float(row[key]) for row in rows]) for key in ("true", "predicted"))
    always = np.full(len(true), np.median(true))
    assert 0 < (true == 0).sum() < len(true)
    corpora.CORPORA.pop("emodb")  # reports need no corpus; the fixture puts it back
    assert command(["report", str(run.folder), "--json", "--no-audio"]) == 0
    told = json.loads(capsys.readouterr().out)["scores"]
    assert (told["range"], told["n"]) == ([-3, 3], len(rows))
    for key, of in {
        "acc_2_has0": lambda x: accuracy_score(true >= 0, x >= 0),
        "acc_2_non0": lambda x: accuracy_score(true[true != 0] > 0, x[true != 0] > 0),
        "f1_non0": lambda x: f1_score(true[true != 0] > 0, x[true != 0] > 0, average="weighted"),
        "acc_7": lambda x: accuracy_score(np.round(true), np.round(np.clip(x, -3, 3))),
    }.items():
        assert told[key]["value"] == pytest.approx(of(found)), key
        assert told["constant"][key] == pytest.approx(of(always)), key
        assert told[key]["units"] == 2
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    line = page[page.index("Acc-2 (without 0)") :].split("</tr>")[0]
    assert [each.split("<")[0] for each in line.split('class="num">')[1:]] == [
        f"{100 * told['acc_2_non0']['value']:.1f} %", "–", f"{100 * told['constant']['acc_2_non0']:.1f} %"
    ]  # fmt: skip
    assert command(["report", str(run.folder), "--no-audio"]) == 0
    printed = capsys.readouterr().out
    assert "test scores of sentiment (-3 to 3): " in printed
    (line,) = [line for line in printed.splitlines() if line.startswith("Acc-7")]
    assert line.split()[1:5] == [f"{100 * told['acc_7']['value']:.1f}", "%", f"{100 * told['constant']['acc_7']:.1f}", "%"]


def test_a_correlation_that_does_not_exist(valued_corpus, tmp_path, capsys):
    """One constant for all that is tested."""
    run = scored(
        "baseline/emodb/is10",
        ["corpus.target=arousal", "classifier={type='constant'}", HOLDOUT],
        valued_corpus,
        tmp_path / "run",
    )
    assert command(["report", str(run.folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["scores"]
    assert (told["pearson"]["value"], told["pearson"]["interval"]) == (None, None)
    assert told["ccc"]["value"] == pytest.approx(0)
    assert command(["report", str(run.folder)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Pearson")]
    assert line.split()[:3] == ["Pearson", "-", "-"]
    assert "does not exist" in (run.folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", ["valence", "arousal", "dominance"])
def test_one_recipe_learns_any_scale_by_its_name(valued_corpus, tiny_recipe, tmp_path, target):
    overrides = [f"corpus.target={target}", "training.loss=ccc", "training.epochs=1"]
    run = scored(str(tiny_recipe), overrides, valued_corpus, tmp_path / target)
    assert (run.info.labels, run.info.scale) == ((target,), SCALES[target])
    utterances = {each.id: each for each in corpora.CORPORA["emodb"].read(valued_corpus)}
    for row in rows_of(run, "test"):
        assert float(row["true"]) == utterances[row["utterance"]].values[target]


def test_evaluate_scores_values_of_another_corpus(trained, valued_corpus, tmp_path, monkeypatch, capsys):
    model = str(trained.fold("holdout", 0) / "model.onnx")
    given = ["evaluate", model, "--corpus", f"emodb={valued_corpus}", "--threads", "1"]
    assert command([*given, "--json", "--out", str(tmp_path / "values.csv")]) == 0
    told = json.loads(capsys.readouterr().out)
    recognizer = serkit.load(model, 1)
    utterances = corpora.CORPORA["emodb"].read(valued_corpus)
    true = np.array([each.values["arousal"] for each in utterances])
    found = np.array([recognizer(each.path).value for each in utterances])
    assert told["mae"]["value"] == pytest.approx(mean_absolute_error(true, found))
    assert told["pearson"]["value"] == pytest.approx(pearsonr(true, found).statistic)
    assert (told["ccc"]["unit"], told["ccc"]["units"], told["n"]) == ("speaker", 10, len(utterances))
    assert "leaky: the model was trained or chosen on" in told["protocol"]
    assert (told["left_out"], told["range"]) == ({}, [1, 5])
    with (tmp_path / "values.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["utterance", "corpus", "speaker", "true", "predicted"]
    assert [float(row["true"]) for row in rows] == true.tolist()
    assert [float(row["predicted"]) for row in rows] == pytest.approx(found.tolist())
    assert command(given) == 0
    assert f"MAE      {told['mae']['value']:.3f}" in capsys.readouterr().out

    # Where the corpus's scale has other ends, and some utterances have no value on it.
    corpus = corpora.CORPORA["emodb"]

    def without_boredom(path):
        each = corpus.parse(path)
        return replace(each, values={} if each.label == "bored" else {"arousal": 10 * each.values["arousal"]})

    changed = replace(corpus, scales={"arousal": Scale(10, 50)}, parse=without_boredom)
    monkeypatch.setitem(corpora.CORPORA, "emodb", changed)
    assert command([*given, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    kept = np.array([each.label != "bored" for each in utterances])
    assert again["left_out"] == {"without arousal": int((~kept).sum())}
    assert again["mae"]["value"] == pytest.approx(10 * np.abs(true - found)[kept].mean())
    assert "values mapped from 1 to 5 onto 10 to 50" in again["protocol"]
    monkeypatch.setitem(corpora.CORPORA, "emodb", corpora.EMODB)
    assert command([*given, "--partial"]) == 2
    assert capsys.readouterr().err == "serkit: error: emodb: no utterance has a value of arousal; its scales are none\n"


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


@pytest.mark.parametrize("loss", ["l1", "l2", "ccc"])
def test_what_is_learned_does_not_hang_on_the_units(valued_corpus, small_ids, tiny_recipe, tmp_path, monkeypatch, loss):
    """Arousal from 1 to 5, and the same from 40 to 80: a network that begins at 0 learns both alike."""
    options = ["corpus.target=arousal", f"training.loss={loss}", "training.epochs=3", HOLDOUT]
    near = scored(str(tiny_recipe), options, valued_corpus, tmp_path / "near")
    own = valued(small_ids)

    def parse(path):
        found = own.parse(path)
        return found and replace(found, values={"arousal": 30 + 10 * found.values["arousal"]})

    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(own, parse=parse, scales={"arousal": Scale(40, 80)}))
    far = scored(str(tiny_recipe), options, valued_corpus, tmp_path / "far")
    expected = [30 + 10 * float(row["predicted"]) for row in rows_of(near, "test")]
    found = [float(row["predicted"]) for row in rows_of(far, "test")]
    assert found == pytest.approx(expected, abs=1e-2)
    assert np.std(found) > 0.1  # more than the constant
    factor = {"l1": 10, "l2": 100, "ccc": 1}[loss]
    for one, other in zip(near.history("holdout", 0), far.history("holdout", 0), strict=True):
        assert other.train_loss == pytest.approx(factor * one.train_loss, rel=1e-3)  # told in the units of the scale
        assert other.validation_loss == pytest.approx(factor * one.validation_loss, rel=1e-3)


def test_the_scale_of_what_is_learned_is_the_trainings_alone(valued_corpus, small_ids, tiny_recipe, tmp_path, monkeypatch):
    """Level and spread in the model are those of the training's windows, whatever the held-out speakers have."""
    options, own = [*LEARNED[:2], "training.epochs=1", "noise.copies=0", HOLDOUT], valued(small_ids)

    def parse(path):
        found = own.parse(path)
        return found and replace(found, values={"arousal": found.values["arousal"] + 1000 * (found.speaker in HELD)})

    scored(str(tiny_recipe), options, valued_corpus, tmp_path / "one")
    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(own, parse=parse))
    scored(str(tiny_recipe), options, valued_corpus, tmp_path / "other")
    values = []
    for path in sorted((valued_corpus / "wav").iterdir()):
        if path.stem in small_ids and path.stem[:2] not in HELD:
            beyond = max(0, sf.info(path).frames - 2560)  # windows of 0.16 s every 0.08 s, the last one padded
            values += [AROUSAL[LETTERS[path.stem[5]]]] * (1 + -(-beyond // 1280))
    for name in ("one", "other"):
        (model,) = (tmp_path / name / "folds").glob("*/model.onnx")
        tensors = onnx.load(model).graph.initializer
        kept = {each.name.split(".")[-1]: onnx.numpy_helper.to_array(each) for each in tensors if "destandardizer" in each.name}
        assert kept == {"mean": pytest.approx(np.mean(values)), "deviation": pytest.approx(np.std(values))}


def test_baselines_of_values(valued_corpus, tmp_path):
    """Ridge on our own functionals, and the constant; both through the same Runs."""
    errors = {}
    for kind in ("ridge", "constant"):
        held = "protocol={type='speaker_holdout', test=['15', '16'], validation=['12', '13']}"
        overrides = ["corpus.target=arousal", f"classifier={{type='{kind}'}}", held]
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


FIVE = "protocol={type='speaker_holdout', test=['03', '08', '09', '15', '16'], validation=['13', '12']}"


def test_published_values_come_from_the_predictions(valued_corpus, tiny_recipe, tmp_path, capsys):
    """Sentiment of two seeds, the constant on the same split, and emotions in a table of their own."""
    target, folder = "corpus.target=sentiment", tmp_path / "results"
    made = [
        scored(str(tiny_recipe), [target, "training.loss=l1", FIVE], valued_corpus, tmp_path / "tiny", seeds=(0, 1)),
        scored("baseline/emodb/majority", [target, "classifier={type='constant'}", FIVE], valued_corpus, tmp_path / "constant"),
        scored("baseline/emodb/majority", [FIVE], valued_corpus, tmp_path / "majority"),
    ]
    assert command(["publish", *(str(run.folder) for run in made), "--to", str(folder)]) == 0
    rows = {row["run"]: row for row in json.loads((folder / "table.json").read_text(encoding="utf-8"))}
    system, constant, emotions = (rows[run.info.id] for run in made)
    for run, row in zip(made[:2], (system, constant), strict=True):
        found = {key: [] for key in ("mae", "acc_2_non0", "acc_5")}
        for seed in row["seeds"]:
            own = [line for line in rows_of(run, "test") if int(line["seed"]) == seed]
            true, predicted = (np.array([float(line[key]) for line in own]) for key in ("true", "predicted"))
            found["mae"].append(mean_absolute_error(true, predicted))
            found["acc_2_non0"].append(accuracy_score(true[true != 0] > 0, predicted[true != 0] > 0))
            found["acc_5"].append(accuracy_score(*(np.round(np.clip(each, -2, 2)) for each in (true, predicted))))
        for key, values in found.items():
            assert row[key]["value"] == pytest.approx(np.mean(values), abs=1e-6)
            assert row[key]["units"] == 5
        assert (row["labels"], row["scale"]) == (["sentiment"], {"low": -3, "high": 3, "zero": "positive"})
        assert row["n"] == len(own)
        assert row["constant"]["mae"] == pytest.approx(np.abs(true - np.median(true)).mean())
    assert (constant["pearson"]["value"], constant["pearson"]["low"]) == (None, None)
    assert "task" not in emotions
    assert emotions["difference"] is None  # values are none of its business
    assert (system["difference"], constant["difference"]["from"]) == (None, "tiny")
    apart = constant["difference"]["mae"]
    assert apart["value"] == pytest.approx(constant["mae"]["value"] - system["mae"]["value"], abs=2e-6)
    assert apart["low"] < apart["value"] < apart["high"]

    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text.count("## emodb, sentiment: ") == text.count("## emodb: ") == 1
    lines = {line.split(" | ")[0].strip("|` "): line.strip("| ").split(" | ") for line in text.splitlines() if line[:1] == "|"}
    assert "| WA | UA | n | seeds |" in text
    table = text[text.index("## emodb, sentiment: ") :]
    assert "| MAE | Pearson | CCC | Acc-2 (0 is positive) | F1 (0 is positive) | " in table
    own = lines["tiny"]
    mae = system["mae"]
    assert own[2] == f"{mae['value']:.3f} [{mae['low']:.3f}, {mae['high']:.3f}]"
    acc = system["acc_7"]
    assert own[10] == f"{100 * acc['value']:.1f} % [{100 * acc['low']:.1f} %, {100 * acc['high']:.1f} %]"
    assert own[11:] == [str(system["n"]), "2", *own[13:14], "demo", system["run"]]
    (always,) = [line for line in text.splitlines() if "the median of the tested values" in line]
    assert f"| {system['constant']['mae']:.3f} | - | 0.000 | " in always
    assert f"MAE {apart['value']:+.3f} [{apart['low']:+.3f}, {apart['high']:+.3f}], p = {apart['p']:.3g}." in text
    latex = (folder / "table.tex").read_text(encoding="utf-8")
    assert (latex.count(r"\begin{tabular}"), latex.count(r"\bottomrule")) == (2, 2)
    for block in latex.split(r"\end{tabular}")[:2]:
        width = block[block.index("{tabular}{") + 10 :].index("}")
        assert all(
            line.count(" & ") == width - 1 for line in block.splitlines() if line.endswith(r" \\") and "multicolumn" not in line
        )
    assert "%" not in latex.replace(r"\%", "")

    # A damaged row is named, and nothing is written.
    place = folder / "tiny" / "row.json"
    whole = place.read_text(encoding="utf-8")
    for old, new in (('"high": 3', '"high": -4'), ('"mae": {', '"mea": {'), ('"constant": {', '"constants": {')):
        assert old in whole
        place.write_text(whole.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(RunError, match=r"row\.json: damaged"):
            publish.add(made[1], folder)
    place.write_text(whole, encoding="utf-8")
    table = folder / "tiny" / "predictions.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",test,0,", ",test,none,"), encoding="utf-8")
    with pytest.raises(RunError, match="is 'none', which is no value"):
        publish.add(made[1], folder)
    capsys.readouterr()


def test_what_does_not_fit_is_said(trained, valued_corpus, tiny_recipe, tmp_path):
    with pytest.raises(RecipeError, match=r"corpus\.target arousal asks for values, which l1, l2 and ccc are losses of"):
        schema.load(str(tiny_recipe), ["corpus.target=arousal"])
    with pytest.raises(RecipeError, match=r"without corpus\.target there are no values"):
        schema.load(str(tiny_recipe), ["training.loss=l1"])
    with pytest.raises(RecipeError, match="for values of arousal take constant or ridge"):
        schema.load("baseline/emodb", ["corpus.target=arousal"])
    recipe = schema.load(str(tiny_recipe), ["corpus.target=tension", "training.loss=l1"])
    with pytest.raises(CorpusError, match="have no tension; its scales are arousal, dominance, sentiment, valence"):
        experiment.start("tiny", recipe, Machine("cpu", 1, 1, "float32"), (0,), tmp_path / "no", valued_corpus, "it")
    with pytest.raises(RunError, match="this table is one of emotions"):
        ablation.ablation([ablation.Member("whole", "t", trained, 1, 1)])
    assert Run(trained.folder).info.task == "regression"
