"""References are NumPy's mean and standard deviation over the true frames, item by item."""

import io

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from serkit.features import Standardizer
from serkit.frames import Frames

LENGTHS = [7, 3, 5, 7, 1, 6]
FRAMES, DIM = 7, 4


def data(seed=0, lengths=LENGTHS, offset=-300.0):
    generator = np.random.default_rng(seed)
    scales = np.array([40.0, 10.0, 1.0, 0.01])
    return [(generator.standard_normal((length, DIM)) * scales + offset).astype(np.float32) for length in lengths]


def batched(items, padding=0.0, frames=FRAMES):
    values = torch.full((len(items), frames, DIM), padding)
    for row, item in zip(values, items, strict=True):
        row[: len(item)] = torch.from_numpy(item)
    return Frames(values, torch.tensor([len(item) for item in items]))


def statistics(items, mode):
    """Mean and population deviation, in double precision, of a list of (frames, dim)."""
    if mode == "per_item":
        items = [item - item.mean(axis=0, dtype=np.float64) for item in items]
    if mode != "per_position":
        joined = np.concatenate(items).astype(np.float64)
        if mode == "global":
            return np.full(DIM, joined.mean()), np.full(DIM, joined.std())
        return joined.mean(axis=0), joined.std(axis=0)
    mean, deviation = np.zeros((FRAMES, DIM)), np.zeros((FRAMES, DIM))
    for frame in range(FRAMES):
        there = np.stack([item[frame] for item in items if len(item) > frame]).astype(np.float64)
        mean[frame], deviation[frame] = there.mean(axis=0), there.std(axis=0, ddof=0)
    return mean, deviation


@pytest.mark.parametrize("mode", ["per_position", "per_coefficient", "global", "per_item"])
def test_equals_numpy(mode):
    items = data()
    made = Standardizer(mode, FRAMES, DIM)
    made.fit([batched(items)])
    mean, deviation = statistics(items, mode)
    assert (deviation > 0).all()
    np.testing.assert_allclose(made.mean.numpy(), mean, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(made.deviation.numpy(), deviation, rtol=1e-5)
    found = made(batched(items))
    for number, item in enumerate(items):
        rows = slice(len(item))
        at = rows if mode == "per_position" else slice(None)
        own = item - item.mean(axis=0, dtype=np.float64) if mode == "per_item" else item
        wanted = (own - mean[at]) / deviation[at]
        # float32 holds a value of 300 to 2e-5, which is 2e-3 of the smallest deviation here
        np.testing.assert_allclose(found.values[number, rows].numpy(), wanted, atol=5e-3)
        assert not found.values[number, len(item) :].any()
    assert torch.equal(found.lengths, torch.tensor(LENGTHS))


@pytest.mark.parametrize("mode", ["per_position", "per_coefficient"])
def test_the_shape_of_the_statistics(mode):
    made = Standardizer(mode, 282, 40)
    expected = (282, 40) if mode == "per_position" else (40,)
    assert made.mean.shape == made.deviation.shape == expected
    assert set(made.state_dict()) == {"mean", "deviation"}
    assert not list(made.parameters())


@pytest.mark.parametrize("padding", [123.0, -1e30, float("nan"), float("inf")])
@pytest.mark.parametrize("mode", ["per_position", "per_coefficient", "global", "per_item"])
def test_padding_counts_for_nothing_whatever_it_holds(mode, padding):
    items = data()
    one, other = Standardizer(mode, FRAMES, DIM), Standardizer(mode, FRAMES, DIM)
    one.fit([batched(items)])
    other.fit([batched(items, padding)])
    assert torch.equal(one.mean, other.mean)
    assert torch.equal(one.deviation, other.deviation)
    assert torch.equal(one(batched(items)).values, other(batched(items, padding)).values)


@pytest.mark.parametrize("mode", ["per_position", "per_coefficient", "global", "per_item"])
def test_batches_equal_one(mode):
    items = data()
    one, several = Standardizer(mode, FRAMES, DIM), Standardizer(mode, FRAMES, DIM)
    one.fit([batched(items)])
    several.fit(iter([batched(items[:1]), batched(items[1:2]), batched(items[2:])]))
    torch.testing.assert_close(one.mean, several.mean, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(one.deviation, several.deviation, rtol=1e-6, atol=0)


def test_without_its_own_mean_an_items_level_is_not_heard():
    items = data(offset=0.0)
    made = Standardizer("per_item", FRAMES, DIM)
    made.fit([batched(items)])
    louder = [item + np.float32(level) for item, level in zip(items, (3, -2, 1, 0, 5, 4), strict=True)]
    wanted, found = made(batched(items)).values, made(batched(louder)).values
    torch.testing.assert_close(found[..., :3], wanted[..., :3], atol=1e-4, rtol=0)
    alone = made(batched(items[:1], frames=LENGTHS[0]))
    torch.testing.assert_close(alone.values[0], wanted[0])


def test_fitting_again_starts_again():
    made = Standardizer("per_coefficient", FRAMES, DIM)
    made.fit([batched(data(1, offset=50.0))])
    made.fit([batched(data(2))])
    np.testing.assert_allclose(made.mean.numpy(), statistics(data(2), "per_coefficient")[0], rtol=1e-6)


@pytest.mark.parametrize("constant", [0.0, -1131.371, 0.1, 1e-3, 3e5])
@pytest.mark.parametrize("mode", ["per_position", "per_coefficient"])
def test_what_never_changes_has_deviation_one(mode, constant):
    items = data(lengths=[FRAMES] * 300)
    for item in items:
        item[:, 2] = constant
    made = Standardizer(mode, FRAMES, DIM)
    made.fit([batched(items[:100]), batched(items[100:])])
    assert (made.deviation[..., 2] == 1).all()
    assert (made.deviation[..., 0] != 1).all()
    found = made(batched(items)).values[..., 2]
    torch.testing.assert_close(found, torch.zeros_like(found), rtol=0, atol=1e-6 * max(1, abs(constant)))


def test_a_small_deviation_is_not_taken_for_none():
    items = data(lengths=[FRAMES] * 50)
    generator = np.random.default_rng(3)
    for item in items:
        item[:, 1] = 100 + 0.001 * generator.standard_normal(FRAMES)
    made = Standardizer("per_coefficient", FRAMES, DIM)
    made.fit([batched(items)])
    np.testing.assert_allclose(made.deviation[1], np.concatenate(items)[:, 1].astype(np.float64).std(), rtol=1e-3)


def test_positions_that_one_item_or_none_reaches():
    items = data(lengths=[5, 2])
    made = Standardizer("per_position", FRAMES, DIM)
    made.fit([batched(items)])
    assert (made.deviation[2:] == 1).all()
    np.testing.assert_allclose(made.mean[2:5].numpy(), items[0][2:])
    assert not made.mean[5:].any()


@pytest.mark.parametrize("mode", ["per_position", "per_coefficient"])
@pytest.mark.parametrize("batches", [[], [Frames(torch.ones(2, FRAMES, DIM), torch.zeros(2, dtype=torch.int64))]])
def test_nothing_to_fit_raises(mode, batches):
    with pytest.raises(ValueError, match="no frames"):
        Standardizer(mode, FRAMES, DIM).fit(batches)


def test_before_fitting_values_stay():
    items = data()
    assert torch.equal(Standardizer("per_position", FRAMES, DIM)(batched(items)).values, batched(items).values)


def test_per_coefficient_fits_other_lengths():
    made = Standardizer("per_coefficient", FRAMES, DIM)
    made.fit([batched(data())])
    assert made(batched(data(), frames=20)).values.shape == (len(LENGTHS), 20, DIM)


def test_statistics_travel_with_the_state():
    made, other = Standardizer("per_position", FRAMES, DIM), Standardizer("per_position", FRAMES, DIM)
    made.fit([batched(data())])
    other.load_state_dict(made.state_dict())
    assert torch.equal(made(batched(data())).values, other(batched(data())).values)


def test_the_statistics_do_not_move_with_gradients():
    frames = batched(data())
    frames.values.requires_grad_()
    made = Standardizer("per_coefficient", FRAMES, DIM)
    made.fit([frames])
    assert not made.mean.requires_grad
    assert not made.deviation.requires_grad


@pytest.mark.filterwarnings("ignore")  # the tracer warns of every size that it takes for a constant
def test_one_graph_takes_the_own_mean_of_every_length():
    items = data()
    made = Standardizer("per_item", FRAMES, DIM)
    made.fit([batched(items)])

    class Whole(nn.Module):
        def __init__(self):
            super().__init__()
            self.made = made

        def forward(self, values, lengths):
            return self.made(Frames(values, lengths)).values

    stream = io.BytesIO()
    given = batched(items)
    names = {"input_names": ["values", "lengths"], "dynamic_axes": {"values": {0: "b", 1: "t"}, "lengths": {0: "b"}}}
    torch.onnx.export(Whole(), (given.values, given.lengths), stream, dynamo=False, opset_version=18, **names)
    graph = onnxruntime.InferenceSession(stream.getvalue(), providers=["CPUExecutionProvider"])
    for frames in (7, 1, 40):
        other = batched(data(seed=frames, lengths=[frames, 1]), frames=frames)
        (found,) = graph.run(None, {"values": other.values.numpy(), "lengths": other.lengths.numpy()})
        # of values about -300 float32 keeps 2e-5, which is 2e-3 of the smallest deviation
        np.testing.assert_allclose(found, made(other).values.numpy(), atol=1e-2)
