"""The check of a copy: every kind of damage, done on purpose to a tiny copy, is named."""

import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit import audio, corpora
from serkit.corpora import EMODB, RAVDESS
from serkit.errors import AudioError, CorpusError

STEMS = sorted(path.stem for path in (Path(__file__).parents[2] / "data" / "emodb" / "wav").glob("*.flac"))


def noise(seed, seconds=0.05):
    return (0.1 * np.random.default_rng(seed).standard_normal(round(16000 * seconds))).astype(np.float32)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A complete and sound copy of 535 short noises."""
    folder = tmp_path_factory.mktemp("emodb") / "wav"
    folder.mkdir()
    for seed, stem in enumerate(STEMS):
        sf.write(folder / f"{stem}.wav", noise(seed), 16000)
    return folder


@pytest.fixture
def tree(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "wav")
    return tmp_path


def found(root):
    return [(problem.where, problem.kind) for problem in corpora.check(EMODB, root)]


def test_sound(tree):
    assert found(tree) == []


def test_missing_and_counts(tree):
    (tree / "wav" / "03a01Wa.wav").unlink()
    problems = corpora.check(EMODB, tree)
    assert [(problem.where, problem.kind) for problem in problems] == [
        ("03a01Wa", "missing"),
        ("angry", "count"),
        ("03", "speaker"),
    ]
    assert problems[1].detail == "126 utterances, published are 127"
    assert problems[2].detail == "48 utterances, published are 49"


def test_unexpected(tree):
    sf.write(tree / "wav" / "03a01Zz.wav", noise(9999), 16000)
    assert found(tree) == [(str(Path("wav", "03a01Zz.wav")), "unexpected")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "no bytes"), (b"not audio at all", "not audio"), (None, "cut short")],
)
def test_unreadable_with_its_reason(tree, content, reason):
    path = tree / "wav" / "10b03Tb.wav"
    path.write_bytes(path.read_bytes()[:800] if content is None else content)
    problems = corpora.check(EMODB, tree)
    assert [(problem.where, problem.kind) for problem in problems] == [("10b03Tb", "unreadable")]
    assert reason in problems[0].detail


@pytest.mark.parametrize(("gain", "silent"), [(0, True), (0.9e-4, True), (1.2e-4, False)])
def test_silent(tree, gain, silent):
    samples = gain * noise(3) / np.abs(noise(3)).max()
    sf.write(tree / "wav" / "08a07Wc.wav", samples, 16000, subtype="FLOAT")
    assert found(tree) == ([("08a07Wc", "silent")] if silent else [])


def test_two_silences_are_silent_not_duplicates(tree):
    for stem in ("03a01Fa", "16b10Wb"):
        sf.write(tree / "wav" / f"{stem}.wav", np.zeros(800), 16000)
    assert found(tree) == [("03a01Fa", "silent"), ("16b10Wb", "silent")]


@pytest.mark.parametrize(
    ("copy", "detail"),
    [
        ("16b10Wb", "the same samples as 03a01Fa (angry here, happy there)"),
        ("16b09Fb", "the same samples as 03a01Fa (both happy)"),
    ],
)
def test_the_same_samples_under_two_ids(tree, copy, detail):
    """Told by the samples, not by the bytes of the file; whether the labels differ is said."""
    sf.write(tree / "wav" / f"{copy}.wav", sf.read(tree / "wav" / "03a01Fa.wav", dtype="int16")[0], 16000, subtype="PCM_24")
    problems = corpora.check(EMODB, tree)
    assert [(problem.where, problem.kind, problem.detail) for problem in problems] == [(copy, "duplicate", detail)]
    assert not problems[0].known


def test_a_git_lfs_pointer_is_told_from_damage(tree):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 83564\n"
    (tree / "wav" / "10b03Tb.wav").write_text(pointer)
    (problem,) = corpora.check(EMODB, tree)
    assert (problem.where, problem.kind) == ("10b03Tb", "unreadable")
    assert problem.detail.startswith("not audio but a Git LFS pointer instead of the recording; run 'git lfs pull'")


def test_a_root_that_lies_too_high_is_told(tree):
    (tree / "other").mkdir()
    sf.write(tree / "other" / "x.wav", noise(9999), 16000)
    problems = corpora.check(EMODB, tree)
    assert [(problem.where, problem.kind, problem.detail) for problem in problems] == [
        (str(tree), "root", f"did you mean {tree / 'wav'}?"),
        (str(Path("other", "x.wav")), "unexpected", "not the name of an utterance of this corpus"),
    ]


def test_many_threads_find_what_one_finds(tree):
    """In the same order, and each with its own reason: libsndfile keeps the last reason for all threads."""
    broken = {stem: (b"fLaC" + bytes(99), b"no audio", b"")[number % 3] for number, stem in enumerate(STEMS) if number % 2}
    for stem, content in broken.items():
        (tree / "wav" / f"{stem}.wav").write_bytes(content)
    expected = []
    for stem in STEMS:
        try:
            audio.read(tree / "wav" / f"{stem}.wav")
        except AudioError as error:
            expected.append((stem, "unreadable", error.reason))
    problems = corpora.check(EMODB, tree)
    told = [(problem.where, problem.kind, problem.detail) for problem in problems if problem.kind == "unreadable"]
    assert told == expected
    assert len(told) == len(broken)
    assert problems == corpora.check(EMODB, tree)


def test_a_hearing_is_that_of_the_samples(tree):
    """Against NumPy's own words for peak and root mean square."""
    (utterance, *_) = EMODB.inventory(tree).utterances
    (hearing,) = corpora.hear_all([utterance])
    samples = sf.read(utterance.path)[0]
    assert (hearing.rate, hearing.peak) == (16000, pytest.approx(np.max(np.abs(samples))))
    assert hearing.level == pytest.approx(np.sqrt(np.mean(samples**2)), rel=1e-6)


def test_progress_counts_every_file(tree):
    told = []
    corpora.check(EMODB, tree, lambda done, total: told.append((done, total)))
    assert told == [(number, 535) for number in range(1, 536)]


def test_stopping_ends_the_threads(tree, monkeypatch):
    """Soon, and not after all that was still to do."""
    read, begun = audio.read, []

    def slowly(path, **part):
        begun.append(path)
        time.sleep(0.005)
        return read(path, **part)

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(audio, "read", slowly)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        corpora.check(EMODB, tree, stop)
    assert threading.active_count() == before
    assert len(begun) < 200


def test_two_files_for_one_id(tree):
    sf.write(tree / "03a01Fa.flac", noise(1234), 16000)
    problems = corpora.check(EMODB, tree)
    assert [(problem.where, problem.kind) for problem in problems] == [(str(tree), "root"), ("03a01Fa", "duplicate")]
    assert problems[0].detail == f"did you mean {tree / 'wav'}?"  # which holds each of them once
    assert problems[1].detail == f"2 files have this name: *.flac, {Path('wav', '*.wav')}"


def test_wrong_rate(tree):
    sf.write(tree / "wav" / "03a01Fa.wav", noise(0), 8000)
    problems = corpora.check(EMODB, tree)
    assert [(problem.where, problem.kind, problem.detail) for problem in problems] == [
        ("03a01Fa", "rate", "8000 Hz instead of 16000 Hz")
    ]


@pytest.mark.parametrize(
    ("form", "ending", "container"),
    [("AIFF", "wav", "AIFF"), ("FLAC", "wav", "FLAC"), ("OGG", "wav", "Ogg"), ("WAV", "flac", "WAV"), ("RF64", "wav", None)],
)
def test_wrong_ending(tree, form, ending, container):
    """It is read all the same, so that nothing else is wrong with it."""
    (tree / "wav" / "03a01Fa.wav").unlink()
    sf.write(tree / "wav" / f"03a01Fa.{ending}", noise(0), 16000, format=form)
    problems = corpora.check(EMODB, tree)
    expected = [("03a01Fa", "extension", f"{container} under the ending .{ending}")] if container else []
    assert [(problem.where, problem.kind, problem.detail) for problem in problems] == expected


def test_another_name_than_the_id_but_for_case(tree):
    (tree / "wav" / "03a01Fa.wav").rename(tree / "wav" / "03A01FA.WAV")
    assert found(tree) == []
    read = EMODB.parse

    def forgiving(path):
        return read(path.with_name("03a01Wa.wav")) if path.stem == "o3a01Wa" else read(path)

    (tree / "wav" / "03a01Wa.wav").rename(tree / "wav" / "o3a01Wa.wav")
    corpus = replace(EMODB, parse=lambda path: replace(made, path=path) if (made := forgiving(path)) else None)
    problems = corpora.check(corpus, tree)
    assert [(problem.where, problem.kind, problem.detail) for problem in problems] == [
        ("03a01Wa", "name", "the file is called o3a01Wa")
    ]


def test_a_table_that_cannot_be_read(tree):
    def refuse(root, utterances, partial):
        assert (root, len(utterances), partial) == (tree, 535, False)
        raise CorpusError("table.csv: line 7: no")

    problems = corpora.check(replace(EMODB, annotate=refuse), tree)
    assert [(problem.where, problem.kind, problem.detail) for problem in problems] == [
        ("emodb", "table", "table.csv: line 7: no")
    ]


def test_a_known_defect_is_marked(tmp_path):
    for name in ("03-01-03-01-02-01-07", "03-01-03-01-02-02-07", "03-01-03-02-02-02-07"):
        sf.write(tmp_path / f"{name}.wav", noise(0), 48000)
    duplicates = [problem for problem in corpora.check(RAVDESS, tmp_path) if problem.kind == "duplicate"]
    assert [(problem.where, problem.known) for problem in duplicates] == [
        ("03-01-03-01-02-02-07", True),
        ("03-01-03-02-02-02-07", False),
    ]


def test_no_folder(tmp_path):
    with pytest.raises(CorpusError, match="not a folder"):
        corpora.check(EMODB, tmp_path / "nowhere")


def test_recordings_of_formats_that_are_not_read_are_named(tree):
    """Those that would be utterances, and are not there in another format too."""
    (tree / "wav" / "03a01Wa.wav").rename(tree / "wav" / "03a01Wa.m4a")
    for name in ("03a01Fa", "music"):
        (tree / "wav" / f"{name}.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    (tree / "wav" / "03a01Wa.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    problems = corpora.check(EMODB, tree)
    assert [(each.where, each.kind) for each in problems if each.kind in ("missing", "unread")] == [
        ("03a01Wa", "missing"),
        (str(Path("wav", "03a01Wa.m4a")), "unread"),
    ]
    with pytest.raises(CorpusError, match=r"1 recordings are of formats that are not read \(03a01Wa.m4a\)"):
        EMODB.read(tree)


def durations(root, seconds):
    for seed, each in enumerate(seconds):
        sf.write(root / f"{STEMS[seed]}.wav", noise(seed, each), 16000)
    return [(each.where, each.detail) for each in corpora.check(EMODB, root) if each.kind == "duration"]


@pytest.mark.parametrize(
    ("odd", "detail"),
    [(5.1, "5.10 s, where the median is 0.50 s"), (4.9, None), (0.045, "0.04 s, where the median is 0.50 s"), (0.06, None)],
)
def test_durations_far_from_the_median_are_remarks(tmp_path, odd, detail):
    """Ten times as long, or as short; below 0.3 s alone is none in a corpus that was released so."""
    assert durations(tmp_path, [0.5] * 10 + [odd]) == ([(STEMS[10], detail)] if detail else [])


def test_a_few_utterances_have_no_median_to_be_far_from(tmp_path):
    assert durations(tmp_path, [0.5] * 8 + [9.0]) == []
