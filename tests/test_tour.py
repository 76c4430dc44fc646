"""The documents are true: every command and every line of Python in them runs, in order."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs everything in a document, in a folder beside nothing but the data."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return run_all


def run_all(name):
    blocks = BLOCK.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))
    assert {kind for kind, _ in blocks} == {"sh", "python"}
    names: dict[str, object] = {}
    for kind, code in blocks:
        if kind == "python":
            exec(compile(code, f"docs/{name}", "exec"), names)
            continue
        for line in code.splitlines():
            done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{line}\n{done.stderr}"


@pytest.mark.slow
def test_the_tour(run, tmp_path):
    run("tour.md")
    assert (tmp_path / "runs" / "tour" / "report.html").is_file()
    assert "cnn_transformer/demo" in (tmp_path / "runs" / "ledger.csv").read_text(encoding="utf-8")


@pytest.mark.slow
def test_features(run, tmp_path):
    run("features.md")
    assert (tmp_path / "clip.png").is_file()
    assert len(list((tmp_path / "features").glob("??/*.safetensors"))) == 4 * 535
    assert (tmp_path / "runs" / "cached" / "model.onnx").is_file()
