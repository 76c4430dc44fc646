"""The reader of RAVDESS's songs, on a tree in their layout made on the fly.

Reference values follow from the description that its authors publish: 44 trials of 23 actors, none of actor 18.
"""

from collections import Counter

import pytest

from serkit.corpora import RAVDESS, RAVDESS_SONG
from serkit.errors import CorpusError

NAMES = ["neutral", "calm", "happy", "sad", "angry", "fearful"]


@pytest.fixture
def tree(tmp_path):
    """A complete copy by name; reading decodes nothing, so that the files may be empty."""
    root = tmp_path / "Audio_Song_Actors_01-24"
    for actor in range(1, 25):
        if actor == 18:
            continue
        folder = root / f"Actor_{actor:02d}"
        folder.mkdir(parents=True)
        for emotion in range(1, 7):
            for intensity in (1, 2) if emotion > 1 else (1,):
                for last in (f"{statement:02d}-{again:02d}-{actor:02d}" for statement in (1, 2) for again in (1, 2)):
                    (folder / f"03-02-{emotion:02d}-{intensity:02d}-{last}.wav").touch()
    return root


def test_a_complete_copy(tree):
    utterances = RAVDESS_SONG.read(tree)
    assert [utterance.id for utterance in utterances] == sorted(path.stem for path in tree.rglob("*.wav"))
    assert len(utterances) == 1012
    assert Counter(utterance.label for utterance in utterances) == {name: 184 if name != "neutral" else 92 for name in NAMES}
    assert RAVDESS_SONG.counts == Counter(utterance.label for utterance in utterances)
    assert set(Counter(utterance.speaker for utterance in utterances).values()) == {44}
    assert set(RAVDESS_SONG.speakers) == {f"{actor:02d}" for actor in range(1, 25)} - {"18"}
    for utterance in utterances:
        _, _, emotion, intensity, statement, repetition, actor = utterance.path.stem.split("-")
        assert utterance.label == NAMES[int(emotion) - 1]
        assert utterance.intensity == {"01": "normal", "02": "strong"}[intensity]
        assert (utterance.sentence, utterance.repetition, utterance.speaker) == (statement, repetition, actor)
        assert utterance.gender == ("male" if int(actor) % 2 else "female")
        assert (utterance.corpus, utterance.language) == ("ravdess_song", "en")


def test_the_facts():
    assert Counter(RAVDESS_SONG.speakers.values()) == {"male": 12, "female": 11}
    assert not RAVDESS_SONG.redistributable
    assert not RAVDESS_SONG.tested
    assert RAVDESS_SONG.rate == 48000
    assert not set(RAVDESS_SONG.ids) & set(RAVDESS.ids)


def test_speech_is_left_aside_and_other_files_are_not(tree):
    speech = tree.parent / "Audio_Speech_Actors_01-24" / "Actor_01"
    speech.mkdir(parents=True)
    (speech / "03-01-08-01-01-01-01.wav").touch()
    assert len(RAVDESS_SONG.read(tree.parent)) == 1012
    (speech / "01-02-03-01-01-01-01.wav").touch()  # the sound of a video
    with pytest.raises(CorpusError, match=r"not part of it \(01-02-03-01-01-01-01\.wav\)"):
        RAVDESS_SONG.read(tree.parent)


@pytest.mark.parametrize("stem", ["03-02-07-01-01-01-01", "03-02-01-02-01-01-01", "03-02-02-01-01-01-18"])
def test_what_was_never_sung(tree, stem):
    """Disgust, a strong neutral, anything by actor 18."""
    (tree / "Actor_01" / f"{stem}.wav").touch()
    with pytest.raises(CorpusError, match="not part of it"):
        RAVDESS_SONG.read(tree)
    assert len(RAVDESS_SONG.read(tree, partial=True)) == 1012
