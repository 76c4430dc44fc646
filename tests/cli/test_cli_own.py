"""People's own data from the command line: trained on, evaluated, exported; and one line for whatever is wrong."""

import csv
from pathlib import Path

import pytest
import torch

from serkit import corpora
from serkit.cli import run
from serkit.runs import Run

EMODB = Path(__file__).parents[2] / "data" / "emodb"


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SERKIT_DATA", raising=False)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def table(tmp_path):
    """Clips of five speakers and three emotions, with German words for these."""
    words = {"angry": "Wut", "sad": "Trauer", "neutral": "neutral"}
    path = tmp_path / "my.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["clip", "feeling", "who"])
        for each in corpora.EMODB.read(EMODB):
            if each.label in words and each.speaker in ("11", "12", "13", "14", "16"):
                writer.writerow([each.path, words[each.label], each.speaker])
    return path


ASKED = ["--path", "clip", "--label", "feeling", "--speaker", "who", "--map", "Wut=angry", "--map", "Trauer=sad"]


def refused(capsys, *given):
    assert run(list(given)) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("serkit: error: ")
    return line.removeprefix("serkit: error: ")


def test_train_on_a_table_continue_and_score(capsys, table):  # noqa: ARG001 - it lies in the current folder
    assert run(["train", "majority", "--corpus", "my.csv", *ASKED, "--out", "run"]) == 0
    assert capsys.readouterr().out.startswith("validation scores: 5-fold over groups of speakers, speaker-independent")
    assert run(["train", "--resume", "--out", "run", "--score-test"]) == 0
    assert capsys.readouterr().out.startswith("test scores: 5-fold over groups of speakers, speaker-independent")
    assert Run(Path("run")).info.labels == ("neutral", "sad", "angry")
    assert "leave out recipe" in refused(capsys, "train", "--resume", "--out", "run", "--label", "x")


def test_a_name_may_stand_before_the_table(capsys, table):
    assert run(["train", "majority", "--corpus", f"calls={table}", *ASKED, "--out", "run"]) == 0
    capsys.readouterr()
    assert Run(Path("run")).info.corpus.corpus == "calls"


def test_evaluate_on_a_table_and_on_its_exports(capsys, table, small_run):  # noqa: ARG001 - it lies in the current folder
    assert run(["evaluate", str(small_run), "--corpus", "my.csv", *ASKED, "--threads", "1"]) == 0
    wanted = capsys.readouterr().out
    assert wanted.startswith("evaluation scores: my, every recording as it is, another corpus")
    assert run(["corpora", "export", "my.csv", "--to", "out", *ASKED]) == 0
    assert capsys.readouterr().out.endswith(" utterances of my: out/my.csv\n")
    assert run(["evaluate", str(small_run), "--corpus", "out/my.csv", "--threads", "1"]) == 0
    assert capsys.readouterr().out == wanted


def test_export_of_a_corpus(capsys):
    assert run(["corpora", "export", f"emodb={EMODB}", "--to", "out", "--labels", "4_class"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "339 utterances of emodb: out/emodb.csv\n"
    assert "leaves out 81 bored" in printed.err
    assert "out/emodb.csv: exists already" in refused(capsys, "corpora", "export", f"emodb={EMODB}", "--to", "out")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--corpus", "gone.csv"], "gone.csv: no such file or folder"),
        (["--corpus", "my.csv"], "my.csv: 2 kinds of faults: (1) no column for the path"),
        (["--corpus", "my.csv", "--path", "clipp"], "--path clipp: no such column; did you mean 'clip'?"),
        (["--corpus", "my.csv", *ASKED[:6]], "my.csv, line 3: unknown emotion 'Wut'"),
        (["--corpus", "my.csv", *ASKED[:6], "--map", "Wut"], "--map Wut: write it with a '=' in the middle"),
        (["--corpus", "my.csv", *ASKED, "--map", "Wut=sad"], "--map Wut=sad: given twice"),
        (["--corpus", "my.csv", *ASKED, "--column", "begin=x"], "no field 'begin'"),
        (["--corpus", "my.csv", *ASKED, "--root", "gone"], "--root gone: not a folder"),
        (["--label", "feeling"], "are of your own data: --corpus TABLE|FOLDER"),
        (["--corpus", f"emodb={EMODB}", "--own-labels"], "are of your own data: --corpus TABLE|FOLDER"),
        (["--corpus", str(EMODB)], "none of its folders (wav) is named for an emotion"),
    ],
)
def test_one_line_for_whatever_is_wrong(capsys, table, arguments, said):  # noqa: ARG001 - it lies in the current folder
    assert said in refused(capsys, "train", "majority", *arguments, "--out", "run")
    assert not Path("run").exists()
