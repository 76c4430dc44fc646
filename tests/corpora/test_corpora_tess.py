"""The reader of TESS, on trees in its layout made on the fly, with each irregularity of the released names.

Reference values follow from the description that its authors publish; names are split by hand here.
"""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit import corpora
from serkit.corpora import TESS
from serkit.errors import CorpusError

FOLDERS = {
    "OAF_angry": "angry",
    "OAF_disgust": "disgust",
    "OAF_Fear": "fear",
    "OAF_happy": "happy",
    "OAF_neutral": "neutral",
    "OAF_Pleasant_surprise": "ps",
    "OAF_Sad": "sad",
    "YAF_angry": "angry",
    "YAF_disgust": "disgust",
    "YAF_fear": "fear",
    "YAF_happy": "happy",
    "YAF_neutral": "neutral",
    "YAF_pleasant_surprised": "ps",
    "YAF_sad": "sad",
}
LABELS = {"fear": "fearful", "ps": "surprised"}
WORDS = sorted(TESS.sentences)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A complete copy by name; reading decodes nothing, so that the files may be empty."""
    root = tmp_path_factory.mktemp("tess") / "TESS Toronto emotional speech set data"
    for folder, emotion in FOLDERS.items():
        (root / folder).mkdir(parents=True)
        for word in WORDS:
            (root / folder / f"{folder[:3]}_{word}_{emotion}.wav").touch()
    (root / "OAF_neutral" / "OAF_bite_neutral.wav").rename(root / "OAF_neutral" / "OA_bite_neutral.wav")
    return root


@pytest.fixture
def tree(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "tess"))


def test_a_complete_copy(whole):
    utterances = TESS.read(whole)
    assert len(utterances) == len(list(whole.rglob("*.wav"))) == 2800
    assert Counter(utterance.label for utterance in utterances) == TESS.counts == dict.fromkeys(TESS.counts, 400)
    assert Counter(utterance.speaker for utterance in utterances) == {"OAF": 1400, "YAF": 1400}
    for utterance in utterances:
        _, word, emotion = utterance.path.stem.split("_")
        assert utterance.speaker == utterance.path.parent.name.split("_")[0]
        assert utterance.id == f"{utterance.speaker}_{word}_{emotion}"
        assert FOLDERS[utterance.path.parent.name] == emotion
        assert utterance.label == LABELS.get(emotion, emotion)
        assert utterance.sentence == word
        assert (utterance.corpus, utterance.language, utterance.gender) == ("tess", "en", "female")


def test_the_facts():
    assert len(WORDS) == 200
    assert {"back", "bite", "germ", "laud", "pool", "youth"} <= set(WORDS)
    assert TESS.sentences["back"] == "Say the word back."
    assert not TESS.redistributable
    assert "NC" in TESS.licence
    assert not TESS.tested


def test_the_mistyped_name_may_be_right_but_not_there_twice(tree):
    wrong, right = tree / "OAF_neutral" / "OA_bite_neutral.wav", tree / "OAF_neutral" / "OAF_bite_neutral.wav"
    assert [utterance.path for utterance in TESS.read(tree) if utterance.id == "OAF_bite_neutral"] == [wrong]
    shutil.copy(wrong, right)
    with pytest.raises(CorpusError, match="OAF_bite_neutral twice"):
        TESS.read(tree)
    wrong.unlink()
    assert [utterance.path for utterance in TESS.read(tree) if utterance.id == "OAF_bite_neutral"] == [right]


def test_files_without_folders(tree):
    """So they come from the authors' record."""
    for path in list(tree.rglob("*.wav")):
        path.rename(tree / path.name)
    assert len(TESS.read(tree)) == 2800


def test_the_archive_that_holds_the_tree_twice(tree):
    nested = tree / "TESS Toronto emotional speech set data"
    shutil.copytree(tree, nested)
    with pytest.raises(CorpusError, match=r"OAF_back_angry twice \(and 2799 others\)") as caught:
        TESS.read(tree)
    assert nested.name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(TESS.read(nested)) == 2800
    twice = [problem.detail for problem in corpora.check(TESS, tree) if problem.kind == "duplicate"]
    assert Counter(Counter(twice).values()) == {200: 14}  # as many lines as folders


@pytest.mark.parametrize("stem", ["OA_back_neutral", "MAF_back_happy", "OAF_serkit_sad", "OAF_back_bored", "OAF_back", "x"])
def test_foreign_files_are_named(tree, stem):
    (tree / "OAF_neutral" / f"{stem}.wav").touch()
    with pytest.raises(CorpusError, match=rf"not part of it \({stem}\.wav\)"):
        TESS.read(tree)
    assert len(TESS.read(tree, partial=True)) == 2800


def test_a_partial_copy(tree):
    shutil.rmtree(tree / "YAF_sad")
    with pytest.raises(CorpusError, match=r"200 of 2800 utterances are missing \(YAF_back_sad"):
        TESS.read(tree)
    assert len(TESS.read(tree, partial=True)) == 2600


def test_check_names_what_is_odd_in_the_released_files(tmp_path):
    """Another container under .wav, and the mistyped name, which is known."""
    rng = np.random.default_rng(0)
    for stem in ("OAF_back_angry", "OA_bite_neutral"):
        sf.write(tmp_path / f"{stem}.wav", 0.1 * rng.standard_normal(800), 24414)
    sf.write(tmp_path / "YAF_germ_angry.wav", 0.1 * rng.standard_normal(800), 24414, format="AIFF")
    odd = [problem for problem in corpora.check(TESS, tmp_path) if problem.kind not in ("missing", "count", "speaker", "root")]
    assert [(problem.where, problem.kind, problem.detail, problem.known) for problem in odd] == [
        ("OAF_bite_neutral", "name", "the file is called OA_bite_neutral", True),
        ("YAF_germ_angry", "extension", "AIFF under the ending .wav", False),
    ]
