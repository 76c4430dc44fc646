"""The reader of CH-SIMS, on trees in its layout made on the fly; the counts are those that its authors publish."""

import pytest

from serkit import corpora
from serkit.corpora import CH_SIMS
from serkit.errors import CorpusError

HEAD = "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode\n"
ROWS = """video_0001,0001,我不想嫁给李茶,-0.8,-0.4,-0.8,-0.6,Negative,train
video_0001,0002,"好, 多谢了",0.0,0.2,0.0,0.4,Neutral,valid
aqgy3_0001,0010,真好,1.0,0.8,1,0.6,Positive,test
"""
STEMS = ("video_0001/0001", "video_0001/0002", "aqgy3_0001/0010")
PUBLISHED = {"train": (742, 207, 419), "valid": (248, 69, 139), "test": (248, 69, 140)}  # negative, neutral, positive


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "label.csv").write_text(HEAD + ROWS, encoding="utf-8")
    for stem in STEMS:
        path = tmp_path / "Raw" / f"{stem}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def read(root):
    return {each.id: each for each in CH_SIMS.read(root, partial=True)}


def refusal(root):
    with pytest.raises(CorpusError) as caught:
        CH_SIMS.read(root, partial=True)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_facts():
    assert CH_SIMS.size == 1368 + 456 + 457
    assert tuple(CH_SIMS.counts.values()) == tuple(map(sum, zip(*PUBLISHED.values(), strict=True)))
    assert {(scale.low, scale.high, scale.zero) for scale in CH_SIMS.scales.values()} == {(-1, 1, "negative")}
    assert CH_SIMS.classes() == ()


def test_a_clip(tree):
    found = read(tree)
    assert list(found) == ["aqgy3_0001_0010", "video_0001_0001", "video_0001_0002"]
    one = found["video_0001_0001"]
    assert one.values == {"multimodal": -0.8, "text": -0.4, "audio": -0.8, "vision": -0.6}
    assert (one.label, one.native, one.speaker, one.language) == ("", "Negative", "video_0001", "zh")
    assert (one.text, found["video_0001_0002"].text) == ("我不想嫁给李茶", "好, 多谢了")
    assert [each.split for each in found.values()] == ["test", "train", "validation"]
    assert one.path == tree / "Raw" / "video_0001" / "0001.wav"


def test_a_spreadsheet_was_here(tree):
    """It puts a byte-order mark before the table and takes zeros away."""
    before = read(tree)
    text = (HEAD + ROWS).replace(",0001,", ",1,").replace(",0002,", ",2,").replace(",0010,", ",10,")
    (tree / "label.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read(tree) == before


def test_films_alone(tree):
    for path in tree.rglob("*.wav"):
        path.rename(path.with_suffix(".mp4"))
    assert "holds CH-SIMS as films (0010.mp4) and no audio" in refusal(tree)


def test_a_check_counts_annotations(tree):
    counts = [(each.where, each.detail) for each in corpora.check(CH_SIMS, tree) if each.kind == "count"]
    assert counts == [(name, f"1 utterances, published are {CH_SIMS.counts[name]}") for name in CH_SIMS.counts]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("Neutral", "Neutrl", "line 3: no annotation 'Neutrl', known are Negative, Neutral, Positive"),
        ("valid", "dev", "line 3: no part 'dev', known are train, valid, test"),
        ("aqgy3_0001,0010", "aqgy3_0001,x", "line 4: 'aqgy3_0001' and 'x' are no video and clip"),
        (",1.0,", ",1.5,", "line 4: 1.5 does not lie between -1 and 1"),
        ("label_A", "label_B", "line 1: no column 'label_A'"),
    ],
)
def test_a_damaged_table(tree, old, new, what):
    table = tree / "label.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert refusal(tree).startswith(f"{table} is damaged: {what}")


def test_no_table_and_one_in_another_encoding(tree):
    (tree / "label.csv").write_bytes((HEAD + ROWS).encode("gbk"))
    assert "is damaged: not UTF-8" in refusal(tree)
    (tree / "label.csv").unlink()
    assert refusal(tree).startswith(f"{tree} holds no label.csv; give the folder of CH-SIMS, from https://")
