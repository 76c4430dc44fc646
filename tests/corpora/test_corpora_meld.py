"""The reader of MELD, on trees in the layout of its archives made on the fly.

Reference values are the published counts, and rows of the authors' tables.
"""

import csv
from collections import Counter

import numpy as np
import pytest
import soundfile as sf

from serkit import corpora
from serkit.corpora import MELD
from serkit.errors import CorpusError

SPLITS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}
PUBLISHED = {  # in the order of SPLITS
    "neutral": (4710, 470, 1256),
    "joy": (1743, 163, 402),
    "surprise": (1205, 150, 281),
    "anger": (1109, 153, 345),
    "sadness": (683, 111, 208),
    "disgust": (271, 22, 68),
    "fear": (268, 40, 50),
}
EMOTIONS = dict(zip(PUBLISHED, ("neutral", "happy", "surprised", "angry", "sad", "disgust", "fearful"), strict=True))
HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
ROWS = {
    "train": '1,also I was the point person,Chandler,neutral,neutral,0,0,8,21,"00:16:16,059","00:16:21,731"\n',
    "dev": '1,"Oh my God, he’s lost it.",Phoebe,sadness,negative,0,0,4,7,"00:20:57,256","00:21:00,049"\n'
    '2,What?,Monica,surprise,negative,0,1,4,7,"00:21:01,927","00:21:03,261"\n',
    "test": '1,Why do all you’re coffee mugs have numbers?,Mark,surprise,positive,0,0,3,19,"00:14:38,127","00:14:40,378"\n',
}


def written(root, rows=ROWS, nested=False):
    """Tables and empty clips."""
    for part, clips in SPLITS.items():
        top = root / part if nested else root
        (top / clips).mkdir(parents=True, exist_ok=True)
        (top / f"{part}_sent_emo.csv").write_text(HEAD + rows[part], encoding="utf-8")
        for row in csv.DictReader((HEAD + rows[part]).splitlines()):
            (top / clips / f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}.wav").touch()
    return root


@pytest.fixture
def few(tmp_path):
    return written(tmp_path / "MELD.Raw")


def read(root):
    return {each.id: each for each in MELD.read(root, partial=True)}


def refusal(root):
    with pytest.raises(CorpusError) as caught:
        MELD.read(root, partial=True)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_facts():
    assert MELD.counts == {emotion: sum(counts) for emotion, counts in PUBLISHED.items()}
    assert MELD.size == 13708
    assert set(MELD.classes()) == set(EMOTIONS.values())


def test_a_complete_copy_lacks_two_clips(tmp_path):
    rows = {}
    for number, part in enumerate(SPLITS):
        natives = [native for native, counts in PUBLISHED.items() for _ in range(counts[number])]
        names = [(dialog, turn) for dialog in range(len(natives) // 8 + 130) for turn in range(8)][: len(natives)]
        pairs = zip(natives, names, strict=True)
        rows[part] = "".join(f"1,Hi.,Joey,{native},x,{dialog},{turn},1,1,0,1\n" for native, (dialog, turn) in pairs)
    written(tmp_path, rows)
    for part, clip in (("train", "dia125_utt3"), ("dev", "dia110_utt7")):
        (tmp_path / SPLITS[part] / f"{clip}.wav").unlink()
    utterances = MELD.read(tmp_path)
    assert len(utterances) == 13706
    found = MELD.inventory(tmp_path)
    assert {each.id for each in found.absent} == {"train_dia125_utt3", "dev_dia110_utt7"}
    counted = Counter((each.split, each.native) for each in (*found.utterances, *found.absent))
    for number, split in enumerate(("train", "validation", "test")):
        for native, counts in PUBLISHED.items():
            assert counted[split, native] == counts[number]
    (tmp_path / "train_splits" / "dia0_utt0.wav").unlink()
    with pytest.raises(CorpusError, match=r"1 of 13708 utterances are missing \(train_dia0_utt0\)"):
        MELD.read(tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"RIFF damaged", "cut"])
def test_a_broken_file_of_the_broken_film_is_the_known_defect(tmp_path, content):
    """As its absence is; a broken one of another film is a fault, and a good one is an utterance."""
    rows = ROWS | {"train": ROWS["train"] + '2,No!,Joey,joy,positive,125,3,8,21,"0","0"\n'}
    root = written(tmp_path / "MELD.Raw", rows)
    rng = np.random.default_rng(0)
    for path in root.rglob("*.wav"):
        sf.write(path, 0.1 * rng.standard_normal(1600), 16000)
    broken = root / "train_splits" / "dia125_utt3.wav"
    assert "train_dia125_utt3" in read(root)
    if content is None:
        broken.unlink()
    else:
        broken.write_bytes(broken.read_bytes()[:900] if content == "cut" else content)
    (root / "train_splits" / "dia0_utt0.wav").write_bytes(b"RIFF damaged")
    assert "train_dia125_utt3" not in read(root)
    told = [each for each in corpora.check(MELD, root) if each.kind in ("unreadable", "missing", "unexpected")]
    assert [(each.where, each.kind, each.known) for each in told] == [
        ("train_dia125_utt3", "missing", True),
        ("train_dia0_utt0", "unreadable", False),
    ]
    assert told[0].detail == "the released film is broken"


def test_a_clip_of_minutes_among_seconds_is_told_and_no_fault(tmp_path):
    line = '1,Hi.,Joey,joy,positive,{},0,8,21,"0","0"\n'
    root = written(tmp_path / "MELD.Raw", ROWS | {"test": "".join(line.format(number) for number in range(12))})
    rng = np.random.default_rng(0)
    for path in root.rglob("*.wav"):
        sf.write(path, 0.1 * rng.standard_normal(8000 * (120 if path.stem == "dia7_utt0" else 3)), 8000)
    (told,) = [each for each in corpora.check(MELD, root) if each.kind == "duration"]
    assert (told.where, told.detail) == ("test_dia7_utt0", "120.00 s, where the median is 3.00 s")
    assert (told.known, told.remark) == (False, True)


def test_an_utterance(few):
    found = read(few)
    assert set(found) == {"train_dia0_utt0", "dev_dia0_utt0", "dev_dia0_utt1", "test_dia0_utt0"}
    one = found["dev_dia0_utt0"]
    assert (one.label, one.native, one.split, one.speaker) == ("sad", "sadness", "validation", "Phoebe")
    assert (one.gender, one.text) == (None, "Oh my God, he’s lost it.")
    assert one.path == few / "dev_splits_complete" / "dia0_utt0.wav"
    assert (one.start, one.end) == (0.0, None)
    assert {each.split for each in found.values()} == {"train", "validation", "test"}


def test_each_archive_in_a_folder_of_its_own(few, tmp_path):
    nested = read(written(tmp_path / "nested", nested=True))
    assert [(each.id, each.label) for each in nested.values()] == [(each.id, each.label) for each in read(few).values()]
    assert nested["dev_dia0_utt0"].path == tmp_path / "nested" / "dev" / "dev_splits_complete" / "dia0_utt0.wav"
    (tmp_path / "nested" / "test" / "output_repeated_splits_test" / "dia9_utt9.wav").touch()
    assert len(MELD.inventory(tmp_path / "nested").unexpected) == 1


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("he\u0092s \u0085 lost\u0097it".encode(), "he’s … lost—it"),  # taken for Latin-1, then written as UTF-8
        ("he’s … lost—it".encode("cp1252"), "he’s … lost—it"),
        ("café he’s".encode("cp1252"), "café he’s"),
        ("café he’s".encode(), "café he’s"),
    ],
)
def test_bytes_of_windows_in_the_tables(few, raw, text):
    row = b"1," + raw + b",Joey,joy,positive,0,0,8,21,x,y\n"
    (few / "train_sent_emo.csv").write_bytes(b"\xef\xbb\xbf" + HEAD.encode() + row)
    assert read(few)["train_dia0_utt0"].text == text


def test_what_the_archives_hold_beside_it(few):
    clips = few / "output_repeated_splits_test"
    for name in ("._dia0_utt0.mp4", "final_videos_testdia0_utt0.wav", "dia0_utt0.mp4"):
        (clips / name).touch()
    assert MELD.inventory(few).unexpected == ()
    (clips / "dia5_utt1.wav").touch()  # a clip that no table lists
    assert MELD.inventory(few).unexpected == (clips / "dia5_utt1.wav",)


def test_films_alone(few):
    for path in few.rglob("*.wav"):
        path.rename(path.with_suffix(".mp4"))
    assert "holds MELD as films (dia" in refusal(few)
    assert "ffmpeg" in refusal(few)


def test_a_missing_table(few):
    (few / "dev_sent_emo.csv").unlink()
    assert refusal(few).startswith(f"{few / 'dev_sent_emo.csv'} is missing; get it from https://affective-meld")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("sadness", "gloom", "line 2: no emotion 'gloom', known are neutral, joy"),
        ("Emotion,", "Emotio,", "line 1: no column 'Emotion'"),
        ("negative,0,1,", "negative,,1,", "line 3: '' and '1' number no utterance"),
    ],
)
def test_a_damaged_table(few, old, new, what):
    table = few / "dev_sent_emo.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert refusal(few).startswith(f"{table} is damaged: {what}")
