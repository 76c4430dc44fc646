"""People's own data from the command line: trained on, evaluated, exported; and one line for whatever is wrong."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
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
    assert "\nvalidation scores: 5-fold over groups of speakers, speaker-independent" in capsys.readouterr().out
    assert run(["train", "--resume", "--out", "run", "--score-test"]) == 0
    assert "\ntest scores: 5-fold over groups of speakers, speaker-independent" in capsys.readouterr().out
    assert Run(Path("run")).info.labels == ("neutral", "sad", "angry")
    assert "leave out recipe" in refused(capsys, "train", "--resume", "--out", "run", "--label", "x")


def test_a_name_may_stand_before_the_table(capsys, table):
    assert run(["train", "majority", "--corpus", f"calls={table}", *ASKED, "--out", "run"]) == 0
    capsys.readouterr()
    assert Run(Path("run")).info.corpus.corpus == "calls"


def test_evaluate_on_a_table_and_on_its_exports(capsys, table, small_run):  # noqa: ARG001 - it lies in the current folder
    assert run(["evaluate", str(small_run), "--corpus", "my.csv", *ASKED, "--threads", "1"]) == 0
    wanted = capsys.readouterr().out
    assert "\nevaluation scores: my, every recording as it is, another corpus" in wanted
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


def test_a_known_name_is_looked_up(capsys, monkeypatch):
    monkeypatch.setenv("SERKIT_DATA", str(EMODB.parent))
    assert run(["train", "majority", "--corpus", "emodb", "--out", "run"]) == 0
    capsys.readouterr()
    assert Run(Path("run")).info.corpus_root == str(EMODB)
    assert "--corpus ravdess: this recipe's corpus is emodb" in refused(capsys, "train", "majority", "--corpus", "ravdess")
    monkeypatch.setenv("SERKIT_DATA", "nowhere")
    assert run(["train", "--resume", "--out", "run", "--corpus", "emodb", "--score-test"]) == 0


def test_bad_recordings_are_left_out_on_request_and_on_resuming(capsys, table):
    Path("text.wav").write_text("no audio")
    with table.open("a", encoding="utf-8") as stream:
        stream.write("text.wav;Wut;11\ngone.wav;Wut;11\n")
    said = refused(capsys, "train", "majority", "--corpus", "my.csv", *ASKED, "--out", "run")
    assert "2 kinds of faults: (1) line 1" in said
    assert "or leave out what cannot be used: --skip-bad" in said
    assert not Path("run").exists()
    assert run(["train", "majority", "--corpus", "my.csv", *ASKED, "--out", "run", "--skip-bad"]) == 0
    told = "my.csv: leaves out what cannot be used of its "
    assert f"serkit: note: {told}" in (shown := capsys.readouterr().err)
    assert "1 missing (gone.wav), 1 unreadable (text.wav)" in shown
    assert shown.count(told) == 1
    assert run(["train", "--resume", "--out", "run", "--score-test"]) == 0
    assert told in capsys.readouterr().err
    assert "leave out recipe" in refused(capsys, "train", "--resume", "--out", "run", "--skip-bad")
    Path("text.wav").unlink()
    assert run(["train", "--resume", "--out", "run"]) == 0  # it is as bad as it was


WITHOUT_TORCH = """
import sys


class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "lightning_fabric", "sklearn", "scipy"):
            raise SystemExit(f"imported {name}")


sys.meta_path.insert(0, Refused())
from serkit.cli import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["majority", "--corpus", "my.csv"], "2 kinds of faults: (1) no column for the path"),
        (["amsnet", "--corpus", "my.csv", *ASKED[:6]], "my.csv, line 3: unknown emotion 'Wut'"),
        (["amsnet", "--corpus", "gone.csv"], "gone.csv: no such file or folder"),
        (["amsnet", "--corpus", "one.csv"], "all its recordings are sad; two labels at least"),
        (["amsnet", "--corpus", "alone.csv"], "leave it out with --map 'Wut='"),
        (["amsnet", "--corpus", "split.csv"], "its split has no validation part"),
        (["mine.toml", "--corpus", "my=my.csv"], "--label emotoin: no such column; it has clip"),
        (["amsnett"], "no recipe 'amsnett'; did you mean 'amsnet"),
        (["gone.toml", "--corpus", "my.csv"], "gone.toml: no such recipe file"),
        (["amsnet", "--set", "nonsense"], "--set nonsense: write it as KEY=VALUE"),
        (["amsnet", "--corpus", "emodb=gone"], "gone is not a folder"),
        (["amsnet", "--corpus", "ravdess"], "this recipe's corpus is emodb"),
    ],
)
def test_what_is_wrong_is_said_before_torch_is_imported(table, arguments, said):
    clips = [line.split(";")[0] for line in table.read_text(encoding="utf-8").splitlines()[1:9]]
    words = {"one": ["sad"] * 8, "alone": ["Wut", *["sad"] * 4, *["neutral"] * 3], "split": ["sad", "neutral"] * 4}
    for name, own in words.items():
        parts = [",split", *(["", "train", "test"][1 + at % 2] for at in range(8))] if name == "split" else [""] * 9
        rows = [f"{clip},{word}{',' if part else ''}{part}" for clip, word, part in zip(clips, own, parts[1:], strict=True)]
        Path(f"{name}.csv").write_text("\n".join([f"file,label{parts[0]}", *rows]).replace("Wut", "anger"))
    Path("mine.toml").write_text("[corpus]\nname = 'my'\n[corpus.table]\ncolumns = { label = 'emotoin', path = 'clip' }\n")
    said = said.replace("'Wut='", "'anger='") if "alone.csv" in arguments else said
    program = [sys.executable, "-c", WITHOUT_TORCH, "train", *arguments, "--out", "run"]
    package = str(Path(corpora.__file__).parents[2])
    found = subprocess.run(program, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": package})
    assert (found.returncode, found.stdout) == (2, ""), found.stderr
    assert said in found.stderr.splitlines()[-1]
    assert not Path("run").exists()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are Unicode there")
def test_names_that_are_no_utf_8_are_trained_on_to_the_end(capsys, tmp_path):
    folder = tmp_path / "calls"
    for emotion in ("sad", "angry"):
        (folder / emotion).mkdir(parents=True)
        for number in range(6):
            noise = np.random.default_rng(number + 10 * (emotion == "sad")).uniform(-0.1, 0.1, 8000)
            sf.write("x.wav", noise, 8000)
            Path("x.wav").rename(folder / emotion / os.fsdecode(b"%d_\xe9.wav" % number))
    assert run(["train", "majority", "--corpus", str(folder), "--speaker", r"^(\d)", "--out", "run", "--score-test"]) == 0
    capsys.readouterr()
    rows = list(csv.DictReader(Path("run/predictions.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["utterance"] for row in rows} == {f"{each}/{n}_%E9.wav" for each in ("sad", "angry") for n in range(6)}
    assert run(["train", "--resume", "--out", "run"]) == 0


def test_confounded_speakers_are_told(capsys, tmp_path):
    rows = ["file,label,speaker"]
    wanted = {("03", True): "a", ("08", False): "b"}
    for each in corpora.EMODB.read(EMODB):
        if who := wanted.get((each.speaker, each.label == "angry")):
            rows.append(f"{each.path},{each.label},{who}")
    (tmp_path / "my.csv").write_text("\n".join(rows))
    assert run(["train", "majority", "--corpus", "my.csv", "--out", "run"]) == 0
    shown = capsys.readouterr().err
    assert shown.count("labels go with speakers") == 1
    assert "speaker a is always angry and nobody but a is ever angry" in shown


def test_evaluate_names_what_it_cannot_read_and_goes_on(capsys, table, small_run):
    Path("text.wav").write_text("no audio")
    with table.open("a", encoding="utf-8") as stream:
        stream.write("text.wav;Wut;11\n")
    assert run(["evaluate", str(small_run), "--corpus", "my.csv", *ASKED, "--threads", "1"]) == 1
    shown = capsys.readouterr()
    assert "left out: 1 unreadable" in shown.out
    assert "text.wav: " in shown.err
    with table.open("a", encoding="utf-8") as stream:
        stream.write("gone.wav;Wut;11\n")
    said = refused(capsys, "evaluate", str(small_run), "--corpus", "my.csv", *ASKED, "--threads", "1")
    assert "gone.wav" in said
    assert said.endswith("or leave out what cannot be used: --partial")
    text = table.read_text(encoding="utf-8")
    clip = Path(text.splitlines()[1].split(";")[0])
    table.write_text(text.replace("gone.wav;Wut", f"{clip.parent}/./{clip.name};Trauer"), encoding="utf-8")
    said = refused(capsys, "evaluate", str(small_run), "--corpus", "my.csv", *ASKED, "--threads", "1")
    assert "is the file of line 2" in said
