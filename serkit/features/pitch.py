"""The fundamental frequency of a voice, frame by frame, by autocorrelation, and how regular its periods are.

P. Boersma: "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled sound",
Proceedings of the Institute of Phonetic Sciences 17 (1993), 97-110. Frames are judged one by one: without the paper's path
through candidates of neighboring frames (section 3), which would need the whole recording at once.
"""

from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor

from serkit.config import Config
from serkit.features._periods import irregularity
from serkit.features._spectrum import Padding, Spectrum, true_samples
from serkit.features.base import SHORTEST, Count, FrontEnd
from serkit.frames import Frames


class PitchConfig(Config):
    """Boersma 1993, sections 2 and 3."""

    type: Literal["pitch"] = "pitch"
    low: float = Field(75.0, ge=20, le=20000)  # Hz
    high: float = Field(600.0, gt=0, le=20000)  # Hz
    hop: float = Field(0.010, ge=SHORTEST, le=60)  # s
    periods: float = Field(3.0, ge=2, le=20)  # of the lowest pitch in a window
    voicing: float = Field(0.45, ge=0, le=1)  # strength above which a frame is voiced
    silence: float = Field(0.03, ge=0, le=1)  # of the clip's loudest frame's amplitude: a frame below it is not voiced
    octave_cost: float = Field(0.01, ge=0)  # taken from a candidate's strength for each octave below `high`
    padding: Padding = "zeros"
    span: float = Field(0.060, ge=SHORTEST, le=1)  # s around a frame's middle in which jitter and shimmer are looked for
    regular: int = Field(8, ge=2, le=30)  # periods of it that are looked at, at most

    @model_validator(mode="after")
    def _ordered(self) -> "PitchConfig":
        if self.low >= self.high:
            raise ValueError(f"pitches from {self.low:g} to {self.high:g} Hz are none")
        return self


PUREST = 1e-6
"""The share of noise below which a sound counts as having that much: harmonics are 60 dB above it."""


class Pitch(FrontEnd):
    """Samples (batch, n) at `rate` Hz to Frames (batch, 1 + n // hop, 5): pitch, strength, harmonicity, jitter, shimmer.

    The pitch is in Hz, 0 where unvoiced. The strength, in [0, 1], is the autocorrelation of the window at the chosen lag,
    divided by that of the window function (equation 9): 1 for a periodic sound. Of voiced frames, and 0 elsewhere: the ratio
    of harmonics to noise in dB, 10 log10 of strength / (1 - strength) (equation 4), 60 at most; jitter and shimmer as shares
    of the mean period and peak-to-peak amplitude, over the first periods of the frame's `span` (see `_periods`).
    """

    names = ("f0", "strength", "hnr", "jitter", "shimmer")

    def __init__(self, config: PitchConfig, rate: int) -> None:
        super().__init__()
        if config.high > rate / 4:
            raise ValueError(f"pitches up to {config.high:g} Hz cannot be found at a rate of {rate} Hz")
        self.config, self.rate = config, rate
        self.span = round(config.span * rate)
        window = round(config.periods / config.low * rate)
        self.first, self.last = int(rate / config.high), int(np.ceil(rate / config.low))
        n_fft = 1 << int(np.ceil(np.log2(window + self.last + 2)))  # so long that no lag wraps around
        self.spectrum = Spectrum(n_fft, window, round(config.hop * rate), config.padding, function="hann", without_mean=True)
        self.hop = self.spectrum.grid.hop / rate
        # From a power spectrum to the autocorrelation at lag 0 and at all lags that a pitch may have, and one on either side.
        lags = np.array([0, *range(self.first - 1, self.last + 2)])
        bins = np.arange(n_fft // 2 + 1)
        weights = np.where((bins == 0) | (bins == n_fft // 2), 1.0, 2.0) / n_fft
        cosines = np.cos(2 * np.pi * (bins[:, None] * lags % n_fft) / n_fft) * weights[:, None]
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
        own = np.array([np.dot(hann[: window - lag], hann[lag:]) for lag in lags])
        to_lags = cosines / (own / own[0])  # (bins, lags)
        self.register_buffer("to_lags", torch.from_numpy(to_lags).float(), persistent=False)
        costs = config.octave_cost * np.log2(config.high * lags[2:-1] / rate)
        self.register_buffer("costs", torch.from_numpy(costs).float(), persistent=False)
        self.to_lags: Tensor
        self.costs: Tensor

    def frames(self, samples: Count) -> Count:
        """How many frames that many samples give."""
        return self.spectrum.grid.count(samples)

    def forward(self, samples: Tensor, lengths: Tensor) -> Frames:
        """Of (batch, n), `lengths` (batch,) true samples of each: values (batch, frames, 5)."""
        correlation = self.spectrum(samples, lengths) @ self.to_lags  # (batch, frames, 1 + lags)
        energy = correlation[..., :1].clamp(min=0)
        relative = correlation[..., 1:] / energy.clamp(min=1e-12)  # (batch, frames, lags)
        before, at, after = relative[..., :-2], relative[..., 1:-1], relative[..., 2:]
        peak = (at >= before) & (at > after)
        merit = torch.where(peak, at - self.costs, -1.0)
        chosen = merit.argmax(dim=2, keepdim=True)  # (batch, frames, 1)
        left, middle, right = (torch.gather(each, 2, chosen) for each in (before, at, after))
        # The parabola through three lags has its top beside the middle one, by half a lag at most.
        bend = (2 * middle - left - right).clamp(min=1e-9)
        beside = (0.5 * (right - left) / bend).clamp(min=-0.5, max=0.5)
        strength = (middle + 0.25 * (right - left) * beside).clamp(min=0.0, max=1.0)
        f0 = self.rate / (self.first + chosen.to(samples.dtype) + beside)
        real = self.spectrum.grid.mask(f0.shape[1], lengths)[..., None]
        loudest = torch.where(real, energy, 0.0).amax(dim=1, keepdim=True)
        loud = (energy > 1e-10) & (energy >= self.config.silence**2 * loudest) & real
        found = loud & torch.gather(peak, 2, chosen)
        strength = torch.where(found, strength, 0.0)
        f0 = torch.where(found & (strength > self.config.voicing), f0, 0.0)
        hnr = 10 * torch.log10(strength.clamp(min=PUREST) / (1 - strength).clamp(min=PUREST))
        starts = torch.arange(f0.shape[1], device=f0.device) * self.spectrum.grid.hop - self.span // 2
        heard = F.pad(true_samples(samples, lengths), (0, 1))  # of a single sample too there are two to lie between
        steps, exporting = self.config.regular, self.spectrum.exporting
        uneven = irregularity(heard, lengths, f0[..., 0], starts.clamp(min=0), self.span, self.rate, steps, exporting=exporting)
        values = [f0, strength, torch.where(f0 > 0, hnr, 0.0), uneven.jitter[..., None], uneven.shimmer[..., None]]
        return Frames(torch.cat(values, dim=2), self.frames(lengths))
