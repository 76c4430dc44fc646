"""Two branches of multiscale convolutions and attention, fused frame by frame, and what they say of a whole segment.

Li, Hou, Liu, Wei: "MPAF-CNN: Multiperspective aware and fine-grained fusion strategy for speech emotion recognition", Applied
Acoustics 214 (2023) 109658, https://doi.org/10.1016/j.apacoust.2023.109658

Its inputs are a mel spectrogram (MS) and low-level descriptors (LLDs) of segments of 2 s.

Repaired, since the printed shapes do not fit: equations 1 to 3 act on M transposed, equation 4 is Q K^T with rows that sum to
one, equations 8 and 9 append to the features of each frame, equation 12 is K_a Q_b^T, whose columns sum to one as the text
says.

Open in the paper, and ours: number and width of the blocks, pooling over frequency alone (time must keep its length, since
Section 2.2.3 sums over blocks), how scales and residual join, how Y_1 and Y_2 join, the BiLSTM and its last states, dropout.
"""

from typing import Annotated, ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from serkit.config import Config
from serkit.frames import Frames, Output
from serkit.models._layers import Dropout

_Size = Annotated[int, Field(ge=1, le=4096)]


class MPAFCNNConfig(Config):
    """Defaults: the whole system, M1. What Table 2 leaves out is a field each."""

    type: Literal["mpaf_cnn"] = "mpaf_cnn"
    branches: Literal["both", "mel", "lld"] = "both"  # M2 and M3: one of them, without fusion
    kernels: tuple[_Size, ...] = Field((3, 5), min_length=1)  # Section 2.2.1
    channels: tuple[_Size, ...] = Field((16, 32, 64), min_length=1)  # of the blocks on MS; not in the paper
    pools: tuple[_Size, ...] = Field((4, 2, 2), min_length=1)  # bins that become one after each; not in the paper
    lld_channels: _Size = 256  # of each block on LLDs; as wide as channels x bins, which Section 2.2.3 sums; not in the paper
    multiscale: bool = True  # M5 without: one convolution of the first kernel
    keep_residual: bool = False  # in M5; Section 2.2.1 counts the residual to the multiscale layer
    attention: bool = True  # M6 without: W_Q and W_K stay for TDGR
    attention_init: Literal["even", "apart"] = "even"  # frames attend to all alike at first, or not; not in the paper
    tdgr: bool = True  # M7 without
    tdgr_of: Literal["branch", "all"] = "branch"  # Section 2.3 fuses "F_TDGR^all", of which equations 8 and 9 show none
    global_vectors: bool = True  # FDGR and CDGR; M8 without
    fusion: bool = True  # M9 without: both branches side by side
    fusion_axis: Literal["text", "keys"] = "text"  # equation 12 normalized over T_1, or over T_2
    fusion_relu: bool = False  # Section 2.3: "a linear rectification layer", of which equations 10 and 11 show none
    join: Literal["concatenate", "sum"] = "concatenate"  # of Y_1 and Y_2; not in the paper
    hidden: _Size = 128  # of each direction of the BiLSTM; not in the paper
    dropout: float = Field(0.5, ge=0, lt=1)  # before the classifier; not in the paper


class MultiscaleLayer(nn.Module):
    """Section 2.2.1: convolutions of several kernels side by side, each with batch norm and ReLU, and a residual.

    (batch, in, ..., frames) to (batch, out, ..., frames), in one or two dimensions.
    """

    def __init__(self, channels_in: int, channels_out: int, kernels: tuple[int, ...], dimensions: int, residual: bool) -> None:
        super().__init__()
        if channels_out % len(kernels):
            raise ValueError(f"{len(kernels)} kernels do not share {channels_out} channels")
        convolution = nn.Conv2d if dimensions == 2 else nn.Conv1d
        norm = nn.BatchNorm2d if dimensions == 2 else nn.BatchNorm1d
        each = channels_out // len(kernels)
        self.scales = nn.ModuleList(
            nn.Sequential(convolution(channels_in, each, kernel, padding="same"), norm(each), nn.ReLU()) for kernel in kernels
        )
        self.residual = residual
        self.skip: nn.Module = nn.Identity()
        if residual and channels_in != channels_out:
            self.skip = nn.Sequential(convolution(channels_in, channels_out, 1), norm(channels_out))

    def forward(self, x: Tensor) -> Tensor:
        """All scales on the channel axis, and what came in added to them."""
        out = torch.cat([scale(x) for scale in self.scales], dim=1)
        return out + self.skip(x) if self.residual else out


class AttentionLayer(nn.Module):
    """Section 2.2.2: M (batch, d, t) to X of the same shape, Q and K (batch, t, 1)."""

    def __init__(self, dim: int, mixes: bool, init: Literal["even", "apart"] = "even") -> None:
        super().__init__()
        # Q K^T has no bound; where both are so small that it is 0, A takes the mean of all frames: no time is left after it.
        deviation = 1 / dim if init == "even" else dim**-0.5  # not in the paper
        self.W_Q = nn.Parameter(torch.randn(dim, 1) * deviation)
        self.W_K = nn.Parameter(torch.randn(dim, 1) * deviation)
        self.mixes = mixes

    def forward(self, M: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # noqa: N803 - the paper's symbols
        """X is M itself where frames are not mixed."""
        Q = M.transpose(1, 2) @ self.W_Q  # (2): (batch, t, 1)
        K = M.transpose(1, 2) @ self.W_K  # (3): (batch, t, 1)
        if not self.mixes:
            return M, Q, K
        A = (Q @ K.transpose(1, 2)).softmax(dim=2)  # (4): (batch, t, t), rows sum to one
        return M @ A.transpose(1, 2), Q, K  # (1): (batch, d, t)


class Branch(nn.Module):
    """The blocks of the multiperspective awareness module (MPAM, Section 2.2) on one kind of features.

    (batch, dim, frames) to X of the last block (batch, frames, d); the sum of TDGR (batch, frames, 1), None in M7; the sum of
    FDGR or CDGR (batch, d), None in M8.
    """

    def __init__(self, config: MPAFCNNConfig, dim: int, frames: int, dimensions: int) -> None:
        super().__init__()
        self.two = dimensions == 2
        widths = config.channels if self.two else (config.lld_channels,) * len(config.channels)
        self.pools = config.pools if self.two else (1,) * len(widths)
        kernels = config.kernels if config.multiscale else config.kernels[:1]
        residual = config.multiscale or config.keep_residual
        self.layers, self.attention, dims = nn.ModuleList(), nn.ModuleList(), []
        before, bins = (1, dim) if self.two else (dim, 1)
        for width, pool in zip(widths, self.pools, strict=True):
            self.layers.append(MultiscaleLayer(before, width, kernels, dimensions, residual))
            before, bins = width, bins // pool
            if not bins:
                raise ValueError(f"{dim} bands are too few for pools of {config.pools}")
            dims.append(width * bins)
        self.dim = dims[-1]
        self.attends = config.attention or config.tdgr
        if self.attends:
            self.attention.extend(AttentionLayer(each, config.attention, config.attention_init) for each in dims)
        self.tdgr = config.tdgr
        # W_F of equation 6, W_C of equation 7: a vector over frames a block
        self.over_time = nn.ParameterList(
            nn.Parameter(torch.randn(frames, 1) / frames) for _ in (dims if config.global_vectors else ())
        )
        if config.global_vectors and len(set(dims)) > 1:
            raise ValueError(f"blocks of {', '.join(map(str, dims))} values a frame cannot be summed (Section 2.2.3)")

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """One block after the other; what a block hands on is its X."""
        tdgr: Tensor | None = None
        overall: Tensor | None = None
        x = x[:, None] if self.two else x  # (batch, 1, bands, frames)
        for number, (layer, pool) in enumerate(zip(self.layers, self.pools, strict=True)):
            x = layer(x)
            x = F.max_pool2d(x, (pool, 1)) if self.two else x
            shape = x.shape
            M = x.flatten(1, 2) if self.two else x  # (batch, channels x bins, frames)
            if self.attends:
                M, Q, K = self.attention[number](M)  # X from here on: (batch, d, frames)
                own = (Q + K) / 2  # (5): (batch, frames, 1)
                tdgr = own if tdgr is None else tdgr + own
            if len(self.over_time):
                vector = (M @ self.over_time[number])[..., 0]  # (6), (7): (batch, d)
                overall = vector if overall is None else overall + vector
            x = M.reshape(shape)
        return M.transpose(1, 2), tdgr if self.tdgr else None, overall


class FineGrainedFusion(nn.Module):
    """Section 2.3: X_a (batch, T_1, d_a) and X_b (batch, T_2, d_b) to Y_1 and Y_2 of the same shapes."""

    def __init__(self, config: MPAFCNNConfig, d_a: int, d_b: int) -> None:
        super().__init__()
        self.config = config
        self.query_a, self.key_a = nn.Linear(d_a, 1, bias=False), nn.Linear(d_a, 1, bias=False)  # W_Qa, W_Ka
        self.query_b, self.key_b = nn.Linear(d_b, 1, bias=False), nn.Linear(d_b, 1, bias=False)  # W_Qb, W_Kb
        self.W_Y1, self.W_Y2 = nn.Linear(d_b, d_a, bias=False), nn.Linear(d_a, d_b, bias=False)

    def forward(self, X_a: Tensor, X_b: Tensor) -> tuple[Tensor, Tensor]:  # noqa: N803
        """Each branch with what it takes from the other."""
        Q_a, K_a = self._rectified(self.query_a(X_a)), self._rectified(self.key_a(X_a))  # (10): (batch, T_1, 1)
        Q_b, K_b = self._rectified(self.query_b(X_b)), self._rectified(self.key_b(X_b))  # (11): (batch, T_2, 1)
        axis = 1 if self.config.fusion_axis == "text" else 2
        A_1 = (K_a @ Q_b.transpose(1, 2)).softmax(dim=axis)  # (12): (batch, T_1, T_2)
        A_2 = (K_b @ Q_a.transpose(1, 2)).softmax(dim=axis)  # (13): (batch, T_2, T_1)
        return self.W_Y1(A_1 @ X_b) + X_a, self.W_Y2(A_2 @ X_a) + X_b  # (14), (15)

    def _rectified(self, x: Tensor) -> Tensor:
        return F.relu(x) if self.config.fusion_relu else x


class MPAFCNN(nn.Module):
    """A mel spectrogram and descriptors (batch, frames, bands or values), of one number of frames each, to logits.

    Segments are full, padded with silence where a recording is shorter: W_F and W_C have a weight for each frame.
    """

    sections: ClassVar = {
        "front_ends*": "2.1",
        "model.*.layers*": "2.2.1",
        "model.*.attention*": "2.2.2, eq. 1-4",
        "model.mel": "2.2.3, eq. 5-6",
        "model.lld": "2.2.3, eq. 5, 7",
        "model.fuse*": "2.3, eq. 8-15",
        "model.bilstm": "2.3",
        "model.classifier": "2.4",
    }

    def __init__(self, config: MPAFCNNConfig, mel: tuple[int, int], lld: tuple[int, int], classes: int) -> None:
        """`mel` and `lld` are frames and values of a segment."""
        super().__init__()
        if len(config.channels) != len(config.pools):
            raise ValueError(f"{len(config.channels)} channels and {len(config.pools)} pools do not pair up")
        if config.tdgr_of == "all" and not (config.tdgr and config.branches == "both"):
            raise ValueError("tdgr_of = 'all' adds the TDGR of both branches, and here are not two")
        if config.keep_residual and config.multiscale:
            raise ValueError("keep_residual is for M5: a multiscale layer has its residual anyway")
        self.config = config
        self.mel = Branch(config, mel[1], mel[0], 2) if config.branches != "lld" else None
        self.lld = Branch(config, lld[1], lld[0], 1) if config.branches != "mel" else None
        dims = [branch.dim + config.tdgr for branch in (self.mel, self.lld) if branch is not None]
        if len(dims) > 1 and mel[0] != lld[0]:
            raise ValueError(f"{mel[0]} and {lld[0]} frames cannot be joined frame by frame; give both features one hop")
        if config.join == "sum" and len(set(dims)) > 1:
            raise ValueError(f"frames of {dims[0]} and {dims[1]} values cannot be summed; concatenate them")
        self.fuse = FineGrainedFusion(config, *dims) if config.fusion and len(dims) > 1 else None
        joined = dims[0] if config.join == "sum" else sum(dims)
        self.bilstm = nn.LSTM(joined, config.hidden, batch_first=True, bidirectional=True)
        whole = 0
        if config.global_vectors:
            own = {branch.dim for branch in (self.mel, self.lld) if branch is not None}
            if len(own) > 1:
                raise ValueError("FDGR and CDGR of different sizes cannot be summed (Section 2.2.3)")
            whole = own.pop()
        self.dropout = Dropout(config.dropout)
        self.classifier = nn.Linear(2 * config.hidden + whole, classes)

    def forward(self, mel: Frames, lld: Frames) -> Output:
        """Logits of segments, and what the classifier sees as the embedding."""
        found = [
            branch(frames.values.transpose(1, 2)) for branch, frames in ((self.mel, mel), (self.lld, lld)) if branch is not None
        ]
        sides = [X for X, _, _ in found]
        tdgrs = [tdgr for _, tdgr, _ in found if tdgr is not None]
        if self.config.tdgr_of == "all" and tdgrs:
            tdgrs = [torch.stack(tdgrs).sum(0)] * len(tdgrs)
        if tdgrs:  # (8), (9): X_a and X_b, (batch, frames, d + 1)
            sides = [torch.cat(each, dim=2) for each in zip(sides, tdgrs, strict=True)]
        if self.fuse is not None:
            sides = list(self.fuse(*sides))  # Y_1, Y_2
        joined = (
            torch.stack(sides).sum(0) if self.config.join == "sum" else torch.cat(sides, dim=2)
        )  # (batch, frames, d_a + d_b)
        _, (states, _) = self.bilstm(joined)  # (2, batch, hidden): the last of each direction
        parts = [states.transpose(0, 1).flatten(1)]  # (batch, 2 x hidden)
        vectors = [vector for _, _, vector in found if vector is not None]
        if vectors:
            parts.append(torch.stack(vectors).sum(0))  # the sum of all FDGR and CDGR: (batch, d)
        embedding = torch.cat(parts, dim=1)
        return Output(self.classifier(self.dropout(embedding)), embedding)
