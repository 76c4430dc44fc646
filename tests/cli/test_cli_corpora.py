"""`serkit corpora`: what is printed, where, and the exit status."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from typer.testing import CliRunner

from serkit import corpora
from serkit.cli.corpora import app
from serkit.errors import CorpusError

BUNDLED = Path(__file__).parents[2] / "data" / "emodb"


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No corpus but the bundled one, and a terminal wide enough that no cell is folded."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("SERKIT_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments):
    return CliRunner().invoke(app, arguments)


def test_list():
    result = run("list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert any(line.startswith("emodb") and "535" in line and "CC0-1.0" in line for line in lines)
    assert any(line.startswith("ravdess") and "1440" in line and line.rstrip().endswith("-") for line in lines)
    untested = {line.split()[0] for line in lines if "untested" in line}
    assert untested == {"ravdess_song", "tess", "savee", "iemocap", "meld", "msp_podcast", "ch_sims", "mosi"}
    (mosi,) = (line for line in lines if line.startswith("mosi"))
    assert mosi.split()[2:6] == ["en", "2199", "93", "-"]  # it tells no emotions apart


def test_list_marks_a_reader_that_never_saw_the_real_corpus(monkeypatch):
    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, tested=False))
    assert any(line.startswith("emodb") and "untested" in line for line in run("list").stdout.splitlines())
    assert "untested on real data" in run("show", "emodb").stdout


def test_list_json():
    facts = {fact["name"]: fact for fact in json.loads(run("list", "--json").stdout)}
    assert set(facts) == set(corpora.CORPORA)
    assert facts["emodb"]["utterances"] == 535
    assert facts["emodb"]["found"] == str(BUNDLED)
    assert facts["ravdess"]["found"] is None
    assert facts["ravdess"]["counts"]["neutral"] == 96


def test_show():
    result = run("show", "emodb")
    assert result.exit_code == 0
    for part in (
        "CC0-1.0",
        "535",
        "5 female, 5 male",
        "16000 Hz",
        "angry",
        "127",
        "Der Lappen",
        "@inproceedings{burkhardt2005emodb",
    ):
        assert part in result.stdout
    assert json.loads(run("show", "ravdess", "--json").stdout)["redistributable"] is False
    assert "03-01-03-01-02-02-07" in run("show", "ravdess").stdout


def test_show_of_annotations():
    shown = run("show", "iemocap").stdout
    assert "valence from 1 to 5, arousal from 1 to 5" in shown
    assert "4_class_improvised, 4_class_improvised_without_excited, 5_class, 6_class" in shown
    facts = json.loads(run("show", "iemocap", "--json").stdout)
    assert facts["label_maps"]["6_class"] == ["neutral", "happy", "excited", "sad", "angry", "frustrated"]
    assert facts["default_map"] == "4_class"
    speakers = {name: run("show", name).stdout.partition("speakers")[2].split("\n")[0].strip() for name in ("mosi", "meld")}
    assert speakers == {"mosi": "93", "meld": "-"}
    assert "rate        differs" in run("show", "meld").stdout


def test_an_unknown_name_is_left_to_main():
    result = run("show", "emodbb")
    assert isinstance(result.exception, CorpusError)
    assert "did you mean 'emodb'" in str(result.exception)
    assert isinstance(run("check", "ravdess").exception, CorpusError)


def test_check_of_a_sound_corpus():
    result = run("check", "emodb")
    assert result.exit_code == 0
    assert result.stdout == f"emodb in {BUNDLED}: complete and sound\n"
    assert result.stderr == ""  # no progress bar: nobody watches


def test_check_of_a_damaged_corpus(tmp_path):
    root = tmp_path / "copy"
    root.mkdir()
    sf.write(root / "03a01Fa.wav", np.zeros(1600), 16000)
    result = run("check", "emodb", str(root))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert "03a01Fa: silent: all its samples are zero" in lines
    assert "534 files: missing: no file of this name: 03a01Nc, 03a01Wa, 03a02Fc and 531 more (all with --json)" in lines
    assert "sad: count: 0 utterances, published are 62" in lines
    assert lines[-1] == f"emodb in {root}: {534 + 7 + 1} problems"
    assert len(lines) == 1 + 7 + 1 + 1

    printed = json.loads((again := run("check", "emodb", str(root), "--json")).stdout)
    assert again.exit_code == 1
    assert printed["sound"] is False
    assert len(printed["problems"]) == 534 + 7 + 1
    assert sum(problem["kind"] == "missing" for problem in printed["problems"]) == 534
    assert {"where": "03a01Fa", "kind": "silent", "detail": "all its samples are zero", "known": False} in printed["problems"]


@pytest.mark.parametrize(("number", "lines"), [(10, 10), (11, 1)])
def test_many_files_with_one_same_problem_are_one_line(monkeypatch, number, lines):
    """Only those told in the same words; a known one is told apart."""
    alike = [corpora.Problem(f"id{each:02d}", "rate", "8000 Hz instead of 16000 Hz") for each in range(number)]
    known = corpora.Problem("id99", "rate", "8000 Hz instead of 16000 Hz", known=True)
    other = corpora.Problem("id00", "silent", "all its samples are zero")
    monkeypatch.setattr(corpora, "check", lambda *_arguments: [*alike, known, other])
    printed = run("check", "emodb").stdout.splitlines()
    assert len(printed) == lines + 3
    assert printed[-3:-1] == [
        "id99: rate: 8000 Hz instead of 16000 Hz (known)",
        "id00: silent: all its samples are zero",
    ]
    assert printed[-1].endswith(f"{number + 1} problems, besides 1 known of the released corpus")
    assert (printed[0] == "id00: rate: 8000 Hz instead of 16000 Hz") == (number == 10)
    assert len(json.loads(run("check", "emodb", "--json").stdout)["problems"]) == number + 2


def test_known_defects_do_not_fail_a_check(monkeypatch):
    known = corpora.Problem("03a01Fa", "duplicate", "the same samples as 03a01Nc", known=True)
    monkeypatch.setattr(corpora, "check", lambda *_arguments: [known])
    result = run("check", "emodb")
    assert result.exit_code == 0
    assert "(known)" in result.stdout
    assert "complete and sound, besides 1 known" in result.stdout
    assert json.loads(run("check", "emodb", "--json").stdout)["sound"] is True


def test_importing_the_commands_imports_no_corpora():
    code = "import sys, serkit.cli.corpora; print([name for name in sys.modules if name in ('serkit.corpora', 'torch')])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
