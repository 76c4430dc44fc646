"""AMSNet's layer with peepholes beside the same equations left to torch, and beside torch's layer, which has no peepholes."""

import torch
from torch import Tensor, nn

from benchmarks.measure import Line, interleaved
from serkit.models._recurrent import Recurrent
from serkit.train import heap


class Plain(nn.Module):
    """Both directions of Graves et al. 2013, as one writes them: torch records every operation and finds the gradient."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.from_input = nn.ModuleList(nn.Linear(dim, 4 * hidden) for _ in range(2))
        self.from_state = nn.ModuleList(nn.Linear(hidden, 4 * hidden, bias=False) for _ in range(2))
        self.peepholes = nn.ParameterList(torch.rand(3, hidden) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self._direction(0, x), self._direction(1, x.flip(1)).flip(1)], dim=2)

    def _direction(self, at: int, x: Tensor) -> Tensor:
        state = cell = x.new_zeros(x.shape[0], self.hidden)
        to_i, to_f, to_o = self.peepholes[at]
        found = []
        for own in self.from_input[at](x).unbind(1):
            i, f, new, o = (own + self.from_state[at](state)).chunk(4, dim=1)
            cell = (f + to_f * cell).sigmoid() * cell + (i + to_i * cell).sigmoid() * new.tanh()
            state = (o + to_o * cell).sigmoid() * cell.tanh()
            found.append(state)
        return torch.stack(found, dim=1)


def peepholes(rounds: int) -> list[Line]:
    """Batch 32 of 298 frames of 76 descriptors (3 s), 128 units a direction: forward and gradient; one thread."""
    heap.keep()  # as trainings do; all three gain by it
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, lengths = torch.randn(32, 298, 76), torch.full((32,), 298)
    ours, plain = Recurrent("lstm_peepholes", 76, 128), Plain(76, 128)
    torchs = nn.LSTM(76, 128, batch_first=True, bidirectional=True)
    contenders = {
        "ours": lambda: ours(x, lengths).sum().backward(),
        "plain": lambda: plain(x).sum().backward(),
        "torch": lambda: torchs(x)[0].sum().backward(),
    }
    found = interleaved(contenders, rounds)
    what = "LSTM with peepholes, both directions, batch 32 of 298 x 76, forward and gradient, one thread"
    return [
        Line(what, found["ours"], found["plain"], "", "the same equations, differentiated by torch"),
        Line(what, found["ours"], found["torch"], "", "`nn.LSTM`, which has no peepholes"),
    ]
