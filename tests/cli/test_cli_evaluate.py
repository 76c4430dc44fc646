"""`serkit evaluate`: a model against a corpus, and what is left out said aloud."""

import csv
import json
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import soundfile as sf

import serkit
from serkit import corpora
from serkit.cli import run


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch, small_corpus):  # noqa: ARG001 - the corpus is made small
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SERKIT_DATA", raising=False)


def evaluate(capsys, *arguments, status=0):
    assert run(["evaluate", *map(str, arguments), "--threads", "1"]) == status
    return capsys.readouterr()


def test_scores_are_those_of_a_loop_by_hand(capsys, small_run, small_emodb):
    printed = evaluate(capsys, small_run, "--corpus", f"emodb={small_emodb}", "--json")
    found = json.loads(printed.out)
    assert printed.err == ""
    recognizer = serkit.load(small_run, 1)
    utterances = corpora.CORPORA["emodb"].read(small_emodb)
    labels = recognizer.spec.labels
    matrix = np.zeros((7, 7), int)
    for each in utterances:
        matrix[labels.index(each.label), labels.index(recognizer(each.path).emotion)] += 1
    assert found["confusion"] == matrix.tolist()
    assert (found["n"], found["labels"], found["left_out"]) == (len(utterances), list(labels), {})
    assert found["wa"]["value"] == pytest.approx(np.trace(matrix) / matrix.sum())
    assert found["ua"]["value"] == pytest.approx(np.mean(np.diag(matrix) / matrix.sum(1)))
    assert found["wa"]["units"] == 10
    assert found["wa"]["unit"] == "speaker"
    assert "leaky" in found["protocol"]


def test_the_same_as_text(capsys, small_run, small_emodb):
    printed = evaluate(capsys, small_run, "--corpus", f"emodb={small_emodb}")
    found = json.loads(evaluate(capsys, small_run, "--corpus", f"emodb={small_emodb}", "--json").out)
    assert printed.out.startswith(
        "evaluation scores: emodb, every recording as it is, leaky: the model was trained or chosen on "
    )
    assert f"{100 * found['wa']['value']:.1f}" in printed.out
    assert f"{found['n']} utterances" in printed.out
    assert printed.out.splitlines()[-1].startswith("leaky: ")


def test_leaks_are_told_by_recordings_and_not_by_names(capsys, small_run, small_emodb, tmp_path):
    """The training's files under another corpus's name are a leak; other files under its own name are none."""
    tested = [path for path in sorted((small_emodb / "wav").iterdir()) if path.name[:2] in ("15", "16")]
    others = [path for path in sorted((small_emodb / "wav").iterdir()) if path not in tested]
    emotion = corpora.EMODB.parse

    def table(name, paths):
        rows = [f"{path},{emotion(path).label},{emotion(path).speaker}" for path in paths]
        (tmp_path / name).write_text("\n".join(["path,label,speaker", *rows]))
        return tmp_path / name

    copies = tmp_path / "copies"
    copies.mkdir()
    for path in others:
        samples, rate = sf.read(path, dtype="int16")
        sf.write(copies / f"x{path.stem}.flac", samples, rate)
    copied = "\n".join([f"{copies}/x{path.stem}.flac,{emotion(path).label}" for path in others])
    (tmp_path / "renamed.csv").write_text("path,label\n" + copied)
    for corpus in (table("mine.csv", others), tmp_path / "renamed.csv"):
        found = json.loads(evaluate(capsys, small_run, "--corpus", corpus, "--json").out)
        assert (found["trained_on"], found["recordings"]) == (len(others), len(others))
        assert found["protocol"].endswith(
            f"leaky: the model was trained or chosen on {len(others)} of {len(others)} recordings"
        )
        assert evaluate(capsys, small_run, "--corpus", corpus).out.splitlines()[-1].startswith("leaky: this model was trained")
    found = json.loads(evaluate(capsys, small_run, "--corpus", table("emodb.csv", tested), "--json").out)
    assert (found["trained_on"], found["recordings"]) == (0, len(tested))
    assert "leaky" not in found["protocol"]
    assert "of a corpus that it was trained on" in found["protocol"]
    assert "may know these speakers" in evaluate(capsys, small_run, "--corpus", tmp_path / "emodb.csv").out
    found = json.loads(evaluate(capsys, small_run, "--corpus", table("theirs.csv", tested), "--json").out)
    assert found["protocol"].endswith("another corpus")
    found = json.loads(evaluate(capsys, small_run, "--corpus", table("both.csv", [*tested, *others]), "--json").out)
    assert (found["trained_on"], found["recordings"]) == (len(others), len(tested) + len(others))


def test_a_model_that_does_not_say_what_it_was_trained_on(capsys, small_run, small_emodb, tmp_path, respecified):
    model = respecified(small_run / "model.onnx", tmp_path / "old.onnx", lambda values: values.pop("recordings") and None)
    found = json.loads(evaluate(capsys, model, "--corpus", f"emodb={small_emodb}", "--json").out)
    assert found["trained_on"] is None
    assert "perhaps leaky: the model was trained on a corpus of this name" in found["protocol"]
    assert evaluate(capsys, model, "--corpus", f"emodb={small_emodb}").out.splitlines()[-1].startswith("perhaps leaky: ")


def test_answers_that_are_never_true_are_counted_and_can_be_left_out(capsys, small_run, small_emodb, tmp_path):
    paths = sorted((small_emodb / "wav").iterdir())
    true = ["sad" if number % 3 else "happy" for number in range(len(paths))]  # whatever they really are
    rows = [f"{path},{label}" for path, label in zip(paths, true, strict=True)]
    (tmp_path / "two.csv").write_text("\n".join(["path,label", *rows]))
    recognizer = serkit.load(small_run)
    scores = [recognizer(path).scores for path in paths]
    answers = Counter(max(each, key=each.get) for each in scores)
    wrong = {label: count for label, count in answers.items() if label not in ("sad", "happy")}
    assert wrong  # else this shows nothing
    found = json.loads(evaluate(capsys, small_run, "--corpus", tmp_path / "two.csv", "--json").out)
    assert found["predicted_never_true"] == wrong
    text = evaluate(capsys, small_run, "--corpus", tmp_path / "two.csv").out
    assert f"{sum(wrong.values())} of {len(paths)} answers are an emotion that is never true here" in text
    found = json.loads(
        evaluate(
            capsys, small_run, "--corpus", tmp_path / "two.csv", "--corpus-labels", "--json", "--out", tmp_path / "o.csv"
        ).out
    )
    assert found["predicted_never_true"] == {}
    assert "answers among its 2 emotions alone" in found["protocol"]
    by_hand = ["sad" if each["sad"] > each["happy"] else "happy" for each in scores]
    assert found["wa"]["value"] == pytest.approx(np.mean([a == b for a, b in zip(by_hand, true, strict=True)]))
    with (tmp_path / "o.csv").open(newline="") as stream:
        for row, each in zip(csv.DictReader(stream), scores, strict=True):
            assert float(row["p_sad"]) == pytest.approx(each["sad"] / (each["sad"] + each["happy"]))
            assert float(row["p_angry"]) == 0


def test_recordings_without_speech_are_counted_and_not_scored(capsys, small_run, small_emodb, tmp_path):
    shutil.copytree(small_emodb, tmp_path / "silent")
    sf.write(tmp_path / "silent" / "wav" / "03a01Fa.wav", np.zeros(3000), 16000)
    found = json.loads(evaluate(capsys, small_run, "--corpus", "emodb=silent", "--json").out)
    assert found["left_out"] == {"no speech": 1}
    assert found["n"] == len(corpora.CORPORA["emodb"].ids) - 1


def test_what_the_model_does_not_know_is_left_out_and_counted(capsys, small_run, small_emodb, tmp_path, respecified):
    labels = ["neutral", "happy", "sad", "angry", "fearful", "surprised", "calm"]
    model = respecified(small_run / "model.onnx", tmp_path / "other.onnx", lambda spec: spec.update(labels=labels))
    found = json.loads(evaluate(capsys, model, "--corpus", f"emodb={small_emodb}", "--json").out)
    utterances = corpora.CORPORA["emodb"].read(small_emodb)
    count = {label: sum(each.label == label for each in utterances) for label in ("disgust", "bored")}
    assert found["left_out"] == count
    assert found["n"] == len(utterances) - sum(count.values())
    text = evaluate(capsys, model, "--corpus", f"emodb={small_emodb}").out
    assert f"left out: {count['bored']} bored" in text
    strange = respecified(small_run / "model.onnx", tmp_path / "strange.onnx", lambda spec: spec.update(labels=list("abcdefg")))
    assert "none of its emotions" in evaluate(capsys, strange, "--corpus", f"emodb={small_emodb}", status=2).err


def test_files_that_cannot_be_read(capsys, small_run, small_emodb, tmp_path):
    shutil.copytree(small_emodb, tmp_path / "broken")
    (tmp_path / "broken" / "wav" / "03a01Fa.wav").write_bytes(b"")
    printed = evaluate(capsys, small_run, "--corpus", "emodb=broken", "--json", status=1)
    found = json.loads(printed.out)
    assert found["left_out"] == {"unreadable": 1}
    assert found["n"] == len(corpora.CORPORA["emodb"].ids) - 1
    assert printed.err.count("\n") == 1
    assert "03a01Fa.wav" in printed.err


def test_nothing_readable(capsys, small_run, small_emodb, tmp_path, monkeypatch):
    ids = corpora.CORPORA["emodb"].ids[:2]
    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, ids=ids))
    (tmp_path / "c").mkdir()
    for name in ids:
        (tmp_path / "c" / f"{name}.wav").write_bytes(b"")
    printed = evaluate(capsys, small_run, "--corpus", "emodb=c", status=2)
    assert printed.err.splitlines()[-1] == "serkit: error: emodb: none of its 2 files could be recognized"
    assert small_emodb.is_dir()


def test_a_partial_copy_must_be_asked_for(capsys, small_run, small_emodb, tmp_path):
    shutil.copytree(small_emodb, tmp_path / "partial")
    (tmp_path / "partial" / "wav" / "03a01Fa.wav").unlink()
    assert "partial" in evaluate(capsys, small_run, "--corpus", "emodb=partial", status=2).err
    found = json.loads(evaluate(capsys, small_run, "--corpus", "emodb=partial", "--partial", "--json").out)
    assert found["n"] == len(corpora.CORPORA["emodb"].ids) - 1


@pytest.mark.parametrize(
    ("corpus", "said"),
    [("nope", "unknown corpus 'nope'"), ("emodb=gone", "not a folder"), ("emodb=", "NAME=ROOT"), ("ravdess", "not found")],
)
def test_a_corpus_that_is_not_there(capsys, small_run, corpus, said):
    printed = evaluate(capsys, small_run, "--corpus", corpus, status=2)
    assert said in printed.err
    assert (printed.out, printed.err.count("\n")) == ("", 1)


def test_every_prediction_can_be_kept(capsys, small_run, small_emodb, tmp_path):
    path = tmp_path / "predictions.csv"
    given = (small_run, "--corpus", f"emodb={small_emodb}")
    found = json.loads(evaluate(capsys, *given, "--out", path, "--json").out)
    with path.open(newline="", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert len(lines) == found["n"]
    hits = sum(line["true"] == line["predicted"] for line in lines)
    assert hits / len(lines) == pytest.approx(found["wa"]["value"])
    labels = found["labels"]
    assert all(max(labels, key=lambda label: float(line[f"p_{label}"])) == line["predicted"] for line in lines)
    for place in (tmp_path, tmp_path / "new" / "x.csv", "/dev/full"):  # told before the first file is recognized
        printed = evaluate(capsys, *given, "--out", place, status=2)
        assert printed.out == ""
        assert printed.err.startswith(f"serkit: error: {place}: ")
        assert printed.err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_chance_and_emotions_are_named(capsys, small_run, small_emodb):
    given = (small_run, "--corpus", f"emodb={small_emodb}")
    printed = evaluate(capsys, *given).out
    found = json.loads(evaluate(capsys, *given, "--json").out)
    true = Counter(each.label for each in corpora.CORPORA["emodb"].read(small_emodb))
    assert found["chance"] == {"wa": max(true.values()) / sum(true.values()), "ua": 1 / len(true)}
    assert f"chance: WA {100 * found['chance']['wa']:.1f} by the most frequent emotion alone" in printed
    assert "scored on: neutral, happy, sad, angry, fearful, disgust, bored\n" in printed
