"""An install without its extras: what needs none works, and whatever does says in one line how to install it."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from serkit.errors import EXTRAS

EMODB = Path(__file__).parents[2] / "data" / "emodb" / "wav"

HIDING = """
    import importlib.metadata, sys

    class Hidden:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in hidden:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    def found(name, known=importlib.metadata.distribution):
        if name.replace("-", "_") in hidden:
            raise importlib.metadata.PackageNotFoundError(name)
        return known(name)

    sys.meta_path.insert(0, Hidden())
    importlib.metadata.distribution = found
    """
RUNNING = """
    import contextlib, io, json
    from serkit import cli
    done = []
    for line in json.loads(sys.argv[2]):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.run(line.split())
        done.append((status, out.getvalue(), err.getvalue()))
    print(json.dumps(done))
    """
EXTRA = set(EXTRAS) - {"pydantic"}
"""Without pydantic, which typer has need of too."""


def without(packages, code, *arguments, cwd):
    """What a Python prints that lacks the packages."""
    program = "import json, sys; hidden = set(json.loads(sys.argv[1]))\n" + textwrap.dedent(HIDING) + textwrap.dedent(code)
    command = [sys.executable, "-c", program, json.dumps(sorted(packages)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


WORKING = (
    "--help",
    "--version",
    "recipes list",
    "recipes list --json",
    "recipes show cnn_transformer/paper",
    "systems list",
    "corpora list",
    "corpora list --json",
    "corpora show emodb",
    "corpora export emodb --to out",
)
LACKING = (
    ("systems show cnn_transformer", "train"),
    ("corpora plot emodb", "train"),
    ("corpora export emodb --to other --format parquet", "tables"),
    ("corpora export emodb --to other --format audformat", "tables"),
    ("features list", "train"),
    ("features extract cnn_transformer/emodb --cache c", "train"),
    ("features plot own.csv", "train"),
    ("train baseline/emodb", "train"),
    ("train cnn_transformer/emodb", "train"),
    ("train amsnet --corpus own.csv", "train"),
    ("train --resume --out none", "train"),
    ("ablate bigru_mha", "train"),
    ("report none", "train"),
    ("publish none --to x", "train"),
)


def test_every_command_without_extras(tmp_path):
    rows = [
        f"{path},{label}" for code, label in (("W", "angry"), ("T", "sad")) for path in sorted(EMODB.glob(f"03a0*{code}?.flac"))
    ]
    (tmp_path / "own.csv").write_text("\n".join(["path,emotion", *rows]))
    lines = [*WORKING, *(line for line, _ in LACKING)]
    done = json.loads(without(EXTRA, RUNNING, json.dumps(lines), cwd=tmp_path))
    for line, (status, out, err) in zip(lines, done, strict=True):
        if line in WORKING:
            assert (status, err) == (0, ""), (line, err)
            assert out
        else:
            assert (status, out) == (2, ""), line
            *notes, last = err.splitlines()
            assert last.startswith("serkit: error: this needs the package '"), (line, err)
            assert all(note.startswith("serkit: note: own.csv: ") for note in notes)
            assert f"[{dict(LACKING)[line]}]'" in last
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out", "own.csv"]


def test_opensmile_is_missed_before_anything_is_computed(tmp_path):
    lines = ["train baseline/emodb", "train linear_svm --corpus emodb=."]
    done = json.loads(without({"opensmile"}, RUNNING, json.dumps(lines), cwd=tmp_path))
    for status, out, err in done:
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert "'opensmile': pip install" in err
        assert "[opensmile]'" in err
        assert "free for research and teaching only" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "code", ["import serkit; serkit.fit", "from serkit import fit", "import serkit; serkit.fit('t.csv', 'amsnet')"]
)
def test_fit_without_extras(tmp_path, code):
    told = without(
        EXTRA,
        f"""
        import serkit
        try:
            {code}
        except serkit.SerkitError as error:
            print(type(error).__name__, isinstance(error, ImportError), error.name, error)
        """,
        cwd=tmp_path,
    )
    assert told.startswith("MissingExtra True torch this needs the package 'torch': pip install")
    assert told.count("\n") == 1
    assert "[train]'" in told
