"""Databases in audformat, written by its own package."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit.corpora import own
from serkit.errors import CorpusError, MissingExtra, Notice

audformat = pytest.importorskip("audformat")
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.filterwarnings("default::serkit.errors.Notice")]

FILES = {"train": ["a/1.wav", "a/2.wav"], "dev": ["b/1.wav"], "test": ["b/2.wav"]}
EMOTIONS = {"a/1.wav": "happiness", "a/2.wav": "anger", "b/1.wav": "sadness", "b/2.wav": "happiness"}


@pytest.fixture
def database(tmp_path):
    """A database with a table of emotions for each split, and one of speakers for all files."""
    made = audformat.Database("my", source="hand", usage="research", languages=["de"])
    made.schemes["emotion"] = audformat.Scheme(labels=sorted({"boredom", *EMOTIONS.values()}))
    made.schemes["speaker"] = audformat.Scheme(labels={"anna": {"gender": "female"}, "ben": {"gender": "male"}})
    made.schemes["arousal"] = audformat.Scheme("float")
    for split, files in FILES.items():
        made.splits[split] = audformat.Split(split)
        table = made[f"emotion.{split}"] = audformat.Table(audformat.filewise_index(files), split_id=split)
        table["emotion"] = audformat.Column(scheme_id="emotion")
        table["emotion"].set([EMOTIONS[file] for file in files])
    table = made["files"] = audformat.Table(audformat.filewise_index(list(EMOTIONS)))
    table["speaker"] = audformat.Column(scheme_id="speaker")
    table["speaker"].set(["anna", "anna", "ben", "ben"])
    parts = made["parts"] = audformat.Table(audformat.segmented_index(["a/1.wav", "a/1.wav"], ["0s", "1.5s"], ["1.5s", "2s"]))
    parts["arousal"] = audformat.Column(scheme_id="arousal")
    parts["arousal"].set([0.25, 0.5])
    for file in EMOTIONS:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        sf.write(tmp_path / file, np.random.default_rng(len(list(tmp_path.rglob("*.wav")))).uniform(-0.1, 0.1, 24_000), 8000)
    return made


def read(folder: Path, target=None, **layout):
    return own.corpus("my", own.Layout(**layout), target).read(folder)


@pytest.mark.parametrize("storage", ["csv", "parquet"])
def test_emotions_speakers_and_splits(database, tmp_path, storage):
    database.save(str(tmp_path), storage_format=storage)
    found = read(tmp_path)
    assert [(each.id, each.label, each.native, each.speaker, each.gender, each.split) for each in found] == [
        ("a/1.wav", "happy", "happiness", "anna", "female", "train"),
        ("a/2.wav", "angry", "anger", "anna", "female", "train"),
        ("b/1.wav", "sad", "sadness", "ben", "male", "validation"),
        ("b/2.wav", "happy", "happiness", "ben", "male", "test"),
    ]
    assert {each.path.parent.parent for each in found} == {tmp_path}
    assert {each.split for each in read(tmp_path, columns={"split": ""})} == {None}


def test_values_of_segments_take_the_speaker_of_their_file(database, tmp_path):
    database.save(str(tmp_path))
    found = read(tmp_path, "arousal", columns={"split": ""})
    assert [(each.id, each.start, each.end, dict(each.values), each.speaker) for each in found] == [
        ("a/1.wav#0-1.5", 0.0, 1.5, {"arousal": 0.25}, "anna"),
        ("a/1.wav#1.5-2", 1.5, 2.0, {"arousal": 0.5}, "anna"),
    ]


def test_where_tables_disagree_one_is_named(database, tmp_path):
    other = database["second"] = audformat.Table(audformat.filewise_index(list(EMOTIONS)))
    other["emotion"] = audformat.Column(scheme_id="emotion")
    other["emotion"].set(["boredom"] * 4)
    database.save(str(tmp_path))
    with pytest.raises(CorpusError, match=r"db\.yaml: cannot be read .* name one of the form TABLE\.COLUMN with --label"):
        read(tmp_path)
    assert {each.label for each in read(tmp_path, columns={"label": "second.emotion"})} == {"bored"}


def test_a_segment_without_a_label_is_none(database, tmp_path):
    database["emotion.train"]["emotion"].set(["happiness", None])
    database.save(str(tmp_path))
    assert [each.id for each in read(tmp_path)] == ["a/1.wav", "b/1.wav", "b/2.wav"]
    with pytest.warns(Notice, match="leaves out 2 happiness"):
        assert len(read(tmp_path, map={"happiness": ""})) == 1


def test_an_unknown_label_names_what_there_is(database, tmp_path):
    database.save(str(tmp_path))
    with pytest.raises(CorpusError, match=r"nothing in it is called feeling; it has .*emotion.*speaker.*--label"):
        read(tmp_path, columns={"label": "feeling"})


def test_a_file_in_two_splits(database, tmp_path):
    table = database["more"] = audformat.Table(audformat.filewise_index(["a/1.wav"]), split_id="test")
    table["note"] = audformat.Column()
    table["note"].set(["x"])
    database.save(str(tmp_path))
    with pytest.raises(CorpusError, match=r"a/1\.wav is in the splits train and test"):
        read(tmp_path)


def test_a_pickled_table_is_never_loaded(database, tmp_path):
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    database.save(str(tmp_path), storage_format="csv")
    (tmp_path / "db.files.pkl").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(CorpusError, match=r"db\.files\.pkl: a pickled table, which can run code"):
        read(tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("damage", [b"\0", b"name: [", b"a: 1\n", b""])
def test_a_damaged_header(database, tmp_path, damage):
    database.save(str(tmp_path))
    (tmp_path / "db.yaml").write_bytes(damage)
    with pytest.raises(CorpusError, match=r"db\.yaml: (cannot be read|nothing in it)") as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_gone(database, tmp_path):
    database.save(str(tmp_path), storage_format="csv")
    (tmp_path / "db.files.csv").unlink()
    with pytest.raises(CorpusError, match=r"db\.yaml: cannot be read .*db\.files"):
        read(tmp_path)


def test_without_its_package(database, tmp_path, monkeypatch):
    import sys

    database.save(str(tmp_path))
    monkeypatch.setitem(sys.modules, "audformat", None)
    with pytest.raises(MissingExtra, match=r"'audformat': pip install .*\[tables\]'"):
        read(tmp_path)
