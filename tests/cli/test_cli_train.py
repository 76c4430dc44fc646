"""`serkit train`: from a command line to a Run folder, and back to it after whatever happened."""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from serkit import corpora, runs
from serkit.cli import run
from serkit.runs import Run, lock
from serkit.train import checkpoint

PROGRAM = """
import signal
import sys
import time
from dataclasses import replace
from serkit import cli, corpora
corpora.CORPORA["emodb"] = replace(corpora.EMODB, ids=tuple(sys.argv[1].split()))
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs, tests among them, ignore it
sys.exit(cli.run(sys.argv[2:]))
"""
"""`serkit` in a process of its own, where EmoDB has three sentences."""


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch, small_corpus):  # noqa: ARG001 - the corpus is made small
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SERKIT_DATA", raising=False)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def arguments(tiny_recipe, small_emodb):
    return ["train", str(tiny_recipe), "--corpus", f"emodb={small_emodb}", "--threads", "1"]


def refused(capsys, *given):
    assert run(list(given)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines()[-1].startswith("serkit: error: ")
    assert "Traceback" not in printed.err
    return printed.err.splitlines()[-1]


def process(*given, **options):
    command = [sys.executable, "-c", PROGRAM, " ".join(corpora.CORPORA["emodb"].ids), *given]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_train_then_resume_then_score(capsys, arguments, tmp_path, small_emodb):
    assert run([*arguments, "--out", "run", "--seed", "4", "--set", "training.epochs=1"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("validation scores: hold-out of speakers (test 15 16; validation 12 13), speaker-independent")
    assert "next: serkit report run\n" in printed.out
    assert "try:  serkit predict RECORDING --model run\n" in printed.out
    assert "To score it: serkit train --resume --out run --score-test" in printed.out
    assert "A demonstration of a few minutes: no benchmark." in printed.out
    lines = printed.err.splitlines()
    assert "1 training of at most 1 epoch" in lines[0]
    assert "run run" in lines[0]
    assert any(line.startswith("fold holdout, seed 4: epoch 1/1, loss ") for line in lines)
    info = Run(tmp_path / "run").info
    assert (info.seeds, info.threads, info.corpus_root) == ((4,), 1, str(small_emodb.resolve()))
    # nothing left to train: --resume only scores
    assert run(["train", "--resume", "--out", "run", "--score-test"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("test scores: ")
    assert "epoch 1/1" not in printed.err
    ledger = (tmp_path / "ledger.csv").read_text(encoding="utf-8")
    assert len(ledger.splitlines()) == 2
    assert run(["train", "--resume", "--out", "run", "--score-test"]) == 0
    assert (tmp_path / "ledger.csv").read_text(encoding="utf-8") == ledger


def test_train_and_score_at_once_with_a_ledger_elsewhere(capsys, arguments, tmp_path):
    for given in (["--out", "a b/run"], ["--out", "run", "--ledger", "books/ledger.csv"]):
        assert run([*arguments, *given]) == 2
        assert "there is no folder" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []
    for name in ("a b", "books"):
        (tmp_path / name).mkdir()
    assert run([*arguments, "--out", "a b/run", "--score-test", "--ledger", "books/ledger.csv"]) == 0
    assert "next: serkit report 'a b/run'" in capsys.readouterr().out
    assert len((tmp_path / "books" / "ledger.csv").read_text(encoding="utf-8").splitlines()) == 2
    assert not (tmp_path / "a b" / "ledger.csv").exists()


def test_final(capsys, arguments, tmp_path):
    assert run([*arguments, "--out", "run", "--final"]) == 0
    assert capsys.readouterr().out.startswith("one model on all data, never scored: run/model.onnx\n")
    assert (tmp_path / "run" / "model.onnx").is_file()


def test_a_folder_below_runs(capsys, arguments, tmp_path):
    assert run([*arguments, "--set", "training.epochs=1"]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert f"run runs/{folder.name}" in capsys.readouterr().err.splitlines()[0]
    assert "exists already" in refused(capsys, *arguments, "--set", "training.epochs=1")


def test_out_that_is_there(capsys, arguments, small_run, tmp_path):
    before = (small_run / "run.json").read_bytes()
    assert "exists already; choose another --out" in refused(capsys, *arguments, "--out", str(small_run))
    assert (small_run / "run.json").read_bytes() == before
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "in the way" in refused(capsys, *arguments, "--out", "file")


def test_a_missing_utterance_is_told(capsys, tiny_recipe, tmp_path, small_emodb):
    shutil.copytree(small_emodb, tmp_path / "partial")
    (tmp_path / "partial" / "wav" / "03a01Fa.wav").unlink()
    line = refused(capsys, "train", str(tiny_recipe), "--corpus", "emodb=partial", "--out", "run")
    assert "1 of " in line
    assert "03a01Fa" in line
    assert not (tmp_path / "run").exists()


def test_a_broken_utterance_is_told(capsys, tiny_recipe, tmp_path, small_emodb):
    shutil.copytree(small_emodb, tmp_path / "broken")
    (tmp_path / "broken" / "wav" / "03a01Fa.wav").write_bytes(b"RIFF")
    line = refused(capsys, "train", str(tiny_recipe), "--corpus", "emodb=broken", "--out", "run")
    assert "03a01Fa.wav" in line


def test_a_loss_that_is_no_number(capsys, arguments):
    line = refused(capsys, *arguments, "--out", "run", "--set", "training.optimizer.learning_rate=1e30")
    assert "the loss became" in line


def test_a_rate_that_torch_cannot_hold(capsys, arguments):
    line = refused(capsys, *arguments, "--out", "run", "--set", "training.optimizer.learning_rate=1e300")
    assert "learning_rate" in line


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("features.mfcc.hop=1e-9", "recipe"),
        ("features.mfcc.high=9000", "do not fit a rate"),
        ("model.heads=3", "heads"),
        ("features.other={}", "other"),
        ("model.channels=[2]", "recipe"),
    ],
)
def test_parts_that_do_not_fit(capsys, arguments, tmp_path, override, said):
    assert said in refused(capsys, *arguments, "--out", "run", "--set", override)
    assert not (tmp_path / "run").exists()


def test_a_folder_in_use(capsys, small_run):
    with lock(small_run):
        assert "another training is running" in refused(capsys, "train", "--resume", "--out", str(small_run))


@pytest.mark.parametrize("name", ["run.json", "recipe.toml", "folds/holdout-0/result.json", "folds/holdout-0/validation.csv"])
def test_damage_is_told(capsys, small_run, tmp_path, name):
    copy = shutil.copytree(small_run, tmp_path / "copy")
    (copy / name).write_text("dam,age\n1,2\n{", encoding="utf-8")
    assert name.rpartition("/")[2] in refused(capsys, "train", "--resume", "--out", "copy")


def test_a_moved_run_is_resumed_predicted_and_reported(capsys, small_run, small_emodb, tmp_path):
    copy = shutil.copytree(small_run, tmp_path / "else where")
    assert run(["train", "--resume", "--out", str(copy)]) == 0
    assert f"next: serkit report '{copy}'" in capsys.readouterr().out
    clip = next((small_emodb / "wav").iterdir())
    assert run(["predict", str(clip), "-m", str(copy), "-f", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1


def test_a_corpus_that_moved(capsys, small_run, small_emodb, tmp_path):
    copy = shutil.copytree(small_run, tmp_path / "copy")
    info = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    runs.write(copy / "run.json", json.dumps(info | {"corpus_root": "/gone"}))
    assert run(["train", "--resume", "--out", "copy", "--corpus", f"emodb={small_emodb}"]) == 0
    capsys.readouterr()
    assert "corpus is emodb" in refused(capsys, "train", "--resume", "--out", "copy", "--corpus", f"ravdess={small_emodb}")


# --- processes


def test_ctrl_c(arguments, tmp_path):
    with process(*arguments, "--out", "my run", "--set", "training.epochs=400") as child:
        assert any("epoch 2/400" in line for line in child.stderr)
        child.send_signal(signal.SIGINT)
        rest = child.stderr.read().splitlines()
        assert child.wait(timeout=60) == 130
    assert rest[-1] == "serkit: stopped; continue with: serkit train --resume --out 'my run'"
    assert all(line.startswith("fold holdout") for line in rest[:-1])
    plan = Run(tmp_path / "my run")
    state = checkpoint.load(plan.fold("holdout", 0) / "checkpoint", f"{plan.info.fingerprint}/holdout-0")
    assert len(state.history) >= 2
    assert not list((tmp_path / "my run").rglob("*.tmp"))


@pytest.mark.slow
def test_ctrl_c_with_jobs(arguments):
    given = [*arguments, "--out", "run", "--set", "training.epochs=400", "--seed", "0", "--seed", "1", "--jobs", "2"]
    with process(*given, start_new_session=True) as child:
        assert any("epoch 2/400" in line for line in child.stderr)
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does
        rest = child.stderr.read().splitlines()
        assert child.wait(timeout=60) == 130
    assert rest[-1] == "serkit: stopped; continue with: serkit train --resume --out run"
    assert not any("Traceback" in line for line in rest)


def test_a_disk_that_is_full(arguments, tmp_path):
    """Files of more than 6 kB cannot be written: run.json can, a checkpoint cannot."""

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    with process(*arguments, "--out", "run", preexec_fn=small_files) as child:
        out, err = child.communicate(timeout=60)
    assert child.returncode == 2
    assert out == ""
    assert err.splitlines()[-1].startswith("serkit: error: ")
    assert "File too large; allow larger files and run the same command again" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not list((tmp_path / "run").rglob("*.tmp"))
    # "the same command again" must lead somewhere: nothing was trained, so nothing is in its way
    assert not (tmp_path / "run").exists()
    assert run([*arguments, "--out", "run"]) == 0


@pytest.mark.slow
def test_a_disk_that_is_full_with_jobs(arguments):
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    given = [*arguments, "--out", "run", "--seed", "0", "--seed", "1", "--jobs", "2"]
    with process(*given, preexec_fn=small_files) as child:
        _, err = child.communicate(timeout=120)
    assert child.returncode == 2
    assert "Traceback" not in err
    assert "File too large" in err.splitlines()[-1]


@pytest.mark.slow
def test_workers_end_with_their_parent(arguments, tmp_path):
    given = [*arguments, "--out", "run", "--set", "training.epochs=400", "--seed", "0", "--seed", "1", "--jobs", "2"]
    with process(*given, start_new_session=True) as child:
        try:
            assert any("epoch 2/400" in line for line in child.stderr)
            child.kill()
            child.wait()
            time.sleep(3)
            before = [len(Run(tmp_path / "run").history("holdout", seed)) for seed in (0, 1)]
            time.sleep(3)
            assert [len(Run(tmp_path / "run").history("holdout", seed)) for seed in (0, 1)] == before
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)


def test_whole_corpus_is_asked_for(capsys, arguments, monkeypatch):
    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB))
    assert "no complete copy of emodb" in refused(capsys, *arguments, "--out", "run")


@pytest.mark.parametrize(
    "override",
    ["training.batch_size=100000000000000000000000", "model.feedforward=99999999999", "noise.copies=1000000000"],
)
def test_sizes_beyond_any_machine(capsys, arguments, tmp_path, override):
    assert override.partition("=")[0] in refused(capsys, *arguments, "--out", "run", "--set", override)
    assert not (tmp_path / "run").exists()


def test_threads_beyond_any_machine(capsys, tiny_recipe):
    assert "--threads" in refused(capsys, "train", str(tiny_recipe), "--threads", "999999999")
