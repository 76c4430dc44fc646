"""What goes wrong from outside, in processes of their own: a training that was stopped anywhere ends with the weights, to the
bit, of one that was left alone.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch

from serkit.runs import Run
from serkit.train import checkpoint

pytestmark = pytest.mark.slow

EPOCHS = 6

PROGRAM = """
import datetime, os, signal, sys, time
from dataclasses import replace
from pathlib import Path

folder, root, recipe, ids, where, count = sys.argv[1:]
count = int(count)

def kill_at(function, after=False):
    left = [count]
    def wrapped(*args, **options):
        left[0] -= 1
        if not left[0] and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        value = function(*args, **options)
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return value
    return wrapped

kind, _, name = where.partition(":")
if kind == "size":  # the kernel refuses to write more, as on a full disk
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, count))
elif kind == "clock":
    jumps = iter(lambda: 0, 1)
    now, turns = time.time, [0]
    def jumping():
        turns[0] += 1
        return now() + (-1) ** turns[0] * 1e8
    time.time = jumping
elif kind in ("half", "renamed"):
    rename = Path.replace
    hits = [count]
    def replacing(self, target):
        if Path(target).name == name:
            hits[0] -= 1
            if not hits[0] and kind == "half":
                content = self.read_bytes()
                self.write_bytes(content[: len(content) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            done = rename(self, target)
            if not hits[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return done
        return rename(self, target)
    Path.replace = replacing

import torch
from serkit import corpora, experiment
from serkit.errors import RunError
from serkit.recipe import schema
from serkit.train import loop

if kind == "step":
    torch.optim.SGD.step = kill_at(torch.optim.SGD.step)
elif kind == "validation":
    loop.probabilities = kill_at(loop.probabilities)
elif kind == "export":
    torch.onnx.export = kill_at(torch.onnx.export, after=count > 1)
    if count > 1:
        count = 1

corpora.CORPORA["emodb"] = replace(corpora.EMODB, ids=tuple(ids.split()))
try:
    if Path(folder, "run.json").is_file():
        plan = experiment.resume(Path(folder), lambda _: Path(root))
    else:
        machine = experiment.Machine("cpu", 1, 1, "float32")
        chosen = schema.load(recipe, ["training.epochs=6", "noise.copies=1", "training.batch_size=32"])
        plan = experiment.start("tiny", chosen, machine, [0], Path(folder), Path(root), "")
    experiment.train(plan, final=False, jobs=1, notify=lambda event: print(event.stage, event.done, flush=True))
except (OSError, RunError) as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.fixture(scope="module")
def command(small_emodb, small_ids, tiny_recipe):
    def line(folder, where="none", count=0):
        given = (folder, small_emodb, tiny_recipe, " ".join(small_ids), where, count)
        return [sys.executable, "-c", PROGRAM, *map(str, given)]

    return line


def run(line):
    return subprocess.run(line, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def whole(command, tmp_path_factory):
    """A Run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    done = run(command(folder))
    assert done.returncode == 0, done.stderr
    return Run(folder)


def state_of(found):
    return checkpoint.load(found.fold("holdout", 0) / "checkpoint", f"{found.info.fingerprint}/holdout-0")


def assert_alike(one, other):
    assert one.info.fingerprint == other.info.fingerprint
    for kind in ("weights", "best"):
        mine, theirs = (getattr(state_of(each), kind) for each in (one, other))
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert one.predictions() == other.predictions()
    assert one.complete()
    assert other.complete()
    names = [
        {path.relative_to(each.folder).as_posix() for path in each.folder.rglob("*") if path.is_file() and path.name != ".lock"}
        for each in (one, other)
    ]
    # What a killed process was writing keeps its temporary name, which nothing reads.
    assert {name for name in names[0] ^ names[1] if not name.endswith(".tmp")} == set()


def moments():
    """Ten of them, in the order in which they meet a training: random steps of random epochs, files half-written, an export."""
    choose = random.Random(2021)
    steps = 3  # an epoch has more than that
    return [
        ("step", choose.randint(1, steps)),
        ("half:state.safetensors", 1),
        ("step", choose.randint(1, steps)),
        ("renamed:state.safetensors", choose.randint(1, 2)),
        ("validation", 1),
        ("half:history.csv", choose.randint(1, 2)),
        ("step", choose.randint(1, steps)),
        ("half:state.safetensors", choose.randint(1, 2)),
        ("export", 1),
        ("half:model.onnx", 1),
        ("half:result.json", 1),
    ]


def test_killed_at_any_moment(command, whole, tmp_path):
    folder = tmp_path / "killed"
    for where, count in moments():
        done = run(command(folder, where, count))
        assert done.returncode == -signal.SIGKILL, (where, count, done.stdout, done.stderr)
        assert not (folder / "folds" / "holdout-0" / "result.json").exists()
    assert len(Run(folder).history("holdout", 0)) == EPOCHS
    done = run(command(folder))
    assert done.returncode == 0, done.stderr
    assert_alike(whole, Run(folder))


def test_killed_whenever_it_happens(command, whole, tmp_path):
    """At a time that nobody chose, several times."""
    folder, choose = tmp_path / "killed", random.Random(7)
    for _ in range(3):
        with subprocess.Popen(command(folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            next(line for line in process.stdout if line.startswith(("features", "epoch")))
            time.sleep(choose.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
    assert run(command(folder)).returncode == 0
    assert_alike(whole, Run(folder))


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.99])
def test_a_checkpoint_that_was_cut_short_is_not_believed(command, whole, tmp_path, keep):
    folder = tmp_path / "cut"
    assert run(command(folder, "validation", 4)).returncode == -signal.SIGKILL
    (path,) = folder.rglob(checkpoint.NAME)
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    assert run(command(folder)).returncode == 0
    assert_alike(whole, Run(folder))


def test_a_full_disk_is_said_and_costs_nothing(command, whole, tmp_path):
    """The checkpoint is the largest file: it does not fit, and the one before it stays."""
    folder = tmp_path / "full"
    assert run(command(folder, "validation", 3)).returncode == -signal.SIGKILL
    (path,) = folder.rglob(checkpoint.NAME)
    before = path.read_bytes()
    done = run(command(folder, "size", len(before) // 2))
    assert done.returncode == 1
    assert "OSError" in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == before
    assert not [left for left in folder.rglob("*.tmp") if left.stat().st_mtime > path.stat().st_mtime]
    assert run(command(folder)).returncode == 0
    assert_alike(whole, Run(folder))


def test_a_clock_that_jumps(command, whole, tmp_path):
    folder = tmp_path / "jumping"
    assert run(command(folder, "validation", 3)).returncode == -signal.SIGKILL
    for path in folder.rglob("*"):
        os.utime(path, (4e9, 4e9) if path.suffix == ".safetensors" else (0, 0))
    done = run(command(folder, "clock"))
    assert done.returncode == 0, done.stderr
    assert_alike(whole, Run(folder))
    assert all(0 <= epoch.seconds < 1000 for epoch in Run(folder).history("holdout", 0))


def test_a_run_folder_that_was_copied_elsewhere(command, whole, tmp_path):
    folder, elsewhere = tmp_path / "begun", tmp_path / "else where" / "copy"
    assert run(command(folder, "step", 8)).returncode == -signal.SIGKILL
    shutil.copytree(folder, elsewhere)
    shutil.rmtree(folder)
    assert run(command(elsewhere)).returncode == 0
    assert_alike(whole, Run(elsewhere))


def test_the_second_of_two_trainings_in_one_folder_refuses(command, whole, tmp_path):
    folder = tmp_path / "shared"
    with subprocess.Popen(command(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        next(line for line in first.stdout if line.startswith("epoch 1"))
        os.kill(first.pid, signal.SIGSTOP)  # so that it is still there when the second comes
        second = run(command(folder))
        os.kill(first.pid, signal.SIGCONT)
        assert second.returncode == 1
        assert "another training is running in this folder" in second.stderr
        first.communicate(timeout=300)
    assert first.returncode == 0
    assert_alike(whole, Run(folder))
