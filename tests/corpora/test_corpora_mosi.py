"""The reader of CMU-MOSI: its layouts made on the fly, by hand and, where SERKIT_DATA holds them, from the real tables."""

import csv
import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit import audio, corpora
from serkit.corpora import MOSI
from serkit.errors import CorpusError
from serkit.protocols import Official

REAL = Path(os.environ.get("SERKIT_DATA", "")) / "mosi_labels"
NAMED = "mosi_label_with_text.csv"
TIMED = "OpinionLevelSentiment.csv"
LOST = ("2WGyTLYerpo_44", "5W7Z1C_fDaE_24", "BioHAh1qJAQ_30", "lXPQBPVc5Cw_30")

real = pytest.mark.skipif(
    "SERKIT_DATA" not in os.environ or not REAL.is_dir(),
    reason="the labels are not ours to give away: set SERKIT_DATA to a folder that holds them as mosi_labels/",
)

OPINIONS = """0.5,1.25,03bSnISJMiM,1,2.4
1.25,2.5,03bSnISJMiM,2,-0.8
1.0,1.0,2WGyTLYerpo,44,0.2
0.25,1.5,WKA5OygbEKI,1,0
0.75,1.0,c7UH_rxdZv4,10,-3
"""
TABLE = """id,text,label,mode
03bSnISJMiM_1,anyhow it was really good,2.4,train
03bSnISJMiM_2,they did not,-0.8,train
WKA5OygbEKI_1,"well, fine",0.0,valid
c7UH_rxdZv4_10,no,-3.0,test
"""
IDS = ["03bSnISJMiM_1", "03bSnISJMiM_2", "2WGyTLYerpo_44", "WKA5OygbEKI_1", "c7UH_rxdZv4_10"]


def touched(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(
            ("2WGyTLYerpo_44.wav", "2WGyTLYerpo/44.wav")
        ):  # known to be lost, so that it counts only if it is good
            sf.write(path, np.full(160, 0.1), 16000)
        else:
            path.touch()


@pytest.fixture
def tables(tmp_path):
    (tmp_path / TIMED).write_bytes(OPINIONS.replace("\n", "\r\n").encode())
    (tmp_path / NAMED).write_text(TABLE)
    return tmp_path


@pytest.fixture
def cut(tables):
    touched(tables, *(f"Audio/WAV_16000/Segmented/{name}.wav" for name in IDS))
    return tables


def read(root):
    return {each.id: each for each in MOSI.read(root, partial=True)}


def refusal(root):
    with pytest.raises(CorpusError) as caught:
        MOSI.read(root, partial=True)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_cut_clips(cut):
    found = read(cut)
    assert list(found) == IDS
    one = found["03bSnISJMiM_1"]
    assert (one.values, one.native, one.label) == ({"sentiment": 2.4}, "positive", "")
    assert (one.speaker, one.text) == ("03bSnISJMiM", "anyhow it was really good")
    assert (one.start, one.end) == (0.0, None)
    assert [each.native for each in found.values()] == ["positive", "negative", "positive", "neutral", "negative"]
    assert [each.split for each in found.values()] == ["train", "train", "train", "validation", "test"]
    assert found["2WGyTLYerpo_44"].text is None
    (scale,) = MOSI.scales.values()
    assert (scale.low, scale.high, scale.zero) == (-3, 3, "positive")


@pytest.mark.parametrize("lacking", [TIMED, NAMED])
def test_one_table_is_enough(cut, lacking):
    before = read(cut)
    (cut / lacking).unlink()
    found = read(cut)
    assert list(found) == [name for name in IDS if lacking == NAMED or name != "2WGyTLYerpo_44"]
    assert all(each.values == before[name].values and each.split == before[name].split for name, each in found.items())


def test_the_table_of_mmsa(cut):
    text = TABLE.replace("id,", "video_id,clip_id,").replace("_1,", ",1,").replace("_2,", ",2,").replace("_10,", ",10,")
    before = read(cut)
    (cut / NAMED).unlink()
    (cut / "label.csv").write_text(text)
    assert read(cut) == before


def test_transcripts_fill_in(cut):
    folder = cut / "Transcript" / "Segmented"
    folder.mkdir(parents=True)
    (folder / "2WGyTLYerpo.annotprocessed").write_text("43_DELIM_BEFORE\r\n44_DELIM_IT WAS\r\n\r\n")
    (folder / "03bSnISJMiM.annotprocessed").write_text("1_DELIM_ANYHOW\n")
    assert read(cut)["2WGyTLYerpo_44"].text == "IT WAS"
    assert read(cut)["03bSnISJMiM_1"].text == "anyhow it was really good"


def test_a_clip_that_is_known_to_be_lost_and_is_broken_is_lost(cut):
    (cut / "Audio/WAV_16000/Segmented/2WGyTLYerpo_44.wav").write_bytes(b"no audio")
    assert list(read(cut)) == [name for name in IDS if name != "2WGyTLYerpo_44"]
    assert [each.id for each in MOSI.inventory(cut).absent] == ["2WGyTLYerpo_44"]


def test_films_beside_which_audio_was_put(tables):
    touched(tables, *(f"Raw/{name.rpartition('_')[0]}/{name.rpartition('_')[2]}.mp4" for name in IDS))
    assert "holds CMU-MOSI as films (1.mp4) and no audio" in refusal(tables)
    touched(tables, *(f"Raw/{name.rpartition('_')[0]}/{name.rpartition('_')[2]}.wav" for name in IDS))
    assert list(read(tables)) == IDS


def test_whole_recordings_are_read_from_start_to_end(tables):
    """All but the clip that starts where it ends."""
    folder = tables / "Audio" / "WAV_16000" / "Full"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    samples = {}
    for video in {name.rpartition("_")[0] for name in IDS}:
        samples[video] = (0.1 * rng.standard_normal(16000 * 3)).astype(np.float32)
        sf.write(folder / f"{video}.wav", samples[video], 16000, subtype="FLOAT")
    found = read(tables)
    assert list(found) == [name for name in IDS if name != "2WGyTLYerpo_44"]
    assert [each.id for each in MOSI.inventory(tables).absent] == ["2WGyTLYerpo_44"]
    assert MOSI.inventory(tables).missing == ()
    for start, end, video, clip, _ in csv.reader(OPINIONS.splitlines()):
        if start != end:
            one = found[f"{video}_{clip}"]
            heard = audio.read(one.path, start=one.start, end=one.end).samples
            expected = samples[video][round(float(start) * 16000) : round(float(end) * 16000)]
            np.testing.assert_array_equal(heard, expected)
    (fold,) = Official().folds(list(found.values()), 0)  # parts share no file
    assert [each.id for each in fold.test] == ["c7UH_rxdZv4_10"]
    (tables / TIMED).unlink()
    assert "holds whole videos, and no table says where 03bSnISJMiM_1 is in them" in refusal(tables)


def test_no_table(tmp_path):
    assert refusal(tmp_path).startswith(f"{tmp_path} holds none of {TIMED}, label.csv, {NAMED}; give the folder of CMU-MOSI")


@pytest.mark.parametrize(
    ("table", "old", "new", "what"),
    [
        (NAMED, "WKA5OygbEKI_1", "xxx_1", "line 4: 'xxx' and '1' are no video and clip of mosi"),
        (NAMED, "2.4", "4.2", "line 2: 4.2 does not lie between -3 and 3"),
        (NAMED, "label", "lable", "line 1: no column 'label'"),
        (TIMED, "1.25,2.5", "x,2.5", "line 2: 'x' is no number"),
        (TIMED, ",-0.8", "", "line 2: '' is no number"),
    ],
)
def test_a_damaged_table(cut, table, old, new, what):
    (cut / table).write_text((cut / table).read_text().replace(old, new))
    assert refusal(cut).startswith(f"{cut / table} is damaged: {what}")


@pytest.fixture(scope="module")
def labeled(tmp_path_factory):
    """The real tables and a file for each clip."""
    root = tmp_path_factory.mktemp("mosi")
    for name in (NAMED, TIMED):
        shutil.copy(REAL / name, root / name)
    with (REAL / TIMED).open(newline="") as file:
        touched(root, *(f"Audio/WAV_16000/Segmented/{video}_{clip}.wav" for _, _, video, clip, _ in csv.reader(file)))
    return root


@real
def test_the_real_tables(labeled):
    found = {each.id: each for each in MOSI.read(labeled)}
    assert len(found) == MOSI.size == 2199
    assert Counter(each.split for each in found.values()) == {"train": 1284, "validation": 229, "test": 686}
    assert Counter(each.native for each in found.values()) == MOSI.counts
    assert {each.speaker for each in found.values()} == set(MOSI.speakers)
    with (REAL / NAMED).open(newline="", encoding="utf-8-sig") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert set(found) - set(rows) == set(LOST)
    for name, row in rows.items():
        assert found[name].values["sentiment"] == pytest.approx(float(row["label"]), abs=1e-6)
        assert found[name].split == {"train": "train", "dev": "validation", "test": "test"}[row["mode"]]
        assert found[name].text == row["text"].strip()
    with (REAL / TIMED).open(newline="") as file:
        timed = {f"{video}_{clip}": float(value) for _, _, video, clip, value in csv.reader(file)}
    assert all(found[name].values["sentiment"] == timed[name] for name in LOST)


@real
def test_the_table_in_wide_use_alone_is_not_whole(labeled, tmp_path):
    shutil.copytree(labeled, tmp_path / "mosi")
    (tmp_path / "mosi" / TIMED).unlink()
    with pytest.raises(CorpusError, match=r"4 audio files are not part of it .* it lists 2195 utterances, published are 2199"):
        MOSI.read(tmp_path / "mosi")


@real
def test_a_check_counts_by_sign(labeled):
    kinds = {problem.kind for problem in corpora.check(MOSI, labeled)}
    assert kinds == {"unreadable"}  # the files are empty
