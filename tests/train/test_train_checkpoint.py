"""What a resumed training continues from: whole, of this Run, or not at all."""

import dataclasses
import json
import struct

import pytest
import torch

from serkit.recipe.training import SGD, Adam, RMSprop, Training
from serkit.runs import Epoch
from serkit.train import checkpoint, optimize

OPTIMIZERS = [
    SGD(type="sgd", learning_rate=0.1, momentum=0.9),
    SGD(type="sgd", learning_rate=0.1),
    Adam(type="adam", learning_rate=0.01),
    Adam(type="adam", learning_rate=0.01, decoupled=True),
    RMSprop(type="rmsprop", learning_rate=0.01, momentum=0.5),
]
HISTORY = (
    Epoch(1, 0.1, 1.25, 0.5, None, None, None, 0.1),
    Epoch(2, 1 / 3, 2 / 3, 0.7, 0.9, 0.8, 0.75, 1.7),
)


def model_of(seed=0):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Conv1d(2, 3, 2), torch.nn.BatchNorm1d(3), torch.nn.Flatten(), torch.nn.Linear(6, 2))


def optimizer_of(chosen, model):
    return optimize.optimizer(Training(epochs=1, batch_size=2, optimizer=chosen), model.parameters())


def steps(model, optimizer, count, seed):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(count):
        optimizer.zero_grad()
        model(torch.randn(5, 2, 3, generator=generator)).square().sum().backward()
        optimizer.step()


def state_of(model, optimizer, fingerprint="print"):
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    best = {name: value + 1 for name, value in weights.items()}
    return checkpoint.State(HISTORY, 1, weights, best, checkpoint.moments(optimizer), fingerprint)


def same(one, other):
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(params=OPTIMIZERS, ids=lambda chosen: f"{chosen.type}-{len(chosen.model_fields_set)}")
def trained(request):
    model = model_of()
    optimizer = optimizer_of(request.param, model)
    steps(model, optimizer, 3, seed=1)
    return request.param, model, optimizer


def test_round_trip(trained, tmp_path):
    _, model, optimizer = trained
    state = state_of(model, optimizer)
    checkpoint.save(tmp_path / "new" / "checkpoint", state)
    read = checkpoint.load(tmp_path / "new" / "checkpoint", "print")
    assert (read.history, read.best_epoch, read.fingerprint) == (HISTORY, 1, "print")
    assert same(dict(sorted(read.weights.items())), dict(sorted(state.weights.items())))
    assert same(dict(sorted(read.best.items())), dict(sorted(state.best.items())))
    assert all(value.dtype == state.weights[name].dtype for name, value in read.weights.items())
    assert read.moments.keys() == state.moments.keys() - {n for n, own in state.moments.items() if not own}
    for number, own in read.moments.items():
        assert own.keys() == state.moments[number].keys()
        assert all(torch.equal(value, state.moments[number][name]) for name, value in own.items())
    assert [path.name for path in (tmp_path / "new" / "checkpoint").iterdir()] == [checkpoint.NAME]


def test_a_restored_optimizer_goes_on_to_the_bit(trained, tmp_path):
    chosen, model, optimizer = trained
    checkpoint.save(tmp_path, state_of(model, optimizer))
    steps(model, optimizer, 3, seed=2)
    read = checkpoint.load(tmp_path, "print")
    other = model_of(seed=9)
    other.load_state_dict(read.weights)
    restored = optimizer_of(chosen, other)
    checkpoint.restore(restored, read.moments)
    steps(other, restored, 3, seed=2)
    assert same(model.state_dict(), other.state_dict())
    assert restored.param_groups[0]["lr"] == chosen.learning_rate


def test_weights_that_share_memory_are_saved_apart(tmp_path):
    weights = {"a": torch.arange(4.0)}
    checkpoint.save(tmp_path, checkpoint.State(HISTORY, 1, weights, weights, {}, "print"))
    read = checkpoint.load(tmp_path, "print")
    assert torch.equal(read.best["a"], weights["a"])


def test_moments_beyond_nine_keep_their_numbers(tmp_path):
    moments = {number: {"m": torch.tensor(float(number))} for number in range(12)}
    checkpoint.save(tmp_path, checkpoint.State(HISTORY, 1, {}, {}, moments, "print"))
    assert {number: own["m"].item() for number, own in checkpoint.load(tmp_path, "print").moments.items()} == {
        number: float(number) for number in range(12)
    }


def test_the_header_holds_the_history(tmp_path):
    model = model_of()
    checkpoint.save(tmp_path, state_of(model, optimizer_of(OPTIMIZERS[0], model)))
    data = (tmp_path / checkpoint.NAME).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["serkit"])
    assert header["history"] == [dataclasses.asdict(epoch) for epoch in HISTORY]
    assert (header["best_epoch"], header["fingerprint"]) == (1, "print")


def test_nothing_to_load(tmp_path):
    assert checkpoint.load(tmp_path, "print") is None
    assert checkpoint.load(tmp_path / "none", "print") is None


def test_another_runs_state_is_not_continued(tmp_path):
    model = model_of()
    checkpoint.save(tmp_path, state_of(model, optimizer_of(OPTIMIZERS[0], model), "theirs"))
    assert checkpoint.load(tmp_path, "mine") is None
    assert checkpoint.load(tmp_path, "theirs") is not None


def test_a_state_that_was_cut_is_none(tmp_path):
    model = model_of()
    checkpoint.save(tmp_path, state_of(model, optimizer_of(OPTIMIZERS[2], model)))
    path = tmp_path / checkpoint.NAME
    data = path.read_bytes()
    for part in [*range(20), 19.999]:
        path.write_bytes(data[: int(len(data) * part / 20)])
        assert checkpoint.load(tmp_path, "print") is None, part
    path.write_bytes(data[:-1])
    assert checkpoint.load(tmp_path, "print") is None
    path.write_bytes(data)
    assert checkpoint.load(tmp_path, "print") is not None


@pytest.mark.parametrize("garbage", [b"", b"x", bytes(64), b"\xff" * 4096, b"{}" * 100, bytes(8) + b"{}"])
def test_garbage_is_none(tmp_path, garbage):
    (tmp_path / checkpoint.NAME).write_bytes(garbage)
    assert checkpoint.load(tmp_path, "print") is None


@pytest.mark.parametrize("metadata", [None, {}, {"serkit": "{"}, {"serkit": "{}"}, {"serkit": "[]"}, {"other": "x"}])
def test_a_foreign_safetensors_file_is_none(tmp_path, metadata):
    from safetensors.torch import save_file

    save_file({"weights/a": torch.ones(2)}, tmp_path / checkpoint.NAME, metadata)
    assert checkpoint.load(tmp_path, "print") is None


def test_a_failed_write_leaves_the_state_before(tmp_path, monkeypatch):
    model = model_of()
    state = state_of(model, optimizer_of(OPTIMIZERS[0], model))
    checkpoint.save(tmp_path, state)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(tmp_path, dataclasses.replace(state, best_epoch=2))
    assert checkpoint.load(tmp_path, "print").best_epoch == 1
    assert [path.name for path in tmp_path.iterdir()] == [checkpoint.NAME]
