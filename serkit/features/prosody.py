"""The low-level descriptors of MPAF-CNN: zero-crossing rate, energies, MFCC and their differences."""

from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from serkit.config import Config
from serkit.features._spectrum import FrameGrid, Padding
from serkit.features.base import SHORTEST, Count, FrontEnd
from serkit.features.mfcc import MFCC, MFCCConfig
from serkit.frames import Frames


class ProsodyConfig(Config):
    """Section 2.1 of the MPAF-CNN paper names the descriptors; their grid is that of its mel spectrogram."""

    type: Literal["prosody"] = "prosody"
    coefficients: int = Field(13, ge=1, le=1024)  # not in the paper
    bands: int = Field(64, ge=1, le=1024)  # not in the paper
    n_fft: int = Field(512, ge=2, le=16384)  # not in the paper
    window: float = Field(0.025, ge=SHORTEST, le=60)  # s; not in the paper
    hop: float = Field(0.010, ge=SHORTEST, le=60)  # s; not in the paper
    delta_reach: int = Field(2, ge=1, le=100)  # frames; not in the paper
    padding: Padding = "zeros"  # not in the paper

    def mfcc(self) -> MFCCConfig:
        """The coefficients, their first and their second differences."""
        return MFCCConfig(deltas=2, top_db=None, low=0.0, high=None, **self.model_dump(exclude={"type"}))


class Prosody(FrontEnd):
    """Samples (batch, n) at `rate` Hz to Frames (batch, frames, 3 + 3 coefficients), all on one grid of frames.

    Zero-crossing rate: the share of neighboring samples of a window that lie on different sides of 0 (0 itself is above).
    Short-time energy: the square of the samples, filtered by a moving mean over the window (Section 2.1: by a linear filter).
    Log energy: ln(energy + 1e-10). The first coefficient stays what it is, no energy takes its place (Section 2.1).
    """

    def __init__(self, config: ProsodyConfig, rate: int) -> None:
        super().__init__()
        self.config = config
        self.mfcc = MFCC(config.mfcc(), rate)
        self.hop = self.mfcc.hop
        grid = self.mfcc.mel.spectrum.grid
        # Nothing crosses beyond the clip's ends, whatever the spectrum sees there.
        padding: Padding = "none" if grid.padding == "none" else "zeros"
        self._inside = FrameGrid(grid.window, grid.hop, padding, grid.before)
        self.names = ("zero_crossing_rate", "log_energy", "energy", *self.mfcc.names)

    @property
    def _grid(self) -> FrameGrid:
        return self.mfcc.mel.spectrum.grid

    def frames(self, samples: Count) -> Count:
        """How many frames that many samples give."""
        return self.mfcc.frames(samples)

    def forward(self, samples: Tensor, lengths: Tensor) -> Frames:
        """Descriptors of (batch, n), `lengths` (batch,) true samples of each: values (batch, frames, dim)."""
        cepstra, true = self.mfcc(samples, lengths)
        energy = self._grid.mean(self._grid.pad(samples, lengths).square())[:, : cepstra.shape[1]]  # (batch, frames)
        crossings = self._crossings(samples, lengths)  # (batch, frames)
        own = torch.stack([crossings, (energy + 1e-10).log(), energy], dim=2)
        return Frames(torch.cat([self._grid.real(own, lengths), cepstra], dim=2), true)

    def _crossings(self, samples: Tensor, lengths: Tensor) -> Tensor:
        """The share of a frame's samples that lie on another side of 0 than the one before in the frame: (batch, frames)."""
        grid = self._inside
        below = samples < 0
        crossed = F.pad((below[:, 1:] != below[:, :-1]).to(samples.dtype), (1, 0))
        # A frame's own first sample has none before it in the frame.
        padded = grid.pad(crossed, lengths)[:, 1:]
        return F.avg_pool1d(padded[:, None], grid.window - 1, grid.hop)[:, 0] * ((grid.window - 1) / grid.window)
