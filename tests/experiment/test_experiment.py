"""Experiments end to end on a corpus of moments: what a Run folder holds, who sees the test, and what a crash costs."""

import csv
import hashlib
import json
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

import serkit
from serkit import audio, corpora, experiment, export, runs
from serkit.errors import CorpusError, ExportError, Notice, ProtocolError, RecipeError, RunError, UsageError
from serkit.experiment import Machine, task
from serkit.protocols.copies import without_copy
from serkit.recipe import build, schema
from serkit.report import summary
from serkit.runs import FINAL, Run
from serkit.train import checkpoint
from serkit.train.evaluate import probabilities
from serkit.train.store import Store

MACHINE = Machine("cpu", 1, 1, "float32")
LOSO = ("protocol={type='leave_one_speaker_out'}", "training.epochs=1")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def begin(small_corpus, tiny_recipe, tmp_path):
    """Plans of new Runs."""

    def start(*overrides, name="run", seeds=(0,)):
        recipe = schema.load(str(tiny_recipe), overrides)
        return experiment.start("tiny", recipe, MACHINE, seeds, tmp_path / name, small_corpus, "serkit train tiny")

    return start


def train(plan, *, final=False, jobs=1, notify=lambda _: None):
    experiment.train(plan, final=final, jobs=jobs, notify=notify)


def score(plan, ledger):
    experiment.score_test(plan, ledger, "serkit train --score-test", lambda _: None)


def state_of(plan, fold="holdout", seed=0):
    return checkpoint.load(plan.run.fold(fold, seed) / "checkpoint", f"{plan.run.info.fingerprint}/{fold}-{seed}")


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def files_below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def test_a_run_from_corpus_to_model(begin, tmp_path, small_corpus):
    plan, told = begin(), []
    train(plan, notify=told.append)
    run = plan.run
    own = ("history.csv", "validation.csv", "result.json", "model.onnx", "SHA256SUMS")
    assert files_below(run.folder) == {f"folds/holdout-0/{name}" for name in own} | {
        "SHA256SUMS",
        "recordings.csv",
        "recipe.toml",
        "run.json",
        "predictions.csv",
        "model.onnx",
        f"folds/holdout-0/checkpoint/{checkpoint.NAME}",
    }
    # what was told
    assert [event.stage for event in told if event.stage != "features"] == ["epoch", "epoch", "finished"]
    assert all(event.task == runs.Task("holdout", 0) for event in told)
    features = [event for event in told if event.stage == "features"]
    assert features[0].done == 1
    assert any(event.done == event.total for event in features)
    # what is recorded before the first epoch
    info, utterances = run.info, corpora.EMODB.read(small_corpus, partial=True)
    assert info.labels == ("neutral", "happy", "sad", "angry", "fearful", "disgust", "bored")
    assert info.corpus == runs.Source("emodb", "CC0-1.0", len(utterances))
    assert info.corpus_root == str(small_corpus.resolve())
    assert "speaker-independent, checkpoint: validation" in info.protocol
    assert (info.folds, info.seeds, info.device, info.threads) == (("holdout",), (0,), "cpu x 1", 1)
    assert info.environment["torch"] == torch.__version__.split("+")[0] or info.environment["torch"] == torch.__version__
    assert schema.load_file(run.recipe_file) == plan.recipe
    assert info.parameters == sum(each.numel() for each in build.system(plan.recipe, 7).parameters())
    # what came out: the validation alone
    validation = [each for each in utterances if each.speaker in ("12", "13")]
    rows = run.predictions()
    assert {row.part for row in rows} == {"validation"}
    assert [(row.utterance, row.true, row.speaker) for row in rows] == [(e.id, e.label, e.speaker) for e in validation]
    assert all(sum(row.probabilities) == pytest.approx(1, abs=1e-6) for row in rows)
    (result,) = run.results()
    assert run.complete()
    assert result.test_speakers == ("15", "16")
    assert result.validation_utterances == len(validation)
    assert result.train_utterances + result.validation_utterances + result.test_utterances == len(utterances)
    history = run.history("holdout", 0)
    assert len(history) == result.epochs == 2
    wa = sum(max(range(7), key=row.probabilities.__getitem__) == info.labels.index(row.true) for row in rows) / len(rows)
    assert history[result.best_epoch - 1].validation_wa == pytest.approx(wa)
    # the model says so itself
    spec = serkit.load(run.folder).spec
    assert (spec.labels, spec.rate, spec.cut) == (info.labels, 16000, plan.recipe.cut.cut())
    assert [asdict(each) for each in spec.trained_on] == [
        {"corpus": "emodb", "licence": "CC0-1.0", "utterances": result.train_utterances}
    ]
    assert spec.protocol == f"{info.protocol}, fold holdout, seed 0"
    assert (spec.system, spec.recipe, spec.fingerprint) == ("cnn_transformer", "tiny", info.fingerprint)
    assert spec.scores.keys() == {"validation_wa", "validation_ua", "validation_n"}
    assert spec.scores["validation_wa"] == pytest.approx(wa)
    assert not list(tmp_path.rglob("ledger.csv"))
    # what it was trained or chosen on, by samples that another library reads
    heard = [each for each in utterances if each.speaker not in ("15", "16")]
    hashes = {
        each.id: hashlib.blake2b(sf.read(each.path, dtype="int16")[0].tobytes(), digest_size=8).hexdigest() for each in heard
    }
    assert spec.recordings == {bytes.fromhex(each)[:6] for each in hashes.values()}
    with (run.folder / "recordings.csv").open(newline="", encoding="utf-8") as stream:
        kept = {row["utterance"]: row["recording"] for row in csv.DictReader(stream)}
    assert kept.keys() == {each.id for each in utterances}
    assert {name: kept[name] for name in hashes} == hashes
    assert 7000 < spec.band <= 8000  # tones in white noise
    assert run.edited == ()
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=run.folder, check=False).returncode == 0


@pytest.mark.parametrize(
    "name", ["run.json", "recipe.toml", "predictions.csv", "recordings.csv", "folds/holdout-0/validation.csv"]
)
def test_a_run_that_was_changed_is_known_for_one(begin, tmp_path, name):
    plan = begin()
    train(plan)
    path = plan.run.folder / name
    content = path.read_bytes()
    path.write_bytes(content + b" ")
    assert Run(plan.run.folder).edited == (name,)
    with pytest.raises(RunError, match=f"changed after it was written: {re.escape(name)}; put that back"):
        score(plan, tmp_path / "ledger.csv")
    assert not (tmp_path / "ledger.csv").exists()
    path.write_bytes(content)
    assert Run(plan.run.folder).edited == ()
    score(plan, tmp_path / "ledger.csv")
    assert Run(plan.run.folder).edited == ()
    (plan.run.folder / "SHA256SUMS").unlink()
    assert Run(plan.run.folder).edited == ("SHA256SUMS",)


def test_the_test_is_scored_once(begin, tmp_path, monkeypatch):
    plan, ledger = begin(), tmp_path / "ledger.csv"
    train(plan)
    before = state_of(plan)
    with monkeypatch.context() as patch:
        patch.setattr(export, "onnx_file", lambda *_: pytest.fail("drawn again"))
        score(plan, ledger)
    rows = plan.run.predictions("test")
    assert {row.speaker for row in rows} == {"15", "16"}
    assert len(plan.run.predictions("validation")) > 0
    with ledger.open(newline="", encoding="utf-8") as stream:
        (entry,) = csv.DictReader(stream)
    labels = plan.run.info.labels
    wa = np.mean([max(range(7), key=row.probabilities.__getitem__) == labels.index(row.true) for row in rows])
    assert (entry["run"], entry["n"], entry["seeds"]) == (plan.run.info.id, str(len(rows)), "0")
    assert float(entry["wa"]) == pytest.approx(wa, abs=1e-4)
    assert entry["protocol"] == plan.run.info.protocol
    spec = serkit.load(plan.run.folder).spec
    assert spec.scores["test_wa"] == pytest.approx(wa)
    assert spec.scores["test_n"] == len(rows)
    assert same(state_of(plan).best, before.best)
    kept = {path: path.read_bytes() for path in (plan.run.folder / "predictions.csv", ledger, plan.run.model_file)}
    monkeypatch.setattr("serkit.train.evaluate.probabilities", lambda *_arguments: pytest.fail("predicted again"))
    score(plan, ledger)
    assert all(path.read_bytes() == content for path, content in kept.items())


def test_a_model_is_drawn_once_and_anew_where_it_is_damaged(begin, tmp_path, monkeypatch):
    plan, drawn = begin(), []
    original = export.onnx_file
    monkeypatch.setattr(export, "onnx_file", lambda *given: drawn.append(given[2]) or original(*given))
    train(plan)
    assert len(drawn) == 1
    drawn[0].write_bytes(b"half a model")
    score(plan, tmp_path / "ledger.csv")
    assert len(drawn) == 2
    assert serkit.load(plan.run.folder).spec.scores["test_n"] > 0


def test_what_kept_the_ledger_from_being_written_does_not_hide_the_score(begin, tmp_path):
    plan = begin()
    train(plan)
    (tmp_path / "folder").mkdir()
    with pytest.raises(RunError, match="a ledger is a file"):
        score(plan, tmp_path / "folder")
    score(plan, tmp_path / "ledger.csv")
    assert len((tmp_path / "ledger.csv").read_text(encoding="utf-8").splitlines()) == 2


def test_test_scores_need_a_complete_training(begin, tmp_path):
    plan = begin()
    with pytest.raises(RunError, match=r"not complete; continue it with 'serkit train --resume"):
        score(plan, tmp_path / "ledger.csv")
    assert not (tmp_path / "ledger.csv").exists()


def test_test_scores_need_the_checkpoint(begin, tmp_path):
    plan = begin()
    train(plan)
    shutil.rmtree(plan.run.fold("holdout", 0) / "checkpoint")
    with pytest.raises(RunError, match="missing or damaged"):
        score(plan, tmp_path / "ledger.csv")
    assert not (tmp_path / "ledger.csv").exists()


def test_test_rows_are_what_a_recognizer_says(begin, tmp_path):
    plan = begin("training.optimizer.learning_rate=0.2")
    train(plan)
    score(plan, tmp_path / "ledger.csv")
    recognizer = serkit.load(plan.run.folder, 1)
    by_id = {each.id: each for each in plan.utterances}
    rows = plan.run.predictions("test")
    several = 0
    for row in rows:
        found = recognizer(by_id[row.utterance].path)
        several += len(found.segments) > 1
        assert tuple(found.scores) == plan.run.info.labels
        np.testing.assert_allclose(list(found.scores.values()), row.probabilities, atol=1e-4)
    assert several > 5
    assert np.ptp([row.probabilities for row in rows]) > 0.1


def test_the_normalizer_saw_training_utterances_alone(begin, small_corpus):
    plan = begin("noise.copies=0")
    train(plan)
    front_end = build.system(plan.recipe, 7).front_ends["mfcc"]
    values = []
    for each in corpora.EMODB.read(small_corpus, partial=True):
        if each.speaker in ("12", "13", "15", "16"):
            continue
        waveform = audio.read(each.path, 16000)
        for window in serkit_windows(waveform, plan.recipe):
            frames = front_end(torch.from_numpy(window.samples)[None], torch.tensor([len(window.samples)]))
            values.append(frames.values[0].double().numpy())
    stacked = np.concatenate(values)
    best = state_of(plan).best
    np.testing.assert_allclose(best["normalizers.mfcc.mean"].numpy(), stacked.mean(0), rtol=1e-4)
    np.testing.assert_allclose(best["normalizers.mfcc.deviation"].numpy(), stacked.std(0), rtol=1e-4)


def serkit_windows(waveform, recipe):
    from serkit import windows

    return windows.cut(waveform.samples, waveform.rate, recipe.cut.cut())


def test_every_fold_of_every_seed(begin, tmp_path):
    plan = begin(*LOSO, "noise.copies=0", seeds=(0, 3))
    assert len(plan.run.info.folds) == 10
    with pytest.raises(ProtocolError, match="speakers"):
        begin("protocol={type='speaker_holdout', test=['99'], validation=['03']}", name="other")
    assert not (tmp_path / "other").exists()


def test_a_run_in_parallel_is_the_run_in_series(begin, tmp_path):
    """Two folds' worth: two seeds of the hold-out."""
    series, parallel = begin(name="series", seeds=(0, 1)), begin(name="parallel", seeds=(0, 1))
    told = []
    train(series)
    train(parallel, jobs=2, notify=told.append)
    assert Counter(event.stage for event in told if event.stage != "features") == {"epoch": 4, "finished": 2}
    for seed in (0, 1):
        one, other = state_of(series, seed=seed), state_of(parallel, seed=seed)
        assert same(one.weights, other.weights)
        assert same(one.best, other.best)
        assert [epoch.train_loss for epoch in one.history] == [epoch.train_loss for epoch in other.history]
    assert not same(state_of(series, seed=0).weights, state_of(series, seed=1).weights)
    read = [(plan.run.folder / "predictions.csv").read_bytes() for plan in (series, parallel)]
    assert read[0] == read[1]
    assert not series.run.model_file.exists()  # two seeds: no one model stands for the Run
    score(series, tmp_path / "ledger.csv")
    assert len((tmp_path / "ledger.csv").read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize(("changes", "seeds"), [(("protocol={type='k_fold', k=2}", "noise.copies=0"), (0,)), ((), (0, 1))])
def test_one_of_several_trainings_whose_graph_differs_is_left_without_a_model(begin, tmp_path, monkeypatch, changes, seeds):
    """Hours of training are not lost to it; where the model is what was asked for, it is an error."""
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    plan = begin(*changes, name="several", seeds=seeds)
    with pytest.warns(Notice, match=r"differs from the system by .*; this training is left without a model"):
        train(plan)
    with pytest.warns(Notice, match="left without a model"):
        score(plan, tmp_path / "ledger.csv")
    assert plan.run.complete()
    assert {row.part for row in plan.run.predictions()} == {"validation", "test"}
    assert not list(plan.run.folder.rglob("*.onnx"))
    with pytest.raises(ExportError, match="differs"):
        train(begin(name="holdout"))


@pytest.mark.slow
def test_a_worker_that_fails_says_so(begin):
    # seed 0 is done before, so that both workers have nothing else to do
    plan = begin("training.optimizer.learning_rate=1e30", "training.epochs=9", seeds=(0, 1))
    with pytest.raises(RunError, match="the loss became"):
        train(plan, jobs=2)
    assert plan.run.results() == []


def test_final_is_one_model_on_everything_and_no_scores(begin):
    plan = begin(*LOSO)
    train(plan, final=True)
    run = plan.run
    (result,) = run.results()
    assert (result.fold, result.train_utterances, result.validation_utterances, result.test_utterances) == (
        FINAL, len(plan.utterances), 0, 0,
    )  # fmt: skip
    assert run.predictions() == []
    spec = serkit.load(run.folder).spec
    assert spec.scores == {}
    assert spec.trained_on[0].utterances == len(plan.utterances)
    assert result.best_epoch == result.epochs
    assert not run.complete()


def test_final_is_one_model_whatever_the_seeds(begin):
    plan = begin("training.epochs=1", "noise.copies=0", seeds=(3, 1))
    train(plan, final=True)
    assert [(each.fold, each.seed) for each in plan.run.results()] == [(FINAL, 3)]


def test_what_is_predicted_and_exported_is_the_epoch_that_was_kept(begin, tmp_path, monkeypatch):
    monkeypatch.setattr("serkit.train.loop._merit", lambda epoch: (-epoch.epoch, 0.0))  # the first is the best
    plan = begin("training.optimizer.learning_rate=0.3")
    train(plan)
    score(plan, tmp_path / "ledger.csv")
    state = state_of(plan)
    assert (state.best_epoch, len(state.history)) == (1, 2)
    assert not same(state.best, state.weights)
    system = build.system(plan.recipe, 7)
    system.load_state_dict(state.best)
    (fold,) = plan.folds(0)
    store = Store(plan.recipe, system, plan.run.info.labels, 0)
    recognizer = serkit.load(plan.run.folder, 1)
    for part, own in (("validation", fold.validation), ("test", fold.test)):
        expected, _ = probabilities(system, store.examples(own, copies=False))
        found = [row.probabilities for row in plan.run.predictions(part)]
        np.testing.assert_allclose(found, expected, atol=1e-5)
        exported = list(recognizer(own[0].path).scores.values())
        np.testing.assert_allclose(exported, expected[0], atol=1e-4)


def test_the_seed_decides_the_weights(begin):
    plan = begin()
    torch.manual_seed(1)
    one = task._system(plan, 0).state_dict()
    torch.manual_seed(2)
    assert same(one, task._system(plan, 0).state_dict())
    assert not same(one, task._system(plan, 1).state_dict())


# --- resuming


def test_resume_is_the_plan_as_it_was(begin, small_corpus, tmp_path):
    plan = begin(seeds=(2,))
    again = experiment.resume(plan.run.folder, lambda _: None)
    assert (again.recipe, again.machine, again.utterances) == (plan.recipe, plan.machine, plan.utterances)
    moved = shutil.copytree(plan.run.folder, tmp_path / "moved")
    elsewhere = shutil.copytree(small_corpus, tmp_path / "corpus")
    again = experiment.resume(moved, lambda _: elsewhere)
    assert again.run.info == plan.run.info
    assert again.utterances[0].path.is_relative_to(elsewhere)


@pytest.mark.parametrize(("old", "new"), [("learning_rate = 0.05", "learning_rate = 0.06"), ("copies = 1", "copies = 2")])
def test_a_changed_recipe_is_not_resumed(begin, old, new):
    plan = begin()
    text = plan.run.recipe_file.read_text(encoding="utf-8")
    assert old in text
    plan.run.recipe_file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RunError, match="has changed since it was begun"):
        experiment.resume(plan.run.folder, lambda _: None)


@pytest.mark.parametrize("content", [b"", b"title = ", b"\xff\xfe"])
def test_a_damaged_recipe_is_not_resumed(begin, content):
    plan = begin()
    plan.run.recipe_file.write_bytes(content)
    with pytest.raises(RecipeError, match=r"recipe\.toml"):
        experiment.resume(plan.run.folder, lambda _: None)


def test_a_changed_corpus_is_not_resumed(begin, monkeypatch):
    plan = begin()
    monkeypatch.setitem(corpora.CORPORA, "emodb", corpora.EMODB)
    with pytest.raises(CorpusError, match="no complete copy"):
        experiment.resume(plan.run.folder, lambda _: None)


def test_a_folder_that_is_in_use_is_not_trained_in(begin):
    plan = begin()
    with runs.lock(plan.run.folder), pytest.raises(RunError, match="another training is running"):
        train(plan)


@pytest.mark.parametrize("change", [{"device": "cuda x 1"}, {"device": "cpu"}, {"seeds": []}])
def test_a_machine_that_is_not_here(begin, change):
    plan = begin()
    path = plan.run.folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    if torch.cuda.is_available() and change == {"device": "cuda x 1"}:
        pytest.skip("it is here")
    with pytest.raises((RunError, UsageError)):
        experiment.resume(plan.run.folder, lambda _: None)


def test_what_is_trained_is_not_trained_again(begin):
    plan, told = begin(), []
    train(plan)
    before = {path: path.stat().st_mtime_ns for path in plan.run.folder.rglob("*.safetensors")}
    train(experiment.resume(plan.run.folder, lambda _: None), notify=told.append)
    assert told == []
    assert {path: path.stat().st_mtime_ns for path in plan.run.folder.rglob("*.safetensors")} == before


# --- the plan


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Lightning's own, in processes that pytest does not see
def test_two_devices_learn_together(small_corpus, tiny_recipe, tmp_path):
    recipe = schema.load(str(tiny_recipe), ["training.epochs=3"])
    plan = experiment.start(
        "tiny", recipe, replace(MACHINE, devices=2), (0,), tmp_path / "run", small_corpus, "serkit train tiny"
    )
    seen = []
    train(plan, notify=lambda event: seen.append(event.stage))
    assert seen.count("epoch") == 3
    history = plan.run.history("holdout", 0)
    assert history[-1].train_loss < history[0].train_loss
    state = state_of(plan)
    begun = task._system(plan, 0).state_dict()
    assert not torch.equal(state.weights["model.classifier.weight"], begun["model.classifier.weight"])
    assert serkit.load(plan.run.folder).spec.scores["validation_n"] > 0


def test_another_audio_is_another_corpus(begin, small_emodb, monkeypatch):
    plan = begin()
    before = Path.stat

    def longer(path, **options):
        found = before(path, **options)
        if path.suffix != ".wav":
            return found
        return type(found)((*found[:6], found.st_size + 1, *found[7:]))

    monkeypatch.setattr(Path, "stat", longer)
    with pytest.raises(RunError, match="its corpus"):
        experiment.resume(plan.run.folder, lambda _: small_emodb)


def test_the_fingerprint_covers_the_circumstances(tiny_recipe, tmp_path, small_corpus):
    recipe = schema.load(str(tiny_recipe))

    def fingerprint(name, machine=MACHINE, seeds=(0,)):
        return experiment.start("tiny", recipe, machine, seeds, tmp_path / name, small_corpus, name).run.info.fingerprint

    one = fingerprint("a")
    assert fingerprint("b") == one  # neither the folder nor the command
    others = [
        fingerprint("c", Machine("cpu", 1, 2, "float32")),
        fingerprint("d", Machine("cpu", 1, 1, "bf16")),
        fingerprint("e", Machine("cpu", 2, 1, "float32")),
        fingerprint("f", seeds=(1,)),
        fingerprint("g", seeds=(0, 1)),
    ]
    assert len({one, *others}) == 6


def test_the_fingerprint_covers_the_labels(tiny_recipe, small_corpus, tmp_path, monkeypatch):
    recipe, known = schema.load(str(tiny_recipe)), corpora.CORPORA["emodb"]

    def fingerprint(name):
        return experiment.start("tiny", recipe, MACHINE, (0,), tmp_path / name, small_corpus, "").run.info.fingerprint

    def relabeled(path):
        found = known.parse(path)
        return replace(found, label="sad") if found and found.id == "03a01Fa" else found

    before = fingerprint("a")
    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(known, parse=relabeled))
    assert fingerprint("b") != before


def test_a_folder_of_its_own(tiny_recipe, small_corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = schema.load(str(tiny_recipe))
    plan = experiment.start("cnn_transformer/emodb", recipe, MACHINE, [0], None, small_corpus, "")
    assert plan.run.folder == Path("runs") / f"cnn_transformer-emodb-{plan.run.info.fingerprint[:8]}"
    assert json.loads((plan.run.folder / "run.json").read_text(encoding="utf-8"))["seeds"] == [0]


def test_the_corpus_is_trimmed_as_the_recipe_says(begin):
    plan = begin("corpus.start=0.02")
    assert {each.start for each in plan.utterances} == {0.02}


def test_the_machine():
    assert Machine.resolve("cpu", 1, 3, 1, "float32") == Machine("cpu", 1, 3, "float32")
    cores = Machine.resolve("cpu", 1, None, 1, "bf16").threads
    assert cores >= 1
    assert Machine.resolve("cpu", 1, None, 10**6, "bf16").threads == 1
    assert Machine.resolve("cpu", 1, None, 1, "auto").precision in ("bf16", "float32")
    with pytest.raises(UsageError, match="choose auto, cpu or cuda"):
        Machine.resolve("tpu", 1, None, 1, "auto")
    with pytest.raises(UsageError, match="this machine has"):
        Machine.resolve("cuda", 99, None, 1, "auto")


# --- noisy copies in other parts than training


COPIES = ("noise.copies=2", "protocol={type='random_holdout', train=0.6, validation=0.2, test=0.2}", "training.epochs=1")


def test_noisy_copies_are_judged_where_the_recipe_says_so(begin, tmp_path):
    plan = begin(*COPIES, 'noise.placement="all_parts"')
    train(plan)
    score(plan, tmp_path / "ledger.csv")
    rows = plan.run.predictions("test")
    clips = {without_copy(row.utterance) for row in rows}
    assert len(rows) == 3 * len(clips)
    (result,) = plan.run.results()
    assert result.test_utterances == len(clips)
    assert result.train_utterances + result.validation_utterances + result.test_utterances == len(plan.utterances)
    assert "noisy copies validated and tested too" in plan.run.info.protocol
    found = summary(plan.run)
    assert found.scores.wa.units == len(clips)
    assert any(f"behind all are {len(clips)} recordings" in each for each in found.warnings)
    assert not any(each.startswith("Leaky") for each in found.warnings)


def test_copies_made_before_the_split_are_called_leaky(begin):
    plan = begin(*COPIES, 'noise.placement="leaky_copies"')
    train(plan)
    assert "leaky_copies" in plan.run.info.protocol
    (fold,) = plan.folds(0)
    assert {without_copy(each.id) for each in fold.train} & {without_copy(each.id) for each in fold.test}
    assert any(each.startswith("Leaky") for each in summary(plan.run).warnings)


def test_an_epoch_that_the_test_chose_is_called_leaky(begin, tmp_path):
    honest, leaky = begin(name="honest"), begin("training.select=leaky_test")
    (own,), (fold,) = honest.folds(0), leaky.folds(0)
    assert fold.train == own.train
    assert fold.validation == fold.test == own.test
    train(leaky)
    assert leaky.run.info.protocol.endswith("checkpoint: leaky_test")
    chose = leaky.run.predictions("validation")
    assert {row.utterance for row in chose} == {each.id for each in own.test}
    score(leaky, tmp_path / "ledger.csv")
    best = max(epoch.validation_wa for epoch in leaky.run.history("holdout", 0))
    assert summary(leaky.run).scores.wa.value == pytest.approx(best)  # the best of all epochs on the test
    assert any(each.startswith("Leaky: the epoch") for each in summary(leaky.run).warnings)
    assert "leaky_test" in (tmp_path / "ledger.csv").read_text()


def test_a_run_names_the_commit_that_made_it(begin):
    commit = begin().run.info.environment.get("commit")
    root = Path(serkit.__file__).parents[1]
    if not (root / ".git").exists():
        assert commit is None
        return
    head = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert commit.split(" ")[0] == head.stdout.strip()


def test_known_silence_is_left_out_by_name(small_corpus, small_ids, tiny_recipe, tmp_path, monkeypatch):
    silent = small_ids[3]
    corpus = replace(corpora.EMODB, ids=small_ids, defects={(silent, "silent"): "digital silence", (small_ids[4], "name"): "x"})
    monkeypatch.setitem(corpora.CORPORA, "emodb", corpus)
    recipe = schema.load(str(tiny_recipe))
    with pytest.warns(Notice, match=f"emodb: left out, as digital silence: {silent}"):
        plan = experiment.start("tiny", recipe, MACHINE, (0,), tmp_path / "run", small_corpus, "serkit train tiny")
    assert {each.id for each in plan.utterances} == set(small_ids) - {silent}
    assert plan.run.info.corpus.utterances == len(small_ids) - 1


# --- what fails before anything is trained


def test_a_new_run_that_nothing_was_trained_in_goes_again(begin, tmp_path, monkeypatch):
    for error in (CorpusError("a broken file"), OSError(28, "No space left on device"), ValueError("unforeseen")):

        def fail(*_arguments, error=error, **_options):
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(audio, "read", fail)
            with pytest.raises(type(error)):
                train(begin())
        assert not (tmp_path / "run").exists()
    begin()  # the same command once more


def test_what_others_put_there_stays(begin, tmp_path, monkeypatch):
    plan = begin()
    (plan.run.folder / "notes.txt").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(audio, "read", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(plan)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


def test_a_run_that_is_resumed_or_has_an_epoch_stays(begin, monkeypatch):
    plan = begin()
    again = experiment.resume(plan.run.folder, lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr(audio, "read", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train(again)
    before = files_below(plan.run.folder)
    assert before == {"SHA256SUMS", "recipe.toml", "recordings.csv", "run.json"}

    def stop(event):
        if event.stage == "epoch":
            raise RunError("no more")

    with pytest.raises(RunError, match="no more"):
        train(plan, notify=stop)
    assert (plan.run.folder / "run.json").is_file()
    train(experiment.resume(plan.run.folder, lambda _: None))
    assert plan.run.complete()


@pytest.mark.parametrize("key", ["folds", "labels"])
def test_a_run_whose_folds_or_labels_were_edited_is_not_resumed(begin, key):
    plan = begin()
    path = plan.run.folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {key: ["x", "y"]}), encoding="utf-8")
    with pytest.raises(RunError, match=rf"run\.json: damaged or edited \({key} are not those of its recipe\)"):
        experiment.resume(plan.run.folder, lambda _: None)
    with pytest.raises(RunError, match="makes no fold 'x'"):
        plan.fold(runs.Task("x", 0))
