"""Each equation against loops by hand, masks, parameter counts of the specification, and the readings of contested points."""

import io

import numpy as np
import onnxruntime
import pytest
import torch
from networks import count, inputs_of, lived, share_dropped
from torch import nn

from serkit.frames import Frames
from serkit.models import BiGRUMHA, BiGRUMHAConfig
from serkit.models._layers import MaskedBlock, MultiHeadAttention
from serkit.models._recurrent import Recurrent, ResetBeforeGRU
from serkit.models.bigru_mha import AlgorithmAttention

SMALL = {"channels": (3, 4), "hidden": 6, "heads": 2, "dense": 20, "pool": 2}


def made(bins=16, classes=4, seed=0, **settings):
    torch.manual_seed(seed)
    return BiGRUMHA(BiGRUMHAConfig(**SMALL | settings), bins, classes)


def spectrum(lengths, bins=16, seed=2):
    """Items of those lengths, zeros behind them."""
    draw = torch.Generator().manual_seed(seed)
    items = [torch.randn(length, bins, generator=draw) for length in lengths]
    return Frames(nn.utils.rnn.pad_sequence(items, batch_first=True), torch.tensor(lengths))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    shares = np.exp(x - x.max())
    return shares / shares.sum()


def unit_by_hand(layer, x):
    """Equations 3, 4, 5 and the update, one frame after the other, from torch's order of weights (r, z, n)."""
    to_input, to_state = layer.weight_ih_l0.detach().numpy(), layer.weight_hh_l0.detach().numpy()
    of_input, of_state = layer.bias_ih_l0.detach().numpy(), layer.bias_hh_l0.detach().numpy()
    hidden = to_state.shape[1]
    h, states = np.zeros(hidden), []
    for frame in x:
        inputs, recurrent = to_input @ frame + of_input, to_state @ h + of_state
        r = sigmoid(inputs[:hidden] + recurrent[:hidden])
        z = sigmoid(inputs[hidden : 2 * hidden] + recurrent[hidden : 2 * hidden])
        n = np.tanh(inputs[2 * hidden :] + r * recurrent[2 * hidden :])
        h = (1 - z) * n + z * h
        states.append(h)
    return np.array(states)


def printed_unit_by_hand(layer, x):
    """Equation 5 as it is printed: r before the matrix."""
    hidden = layer.hidden
    W = np.concatenate([layer.from_input.detach().numpy(), layer.from_state.detach().numpy()], axis=1)
    b = layer.bias.detach().numpy()
    h, states = np.zeros(hidden), []
    for frame in x:
        both = np.concatenate([frame, h])
        r = sigmoid(W[:hidden] @ both + b[:hidden])
        z = sigmoid(W[hidden : 2 * hidden] @ both + b[hidden : 2 * hidden])
        n = np.tanh(W[2 * hidden :] @ np.concatenate([frame, r * h]) + b[2 * hidden :])
        h = (1 - z) * n + z * h
        states.append(h)
    return np.array(states)


@pytest.mark.parametrize(("cell", "by_hand"), [("gru", unit_by_hand), ("gru_reset_before", printed_unit_by_hand)])
def test_equations_1_to_5_both_directions_over_true_frames(cell, by_hand):
    torch.manual_seed(0)
    layer = Recurrent(cell, 5, 3)
    x, lengths = spectrum([7, 4, 1], bins=5)
    found = layer(x, lengths).detach().numpy()
    for number, length in enumerate(lengths.tolist()):
        own = x[number, :length].numpy()
        wanted = np.concatenate([by_hand(layer.onward, own), by_hand(layer.back, own[::-1])[::-1]], axis=1)
        np.testing.assert_allclose(found[number, :length], wanted, atol=1e-6)


def test_both_directions_are_torchs_own_with_packed_sequences():
    torch.manual_seed(0)
    layer, torchs = Recurrent("gru", 5, 3), nn.GRU(5, 3, batch_first=True, bidirectional=True)
    for name, value in layer.onward.named_parameters():
        getattr(torchs, name).data.copy_(value)
    for name, value in layer.back.named_parameters():
        getattr(torchs, f"{name}_reverse").data.copy_(value)
    x, lengths = spectrum([7, 4, 1], bins=5)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
    wanted, _ = nn.utils.rnn.pad_packed_sequence(torchs(packed)[0], batch_first=True)
    found = layer(x, lengths) * Frames(x, lengths).mask()[..., None]
    torch.testing.assert_close(found, wanted)


def test_the_printed_unit_is_another_function_than_torchs():
    torch.manual_seed(0)
    ours, torchs = ResetBeforeGRU(5, 3), nn.GRU(5, 3, batch_first=True)
    torchs.weight_ih_l0.data.copy_(ours.from_input)
    torchs.weight_hh_l0.data.copy_(ours.from_state)
    torchs.bias_ih_l0.data.copy_(ours.bias)
    torchs.bias_hh_l0.data.zero_()
    x = torch.randn(1, 6, 5)
    assert not torch.allclose(ours(x)[0], torchs(x)[0], atol=1e-3)
    torch.testing.assert_close(ours(x)[0][:, 0], torchs(x)[0][:, 0])  # from no state there is nothing to reset


def test_equations_6_and_7():
    torch.manual_seed(0)
    heads, dim = 2, 6
    attention = MultiHeadAttention(dim, heads, 0.0)
    nn.init.normal_(attention.project_in.bias)
    nn.init.normal_(attention.project_out.bias)
    x, lengths = spectrum([5, 3], bins=dim)
    found = attention(x, Frames(x, lengths).mask()).detach().numpy()
    W, b = attention.project_in.weight.detach().numpy(), attention.project_in.bias.detach().numpy()
    W_O, b_O = attention.project_out.weight.detach().numpy(), attention.project_out.bias.detach().numpy()
    d_k = dim // heads
    for number, length in enumerate(lengths.tolist()):
        own = x[number, :length].numpy()
        joined = []
        for head in range(heads):
            rows = [slice(part * dim + head * d_k, part * dim + (head + 1) * d_k) for part in range(3)]
            Q, K, V = (own @ W[each].T + b[each] for each in rows)
            joined.append(np.array([softmax(q @ K.T / np.sqrt(d_k)) @ V for q in Q]))
        wanted = np.concatenate(joined, axis=1) @ W_O.T + b_O
        np.testing.assert_allclose(found[number, :length], wanted, atol=1e-5)


def test_algorithm_1():
    torch.manual_seed(0)
    heads, dim = 3, 4
    attention = AlgorithmAttention(dim, heads, 0.0)
    x, lengths = spectrum([5, 3], bins=dim)
    found = attention(x, Frames(x, lengths).mask()).detach().numpy()
    W_q, W_k, W_v, W_O = (getattr(attention, name).weight.detach().numpy() for name in ("query", "key", "value", "out"))
    W_Q = attention.per_head.weight.detach().numpy().reshape(heads, dim, dim)
    for number, length in enumerate(lengths.tolist()):
        own = x[number, :length].numpy()
        Q, K, V = own @ W_q.T, own @ W_k.T, own @ W_v.T
        joined = [np.array([softmax(W_Q[head] @ q @ K.T / np.sqrt(dim)) @ V for q in Q]) for head in range(heads)]
        np.testing.assert_allclose(found[number, :length], np.concatenate(joined, axis=1) @ W_O.T, atol=1e-5)


def test_a_convolution_block_by_torchs_own_layers_item_by_item():
    torch.manual_seed(0)
    block = lived(MaskedBlock(1, 3, 4))
    x, lengths = spectrum([9, 6, 5], bins=8)
    found, left = block(x[:, None], lengths)
    assert left.tolist() == [4, 3, 2]
    norm = nn.BatchNorm2d(3)
    norm.load_state_dict(block.norm.state_dict())
    own = nn.Sequential(block.convolution, norm, nn.ReLU(), nn.MaxPool2d((2, 4))).eval()
    for number, length in enumerate(lengths.tolist()):
        wanted = own(x[None, number : number + 1, :length])[0]
        torch.testing.assert_close(found[number, :, : left[number]], wanted)
        assert not found[number, :, left[number] :].any()


def test_a_convolution_block_learns_from_true_frames_alone():
    """Values, gradients and statistics are those of torch's layers on the true frames of all items, side by side."""
    torch.manual_seed(0)
    block, norm = MaskedBlock(2, 3, 4).double(), nn.BatchNorm2d(3).double()
    nn.init.normal_(block.norm.weight)  # negative ones too
    norm.load_state_dict(block.norm.state_dict())
    x, lengths = torch.randn(3, 2, 9, 8, dtype=torch.float64), torch.tensor([9, 6, 3])
    x *= Frames(x[:, 0], lengths).mask()[:, None, :, None]
    weight = torch.randn(3, 3, 4, 2, dtype=torch.float64)
    mapped = block.convolution(x)
    true = torch.cat([own[:, :length] for own, length in zip(mapped, lengths, strict=True)], dim=1)[None]
    normed = torch.split(norm(true)[0], lengths.tolist(), dim=1)
    wanted = [nn.functional.max_pool2d(own.relu(), (2, 4)) for own in normed]
    sum((own * weight[number, :, : own.shape[1]]).sum() for number, own in enumerate(wanted)).backward()
    gradients = [each.grad.clone() for each in block.convolution.parameters()]
    block.zero_grad()
    found, left = block(x, lengths)
    (found * weight).sum().backward()
    for number, own in enumerate(wanted):
        torch.testing.assert_close(found[number, :, : left[number]], own, atol=1e-5, rtol=1e-5, check_dtype=False)
        assert not found[number, :, left[number] :].any()
    for one, other in zip(block.convolution.parameters(), gradients, strict=True):
        torch.testing.assert_close(one.grad, other, atol=1e-4, rtol=1e-4)
    for one, other in zip(block.norm.parameters(), norm.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(block.norm.running_mean, norm.running_mean, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(block.norm.running_var, norm.running_var, atol=1e-6, rtol=1e-5)


def test_a_convolution_block_learns_as_torchs_own_layers_do():
    torch.manual_seed(0)
    block = MaskedBlock(2, 3, 4)
    nn.init.normal_(block.norm.weight)  # negative ones too
    torchs = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d((2, 4)))
    torchs[0].load_state_dict(block.convolution.state_dict())
    torchs[1].load_state_dict(block.norm.state_dict())
    x, weight = torch.randn(3, 2, 8, 8), torch.randn(3, 3, 4, 2)
    found, wanted = block(x, torch.full((3,), 8))[0], torchs(x)
    torch.testing.assert_close(found, wanted)
    (found * weight).sum().backward()
    (wanted * weight).sum().backward()
    for (name, one), other in zip(block.named_parameters(), torchs.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-5, rtol=1e-4, msg=name)


READINGS = {
    "paper": {},
    "three heads": {"heads": 3},
    "no CNN": {"channels": ()},
    "one layer": {"layers": 1},
    "one direction": {"bidirectional": False},
    "equation 5": {"cell": "gru_reset_before"},
    "Algorithm 1": {"attention": "algorithm"},
    "maximum": {"pooling": "max"},
    "deviations": {"pooling": "mean_deviation"},
    "Transformer's": {"positions": True, "residual": True, "norm": True},
    "Bi-GRU": {"heads": 0},
    "CNN": {"cell": "none", "heads": 0},
    "LSTM": {"channels": (), "cell": "lstm", "bidirectional": False, "heads": 0},
    "RNN": {"channels": (), "cell": "rnn", "bidirectional": False, "heads": 0},
    "self-attention": {"channels": (), "cell": "none", "heads": 1},
}


@pytest.mark.parametrize("settings", READINGS.values(), ids=READINGS)
def test_an_utterance_is_the_same_alone_and_behind_any_padding(settings):
    network = lived(made(**settings))
    given = spectrum([31, 9, 17, 4, 1])
    together = network(given)
    longer = network(Frames(nn.functional.pad(given.values, (0, 0, 0, 12)), given.lengths))
    torch.testing.assert_close(longer.logits, together.logits, atol=1e-5, rtol=0)
    for number, length in enumerate(given.lengths.tolist()):
        alone = network(Frames(given.values[number : number + 1, :length], torch.tensor([length])))
        torch.testing.assert_close(together.logits[number], alone.logits[0], atol=1e-5, rtol=0)
        torch.testing.assert_close(together.embedding[number], alone.embedding[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("settings", READINGS.values(), ids=READINGS)
def test_every_parameter_is_trained(settings):
    network = made(**settings).train()
    network(spectrum([31, 9, 17, 4])).logits.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0 or name.endswith("convolution.bias"), name


def test_what_stands_around_the_attention_and_after_it():
    """Against loops and torch's own: places, the sum, the layer norm, and mean and deviation of true frames."""
    network = lived(made(positions=True, residual=True, norm=True, pooling="mean_deviation"))
    given, seen = spectrum([31, 9]), {}
    network.recurrent[-1].register_forward_hook(lambda _m, _g, found: seen.update(states=found))
    network.attention.register_forward_hook(lambda _m, asked, found: seen.update(asked=asked[0], attended=found))
    network.dense.register_forward_hook(lambda _m, asked, _f: seen.update(pooled=asked[0]))
    network(given)
    states, dim = seen["states"].detach(), 12
    places = torch.zeros(states.shape[1], dim)
    for at in range(len(places)):
        for pair in range(dim // 2):
            places[at, 2 * pair] = np.sin(at / 10000 ** (2 * pair / dim))
            places[at, 2 * pair + 1] = np.cos(at / 10000 ** (2 * pair / dim))
    torch.testing.assert_close(seen["asked"], states + places, atol=1e-5, rtol=0)
    normed = nn.functional.layer_norm(states + seen["attended"], (dim,), network.norm.weight, network.norm.bias)
    for number, frames in enumerate((31 // 4, 9 // 4)):  # after two pools
        own = normed[number, :frames]
        wanted = torch.cat([own.mean(0), own.std(0, correction=0)])
        torch.testing.assert_close(seen["pooled"][number], wanted, atol=2e-3, rtol=1e-3)


class Exported(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, values):
        return self.network(Frames(values, torch.full_like(values[:, 0, 0], values.shape[1], dtype=torch.int64))).logits


@pytest.mark.filterwarnings("ignore")  # the tracer warns of every size that it takes for a constant
@pytest.mark.parametrize("settings", READINGS.values(), ids=READINGS)
def test_one_graph_serves_every_length_and_batch(settings):
    network = lived(made(**settings))
    switched = [module for module in network.modules() if hasattr(module, "exporting")]
    for module in switched:
        module.exporting = True
    stream = io.BytesIO()
    torch.onnx.export(
        Exported(network).eval(), (torch.zeros(2, 20, 16),), stream, dynamo=False, opset_version=18, input_names=["values"],
        dynamic_axes={"values": {0: "batch", 1: "frames"}},
    )  # fmt: skip
    for module in switched:
        module.exporting = False
    graph = onnxruntime.InferenceSession(stream.getvalue(), providers=["CPUExecutionProvider"])
    for batch, frames in ((1, 50), (3, 20), (2, 7), (1, 1)):
        values = spectrum([frames] * batch, seed=frames).values
        (found,) = graph.run(None, {"values": values.numpy()})
        np.testing.assert_allclose(found, Exported(network)(values).detach().numpy(), atol=1e-5)


def test_the_classifier_is_two_layers_with_relu_and_dropout_between():
    network = lived(made(dense=512, attention_dropout=0)).requires_grad_(False)
    given = spectrum([16] * 8)
    pooled = inputs_of(network.dense, lambda: network(given))
    found = network(given)
    for item in range(8):
        hidden = np.maximum(network.dense.weight.numpy() @ pooled[item].numpy() + network.dense.bias.numpy(), 0)
        np.testing.assert_allclose(found.embedding[item], hidden, atol=1e-5)
        wanted = network.classifier.weight.numpy() @ hidden + network.classifier.bias.numpy()
        np.testing.assert_allclose(found.logits[item], wanted, atol=1e-5)
    network.activation.train()
    assert share_dropped(found.embedding, inputs_of(network.classifier, lambda: network(given))) == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize("attention", ["equations", "algorithm"])
def test_dropout_stands_behind_the_softmax_of_attention(attention):
    torch.manual_seed(0)
    network = made(attention=attention).requires_grad_(False)
    layer, seen = network.attention.train(), []
    layer.dropout.register_forward_hook(lambda _module, given, found: seen.extend([given[0], found]))
    width = layer.project_in.in_features if attention == "equations" else layer.query.in_features
    layer(torch.randn(2, 50, width), torch.ones(2, 50, dtype=torch.bool))
    torch.testing.assert_close(seen[0].sum(-1), torch.ones_like(seen[0][..., 0]))
    assert share_dropped(*seen) == pytest.approx(0.2, abs=0.03)


def test_parameters_are_the_specifications():
    for classes, wanted in ((4, 1_312_164), (7, 1_312_551)):
        network = BiGRUMHA(BiGRUMHAConfig(), 400, classes)
        assert count(network) == wanted
    assert count(network.cnn) == 4_896
    assert count(network.recurrent) == 1_010_688
    assert count(network.attention) == 263_168
    assert {count(BiGRUMHA(BiGRUMHAConfig(heads=heads), 400, 7)) for heads in (4, 8, 16, 32)} == {1_312_551}


def test_shapes_of_the_specifications_table():
    network = BiGRUMHA(BiGRUMHAConfig(), 400, 7).eval()
    shapes = []
    for module in (*network.cnn, *network.recurrent, network.attention, network.dense, network.classifier):
        module.register_forward_hook(
            lambda _module, _given, found: shapes.append(tuple((found[0] if isinstance(found, tuple) else found).shape))
        )
    network(spectrum([281, 100], bins=400))
    frames = (281 + 3) // 2 // 2
    assert shapes == [
        (2, 16, 142, 100), (2, 32, frames, 25), (2, frames, 256), (2, frames, 256), (2, frames, 256), (2, 128), (2, 7)
    ]  # fmt: skip


def test_settings_that_do_not_fit_raise():
    with pytest.raises(ValueError, match="leave none"):
        BiGRUMHA(BiGRUMHAConfig(), 8, 7)
    with pytest.raises(ValueError, match="stand around the attention"):
        BiGRUMHA(BiGRUMHAConfig(heads=0, residual=True), 400, 7)
    with pytest.raises(ValueError, match="do not divide"):
        BiGRUMHA(BiGRUMHAConfig(heads=7), 400, 7)
