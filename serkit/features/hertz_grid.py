"""The spectrogram of the Bi-GRU system: a grid of 10 Hz up to 4 kHz."""

from typing import Literal

from pydantic import Field
from torch import Tensor

from serkit.config import Config
from serkit.features._spectrum import Padding, Spectrum, WindowFunction
from serkit.features.base import SHORTEST, Count, FrontEnd
from serkit.frames import Frames


class HertzGridConfig(Config):
    """Section 2.1 of the Bi-GRU and multi-head attention paper."""

    type: Literal["hertz_grid"] = "hertz_grid"
    window: float = Field(0.040, ge=SHORTEST, le=60)  # s
    hop: float = Field(0.010, ge=SHORTEST, le=60)  # s
    window_function: WindowFunction = "hamming"
    resolution: float = Field(10.0, ge=0.1)  # Hz: a DFT of length 1600 at 16 kHz
    high: float = Field(4000.0, gt=0)  # Hz
    include_high: bool = False  # not in the paper: 400 bins end below 4 kHz, 401 at it
    floor: float = Field(1e-10, gt=1e-30)  # added to the power; not in the paper
    padding: Padding = "none"  # not in the paper: frames lie inside the clip


class HertzGrid(FrontEnd):
    """Samples (batch, n) at `rate` Hz to Frames (batch, 1 + (n - window) // hop, bins) of ln(power + floor).

    Windows are zero-padded to a DFT of rate / resolution samples; a clip shorter than a window is one frame. The paper
    normalizes by training statistics: that is the recipe's normalization of this feature.
    """

    def __init__(self, config: HertzGridConfig, rate: int) -> None:
        super().__init__()
        self.config = config
        n_fft = round(rate / config.resolution)
        if config.high > rate / 2:
            raise ValueError(f"a grid up to {config.high:g} Hz does not fit a rate of {rate} Hz")
        bins = round(config.high / config.resolution) + config.include_high
        if not bins:
            raise ValueError(f"a grid of {config.resolution:g} Hz has nothing below {config.high:g} Hz")
        self.spectrum = Spectrum(
            n_fft,
            round(config.window * rate),
            round(config.hop * rate),
            config.padding,
            function=config.window_function,
            bins=bins,
        )
        self.hop = self.spectrum.grid.hop / rate
        self.names = tuple(f"{number * rate / n_fft:g}_hz" for number in range(bins))

    def frames(self, samples: Count) -> Count:
        """How many frames that many samples give."""
        return self.spectrum.grid.count(samples)

    def forward(self, samples: Tensor, lengths: Tensor) -> Frames:
        """Log power of (batch, n), `lengths` (batch,) true samples of each: values (batch, frames, bins)."""
        power = self.spectrum(samples, lengths)  # (batch, frames, bins)
        values = (power + self.config.floor).log()
        return Frames(self.spectrum.grid.real(values, lengths), self.frames(lengths))
