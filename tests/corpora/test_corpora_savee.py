"""The reader of SAVEE, on trees in both of its layouts made on the fly.

Reference values follow from the description that its authors publish; names are split by hand here.
"""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit import corpora
from serkit.corpora import SAVEE
from serkit.errors import CorpusError

LABELS = {"a": "angry", "d": "disgust", "f": "fearful", "h": "happy", "n": "neutral", "sa": "sad", "su": "surprised"}
STEMS = [f"{code}{number:02d}" for code in LABELS for number in range(1, 31 if code == "n" else 16)]


@pytest.fixture
def tree(tmp_path):
    """A complete copy by name; reading decodes nothing, so that the files may be empty."""
    for speaker in ("DC", "JE", "JK", "KL"):
        folder = tmp_path / "AudioData" / speaker
        folder.mkdir(parents=True)
        for stem in STEMS:
            (folder / f"{stem}.wav").touch()
    (tmp_path / "AudioData" / "Info.txt").touch()
    return tmp_path / "AudioData"


@pytest.fixture
def flat(tree, tmp_path):
    """The mirror with all files in one folder."""
    folder = tmp_path / "ALL"
    folder.mkdir()
    for path in tree.rglob("*.wav"):
        (folder / f"{path.parent.name}_{path.name}").touch()
    return folder


def test_a_complete_copy(tree):
    utterances = SAVEE.read(tree)
    assert len(utterances) == len(list(tree.rglob("*.wav"))) == 480
    assert Counter(utterance.label for utterance in utterances) == {
        label: 120 if label == "neutral" else 60 for label in LABELS.values()
    }
    assert SAVEE.counts == Counter(utterance.label for utterance in utterances)
    assert Counter(utterance.speaker for utterance in utterances) == dict.fromkeys(("DC", "JE", "JK", "KL"), 120)
    for utterance in utterances:
        speaker, stem = utterance.path.parent.name, utterance.path.stem
        assert utterance.id == f"{speaker}_{stem}"
        assert (utterance.speaker, utterance.sentence) == (speaker, stem)
        assert utterance.label == LABELS[stem.rstrip("0123456789")]
        assert (utterance.corpus, utterance.language, utterance.gender) == ("savee", "en", "male")


def test_the_flattened_mirror(tree, flat):
    def without_path(utterances):
        return [(each.id, each.speaker, each.label, each.sentence) for each in utterances]

    assert without_path(SAVEE.read(flat)) == without_path(SAVEE.read(tree))


def test_both_layouts_at_once_are_every_utterance_twice(tree, flat):
    assert tree.parent == flat.parent
    with pytest.raises(CorpusError, match=r"DC_a01 twice \(and 479 others\)"):
        SAVEE.read(tree.parent)


def test_the_facts():
    assert list(SAVEE.ids) == sorted(SAVEE.ids)
    assert len(SAVEE.ids) == 480
    assert not SAVEE.redistributable
    assert not SAVEE.tested


def test_one_speaker_alone(tree, monkeypatch):
    """The folder of files may be the root, even the current folder, whose name no path says."""
    assert len(SAVEE.read(tree / "JK", partial=True)) == 120
    monkeypatch.chdir(tree / "JK")
    assert {utterance.speaker for utterance in SAVEE.read(Path(), partial=True)} == {"JK"}


@pytest.mark.parametrize(
    "name", ["DC/a16.wav", "DC/n31.wav", "DC/b01.wav", "DC/JE_a01.wav", "XX/a01.wav", "a01.wav", "DC/x.wav"]
)
def test_foreign_files_are_named(tree, name):
    """Sentences that do not exist, a name that contradicts its folder, an unknown speaker, none at all."""
    path = tree / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    with pytest.raises(CorpusError, match=rf"1 audio files are not part of it \({path.name}\)"):
        SAVEE.read(tree)
    assert len(SAVEE.read(tree, partial=True)) == 480


def test_a_missing_speaker_is_named(tree):
    shutil.rmtree(tree / "KL")
    with pytest.raises(CorpusError, match=r"120 of 480 utterances are missing \(KL_a01"):
        SAVEE.read(tree)


def test_check_takes_the_released_names_for_right(tmp_path):
    for number, name in enumerate(("DC/sa01.wav", "DC_su01.wav")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        sf.write(path, 0.1 * np.random.default_rng(number).standard_normal(800), 44100)
    assert {problem.kind for problem in corpora.check(SAVEE, tmp_path)} - {"root"} == {"missing", "count", "speaker"}
