"""The low-level descriptors of the INTERSPEECH 2010 Paralinguistic Challenge, without openSMILE.

B. Schuller et al.: "The INTERSPEECH 2010 Paralinguistic Challenge", Interspeech 2010, section 3. Parameters are those of the
configuration IS10_paraling_compat that openSMILE 3 comes with, which is what its FeatureSet.IS10 computes.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from serkit.config import Config
from serkit.features._deltas import deltas
from serkit.features._lsp import LineSpectralPairs
from serkit.features._periods import irregularity
from serkit.features._spectrum import FrameGrid, Spectrum
from serkit.features._subharmonic import SubharmonicSum
from serkit.features.base import Count, FrontEnd
from serkit.frames import Frames

ORDER = 8
CEPSTRA = 15
LIFTER = 22
RESAMPLED = 11000  # Hz
LONGEST = 16
"""Recordings of up to 2^16 frames, eleven minutes: more than the longest window that a recipe may ask for."""
NAMES = (
    "loudness",
    *(f"mfcc_{number}" for number in range(CEPSTRA)),
    *(f"log_mel_{number}" for number in range(8)),
    *(f"lsp_{number}" for number in range(ORDER)),
    "f0_envelope",
    "voicing",
    "f0",
    "jitter",
    "jitter_ddp",
    "shimmer",
)


class IS10LLDConfig(Config):
    """What the configuration leaves to choose."""

    type: Literal["is10_lld"] = "is10_lld"
    voicing: float = Field(0.75, ge=0, le=1)  # probability above which a frame has a pitch
    periods: int = Field(8, ge=2, le=30)  # of a frame that jitter and shimmer are taken over, at most


class IS10LLD(FrontEnd):
    """Samples (batch, n) at `rate` Hz, 16,000 or more, to Frames (batch, 1 + (n - 60 ms) // 10 ms, 76).

    38 contours, each the mean of three frames, and their regressions over five. From 25 ms frames: loudness, MFCC 0 to 14,
    8 log mel bands, 8 line spectral pair frequencies in radians. From 60 ms frames that begin with them: F0 held and smoothed
    through unvoiced frames, probability of voicing, F0 (0 where unvoiced), jitter, jitter DDP, shimmer.

    openSMILE's loudness hears the first sample of each frame alone: it weights that with the window's first value, and the
    others with nothing. We do the same, since systems were trained on it. Its jitter and shimmer are of the one to three
    periods that are new in each frame, carried on from one frame to the next, and where there are none the last value is held;
    ours are of each frame's own first periods (see `_periods`) and agree with them loosely.
    """

    names = NAMES + tuple(f"{name}_de" for name in NAMES)

    def __init__(self, config: IS10LLDConfig, rate: int) -> None:
        super().__init__()
        if rate < 16000:
            raise ValueError(f"bands up to 8000 Hz do not fit a rate of {rate} Hz")
        self.config, self.rate = config, rate
        window, hop = round(0.060 * rate), round(0.010 * rate)
        self.hop = hop / rate
        self.grid = FrameGrid(window, hop, "none")
        self.short = ShortFrames(rate, hop)
        n_fft = 1 << (window - 1).bit_length()
        places = np.arange(window) - (window - 1) / 2
        gauss = np.exp(-0.5 * (places / (0.25 * (window - 1) / 2)) ** 2)
        self.spectrum = Spectrum(n_fft, window, hop, "none", function=gauss, exponent=1)
        self.pitch = SubharmonicSum(rate, n_fft)
        self.pairs = LineSpectralPairs(ORDER)

    def frames(self, samples: Count) -> Count:
        """How many frames that many samples give."""
        return self.grid.count(samples)

    def forward(self, samples: Tensor, lengths: Tensor) -> Frames:
        """Descriptors of (batch, n), `lengths` (batch,) true samples of each: values (batch, frames, 76)."""
        true = self.frames(lengths)
        padded = self.grid.pad(samples, lengths)
        short = self.short(padded)
        candidate = self.pitch(self.spectrum(samples, lengths))
        count = candidate.f0.shape[1]
        real = self.grid.mask(count, lengths)
        f0 = self._final(candidate.f0, candidate.voiced, real)
        starts = torch.arange(count, device=f0.device) * self.grid.hop
        steps, exporting = self.config.periods, self.short.exporting
        uneven = irregularity(padded, lengths, f0, starts, self.grid.window, self.rate, steps, exporting=exporting)
        contours = torch.cat(
            [
                short.loudness[:, :count, None],
                short.cepstra[:, :count],
                short.bands[:, :count],
                self.pairs(short.correlation[:, :count]),
                torch.stack([self._envelope(f0), candidate.voiced, f0, *uneven], dim=2),
            ],
            dim=2,
        )
        smooth = _smoothed(Frames(contours, true))
        return Frames(torch.cat([smooth.values, deltas(smooth, 2).values], dim=2), true)

    def _final(self, f0: Tensor, voiced: Tensor, real: Tensor) -> Tensor:
        """The pitch of voiced frames (batch, frames), 0 elsewhere; a voiced frame without a voiced neighbor is none."""
        on = (voiced > self.config.voicing) & real
        beside = F.pad(on, (1, 1))
        return torch.where(on & (beside[:, :-2] | beside[:, 2:]), f0, 0.0)

    @staticmethod
    def _envelope(f0: Tensor) -> Tensor:
        """The pitch, each voiced frame's mixed with three parts of what was before it; held where unvoiced: (batch, frames).

        e_t = a_t e_{t-1} + b_t, of which spans of 1, 2, 4, ... frames are joined: no memory of frames by frames on long input.
        """
        on = f0 > 0
        first = on & (on.to(f0.dtype).cumsum(1) == 1)
        kept = torch.where(on, 0.75, 1.0)
        added = torch.where(first, f0, 0.25 * f0)
        count = f0.shape[1]
        for power in range(LONGEST):
            # As many steps whatever the count: a graph that is drawn from a short recording serves long ones.
            before_kept, before_added = F.pad(kept, (1 << power, 0), value=1.0), F.pad(added, (1 << power, 0))
            kept, added = kept * before_kept[:, :count], added + kept * before_added[:, :count]
        return added


class ShortFrames(nn.Module):
    """What 25 ms frames give, as `Short`; `exporting` computes spectra by convolution."""

    exporting = False

    def __init__(self, rate: int, hop: int) -> None:
        super().__init__()
        self.window, self.hop = round(0.025 * rate), hop
        self.n_fft = 1 << (self.window - 1).bit_length()
        hamming = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(self.window) / (self.window - 1))
        self.first = float(hamming[0] / hamming.sum())
        # Pre-emphasis within the frame, its first sample as if the same had been before it; then the window: (window, window).
        shaped = (np.eye(self.window) - 0.97 * np.eye(self.window, k=-1)) * hamming[:, None]
        shaped[0, 0] = 0.03 * hamming[0]
        bins, steps = np.arange(self.n_fft // 2 + 1)[:, None], np.arange(self.window)[None, :]
        phase = 2 * np.pi * bins * steps / self.n_fft
        cosines, sines = np.cos(phase) @ shaped, -np.sin(phase) @ shaped  # (bins, window)
        # The lowest bins back to samples, at a lower rate: as many of them as half the samples there will be.
        count = int(self.window * RESAMPLED / rate)
        kept = np.arange(count // 2)
        turns = 2 * np.pi * np.outer(np.arange(count), kept) * rate / self.n_fft / RESAMPLED
        double = np.where(kept == 0, 1.0, 2.0) / self.n_fft
        resampled = np.cos(turns) * double @ cosines[kept] - np.sin(turns) * double @ sines[kept]  # (count, window)
        for name, matrix in {
            "shaped": shaped,
            "resampled": resampled,
            "kernel": np.concatenate([cosines, sines, resampled])[:, None],
            "narrow": _bank(rate, self.n_fft, 26, 8000.0),
            "wide": _bank(rate, self.n_fft, 8, 6500.0),
        }.items():
            self.register_buffer(name, torch.from_numpy(matrix).float(), persistent=False)
        lifter = 1 + LIFTER / 2 * np.sin(np.pi * np.arange(CEPSTRA) / LIFTER)
        cosine = np.sqrt(2 / 26) * np.cos(np.pi * np.arange(CEPSTRA)[:, None] * (np.arange(26) + 0.5) / 26)
        self.register_buffer("dct", torch.from_numpy(lifter[:, None] * cosine), persistent=False)
        self.shaped: Tensor
        self.resampled: Tensor
        self.kernel: Tensor
        self.narrow: Tensor
        self.wide: Tensor
        self.dct: Tensor

    def forward(self, padded: Tensor) -> "Short":
        """Of (batch, padded) samples, a window or more: (batch, frames, ...)."""
        if self.exporting:
            bins = self.n_fft // 2 + 1
            found = F.conv1d(padded[:, None], self.kernel, stride=self.hop).transpose(1, 2)
            power = found[..., :bins].square() + found[..., bins : 2 * bins].square()
            sound = found[..., 2 * bins :]
        else:
            frames = padded.unfold(-1, self.window, self.hop)  # (batch, frames, window)
            spectrum = torch.fft.rfft(frames @ self.shaped.T, n=self.n_fft)
            squares = torch.view_as_real(spectrum).square()
            power = squares[..., 0] + squares[..., 1]  # (batch, frames, bins)
            sound = frames @ self.resampled.T  # (batch, frames, samples)
        sound = sound.double()  # as `levinson` needs it
        length = sound.shape[-1]
        correlation = torch.stack([(sound[..., : length - lag] * sound[..., lag:]).sum(-1) for lag in range(ORDER + 1)], dim=-1)
        narrow = (power @ self.narrow.T).clamp(min=1e-8).log()
        first = padded[:, : padded.shape[1] - self.window + 1 : self.hop]  # (batch, frames)
        loudness = (self.first * first.square() / 1e-6) ** 0.3
        return Short(
            loudness,
            (narrow.double() @ self.dct.T).to(power.dtype),
            (power @ self.wide.T).clamp(min=1e-12).log(),
            correlation,
        )


class Short(NamedTuple):
    """Of 25 ms frames: `loudness` (batch, frames), `cepstra`, log mel `bands`, `correlation` at 11 kHz, each (..., values)."""

    loudness: Tensor
    cepstra: Tensor
    bands: Tensor
    correlation: Tensor


def _bank(rate: int, n_fft: int, bands: int, high: float) -> npt.NDArray[np.float64]:
    """Triangles of height 1 on the mel scale from 20 Hz to `high`, the two lowest bins left out: (bands, bins)."""
    mel = 1127 * np.log(1 + np.arange(n_fft // 2 + 1) * rate / n_fft / 700)
    edges = np.linspace(1127 * np.log(1 + 20 / 700), 1127 * np.log(1 + high / 700), bands + 2)
    rising = (mel - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - mel) / np.diff(edges)[1:, None]
    bank: npt.NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling))
    bank[:, :2] = 0
    return bank


def _smoothed(frames: Frames) -> Frames:
    """The mean of each frame and its neighbors, an item's first and last frame repeated."""
    values, lengths = frames
    at = torch.arange(values.shape[1], device=values.device)[None, :]
    last = (lengths[:, None] - 1).clamp(min=0)
    before, after = ((at - 1).clamp(min=0).expand(values.shape[0], -1), torch.minimum(at + 1, last))
    total = values + sum(torch.gather(values, 1, each[..., None].expand(-1, -1, values.shape[2])) for each in (before, after))
    return Frames(torch.where(frames.mask()[..., None], total / 3, 0.0), lengths)
