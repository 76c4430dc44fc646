"""How a missing package is said: by the command that installs it from where this serkit came from."""

import importlib.metadata
import json
import pickle

import pytest

from serkit import errors
from serkit.errors import EXTRAS, MissingExtra, SerkitError


class Installed:
    def __init__(self, came):
        self.came = came

    def read_text(self, name):
        assert name == "direct_url.json"
        return self.came


def said(monkeypatch, tmp_path, came, *, checkout=False):
    """The message for a serkit in a folder of its own that came from there; None: it is not installed at all."""
    package = tmp_path / "some where" / "serkit"
    package.mkdir(parents=True)
    if checkout:
        (package.parent / "pyproject.toml").touch()
    monkeypatch.setattr(errors, "__file__", str(package / "errors.py"))

    def distribution(name):
        if came is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return Installed(came)

    monkeypatch.setattr(importlib.metadata, "distribution", distribution)
    return str(MissingExtra("train", "torch")).removeprefix("this needs the package 'torch': ")


@pytest.mark.parametrize(
    ("came", "command"),
    [
        ("", "pip install 'serkit[train]'"),
        ("damaged", "pip install 'serkit[train]'"),
        ("[]", "pip install 'serkit[train]'"),
        (json.dumps({"url": "file:///home/me/my%20serkit", "dir_info": {}}), "pip install '.[train]' in /home/me/my serkit"),
        (
            json.dumps({"url": "https://example.org/serkit.git", "vcs_info": {"vcs": "git", "commit_id": "0"}}),
            "pip install 'serkit[train] @ git+https://example.org/serkit.git'",
        ),
        (
            json.dumps({"url": "https://example.org/serkit.whl", "archive_info": {}}),
            "pip install 'serkit[train] @ https://example.org/serkit.whl'",
        ),
        (None, "pip install 'serkit[train]'"),
    ],
)
def test_the_command_fits_the_install(monkeypatch, tmp_path, came, command):
    assert said(monkeypatch, tmp_path, came) == command


@pytest.mark.parametrize("came", [None, "", json.dumps({"url": "file:///x", "dir_info": {"editable": True}})])
def test_a_checkout_installs_itself(monkeypatch, tmp_path, came):
    assert said(monkeypatch, tmp_path, came, checkout=True) == f"pip install -e '.[train]' in {tmp_path / 'some where'}"


def test_every_extra_is_one_of_the_project_and_has_its_packages():
    """By what this install says of itself."""
    needs = importlib.metadata.requires("serkit") or []
    for package, extra in EXTRAS.items():
        if package in ("audeer", "pandas"):  # which audformat brings
            continue
        name = {"sklearn": "scikit-learn"}.get(package, package.replace("_", "-"))
        assert [need for need in needs if need.startswith(name) and f'extra == "{extra}"' in need], package


def test_what_no_extra_has():
    assert MissingExtra.behind(ModuleNotFoundError("x", name="surprise")) is None
    assert MissingExtra.behind(ModuleNotFoundError("x")) is None
    found = MissingExtra.behind(ModuleNotFoundError("x", name="pyarrow.parquet"))
    assert isinstance(found, SerkitError)
    assert isinstance(found, ImportError)
    assert found.name == "pyarrow"
    assert "[tables]'" in str(found)


def test_a_note_is_said_behind():
    assert str(MissingExtra("opensmile", "opensmile", "for research")).endswith(" (for research)")


def test_it_comes_whole_out_of_another_process():
    error = MissingExtra("opensmile", "opensmile", "for research")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.name) == (str(error), "opensmile")
