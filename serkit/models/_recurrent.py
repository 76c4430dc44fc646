"""Recurrent layers that papers print and torch does not have, and both directions over items of several lengths."""

from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

Cell = Literal["gru", "gru_reset_before", "lstm", "lstm_peepholes", "rnn"]


class Recurrent(nn.Module):
    """One layer over (batch, frames, dim) in one direction or, side by side, in both: (batch, frames, hidden or 2 x hidden).

    The backward direction begins at each item's own last true frame, so that padding reaches no true frame.
    """

    def __init__(self, cell: Cell, dim: int, hidden: int, *, bidirectional: bool = True) -> None:
        super().__init__()
        self.onward = _layer(cell, dim, hidden)
        self.back = _layer(cell, dim, hidden) if bidirectional else None
        self.dim = 2 * hidden if bidirectional else hidden

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """The states after each frame, `lengths` (batch,) of which are true; what padding gives is left as it is."""
        onward: Tensor = self.onward(x)[0]
        if self.back is None:
            return onward
        order = reversal(x.shape[1], lengths)[..., None]  # (batch, frames, 1)
        turned = torch.gather(x, 1, order.expand(-1, -1, x.shape[2]))
        back: Tensor = self.back(turned)[0]
        return torch.cat([onward, torch.gather(back, 1, order.expand(-1, -1, back.shape[2]))], dim=2)


def reversal(frames: int, lengths: Tensor) -> Tensor:
    """Where each of (batch, frames) goes when an item's true frames are turned around; padding stays."""
    at = torch.arange(frames, device=lengths.device)[None, :]
    last = lengths[:, None] - 1
    return torch.where(at <= last, last - at, at)


def _layer(cell: Cell, dim: int, hidden: int) -> nn.Module:
    match cell:
        case "gru":
            return nn.GRU(dim, hidden, batch_first=True)
        case "gru_reset_before":
            return ResetBeforeGRU(dim, hidden)
        case "lstm":
            return nn.LSTM(dim, hidden, batch_first=True)
        case "lstm_peepholes":
            return PeepholeLSTM(dim, hidden)
        case "rnn":
            return nn.RNN(dim, hidden, batch_first=True)


class _Gated(nn.Module):
    """The weights of a layer with so many gates, drawn as torch draws those of its recurrent layers."""

    exporting = False

    def __init__(self, gates: int, dim: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.from_input = self._drawn(gates * hidden, dim)
        self.from_state = self._drawn(gates * hidden, hidden)
        self.bias = self._drawn(gates * hidden)

    def _drawn(self, *shape: int) -> nn.Parameter:
        bound = self.hidden**-0.5
        return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))


class ResetBeforeGRU(_Gated):
    """The gated recurrent unit as Cho et al. 2014 print it: (batch, frames, dim) to its states and the last of them.

        r_t = sigmoid(W_r [x_t ; h_t-1] + b_r)        z_t = sigmoid(W_z [x_t ; h_t-1] + b_z)
        n_t = tanh(W [x_t ; r_t * h_t-1] + b)         h_t = (1 - z_t) * n_t + z_t * h_t-1

    `torch.nn.GRU` takes r_t times (W_h h_t-1 + b_h) instead, which is another function. In a graph this is ONNX's operator GRU
    with linear_before_reset 0. Weights are (3 x hidden, ...) in the order r, z, n.
    """

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__(3, dim, hidden)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """States (batch, frames, hidden) and the last (1, batch, hidden)."""
        if self.exporting:
            states = cast(Tensor, _OnnxGRU.apply(x, self.from_input, self.from_state, self.bias))  # type: ignore[no-untyped-call]
            return states, states[:, -1][None]
        gates, candidate = self.from_state[: 2 * self.hidden], self.from_state[2 * self.hidden :]
        state = x.new_zeros(x.shape[0], self.hidden)
        states_: list[Tensor] = []
        # All frames' inputs in one product; `unbind` once, since an index in the loop costs twenty times as much.
        for own in nn.functional.linear(x, self.from_input, self.bias).unbind(1):
            reset, update = (own[:, : 2 * self.hidden] + state @ gates.T).sigmoid().chunk(2, dim=1)
            new = (own[:, 2 * self.hidden :] + (reset * state) @ candidate.T).tanh()
            state = new + update * (state - new)
            states_.append(state)
        return torch.stack(states_, dim=1), state[None]


class PeepholeLSTM(_Gated):
    """Long short-term memory whose gates see the cell: (batch, frames, dim) to its states and the last of them.

    A. Graves, N. Jaitly, A. Mohamed: "Hybrid speech recognition with deep bidirectional LSTM", ASRU 2013, equations 2 to 6:

        i_t = sigmoid(W_xi x_t + W_hi h_t-1 + w_ci * c_t-1 + b_i)    f_t = sigmoid(W_xf x_t + W_hf h_t-1 + w_cf * c_t-1 + b_f)
        c_t = f_t * c_t-1 + i_t * tanh(W_xc x_t + W_hc h_t-1 + b_c)
        o_t = sigmoid(W_xo x_t + W_ho h_t-1 + w_co * c_t + b_o)      h_t = o_t * tanh(c_t)

    Weights are (4 x hidden, ...) in the order i, o, f, c; peepholes (3 x hidden) i, o, f: that of ONNX's operator LSTM, which
    stands in a graph in place of the loop.
    """

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__(4, dim, hidden)
        self.peepholes = self._drawn(3 * hidden)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """States (batch, frames, hidden) and the last (1, batch, hidden)."""
        weights = (self.from_input, self.from_state, self.bias, self.peepholes)
        if self.exporting:
            states = cast(Tensor, _OnnxLSTM.apply(x, *weights))  # type: ignore[no-untyped-call]
            return states, states[:, -1][None]
        with torch.autocast(x.device.type, enabled=False):  # the cell adds up over frames, which bf16 is too coarse for
            own = nn.functional.linear(x.to(self.bias.dtype), self.from_input, self.bias).transpose(0, 1)  # all frames at once
            states = cast(Tensor, _PeepholeLoop.apply(own, self.from_state, self.peepholes))  # type: ignore[no-untyped-call]
        return states.transpose(0, 1), states[-1:]


class _PeepholeLoop(torch.autograd.Function):
    """The frames of `PeepholeLSTM`, one after the other, with a gradient written out.

    Left to torch, each frame records some thirty small operations for the gradient. Here nothing is recorded, the gradient's
    loop holds what depends on the frame after, and everything else is done for all frames at once.
    """

    @staticmethod
    def forward(ctx: Any, own: Tensor, from_state: Tensor, peepholes: Tensor) -> Tensor:
        """States (frames, batch, hidden) of `own` (frames, batch, 4 x hidden), what the input says to i, o, f and c."""
        frames, batch, hidden = own.shape[0], own.shape[1], from_state.shape[1]
        to_i, to_o, to_f = peepholes.view(3, hidden)
        to_i_and_f = torch.stack([to_i, to_f])
        gates = own.new_empty(frames, batch, 4, hidden)
        cells, cells_tanh, states = (own.new_empty(frames, batch, hidden) for _ in range(3))
        state = cell = own.new_zeros(batch, hidden)
        onto_gates = from_state.T
        for said, gate, next_cell, cell_tanh, next_state in zip(own, gates, cells, cells_tanh, states, strict=True):
            torch.addmm(said, state, onto_gates, out=gate.view(batch, 4 * hidden))
            gate[:, 0::2].addcmul_(cell[:, None], to_i_and_f).sigmoid_()
            i, o, f, new = gate.unbind(1)
            torch.mul(f, cell, out=next_cell).addcmul_(i, new.tanh_())
            o.addcmul_(next_cell, to_o).sigmoid_()
            torch.mul(o, torch.tanh(next_cell, out=cell_tanh), out=next_state)
            state, cell = next_state, next_cell
        ctx.save_for_backward(gates, cells, cells_tanh, states, from_state, peepholes)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, to_states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """With respect to what the input says (frames, batch, 4 x hidden), the state's weights and the peepholes."""
        gates, cells, cells_tanh, states, from_state, peepholes = ctx.saved_tensors
        frames, batch, _, hidden = gates.shape
        w_i, w_o, w_f = peepholes.view(3, hidden)
        i, o, f, new = gates.unbind(2)
        earlier = torch.cat([cells.new_zeros(1, batch, hidden), cells[:-1]])  # c_t-1
        # The sums of the gates by what they make: those of i, f and c by the cell, that of o by the state.
        slopes = torch.stack([new * i * (1 - i), torch.zeros_like(o), earlier * f * (1 - f), i * (1 - new * new)], dim=2)
        slope_o = cells_tanh * o * (1 - o)
        cell_by_state = o * (1 - cells_tanh * cells_tanh) + slope_o * w_o
        cell_by_cell = f + slopes[:, :, 0] * w_i + slopes[:, :, 2] * w_f
        sums = torch.empty_like(gates)
        to_cell, to_next = gates.new_zeros(batch, hidden), gates.new_zeros(batch, 4 * hidden)
        for t in range(frames - 1, -1, -1):
            to_state = torch.addmm(to_states[t], to_next, from_state)
            to_cell.addcmul_(to_state, cell_by_state[t])
            torch.mul(slopes[t], to_cell[:, None], out=sums[t])
            torch.mul(slope_o[t], to_state, out=sums[t, :, 1])
            to_cell *= cell_by_cell[t]
            to_next = sums[t].view(batch, 4 * hidden)
        flat = sums.view(frames, batch, 4 * hidden)
        to_weights = flat[1:].flatten(0, 1).T @ states[:-1].flatten(0, 1)  # the first state is 0
        seen = torch.stack([earlier, cells, earlier], dim=2)  # by i, o and f
        return flat, to_weights, (sums[:, :, :3] * seen).sum((0, 1)).flatten()


class _OnnxGRU(torch.autograd.Function):
    """What a graph holds in place of the loop of `ResetBeforeGRU`."""

    @staticmethod
    def forward(_ctx: Any, x: Tensor, _from_input: Tensor, from_state: Tensor, _bias: Tensor) -> Tensor:
        """States (batch, frames, hidden), whose values a tracer does not look at."""
        return x.new_zeros(x.shape[0], x.shape[1], from_state.shape[1])

    @staticmethod
    def symbolic(g: Any, x: Any, from_input: Any, from_state: Any, bias: Any) -> Any:
        """ONNX's order is z, r, n."""
        hidden = from_state.type().sizes()[1]

        def ordered(values: Any) -> Any:
            thirds = [_slice(g, values, number * hidden, (number + 1) * hidden) for number in (1, 0, 2)]
            return g.op("Concat", *thirds, axis_i=0)

        weights = [ordered(each) for each in (from_input, from_state, bias)]
        return _operator(g, "GRU", x, weights, (), gates=3, hidden=hidden, linear_before_reset_i=0)


class _OnnxLSTM(torch.autograd.Function):
    """What a graph holds in place of the loop of `PeepholeLSTM`."""

    @staticmethod
    def forward(_ctx: Any, x: Tensor, _from_input: Tensor, from_state: Tensor, _bias: Tensor, _peepholes: Tensor) -> Tensor:
        """States (batch, frames, hidden), whose values a tracer does not look at."""
        return x.new_zeros(x.shape[0], x.shape[1], from_state.shape[1])

    @staticmethod
    def symbolic(g: Any, x: Any, from_input: Any, from_state: Any, bias: Any, peepholes: Any) -> Any:
        """Everything is in ONNX's order; without lengths and first states, its inputs 4 to 6."""
        nothing = g.op("prim::Constant")
        nothing.setType(torch._C.OptionalType.ofTensor())
        rest = (nothing, nothing, nothing, _first_axis(g, peepholes))
        hidden = from_state.type().sizes()[1]
        return _operator(g, "LSTM", x, [from_input, from_state, bias], rest, gates=4, hidden=hidden)


def _operator(
    g: Any, name: str, x: Any, weights: list[Any], rest: tuple[Any, ...], *, gates: int, hidden: int, **more: int
) -> Any:
    """The operator's states (batch, frames, hidden). It wants (frames, batch, dim), and a bias of the state too."""
    from_input, from_state, bias = (_first_axis(g, each) for each in weights)
    zeros = g.op("Constant", value_t=torch.zeros(1, gates * hidden))
    given = (g.op("Transpose", x, perm_i=[1, 0, 2]), from_input, from_state, g.op("Concat", bias, zeros, axis_i=1), *rest)
    states, *_ = g.op(name, *given, outputs=3 if name == "LSTM" else 2, hidden_size_i=hidden, **more)
    states = g.op("Squeeze", states, g.op("Constant", value_t=torch.tensor([1])))  # of (frames, 1, batch, hidden)
    return g.op("Transpose", states, perm_i=[1, 0, 2])


def _first_axis(g: Any, values: Any) -> Any:
    """One direction, as ONNX wants it."""
    return g.op("Unsqueeze", values, g.op("Constant", value_t=torch.tensor([0])))


def _slice(g: Any, values: Any, start: int, end: int) -> Any:
    """Of the first axis."""
    return g.op("Slice", values, *(g.op("Constant", value_t=torch.tensor([each])) for each in (start, end, 0)))
