"""Mel-frequency cepstral coefficients, as librosa computes them, and their differences."""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from serkit.config import Config
from serkit.features._deltas import delta_names, with_deltas
from serkit.features._mel import MelScale, dct_matrix
from serkit.features._spectrum import Padding
from serkit.features.base import SHORTEST, Count, FrontEnd
from serkit.features.log_mel import LogMel, LogMelConfig
from serkit.frames import Frames


class MFCCConfig(Config):
    """Defaults: An and Ruan 2021 where it speaks, else the code it descends from: see docs/reproduction/cnn_transformer.md."""

    type: Literal["mfcc"] = "mfcc"
    coefficients: int = Field(40, ge=1, le=1024)  # Section 2.5: 40 x 282
    bands: int = Field(128, ge=1, le=1024)  # not in the paper
    mel_scale: MelScale = "htk"  # equation (1); the origin's code has "slaney"
    n_fft: int = Field(1024, ge=2, le=16384)  # not in the paper
    window: float = Field(512 / 48000, ge=SHORTEST, le=60)  # s; not in the paper
    hop: float = Field(
        512 / 48000, ge=SHORTEST, le=60
    )  # s; not in the paper: its 282 frames (Section 2.5) in the notebook's 3 s
    low: float = Field(0.0, ge=0)  # Hz; not in the paper
    high: float | None = Field(None, gt=0)  # Hz, None: half the rate; not in the paper
    top_db: float | None = Field(80.0, gt=0)  # dB below a clip's loudest band, None: no limit; not in the paper
    padding: Padding = "zeros"  # beyond the clip's ends; not in the paper
    deltas: Literal[0, 1, 2] = 0  # differences behind the coefficients: none, first, first and second
    delta_reach: int = Field(2, ge=1, le=100)  # frames on either side that a difference is taken over

    def mel(self) -> LogMelConfig:
        """The mel spectrogram that the coefficients are of."""
        own = self.model_dump(include={"bands", "mel_scale", "n_fft", "window", "hop", "low", "high", "top_db", "padding"})
        return LogMelConfig(window_function="hamming", **own)


class MFCC(FrontEnd):
    """Samples (batch, n) at `rate` Hz to Frames (batch, frames, coefficients), with differences twice or three times as many.

    Hamming window, mel filters of unit area, power in dB (floor 1e-10, and `top_db` below the loudest band of the clip),
    orthonormal DCT-II, no lifter.
    """

    def __init__(self, config: MFCCConfig, rate: int) -> None:
        super().__init__()
        if config.coefficients > config.bands:
            raise ValueError(f"{config.bands} mel bands have no {config.coefficients} coefficients")
        self.config = config
        self.names = delta_names(tuple(f"mfcc_{number}" for number in range(config.coefficients)), config.deltas)
        self.mel = LogMel(config.mel(), rate)
        self.hop = self.mel.hop
        self.register_buffer("dct", dct_matrix(config.coefficients, config.bands), persistent=False)
        self.dct: Tensor

    def frames(self, samples: Count) -> Count:
        """How many frames that many samples give."""
        return self.mel.frames(samples)

    def forward(self, samples: Tensor, lengths: Tensor) -> Frames:
        """MFCCs of (batch, n), `lengths` (batch,) true samples of each: values (batch, frames, dim)."""
        decibels, true = self.mel(samples, lengths)  # (batch, frames, bands)
        # In double precision: the first coefficient adds up a hundred bands of a hundred dB each.
        values = (decibels.double() @ self.dct.T).to(torch.float32)  # (batch, frames, coefficients)
        return with_deltas(Frames(values, true), self.config.deltas, self.config.delta_reach)
