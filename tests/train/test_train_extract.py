"""Features ahead of training: the same as without, whatever was there, in one process or several, killed or not."""

import errno
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from serkit import experiment
from serkit.cache import Cache
from serkit.errors import CacheError, MissingExtra, Notice, OutputError, RecipeError
from serkit.features import opensmile
from serkit.recipe import build, schema
from serkit.train import extract
from serkit.train.extract import Work, fill
from serkit.train.store import Store


@pytest.fixture
def work(tiny_recipe, small_corpus, tmp_path):
    recipe = schema.load(str(tiny_recipe))
    utterances = experiment.utterances_of(recipe, small_corpus)
    return Work(recipe, tmp_path / "cache", (0, 1)), utterances


def contents(folder):
    """Every entry's values, as bytes; the order of a header's words is anybody's."""
    cache = Cache(folder)
    return {path.stem: cache.read(path.stem).values.tobytes() for path, _, _ in cache.about()}


def dense(recipe, utterances, seed, kept_in=None):
    torch.manual_seed(0)
    labels = sorted({each.label for each in utterances})
    store = Store(recipe, build.system(recipe, len(labels)), labels, seed, kept_in)
    return store.examples(utterances, copies=True)


def test_the_same_features_with_and_without(work):
    given, utterances = work
    assert fill(given, utterances, 1, lambda: None) == []
    before = contents(given.folder)
    assert len(before) == len(utterances) * 3  # clean windows are shared by the seeds, a noisy copy is its seed's own
    for seed in (0, 1):
        plain, kept = (dense(given.recipe, utterances, seed, cache) for cache in (None, Cache(given.folder)))
        assert torch.equal(plain.features["mfcc"].values, kept.features["mfcc"].values)
        assert torch.equal(plain.owners, kept.owners)
    assert contents(given.folder) == before  # nothing had to be computed


def test_a_cache_that_is_filled_is_read_and_not_recomputed(work, monkeypatch):
    given, utterances = work
    fill(given, utterances, 1, lambda: None)
    monkeypatch.setattr(Store, "_compute", lambda *_: pytest.fail("computed again"))
    assert fill(given, utterances, 1, lambda: None) == []


def test_whatever_changes_the_features_is_another_entry(work):
    given, utterances = work
    some = utterances[:1]
    counted = []
    for change in (
        {},
        {"features.mfcc.bands=21"},
        {"cut.seconds=0.2"},
        {"rate=8000"},
        {"corpus.start=0.01"},
        {"noise.snr_low=10"},
    ):
        values = given.recipe.model_dump(exclude_none=True)
        for each in change:
            schema._override(values, each)
        recipe = schema.parse(values, "changed")
        changed = [replace(each, start=recipe.corpus.start) for each in some]
        fill(Work(recipe, given.folder, (0,)), changed, 1, lambda: None)
        counted.append(len(contents(given.folder)))
    # Noise alone leaves the clean windows what they are.
    assert np.diff(counted).tolist() == [2, 2, 2, 2, 1]


def test_another_recording_under_the_same_name_is_another_entry(work, tmp_path):
    given, utterances = work
    path = tmp_path / "clip.wav"
    for number in range(2):
        path.write_bytes(utterances[number].path.read_bytes())
        fill(given, [replace(utterances[0], path=path)], 1, lambda: None)
    assert len(contents(given.folder)) == 6


def test_a_damaged_entry_is_computed_again(work):
    given, utterances = work
    fill(given, utterances[:5], 1, lambda: None)
    before = contents(given.folder)
    for number, path in enumerate(sorted(given.folder.glob("??/*"))):
        data = path.read_bytes()
        path.write_bytes((data[:-7], b"", data[:-1] + bytes([data[-1] ^ 255]))[number % 3])
    fill(given, utterances[:5], 1, lambda: None)
    assert contents(given.folder) == before


def test_an_unreadable_recording_is_named_and_the_others_are_done(work, tmp_path):
    given, utterances = work
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    told = []
    failures = fill(given, [replace(utterances[0], path=broken), *utterances[1:4]], 1, lambda: told.append(1))
    assert len(told) == 4
    (failure,) = failures
    assert failure.utterance == utterances[0].id
    assert "broken.wav" in failure.reason
    assert len(contents(given.folder)) == 9


def test_a_cache_that_vanishes_under_a_training_is_said(work):
    given, utterances = work
    fill(given, utterances[:2], 1, lambda: None)
    examples = dense(given.recipe, utterances[:2], 0, Cache(given.folder))
    for path in given.folder.glob("??/*"):
        path.unlink()
    with pytest.raises(CacheError, match="emptied while it was read"):
        examples.batch(torch.tensor([0]), torch.device("cpu"))


PROGRAM = """
import sys
from dataclasses import replace
from pathlib import Path
from serkit import corpora, experiment
from serkit.recipe import schema
from serkit.train import extract

if __name__ == "__main__":
    root, recipe, folder, ids = Path(sys.argv[1]), schema.load(sys.argv[2]), Path(sys.argv[3]), sys.argv[5].split(",")
    corpora.CORPORA["emodb"] = replace(corpora.EMODB, ids=tuple(ids))
    utterances = experiment.utterances_of(recipe, root)
    extract.fill(extract.Work(recipe, folder, (0, 1)), utterances, int(sys.argv[4]), lambda: None)
"""


@pytest.mark.slow
def test_two_processes_fill_one_cache_and_one_is_killed(work, tiny_recipe, small_emodb, small_ids, tmp_path):
    given, utterances = work
    assert given.folder == tmp_path / "cache"
    program = tmp_path / "fill.py"
    program.write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, str(program), str(small_emodb), str(tiny_recipe), str(given.folder)]
    own = [subprocess.Popen([*command, workers, ",".join(small_ids)]) for workers in ("1", "2")]
    while not list(given.folder.glob("??/*.safetensors")):
        time.sleep(0.02)
        assert own[0].poll() is None or own[1].poll() is None
    os.kill(own[0].pid, signal.SIGKILL)
    own[0].wait()
    assert own[1].wait(timeout=300) == 0
    reference = Work(given.recipe, tmp_path / "reference", (0, 1))
    fill(reference, utterances, 1, lambda: None)
    ours, wanted = Cache(given.folder), Cache(reference.folder)
    names = {path.stem for path, _, _ in wanted.about()}
    assert {path.stem for path, _, _ in ours.about()} == names
    for name in names:
        np.testing.assert_array_equal(ours.read(name).values, wanted.read(name).values)


def test_what_is_wrong_with_the_recipe_is_said_once(work):
    given, utterances = work
    values = given.recipe.model_dump(exclude_none=True)
    values["features"]["mfcc"]["coefficients"] = 200
    wrong = Work(schema.parse(values, "wrong"), given.folder, (0,))
    for workers in (1, 2):
        with pytest.raises(RecipeError, match="have no 200 coefficients"):
            fill(wrong, utterances, workers, lambda: None)


def test_the_licence_is_said_whoever_does_the_work(work, monkeypatch):
    pytest.importorskip("opensmile", reason="the extra serkit[opensmile] is not installed")
    given, _ = work
    opensmile.functionals.cache_clear()
    baseline = schema.load("baseline/emodb")
    with pytest.warns(Notice, match="research and teaching"):
        assert fill(Work(baseline, given.folder, ()), [], 2, lambda: None) == []
    monkeypatch.setitem(sys.modules, "opensmile", None)
    opensmile.functionals.cache_clear()
    with pytest.raises(MissingExtra, match=r"\[opensmile\]'"):
        fill(Work(baseline, given.folder, ()), [], 2, lambda: None)


def test_a_worker_that_dies_is_said(work, monkeypatch):
    given, utterances = work

    monkeypatch.setattr(extract, "_begin", _die)
    with pytest.raises(CacheError, match="what was done is kept"):
        fill(given, utterances[:3], 2, lambda: None)


def _die(_work):
    os._exit(9)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_cache_that_is_no_folder_is_one_error(work, workers):
    given, utterances = work
    given.folder.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="a file of that name is in the way"):
        fill(given, utterances[:4], workers, lambda: None)
    assert given.folder.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_no_more_ends_extraction_and_no_training(work, monkeypatch, number):
    given, utterances = work
    fill(given, utterances[:2], 1, lambda: None)
    before = contents(given.folder)

    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("serkit.files.write", refuse)
    with pytest.raises(OSError, match=os.strerror(number)):
        fill(given, utterances, 1, lambda: None)
    with pytest.warns(
        Notice, match=f"features cannot be kept there .{os.strerror(number)}.; this training keeps its own"
    ) as said:
        kept = dense(given.recipe, utterances, 0, Cache(given.folder))
    assert len(said) == 1
    assert torch.equal(kept.features["mfcc"].values, dense(given.recipe, utterances, 0).features["mfcc"].values)
    assert contents(given.folder) == before
