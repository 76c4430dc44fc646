"""The index of a copy: what headers say, kept for the next time, and never trusted when it is not of these files."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit import audio, corpora, files
from serkit.types import Utterance

NAMES = ("a1", "a2", "b1")


def listed(root):
    for number, name in enumerate(sorted(path.stem for path in (root / "clips").glob("*.wav"))):
        yield Utterance(name, "toy", root / "clips" / f"{name}.wav", name[0], "", None, "en", native=("hap", "sad")[number % 2])


def toy(**changes):
    facts = {
        "name": "toy",
        "title": "Toy",
        "licence": "none",
        "redistributable": False,
        "citation": "",
        "homepage": "https://example.org",
        "language": "en",
        "rate": None,
        "speakers": {},
        "counts": {},
        "tested": False,
        "listed": listed,
        "emotions": {},
        "clips": "clips/.*",
    }
    return corpora.AnnotatedCorpus(**(facts | changes))


TOY = toy()


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setenv("SERKIT_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "toy"
    (root / "clips").mkdir(parents=True)
    for number, name in enumerate(NAMES, start=1):
        sf.write(root / "clips" / f"{name}.wav", np.zeros((800 * number, number)), 16000)
    return root


@pytest.fixture
def opened(monkeypatch):
    """The names of files whose headers were read."""
    read, names = audio.info, []

    def spy(path):
        names.append(path.name)
        return read(path)

    monkeypatch.setattr(audio, "info", spy)
    return names


def kept():
    (place,) = (files.user_cache() / "corpora").iterdir()
    return place


def told(found):
    return [(each.utterance.id, each.duration, each.rate, each.channels) for each in found.entries]


EXPECTED = [("a1", 0.05, 16000, 1), ("a2", 0.1, 16000, 2), ("b1", 0.15, 16000, 3)]


def test_what_headers_say(tree):
    found = corpora.index(TOY, tree)
    assert told(found) == EXPECTED
    assert found.unreadable == {}


def test_headers_are_read_once(tree, opened):
    progress = []
    corpora.index(TOY, tree, lambda done, total: progress.append((done, total)))
    assert sorted(opened) == ["a1.wav", "a2.wav", "b1.wav"]
    assert progress == [(1, 3), (2, 3), (3, 3)]
    opened.clear()
    assert told(corpora.index(TOY, tree)) == EXPECTED
    assert opened == []


def test_the_same_copy_by_another_path_is_the_same(tree, opened, monkeypatch):
    corpora.index(TOY, tree)
    opened.clear()
    for root, here in ((Path("toy"), tree.parent), (Path(), tree), (Path("..") / "toy", tree)):
        monkeypatch.chdir(here)
        assert told(corpora.index(TOY, root)) == EXPECTED
    assert opened == []


def test_only_what_changed_is_read_again(tree, opened):
    corpora.index(TOY, tree)
    opened.clear()
    sf.write(tree / "clips" / "a2.wav", np.zeros(1600), 8000)
    sf.write(tree / "clips" / "c1.wav", np.zeros(1600), 8000)
    (tree / "clips" / "b1.wav").unlink()
    assert told(corpora.index(TOY, tree)) == [EXPECTED[0], ("a2", 0.2, 8000, 1), ("c1", 0.2, 8000, 1)]
    assert sorted(opened) == ["a2.wav", "c1.wav"]
    opened.clear()
    corpora.index(TOY, tree)
    assert opened == []


def test_equal_size_at_another_time_is_another_file(tree, opened):
    corpora.index(TOY, tree)
    opened.clear()
    path = tree / "clips" / "a1.wav"
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    corpora.index(TOY, tree)
    assert opened == ["a1.wav"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("0.05", "0.06"),
        lambda _: "[]",
        lambda _: "null",
        lambda _: "{}",
        lambda _: "\x00" * 100,
        lambda text: text.replace('"format": 1', '"format": 0'),
        lambda text: json.dumps(json.loads(text) | {"rows": {"clips/a1.wav": []}}),
    ],
)
def test_a_damaged_cache_is_made_again_in_silence(tree, opened, damage, recwarn):
    corpora.index(TOY, tree)
    place = kept()
    place.write_text(damage(place.read_text()))
    opened.clear()
    assert told(corpora.index(TOY, tree)) == EXPECTED
    assert len(opened) == 3
    assert not recwarn
    opened.clear()
    assert told(corpora.index(TOY, tree)) == EXPECTED
    assert opened == []


def test_a_cache_that_cannot_be_kept_is_no_failure(tree, monkeypatch, opened):
    (tree.parent / "file").touch()
    monkeypatch.setenv("SERKIT_CACHE", str(tree.parent / "file"))
    for _ in range(2):
        assert told(corpora.index(TOY, tree)) == EXPECTED
    assert len(opened) == 6


def test_an_unreadable_file_is_named_and_looked_at_again(tree, opened):
    (tree / "clips" / "a2.wav").write_bytes(b"no audio at all")
    for _ in range(2):
        found = corpora.index(TOY, tree)
        assert [each.utterance.id for each in found.entries] == ["a1", "b1"]
        assert "not audio" in found.unreadable["a2"]
    assert opened.count("a2.wav") == 4  # twice each time: the reason is asked for alone
    sf.write(tree / "clips" / "a2.wav", np.zeros((1600, 2)), 16000)
    assert told(corpora.index(TOY, tree)) == EXPECTED


def test_parts_of_one_file(tree, opened):
    def parts(root):
        path = root / "clips" / "b1.wav"
        for name, start, end in (("p1", 0.0, 0.05), ("p2", 0.05, None), ("p3", 0.1, 9.0), ("p4", 1.0, 2.0)):
            yield Utterance(name, "toy", path, "b", "", None, "en", start=start, end=end)

    found = corpora.index(toy(listed=parts, clips="none"), tree)
    durations = {each.utterance.id: each.duration for each in found.entries}
    assert durations == pytest.approx({"p1": 0.05, "p2": 0.1, "p3": 0.05, "p4": 0.0})
    assert opened == ["b1.wav"]


def test_where_the_cache_lies(monkeypatch, tmp_path):
    monkeypatch.setenv("SERKIT_CACHE", str(tmp_path))
    assert files.user_cache() == tmp_path
    monkeypatch.delenv("SERKIT_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    for given, place in (("", ".cache"), ("relative", ".cache"), (str(tmp_path / "x"), "x")):
        monkeypatch.setenv("XDG_CACHE_HOME", given)
        assert files.user_cache() == tmp_path / place / "serkit"
    monkeypatch.setattr("sys.platform", "darwin")
    assert files.user_cache() == tmp_path / "Library" / "Caches" / "serkit"


@pytest.mark.slow
def test_ten_thousand_utterances_in_two_seconds(tmp_path, monkeypatch):
    """As many as IEMOCAP has, once they are indexed."""
    monkeypatch.setenv("SERKIT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "clips").mkdir()
    sf.write(tmp_path / "one.wav", np.zeros(160), 16000)
    content = (tmp_path / "one.wav").read_bytes()
    for number in range(10_039):
        (tmp_path / "clips" / f"{number:05}.wav").write_bytes(content)
    names = [f"{number:05}" for number in range(10_039)]

    def many(root):
        return [
            Utterance(name, "toy", root / "clips" / f"{name}.wav", name[-1], "", None, "en", native="hap") for name in names
        ]

    seconds = []
    for _ in range(4):
        began = time.process_time()  # of the processor, so that others on this machine do not count
        assert len(corpora.index(toy(listed=many), tmp_path).entries) == 10_039
        seconds.append(time.process_time() - began)
    print("cold {:.2f} s, warm {:.2f}, {:.2f} and {:.2f} s".format(*seconds))
    assert min(seconds[1:]) < 2
