"""Frames by a recurrent layer that attends, utterances by convolutions that squeeze, joined by connection attention.

Chen, Li, Liu, Wang, Wang, Zheng: "Learning multi-scale features for speech emotion recognition with connection attention
mechanism", Expert Systems with Applications 214 (2023) 118943, https://doi.org/10.1016/j.eswa.2022.118943

Contradictions, and what we chose: 76 descriptors a frame (Section 4.2 says 75 once). The sum of equation 1 is of the elements,
so that r has the stated 128 (`directions` concatenates instead). Convolutions are over time with bands for channels (equation
6 divides by T x 1, and in two dimensions one layer would take 67 GB). Global average pooling stands before URLM's dense layer,
where a time axis has to go, and not in FRLM, which equation 4 leaves without one. W_2 of equation 7 is (C, C / r). Peepholes
are cited (Graves et al. 2013) and not printed: see `_recurrent`. Early fusion is described nowhere.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from serkit.config import Config
from serkit.frames import Frames, Output
from serkit.models._layers import Dropout
from serkit.models._recurrent import Recurrent

_Size = Annotated[int, Field(ge=1, le=4096)]
SAID = 128
"""What each module says of an utterance: h_1 and h_2, Section 4.3."""


class AMSNetConfig(Config):
    """Defaults: the whole network. `parts` are the columns of Tables 4 and 5."""

    type: Literal["amsnet"] = "amsnet"
    parts: Literal["connection", "concatenation", "frlm", "urlm", "early"] = "connection"
    hidden: _Size = 128  # of each direction; "from 128 to 512", Section 4.3
    directions: Literal["sum", "concatenation"] = "sum"  # the sign of equation 1
    dropout: float = Field(0.5, ge=0, lt=1)  # of FRLM; rate not in the paper
    filters: tuple[_Size, _Size, _Size] = (512, 256, 128)  # Section 4.3
    kernels: tuple[_Size, _Size, _Size] = (8, 5, 3)  # Section 4.3
    ratio: int = Field(16, ge=1, le=4096)  # r of equation 7; Table 3
    dense: tuple[_Size, _Size] = (64, 8)  # of the classifier, Section 4.3
    weights: Literal["scalar", "vector"] = "scalar"  # W_f of equations 9 and 10: one number a module, or one a dimension


class FRLM(nn.Module):
    """The frame-level representation learning module, Section 3.2: (batch, frames, dim) to h_1 (batch, 128).

    `head`, over `classes`, is the classifier that it is trained with before it is joined with the other; not in the paper.
    """

    def __init__(self, config: AMSNetConfig, dim: int, classes: int | None = None) -> None:
        super().__init__()
        self.sums = config.directions == "sum"
        self.blstm = Recurrent("lstm_peepholes", dim, config.hidden)
        d = config.hidden if self.sums else 2 * config.hidden
        self.w = nn.Parameter(torch.randn(d) / d**0.5)
        self.dropout = Dropout(config.dropout)
        self.dense = nn.Linear(d, SAID)
        self.head = nn.Linear(SAID, classes) if classes else None

    def alone(self, lld: Frames, mel: Frames) -> Output:  # noqa: ARG002 - every stage is given every feature
        """What it recognizes by itself."""
        assert self.head is not None  # asked of a module that has one
        h_1 = self(lld)
        return Output(self.head(h_1), h_1)

    def forward(self, lld: Frames) -> Tensor:
        """What the true frames say."""
        states = self.blstm(lld.values, lld.lengths)  # (batch, frames, 2 x hidden)
        H = sum(states.chunk(2, dim=2)) if self.sums else states  # (1): (batch, frames, d)
        S = H.tanh()  # (2)
        scores = (S @ self.w).masked_fill(~lld.mask(), -torch.inf)
        alpha = scores.softmax(dim=1)  # (3): (batch, frames)
        r = (alpha[..., None] * H).sum(1)  # (4): (batch, d)
        h_1: Tensor = self.dense(self.dropout(r))
        return h_1


class MaskedBatchNorm(nn.BatchNorm1d):
    """Batch norm of (batch, channels, frames) by true frames alone; padding becomes 0."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """`mask` (batch, frames) is True where a frame is real."""
        assert mask is not None
        if not self.training:
            return super().forward(x) * mask[:, None].to(x.dtype)
        frames = x.transpose(1, 2)  # (batch, frames, channels)
        true = super().forward(frames[mask])  # (true frames, channels)
        return torch.zeros_like(frames).masked_scatter(mask[..., None], true.to(frames.dtype)).transpose(1, 2)


class SqueezeExcitation(nn.Module):
    """Equations 6 to 8: (batch, C, frames), 0 in padding, to the same, each channel weighted by what all say together."""

    def __init__(self, channels: int, ratio: int) -> None:
        super().__init__()
        if channels % ratio:
            raise ValueError(f"a ratio of {ratio} does not divide {channels} channels")
        self.W_1 = nn.Linear(channels, channels // ratio, bias=False)
        self.W_2 = nn.Linear(channels // ratio, channels, bias=False)

    def forward(self, R: Tensor, mask: Tensor) -> Tensor:  # noqa: N803 - the paper's symbol
        """`mask` (batch, frames) is True where a frame is real."""
        z = R.sum(2) / mask.sum(1, keepdim=True)  # (6): (batch, C)
        s: Tensor = self.W_2(F.relu(self.W_1(z))).sigmoid()  # (7): (batch, C)
        return s[..., None] * R  # (8)


class TemporalBlock(nn.Module):
    """A convolution over time (equation 5), batch norm, ReLU, and squeeze and excitation where there is a ratio."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, ratio: int | None) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(channels_in, channels_out, kernel)
        self.around = ((kernel - 1) // 2, kernel // 2)  # as long as before; not in the paper, where a kernel is even
        nn.init.kaiming_normal_(self.convolution.weight)  # Section 4.3
        self.norm = MaskedBatchNorm(channels_out)
        self.squeeze = SqueezeExcitation(channels_out, ratio) if ratio else None

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, in, frames), 0 in padding, to (batch, out, frames), 0 in padding."""
        x = F.relu(self.norm(self.convolution(F.pad(x, self.around)), mask))
        return x if self.squeeze is None else self.squeeze(x, mask)


class URLM(nn.Module):
    """The utterance-level representation learning module, Section 3.3: (batch, frames, bands) to h_2 (batch, 128).

    `head` is as in FRLM.
    """

    def __init__(self, config: AMSNetConfig, bands: int, classes: int | None = None) -> None:
        super().__init__()
        before = (bands, *config.filters)
        ratios = (config.ratio, config.ratio, None)  # "the first two convolution blocks are ended with SE-block"
        self.blocks = nn.ModuleList(
            TemporalBlock(*sizes) for sizes in zip(before, config.filters, config.kernels, ratios, strict=False)
        )
        self.dense = nn.Linear(config.filters[-1], SAID)
        self.head = nn.Linear(SAID, classes) if classes else None

    def alone(self, lld: Frames, mel: Frames) -> Output:  # noqa: ARG002 - every stage is given every feature
        """What it recognizes by itself."""
        assert self.head is not None  # asked of a module that has one
        h_2 = self(mel)
        return Output(self.head(h_2), h_2)

    def forward(self, mel: Frames) -> Tensor:
        """What all true frames say together."""
        mask, x = mel.mask(), mel.values.transpose(1, 2)  # (batch, bands, frames)
        for block in self.blocks:
            x = block(x, mask)
        h_2: Tensor = self.dense(x.sum(2) / mask.sum(1, keepdim=True))
        return h_2


class ConnectionAttention(nn.Module):
    """Equations 9 to 12: h_1 and h_2 (batch, 128) to their weighted sum."""

    def __init__(self, weights: Literal["scalar", "vector"]) -> None:
        super().__init__()
        self.W_f = nn.Linear(SAID, 1 if weights == "scalar" else SAID)  # with b, for both modules

    def forward(self, h_1: Tensor, h_2: Tensor) -> Tensor:
        """h (batch, 128)."""
        beta = torch.stack([self.W_f(h_1).tanh(), self.W_f(h_2).tanh()])  # (9), (10): (2, batch, 1)
        alpha = beta.softmax(dim=0)  # (11)
        return alpha[0] * h_1 + alpha[1] * h_2  # (12)


class AMSNet(nn.Module):
    """Descriptors and a mel spectrogram (batch, frames, values or bands) to logits over `classes` emotions.

    Those of `frlm` and `urlm` that are in `pretrain` have classifiers of their own, for stages before the whole: see `alone`.
    """

    sections: ClassVar = {
        "front_ends.lld*": "4.2, Table 1",
        "front_ends.mel*": "4.2",
        "model.frlm.head*": "",
        "model.frlm.blstm*": "3.2, eq. 1",
        "model.frlm": "3.2, eq. 2-4",
        "model.frlm.*": "3.2",
        "model.urlm.head*": "",
        "model.urlm.*.convolution": "3.3, eq. 5",
        "model.urlm.*.squeeze*": "3.3, eq. 6-8",
        "model.urlm*": "3.3, 4.3",
        "model.connect*": "3.4, eq. 9-12",
        "model.classifier*": "4.3",
    }

    joins = ("frlm", "urlm")

    def __init__(self, config: AMSNetConfig, lld: int, mel: int, classes: int, pretrain: Sequence[str] = ()) -> None:
        super().__init__()
        early = config.parts == "early"
        alone = () if early else (*pretrain, config.parts)
        own = {name: classes if name in alone else None for name in ("frlm", "urlm")}
        self.frlm = FRLM(config, lld, own["frlm"]) if config.parts != "urlm" and not early else None
        self.urlm = URLM(config, mel + lld if early else mel, own["urlm"]) if config.parts != "frlm" else None
        self.connect = ConnectionAttention(config.weights) if config.parts == "connection" else None
        width = 2 * SAID if config.parts == "concatenation" else SAID
        first, second = config.dense
        self.classifier = None
        if config.parts not in ("frlm", "urlm"):
            self.classifier = nn.Sequential(
                nn.Linear(width, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, classes)
            )

    def forward(self, lld: Frames, mel: Frames) -> Output:
        """Logits, and what the modules say as the embedding."""
        if self.classifier is None:  # a module by itself
            module = self.urlm if self.frlm is None else self.frlm
            assert module is not None
            return module.alone(lld, mel)
        if self.frlm is None:
            assert self.urlm is not None  # only a module by itself lacks it
            h = self.urlm(_together(lld, mel))
            return Output(self.classifier(h), h)
        return self.joined(**self.said(lld, mel))

    def said(self, lld: Frames, mel: Frames) -> dict[str, Tensor]:
        """h_1 and h_2 (batch, 128) by the modules that say them."""
        assert self.frlm is not None  # asked of a model that has both
        assert self.urlm is not None
        return {"frlm": self.frlm(lld), "urlm": self.urlm(mel)}

    def joined(self, frlm: Tensor, urlm: Tensor) -> Output:
        """What the rest makes of h_1 and h_2."""
        assert self.classifier is not None  # asked of a model that has both
        h = torch.cat([frlm, urlm], dim=1) if self.connect is None else self.connect(frlm, urlm)
        return Output(self.classifier(h), h)


def _together(lld: Frames, mel: Frames) -> Frames:
    """Early fusion: the descriptors around each frame of the spectrogram, averaged, beside its bands.

    Frame t of an item's T stands for its L descriptors from t L / T to (t + 1) L / T, whatever it is batched with;
    those of padding are the zeros behind its descriptors.
    """
    t = torch.arange(mel.values.shape[1], device=mel.values.device)
    at = torch.arange(lld.values.shape[1], device=lld.values.device)
    L, T = lld.lengths[:, None], mel.lengths[:, None]
    first, end = t * L // T, ((t + 1) * L + T - 1) // T  # (batch, frames)
    around = (at >= first[..., None]) & (at < end[..., None])  # (batch, frames, descriptors' frames)
    averaged = around.to(lld.values.dtype) @ lld.values / (end - first)[..., None]
    return Frames(torch.cat([mel.values, averaged], dim=2), mel.lengths)  # (batch, frames, bands + values)
