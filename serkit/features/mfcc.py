"""Mel-frequency cepstral coefficients, as librosa computes them."""

from typing import Literal, TypeVar

import torch
from pydantic import Field
from torch import Tensor, nn

from serkit.config import Config
from serkit.features._spectrum import MelScale, Padding, PowerSpectrum, dct_matrix, mel_filters
from serkit.frames import Frames

_Count = TypeVar("_Count", int, Tensor)
VERSION = 1
"""Raised whenever the same settings give other values."""


class MFCCConfig(Config):
    """Defaults: An and Ruan 2021 where the paper speaks, else the code that it descends from (see docs/cnn_transformer.md)."""

    type: Literal["mfcc"] = "mfcc"
    coefficients: int = Field(40, ge=1, le=4096)  # Section 2.5: 40 x 282
    bands: int = Field(128, ge=1, le=4096)  # not in the paper
    mel_scale: MelScale = "htk"  # equation (1); the origin's code has "slaney"
    n_fft: int = Field(1024, ge=2, le=65536)  # not in the paper
    window: float = Field(512 / 48000, gt=0)  # s; not in the paper
    hop: float = Field(512 / 48000, gt=0)  # s; not in the paper: its 282 frames (Section 2.5) in the notebook's 3 s
    low: float = Field(0.0, ge=0)  # Hz; not in the paper
    high: float | None = Field(None, gt=0)  # Hz, None: half the rate; not in the paper
    top_db: float = Field(80.0, gt=0)  # dB below a clip's loudest band; not in the paper
    padding: Padding = "zeros"  # beyond the clip's ends; not in the paper


class MFCC(nn.Module):
    """Samples (batch, n) at `rate` Hz to Frames (batch, 1 + n // hop, coefficients).

    Hamming window, centered frames, mel filters of unit area, power in dB (floor 1e-10, and `top_db` below the loudest band of
    the clip), orthonormal DCT-II, no lifter. Window and hop are rounded to whole samples.
    """

    def __init__(self, config: MFCCConfig, rate: int) -> None:
        super().__init__()
        if config.coefficients > config.bands:
            raise ValueError(f"{config.bands} mel bands have no {config.coefficients} coefficients")
        self.config = config
        self.dim = config.coefficients
        high = rate / 2 if config.high is None else config.high
        if not config.low < high <= rate / 2:
            raise ValueError(f"mel bands from {config.low:g} to {high:g} Hz do not fit a rate of {rate} Hz")
        self.spectrum = PowerSpectrum(config.n_fft, round(config.window * rate), round(config.hop * rate), config.padding)
        filters = mel_filters(rate, config.n_fft, config.bands, config.low, high, config.mel_scale)
        self.register_buffer("filters", filters, persistent=False)
        self.register_buffer("dct", dct_matrix(config.coefficients, config.bands), persistent=False)
        self.filters: Tensor
        self.dct: Tensor

    def frames(self, samples: _Count) -> _Count:
        """How many frames that many samples give."""
        return 1 + samples // self.spectrum.hop

    def forward(self, samples: Tensor, lengths: Tensor) -> Frames:
        """MFCCs of (batch, n), `lengths` (batch,) true samples of each: values (batch, frames, coefficients)."""
        power = self.spectrum(samples, lengths)  # (batch, frames, bins)
        decibels = 10 * torch.log10((power @ self.filters.T).clamp(min=1e-10))  # (batch, frames, bands)
        true = self.frames(lengths)
        real = torch.arange(power.shape[1], device=power.device)[None, :, None] < true[:, None, None]
        loudest = torch.where(real, decibels, -100.0).amax(dim=(1, 2), keepdim=True)
        decibels = torch.maximum(decibels, loudest - self.config.top_db)
        # In double precision: the first coefficient adds up a hundred bands of a hundred dB each.
        values = (decibels.double() @ self.dct.T).float()  # (batch, frames, coefficients)
        return Frames(torch.where(real, values, 0.0), true)
