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
from serkit.errors import CorpusError, SerkitError

BUNDLED = Path(__file__).parents[2] / "data" / "emodb"


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No corpus but the bundled one, and a terminal wide enough that no cell is folded."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("SERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SERKIT_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments):
    return CliRunner().invoke(app, arguments)


UNTESTED = {"ravdess_song", "tess", "savee", "iemocap", "meld", "msp_podcast", "ch_sims", "mosi"}


def test_list():
    result = run("list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    cells = {line.split()[0]: line.split() for line in lines[1 : 1 + len(corpora.CORPORA)]}
    assert cells["emodb"] == ["emodb", "de", "535", "10", "0.41", "7", "CC0-1.0", "bundled", "tested"]
    assert cells["ravdess_song"][2:6] == ["1,012", "23", "-", "6"]
    assert cells["ravdess_song"][-2:] == ["download", "untested"]
    assert cells["savee"][-3:] == ["on", "request", "untested"]
    assert {name for name, row in cells.items() if row[-1] == "untested"} == UNTESTED
    assert cells["mosi"][1:6] == ["en", "2,199", "93", "2.6", "-"]  # it tells no emotions apart
    assert max(map(len, lines)) <= 120
    found = lines[lines.index("found here") + 1 :]
    assert found[0].split() == ["emodb", str(BUNDLED)]
    assert found[1] == ""


def test_list_of_a_corpus_whose_speakers_have_no_names(monkeypatch):
    """Hundreds of them, or nobody knows how many."""
    for unnamed, shown, told in ((300, "310", "310 (5 female, 5 male, 300 not known by name)"), (None, "-", "- (5 female")):
        monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, unnamed=unnamed))
        assert run("list").stdout.splitlines()[1].split()[3] == shown
        assert f"speakers    {told}" in run("show", "emodb").stdout
    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, speakers={}, unnamed=474, hours=None, rate=None))
    lines = run("show", "emodb").stdout.splitlines()
    assert {"speakers    474", "hours       -", "rate        several"} <= set(lines)


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
    assert facts["ravdess"]["by_speaker"] == {f"{actor:02d}": 60 for actor in range(1, 25)}
    assert facts["ravdess"]["speaker_count"] == 24
    assert facts["ravdess"]["archives"][0]["md5"] == "bc696df654c87fed845eb13823edef8a"
    assert facts["savee"]["access"] == "request"
    assert facts["ravdess_song"]["hours"] is None


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
    assert "rate        several" in run("show", "meld").stdout


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
    root = tmp_path / "far" / "down" / "copy"  # too deep for the folders of other tests to be taken for what was meant
    root.mkdir(parents=True)
    sf.write(root / "03a01Fa.wav", np.zeros(1600), 16000)
    result = run("check", "emodb", str(root))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert "03a01Fa: silent: all its samples are zero" in lines
    assert "534 files: missing: no file of this name: 03a01Nc, 03a01Wa, 03a02Fc and 531 more (all with --json)" in lines
    assert "sad: count: 0 utterances, published are 62" in lines
    assert "08: speaker: 0 utterances, published are 58" in lines
    assert lines[-1] == f"emodb in {root}: {534 + 7 + 10 + 1} problems"
    assert len(lines) == 1 + 7 + 10 + 1 + 1

    printed = json.loads((again := run("check", "emodb", str(root), "--json")).stdout)
    assert again.exit_code == 1
    assert printed["sound"] is False
    assert len(printed["problems"]) == 534 + 7 + 10 + 1
    assert sum(problem["kind"] == "missing" for problem in printed["problems"]) == 534
    expected = {"where": "03a01Fa", "kind": "silent", "detail": "all its samples are zero", "known": False, "remark": False}
    assert expected in printed["problems"]


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


def test_many_speakers_are_no_files(monkeypatch):
    alike = [corpora.Problem(f"{each}", "speaker", "0 utterances, published are 60") for each in range(11)]
    monkeypatch.setattr(corpora, "check", lambda *_arguments: alike)
    assert run("check", "emodb").stdout.startswith("11 speakers: speaker: 0 utterances, published are 60: 0, 1, 2 and 8 more")


def clip(root, name, seconds, level=0.1, rate=16000):
    sf.write(root / f"{name}.wav", np.full(round(seconds * rate), level), rate, subtype="FLOAT")


@pytest.fixture
def copy(tmp_path):
    """Three utterances of EmoDB, one of them of another rate."""
    root = tmp_path / "copy"
    root.mkdir()
    clip(root, "03a01Fa", 1.0)
    clip(root, "03a01Nc", 2.0, 0.01)
    clip(root, "08a01Fd", 4.0, rate=8000)
    return root


def test_stats(copy):
    result = run("stats", "emodb", str(copy))
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[:2] == [
        f"emodb in {copy}: 3 utterances, 532 of 535 are not there",
        "1 at 8000 Hz, 2 at 16000 Hz; 3 with 1 channel",
    ]
    assert [line.split() for line in lines[3:]] == [
        ["label", "utterances", "hours", "shortest", "median", "longest"],
        ["neutral", "1", "0.00", "2.00", "s", "2.00", "s", "2.00", "s"],
        ["happy", "2", "0.00", "1.00", "s", "2.50", "s", "4.00", "s"],
        ["all", "3", "0.00", "1.00", "s", "2.00", "s", "4.00", "s"],
    ]
    told = json.loads(run("stats", "emodb", str(copy), "--json").stdout)
    assert told["all"] == {"utterances": 3, "hours": pytest.approx(7 / 3600), "shortest": 1.0, "median": 2.0, "longest": 4.0}
    assert told["rates"] == {"8000": 1, "16000": 2}


def test_stats_name_what_cannot_be_read(copy):
    (copy / "03a01Nc.wav").write_bytes(b"nothing of the kind")
    result = run("stats", "emodb", str(copy))
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("03a01Nc: unreadable: not audio")
    assert "03a01Nc" in json.loads(run("stats", "emodb", str(copy), "--json").stdout)["unreadable"]


@pytest.mark.parametrize("ending", ["html", "PNG", "svg"])
def test_plot(copy, tmp_path, ending):
    path = tmp_path / f"page.{ending}"
    result = run("plot", "emodb", str(copy), "--out", str(path))
    assert result.exit_code == 0
    assert result.stdout == f"page: {path}\n"
    assert path.read_bytes().startswith({"html": b"<!DOCTYPE html>", "PNG": b"\x89PNG", "svg": b"<?xml"}[ending])


def test_plot_says_what_it_leaves_out(copy):
    (copy / "03a01Nc.wav").write_bytes(b"nothing of the kind")
    result = run("plot", "emodb", str(copy))
    assert Path("emodb.html").is_file()
    assert "note: 1 unreadable files are left out" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plot", "emodb", "--out", "page.pdf"), "a name that ends with .html, .png, .svg"),
        (("plot", "emodb", "empty"), "holds no readable recording of emodb"),
        (("stats", "emodb", "empty"), "holds no recording of emodb; expected 535 such as 03a01Fa.wav"),
        (("stats", "emodb", "file"), "is not a folder"),
        (("plot", "emodb", "nowhere"), "is not a folder"),
        (("stats", "emodbb"), "did you mean 'emodb'"),
        (("download", "emodbb"), "did you mean 'emodb'"),
        (("download", "emodb"), "not for download by a program: bundled in data/emodb"),
        (("download", "crema_d"), "git clone https://github.com/CheyneyComputerScience/CREMA-D"),
        (("download", "ravdess", "--to", "file"), "is there already"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, arguments, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    result = run(*arguments)
    assert isinstance(result.exception, SerkitError)
    assert said in str(result.exception)


def test_a_download_needs_consent(monkeypatch):
    """Without a person to ask and without --yes nothing is fetched; the licence is told first."""
    fetched = []
    monkeypatch.setattr(corpora, "download", lambda corpus, target, _: fetched.append((corpus.name, target)))
    result = run("download", "ravdess")
    assert "add --yes" in str(result.exception)
    assert "RAVDESS, speech: licence CC BY-NC-SA 4.0, from https://doi.org/10.5281/zenodo.1188976" in result.stderr
    assert "208 MB are to be fetched, for data/ravdess" in result.stderr
    assert fetched == []
    monkeypatch.setenv("SERKIT_DATA", "here")
    assert run("download", "ravdess", "--yes").stdout == "ravdess in here/ravdess: 1,440 utterances\n"
    run("download", "ravdess", "--yes", "--to", "there")
    assert fetched == [("ravdess", Path("here/ravdess")), ("ravdess", Path("there"))]


@pytest.mark.parametrize(("answer", "consent"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_person_is_asked(monkeypatch, answer, consent):
    fetched = []
    monkeypatch.setattr(corpora, "download", lambda *_: fetched.append(True))
    monkeypatch.setattr("serkit.cli.corpora._someone_there", lambda: True)
    result = CliRunner().invoke(app, ["download", "ravdess"], input=answer)
    assert (result.exit_code == 0) == consent
    assert fetched == [True] * consent


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
