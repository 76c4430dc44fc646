"""The reader of EmoDB, on trees in its layout made on the fly and on the bundled corpus.

Reference values are the published counts, and the authors' own file names in `erkennung.txt`.
"""

from collections import Counter
from pathlib import Path

import pytest
import soundfile as sf

from serkit import corpora
from serkit.corpora import EMODB
from serkit.errors import CorpusError

BUNDLED = Path(__file__).parents[2] / "data" / "emodb"
STEMS = sorted(path.stem for path in (BUNDLED / "wav").glob("*.flac"))
GERMAN = {"W": "angry", "L": "bored", "E": "disgust", "A": "fearful", "F": "happy", "T": "sad", "N": "neutral"}
PUBLISHED = {"W": 127, "L": 81, "N": 79, "F": 71, "A": 69, "T": 62, "E": 46}
MALE, FEMALE = {"03", "10", "11", "12", "15"}, {"08", "09", "13", "14", "16"}


@pytest.fixture
def tree(tmp_path):
    """A complete copy by name; reading decodes nothing, so that the files may be empty."""
    (tmp_path / "wav").mkdir()
    for stem in STEMS:
        (tmp_path / "wav" / f"{stem}.wav").touch()
    return tmp_path


def test_the_bundled_corpus():
    utterances = EMODB.read(BUNDLED)
    assert [utterance.id for utterance in utterances] == STEMS
    assert len(utterances) == 535
    assert Counter(utterance.label for utterance in utterances) == {GERMAN[letter]: n for letter, n in PUBLISHED.items()}
    assert {utterance.speaker for utterance in utterances if utterance.gender == "male"} == MALE
    assert {utterance.speaker for utterance in utterances if utterance.gender == "female"} == FEMALE
    assert len({utterance.sentence for utterance in utterances}) == 10
    for utterance in utterances:
        stem = utterance.path.stem
        assert utterance.path == BUNDLED / "wav" / f"{utterance.id}.flac"
        assert (utterance.speaker, utterance.sentence, utterance.repetition) == (stem[:2], stem[2:5], stem[6])
        assert utterance.label == GERMAN[stem[5]]
        assert (utterance.corpus, utterance.language, utterance.session, utterance.intensity) == ("emodb", "de", None, None)


def test_the_facts_agree_with_each_other_and_with_the_authors_table():
    table = (BUNDLED / "erkennung.txt").read_text("latin-1")
    judged = {line.split("\t")[1].strip("\xa0 ").removesuffix(".wav") for line in table.splitlines()[1:] if "\t" in line}
    assert len(judged) == 816
    assert set(EMODB.ids) <= judged
    assert list(EMODB.ids) == sorted(set(EMODB.ids))
    assert Counter(GERMAN[name[5]] for name in EMODB.ids) == EMODB.counts
    assert EMODB.counts == {GERMAN[letter]: n for letter, n in PUBLISHED.items()}
    assert {name[:2] for name in EMODB.ids} == set(EMODB.speakers)
    assert {name[2:5] for name in EMODB.ids} == set(EMODB.sentences)
    assert EMODB.redistributable
    assert EMODB.tested


def test_the_bundled_files_decode_as_16_khz_mono():
    for path in (BUNDLED / "wav").glob("*.flac"):
        samples, rate = sf.read(path)
        assert rate == EMODB.rate == 16000
        assert samples.ndim == 1
        assert 0.5 < len(samples) / rate < 10
        assert abs(samples).max() > 0.5


def test_check_finds_the_bundled_corpus_sound():
    calls = []
    assert corpora.check(EMODB, BUNDLED, lambda done, total: calls.append((done, total))) == []
    assert calls == [(done, 535) for done in range(1, 536)]


def test_endings_and_case_are_free(tree):
    (tree / "wav" / "03a01Wa.wav").rename(tree / "wav" / "03A01WA.WAV")
    (tree / "wav" / "16b10Wb.wav").rename(tree / "wav" / "16b10Wb.Flac")
    (tree / "wav" / "._16b10Wb.wav").touch()  # macOS
    utterances = EMODB.read(tree)
    assert [utterance.id for utterance in utterances] == STEMS
    first = next(utterance for utterance in utterances if utterance.id == "03a01Wa")
    assert (first.path.name, first.label, first.sentence, first.repetition) == ("03A01WA.WAV", "angry", "a01", "a")


def test_the_root_may_be_the_folder_of_files(tree):
    assert EMODB.read(tree / "wav") == EMODB.read(tree)


def test_missing_files_are_named(tree):
    for stem in ("03a01Wa", "08a01Na"):
        (tree / "wav" / f"{stem}.wav").unlink()
    with pytest.raises(CorpusError, match=r"2 of 535 utterances are missing \(03a01Wa, 08a01Na\)") as caught:
        EMODB.read(tree)
    assert "\n" not in str(caught.value)
    assert [utterance.id for utterance in EMODB.read(tree, partial=True)] == sorted(set(STEMS) - {"03a01Wa", "08a01Na"})
    assert EMODB.inventory(tree).missing == ("03a01Wa", "08a01Na")


@pytest.mark.parametrize("stem", ["03a01Ab", "99a01Wa", "03a01Xa", "03a01W", "hello"])
def test_foreign_files_are_named(tree, stem):
    """03a01Ab was recorded and judged, but is not among the 535."""
    foreign = tree / "wav" / f"{stem}.wav"
    foreign.touch()
    with pytest.raises(CorpusError, match=rf"1 audio files are not part of it \({stem}\.wav\)"):
        EMODB.read(tree)
    assert [utterance.id for utterance in EMODB.read(tree, partial=True)] == STEMS
    assert EMODB.inventory(tree).unexpected == (foreign,)


def test_a_long_difference_is_one_short_line(tree):
    for stem in STEMS[20:]:
        (tree / "wav" / f"{stem}.wav").unlink()
    with pytest.raises(CorpusError, match=r"515 of 535 .* and 505 more") as caught:
        EMODB.read(tree)
    assert len(str(caught.value)) < 600


def test_one_utterance_twice_is_an_error_even_in_a_partial_copy(tree):
    (tree / "copy").mkdir()
    (tree / "copy" / "03a01Wa.flac").touch()
    for partial in (False, True):
        with pytest.raises(CorpusError, match="03a01Wa twice"):
            EMODB.read(tree, partial=partial)


def test_nothing_to_read(tmp_path):
    with pytest.raises(CorpusError, match="no recording of emodb"):
        EMODB.read(tmp_path, partial=True)
    with pytest.raises(CorpusError, match="not a folder"):
        EMODB.read(tmp_path / "nowhere")


def test_get_suggests_the_nearest_name():
    assert corpora.get("emodb") is EMODB
    with pytest.raises(CorpusError, match="did you mean 'emodb'"):
        corpora.get("EmoDb")
    with pytest.raises(CorpusError, match="known are emodb, ravdess"):
        corpora.get("zzz")


def test_locate(tmp_path, monkeypatch):
    here, shared = tmp_path / "here", tmp_path / "shared"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("SERKIT_DATA", raising=False)
    assert corpora.locate("emodb") == BUNDLED  # the checkout's

    (here / "data" / "emodb").mkdir(parents=True)
    assert corpora.locate("emodb").resolve() == here / "data" / "emodb"

    monkeypatch.setenv("SERKIT_DATA", str(shared))
    assert corpora.locate("emodb").resolve() == here / "data" / "emodb"  # it is not in there
    (shared / "emodb").mkdir(parents=True)
    assert corpora.locate("emodb") == shared / "emodb"

    assert corpora.locate("emodb", tmp_path) == tmp_path
    with pytest.raises(CorpusError, match="not a folder"):
        corpora.locate("emodb", tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="SERKIT_DATA") as caught:
        corpora.locate("ravdess")
    assert str(shared / "ravdess") in str(caught.value)
    with pytest.raises(CorpusError, match="unknown corpus"):
        corpora.locate("nothing")
