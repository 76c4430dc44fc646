"""What several papers share: cheaper dropout, batch norm and pooling on a CPU, and the attention of Vaswani et al. 2017."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from serkit.frames import Frames


class Dropout(nn.Module):
    """Dropout with the distribution of `nn.Dropout`, a quarter of its random bits and a fraction of its time on a CPU.

    Each element takes one byte of PyTorch's own generator (so `torch.manual_seed` fixes it); see `keep_mask`. On a GPU it is
    `F.dropout`.
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
        return x * self._scaled(self._kept(x), x.dtype)

    def _kept(self, x: Tensor) -> Tensor:
        """What is kept of x, of its shape, and laid out as x is in memory (channels last, say): one pass over both later."""
        keep = keep_mask(x.numel(), self.p)
        return keep.as_strided(x.shape, x.stride()) if _dense(x) else keep.view(x.shape)

    def _scaled(self, keep: Tensor, dtype: torch.dtype) -> Tensor:
        """0 or 1 / (1 - p): a mask of bools would be converted to floats in the product and again in its gradient."""
        return keep.view(torch.uint8).to(dtype).mul_(1 / (1 - self.p))

    def extra_repr(self) -> str:
        """The probability, for the printed module."""
        return f"p={self.p}"


class ReLUDropout(Dropout):
    """ReLU, then dropout; while a CPU trains in one product, whose gradient is one product too."""

    def forward(self, x: Tensor) -> Tensor:
        """`x` where it is positive and kept, scaled by 1 / (1 - p) while training, and zero elsewhere."""
        if not self.training or self.p == 0 or not x.is_cpu:
            return super().forward(F.relu(x))
        return x * self._scaled(self._kept(x) & (x.detach() > 0), x.dtype)


_THRESHOLDS = 1024


def keep_mask(n: int, p: float) -> Tensor:
    """(n,) bool, each False with probability `p`.

    An element is dropped where its random byte is below a threshold. A threshold of t drops t of 256; 256 p is no whole number,
    so some thresholds are its floor, the others its ceiling, in the proportion that makes P(False) = p to the precision of a
    float: 1024 of them in random order, drawn anew for each mask, each for every 1024th element. Two elements that share a
    threshold are correlated by less than 2^-18 / (p (1 - p)), all others by a thousandth of that.
    """
    low = math.floor(256 * p)
    ceilings = math.floor(_THRESHOLDS * (256 * p - low) + float(torch.rand(())))
    kind = torch.uint8 if low < 255 else torch.int16  # the ceiling of more than 255 is 256
    thresholds = low + (torch.randperm(_THRESHOLDS) < ceilings).to(kind)
    rows = -(-n // _THRESHOLDS)
    words = torch.empty((rows, _THRESHOLDS // 8), dtype=torch.int64).random_(torch.iinfo(torch.int64).min, None)
    return (words.view(torch.uint8) >= thresholds).view(-1)[:n]


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


Pool = int | tuple[int, int]


def normalize_and_pool(x: Tensor, norm: nn.BatchNorm2d, pool: Pool, true: Tensor | None = None) -> Tensor:
    """`F.max_pool2d(norm(x), pool)` while training on a CPU, in value and gradient, with half the passes over memory.

    `x` is (batch, channels, h, w). Batch norm is one affine map a channel, which commutes with the maximum (with the minimum
    where its weight is negative), so that only what the pooling leaves is normalized. Where `true` (batch, 1, h, 1) is 0 and
    not 1, `x` is padding: it counts in no statistic, gets no gradient, and what is pooled out of it means nothing.
    """
    assert norm.num_batches_tracked is not None
    norm.num_batches_tracked.add_(1)
    if not x.is_contiguous(memory_format=torch.channels_last):
        x = x.contiguous()
    pooled: Tensor = _NormalizeAndPool.apply(x, norm.weight, norm.bias, norm, pool, true)  # type: ignore[no-untyped-call]
    return pooled


class _NormalizeAndPool(torch.autograd.Function):
    """Ioffe and Szegedy 2015, Algorithm 1, before a maximum over pool x pool; the gradient is that of its Section 3."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, norm: nn.BatchNorm2d, pool: Pool, true: Tensor | None
    ) -> Tensor:
        """The normalized maxima; the running statistics of `norm` move."""
        assert norm.momentum is not None
        if true is None:
            mean, var = torch.batch_norm_update_stats(x, norm.running_mean, norm.running_var, norm.momentum)
            ctx.n = x.numel() // len(mean)
        else:
            x = x * true
            mean, var, ctx.n = _moments(x, norm, true)
        inverse = (var + norm.eps).rsqrt()
        # The values of x that the maximum of the normalized map would choose.
        if bool((weight >= 0).all()):
            extremes, where = F.max_pool2d(x, pool, return_indices=True)
        else:
            sign = _map(torch.where(weight < 0, -1.0, 1.0).to(x.dtype))
            extremes, where = F.max_pool2d(x * sign, pool, return_indices=True)
            extremes = extremes * sign
        ctx.save_for_backward(x, where, extremes, mean, inverse, weight, true)
        scale = weight * inverse
        return torch.addcmul(_map(bias - mean * scale), extremes, _map(scale))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """With respect to x, weight and bias."""
        x, where, extremes, mean, inverse, weight, true = ctx.saved_tensors
        (gradient,), n = gradients, ctx.n
        scale = weight * inverse
        to_bias = gradient.sum((0, 2, 3))
        to_weight = ((gradient * extremes).sum((0, 2, 3)) - mean * to_bias) * inverse
        # scale * (gradient where the maximum was - mean of the gradient - normalized x * mean of gradient * normalized x)
        slope = -scale * inverse * to_weight / n
        to_x = torch.addcmul(_map(-scale * to_bias / n - slope * mean), x, _map(slope))
        if true is not None:
            to_x *= true
        # The windows do not overlap, so that each maximum has a place of its own. `view` and no copy: to_x itself is added to.
        last = to_x.is_contiguous(memory_format=torch.channels_last)
        order, flat = ((0, 2, 3, 1), (len(x), -1, len(mean))) if last else ((0, 1, 2, 3), (len(x), len(mean), -1))
        own, places, values = (each.permute(order) for each in (to_x, where, gradient * _map(scale)))
        own.view(flat).scatter_add_(1 if last else 2, places.reshape(flat), values.reshape(flat))
        return to_x, to_weight, to_bias, None, None, None


def _moments(x: Tensor, norm: nn.BatchNorm2d, true: Tensor) -> tuple[Tensor, Tensor, int]:
    """Mean and variance of the true values of each channel of `x`, which is 0 elsewhere, and how many they are."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    zeros = torch.zeros_like(norm.running_mean)
    mean, var = torch.batch_norm_update_stats(x, zeros, zeros.clone(), 0.0)
    n = int(true.sum()) * x.shape[3]
    share = x.numel() / x.shape[1] / n
    true_mean = mean * share
    true_var = ((var + mean.square()) * share - true_mean.square()).clamp(min=0)
    norm.running_mean.lerp_(true_mean, norm.momentum or 0.0)
    norm.running_var.lerp_(true_var * (n / max(1, n - 1)), norm.momentum or 0.0)
    return true_mean, true_var, n


def _map(values: Tensor) -> Tensor:
    """(channels,) to be broadcast over (batch, channels, h, w)."""
    return values.view(1, -1, 1, 1)


TIME_POOL = 2


class MaskedBlock(nn.Module):
    """Convolution 3 x 3, batch norm, ReLU, maximum over 2 frames x `pool` bins, of items of several lengths.

    The maximum is taken before the ReLU, with which it commutes. Batch norm learns from true frames alone.
    """

    def __init__(self, channels_in: int, channels_out: int, pool: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels_out)
        self.pool = (TIME_POOL, pool)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, in, frames, bins) with zeros for padding to (batch, out, frames // 2, bins // pool), and its true lengths.

        An odd last frame goes, so that no maximum is over true frames and padding.
        """
        true = Frames(x[:, 0], lengths).mask()[:, None, :, None]  # (batch, 1, frames, 1)
        x = self.convolution(x)
        if self.training:
            x = x.to(self.norm.weight.dtype)  # of bf16 no sums
            x = normalize_and_pool(x, self.norm, self.pool, true.to(x.dtype))
        else:
            x = F.max_pool2d(self.norm(x), self.pool)
        lengths = lengths // TIME_POOL
        return F.relu(x) * Frames(x[:, 0], lengths).mask()[:, None, :, None].to(x.dtype), lengths


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """The mean (batch, dim) of the frames of `x` (batch, frames, dim) that `mask` (batch, frames) calls true."""
    return (x * mask[..., None].to(x.dtype)).sum(1) / mask.sum(1, keepdim=True)


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
        scores = query / math.sqrt(dim // self.heads) @ key.transpose(2, 3)  # (batch, heads, frames, frames)
        if key_mask is not None:
            scores = scores.masked_fill(~key_mask[:, None, None, :], -math.inf)
        weights = self.dropout(scores.softmax(dim=-1))
        mixed = (weights @ value).transpose(1, 2).reshape(batch, frames, dim)
        out: Tensor = self.project_out(mixed)
        return out
