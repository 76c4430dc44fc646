"""The command line as a whole: one line for whatever is wrong, and the exit status that goes with it."""

import errno
import subprocess
import sys
from importlib.metadata import version

import pytest

from serkit import cli
from serkit.cli import run
from serkit.errors import RunError

SERKIT = [sys.executable, "-m", "serkit"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SERKIT_DATA", raising=False)


def refused(capsys, *arguments):
    """The one line that refuses them."""
    assert run(list(arguments)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("serkit: error: ")
    assert printed.err.count("\n") == 1
    assert printed.err.endswith("\n")
    return printed.err


def test_version(capsys):
    assert run(["--version"]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (f"serkit {version('serkit')}\n", "")


def test_help(capsys):
    for arguments in (["--help"], ["-h"], ["train", "--help"], ["corpora", "-h"], ["predict", "-h"]):
        assert run(arguments) == 0
        printed = capsys.readouterr()
        assert "Usage" in printed.out
        assert printed.err == ""


def test_no_command_shows_the_help(capsys):
    assert run([]) == 2
    printed = capsys.readouterr()
    assert "Usage" in printed.out + printed.err
    assert "train" in printed.out + printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "frobnicate"),
        (["--frobnicate"], "--frobnicate"),
        (["train", "x", "--frobnicate"], "--frobnicate"),
        (["predict"], "PATH"),
        (["predict", "x.wav"], "--model"),
        (["predict", "x.wav", "-m", "none.onnx"], "no such model file"),
        (["predict", "x.wav", "-m", "none", "-f", "xml"], "xml"),
        (["predict", "x.wav", "-m", "none", "--threads", "-1"], "--threads"),
        (["predict", "x.wav", "-m", "none", "--threads", "many"], "--threads"),
        (["predict", "x.wav", "-m", "none", "--limit", "-1"], "--limit"),
        (["evaluate", "none", "--corpus", "emodb"], "none"),
        (["evaluate", "none"], "--corpus"),
        (["report", "none"], "not a Run folder"),
        (["report"], "RUN"),
        (["train"], "name a recipe"),
        (["train", "--resume"], "--out DIR"),
        (["train", "--resume", "--out", "none"], "not a Run folder"),
        (["train", "x", "--resume", "--out", "none"], "leave out recipe"),
        (["train", "--resume", "--out", "none", "--seed", "1"], "--seed"),
        (["train", "--resume", "--out", "none", "--set", "a=1"], "--set"),
        (["train", "nope"], "no recipe 'nope'"),
        (["train", "cnn_transformer/papr"], "did you mean 'cnn_transformer/paper'?"),
        (["train", "gone.toml"], "no such recipe file"),
        (["train", "cnn_transformer/paper"], "corpus 'ravdess' was not found"),
        (["train", "cnn_transformer/emodb", "--corpus", "nope=gone"], "gone: no such file or folder"),
        (["train", "cnn_transformer/emodb", "--corpus", "ravdess=/tmp"], "corpus is emodb"),
        (["train", "cnn_transformer/emodb", "--corpus", "ravdess"], "corpus is emodb"),
        (["train", "cnn_transformer/emodb", "--corpus", "emodb="], "NAME=ROOT"),
        (["train", "cnn_transformer/emodb", "--corpus", "emodb=gone"], "gone"),
        (["train", "cnn_transformer/emodb", "--corpus", "emodb=."], "no recording"),
        (["train", "cnn_transformer/emodb", "--set", "nonsense"], "--set nonsense: write it as KEY=VALUE"),
        (["train", "cnn_transformer/emodb", "--set", "training.epochs=0"], "training.epochs"),
        (["train", "cnn_transformer/emodb", "--set", "training.epoch=1"], "did you mean 'epochs'?"),
        (["train", "cnn_transformer/emodb", "--set", "training.optimizer.learning_rate=nan"], "learning_rate"),
        (["train", "cnn_transformer/emodb", "--seed", "-1"], "--seed"),
        (["train", "cnn_transformer/emodb", "--seed", "x"], "--seed"),
        (["train", "cnn_transformer/emodb", "--seed", "1", "--seed", "1"], "names a seed twice"),
        (["train", "cnn_transformer/emodb", "--final", "--score-test"], "--final"),
        (["train", "cnn_transformer/emodb", "--device", "tpu"], "choose auto, cpu or cuda"),
        (["train", "cnn_transformer/emodb", "--device", "cuda", "--devices", "64"], "GPUs"),
        (["train", "cnn_transformer/emodb", "--jobs", "0"], "--jobs"),
        (["train", "cnn_transformer/emodb", "--threads", "0"], "--threads"),
        (["recipes", "show", "nope"], "no recipe 'nope'"),
        (["recipes", "frobnicate"], "frobnicate"),
        (["systems", "show", "nope"], "no system 'nope'"),
        (["systems", "show", "cnn_transformer", "--classes", "1"], "--classes"),
        (["corpora", "show", "nope"], "unknown corpus 'nope'"),
        (["corpora", "check", "emodb", "gone"], "gone is not a folder"),
        (["corpora", "check", "ravdess"], "corpus 'ravdess' was not found"),
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line(capsys, tmp_path, arguments, said):
    assert said in refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []  # and leaves nothing behind


def test_no_traceback_from_a_process_of_its_own():
    done = subprocess.run([*SERKIT, "frobnicate"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("serkit: error: No such command 'frobnicate'")
    assert done.stderr.count("\n") == 1


def raising(monkeypatch, error):
    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr(cli, "app", fail)


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "make room"),
        (errno.EFBIG, "allow larger files"),
        (errno.EACCES, "choose a place that may be written to"),
        (errno.EROFS, "choose a place that may be written to"),
        (errno.EIO, "put that right"),
    ],
)
def test_what_the_file_system_says(capsys, monkeypatch, number, advice):
    raising(monkeypatch, OSError(number, "what it says", "some/file"))
    line = refused(capsys, "recipes", "list")
    assert line.startswith("serkit: error: some/file: what it says; ")
    assert advice in line


def test_a_file_systems_word_without_a_file(capsys, monkeypatch):
    raising(monkeypatch, OSError(errno.ENOSPC, "full"))
    assert refused(capsys, "x").startswith("serkit: error: full; make room")


def test_an_error_of_several_lines_is_one(capsys, monkeypatch):
    raising(monkeypatch, RunError("a\n  [bold]b[/bold]\tc"))
    assert refused(capsys, "x") == "serkit: error: a [bold]b[/bold] c\n"


def test_an_unforeseen_error_is_not_hidden(monkeypatch):
    for error in (ZeroDivisionError(), ModuleNotFoundError("x", name="surprise"), OSError("no number")):
        raising(monkeypatch, error)
        with pytest.raises(type(error)):
            run(["x"])


@pytest.mark.parametrize("module", ["torch", "pydantic", "lightning_fabric.fabric", "onnx", "jinja2", "matplotlib.pyplot"])
def test_an_extra_that_is_missing(capsys, monkeypatch, module):
    raising(monkeypatch, ModuleNotFoundError("x", name=module))
    line = refused(capsys, "x")
    assert f"this needs the package '{module.partition('.')[0]}': pip install" in line
    assert "[train]'" in line


def test_interruption(capsys, monkeypatch):
    raising(monkeypatch, KeyboardInterrupt())
    assert run(["x"]) == 130
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "serkit: stopped\n")
