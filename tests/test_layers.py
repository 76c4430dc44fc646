"""Every import points down the rows of the design; syntax trees are read, so that imports inside functions count too."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "serkit"
ROWS = (
    ("errors",),
    ("types",),
    ("files", "windows"),
    ("audio", "labels", "metrics", "frames", "config", "cache"),
    ("corpora", "features", "models", "augment", "inference"),
    ("system", "protocols"),
    ("recipe",),
    ("runs",),
    ("train", "export"),
    ("report", "serve"),
    ("experiment",),
    ("cli", "__main__", "__init__"),
)
"""From the lowest up; `__init__` is the package itself."""

ROW = {name: number for number, names in enumerate(ROWS, 1) for name in names}
SAME_ROW = {("__main__", "cli")}  # `python -m serkit` is the command


def top_level(package):
    """Every module and package directly below `package`, by its name."""
    folders = {path.name for path in package.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    return folders | {path.stem for path in package.glob("*.py")}


def imported(tree, file, package):
    """Line and top-level module of every import of the package that a syntax tree holds, wherever it stands."""
    known = top_level(package)
    here = (package.name, *file.relative_to(package).with_suffix("").parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level]) if node.level else ""
            base = ".".join(part for part in (base, node.module) if part)
            targets = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            targets = [given.value for given in node.args if isinstance(given, ast.Constant) and isinstance(given.value, str)]
        else:
            continue
        for target in targets:
            first, *rest = target.split(".")
            if first == package.name:
                yield node.lineno, rest[0] if rest and rest[0] in known else "__init__"


def violations(package):
    """Every import that does not point down, and every module without a row, as lines for a reader."""
    found = [f"{name}: has no row" for name in sorted(top_level(package) - set(ROW))]
    for file in sorted(package.rglob("*.py")):
        own = file.relative_to(package).with_suffix("").parts[0]
        for line, other in imported(ast.parse(file.read_text(encoding="utf-8")), file, package):
            if other == own or own not in ROW or other not in ROW or (own, other) in SAME_ROW:
                continue
            if own == "__init__" and other not in ("cli", "__main__"):
                continue
            if ROW[other] >= ROW[own]:
                what = "upward" if ROW[other] > ROW[own] else "within its row"
                found.append(
                    f"{file.relative_to(package.parent)}:{line}: "
                    f"{own} (row {ROW[own]}) imports {other} (row {ROW[other]}), {what}"
                )
    return found


def test_every_import_points_down():
    found = violations(PACKAGE)
    assert not found, "\n" + "\n".join(found)


def test_the_package_was_read():
    seen = {
        (file.relative_to(PACKAGE).with_suffix("").parts[0], other)
        for file in PACKAGE.rglob("*.py")
        for _, other in imported(ast.parse(file.read_text(encoding="utf-8")), file, PACKAGE)
    }
    assert {("windows", "types"), ("export", "inference"), ("cli", "errors"), ("__main__", "cli")} <= seen
    assert len(top_level(PACKAGE)) > 15


def test_recognition_knows_no_torch():
    """Rows say who may import whom; this says who may import torch and its company."""
    light = ("errors", "types", "files", "windows", "audio", "labels", "inference", "__init__", "__main__")
    heavy = {"torch", "pydantic", "onnx", "lightning_fabric", "matplotlib", "safetensors"}
    found = []
    for file in PACKAGE.rglob("*.py"):
        if file.relative_to(PACKAGE).with_suffix("").parts[0] not in light:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{file}:{node.lineno}: {name}" for name in names if name.split(".")[0] in heavy]
    assert not found, "\n" + "\n".join(found)


PLANTED = {
    "upward": ("windows.py", "from serkit.train import loop", "windows (row 3) imports train (row 9), upward"),
    "as a name": ("audio/__init__.py", "from serkit import runs", "audio (row 4) imports runs (row 8), upward"),
    "plainly": ("errors.py", "import serkit.types", "errors (row 1) imports types (row 2), upward"),
    "in a function": ("system.py", "def f():\n    import serkit.cli.train as t", "system (row 6) imports cli (row 12), upward"),
    "for types": (
        "types.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from serkit.frames import Frames",
        "types (row 2) imports frames (row 4), upward",
    ),
    "in a try": (
        "metrics/deep/x.py",
        "try:\n    from serkit import recipe\nexcept ImportError:\n    pass",
        "metrics (row 4) imports recipe",
    ),
    "within a row": ("train/loop.py", "from serkit import export", "train (row 9) imports export (row 9), within its row"),
    "within a row, files": (
        "files.py",
        "from serkit.windows import cut",
        "files (row 3) imports windows (row 3), within its row",
    ),
    "relative": ("features/mfcc.py", "from .. import system", "features (row 5) imports system (row 6), upward"),
    "relative, a module": ("features/mfcc.py", "from ..runs import Run", "features (row 5) imports runs (row 8), upward"),
    "relative, from __init__": (
        "features/__init__.py",
        "from ..runs import Run",
        "features (row 5) imports runs (row 8), upward",
    ),
    "by string": ("labels.py", "import importlib\nimportlib.import_module('serkit.corpora')", "labels (row 4) imports corpora"),
    "the package": ("runs.py", "from serkit import load", "runs (row 8) imports __init__ (row 12), upward"),
    "the package, plainly": ("runs.py", "import serkit", "runs (row 8) imports __init__ (row 12), upward"),
    "no row": ("utils.py", "", "utils: has no row"),
    "no row, a folder": ("helpers/deep/x.py", "", "helpers: has no row"),
}


def plant(folder, name, text):
    package = folder / "serkit"
    for module in ROW:
        (package / f"{module}.py").parent.mkdir(parents=True, exist_ok=True)
        if module not in ("audio", "metrics", "train", "features", "recipe", "cli", "corpora"):
            (package / f"{module}.py").write_text("")
    for module in ("audio", "metrics", "train", "features", "recipe", "cli", "corpora"):
        (package / module).mkdir()
        (package / module / "__init__.py").write_text("")
    (package / name).parent.mkdir(parents=True, exist_ok=True)
    (package / name).write_text(text)
    return package


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_violation_is_found(kind, tmp_path):
    name, text, message = PLANTED[kind]
    found = violations(plant(tmp_path, name, text))
    assert len(found) == 1
    assert message in found[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "train/loop.py",
            "from serkit import metrics\nfrom serkit.train import other\nfrom . import checkpoint\nfrom .x import y",
        ),
        ("__main__.py", "from serkit.cli import main"),
        ("__init__.py", "from serkit.inference import load"),
        ("windows.py", "import torch\nfrom serkit_other import train\nimport numpy as serkit"),
        ("features/__init__.py", "from .mfcc import MFCC\nfrom ..frames import Frames"),
    ],
)
def test_what_is_allowed_is_not_found(name, text, tmp_path):
    assert violations(plant(tmp_path, name, text)) == []
