"""docs/tour.md is true: every command and every line of Python in it runs, in order."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_everything_in_the_tour_runs(tmp_path, monkeypatch):
    blocks = BLOCK.findall((ROOT / "docs" / "tour.md").read_text(encoding="utf-8"))
    assert {kind for kind, _ in blocks} == {"sh", "python"}
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    monkeypatch.setenv("PATH", path)
    names: dict[str, object] = {}
    for kind, code in blocks:
        if kind == "python":
            exec(compile(code, "docs/tour.md", "exec"), names)
            continue
        for line in code.splitlines():
            done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (tmp_path / "runs" / "tour" / "report.html").is_file()
    assert "cnn_transformer/demo" in (tmp_path / "runs" / "ledger.csv").read_text(encoding="utf-8")
