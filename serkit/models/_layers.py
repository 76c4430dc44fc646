"""What several papers share: dropout whose random numbers are cheap, and the attention of Vaswani et al. 2017, written out."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Dropout(nn.Module):
    """Dropout with the distribution of `nn.Dropout`, a quarter of its random bits and a fraction of its time on a CPU.

    Each element takes one byte of PyTorch's own generator (so `torch.manual_seed` fixes it). A byte below floor(256 p)
    drops the element, one above keeps it, and only where it is equal, once in 256, is a second number drawn, which decides
    with what is left of the probability: P(drop) = p to the precision of a double. On a GPU it is `F.dropout`.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"a dropout probability of {p} is outside [0, 1)")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """`x` with each element zero with probability p and scaled by 1 / (1 - p) otherwise, while training."""
        if not self.training or self.p == 0:
            return x
        if not x.is_cpu:
            return F.dropout(x, self.p)
        dropped: Tensor = _ByteDropout.apply(x, self.p)  # type: ignore[no-untyped-call]
        return dropped

    def extra_repr(self) -> str:
        """The probability, for the printed module."""
        return f"p={self.p}"


def keep_mask(n: int, p: float) -> Tensor:
    """(n,) bool, each False with probability `p`, independent."""
    low = math.floor(256 * p)
    words = torch.empty((n + 7) // 8, dtype=torch.int64).random_(torch.iinfo(torch.int64).min, None)
    draws = words.view(torch.uint8)
    keep = draws >= low
    # Ties are found eight bytes at a time: `nonzero` over all bytes would cost as much as drawing them.
    tied = (draws == low).view(torch.int64)
    rows = tied.nonzero().squeeze(1)
    ties = tied[rows].view(torch.bool).view(-1, 8)
    undecided = keep.view(-1, 8)[rows]
    undecided[ties] = torch.rand(int(ties.sum()), dtype=torch.float64) >= 256 * p - low
    keep.view(-1, 8)[rows] = undecided
    return keep[:n]


class _ByteDropout(torch.autograd.Function):
    """Keeps the mask, a byte an element, and no copy of the input."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, p: float) -> Tensor:
        keep = keep_mask(x.numel(), p)
        # Laid out as x is in memory (channels last, say), so that the product is one pass over both.
        keep = keep.as_strided(x.shape, x.stride()) if _dense(x) else keep.view(x.shape)
        ctx.save_for_backward(keep)
        ctx.scale = 1 / (1 - p)
        return (x * keep).mul_(ctx.scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (keep,) = ctx.saved_tensors
        return (gradients[0] * keep).mul_(ctx.scale), None


def _dense(x: Tensor) -> bool:
    """Whether x fills its memory without gaps or overlaps, in whatever order of axes."""
    expected = 1
    for stride, size in sorted(zip(x.stride(), x.shape, strict=True)):
        if size == 1:
            continue
        if stride != expected:
            return False
        expected *= size
    return True


class MultiHeadAttention(nn.Module):
    """Scaled dot-product self-attention of Vaswani et al. 2017, Section 3.2: (batch, frames, dim) to the same.

    The function, the parameters and the initialization of `nn.MultiheadAttention`, written out because the TorchScript exporter
    gets that one right at the traced length only. `key_mask` (batch, frames) is True where a frame is real.
    """

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        if dim % heads:
            raise ValueError(f"{heads} attention heads do not divide a width of {dim}")
        self.heads = heads
        self.project_in = nn.Linear(dim, 3 * dim)
        self.project_out = nn.Linear(dim, dim)
        self.dropout = Dropout(dropout)
        nn.init.xavier_uniform_(self.project_in.weight)
        nn.init.zeros_(self.project_in.bias)
        nn.init.zeros_(self.project_out.bias)

    def forward(self, x: Tensor, key_mask: Tensor | None = None) -> Tensor:
        """Attend from every frame to every real frame."""
        batch, frames, dim = x.shape
        query, key, value = self.project_in(x).view(batch, frames, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(2, 3) / math.sqrt(dim // self.heads)  # (batch, heads, frames, frames)
        if key_mask is not None:
            scores = scores.masked_fill(~key_mask[:, None, None, :], -math.inf)
        weights = self.dropout(scores.softmax(dim=-1))
        mixed = (weights @ value).transpose(1, 2).reshape(batch, frames, dim)
        out: Tensor = self.project_out(mixed)
        return out
