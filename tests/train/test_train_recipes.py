"""Every recipe of a network on real clips: one step of each of its stages; and every system learns sixteen clips by heart."""

import json
from dataclasses import replace
from functools import cache

import pytest
import torch
from lightning_fabric import Fabric

import serkit
from serkit import audio, corpora, export, labels
from serkit.recipe import build, catalogue, schema
from serkit.train import loop, losses, optimize
from serkit.train.evaluate import probabilities
from serkit.train.stage import Trained
from serkit.train.store import Store
from serkit.types import Spec

SHORT = 1.2  # s of each clip at most, so that a step is short


def networks():
    """One recipe of each way to build and step: batch sizes, protocols and numbers of epochs make no other step."""
    found = {}
    for name in catalogue.names():
        values = catalogue.load(name)
        if "model" not in values:
            continue
        plan = values["training"]
        parts = [values["model"], values["features"], values["cut"], values["normalization"], values["corpus"].get("target")]
        parts += [plan["optimizer"]["type"], plan.get("pretrain", []), plan.get("loss")]
        found.setdefault(json.dumps(parts, sort_keys=True), name)
    return sorted(found.values())


@cache
def clips(emotions, each):
    """Real utterances of the first `emotions`, `each` of them."""
    utterances = sorted(corpora.get("emodb").read(corpora.locate("emodb", None)), key=lambda one: one.id)
    classes = labels.ordered({one.label for one in utterances})[:emotions]
    return classes, tuple(one for label in classes for one in [own for own in utterances if own.label == label][:each])


def examples_of(recipe, system, classes, utterances):
    return Store(recipe, system, classes, 0, None).examples(utterances, copies=False)


@pytest.mark.parametrize("name", networks())
def test_a_step_of_every_stage_moves_all_that_it_trains(name):
    recipe = schema.load(name)
    classes, utterances = clips(2, 2)
    if recipe.cut.seconds > SHORT:
        recipe = recipe.model_copy(update={"cut": recipe.cut.model_copy(update={"seconds": SHORT, "hop": SHORT})})
    if scale := recipe.corpus.target:
        classes, utterances = (scale,), tuple(replace(each, values={scale: 1.0}) for each in utterances)
    torch.manual_seed(0)
    system = build.system(recipe, len(classes))
    examples = examples_of(recipe, system, classes, utterances)
    features, targets = examples.batch(torch.arange(4), torch.device("cpu"))
    system.fit_normalizers([features])
    untrained = {name for name, _ in system.model.named_parameters()}
    for stage in recipe.training.stages:
        trained = Trained(system, stage, recipe.training.pretrain).train()
        before = {name: value.clone() for name, value in system.model.state_dict().items()}
        optimizer = optimize.optimizer(recipe.training, [each for each in trained.parameters() if each.requires_grad])
        loss = losses.of(recipe.training)(trained(features, lambda given: given), targets)
        loss.backward()
        optimizer.step()
        for own, parameter in system.model.named_parameters():
            if parameter.requires_grad:
                assert parameter.grad is not None, f"{stage}: {own}"
                # A bias before batch norm has no gradient but rounding.
                assert own.endswith("bias") or parameter.grad.abs().max() > 0, f"{stage}: {own}"
                assert own.endswith("bias") or not torch.equal(parameter, before[own]), f"{stage}: {own}"
                assert parameter.isfinite().all(), f"{stage}: {own}"
                untrained.discard(own)
            else:
                assert torch.equal(parameter, before[own]), f"{stage}: {own}"
        optimizer.zero_grad()
    assert not untrained


def graphs():
    """One recipe of each network that becomes a graph of its own."""
    found = {}
    for name in catalogue.names():
        values = catalogue.load(name)
        if "model" in values and values["corpus"]["name"] == "emodb":
            found.setdefault(json.dumps([values["model"], values["cut"]["mode"]], sort_keys=True), name)
    return sorted(found.values())


@pytest.mark.parametrize(
    "name",
    [
        "amsnet/emodb/unfilled",
        "amsnet/emodb/screening_early",
        "bigru_mha/emodb",
        "bigru_mha/emodb/augmented",
        "baseline/cnn/emodb",
        "baseline/bilstm_attention/emodb",
    ],
)
def test_a_recording_is_the_same_alone_and_behind_any_padding(name):
    """From samples to logits, in every system that takes recordings at their own length."""
    recipe = schema.load(name, ['cut.mode="whole"'])
    _, utterances = clips(3, 1)
    torch.manual_seed(0)
    system = build.system(recipe, 3)
    samples = [torch.from_numpy(audio.read(each.path, recipe.rate).samples) for each in utterances]
    lengths = torch.tensor([len(each) for each in samples])
    padded = torch.nn.utils.rnn.pad_sequence(samples, batch_first=True)
    with torch.no_grad():
        system.fit_normalizers([system.features(padded, lengths)])
        system.train()(padded, lengths)  # moves the running statistics of batch norm
        system.eval()
        together = system(torch.nn.functional.pad(padded, (0, 7000)), lengths).logits
        for own, logits in zip(samples, together, strict=True):
            torch.testing.assert_close(system(own[None], torch.tensor([len(own)])).logits[0], logits, atol=1e-5, rtol=0)


def difference_of_graph(path, name, *overrides):
    """The largest difference to its system of a recipe's graph, on eight recordings of several lengths."""
    recipe = schema.load(name, overrides)
    classes, utterances = clips(2, 4)
    torch.manual_seed(0)
    system = build.system(recipe, len(classes))
    features, _ = examples_of(recipe, system, classes, utterances).batch(torch.arange(8), torch.device("cpu"))
    system.fit_normalizers([features])
    with torch.no_grad():
        system.train().logits(features)  # moves the running statistics of batch norm
    spec = Spec(name, name, "", "classification", classes, recipe.rate, recipe.cut.cut(), (), "", {})
    waveforms = [audio.read(each.path, recipe.rate) for each in utterances]
    assert len({len(each.samples) for each in waveforms}) == 8
    return export.onnx_file(system, spec, path, waveforms)


@pytest.mark.slow
def test_amsnet_without_silent_fragments_is_one_graph_for_every_length(tmp_path):
    """With the descriptors of INTERSPEECH 2010, whose graph takes twenty seconds."""
    assert difference_of_graph(tmp_path / "model.onnx", "amsnet/emodb/unfilled") <= export.TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("name", graphs())
def test_every_network_is_a_graph(name, tmp_path):
    """IS10's graph has tests of its own: mel bands stand in for it."""
    other = ["features.lld={type='log_mel',bands=20,hop=0.01}"] if name.startswith("amsnet") else []
    assert difference_of_graph(tmp_path / "model.onnx", name, *other) <= export.TOLERANCE


@pytest.mark.parametrize(
    "name", ["amsnet/emodb", "bigru_mha/emodb", "cnn_transformer/emodb", "mpaf_cnn/emodb", "baseline/cnn/emodb"]
)
def test_every_system_gives_one_value_where_a_scale_is_asked_for(name):
    recipe = schema.load(name, ["corpus.target=arousal", "training.loss=ccc"])
    _, utterances = clips(2, 2)
    utterances = tuple(replace(each, values={"arousal": float(number)}) for number, each in enumerate(utterances))
    torch.manual_seed(0)
    system = build.system(recipe, 1).train()
    examples = examples_of(recipe, system, ("arousal",), utterances)
    features, targets = examples.batch(torch.arange(4), torch.device("cpu"))
    assert targets.dtype == torch.float32
    values = system.logits(features).logits
    assert values.shape == (4, 1)
    losses.of(recipe.training)(values, targets).backward()
    assert system.model.classifier is not None
    assert any(parameter.grad is not None and parameter.grad.any() for parameter in system.model.parameters())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rate", "epochs"),
    [
        ("amsnet/emodb", 0.001, 30),
        ("bigru_mha/emodb", 0.001, 30),
        ("cnn_transformer/emodb", 0.01, 150),  # plain gradient descent, and the most dropout
        ("mpaf_cnn/emodb", 0.001, 30),
    ],
)
def test_sixteen_real_clips_are_learned_by_heart(name, rate, epochs, tmp_path):
    """Each stage of each system; no slower than at the papers' rates, which are made for longer trainings."""
    overrides = [f"training.optimizer.learning_rate={rate}", f"training.epochs={epochs}", "training.batch_size=16"]
    recipe = schema.load(name, overrides)
    classes, utterances = clips(4, 4)
    torch.manual_seed(0)
    system = build.system(recipe, len(classes))
    train = examples_of(recipe, system, classes, utterances)
    system.fit_normalizers([train.features])
    fabric = Fabric(accelerator="cpu", devices=1, precision="32-true")
    plan = recipe.training.model_copy(update={"patience": None})
    job = loop.Job(system, plan, recipe.augmentation, train, train, tmp_path, "print", 0, threads=1)
    best = {}

    def note(epoch):
        best[epoch.stage] = max(best.get(epoch.stage, 0.0), epoch.validation_wa)

    state = loop.fit(fabric, job, note)
    assert best == dict.fromkeys(plan.stages, 1.0)
    system.load_state_dict(state.best)
    found, _ = probabilities(system, train)
    assert found.argmax(1).tolist() == [classes.index(each.label) for each in utterances]

    # It leaves as one file, whose difference on clips of all lengths is checked, and the file recognizes them too.
    spec = Spec(name, name, "", "classification", classes, recipe.rate, recipe.cut.cut(), (), "", {})
    waveforms = [audio.read(each.path, recipe.rate) for each in utterances]
    assert len({len(each.samples) for each in waveforms}) > 8
    assert export.onnx_file(system.to("cpu"), spec, tmp_path / "model.onnx", waveforms) <= export.TOLERANCE
    recognizer = serkit.load(tmp_path / "model.onnx")
    right = [recognizer(each.path).emotion == each.label for each in utterances]
    assert sum(right) >= 14  # a recognizer has windows over all of a recording, where training had its first seconds alone
