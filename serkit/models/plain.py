"""Two plain networks that a system has to beat: convolutions, and a bidirectional LSTM with attention.

No paper's: every choice is the field's habit. Both take recordings of any length.

S. Mirsamadi, E. Barsoum, C. Zhang: "Automatic speech emotion recognition using recurrent neural networks with local attention",
ICASSP 2017, https://doi.org/10.1109/ICASSP.2017.7952552, equations 2 and 3 for the attention.
"""

from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from serkit.config import Config
from serkit.frames import Frames, Output
from serkit.models._layers import TIME_POOL, Dropout, MaskedBlock, masked_mean
from serkit.models._recurrent import Recurrent

_Size = Annotated[int, Field(ge=1, le=4096)]


class CNNConfig(Config):
    """With 64 bands and 7 emotions 101,223 parameters."""

    type: Literal["cnn"] = "cnn"
    channels: tuple[_Size, ...] = Field((16, 32, 64, 128), min_length=1)
    pool: int = Field(2, ge=1, le=64)  # bands that become one, after each convolution
    dropout: float = Field(0.3, ge=0, lt=1)


class BiLSTMAttentionConfig(Config):
    """With 64 bands and 7 emotions 200,711 parameters."""

    type: Literal["bilstm_attention"] = "bilstm_attention"
    hidden: _Size = 128  # of each direction
    layers: int = Field(1, ge=1, le=16)
    dropout: float = Field(0.3, ge=0, lt=1)


class CNN(nn.Module):
    """A spectrogram (batch, frames, bands) to logits over `classes` emotions: blocks of convolutions, their mean, one map."""

    def __init__(self, config: CNNConfig, bands: int, classes: int) -> None:
        super().__init__()
        self.least = TIME_POOL ** len(config.channels)
        before = (1, *config.channels)
        self.blocks = nn.ModuleList(MaskedBlock(*sizes, config.pool) for sizes in zip(before, config.channels, strict=False))
        for _ in config.channels:
            bands //= config.pool
        if not bands:
            raise ValueError(f"pools of {config.pool} bands after {len(config.channels)} convolutions leave none")
        self.dropout = Dropout(config.dropout)
        self.classifier = nn.Linear(bands * config.channels[-1], classes)

    def forward(self, mel: Frames) -> Output:
        """Logits, and the mean over true frames as the embedding. What is too short for the pools gets zeros behind it."""
        lengths = mel.lengths.clamp(min=self.least)
        x = F.pad(mel.values, (0, 0, 0, self.least - 1))[:, None]  # (batch, 1, frames, bands)
        for block in self.blocks:
            x, lengths = block(x, lengths)
        x = x.transpose(1, 2).flatten(2)  # (batch, frames, channels x bands)
        mean = masked_mean(x, Frames(x, lengths).mask())
        return Output(self.classifier(self.dropout(mean)), mean)


class BiLSTMAttention(nn.Module):
    """A spectrogram (batch, frames, bands) to logits over `classes` emotions: recurrent layers, weighted mean, one map."""

    def __init__(self, config: BiLSTMAttentionConfig, bands: int, classes: int) -> None:
        super().__init__()
        dims = [bands, *[2 * config.hidden] * (config.layers - 1)]
        self.recurrent = nn.ModuleList(Recurrent("lstm", dim, config.hidden) for dim in dims)
        self.attention = nn.Linear(2 * config.hidden, 1, bias=False)  # u
        self.dropout = Dropout(config.dropout)
        self.classifier = nn.Linear(2 * config.hidden, classes)

    def forward(self, mel: Frames) -> Output:
        """Logits, and the weighted mean of the states of true frames as the embedding."""
        x, mask = mel.values, mel.mask()
        for layer in self.recurrent:
            x = layer(x, mel.lengths)
        scores: Tensor = self.attention(x)[..., 0].masked_fill(~mask, -torch.inf)
        mean = (scores.softmax(dim=1)[..., None] * x).sum(1)  # (batch, 2 x hidden)
        return Output(self.classifier(self.dropout(mean)), mean)
