"""Bidirectional GRUs and multi-head attention on a spectrogram of 10 Hz, over sentences of any length.

Xu, Liu, Song, Liang, Chen: "A New Network Structure for Speech Emotion Recognition Research", Sensors 24 (2024) 1429,
https://doi.org/10.3390/s24051429

The paper names the layers (Section 1 has CNN layers first, Section 2 and Algorithm 1 have none), prints the unit (equations 1
to 5) and the attention (6, 7; Algorithm 1 differs), and Table 2 has heads, dropout and training. Every width, the pooling over
time and what a convolution looks like are open. Our reading is the default; the others are values of the fields.
"""

import math
from typing import Annotated, ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from serkit.config import Config
from serkit.frames import Frames, Output
from serkit.models._layers import TIME_POOL, Dropout, MaskedBlock, MultiHeadAttention, ReLUDropout, masked_mean
from serkit.models._recurrent import Recurrent

_Size = Annotated[int, Field(ge=1, le=4096)]


class BiGRUMHAConfig(Config):
    """Defaults: EmoDB's column of Table 2, and ours where the paper is silent. With 7 emotions it has 1,312,551 parameters."""

    type: Literal["bigru_mha"] = "bigru_mha"
    channels: tuple[_Size, ...] = (
        16,
        32,
    )  # widths and blocks not in the paper; none is the reading of Section 2 and Algorithm 1
    pool: int = Field(4, ge=1, le=64)  # bins that become one, after each convolution; not in the paper
    cell: Literal["gru", "gru_reset_before", "lstm", "rnn", "none"] = (
        "gru"  # equation 5 is "gru_reset_before"; the authors' library has "gru" alone
    )
    layers: int = Field(2, ge=1, le=16)  # Section 1: "dual GRU layers", which may mean two directions
    hidden: _Size = 128  # of each direction; not in the paper
    bidirectional: bool = True  # Section 2.2
    heads: int = Field(8, ge=0, le=4096)  # Table 2; 0 leaves the attention out, the row Bi-GRU of Table 3
    attention: Literal["equations", "algorithm"] = "equations"  # 6 and 7, or Algorithm 1
    attention_dropout: float = Field(0.2, ge=0, lt=1)  # Table 2
    positions: bool = False  # of frames, added before the attention; equation 6 and Algorithm 1 have none
    residual: bool = False  # what goes into the attention added to what comes out; they have none
    norm: bool = False  # layer norm after that; they have none
    pooling: Literal["mean", "max", "mean_deviation"] = "mean"  # over true frames; not in the paper
    dense: _Size = 128  # of the first of two fully connected layers, Section 3.2; width not in the paper
    output_dropout: float = Field(0.2, ge=0, lt=1)  # Table 2; before the second one: not in the paper


class AlgorithmAttention(nn.Module):
    """The attention of Algorithm 1: heads share keys and values, and project the query again; (batch, frames, dim) to the same.

    score_i = softmax(Q W_Qi^T K^T / sqrt(d_k)), head_i = score_i V, with Q = X W_q, K = X W_k, V = X W_v.
    """

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dim, dim, bias=False)  # W_q
        self.key = nn.Linear(dim, dim, bias=False)  # W_k
        self.value = nn.Linear(dim, dim, bias=False)  # W_v
        self.per_head = nn.Linear(dim, heads * dim, bias=False)  # W_Q1 ... W_Qh
        self.out = nn.Linear(heads * dim, dim, bias=False)  # W_O
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, key_mask: Tensor) -> Tensor:
        """Attend from every frame to every real frame."""
        batch, frames, dim = x.shape
        query = self.per_head(self.query(x)).view(batch, frames, self.heads, dim).transpose(1, 2)  # (batch, heads, frames, dim)
        scores = query @ self.key(x)[:, None].transpose(2, 3) / math.sqrt(dim)  # (batch, heads, frames, frames)
        scores = scores.masked_fill(~key_mask[:, None, None, :], -math.inf)
        heads = self.dropout(scores.softmax(dim=-1)) @ self.value(x)[:, None]  # (batch, heads, frames, dim)
        out: Tensor = self.out(heads.transpose(1, 2).reshape(batch, frames, self.heads * dim))
        return out


class BiGRUMHA(nn.Module):
    """A spectrogram (batch, frames, bins), of any lengths, to logits over `classes` emotions.

    An item's logits do not depend on what it is batched with: padding is seen by nothing but the convolution's edge, where it
    is 0 as beyond the last frame. What is shorter than the pools need gets zeros, the training mean, behind it.
    """

    sections: ClassVar = {
        "front_ends*": "2.1",
        "normalizers*": "2.1",
        "model.cnn*": "1",
        "model.recurrent*": "2.2, eq. 1-5",
        **{f"model.attention.{part}": "Algorithm 1" for part in ("query", "key", "value", "per_head", "out")},
        "model.attention*": "2.3, eq. 6-7",
        "model.dense": "3.2",
        "model.activation": "Table 2",
        "model.classifier": "3.2",
    }

    def __init__(self, config: BiGRUMHAConfig, bins: int, classes: int) -> None:
        super().__init__()
        self.config = config
        self.least = TIME_POOL ** len(config.channels)
        self.cnn = nn.ModuleList(
            MaskedBlock(before, after, config.pool)
            for before, after in zip((1, *config.channels), config.channels, strict=False)
        )
        for _ in config.channels:
            bins //= config.pool
        if not bins:
            raise ValueError(f"pools of {config.pool} bins after {len(config.channels)} convolutions leave none")
        dim = bins * (config.channels[-1] if config.channels else 1)
        # A baseline without a recurrent layer attends to frames that are projected to the width that one would have.
        width = config.hidden * (2 if config.bidirectional else 1)
        self.project = nn.Linear(dim, width) if config.cell == "none" and config.heads else None
        self.recurrent = nn.ModuleList()
        if config.cell != "none":
            for layer in range(config.layers):
                own = dim if layer == 0 else width
                self.recurrent.append(Recurrent(config.cell, own, config.hidden, bidirectional=config.bidirectional))
        if self.project is not None or len(self.recurrent):
            dim = width
        if not config.heads and (config.positions or config.residual or config.norm):
            raise ValueError("positions, residual and norm stand around the attention, which heads = 0 leaves out")
        kind = MultiHeadAttention if config.attention == "equations" else AlgorithmAttention
        self.attention = kind(dim, config.heads, config.attention_dropout) if config.heads else None
        self.norm = nn.LayerNorm(dim) if config.norm else None
        self.dense = nn.Linear(dim * (2 if config.pooling == "mean_deviation" else 1), config.dense)
        self.activation = ReLUDropout(config.output_dropout)
        self.classifier = nn.Linear(config.dense, classes)

    def forward(self, spectrum: Frames) -> Output:
        """Logits, and what the last layer sees as the embedding."""
        values, lengths = spectrum
        lengths = lengths.clamp(min=self.least)
        x = F.pad(values, (0, 0, 0, self.least - 1))[:, None]  # (batch, 1, frames, bins)
        for block in self.cnn:
            x, lengths = block(x, lengths)
        x = x.transpose(1, 2).flatten(2)  # (batch, frames, channels x bins)
        if self.project is not None:
            x = self.project(x)
        for layer in self.recurrent:
            x = layer(x, lengths)  # equations 1 to 5: (batch, frames, dim)
        mask = Frames(x, lengths).mask()
        if self.attention is not None:
            attended = self.attention(x + sines(x) if self.config.positions else x, mask)  # equations 6 and 7
            x = x + attended if self.config.residual else attended  # (batch, frames, dim)
        if self.norm is not None:
            x = self.norm(x)
        hidden = self.dense(self._pooled(x, mask))
        return Output(self.classifier(self.activation(hidden)), F.relu(hidden))

    def _pooled(self, x: Tensor, mask: Tensor) -> Tensor:
        """One vector of the true frames: (batch, dim), or with the deviations (batch, 2 x dim)."""
        if self.config.pooling == "max":
            return x.masked_fill(~mask[..., None], -math.inf).amax(1)
        mean = masked_mean(x, mask)
        if self.config.pooling == "mean":
            return mean
        variance = masked_mean((x - mean[:, None]).square(), mask)
        return torch.cat([mean, (variance + 1e-6).sqrt()], dim=1)


def sines(x: Tensor) -> Tensor:
    """Of the places of frames (batch, frames, dim): (1, frames, dim), by Vaswani et al. 2017, Section 3.5."""
    frames, dim = x.shape[1], x.shape[2]
    rates = 10000 ** (-torch.arange(0, dim, 2, device=x.device) / dim)
    turns = torch.arange(frames, device=x.device)[:, None] * rates  # (frames, dim / 2)
    return torch.stack([turns.sin(), turns.cos()], dim=2).flatten(1)[None, :, :dim]
