"""A root that lies too high, too low or in the wrong place: the one that was meant is named, and no other."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from test_corpora_index import toy

from serkit.corpora import EMODB, RAVDESS, SAVEE
from serkit.errors import CorpusError


@pytest.fixture
def tmp_path(tmp_path):
    """Deep enough that looking up ends before the folders of other tests."""
    place = tmp_path / "far" / "down"
    place.mkdir(parents=True)
    return place


def copy(root, corpus=RAVDESS, folder=lambda name: f"Actor_{name[-2:]}"):
    """Empty files by the corpus's names."""
    for name in corpus.ids:
        place = root / folder(name)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{name}.wav").touch()
    return root


def refusal(root, corpus=RAVDESS):
    with pytest.raises(CorpusError) as caught:
        corpus.read(root)
    message = str(caught.value)
    assert "\n" not in message
    return message


def meant(root, corpus=RAVDESS):
    """The folder that the message names, below the temporary one."""
    _, asked, rest = refusal(root, corpus).partition("; did you mean ")
    return Path(rest.removesuffix("?")) if asked else None


def test_one_actor_of_many(tmp_path):
    assert meant(copy(tmp_path / "ravdess") / "Actor_01") == tmp_path / "ravdess"


def test_one_actor_given_from_within(tmp_path, monkeypatch):
    monkeypatch.chdir(copy(tmp_path / "ravdess") / "Actor_01")
    assert meant(Path()) == tmp_path / "ravdess"


def test_a_folder_beside_the_recordings(tmp_path):
    copy(tmp_path / "emodb", EMODB, lambda _: "wav")
    (tmp_path / "emodb" / "doc").mkdir()
    assert meant(tmp_path / "emodb" / "doc", EMODB) == tmp_path / "emodb"
    (tmp_path / "emodb" / "wav" / "x.wav").touch()  # not clean, and none below it is better
    assert meant(tmp_path / "emodb" / "doc", EMODB) == tmp_path / "emodb"


def test_a_folder_of_several_corpora(tmp_path):
    copy(tmp_path / "emodb", EMODB, lambda _: "wav")
    copy(tmp_path / "ravdess")
    assert meant(tmp_path) == tmp_path / "ravdess"
    assert meant(tmp_path, EMODB) == tmp_path / "emodb"
    assert meant(tmp_path / "ravdess", EMODB) == tmp_path / "emodb"


def test_the_whole_tree_inside_itself(tmp_path):
    """As a widely copied mirror of RAVDESS has it."""
    copy(tmp_path / "ravdess")
    copy(tmp_path / "ravdess" / "audio_speech_actors_01-24")
    assert meant(tmp_path / "ravdess") == tmp_path / "ravdess" / "audio_speech_actors_01-24"


def test_a_broken_copy_beside_a_whole_one(tmp_path):
    shutil.rmtree(copy(tmp_path / "broken") / "Actor_07")
    assert meant(tmp_path / "broken") is None
    copy(tmp_path / "whole")
    assert meant(tmp_path / "broken") is None  # it lacks little: it is what was meant
    assert meant(tmp_path / "broken" / "Actor_01") == tmp_path / "broken"
    assert meant(tmp_path) == tmp_path / "whole"
    for actor in range(8, 22):
        shutil.rmtree(tmp_path / "broken" / f"Actor_{actor:02d}")
    assert meant(tmp_path / "broken") == tmp_path / "whole"


def test_no_better_place_is_none(tmp_path):
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    assert meant(tmp_path / "a" / "b" / "c") is None
    (copy(tmp_path / "ravdess") / "Actor_01" / f"{RAVDESS.ids[0]}.wav").unlink()
    assert meant(tmp_path / "ravdess") is None
    (tmp_path / "ravdess" / "Actor_02" / "x.wav").touch()  # foreign, and in no folder of its own
    assert meant(tmp_path / "ravdess") is None


def test_a_foreign_file_among_the_recordings(tmp_path):
    """The folder that holds all of them holds it too."""
    copy(tmp_path / "emodb", EMODB, lambda _: "wav")
    (tmp_path / "emodb" / "wav" / "x.wav").touch()
    assert meant(tmp_path / "emodb", EMODB) is None


def test_extra_levels_are_free_for_corpora_of_names(tmp_path):
    copy(tmp_path / "x" / "y" / "ravdess")
    assert len(RAVDESS.read(tmp_path)) == 1440


def test_how_far_it_looks_up(tmp_path):
    copy(tmp_path / "savee", SAVEE, lambda _: "AudioData")
    deep = tmp_path / "savee" / "a" / "b"
    (deep / "c").mkdir(parents=True)
    assert meant(deep, SAVEE) == tmp_path / "savee"
    assert meant(deep / "c", SAVEE) is None


NONE = "none of Session1/dialog, Session2/dialog"
MARKED = toy(landmarks=("Session1/dialog", "Session2/dialog"), listed=lambda _: [])


@pytest.mark.parametrize("given", ["db", "db/x/..", ".", "db/x/IEMOCAP/Session1", "db/x/IEMOCAP/Session1/dialog"])
def test_a_landmark_below_or_above(tmp_path, given):
    holder = tmp_path / "db" / "x" / "IEMOCAP"
    (holder / "Session1" / "dialog").mkdir(parents=True)
    message = refusal(tmp_path / given, MARKED)
    assert message == f"{tmp_path / given} holds {NONE}; did you mean {message.partition('mean ')[2]}"
    assert Path(message.partition("mean ")[2].removesuffix("?")).resolve() == holder
    assert MARKED.inventory(holder).utterances == ()


def test_a_landmark_that_is_nowhere(tmp_path):
    (tmp_path / ".hidden" / "Session1" / "dialog").mkdir(parents=True)
    assert refusal(tmp_path, MARKED) == f"{tmp_path} holds {NONE}; give the folder of Toy, from https://example.org"


def test_the_nearest_landmark(tmp_path):
    for place in ("b/deep/Session1", "c/Session1"):
        (tmp_path / place / "dialog").mkdir(parents=True)
    assert refusal(tmp_path, MARKED).endswith(f"did you mean {tmp_path / 'c'}?")


def test_a_file_and_a_folder_that_is_not_there(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "nowhere"):
        assert refusal(place) == f"{place} is not a folder; give the one that holds RAVDESS, speech"
        assert "is not a folder" in refusal(place, MARKED)


def test_looking_ends(tmp_path, monkeypatch):
    """A wrong root may be a whole disk."""
    monkeypatch.setattr("serkit.corpora._roots._MOST_FILES", 100)
    monkeypatch.setattr("serkit.corpora._roots._MOST_FOLDERS", 5)
    assert meant(copy(tmp_path / "ravdess") / "Actor_01") is None
    for number in range(9):
        (tmp_path / "many" / f"{number}" / ("Session1" if number == 8 else "x") / "dialog").mkdir(parents=True)
    assert "did you mean" not in refusal(tmp_path / "many", MARKED)
    assert "did you mean" in refusal(tmp_path / "many", replace(MARKED, landmarks=("x",)))
