"""People's own data from a table to a Run: the protocol that fits, what is recorded, what continues, and `serkit.fit`."""

import ast
import csv
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import serkit
from serkit import corpora, experiment
from serkit.corpora import own as data
from serkit.errors import CorpusError, Notice, RecipeError, RunError, SerkitError, TrainingError, UsageError
from serkit.experiment import own
from serkit.protocols import PROTOCOLS
from serkit.recipe import schema
from serkit.report import write
from serkit.runs import Progress, Run, Task
from serkit.train import classical

EMODB = Path(__file__).parents[2] / "data" / "emodb"
MACHINE = experiment.Machine("cpu", 1, 1, "float32")


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def clips():
    """Three emotions by five of EmoDB's speakers: three clips each, fewer where there are fewer."""
    taken = {}
    for each in corpora.EMODB.read(EMODB):
        if each.label in ("angry", "sad", "neutral") and each.speaker in ("11", "12", "13", "14", "16"):
            taken.setdefault((each.speaker, each.label), []).append(each)
    return [each for own in taken.values() for each in own[:3]]


def rows(clips, **more):
    return [
        {"clip": each.path.as_posix(), "feeling": each.label, "who": each.speaker}
        | {key: make(each) for key, make in more.items()}
        for each in clips
    ]


def written(path, rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


LAYOUT = data.Layout({"path": "clip", "label": "feeling", "speaker": "who"})
ALONE = data.Layout({"path": "clip", "label": "feeling"})


def recipe(path, layout=LAYOUT, name="majority", target=None, overrides=()):
    return own.recipe(name, data.corpus("my", layout, target), path, overrides)


def begin(path, chosen, folder="run"):
    return experiment.start(own.run_name(chosen), chosen, MACHINE, [0], Path(folder), path, "serkit train")


def test_known_speakers_get_folds_over_groups_of_them(clips, tmp_path):
    chosen = recipe(written(tmp_path / "my.csv", rows(clips)), name="amsnet")
    assert chosen.protocol == PROTOCOLS["speaker_k_fold"](k=5)
    ours = schema.load("amsnet/emodb")
    assert (chosen.model, chosen.features, chosen.training, chosen.cut) == (ours.model, ours.features, ours.training, ours.cut)
    assert chosen.title == "amsnet as in the recipe amsnet/emodb, on my"
    assert (chosen.published, chosen.notes) == ((), "")
    fewer = written(tmp_path / "fewer.csv", rows([each for each in clips if each.speaker < "14"]))
    assert recipe(fewer).protocol.k == 3


def test_unknown_speakers_get_random_folds_and_are_told(clips, tmp_path):
    path = written(tmp_path / "my.csv", rows(clips))
    with pytest.warns(Notice, match=r"my.csv: no speaker is known \(see --speaker\), so the folds are random"):
        chosen = recipe(path, ALONE)
    assert chosen.protocol.name == "random 5-fold stratified by emotion, speaker-dependent"
    two = written(tmp_path / "two.csv", rows([each for each in clips if each.speaker < "13"]))
    with pytest.warns(Notice, match="only 2 speakers are known, 3 are needed"):
        chosen = recipe(two)
    utterances = data.corpus("my", LAYOUT).read(two)
    assert len(chosen.protocol.folds(utterances, 0)) == 5  # few clips of each emotion, and every part has some


def test_a_split_is_honored(clips, tmp_path):
    parts = {"11": "train", "12": "train", "13": "dev", "14": "test", "16": "test"}
    path = written(tmp_path / "my.csv", rows(clips, split=lambda each: parts[each.speaker]))
    if "official" in PROTOCOLS:
        chosen = recipe(path)
        (fold,) = chosen.protocol.folds(data.corpus("my", LAYOUT).read(path), 0)
        assert {each.speaker for each in fold.test} == {"14", "16"}
    aside = recipe(path, replace(LAYOUT, columns={**LAYOUT.columns, "split": ""}))
    assert aside.protocol.type == "speaker_k_fold"
    path = written(tmp_path / "no_dev.csv", rows(clips, split=lambda each: parts[each.speaker].replace("dev", "train")))
    with pytest.raises(CorpusError, match=r"its split has no validation part; add one, or leave .* --column split="):
        recipe(path)
    assert recipe(path, overrides=["protocol={type='k_fold'}"]).protocol.type == "k_fold"


def test_a_protocol_of_ones_own_is_asked_nothing(clips, tmp_path, recwarn):
    path = written(tmp_path / "my.csv", rows(clips))
    assert recipe(path, ALONE, overrides=["protocol={type='random_holdout'}"]).protocol.type == "random_holdout"
    assert not recwarn.list


def test_values_are_learned_with_a_loss_of_values(clips, tmp_path):
    path = written(tmp_path / "my.csv", rows(clips, valence=lambda each: -1.0 if each.label == "sad" else 0.5))
    chosen = recipe(path, name="bigru_mha", target="valence")
    assert (chosen.task, chosen.training.loss, chosen.corpus.classes) == ("regression", "l1", ("valence",))
    assert recipe(path, name="bigru_mha", target="valence", overrides=["training.loss=ccc"]).training.loss == "ccc"
    with pytest.raises(RecipeError, match="for values of valence take constant or ridge"):
        recipe(path, name="linear_svm", target="valence")


def test_what_cannot_be_learned_is_said(clips, tmp_path):
    some = rows(clips)
    path = written(tmp_path / "one.csv", [row | {"feeling": "sad"} for row in some])
    with pytest.raises(CorpusError, match=r"one.csv: all its recordings are sad; two labels at least"):
        recipe(path)
    path = written(tmp_path / "alone.csv", [some[0] | {"feeling": "boredom"}, *some[1:]])
    with pytest.raises(CorpusError, match=r"alone.csv: only .*wav/.* is bored: .* leave it out with --map 'boredom='"):
        recipe(path)
    parts = [row | {"start": start, "end": start + 0.5} for row in some for start in (0.0, 0.5)]
    path = written(tmp_path / "parts.csv", parts)
    with pytest.raises(CorpusError, match=r"parts.csv: \d+ recordings, such as .*, hold several utterances"):
        recipe(path, ALONE)
    assert recipe(path).protocol.type == "speaker_k_fold"


def test_a_run_records_the_table_and_continues_with_it(clips, tmp_path):
    path = written(tmp_path / "my.csv", rows(clips))
    plan = begin(path, recipe(path))
    info = plan.run.info
    assert (info.recipe, info.corpus.corpus, info.corpus_root) == ("majority/own/my", "my", str(path))
    table = tomllib.loads(plan.run.recipe_file.read_text())["corpus"]["table"]
    assert table["columns"] == {"path": "clip", "label": "feeling", "speaker": "who"}
    again = experiment.resume(Path("run"), lambda _: None)
    assert (again.recipe, again.utterances) == (plan.recipe, plan.utterances)
    moved = path.rename(tmp_path / "moved.csv")
    with pytest.raises(CorpusError, match="give its table or folder: --corpus my=PATH"):
        experiment.resume(Path("run"), lambda _: None)
    assert experiment.resume(Path("run"), lambda name: moved if name == "my" else None).utterances == plan.utterances


@pytest.mark.parametrize("change", [{"feeling": "sad"}, {"who": "12"}, {"start": "0.1"}, {"split": "test"}, {"session": "2"}])
def test_a_table_that_changed_is_another_run(clips, tmp_path, change):
    there = rows(clips, start=lambda _: "0", session=lambda _: "1")
    path = written(tmp_path / "my.csv", there)
    if "split" in change:
        there = [row | {"split": "train"} for row in there]
        written(path, there)
        chosen = recipe(path, overrides=["protocol={type='speaker_k_fold'}"])
    else:
        chosen = recipe(path)
    begin(path, chosen)
    first = next(row for row in there if row["feeling"] == "angry" and row["who"] != "12")
    written(path, [row | change if row is first else row for row in there])
    with pytest.raises(RunError, match="its corpus or this serkit has changed"):
        experiment.resume(Path("run"), lambda _: None)


def test_where_relative_paths_start_is_no_choice_that_changes_a_result(clips, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for each in clips:
            shutil.copy(each.path, tmp_path / name)
    path = written(tmp_path / "my.csv", [row | {"clip": Path(row["clip"]).name} for row in rows(clips)])
    plans = [begin(path, recipe(path, replace(LAYOUT, root=tmp_path / name)), f"run-{name}") for name in ("one", "two")]
    assert plans[0].run.info.fingerprint == plans[1].run.info.fingerprint


@pytest.mark.filterwarnings("ignore::serkit.errors.Notice")
def test_a_recipe_with_a_table_of_its_own(clips, tmp_path):
    path = written(tmp_path / "my.csv", rows(clips))
    text = recipe(path).to_toml()
    Path("mine.toml").write_text(text)
    chosen = schema.load("mine.toml")
    assert chosen == recipe(path)
    assert chosen.corpus.locate(path) == path
    assert recipe(path, data.Layout(), "mine.toml") == chosen  # its columns are not guessed again
    assert recipe(path, ALONE, "mine.toml").corpus.table == ALONE
    with pytest.raises(CorpusError, match="lies anywhere; give its table or folder: --corpus my=PATH"):
        chosen.corpus.locate()
    for place, said in (("table={colums={}}", "unknown key"), ("table={columns={labl='x'}}", "did you mean 'label'")):
        with pytest.raises(RecipeError, match=said):
            schema.load("mine.toml", [f"corpus.{place}"])


def test_the_report_reads_the_table_again(clips, tmp_path):
    path = written(tmp_path / "my.csv", rows(clips, sex=lambda each: each.gender))
    plan = begin(path, recipe(path))
    experiment.train(plan, final=False, jobs=1, notify=lambda _: None)
    page = write(plan.run, audio=True).read_text(encoding="utf-8")
    assert "data:audio/flac;base64," in page
    assert "female" in page
    assert "No players: the license of my" in write(plan.run).read_text(encoding="utf-8")
    path.unlink()
    page = write(plan.run, audio=True).read_text(encoding="utf-8")
    assert "data:audio" not in page


TINY = (
    "cut={mode='fixed',seconds=0.5,hop=0.5}",
    "rate=16000",
    "features={mfcc={coefficients=8,bands=20,n_fft=512,window=0.02,hop=0.02}}",
    "normalization={mfcc='per_coefficient'}",
    "noise={copies=0}",
    "model={type='cnn_transformer',cnns=1,channels=[2,2,2],pools=[2,2,2],layers=1,heads=1,feedforward=4}",
    "training={epochs=1,batch_size=8,precision='float32',class_weights='balanced',optimizer={type='sgd',learning_rate=0.05}}",
)


def test_fit_from_rows_to_recognition(clips, tmp_path):
    Path("out").mkdir()
    run = serkit.fit(
        rows(clips),
        "cnn_transformer",
        label="feeling",
        speaker="who",
        columns={"path": "clip"},
        name="mine",
        out="out/run",
        options=[*TINY, "protocol={type='random_holdout',train=0.6,validation=0.2,test=0.2}"],
        score_test=True,
        threads=1,
    )
    assert isinstance(run, Run)
    assert (run.info.corpus.corpus, run.info.labels) == ("mine", ("neutral", "sad", "angry"))
    assert {row.part for row in run.predictions()} == {"validation", "test"}
    recognizer = serkit.load(run.folder)
    assert recognizer(clips[0].path).emotion in run.info.labels
    (kept,) = (tmp_path / "out" / "tables").iterdir()
    assert run.info.corpus_root == str(kept)
    assert json.loads((run.folder / "run.json").read_text())["corpus"]["utterances"] == len(clips)
    experiment.resume(run.folder, lambda _: None)  # the copy is all that it needs


def test_fit_from_a_path_and_from_a_frame(clips, tmp_path):
    pd = pytest.importorskip("pandas")
    there = rows(clips)
    path = written(tmp_path / "my.csv", there)
    by_path = serkit.fit(path, "majority", label="feeling", speaker="who", columns={"path": "clip"}, out="a")
    by_frame = serkit.fit(
        pd.DataFrame(there), "majority", label="feeling", speaker="who", columns={"path": "clip"}, out="b", name="my"
    )
    assert by_path.predictions() == by_frame.predictions()
    assert by_path.info.protocol == "5-fold over groups of speakers, speaker-independent"


ROW = {"path": "x.wav", "label": "sad"}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "the table is empty; give a path, a DataFrame, or rows as a list of mappings"),
        ([1], "row 0 of the table is an int, no mapping"),
        (7, "an int is no table; give a path, a DataFrame"),
        (None, "None is no table"),
        (b"my.csv", "a bytes is no table"),
        ([ROW, "b"], "row 1 of the table is a str"),
        ([ROW, None], "row 1 of the table is None"),
        ([["x.wav", "sad"], ["y.wav"]], "row 0 of the table is a list"),
        (["x.wav", "y.wav"], "row 0 of the table is a str"),
        ({"path": ["x.wav"], "label": ["sad"]}, "a dict of columns is no table here; give pandas.DataFrame(table)"),
        (np.zeros((3, 2)), "a ndarray is no table"),
        ((row for row in [ROW]), "a generator is no table"),
        (torch.zeros(3), "a Tensor is no table"),
        ([ROW | {"label": ["sad"]}], "row 0 of the table, label: a list is no text and no number"),
        ([ROW | {"label": np.zeros(3)}], "row 0 of the table, label: a ndarray is no text"),
        ([ROW | {"path": b"x.wav"}], "row 0 of the table, path: a bytes is no text"),
        ([{0: "x.wav", 1: "sad"}], "the column 0 is called by an int, not by a text"),
        ([ROW | {"path": "\udce9.wav"}], "which is no UTF-8"),
    ],
)
def test_fit_of_what_is_no_table(table, said):
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        serkit.fit(table, "majority")
    assert "\n" not in str(caught.value)
    assert list(Path().iterdir()) == []


def test_fit_of_frames_that_are_no_tables():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame([ROW, ROW])
    for table, said in (
        (frame.iloc[:0], "the DataFrame has no rows"),
        (pd.DataFrame(), "the DataFrame has no rows"),
        (frame.set_index(["path", "label"]), "index holds path, label, which columns are to hold: give frame.reset_index()"),
        (frame.set_index("path"), "index holds path"),
        (
            pd.DataFrame([["x.wav", "sad"]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
            "columns have 2 levels",
        ),
        (pd.DataFrame([["x.wav", "sad"]]), "the column 0 is called by an int"),
        (pd.DataFrame([["x.wav", "sad"]], columns=["path", "path"]), "two columns of the DataFrame are called 'path'"),
        (frame["path"], "a Series is no table"),
    ):
        with pytest.raises(UsageError, match=re.escape(said)):
            serkit.fit(table, "majority")
    assert list(Path().iterdir()) == []


def test_times_and_nothing_in_a_frame(clips):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame([row | {"start": pd.Timedelta(seconds=0.25), "end": pd.NaT, "text": None} for row in rows(clips)])
    run = serkit.fit(frame, "majority", label="feeling", speaker="who", columns={"path": "clip"}, out="a")
    assert run.predictions()[0].utterance.endswith("#0.25-")


@pytest.mark.parametrize(
    ("change", "how", "said"),
    [
        ({"clip": "gone.wav"}, {}, "or leave out what cannot be used: skip_bad=True"),
        ({"feeling": "hapy"}, {}, "read it with map={'hapy': 'happy'}"),
        ({}, {"label": "feelin"}, "label='feelin': no such column; did you mean 'feeling'?"),
        ({}, {"columns": {}}, "name one with columns={'path': ...}"),
        ({}, {"target": "valence"}, "target='valence': no such column"),
        ({}, {"columns": {"path": "clip", "pth": "x"}}, "no field 'pth'"),
        ({}, {"map": ["sad"]}, "map=['sad']: give a mapping from text to text"),
        ({}, {"options": "training.epochs=3"}, "options='training.epochs=3': a list of KEY=VALUE"),
        ({}, {"options": ["training"]}, "options=['training']: a list of KEY=VALUE"),
        ({}, {"seeds": []}, "seeds=[]: give a list of whole numbers"),
        ({}, {"seeds": 1}, "seeds=1: give a list of whole numbers"),
        ({}, {"seeds": [1, 1]}, "seeds=[1, 1]: names a seed twice"),
        ({}, {"jobs": 0}, "jobs=0, threads=None: give whole numbers from 1 on"),
        ({}, {"threads": "2"}, "threads='2': give whole numbers"),
        ({}, {"device": "tpu"}, "device='tpu': choose auto, cpu, cuda"),
        ({}, {"final": True}, "final: a baseline (majority) leaves no model"),
        ({}, {"out": "there"}, "there: is there already, and no empty folder; give another out"),
        ({}, {"out": "no/where"}, "no/where: there is no folder no; make it first"),
        ({}, {"options": ["protocol={type='speaker_holdout',test=['99'],validation=['98']}"]}, "99"),
        ({}, {"options": ["nonsense=1"]}, "nonsense: unknown key"),
    ],
)
def test_a_fit_that_fails_speaks_of_arguments_and_leaves_nothing(clips, change, how, said):
    Path("there").mkdir()
    Path("there/x").touch()
    before = sorted(Path().rglob("*"))
    table = rows(clips)
    table[0] |= change
    given = {"label": "feeling", "speaker": "who", "columns": {"path": "clip"}} | how
    with pytest.raises(SerkitError, match=re.escape(said)) as caught:
        serkit.fit(table, "majority", **given)
    told = str(caught.value)
    assert "\n" not in told
    assert not re.search(r"(^|[\s(])--[a-z]", told)
    assert sorted(Path().rglob("*")) == before


def test_a_single_clip_of_a_label_names_its_own_word(clips):
    table = rows(clips)
    table[0]["feeling"] = "bored"
    with pytest.raises(CorpusError, match=r"leave it out with map=\{'bored': ''\}"):
        serkit.fit(table, "majority", label="feeling", speaker="who", columns={"path": "clip"})
    table[0] |= {"feeling": "BOREDOM", "native": "Langeweile"}
    with pytest.raises(CorpusError, match=r"leave it out with map=\{'BOREDOM': ''\}"):
        serkit.fit(table, "majority", label="feeling", speaker="who", columns={"path": "clip"})


@pytest.mark.parametrize(("seconds", "kept"), [(0, False), (1, True)], ids=["before its first epoch", "after it"])
def test_a_training_that_breaks_off(clips, monkeypatch, seconds, kept):
    def broken(plan, *, notify, **_):
        task = Task("1", 0)
        notify(Progress(task, "features", 1, 1))
        (plan.run.folder / "folds").mkdir()
        if seconds:
            notify(Progress(task, "finished", 1, 1))
        raise KeyboardInterrupt

    monkeypatch.setattr(own, "train", broken)
    with pytest.raises(KeyboardInterrupt):
        serkit.fit(rows(clips), "majority", label="feeling", speaker="who", columns={"path": "clip"})
    left = sorted(path.name for path in Path("runs").iterdir()) if Path("runs").exists() else []
    assert len(left) == (2 if kept else 0)
    Path("empty").mkdir()
    with pytest.raises(KeyboardInterrupt):
        serkit.fit(rows(clips), "majority", label="feeling", speaker="who", columns={"path": "clip"}, out="empty")
    assert any(Path("empty").iterdir()) == kept


def test_bad_recordings_are_left_out_of_a_fit(clips, recwarn):
    table = [*rows(clips), rows(clips)[0] | {"clip": "gone.wav"}]
    run = serkit.fit(table, "majority", label="feeling", speaker="who", columns={"path": "clip"}, skip_bad=True, out="a")
    assert run.info.corpus.utterances == len(clips)
    told = [str(each.message) for each in recwarn.list if each.category is Notice]
    assert len(told) == 1
    assert told[0].endswith("1 missing (gone.wav)")
    again = serkit.fit(rows(clips), "majority", label="feeling", speaker="who", columns={"path": "clip"}, name="x", out="b")
    assert {row.utterance for row in again.predictions()} == {row.utterance for row in run.predictions()}


def test_speakers_who_stand_on_both_sides_are_judged_by_labels(recwarn):
    others = [each for each in corpora.EMODB.read(EMODB) if each.label in ("sad", "neutral")]
    table = [
        {"path": str(each.path), "label": "sad" if number % 2 else "neutral", "speaker": f"s{number % 16}"}
        for number, each in enumerate(others[:128])
    ]
    recipe_of = {"out": "a", "options": ["protocol={type='random_holdout'}"]}
    serkit.fit(table, "majority", **recipe_of)
    told = [str(each.message) for each in recwarn.list if each.category is Notice]
    assert sum("labels go with speakers" in each for each in told) == 1
    recwarn.clear()
    serkit.fit(table, "majority", out="b")
    assert not [each for each in recwarn.list if "labels go with speakers" in str(each.message)]


def test_importing_serkit_brings_none_of_this():
    heavy = "{'torch', 'pandas', 'pyarrow', 'audformat', 'pydantic'}"
    program = f"import sys, serkit; print(sorted({heavy} & set(sys.modules)), serkit.fit)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("[] <function fit")


def test_type_checkers_are_told_the_names_that_there_are():
    stub = ast.parse((Path(serkit.__file__).parent / "__init__.pyi").read_text(encoding="utf-8"))
    told = {each.asname: f"{line.module}.{each.name}" for line in stub.body for each in line.names}
    assert sorted(told) == sorted(serkit.__all__)
    for name, origin in told.items():
        module, _, own = origin.rpartition(".")
        assert getattr(importlib.import_module(module), own) is getattr(serkit, name)


def test_a_fit_that_fails_leaves_nothing_and_can_be_made_again(clips, tmp_path, monkeypatch):
    given = {"label": "feeling", "speaker": "who", "columns": {"path": "clip"}}
    with pytest.raises(CorpusError, match="no column"):
        serkit.fit([{"clip": "x.wav", "mood": "sad"}], "majority", label="feeling")
    assert list(tmp_path.iterdir()) == []
    made = rows(clips)

    def fail(*_):
        raise TrainingError("no")

    with monkeypatch.context() as patch:
        patch.setattr(classical, "choose", fail)
        for out in (None, "run"):
            with pytest.raises(TrainingError):
                serkit.fit(made, "majority", **given, out=out)
            assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert serkit.fit(made, "majority", **given, out="run").complete()
    kept = sorted((tmp_path / "tables").iterdir())
    with monkeypatch.context() as patch:
        patch.setattr(classical, "choose", fail)
        with pytest.raises(TrainingError):
            serkit.fit(made, "majority", **given, out="other")
    assert sorted((tmp_path / "tables").iterdir()) == kept  # another Run needs it
    assert not (tmp_path / "other").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_names_that_are_no_text_from_table_to_report(clips, tmp_path):
    """Of the folder, which is the corpus, and of files and speakers."""
    folder = tmp_path / os.fsdecode(b"corp\xe9")
    for each in clips:
        place = folder / each.label / os.fsdecode(f"{each.speaker}_caf".encode() + b"\xe9" + f"{each.id}.flac".encode())
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(each.path, place)
    with warnings.catch_warnings(action="ignore", category=Notice):
        run = serkit.fit(folder, "majority", out="run", score_test=True)
    assert all("caf%E9" in row.utterance for row in run.predictions("test"))
    assert b"\xe9" not in (run.folder / "run.json").read_bytes()
    assert Run(run.folder).info == run.info
    again = experiment.resume(run.folder, lambda _: None)
    assert again.run.info == run.info
    write(run)


def test_the_home_of_runs_is_made_and_no_other_folder(clips, tmp_path):
    given = {"label": "feeling", "speaker": "who", "columns": {"path": "clip"}}
    assert serkit.fit(rows(clips), "majority", **given, out="runs/mine").folder == Path("runs/mine")
    path = written(tmp_path / "t.csv", rows(clips))
    with pytest.raises(RunError, match="there is no folder elsewhere"):
        serkit.fit(path, "majority", **given, out="elsewhere/mine")
    assert not (tmp_path / "elsewhere").exists()
