"""The reader of RAVDESS, on trees in its layout made on the fly and, where SERKIT_DATA holds it, on the real corpus.

Reference values follow from the description that its authors publish.
"""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from serkit import corpora
from serkit.corpora import RAVDESS
from serkit.errors import CorpusError

REAL = Path(os.environ.get("SERKIT_DATA", "")) / "ravdess"
NAMES = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"]

real = pytest.mark.skipif(
    "SERKIT_DATA" not in os.environ or not REAL.is_dir(),
    reason="RAVDESS may not be redistributed: set SERKIT_DATA to a folder that holds it as ravdess/",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A complete copy by name; reading decodes nothing, so that the files may be empty."""
    root = tmp_path_factory.mktemp("ravdess")
    for actor in range(1, 25):
        folder = root / f"Actor_{actor:02d}"
        folder.mkdir()
        for emotion in range(1, 9):
            for intensity in (1, 2) if emotion > 1 else (1,):
                for statement in (1, 2):
                    for repetition in (1, 2):
                        name = f"03-01-{emotion:02d}-{intensity:02d}-{statement:02d}-{repetition:02d}-{actor:02d}.wav"
                        (folder / name).touch()
    return root


@pytest.fixture
def tree(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "Audio_Speech_Actors_01-24"))


def test_a_complete_copy(whole):
    utterances = RAVDESS.read(whole)
    assert [utterance.id for utterance in utterances] == sorted(path.stem for path in whole.rglob("*.wav"))
    assert Counter(utterance.label for utterance in utterances) == {name: 192 if name != "neutral" else 96 for name in NAMES}
    assert RAVDESS.counts == Counter(utterance.label for utterance in utterances)
    assert set(Counter(utterance.speaker for utterance in utterances).values()) == {60}
    assert len(RAVDESS.ids) == 1440
    assert set(RAVDESS.ids) == {utterance.id for utterance in utterances}
    for utterance in utterances:
        _, _, emotion, intensity, statement, repetition, actor = utterance.path.stem.split("-")
        assert utterance.label == NAMES[int(emotion) - 1]
        assert utterance.intensity == {"01": "normal", "02": "strong"}[intensity]
        assert (utterance.sentence, utterance.repetition, utterance.speaker) == (statement, repetition, actor)
        assert utterance.gender == ("male" if int(actor) % 2 else "female")
        assert (utterance.corpus, utterance.language) == ("ravdess", "en")


def test_the_facts():
    assert len(RAVDESS.speakers) == 24
    assert Counter(RAVDESS.speakers.values()) == {"male": 12, "female": 12}
    assert not RAVDESS.redistributable
    assert "NC" in RAVDESS.licence


def test_the_root_may_be_the_archive_or_the_folder_above_it(tree):
    assert RAVDESS.read(tree.parent) == RAVDESS.read(tree)


def test_songs_are_left_aside_and_other_files_are_not(tree):
    songs = tree.parent / "Audio_Song_Actors_01-24" / "Actor_01"
    songs.mkdir(parents=True)
    (songs / "03-02-03-01-01-01-01.wav").touch()
    (songs / "01-01-03-01-01-01-01.mp4").touch()
    assert len(RAVDESS.read(tree.parent)) == 1440
    (songs / "01-01-03-01-01-01-01.wav").touch()  # the sound of a video
    with pytest.raises(CorpusError, match=r"not part of it \(01-01-03-01-01-01-01\.wav\)"):
        RAVDESS.read(tree.parent)


def test_the_mirror_that_holds_the_tree_twice(tree):
    shutil.copytree(tree, tree / "audio_speech_actors_01-24")
    with pytest.raises(CorpusError, match=r"03-01-01-01-01-01-01 twice \(and 1439 others\)") as caught:
        RAVDESS.read(tree)
    assert "audio_speech_actors_01-24" in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(CorpusError):
        RAVDESS.read(tree, partial=True)


@pytest.mark.parametrize(
    "stem", ["03-01-01-02-01-01-01", "03-01-09-01-01-01-01", "03-01-02-03-01-01-01", "03-01-02-01-01-01-25", "x"]
)
def test_names_that_cannot_be(tree, stem):
    """Such as a strong neutral."""
    (tree / "Actor_01" / f"{stem}.wav").touch()
    with pytest.raises(CorpusError, match="not part of it"):
        RAVDESS.read(tree)
    assert len(RAVDESS.read(tree, partial=True)) == 1440


def test_a_missing_actor_is_named(tree):
    shutil.rmtree(tree / "Actor_24")
    with pytest.raises(CorpusError, match=r"60 of 1440 utterances are missing .*-24"):
        RAVDESS.read(tree)
    assert len(RAVDESS.read(tree, partial=True)) == 1380
    assert len(RAVDESS.inventory(tree).missing) == 60


@real
def test_the_real_corpus_is_complete():
    assert len(RAVDESS.read(REAL)) == 1440


@real
@pytest.mark.slow
def test_the_real_corpus_has_its_known_defect_and_no_other():
    problems = corpora.check(RAVDESS, REAL)
    assert [(problem.where, problem.kind, problem.known) for problem in problems] == [
        ("03-01-03-01-02-02-07", "duplicate", True)
    ]
    assert "03-01-03-01-02-01-07" in problems[0].detail
