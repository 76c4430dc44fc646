"""Recurrent layers that torch lacks: loops by hand, gradients, one graph for every length."""

import io

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from serkit.models._recurrent import PeepholeLSTM, Recurrent, ResetBeforeGRU


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def peepholes_by_hand(layer, x):
    """Graves, Jaitly and Mohamed 2013, equations 2 to 6, gate by gate."""
    H = layer.hidden
    W_x, W_h, b, w_c = (each.detach().numpy() for each in (layer.from_input, layer.from_state, layer.bias, layer.peepholes))
    rows = {gate: slice(number * H, (number + 1) * H) for number, gate in enumerate("iofc")}
    h, c, states = np.zeros(H), np.zeros(H), []
    for frame in x:
        sums = {gate: W_x[own] @ frame + W_h[own] @ h + b[own] for gate, own in rows.items()}
        i = sigmoid(sums["i"] + w_c[rows["i"]] * c)
        f = sigmoid(sums["f"] + w_c[rows["f"]] * c)
        c = f * c + i * np.tanh(sums["c"])
        o = sigmoid(sums["o"] + w_c[rows["o"]] * c)
        h = o * np.tanh(c)
        states.append(h)
    return np.array(states)


def test_peepholes_by_hand():
    torch.manual_seed(0)
    layer = PeepholeLSTM(5, 3)
    x = torch.randn(2, 7, 5)
    found, last = layer(x)
    for item in range(2):
        np.testing.assert_allclose(found[item].detach(), peepholes_by_hand(layer, x[item].numpy()), atol=1e-6)
    assert torch.equal(last[0], found[:, -1])


def test_without_peepholes_it_is_torchs_own():
    torch.manual_seed(0)
    layer, torchs = PeepholeLSTM(5, 3), nn.LSTM(5, 3, batch_first=True)
    layer.peepholes.data.zero_()
    order = torch.cat([torch.arange(3) + 3 * gate for gate in (0, 2, 3, 1)])  # torch's is i, f, c, o
    torchs.weight_ih_l0.data.copy_(layer.from_input[order])
    torchs.weight_hh_l0.data.copy_(layer.from_state[order])
    torchs.bias_ih_l0.data.copy_(layer.bias[order])
    torchs.bias_hh_l0.data.zero_()
    x = torch.randn(2, 7, 5)
    torch.testing.assert_close(layer(x)[0], torchs(x)[0])


@pytest.mark.parametrize("kind", [PeepholeLSTM, ResetBeforeGRU])
def test_gradients(kind):
    """Of the input and all weights, against finite differences."""
    torch.manual_seed(0)
    layer = kind(3, 2).double()
    names = [name for name, _ in layer.named_parameters()]
    x = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)

    def states(x, *weights):
        return torch.func.functional_call(layer, dict(zip(names, weights, strict=True)), (x,))[0]

    assert torch.autograd.gradcheck(states, (x, *(each.detach().requires_grad_() for each in layer.parameters())))


@pytest.mark.filterwarnings("ignore")  # the tracer warns of every size that it takes for a constant
@pytest.mark.parametrize("cell", ["lstm_peepholes", "gru_reset_before"])
def test_one_graph_serves_every_length_with_onnxs_own_operator(cell):
    torch.manual_seed(0)
    layer = Recurrent(cell, 5, 3).eval()

    class Whole(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def forward(self, x):
            return self.layer(x, torch.full_like(x[:, 0, 0], x.shape[1], dtype=torch.int64))

    for module in (layer.onward, layer.back):
        module.exporting = True
    stream = io.BytesIO()
    torch.onnx.export(
        Whole(), (torch.zeros(2, 6, 5),), stream, dynamo=False, opset_version=18, input_names=["x"],
        dynamic_axes={"x": {0: "batch", 1: "frames"}},
    )  # fmt: skip
    for module in (layer.onward, layer.back):
        module.exporting = False
    operator = "LSTM" if cell == "lstm_peepholes" else "GRU"
    nodes = [node for node in onnx.load_model_from_string(stream.getvalue()).graph.node if node.op_type in ("LSTM", "GRU")]
    assert [node.op_type for node in nodes] == [operator] * 2
    if operator == "LSTM":
        assert all(len(node.input) == 8 and node.input[7] for node in nodes)  # its last input, P, is the peepholes
    graph = onnxruntime.InferenceSession(stream.getvalue(), providers=["CPUExecutionProvider"])
    for batch, frames in ((1, 40), (3, 6), (2, 1)):
        x = torch.randn(batch, frames, 5)
        (found,) = graph.run(None, {"x": x.numpy()})
        np.testing.assert_allclose(found, Whole()(x).detach().numpy(), atol=1e-6)
