"""Augmentation as training meets it: fixed copies, fresh changes, masks and mixtures, of training items alone."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import soundfile as sf
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from synthetic import RATE, recipe_of, store_of, system_of

from serkit import windows
from serkit.augment import Augmentation, Background, Gain, augment
from serkit.cache import Cache
from serkit.errors import RecipeError
from serkit.frames import Frames
from serkit.recipe import schema
from serkit.train import loop
from serkit.train.examples import generator
from serkit.train.perturb import Perturbation

GAIN = {"type": "gain", "low": -20.0, "high": -3.0}
PINK = {"type": "background", "kind": "pink"}
BABBLE = {"type": "background", "kind": "babble", "voices": 2}
FIXED = {"copies": 2, "fixed": [PINK, GAIN]}
FRESH = {"fresh": [{"type": "speed"}, PINK]}
CPU = torch.device("cpu")


def windows_of(utterance, recipe):
    samples, _ = sf.read(utterance.path, dtype="float32")
    return [torch.from_numpy(each.samples) for each in windows.cut(samples, RATE, recipe.cut.cut())]


def mfcc(system, samples):
    return system.features(samples[None], torch.tensor([len(samples)]))["mfcc"].values[0]


def test_fixed_copies_stand_behind_their_window(clips):
    recipe = recipe_of(augmentation=FIXED)
    system = system_of(recipe)
    found = store_of(recipe, seed=5, system=system).examples([clips[13]], copies=False, training=True)
    cut = windows_of(clips[13], recipe)
    assert len(found) == 3 * len(cut) > 3
    wanted = [mfcc(system, window) for window in cut]
    for at, window in enumerate(cut):
        for number in (1, 2):
            drawn = generator(5, "fixed", number, "u13", at)
            wanted.append(mfcc(system, augment(window, recipe.augmentation.fixed, RATE, (), drawn)))
    torch.testing.assert_close(found.features["mfcc"].values, torch.stack(wanted), rtol=0, atol=1e-4)


def test_noisy_copies_and_fixed_copies_in_one_recipe(clips):
    recipe = recipe_of(copies=1, augmentation=FIXED)
    store = store_of(recipe)
    plain = store.examples(clips[:4], copies=False)
    assert len(store.examples(clips[:4], copies=True)) == 2 * len(plain)
    assert len(store.examples(clips[:4], copies=False, training=True)) == 3 * len(plain)
    assert len(store.examples(clips[:4], copies=True, training=True)) == 4 * len(plain)


def test_validation_and_test_items_are_what_they_are(clips):
    plain = store_of(recipe_of()).examples(clips, copies=False)
    found = store_of(recipe_of(augmentation=FIXED | FRESH)).examples(clips, copies=False)
    assert torch.equal(plain.features["mfcc"].values, found.features["mfcc"].values)
    assert found.fresh is None
    items = torch.arange(5)
    assert torch.equal(found.batch(items, CPU, epoch=1)[0]["mfcc"].values, plain.batch(items, CPU)[0]["mfcc"].values)


def test_fresh_changes_are_of_an_epoch(clips):
    recipe = recipe_of(augmentation=FRESH)
    system = system_of(recipe)
    found = store_of(recipe, seed=3, system=system).examples(clips, copies=False, training=True)
    items = torch.tensor([4, 0, 7])
    first, second, again = (found.batch(items, CPU, epoch)[0]["mfcc"].values for epoch in (1, 2, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, second)
    raw = found.batch(items, CPU)[0]
    assert raw.keys() == {"mfcc"}
    assert not torch.equal(raw["mfcc"].values, first)
    alone = found.batch(torch.tensor([7]), CPU, 1)[0]["mfcc"].values
    torch.testing.assert_close(alone[0], first[2])  # whatever it is batched with
    cut = [window for each in clips for window in windows_of(each, recipe)]
    wanted = mfcc(system, augment(cut[7], recipe.augmentation.fresh, RATE, (), generator(3, "fresh", 1, 7)))
    torch.testing.assert_close(first[2], wanted, rtol=0, atol=1e-4)


@pytest.mark.parametrize("augmentation", [FIXED, FRESH, FIXED | FRESH, {"copies": 1, "fixed": [BABBLE]}])
def test_a_cache_changes_nothing(clips, tmp_path, augmentation):
    recipe = recipe_of(copies=1, augmentation=augmentation)
    plain, filling, reading = (
        store_of(recipe, kept_in=kept_in).examples(clips[:8], copies=True, training=True)
        for kept_in in (None, Cache(tmp_path), Cache(tmp_path))
    )
    for items in (torch.arange(len(plain)), torch.tensor([5, 1])):
        for epoch in (None, 1, 2):
            wanted = plain.batch(items, CPU, epoch)[0]["mfcc"].values
            assert torch.equal(filling.batch(items, CPU, epoch)[0]["mfcc"].values, wanted)
            assert torch.equal(reading.batch(items, CPU, epoch)[0]["mfcc"].values, wanted)


def test_babble_is_made_of_the_training_utterances_alone(clips, tmp_path, monkeypatch):
    """Neither validation nor test utterances are heard, and another fold's babble is another entry."""
    from serkit.augment import background

    heard = []
    original = background.audio.read

    def noted(path, *arguments, **named):
        heard.append(path)
        return original(path, *arguments, **named)

    monkeypatch.setattr(background.audio, "read", noted)
    recipe = recipe_of(augmentation={"copies": 1, "fixed": [BABBLE], "fresh": [BABBLE]})
    store = store_of(recipe, kept_in=Cache(tmp_path))
    train = store.examples(clips[:6], copies=False, training=True)
    for epoch in (1, 2):
        train.batch(torch.arange(len(train)), CPU, epoch)
    assert set(heard) == {each.path for each in clips[:6]}
    other = store.examples(clips[3:9], copies=False, training=True)
    one = train.features["mfcc"].values[train.owners == 4]
    two = other.features["mfcc"].values[other.owners == 1]
    half = len(one) // 2
    assert torch.equal(one[:half], two[:half])
    assert not torch.equal(one[half:], two[half:])


def test_nobody_babbles_behind_himself(clips):
    from serkit.train.examples import without

    copies = [clips[0], replace(clips[0], id="u00~1", noise=1), clips[1]]
    assert without(copies, clips[0]) == without(copies, copies[1]) == [clips[1]]


def test_fixed_copies_without_babble_are_every_folds(clips):
    store = store_of(recipe_of(augmentation={"copies": 1, "fixed": [GAIN], "fresh": [BABBLE]}))
    assert store.fixed(clips[:3]) == store.fixed(clips[3:])
    both = store_of(recipe_of(augmentation={"copies": 1, "fixed": [BABBLE]}))
    assert both.fixed(clips[:3]) != both.fixed(clips[3:])


def test_another_folds_babble_is_forgotten(clips):
    store = store_of(recipe_of(augmentation={"copies": 1, "fixed": [BABBLE]}))
    for part in (clips[:6], clips[3:9], clips[6:12]):
        store.examples(part, copies=False, training=True)
    assert len([key for key in store._kept if key[1]]) == 6


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(clips, tmp_path, threads):
    """Of a window so long that torch would add it up in parts, one a thread."""
    path = tmp_path / "long.wav"
    sf.write(path, 0.1 * np.random.default_rng(0).standard_normal(12 * RATE), RATE, subtype="FLOAT")
    long = replace(clips[0], path=path)
    augmentation = {"copies": 1, "fixed": [{"type": "room", "rooms": 2}, PINK], "fresh": [PINK]}
    recipe = recipe_of(augmentation=augmentation)
    recipe = recipe.model_copy(update={"cut": recipe.cut.model_copy(update={"seconds": 12.0, "hop": 12.0})})
    found = []
    for count in (1, threads):
        torch.set_num_threads(count)
        examples = store_of(recipe).examples([long], copies=False, training=True)
        found.append([examples.batch(torch.arange(len(examples)), CPU, epoch)[0]["mfcc"].values for epoch in (None, 1)])
        assert torch.get_num_threads() == count
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def fabric():
    return Fabric(accelerator="cpu", devices=1, precision="32-true")


def job_of(clips, folder, recipe):
    system = system_of(recipe)
    store = store_of(recipe, system=system)
    train = store.examples(clips[:12], copies=False, training=True)
    held = store.examples(clips[12:], copies=False)
    system.fit_normalizers([train.features])
    return loop.Job(system, recipe.training, recipe.augmentation, train, held, folder, "print", 11, threads=1)


EVERYTHING = FIXED | FRESH | {"spec_augment": {}, "mixup": 0.4}


@pytest.mark.filterwarnings("ignore:.*does not have many workers.*")
def test_a_resumed_training_with_everything_is_an_undisturbed_one(clips, tmp_path):
    whole = loop.fit(fabric(), job_of(clips, tmp_path / "whole", recipe_of(augmentation=EVERYTHING, epochs=4)), lambda _: None)
    loop.fit(fabric(), job_of(clips, tmp_path / "parts", recipe_of(augmentation=EVERYTHING, epochs=2)), lambda _: None)
    parts = loop.fit(fabric(), job_of(clips, tmp_path / "parts", recipe_of(augmentation=EVERYTHING, epochs=4)), lambda _: None)
    assert all(torch.equal(whole.weights[name], parts.weights[name]) for name in whole.weights)
    assert [replace(each, seconds=0) for each in whole.history] == [replace(each, seconds=0) for each in parts.history]


@pytest.mark.parametrize("change", [FRESH, {"spec_augment": {}}, {"mixup": 0.4}, FIXED])
def test_every_part_of_it_changes_the_training(clips, tmp_path, change):
    made = [
        loop.fit(fabric(), job_of(clips, tmp_path / str(number), recipe_of(augmentation=each, epochs=1)), lambda _: None)
        for number, each in enumerate(({}, change))
    ]
    assert any(not torch.equal(made[0].weights[name], made[1].weights[name]) for name in made[0].weights)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_of_a_mixture_by_hand(smoothing):
    features = {"x": Frames(torch.zeros(5, 3, 2), torch.full((5,), 3))}
    perturbation = Perturbation(Augmentation(mixup=0.5), torch.Generator().manual_seed(0))
    perturbation(features)
    logits, targets = torch.randn(5, 4, generator=torch.Generator().manual_seed(1)), torch.tensor([0, 1, 2, 3, 0])
    own = F.one_hot(targets, 4).float()
    mixed = perturbation.share * own + (1 - perturbation.share) * own[perturbation.other]
    smooth = mixed * (1 - smoothing) + smoothing / 4
    wanted = -(smooth * F.log_softmax(logits, 1)).sum(1).mean()
    torch.testing.assert_close(perturbation.loss(logits, targets, partial(F.cross_entropy, label_smoothing=smoothing)), wanted)
    plain = Perturbation(Augmentation(), torch.Generator())
    assert plain(features) is features
    torch.testing.assert_close(
        plain.loss(logits, targets, partial(F.cross_entropy, label_smoothing=smoothing)),
        F.cross_entropy(logits, targets, label_smoothing=smoothing),
    )


def test_copies_of_copies_are_refused():
    values = recipe_of(copies=1, augmentation=FIXED).model_dump(exclude_none=True)
    values["noise"]["placement"] = "leaky_copies"
    with pytest.raises(RecipeError, match="copies of copies"):
        schema.parse(values, "own")


def test_a_recipe_names_its_transforms():
    recipe = recipe_of(augmentation=EVERYTHING | {"fixed": [BABBLE, GAIN]})
    assert recipe.augmentation.fixed == (Background(kind="babble", voices=2), Gain(low=-20.0, high=-3.0))
    assert schema.parse(recipe.model_dump(mode="json", exclude_none=True), "again") == recipe
    values = recipe.model_dump(mode="json", exclude_none=True)
    values["augmentation"]["fixed"][1]["lowest"] = 3
    with pytest.raises(RecipeError, match=r"augmentation\.fixed\.1\.lowest: unknown key \(did you mean 'low'\?\)"):
        schema.parse(values, "own")


def test_statistics_see_the_copies_and_not_the_fresh_changes(clips):
    recipe = recipe_of(augmentation=FRESH | FIXED)
    system = system_of(recipe)
    train = store_of(recipe, system=system).examples(clips, copies=False, training=True)
    system.fit_normalizers(features for features, _ in train.batches(7, CPU))
    values = train.features["mfcc"].values.double().numpy()
    np.testing.assert_allclose(system.normalizers["mfcc"].mean, values.mean((0, 1)), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(system.normalizers["mfcc"].deviation, values.std((0, 1)), rtol=1e-5)
