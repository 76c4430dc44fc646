"""The Run folder: what is written is what is read, damage is named with file and line, and two do not write at once."""

import csv
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from serkit import files, runs
from serkit.errors import OutputError, RunError
from serkit.runs import FINAL, Epoch, Result, Row, Run, RunInfo
from serkit.types import Source

INFO = RunInfo(
    fingerprint="0123456789abcdef" * 4,
    recipe="cnn_transformer/emodb",
    system="cnn_transformer",
    corpus=Source("emodb", "CC0-1.0", 535),
    corpus_root="/data/emodb",
    labels=("happy", "sad"),
    protocol="leave-one-speaker-out, speaker-independent, checkpoint: validation",
    speaker_independent=True,
    selection="validation",
    folds=("03", "08"),
    seeds=(0, 5),
    parameters=248391,
    device="cpu x 1",
    precision="float32",
    threads=2,
    environment={"python": "3.11", "system": "Línux"},
    created="2025-01-01T00:00:00+00:00",
    command="serkit train cnn_transformer/emodb",
)
ROWS = [
    Row("03a01Fa", "emodb", "03", "03", 0, "test", "happy", (0.1, 0.9)),
    Row('a,"b"\n c', "emodb", "ü", "03", 0, "validation", "sad", (1 / 3, 2 / 3)),
]


def result(fold, seed):
    return Result(fold, seed, 2, 3, 1.5, 400, 90, 45, ("03", "08"))


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", INFO, "title = 'x'\n")


# --- the folder


def test_create_and_open(run):
    again = Run(run.folder)
    assert again.info == INFO
    assert again.info.id == "0123456789ab"
    assert again.recipe_file.read_text(encoding="utf-8") == "title = 'x'\n"
    assert again.fold("03", 5) == run.folder / "folds" / "03-5"
    assert again.model_file == run.folder / "model.onnx"
    assert sorted(path.name for path in run.folder.iterdir() if path.name != ".lock") == [
        "SHA256SUMS",
        "recipe.toml",
        "run.json",
    ]
    assert (again.results(), again.predictions(), again.history("03", 0), again.complete()) == ([], [], [], False)


def test_create_makes_its_folder_alone_and_takes_an_empty_one(tmp_path):
    (tmp_path / "empty").mkdir()
    assert Run.create(tmp_path / "empty", INFO, "").info == INFO
    assert Run.create(tmp_path / "new", INFO, "").info == INFO
    with pytest.raises(OutputError, match=r"there is no folder .*a to make it in"):
        Run.create(tmp_path / "a" / "b", INFO, "")
    assert not (tmp_path / "a").exists()


def test_create_refuses_what_exists(run, tmp_path):
    before = run.recipe_file.read_bytes()
    with pytest.raises(RunError, match="exists already; choose another --out, or continue it with --resume"):
        Run.create(run.folder, INFO, "title = 'other'\n")
    assert run.recipe_file.read_bytes() == before
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(RunError, match="a file of that name is in the way"):
        Run.create(tmp_path / "file", INFO, "")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x", encoding="utf-8")
    with pytest.raises(RunError, match="exists already"):
        Run.create(tmp_path / "full", INFO, "")
    assert not (tmp_path / "full" / "run.json").exists()


def test_a_folder_that_died_before_run_json_may_be_begun_again(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.toml").write_text("half", encoding="utf-8")
    (tmp_path / "run" / ".lock").touch()
    assert Run.create(tmp_path / "run", INFO, "whole").recipe_file.read_text(encoding="utf-8") == "whole"


def test_no_run_folder(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(RunError, match=r"not a Run folder \(it has no run.json\)"):
            Run(folder)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "3", '{"labels": []}', "\ud800", '{"corpus": {}}', '{"corpus": {"corpus": 1}}']
)
def test_a_damaged_run_json(run, text):
    path = run.folder / "run.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(RunError) as caught:
        Run(run.folder)
    assert str(caught.value).startswith(f"{path}: damaged")


@pytest.mark.parametrize("key", ["fingerprint", "corpus", "recipe", "threads"])
def test_run_json_without_a_key_or_with_one_more(run, key):
    path = run.folder / "run.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({name: value for name, value in values.items() if name != key}), encoding="utf-8")
    with pytest.raises(RunError, match=r"run\.json: damaged or of another version"):
        Run(run.folder)
    path.write_text(json.dumps(values | {"novel": 1}), encoding="utf-8")
    with pytest.raises(RunError, match="novel"):
        Run(run.folder)


@pytest.mark.parametrize("change", [{"corpus": [1]}, {"corpus": "x"}, {"corpus": 3}])
def test_run_json_with_a_corpus_of_another_kind(run, change):
    path = run.folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(RunError, match=r"run\.json: damaged"):
        Run(run.folder)


@pytest.mark.parametrize("change", [{"labels": None}, {"labels": 3}, {"seeds": None}, {"folds": 1}])
def test_run_json_with_values_of_another_kind(run, change):
    path = run.folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(RunError, match=r"run\.json: damaged"):
        Run(run.folder)


# --- results and completeness


def test_results_in_order_and_completeness(run):
    for fold, seed in [("08", 5), ("03", 5), ("08", 0)]:
        runs.write_result(run.fold(fold, seed) / "result.json", result(fold, seed))
    assert not run.complete()
    runs.write_result(run.fold("03", 0) / "result.json", result("03", 0))
    assert run.complete()
    assert [(each.fold, each.seed) for each in run.results()] == [("03", 0), ("08", 0), ("03", 5), ("08", 5)]
    assert run.results()[0] == result("03", 0)


def test_a_final_model_is_a_result_but_completes_nothing(run):
    runs.write_result(run.fold(FINAL, 0) / "result.json", result(FINAL, 0))
    assert run.results() == [result(FINAL, 0)]
    assert not run.complete()


@pytest.mark.parametrize("text", ["{", "[]", '{"fold": "03"}', "nonsense"])
def test_a_damaged_result(run, text):
    path = run.fold("03", 0) / "result.json"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RunError) as caught:
        run.results()
    assert str(caught.value).startswith(f"{path}: damaged")


# --- history


def test_history_round_trip(run):
    epochs = [Epoch(1, 0.1, 1 / 3, 0.5, None, None, None, 0.25), Epoch(2, 1e-7, 2.0, 1.0, 0.1, 0.2, 0.3, 12.0)]
    runs.write_history(run.fold("03", 0) / "history.csv", epochs)
    assert run.history("03", 0) == epochs
    staged = [replace(epochs[0], stage="frlm"), epochs[1]]
    runs.write_history(run.fold("03", 0) / "history.csv", staged)
    assert run.history("03", 0) == staged


def test_a_history_from_before_there_were_stages(run):
    path = run.fold("03", 0) / "history.csv"
    path.parent.mkdir(parents=True)
    names = "epoch,learning_rate,train_loss,train_wa,validation_loss,validation_wa,validation_ua,seconds"
    path.write_text(f"{names}\n1,0.1,2.0,0.5,,,,3.0\n", encoding="utf-8")
    assert run.history("03", 0) == [Epoch(1, 0.1, 2.0, 0.5, None, None, None, 3.0)]


@pytest.mark.parametrize("damage", [("0.5", "half"), ("\n1,", "\none,"), ("train_wa", "train_vw"), (",0.25", ",0.25,9,9")])
def test_a_damaged_history(run, damage):
    path = run.fold("03", 0) / "history.csv"
    runs.write_history(path, [Epoch(1, 0.1, 0.3, 0.5, None, None, None, 0.25)])
    path.write_text(path.read_text(encoding="utf-8").replace(*damage), encoding="utf-8")
    with pytest.raises(RunError, match=r"history\.csv: damaged"):
        run.history("03", 0)


def test_a_history_without_epochs(run):
    path = run.fold("03", 0) / "history.csv"
    path.parent.mkdir(parents=True)
    path.write_text("x,y\n1,2\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"history\.csv: damaged"):
        run.history("03", 0)


# --- predictions


def test_rows_round_trip(tmp_path):
    path = tmp_path / "new" / "rows.csv"
    runs.write_rows(path, ROWS, ("happy", "sad"))
    found = runs.read_rows(path, ("happy", "sad"))
    assert [replace(row, probabilities=()) for row in found] == [replace(row, probabilities=()) for row in ROWS]
    for row, wanted in zip(found, ROWS, strict=True):
        assert row.probabilities == pytest.approx(wanted.probabilities, abs=1e-9)
    with path.open(newline="", encoding="utf-8") as stream:
        assert next(csv.reader(stream)) == [
            "utterance", "corpus", "speaker", "fold", "seed", "part", "true", "p_happy", "p_sad",
        ]  # fmt: skip


def test_rows_by_the_order_of_labels(tmp_path):
    runs.write_rows(tmp_path / "rows.csv", ROWS[:1], ("happy", "sad"))
    assert runs.read_rows(tmp_path / "rows.csv", ("sad", "happy"))[0].probabilities == (0.9, 0.1)


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (3, "x,emodb,03,03,zero,test,happy,0.1,0.9"),
        (3, "x,emodb,03,03,0,test,happy,0.1,many"),
        (3, "x,emodb,03,03,0,test,happy,0.1"),
        (3, "x,emodb"),
        (3, "x,emodb,03,03,0,test,happy,0.1,0.9,0.5"),
    ],
)
def test_damaged_rows_are_named_by_line(tmp_path, number, line):
    path = tmp_path / "rows.csv"
    runs.write_rows(path, ROWS[:1], ("happy", "sad"))
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(RunError) as caught:
        runs.read_rows(path, ("happy", "sad"))
    assert str(caught.value).startswith(f"{path}, line {number}: damaged")
    assert "\n" not in str(caught.value)


def test_rows_of_other_labels_are_damaged(tmp_path):
    runs.write_rows(tmp_path / "rows.csv", ROWS[:1], ("happy", "sad"))
    for labels in (("happy", "angry"), ("happy",)):
        with pytest.raises(RunError, match=r"damaged \(no column (p_angry|predicted)\)"):
            runs.read_rows(tmp_path / "rows.csv", labels)


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"utterance,corpus\n\xff\xfe\n")
    with pytest.raises(RunError, match=r"rows\.csv: damaged"):
        runs.read_rows(path, ("happy",))


def test_predictions_are_collected_from_the_folds_of_the_run(run):
    labels = INFO.labels
    for seed in (5, 0):
        for fold in ("08", "03"):
            for part in ("test", "validation"):
                row = Row(f"{fold}-{seed}-{part}", "emodb", fold, fold, seed, part, "sad", (0.25, 0.75))
                runs.write_rows(run.fold(fold, seed) / f"{part}.csv", [row], labels)
    runs.write_rows(run.fold("strange", 0) / "test.csv", ROWS, labels)
    run.collect()
    found = run.predictions()
    order = [(row.seed, row.fold, row.part) for row in found]
    assert order == [(seed, fold, part) for seed in (0, 5) for fold in ("03", "08") for part in ("validation", "test")]
    assert {row.part for row in run.predictions("test")} == {"test"}
    assert len(run.predictions("validation")) == 4
    assert run.predictions("test")[0].probabilities == (0.25, 0.75)


# --- locks


def test_a_second_process_is_refused(tmp_path):
    program = (
        "import sys; from pathlib import Path; from serkit import runs; from serkit.errors import RunError\n"
        "try:\n"
        "    with runs.lock(Path(sys.argv[1])): print('held')\n"
        "except RunError as error: print(error)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with runs.lock(tmp_path):
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"{tmp_path}: another training is running in this folder; wait for it or choose another --out\n"
    with pytest.raises(ZeroDivisionError), runs.lock(tmp_path):
        raise ZeroDivisionError
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout == "held\n"


# --- the ledger


def test_the_ledger_keeps_what_it_holds(tmp_path):
    path = tmp_path / "ledger.csv"
    runs.append_ledger(path, {"when": "1", "command": 'a "b", c'})
    first = path.read_bytes()
    runs.append_ledger(path, {"when": "2", "command": "x\ny"})
    assert path.read_bytes().startswith(first)
    with path.open(newline="", encoding="utf-8") as stream:
        assert list(csv.DictReader(stream)) == [{"when": "1", "command": 'a "b", c'}, {"when": "2", "command": "x\ny"}]


def test_a_ledger_of_fewer_columns_gets_those_that_it_lacks(tmp_path):
    """As ledgers were written before values had scores; what a row says stays the same, a quoted line break too."""
    path = tmp_path / "ledger.csv"
    path.write_text('when,wa,command\n1,0.5,"a ""b"",\nc"\n2,0.6\n', encoding="utf-8")
    runs.append_ledger(path, {"when": "3", "wa": "", "command": "d", "mae": "1.5", "ccc": "0.2"})
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["when", "wa", "command", "mae", "ccc"],
        ["1", "0.5", 'a "b",\nc', "", ""],
        ["2", "0.6", "", "", ""],
        ["3", "", "d", "1.5", "0.2"],
    ]
    before = path.read_bytes()
    runs.append_ledger(path, {"when": "4", "command": "e"})
    assert path.read_bytes() == before + b"4,,e,,\n"


@pytest.mark.parametrize("text", ["when,wa\n1,2,3\n", 'when\n"' + "x" * 200_000 + '"\n'])
def test_what_is_no_ledger_is_left_alone(tmp_path, text):
    path = tmp_path / "ledger.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match="choose another --ledger"):
        runs.append_ledger(path, {"when": "1", "mae": "2"})
    assert path.read_text(encoding="utf-8") == text


def test_two_processes_lose_no_row(tmp_path):
    program = (
        "import sys; from pathlib import Path; from serkit import runs\n"
        "for number in range(25): runs.append_ledger(Path(sys.argv[1]), {'who': sys.argv[2], 'number': str(number)})\n"
    )
    path = tmp_path / "ledger.csv"
    two = [subprocess.Popen([sys.executable, "-c", program, str(path), who]) for who in "ab"]
    assert [process.wait(timeout=60) for process in two] == [0, 0]
    with path.open(newline="", encoding="utf-8") as stream:
        rows = [(row["who"], int(row["number"])) for row in csv.DictReader(stream)]
    assert sorted(rows) == [(who, number) for who in "ab" for number in range(25)]


def test_checksums_hold_wherever_a_writer_is_killed(run, monkeypatch):
    """Before a file takes its name both checksums are there, the old one and the new one."""
    path = run.folder / "predictions.csv"
    runs.write(path, "first\n")
    assert run.edited == ()
    sums = (run.folder / "SHA256SUMS").read_text(encoding="utf-8")
    assert f"{hashlib.sha256(b'first' + bytes([10])).hexdigest()}  predictions.csv\n" in sums

    def die(place, content, **_):
        if place == path:
            raise KeyboardInterrupt
        place.write_bytes(content.encode() if isinstance(content, str) else content)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", die)
        with pytest.raises(KeyboardInterrupt):
            runs.write(path, "second\n")
    assert path.read_text(encoding="utf-8") == "first\n"
    assert run.edited == ()
    runs.write(path, "second\n")
    assert run.edited == ()
    path.write_text("third\n", encoding="utf-8")
    assert run.edited == ("predictions.csv",)
    runs.note(path)
    assert run.edited == ()


def test_a_line_that_is_no_checksum_fits_nothing(run):
    with (run.folder / "SHA256SUMS").open("a", encoding="utf-8") as stream:
        stream.write("nonsense\n")
    assert run.edited == ("SHA256SUMS",)


def test_a_run_of_before_keeps_no_checksums(run):
    (run.folder / "SHA256SUMS").unlink()
    assert run.edited == ()


def test_names_that_are_no_text_come_back_as_they_were(run):
    """Of files, speakers and own labels: whatever the file system gave."""
    name = os.fsdecode(b"caf\xe9.wav")
    rows = [Row(name, "emodb", name, "a", 0, "test", INFO.labels[0], (1.0, *([0.0] * (len(INFO.labels) - 1))))]
    path = run.folder / "rows.csv"
    runs.write_rows(path, rows, INFO.labels)
    assert b"caf\xe9.wav" in path.read_bytes()
    assert runs.read_rows(path, INFO.labels) == rows
    ledger = run.folder / "ledger.csv"
    runs.append_ledger(ledger, {"command": name})
    runs.append_ledger(ledger, {"command": name, "more": "1"})
    assert ledger.read_bytes().count(b"caf\xe9.wav") == 2
