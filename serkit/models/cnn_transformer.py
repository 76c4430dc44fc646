"""Two parallel CNNs and a Transformer encoder on one map of MFCCs.

An, Ruan: "Speech Emotion Recognition algorithm based on deep learning algorithm fusion of temporal and spatial features",
J. Phys.: Conf. Ser. 1861 (2021) 012064, https://doi.org/10.1088/1742-6596/1861/1/012064

The paper gives the input (40 x 282 MFCCs, Section 2.5), two parallel CNNs and the encoder of Vaswani et al. 2017 (Section 1),
and nothing else of the network. Its text, figures and label order are those of a public notebook that it does not cite (Zenkov,
transformer-cnn-emotion-recognition, 2020, commit 702fbff): sizes that the paper leaves open are the notebook's, and the whole
has the notebook's 248,488 parameters. Where the two differ, see docs/reproduction/cnn_transformer.md.
"""

from typing import Annotated, ClassVar, Literal, cast

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from serkit.config import Config
from serkit.frames import Frames, Output
from serkit.models._layers import Dropout, MultiHeadAttention, ReLUDropout, normalize_and_pool

_Size = Annotated[int, Field(ge=1, le=4096)]


class CNNTransformerConfig(Config):
    """Defaults: the paper's network, with the notebook's sizes where the paper is silent."""

    type: Literal["cnn_transformer"] = "cnn_transformer"
    cnns: int = Field(2, ge=0, le=2)  # Section 1; 0 and 1 are ablations
    channels: tuple[_Size, ...] = Field((16, 32, 64), min_length=1)  # not in the paper
    pools: tuple[_Size, ...] = Field((2, 4, 4), min_length=1)  # not in the paper
    cnn_dropout: float = Field(0.3, ge=0, lt=1)  # not in the paper
    layers: int = Field(4, ge=0, le=100)  # not in the paper; 0 leaves the Transformer out, an ablation
    heads: int = Field(4, ge=1, le=4096)  # not in the paper
    feedforward: int = Field(512, ge=1, le=65536)  # not in the paper
    time_pool: int = Field(4, ge=1, le=4096)  # not in the paper
    transformer_dropout: float = Field(0.4, ge=0, lt=1)  # not in the paper


class ConvolutionBlock(nn.Sequential):
    """Convolution 3 x 3, batch norm, ReLU, max pooling, dropout: (batch, in, h, w) to (batch, out, h // pool, w // pool).

    The maximum comes before the ReLU here: the two commute, in value and gradient, and the ReLU then sees a quarter or less.
    """

    def __init__(self, channels_in: int, channels_out: int, pool: int, dropout: float) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, 3, padding=1),
            nn.BatchNorm2d(channels_out),
            nn.MaxPool2d(pool),
            ReLUDropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The blocks in turn, or, where a CPU trains, the second and third in one."""
        convolution, norm, pool, activation = self
        x = convolution(x)
        if self.training and x.is_cpu and x.dtype in (torch.float32, torch.float64):
            x = normalize_and_pool(x, cast(nn.BatchNorm2d, norm), cast(int, cast(nn.MaxPool2d, pool).kernel_size))
        else:
            x = pool(norm(x))
        out: Tensor = activation(x)
        return out


class EncoderLayer(nn.Module):
    """One layer of the encoder of Vaswani et al. 2017, normalized after each residual: (batch, frames, dim) to the same."""

    def __init__(self, dim: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(dim, heads, dropout)
        self.widen = nn.Linear(dim, feedforward)
        self.narrow = nn.Linear(feedforward, dim)
        self.norm_attention = nn.LayerNorm(dim)
        self.norm_feedforward = nn.LayerNorm(dim)
        self.dropout = Dropout(dropout)
        self.activation = ReLUDropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Attention over all frames, then the same two linear maps at each frame."""
        x = self.norm_attention(x + self.dropout(self.attention(x)))
        inner = self.activation(self.widen(x))  # (batch, frames, feedforward)
        normed: Tensor = self.norm_feedforward(x + self.dropout(self.narrow(inner)))
        return normed


class CNNTransformer(nn.Module):
    """MFCCs (batch, frames, coefficients), of one number of frames, to logits over `classes` emotions."""

    sections: ClassVar = {
        "front_ends*": "2.4, eq. 1",
        "model.cnns*": "1, 2.2, 2.5",
        "model.encoder*": "2.5, Vaswani et al. 2017",
        "model.classifier": "2.2",
    }

    def __init__(self, config: CNNTransformerConfig, frames: int, coefficients: int, classes: int) -> None:
        super().__init__()
        if len(config.channels) != len(config.pools):
            raise ValueError(f"{len(config.channels)} channels and {len(config.pools)} pools do not pair up")
        if not config.cnns and not config.layers:
            raise ValueError("a model without CNN and without Transformer has nothing to classify")
        height, width = coefficients, frames
        for pool in config.pools:
            height, width = height // pool, width // pool
        if config.cnns and not height * width:
            raise ValueError(f"{frames} frames of {coefficients} coefficients are too few for pools of {config.pools}")
        if config.layers and frames < config.time_pool:
            raise ValueError(f"{frames} frames are too few for a time_pool of {config.time_pool}")
        self.time_pool = config.time_pool
        self.cnns = nn.ModuleList(
            nn.Sequential(
                *(
                    ConvolutionBlock(before, after, pool, config.cnn_dropout)
                    for before, after, pool in zip((1, *config.channels), config.channels, config.pools, strict=False)
                ),
                nn.Flatten(),
            )
            for _ in range(config.cnns)
        )
        self.encoder = nn.Sequential(
            *(
                EncoderLayer(coefficients, config.heads, config.feedforward, config.transformer_dropout)
                for _ in range(config.layers)
            )
        )
        dim = config.cnns * config.channels[-1] * height * width + (coefficients if config.layers else 0)
        self.classifier = nn.Linear(dim, classes)

    def forward(self, mfcc: Frames) -> Output:
        """Logits, and the joined branches as the embedding. Padding counts as signal, as in the notebook."""
        x = mfcc.values.transpose(1, 2)  # (batch, coefficients, frames)
        maps = x[:, None].contiguous(memory_format=torch.channels_last)  # (batch, 1, coefficients, frames)
        branches = [cnn(maps) for cnn in self.cnns]  # each (batch, channels * height * width)
        if len(self.encoder):
            steps = F.max_pool1d(x, self.time_pool).transpose(1, 2)  # (batch, frames // time_pool, coefficients)
            branches.append(self.encoder(steps).mean(dim=1))  # (batch, coefficients)
        embedding = torch.cat(branches, dim=1)  # (batch, dim)
        return Output(self.classifier(embedding), embedding)
