"""The reader of MSP-Podcast, on trees in the layout of its releases made on the fly."""

import warnings
from collections import Counter

import pytest

from serkit.corpora import MSP_PODCAST, msp_podcast
from serkit.errors import CorpusError, Notice
from serkit.protocols import LeaveOneSpeakerOut, Official

HEAD = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\n"
ROWS = """MSP-PODCAST_0001_0008.wav,N,3.4,4.2,4.0,127,Male,Train
MSP-PODCAST_0001_0019.wav,A,6.8,1.0,7.0,Unknown,Unknown,Train
MSP-PODCAST_0002_0033.wav,C,4.0,2.6,5.2,Unknown,Female,Development
MSP-PODCAST_0002_0039.wav,X,4.0,4.0,4.0,Unknown,Female,Development
MSP-PODCAST_0003_0001.wav,U,5.0,4.5,4.1,9,Female,Test1
MSP-PODCAST_0004_0001_0002.wav,H,5.0,6.0,4.1,12,Female,Test1
MSP-PODCAST_0005_0001.wav,O,3.0,3.5,4.1,14,Male,Test2
"""


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "Labels").mkdir()
    (tmp_path / "Audios").mkdir()
    (tmp_path / "Labels" / "labels_consensus.csv").write_text(HEAD + ROWS)
    for row in ROWS.splitlines():
        (tmp_path / "Audios" / row.split(",")[0]).touch()
    return tmp_path


def read(root, **how):
    return {each.id: each for each in MSP_PODCAST.read(root, **how)}


def refusal(root):
    with pytest.raises(CorpusError) as caught:
        MSP_PODCAST.read(root, partial=True)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_segment(tree):
    found = read(tree, labels="all")
    assert len(found) == 7
    one = found["MSP-PODCAST_0001_0008"]
    assert (one.speaker, one.gender, one.split, one.label, one.native) == ("127", "male", "train", "neutral", "N")
    assert one.values == {"arousal": 3.4, "valence": 4.2, "dominance": 4.0}
    assert one.path == tree / "Audios" / "MSP-PODCAST_0001_0008.wav"
    assert [each.label for each in found.values()] == ["neutral", "angry", "contempt", "", "surprised", "happy", ""]
    assert Counter(each.split for each in found.values()) == {"train": 2, "validation": 2, "test": 2, "test2": 1}


def test_the_default_map_has_the_eight_emotions(tree):
    with pytest.warns(Notice, match="takes 5 of 7 utterances and leaves out 1 O, 1 X"):
        assert len(read(tree)) == 5
    assert len(MSP_PODCAST.classes()) == 8


def test_unknown_speakers_count_as_one_in_each_recording(tree):
    speakers = {each.id: each.speaker for each in read(tree, labels="all").values()}
    assert speakers["MSP-PODCAST_0001_0019"] == "unknown_0001"
    assert speakers["MSP-PODCAST_0002_0033"] == speakers["MSP-PODCAST_0002_0039"] == "unknown_0002"
    assert read(tree, labels="all")["MSP-PODCAST_0001_0019"].gender is None
    for fold in LeaveOneSpeakerOut().folds(list(read(tree, labels="all").values()), 0):
        assert len({each.speaker for each in fold.test}) == 1


def test_the_parts_for_tests(tree):
    utterances = list(read(tree, labels="all").values())
    for part, names in (("test", ["0003_0001", "0004_0001_0002"]), ("test2", ["0005_0001"])):
        (fold,) = Official(test=part).folds(utterances, 0)
        assert [each.id for each in fold.test] == [f"MSP-PODCAST_{name}" for name in names]


def test_a_release_that_is_not_known_is_read_and_told(tree, monkeypatch):
    with pytest.warns(Notice, match="lists 7 segments, as no release that is known here; the nearest, 1.7, has 62140"):
        read(tree, labels="all")
    monkeypatch.setitem(msp_podcast.RELEASES, "0.1", 7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(tree, labels="all")


def test_missing_and_unlisted_files(tree):
    (tree / "Audios" / "MSP-PODCAST_test3_0001.wav").touch()  # whose labels the authors keep
    assert MSP_PODCAST.inventory(tree).unexpected == ()
    (tree / "Audios" / "MSP-PODCAST_0001_0008.wav").rename(tree / "Audios" / "MSP-PODCAST_0001_0009.wav")
    with pytest.raises(CorpusError, match=r"1 of 7 .* missing \(MSP-PODCAST_0001_0008\) and 1 audio files are not part of it"):
        read(tree)


def test_another_name_of_the_folder(tree):
    (tree / "Audios").rename(tree / "Audio")
    assert len(read(tree, labels="all")) == 7


def test_a_missing_table(tree):
    (tree / "Labels" / "labels_consensus.csv").unlink()
    assert f"{tree} holds no Labels/labels_consensus.csv; give the folder of MSP-Podcast, from https://" in refusal(tree)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("0008.wav,N,", "0008.wav,Z,", "line 2: no emotion 'Z', known are A, S"),
        ("Test2", "Test4", "line 8: no part 'Test4', known are train, development"),
        ("MSP-PODCAST_0003", "PODCAST_0003", "line 6: 'PODCAST_0003_0001.wav' is no segment such as MSP-PODCAST_0001"),
        ("6.8,", "high,", "line 3: 'high' is no number"),
        ("6.8,", "7.8,", "line 3: 7.8 does not lie between 1 and 7"),
        ("6.8,", "nan,", "line 3: nan does not lie between 1 and 7"),
        ("SpkrID", "Speaker", "line 1: no column 'SpkrID'"),
    ],
)
def test_a_damaged_table(tree, old, new, what):
    table = tree / "Labels" / "labels_consensus.csv"
    table.write_text(table.read_text().replace(old, new))
    assert refusal(tree).startswith(f"{table} is damaged: {what}")
