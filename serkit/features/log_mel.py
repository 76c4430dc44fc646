"""The logarithm of a mel spectrogram, as librosa computes it."""

from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from serkit.config import Config
from serkit.features._mel import MelNorm, MelScale, mel_filters
from serkit.features._spectrum import Padding, Spectrum, WindowFunction
from serkit.features.base import SHORTEST, Count, FrontEnd
from serkit.frames import Frames


class LogMelConfig(Config):
    """No paper's: bands and grid are the field's habit at 16 kHz, the rest librosa's."""

    type: Literal["log_mel"] = "log_mel"
    bands: int = Field(64, ge=1, le=1024)
    mel_scale: MelScale = "slaney"
    mel_norm: MelNorm = "slaney"
    n_fft: int = Field(512, ge=2, le=16384)
    window: float = Field(0.025, ge=SHORTEST, le=60)  # s
    hop: float = Field(0.010, ge=SHORTEST, le=60)  # s
    window_function: WindowFunction = "hann"
    exponent: Literal[1, 2] = 2  # of the magnitude; 2: power
    low: float = Field(0.0, ge=0)  # Hz
    high: float | None = Field(None, gt=0)  # Hz, None: half the rate
    log: Literal["decibels", "natural"] = "decibels"
    floor: float = Field(1e-10, gt=1e-30)  # of a band before the logarithm
    top_db: float | None = Field(None, gt=0)  # dB below a clip's loudest band; None: no limit
    padding: Padding = "zeros"

    @model_validator(mode="after")
    def _limited_in_decibels(self) -> "LogMelConfig":
        if self.top_db is not None and self.log != "decibels":
            raise ValueError("top_db needs log decibels")
        return self


class LogMel(FrontEnd):
    """Samples (batch, n) at `rate` Hz to Frames (batch, frames, bands): one frame every `hop` s.

    Log "decibels" is 10 log10(max(band, floor)) of power and 20 log10 of magnitude (librosa's power_to_db and amplitude_to_db
    with ref 1), "natural" is ln(band + floor). Window and hop are rounded to whole samples.
    """

    def __init__(self, config: LogMelConfig, rate: int) -> None:
        super().__init__()
        self.config = config
        self.names = tuple(f"mel_{band}" for band in range(config.bands))
        self.spectrum = Spectrum(
            config.n_fft,
            round(config.window * rate),
            round(config.hop * rate),
            config.padding,
            function=config.window_function,
            exponent=config.exponent,
        )
        self.hop = self.spectrum.grid.hop / rate
        filters = mel_filters(rate, config.n_fft, config.bands, config.low, config.high, config.mel_scale, config.mel_norm)
        self.register_buffer("filters", filters, persistent=False)
        self.filters: Tensor

    def frames(self, samples: Count) -> Count:
        """How many frames that many samples give."""
        return self.spectrum.grid.count(samples)

    def forward(self, samples: Tensor, lengths: Tensor) -> Frames:
        """Bands of (batch, n), `lengths` (batch,) true samples of each: values (batch, frames, bands)."""
        config = self.config
        mel = self.spectrum(samples, lengths) @ self.filters.T  # (batch, frames, bands)
        if config.log == "natural":
            values = (mel + config.floor).log()
        else:
            values = (20 / config.exponent) * torch.log10(mel.clamp(min=config.floor))
        if config.top_db is not None:
            real = self.spectrum.grid.mask(mel.shape[1], lengths)[..., None]
            loudest = torch.where(real, values, -torch.inf).amax(dim=(1, 2), keepdim=True)
            values = torch.maximum(values, loudest - config.top_db)
        return Frames(self.spectrum.grid.real(values, lengths), self.frames(lengths))
