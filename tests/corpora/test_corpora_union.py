"""Several corpora read as one: names that cannot collide, one map for all, and facts that hold for each."""

from dataclasses import replace
from pathlib import Path

import pytest

from serkit import corpora
from serkit.errors import CorpusError, Notice
from serkit.recipe.base import CorpusChoice

BUNDLED = Path(__file__).parents[2] / "data" / "emodb"
ACTOR = ("03-01-01-01-01-01-01", "03-01-02-01-01-01-01", "03-01-05-01-01-01-02")  # neutral, calm, angry


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Two small corpora side by side."""
    for folder, names in (("emodb", ("03a01Wa", "03a01Nc", "08a01Lb")), ("ravdess", ACTOR)):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / f"{name}.wav").touch()
    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, ids=("03a01Nc", "03a01Wa", "08a01Lb")))
    monkeypatch.setitem(corpora.CORPORA, "ravdess", replace(corpora.RAVDESS, ids=ACTOR))
    return tmp_path


def test_ids_and_speakers_begin_with_the_corpus(tree):
    with pytest.warns(Notice):
        found = corpora.get("emodb+ravdess").read(tree, labels="6_common")
    assert [(each.id, each.corpus, each.speaker, each.label) for each in found] == [
        ("emodb/03a01Nc", "emodb", "emodb/03", "neutral"),
        ("emodb/03a01Wa", "emodb", "emodb/03", "angry"),
        ("ravdess/03-01-01-01-01-01-01", "ravdess", "ravdess/01", "neutral"),
        ("ravdess/03-01-05-01-01-01-02", "ravdess", "ravdess/02", "angry"),
    ]


def test_each_corpus_tells_what_its_map_leaves_out(tree):
    with pytest.warns(Notice) as told:
        corpora.get("emodb+ravdess").read(tree, labels="6_common")
    assert [str(each.message).partition(" leaves out ")[2] for each in told] == ["1 bored", "1 calm"]


def test_an_original_is_named_as_its_copy_is(tmp_path, monkeypatch):
    copy, first = "03-01-03-01-02-02-07", "03-01-03-01-02-01-07"
    for folder, name in (("emodb", "03a01Wa"), ("ravdess", copy), ("ravdess", first)):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.wav").touch()
    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, ids=("03a01Wa",)))
    monkeypatch.setitem(corpora.CORPORA, "ravdess", replace(corpora.RAVDESS, ids=(first, copy)))
    found = {each.id: each.copy_of for each in corpora.get("emodb+ravdess").read(tmp_path)}
    assert found[f"ravdess/{copy}"] == f"ravdess/{first}"


def test_a_missing_utterance_of_one_is_told(tree):
    (tree / "ravdess" / f"{ACTOR[0]}.wav").unlink()
    with pytest.raises(CorpusError, match="no complete copy of ravdess: 1 of 3"):
        corpora.get("emodb+ravdess").read(tree)
    assert corpora.get("emodb+ravdess").inventory(tree).missing == (f"ravdess/{ACTOR[0]}",)


def test_facts_of_both():
    both = corpora.get("emodb+ravdess")
    assert both.size == 535 + 1440
    assert (both.rate, both.language) == (None, "mul")
    assert both.counts["calm"] == 192
    assert both.counts["neutral"] == 79 + 96
    assert not both.redistributable
    assert ("crema_d/1076_MTI_SAD_XX", "silent") in corpora.get("emodb+crema_d").defects
    assert both.classes("6_common") == ("neutral", "happy", "sad", "angry", "fearful", "disgust")


def test_sources_count_what_was_learned_from(tree):
    both = corpora.get("emodb+ravdess")
    found = both.read(tree, labels="all")
    assert [(each.corpus, each.utterances) for each in both.sources(found)] == [("emodb", 3), ("ravdess", 3)]
    assert [each.corpus for each in both.sources(found[:2])] == ["emodb"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("emodb+emodb", "names a corpus twice"), ("emodb+ravdes", "did you mean 'ravdess'"), ("emodb+", "unknown corpus ''")],
)
def test_unions_that_are_none(name, said):
    with pytest.raises(CorpusError, match=said):
        corpora.get(name)
    with pytest.raises(ValueError, match=said):
        CorpusChoice(name=name)


def test_where_they_lie(tree, monkeypatch):
    monkeypatch.setenv("SERKIT_DATA", str(tree))
    assert corpora.locate("emodb+ravdess") == tree
    with pytest.raises(CorpusError, match="emodb, tess were not found side by side"):
        corpora.locate("emodb+tess")
    with pytest.raises(CorpusError, match="has no folder ravdess; give the one in which emodb, ravdess lie"):
        corpora.get("emodb+ravdess").read(BUNDLED.parent)
