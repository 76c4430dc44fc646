"""Examples: windows, their noisy copies, owners, targets and features."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from synthetic import LABELS, RATE, recipe_of, store_of, system_of

from serkit import windows
from serkit.augment import NoiseConfig, noisy_copies
from serkit.cache import Entry
from serkit.errors import CorpusError
from serkit.protocols.copies import with_copies
from serkit.train.examples import SAMPLES, Examples, Kept, generator, seed_of


def windows_of(utterance, recipe):
    samples, _ = sf.read(utterance.path, dtype="float32")
    return windows.cut(samples, RATE, recipe.cut.cut())


def test_one_item_a_window_in_the_order_of_utterances(clips):
    recipe = recipe_of()
    examples = store_of(recipe).examples(clips, copies=False)
    counts = [len(windows_of(each, recipe)) for each in clips]
    assert {1, 2} < set(counts)
    assert examples.owners.tolist() == [number for number, count in enumerate(counts) for _ in range(count)]
    assert examples.targets.tolist() == [LABELS.index(clips[owner].label) for owner in examples.owners]
    assert examples.utterances == clips
    assert len(examples) == sum(counts) == len(examples.features["mfcc"].values)


def test_features_equal_the_front_end_by_hand(clips):
    recipe, system = recipe_of(), system_of(recipe_of())
    examples = store_of(recipe, system=system).examples(clips[12:14], copies=False)
    expected = []
    for each in clips[12:14]:
        for window in windows_of(each, recipe):
            frames = system.front_ends["mfcc"](torch.from_numpy(window.samples)[None], torch.tensor([len(window.samples)]))
            expected.append(frames.values[0])
    torch.testing.assert_close(examples.features["mfcc"].values, torch.stack(expected), rtol=0, atol=1e-5)
    assert examples.features["mfcc"].lengths.tolist() == [21] * len(expected)
    assert examples.features["mfcc"].values.shape[2] == 8


def test_features_are_raw(clips):
    recipe, system = recipe_of(), system_of(recipe_of())
    before = store_of(recipe, system=system).examples(clips, copies=False)
    system.fit_normalizers([before.features])
    after = store_of(recipe, system=system).examples(clips, copies=False)
    assert torch.equal(before.features["mfcc"].values, after.features["mfcc"].values)


def test_start_and_end_of_an_utterance_are_kept(clips):
    recipe = recipe_of()
    part = replace(clips[15], start=0.1, end=0.3)
    samples, _ = sf.read(part.path, dtype="float32")
    system = system_of(recipe)
    examples = store_of(recipe, system=system).examples([part], copies=False)
    assert len(examples) == 1
    expected = system.features(torch.from_numpy(samples[800:2400])[None], torch.tensor([1600]))["mfcc"].values
    torch.testing.assert_close(examples.features["mfcc"].values, expected, rtol=0, atol=1e-5)


def test_a_copy_that_is_an_utterance_has_the_windows_behind_its_clip(clips):
    """For each clip its own windows, then copy after copy: what `copies=True` puts behind the clip window by window."""
    recipe = recipe_of(copies=2)
    behind = store_of(recipe).examples(clips[:6], copies=True)
    split = store_of(recipe).examples(with_copies(clips[:6], 2), copies=False)
    assert len(split.utterances) == 18
    own = split.owners // 3
    assert split.targets.tolist() == [LABELS.index(clips[owner].label) for owner in own]
    for clip in range(6):
        theirs = behind.features["mfcc"].values[behind.owners == clip]
        mine = split.features["mfcc"].values[own == clip]
        windows_there = len(theirs) // 3
        native, noisy = theirs[:windows_there], theirs[windows_there:].unflatten(0, (windows_there, 2))
        assert torch.equal(mine, torch.cat([native, noisy[:, 0], noisy[:, 1]]))


def test_noisy_copies_only_where_asked(clips):
    recipe = recipe_of(copies=2)
    store = store_of(recipe)
    plain = store.examples(clips[:4], copies=False)
    noisy = store.examples(clips[:4], copies=True)
    again = store.examples(clips[:4], copies=False)
    assert len(noisy) == 3 * len(plain)
    assert torch.equal(plain.features["mfcc"].values, again.features["mfcc"].values)
    assert torch.equal(store_of(recipe_of(copies=0)).examples(clips[:4], copies=True).owners, plain.owners)
    assert noisy.targets.tolist() == [LABELS.index(clips[owner].label) for owner in noisy.owners]


def test_a_copy_is_what_noise_makes_of_its_window(clips):
    recipe, system = recipe_of(copies=2), system_of(recipe_of())
    cut = windows_of(clips[13], recipe)
    examples = store_of(recipe, seed=5, system=system).examples([clips[13]], copies=True)
    native, copies = examples.features["mfcc"].values[: len(cut)], examples.features["mfcc"].values[len(cut) :]
    assert len(cut) > 1
    assert len(copies) == 2 * len(cut)
    expected = []
    for number, window in enumerate(cut):
        drawn = noisy_copies(torch.from_numpy(window.samples), NoiseConfig(copies=2), generator(5, "u13", str(number)))
        expected.append(system.features(drawn, torch.full((2,), drawn.shape[1]))["mfcc"].values)
    torch.testing.assert_close(copies, torch.cat(expected), rtol=0, atol=1e-4)
    assert not torch.equal(copies[0], copies[1])
    assert not torch.equal(copies[0], native[0])


def test_the_same_copy_in_every_order(clips):
    recipe = recipe_of(copies=2)
    forward = store_of(recipe, seed=3).examples(clips, copies=True)
    store = store_of(recipe, seed=3)
    store.examples(clips[5:9], copies=False)
    backward = store.examples(clips[::-1], copies=True)
    for number in range(len(clips)):
        one = forward.features["mfcc"].values[forward.owners == number]
        other = backward.features["mfcc"].values[backward.owners == len(clips) - 1 - number]
        assert torch.equal(one, other)


def test_the_same_copy_in_another_process(clips):
    recipe = recipe_of(copies=1)
    mine = store_of(recipe, seed=3).examples(clips[8:10], copies=True).features["mfcc"].values.double().sum()
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import torch; torch.set_num_threads(1); torch.rand(9)\n"
        "from synthetic import *; from serkit.types import Utterance; from pathlib import Path\n"
        "own = [Utterance(f'u{n:02d}', 'synthetic', Path(sys.argv[2], f'{n:02d}.wav'), 's', LABELS[n % 4], 'male', 'de')"
        " for n in (9, 8)]\n"
        "found = store_of(recipe_of(copies=1), seed=3).examples(own, copies=True)\n"
        "print(found.features['mfcc'].values.double().sum().item())\n"
    )
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", program, here, str(clips[0].path.parent)], capture_output=True, text=True, check=True, timeout=60
    )
    assert float(done.stdout) == pytest.approx(float(mine), rel=1e-9)


def test_another_seed_is_another_noise(clips):
    recipe = recipe_of(copies=1)
    one = store_of(recipe, seed=0).examples(clips[:2], copies=True).features["mfcc"].values
    other = store_of(recipe, seed=1).examples(clips[:2], copies=True).features["mfcc"].values
    assert not torch.equal(one, other)


def test_copies_of_equal_audio_differ_by_utterance(clips):
    twin = replace(clips[3], id="twin")
    examples = store_of(recipe_of(copies=1)).examples([clips[3], twin], copies=True)
    mine, its = (examples.features["mfcc"].values[examples.owners == number] for number in (0, 1))
    assert torch.equal(mine[0], its[0])  # the native window
    assert not torch.equal(mine[-1], its[-1])


def test_audio_is_read_once(clips, monkeypatch):
    store = store_of(recipe_of(copies=1))
    store.examples(clips[:3], copies=True)
    monkeypatch.setattr("serkit.audio.read", lambda *_args, **_kinds: pytest.fail("read again"))
    store.examples(clips[:3], copies=True)
    store.examples(clips[:3], copies=False)


def test_silence_is_refused(clips, tmp_path):
    path = tmp_path / "silent.wav"
    sf.write(path, np.zeros(RATE, np.float32), RATE)
    with pytest.raises(CorpusError, match=r"silent\.wav: digital silence"):
        store_of(recipe_of()).examples([*clips[:1], replace(clips[0], id="silent", path=path)], copies=False)


def test_progress_is_told(clips):
    told = []
    store_of(recipe_of()).examples(clips[:3], copies=False, notify=lambda *numbers: told.append(numbers))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_batches_hold_everything_in_order(clips):
    examples = store_of(recipe_of()).examples(clips, copies=False)
    batches = list(examples.batches(7, torch.device("cpu")))
    assert [len(targets) for _, targets in batches[:-1]] == [7] * (len(batches) - 1)
    assert torch.equal(torch.cat([targets for _, targets in batches]), examples.targets)
    assert torch.equal(torch.cat([features["mfcc"].values for features, _ in batches]), examples.features["mfcc"].values)
    features, targets = examples.batch(torch.tensor([4, 1]), torch.device("cpu"))
    assert torch.equal(features["mfcc"].values, examples.features["mfcc"].values[[4, 1]])
    assert targets.tolist() == examples.targets[[4, 1]].tolist()


def test_seeds_keep_names_apart():
    found = {seed_of(0, "ab"), seed_of(0, "a", "b"), seed_of("0a", "b"), seed_of(1, "ab"), seed_of("", "0", "ab")}
    assert len(found) == 5
    assert all(0 <= seed < 2**63 for seed in found)
    digest = hashlib.sha256(b"0\0order\x001").hexdigest()
    assert seed_of(0, "order", 1) == int(digest[:16], 16) // 2
    assert generator(0, "x").initial_seed() == seed_of(0, "x")


def test_features_keep_the_order_of_the_recipe():
    """What is drawn for one feature after the other must not depend on how a process hashes their names."""
    names = [f"feature_{number}" for number in range(20)]
    kept = {name: Kept((2,), Entry(np.zeros((2, 1), np.float32), (2,)), None, "") for name in (*names, SAMPLES)}
    examples = Examples(((kept, 0),), torch.zeros(1), torch.zeros(1), ())
    assert list(examples.features) == names
