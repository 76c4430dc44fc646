"""The reader of CREMA-D, on trees in its layout made on the fly and, where SERKIT_DATA holds it, on the real corpus.

Reference values follow from what its authors publish: README, tables (of which a few rows stand below) and the paper; names are
split by hand here.
"""

import csv
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit import corpora
from serkit.corpora import CREMA_D
from serkit.errors import CorpusError

REAL = Path(os.environ.get("SERKIT_DATA", "")) / "crema_d"
LABELS = {"ANG": "angry", "DIS": "disgust", "FEA": "fearful", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
LETTERS = {"A": "angry", "D": "disgust", "F": "fearful", "H": "happy", "N": "neutral", "S": "sad"}
SENTENCES = ["DFA", "IEO", "IOM", "ITH", "ITS", "IWL", "IWW", "MTI", "TAI", "TIE", "TSI", "WSI"]

real = pytest.mark.skipif(
    "SERKIT_DATA" not in os.environ or not REAL.is_dir(),
    reason="CREMA-D is too large to lie here: set SERKIT_DATA to a folder that holds it as crema_d/",
)

SUMMARY = """"","FileName","VoiceVote","VoiceLevel","FaceVote","FaceLevel","MultiModalVote","MultiModalLevel"
"1","1001_IEO_NEU_XX","N","69.1","N","92.22","N","64.78"
"2","1001_IEO_HAP_LO","N","71.67","H","57","H","57.38"
"9","1001_IEO_ANG_MD","A:D","37.2:58.6","A","45.5","A","44.2"
"56","1001_ITH_ANG_XX","A:D:N","39.00:89.00:83.67","A","80","D","29.8"
"3234","1040_ITH_SAD_XX","N","46","N","61.5","F","31.5"
"""
"""Rows of the authors' table."""

COLUMNS = (
    '"","A","D","F","H","N","S","fileName","numResponses","agreement","emoVote","meanEmoResp","meanAngerResp",'
    '"meanDisgustResp","meanFearResp","meanHappyResp","meanNeutralResp","meanSadResp"\n'
)
TABULATED = (
    COLUMNS
    + """"100001",0,0,0,1,10,0,"1001_IEO_NEU_XX",11,0.909090909090909,"N",71.7272727272727,-1,-1,-1,98,69.1,-1
"100002",0,0,0,3,6,0,"1001_IEO_HAP_LO",9,0.666666666666667,"N",62,-1,-1,-1,42.6666666666667,71.6666666666667,-1
"100009",5,5,0,0,1,1,"1001_IEO_ANG_MD",12,0.416666666666667,"A:D",50.5833333333333,37.2,58.6,-1,-1,57,71
"100056",3,3,1,0,3,0,"1001_ITH_ANG_XX",10,0.3,"A:D:N",70.4,39,89,69,-1,83.6666666666667,-1
"103234",0,0,0,0,2,0,"1040_ITH_SAD_XX",2,1,"N",46,-1,-1,-1,-1,46,-1
"""
    # Made up: what was seen in the face must not count.
    + """"200001",9,0,0,0,0,0,"1001_IEO_NEU_XX",9,1,"A",1,1,-1,-1,-1,-1,-1
"300001",0,9,0,0,0,0,"1001_IEO_NEU_XX",9,1,"D",1,-1,1,-1,-1,-1,-1
"""
)
"""Rows of the authors' table (but the counts of 1040_ITH_SAD_XX), with the columns that are used, and some that are not."""

RATED = ("1001_IEO_NEU_XX", "1001_IEO_HAP_LO", "1001_IEO_ANG_MD", "1001_ITH_ANG_XX", "1040_ITH_SAD_XX")


def stems():
    """By the rule, less what does not exist, with the one name that lacks an X."""
    for actor in range(1001, 1092):
        for sentence in SENTENCES:
            for emotion in LABELS:
                lacks = {(1008, "WSI"), (1009, "MTI"), (1019, "ITH")}
                if (actor, sentence) in lacks or (actor, sentence, emotion) in {(1002, "TIE", "NEU"), (1076, "ITS", "NEU")}:
                    continue
                for intensity in ("LO", "MD", "HI") if sentence == "IEO" and emotion != "NEU" else ("XX",):
                    stem = f"{actor}_{sentence}_{emotion}_{intensity}"
                    yield stem if stem != "1040_ITH_SAD_XX" else "1040_ITH_SAD_X"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A complete copy by name, without tables; reading decodes nothing, so that the files may be empty."""
    root = tmp_path_factory.mktemp("crema_d")
    (root / "AudioWAV").mkdir()
    for stem in stems():
        (root / "AudioWAV" / f"{stem}.wav").touch()
    return root


@pytest.fixture
def few(tmp_path):
    """Five clips of a partial copy, in the layout of the authors' repository, with the summary."""
    folder = tmp_path / "CREMA-D" / "AudioWAV"
    folder.mkdir(parents=True)
    for stem in RATED:
        (folder / f"{stem.replace('SAD_XX', 'SAD_X')}.wav").touch()
    (tmp_path / "CREMA-D" / "processedResults").mkdir()
    (tmp_path / "CREMA-D" / "processedResults" / "summaryTable.csv").write_text(SUMMARY)
    return tmp_path / "CREMA-D"


def ratings(root):
    return {each.id: (each.votes, each.values["intensity"]) for each in CREMA_D.read(root, partial=True)}


def refusal(root):
    """The one line of the error that reading ends with."""
    with pytest.raises(CorpusError) as caught:
        CREMA_D.read(root, partial=True)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_complete_copy(whole):
    utterances = CREMA_D.read(whole, partial=True)
    names = [path.stem for path in (whole / "AudioWAV").glob("*.wav")]
    assert len(utterances) == len(names) == 7442
    assert [utterance.id for utterance in utterances] == sorted(f"{name}X"[:15] for name in names)
    assert CREMA_D.inventory(whole).missing == CREMA_D.inventory(whole).unexpected == ()
    assert Counter(utterance.label for utterance in utterances) == CREMA_D.counts
    assert len(CREMA_D.speakers) == 91
    assert Counter(CREMA_D.speakers.values()) == {"female": 43, "male": 48}
    for utterance in utterances:
        actor, sentence, emotion, intensity = utterance.path.stem.split("_")
        assert (utterance.speaker, utterance.sentence, utterance.label) == (actor, sentence, LABELS[emotion])
        assert utterance.intensity == {"LO": "low", "MD": "medium", "HI": "high"}.get(intensity)
        assert (utterance.corpus, utterance.language, utterance.votes, utterance.values) == ("crema_d", "en", {}, {})
    assert set(CREMA_D.sentences) == set(SENTENCES)


def test_recordings_without_ratings_must_be_asked_for(whole):
    with pytest.raises(CorpusError, match=r"without their ratings: get processedResults/summaryTable\.csv from") as caught:
        CREMA_D.read(whole)
    assert "\n" not in str(caught.value)
    tables = [problem for problem in corpora.check(CREMA_D, whole) if problem.kind == "table"]
    assert [(problem.where, problem.known) for problem in tables] == [("crema_d", False)]


def test_the_pairs_that_are_one_recording():
    pairs = {name: CREMA_D.parse(Path(f"{name}.wav")).copy_of for name in CREMA_D.ids}
    assert {name: first for name, first in pairs.items() if first} == {
        "1006_TIE_NEU_XX": "1006_TIE_HAP_XX",
        "1013_WSI_SAD_XX": "1013_WSI_DIS_XX",
        "1017_IWW_FEA_XX": "1017_IWW_ANG_XX",
    }


def test_the_summary_holds_the_winners_alone(few):
    assert ratings(few) == {
        "1001_IEO_NEU_XX": ({"neutral": 1}, 69.1),
        "1001_IEO_HAP_LO": ({"neutral": 1}, 71.67),
        "1001_IEO_ANG_MD": ({"angry": 1 / 2, "disgust": 1 / 2}, pytest.approx((37.2 + 58.6) / 2)),
        "1001_ITH_ANG_XX": (dict.fromkeys(("angry", "disgust", "neutral"), 1 / 3), pytest.approx((39 + 89 + 83.67) / 3)),
        "1040_ITH_SAD_XX": ({"neutral": 1}, 46),
    }


def test_tabulated_votes_hold_the_shares_and_come_first(few):
    """The level is that of the winners in both, to the digits of the summary."""
    summary = ratings(few)
    (few / "processedResults" / "tabulatedVotes.csv").write_text(TABULATED)
    tabulated = ratings(few)
    assert {name: votes for name, (votes, _) in tabulated.items()} == {
        "1001_IEO_NEU_XX": {"happy": 1 / 11, "neutral": 10 / 11},
        "1001_IEO_HAP_LO": {"happy": 3 / 9, "neutral": 6 / 9},
        "1001_IEO_ANG_MD": {"angry": 5 / 12, "disgust": 5 / 12, "neutral": 1 / 12, "sad": 1 / 12},
        "1001_ITH_ANG_XX": {"angry": 0.3, "disgust": 0.3, "fearful": 0.1, "neutral": 0.3},
        "1040_ITH_SAD_XX": {"neutral": 1},
    }
    for name, (votes, level) in tabulated.items():
        assert sum(votes.values()) == pytest.approx(1)
        assert level == pytest.approx(summary[name][1], abs=0.005)


@pytest.mark.parametrize("place", ["processedResults", ".", "AudioWAV", ".."])
@pytest.mark.parametrize("root", [".", "AudioWAV", ".."])
def test_where_the_table_may_lie(few, place, root):
    """In its folder, at the root, beside the files; the root may be any of three folders."""
    before = ratings(few)
    (few / "processedResults" / "summaryTable.csv").rename(few / place / "summaryTable.csv")
    if place == ".." and root != "..":  # nothing above the corpus is looked at but what was asked for
        assert not any(each.votes for each in CREMA_D.read(few / root, partial=True))
    else:
        assert ratings(few / root) == before


def test_the_current_folder(few, monkeypatch):
    before = ratings(few)
    monkeypatch.chdir(few / "AudioWAV")
    assert ratings(Path()) == before


def test_the_whole_repository_holds_the_clips_as_mp3_too(few):
    (few / "AudioMP3").mkdir()
    for stem in RATED:
        (few / "AudioMP3" / f"{stem}.mp3").touch()
    assert len(CREMA_D.read(few, partial=True)) == 5
    assert {each.path.suffix for each in CREMA_D.read(few.parent, partial=True)} == {".wav"}
    assert {each.path.suffix for each in CREMA_D.read(few / "AudioMP3", partial=True)} == {".mp3"}


def test_a_byte_order_mark_does_no_harm(few):
    """It stands before the name of the first column, that of the rows' numbers."""
    table = few / "processedResults" / "tabulatedVotes.csv"
    table.write_text(TABULATED)
    before = ratings(few)
    table.write_text(TABULATED, encoding="utf-8-sig")
    assert ratings(few) == before


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("VoiceVote", "Vote", "line 1: no column 'VoiceVote'"),
        (SUMMARY, "", "line 1: no column 'FileName'"),
        (SUMMARY, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "line 1: no column 'FileName'"),
        ('"2","1001_IEO_HAP_LO","N","71.67"', '"2","1001_IEO_HAP_LO","X","71.67"', "line 3: vote 'X' with level '71.67'"),
        ('"N","71.67"', '"N","71.67:3"', "line 3: vote 'N' with level '71.67:3'"),
        ('"N","71.67"', '"N","high"', "line 3: could not convert string to float: 'high'"),
        ('"N","71.67"', '"N","171.67"', "line 3: level 171.67 does not lie between 0 and 100"),
        ('"N","71.67"', '"N","nan"', "line 3: level nan does not lie"),
        ('"A:D","37.2:58.6"', '"A:A","37.2:58.6"', "line 4: vote 'A:A'"),
        ("1001_IEO_HAP_LO", "1092_IEO_HAP_LO", "line 3: '1092_IEO_HAP_LO' is no clip of crema_d"),
        ("1001_IEO_HAP_LO", "1001_IEO_NEU_XX", "line 3: 1001_IEO_NEU_XX has a row already"),
        ('"2","1001_IEO_HAP_LO","N","71.67","H","57","H","57.38"\n', "", "has no row for 1001_IEO_HAP_LO (1 such clips)"),
        ('"N","71.67","H","57","H","57.38"\n', "\n", "line 3: vote '' with level ''"),
    ],
)
def test_a_damaged_summary(few, old, new, what):
    table = few / "processedResults" / "summaryTable.csv"
    assert old in SUMMARY
    table.write_text(SUMMARY.replace(old, new))
    message = refusal(few)
    assert message.startswith(f"{table} is damaged: {what}")
    assert message.endswith("get the file anew from https://github.com/CheyneyComputerScience/CREMA-D")
    assert [problem.detail for problem in corpora.check(CREMA_D, few) if problem.kind == "table"] == [message]


def test_a_summary_of_other_bytes(few):
    (few / "processedResults" / "summaryTable.csv").write_bytes(SUMMARY.encode("utf-16"))
    assert "summaryTable.csv is damaged: not UTF-8;" in refusal(few)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("meanSadResp", "sad", "line 1: no column 'meanSadResp'"),
        ('"100002",0,0,0,3,6,0', '"100002",0,0,0,3.5,6,0', "line 3: invalid literal for int"),
        ('"100002",0,0,0,3,6,0', '"100002",0,0,0,0,0,0', "line 3: 1001_IEO_HAP_LO has no votes"),
        ('"100002",0,0,0,3,6,0', '"100002",-1,0,0,3,6,0', "line 3: 1001_IEO_HAP_LO has no votes, or fewer than none"),
        ('"100002",0,0,0,3,6,0', '"100002",0,0,0,6,3,4', None),
        ('"100002",0,0,0,3,6,0', '"100002",9,0,0,3,6,0', "line 3: level -1 does not lie"),
        ('"100002"', '"200002"', "has no row for 1001_IEO_HAP_LO"),
        ('"100002"', '"two"', "line 3: invalid literal for int"),
        ('"200001"', '"100001"', "line 7: 1001_IEO_NEU_XX has a row already"),
    ],
)
def test_damaged_tabulated_votes(few, old, new, what):
    """They are not passed over in favor of the summary."""
    table = few / "processedResults" / "tabulatedVotes.csv"
    table.write_text(TABULATED.replace(old, new))
    if what is None:  # another winner, another level
        assert ratings(few)["1001_IEO_HAP_LO"][1] == pytest.approx(42.6666666666667)
    else:
        assert refusal(few).startswith(f"{table} is damaged: {what}")


@pytest.mark.parametrize(
    "stem", ["1092_DFA_ANG_XX", "1000_DFA_ANG_XX", "1001_DFA_ANG_HI", "1001_IEO_NEU_LO", "1001_IEO_ANG_XX", "1001_ABC_ANG_XX",
             "1001_DFA_CAL_XX", "1008_WSI_ANG_XX", "1002_TIE_NEU_XX", "1001_DFA_ANG_X", "1001"]
)  # fmt: skip
def test_names_that_cannot_be(few, stem):
    """An unknown actor, an intensity that was not acted, a sentence that an actor lacks, and so on."""
    (few / "AudioWAV" / f"{stem}.wav").touch()
    assert [path.stem for path in CREMA_D.inventory(few).unexpected] == [stem]
    with pytest.raises(CorpusError, match=rf"1 audio files are not part of it \({stem}\.wav\)"):
        CREMA_D.read(few)
    assert len(CREMA_D.read(few, partial=True)) == 5


def test_a_clip_twice(few):
    (few / "AudioWAV" / "1040_ITH_SAD_XX.wav").touch()
    assert "holds crema_d 1040_ITH_SAD_XX twice" in refusal(few)


def test_a_partial_copy_must_be_asked_for(few):
    with pytest.raises(CorpusError, match=r"7437 of 7442 utterances are missing \(1001_DFA_ANG_XX"):
        CREMA_D.read(few)


def test_check_names_and_knows_the_released_defects(tmp_path):
    (tmp_path / "summaryTable.csv").write_text(SUMMARY)
    rng = np.random.default_rng(0)
    sounds = {name: 0.1 * rng.standard_normal(400) for name in ("1006_TIE_HAP_XX", "1001_DFA_ANG_XX", "1040_ITH_SAD_X")}
    sounds |= {"1006_TIE_NEU_XX": sounds["1006_TIE_HAP_XX"], "1076_MTI_SAD_XX": np.zeros(400)}
    for name, samples in sounds.items():
        sf.write(tmp_path / f"{name}.wav", samples, 16000 if name != "1001_DFA_ANG_XX" else 11025)
    expected = ("missing", "count", "speaker", "root", "table")
    odd = [each for each in corpora.check(CREMA_D, tmp_path) if each.kind not in expected]
    assert [(each.where, each.kind, each.known) for each in odd] == [
        ("1001_DFA_ANG_XX", "rate", False),
        ("1006_TIE_NEU_XX", "duplicate", True),
        ("1040_ITH_SAD_XX", "name", True),
        ("1076_MTI_SAD_XX", "silent", True),
    ]


def table(name):
    """The rows of a table of the real corpus."""
    with (REAL / name).open() as file:
        return list(csv.DictReader(file))


@real
def test_the_real_corpus_is_complete_and_rated():
    utterances = {utterance.id: utterance for utterance in CREMA_D.read(REAL)}
    assert sorted(row["Filename"] for row in table("SentenceFilenames.csv")) == list(utterances) == list(CREMA_D.ids)
    sex = {row["ActorID"]: row["Sex"].lower() for row in table("VideoDemographics.csv")}
    assert CREMA_D.speakers == sex
    rows = {row["FileName"]: row for row in table("summaryTable.csv")}
    for name, utterance in utterances.items():
        winners = rows[name]["VoiceVote"].split(":")
        assert utterance.gender == sex[name[:4]]
        assert utterance.votes == {LETTERS[letter]: 1 / len(winners) for letter in winners}
        levels = [float(level) for level in rows[name]["VoiceLevel"].split(":")]
        assert utterance.values == {"intensity": pytest.approx(sum(levels) / len(levels))}
    heard = sum(set(utterance.votes) == {utterance.label} for utterance in utterances.values())
    assert heard == sum(LETTERS.get(row["VoiceVote"]) == LABELS[name[9:12]] for name, row in rows.items())
    assert set(SUMMARY.splitlines()) <= set((REAL / "summaryTable.csv").read_text().splitlines())


@real
@pytest.mark.slow
def test_the_real_corpus_has_its_known_defects_and_no_others():
    """But for the sample rate: the copy may be a mirror of another one."""
    problems = [problem for problem in corpora.check(CREMA_D, REAL) if problem.kind != "rate"]
    assert [(problem.where, problem.kind, problem.known) for problem in problems] == [
        ("1006_TIE_NEU_XX", "duplicate", True),
        ("1013_WSI_SAD_XX", "duplicate", True),
        ("1017_IWW_FEA_XX", "duplicate", True),
        ("1040_ITH_SAD_XX", "name", True),
        ("1076_MTI_SAD_XX", "silent", True),
    ]
