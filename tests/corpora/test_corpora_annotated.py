"""What every corpus of annotations does: files found by what lists them, differences told, labels mapped and counted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit import corpora
from serkit.errors import CorpusError, Notice
from serkit.labels import LabelMap
from serkit.types import Utterance

ROWS = {"a1": "hap", "a2": "exc", "b1": "sad", "b2": "xxx", "b3": "sad"}


def listed(root):
    lines = (root / "labels.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        name, native = line.split()
        yield Utterance(name, "toy", root / "clips" / f"{name}.wav", name[0], "", None, "en", native=native)


TOY = corpora.AnnotatedCorpus(
    name="toy",
    title="Toy",
    licence="none",
    redistributable=False,
    citation="",
    homepage="https://example.org",
    language="en",
    rate=None,
    speakers={},
    counts={"hap": 1, "exc": 1, "sad": 2, "xxx": 1},
    tested=False,
    listed=listed,
    emotions={"hap": "happy", "exc": "excited", "sad": "sad"},
    clips=r"clips/.*",
    maps={"excited_alone": LabelMap({"excited": "excited", "sad": "sad"})},
    default_map="4_class",
)


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "clips").mkdir()
    for name in ROWS:
        (tmp_path / "clips" / f"{name}.wav").touch()
    (tmp_path / "labels.txt").write_text("".join(f"{name} {native}\n" for name, native in ROWS.items()))
    return tmp_path


def labels(utterances):
    return {each.id: each.label for each in utterances}


def test_all_takes_utterances_without_an_emotion_too(tree):
    found = TOY.read(tree, labels="all")
    assert labels(found) == {"a1": "happy", "a2": "excited", "b1": "sad", "b2": "", "b3": "sad"}
    assert [each.native for each in found] == list(ROWS.values())


def test_what_the_default_map_leaves_out_is_counted_by_name(tree):
    with pytest.warns(Notice, match="label map 4_class takes 4 of 5 utterances and leaves out 1 xxx$"):
        found = TOY.read(tree)
    assert labels(found) == {"a1": "happy", "a2": "happy", "b1": "sad", "b3": "sad"}
    with pytest.warns(Notice, match="leaves out 1 hap, 1 xxx$"):
        assert labels(TOY.read(tree, labels="excited_alone")) == {"a2": "excited", "b1": "sad", "b3": "sad"}


def test_classes_of_a_map():
    assert TOY.classes() == ("happy", "sad")
    assert TOY.classes("all") == ("happy", "excited", "sad")
    assert TOY.classes("excited_alone") == ("excited", "sad")


def test_an_unknown_map_names_the_known(tree):
    with pytest.raises(CorpusError, match=r"toy has no label map 'x'; known are all, 4_class, .*excited_alone"):
        TOY.read(tree, labels="x")


def test_a_map_that_leaves_nothing(tree):
    (tree / "labels.txt").write_text("a1 xxx\n")
    with pytest.raises(CorpusError, match="label map 4_class leaves none of its 1 utterances"):
        TOY.read(tree, partial=True)


def test_a_listed_file_that_is_not_there_is_missing_and_never_dropped_in_silence(tree):
    (tree / "clips" / "b1.wav").unlink()
    with pytest.raises(CorpusError, match=r"1 of 5 utterances are missing \(b1\)"):
        TOY.read(tree)
    assert TOY.inventory(tree).missing == ("b1",)
    assert "b1" not in labels(TOY.read(tree, partial=True, labels="all"))


def test_audio_that_is_not_listed_is_named_only_where_clips_lie(tree):
    (tree / "clips" / "c1.wav").touch()
    (tree / "clips" / "._a1.wav").touch()  # macOS
    (tree / "other.wav").touch()
    assert TOY.inventory(tree).unexpected == (tree / "clips" / "c1.wav",)
    with pytest.raises(CorpusError, match=r"1 audio files are not part of it \(c1.wav\)"):
        TOY.read(tree)


def test_a_list_that_was_cut_short_is_no_whole_copy(tree):
    (tree / "labels.txt").write_text("a1 hap\na2 exc\n")
    for name in ("b1", "b2", "b3"):
        (tree / "clips" / f"{name}.wav").unlink()
    with pytest.raises(CorpusError, match="it lists 2 utterances, published are 5"):
        TOY.read(tree)


def test_an_id_that_is_listed_twice_and_a_file_under_two_endings(tree):
    (tree / "clips" / "a2.flac").touch()
    with pytest.raises(CorpusError, match=r"toy a2 twice: .*a2.flac and .*a2.wav"):
        TOY.read(tree, partial=True)
    (tree / "clips" / "a2.flac").unlink()
    with (tree / "labels.txt").open("a") as more:
        more.write("a1 sad\n")
    with pytest.raises(CorpusError, match="toy a1 twice"):
        TOY.read(tree, partial=True)


def test_endings_are_free(tree):
    (tree / "clips" / "a1.wav").rename(tree / "clips" / "a1.FLAC")
    assert TOY.inventory(tree).utterances[0].path.name == "a1.FLAC"


def test_what_no_copy_holds_is_absent_and_not_missing(tree):
    (tree / "clips" / "b1.wav").unlink()
    corpus = replace(TOY, defects={("b1", "missing"): "lost by the authors"})
    found = corpus.inventory(tree)
    assert (found.missing, [each.id for each in found.absent]) == ((), ["b1"])
    assert "b1" not in labels(corpus.read(tree, labels="all"))
    (tree / "clips" / "b3.wav").unlink()
    with pytest.raises(CorpusError, match=r"1 of 5 utterances are missing \(b3\)"):
        corpus.read(tree)


def test_a_check_knows_what_no_copy_holds(tree):
    for number, name in enumerate(ROWS):
        sf.write(tree / "clips" / f"{name}.wav", 0.1 * np.random.default_rng(number).standard_normal(800), 16000)
    (tree / "clips" / "b1.wav").unlink()
    (problem,) = corpora.check(replace(TOY, defects={("b1", "missing"): "lost by the authors"}), tree)
    assert (problem.where, problem.kind, problem.detail, problem.known) == ("b1", "missing", "lost by the authors", True)
    assert [each.known for each in corpora.check(TOY, tree)] == [False, False]  # the file, and its emotion's count


def test_films_without_audio_come_with_the_remedy(tree):
    for name in ROWS:
        (tree / "clips" / f"{name}.wav").rename(tree / "clips" / f"{name}.mp4")
    with pytest.raises(
        CorpusError, match=r"clips holds Toy as films \(a1.mp4\) and no audio; .* -exec sh -c 'ffmpeg"
    ) as caught:
        TOY.read(tree, partial=True)
    assert "\n" not in str(caught.value)
    (tree / "clips" / "a2.wav").touch()
    assert set(labels(TOY.read(tree, partial=True))) == {"a2"}
    with pytest.raises(CorpusError, match="4 of 5 utterances are missing"):
        TOY.read(tree)


def test_a_copy_may_be_of_any_release(tree):
    corpus = replace(TOY, counts={}, releases={"1": 3, "2": 40})
    assert corpus.size == 40
    assert len(corpus.read(tree, labels="all")) == 5
    assert corpus.classes("all") == ("happy", "excited", "sad")
    assert not [each for each in corpora.check(corpus, tree) if each.kind == "count"]
    (tree / "clips" / "a1.wav").unlink()
    with pytest.raises(CorpusError, match=r"1 of 5 utterances are missing \(a1\)"):
        corpus.read(tree)


def test_a_check_counts_native_labels(tree):
    (tree / "labels.txt").write_text((tree / "labels.txt").read_text().replace("b1 sad", "b1 xxx"))
    problems = [problem for problem in corpora.check(TOY, tree) if problem.kind == "count"]
    assert [(each.where, each.detail) for each in problems] == [
        ("sad", "1 utterances, published are 2"),
        ("xxx", "2 utterances, published are 1"),
    ]


def test_maps_apply_to_corpora_of_names_too():
    root = Path(__file__).parents[2] / "data" / "emodb"
    with pytest.warns(Notice, match="label map 4_class takes 339 of 535 .* leaves out 81 bored, 46 disgust, 69 fearful"):
        found = corpora.EMODB.read(root, labels="4_class")
    assert {each.label for each in found} == {"neutral", "happy", "sad", "angry"}
