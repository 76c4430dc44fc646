"""Exports: tables that others read as what they say, and that come back as the utterances that went in."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit import corpora
from serkit.corpora import own
from serkit.errors import UsageError
from serkit.types import Utterance

EMODB = Path(__file__).parents[2] / "data" / "emodb"
FORMATS = ("csv", "parquet", "audformat")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.filterwarnings("default::serkit.errors.Notice")]


@pytest.fixture
def whole(tmp_path):
    """Three utterances of which one or another has everything that an utterance can have."""
    noise = np.random.default_rng(0)
    for name in ("a, b.wav", "c.wav", "d.wav"):
        sf.write(tmp_path / name, noise.uniform(-0.1, 0.1, 24_000), 8000)
    full = Utterance(
        id="07",
        corpus="my",
        path=tmp_path / "a, b.wav",
        speaker="03",
        label="happy",
        gender="female",
        language="de",
        start=0.5,
        end=1.25,
        session="1",
        sentence="s01",
        intensity="high",
        repetition="2",
        native="joy",
        text='She said "no",\nthen left.',
        split="validation",
        values={"intensity": 0.1, "valence": -3.0},
        votes={"happy": 0.75, "sad": 0.25},
        copy_of="08",
    )
    bare = Utterance("08", "my", tmp_path / "c.wav", "04", "sad", None, "und", split="train")
    part = replace(bare, id="09", path=tmp_path / "d.wav", start=2.0, split="test", values={"valence": 1e-17})
    return [full, bare, part]


def exported(name, utterances, folder, form):
    if form != "csv":
        pytest.importorskip({"parquet": "pyarrow", "audformat": "audformat"}[form])
    return corpora.export(name, utterances, folder, form)


@pytest.mark.parametrize("form", FORMATS)
def test_everything_comes_back(whole, tmp_path, form):
    path = exported("my", whole, tmp_path / "out", form)
    assert path == tmp_path / "out" / ("" if form == "audformat" else f"my.{form}")
    assert own.corpus("my", own.Layout()).read(path) == whole


@pytest.mark.parametrize("form", FORMATS)
def test_emodb_comes_back(tmp_path, form):
    there = [replace(each, path=each.path.absolute()) for each in corpora.EMODB.read(EMODB)]
    path = exported("emodb", there, tmp_path / "out", form)
    assert own.corpus("emodb", own.Layout()).read(path) == there


def test_a_csv_by_its_own_reader(whole, tmp_path):
    path = corpora.export("my", whole, tmp_path, "csv")
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0])[:7] == ["id", "path", "start", "end", "label", "native", "speaker"]
    assert list(rows[0])[-4:] == ["values.intensity", "values.valence", "votes.happy", "votes.sad"]
    assert [(row["id"], row["end"], row["values.valence"]) for row in rows] == [
        ("07", "1.25", "-3.0"),
        ("08", "", ""),
        ("09", "", "1e-17"),
    ]


def test_a_parquet_by_pandas(whole, tmp_path):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    found = pd.read_parquet(corpora.export("my", whole, tmp_path, "parquet"))
    assert found["start"].tolist() == [0.5, 0.0, 2.0]
    assert found["speaker"].tolist() == ["03", "04", "04"]
    assert found["values.intensity"].isna().tolist() == [False, True, True]


def test_a_database_by_its_own_package(whole, tmp_path):
    audformat = pytest.importorskip("audformat")
    found = audformat.Database.load(str(corpora.export("my", whole, tmp_path / "out", "audformat")))
    assert {name: split.type for name, split in found.splits.items()} == {"train": "train", "validation": "dev", "test": "test"}
    assert found.get("label", splits="validation")["label"].tolist() == ["happy"]
    (file, start, end), *_ = found["utterances.validation"].index
    assert (file, start.total_seconds(), end.total_seconds()) == (str(whole[0].path), 0.5, 1.25)
    assert found["utterances.validation"].df["values.intensity"].tolist() == [0.1]


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_there_stays(whole, tmp_path, form):
    path = exported("my", whole, tmp_path / "out", form)
    before = {each: each.read_bytes() for each in (tmp_path / "out").iterdir()}
    with pytest.raises(UsageError, match="choose another folder"):
        corpora.export("my", whole, tmp_path / "out", form)
    assert {each: each.read_bytes() for each in (tmp_path / "out").iterdir()} == before
    assert path.exists()


def test_nothing_half_written_is_left(whole, tmp_path, monkeypatch):
    audformat = pytest.importorskip("audformat")

    def fail(_, root, **__):
        Path(root).mkdir()
        (Path(root) / "db.yaml").touch()
        raise OSError(28, "No space left on device")

    (tmp_path / "out").mkdir()
    monkeypatch.setattr(audformat.Database, "save", fail)
    with pytest.raises(OSError, match="No space"):
        corpora.export("my", whole, tmp_path / "out" / "db", "audformat")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unknown_format(whole, tmp_path):
    with pytest.raises(UsageError, match="--format xlsx: choose csv, parquet, audformat"):
        corpora.export("my", whole, tmp_path, "xlsx")
