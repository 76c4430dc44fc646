"""Statistics over the frames of any other front-end: one vector for an utterance."""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from serkit.config import Config
from serkit.features.base import Count, FrontEnd
from serkit.features.contours import Contours, contours
from serkit.features.prosody import ProsodyConfig
from serkit.frames import Frames

Statistic = Literal["mean", "deviation", "minimum", "maximum", "range", "percentiles", "slope", "rises", "falls"]


_STILL = 1e-12
"""A step of no more is none: the cepstrum of silence rises and falls by as much, differently in every batch."""


class FunctionalsConfig(Config):
    """No paper's: what openSMILE's sets have in common."""

    type: Literal["functionals"] = "functionals"
    of: Annotated[Contours, Field(discriminator="type")] = ProsodyConfig()
    statistics: tuple[Statistic, ...] = Field(
        ("mean", "deviation", "minimum", "maximum", "range", "percentiles", "slope", "rises", "falls"),
        min_length=1,
        max_length=100,
    )
    percentiles: tuple[Annotated[float, Field(ge=0, le=100)], ...] = Field(
        (1.0, 25.0, 50.0, 75.0, 99.0), min_length=1, max_length=100
    )


class Functionals(FrontEnd):
    """Samples (batch, n) at `rate` Hz to Frames (batch, 1, statistics x contours), statistics of one kind side by side.

    Over the true frames of each item: mean; population standard deviation; minimum, maximum and their difference; percentiles,
    linear between frames; slope of the least-squares line, per second; the shares of steps that rise and that fall, by more
    than the 1e-12 that rounding leaves of silence. A single frame has a slope of 0, and neither rises nor falls.
    """

    def __init__(self, config: FunctionalsConfig, rate: int) -> None:
        super().__init__()
        self.config = config
        self.of = contours(config.of, rate)
        self.hop = self.of.hop
        kinds = [name for each in config.statistics for name in self._kinds(each)]
        self.names = tuple(f"{name}_{kind}" for kind in kinds for name in self.of.names)

    def _kinds(self, statistic: Statistic) -> list[str]:
        if statistic == "percentiles":
            return [f"percentile_{each:g}" for each in self.config.percentiles]
        return [statistic]

    def frames(self, samples: Count) -> Count:
        """One, however many samples there are."""
        return samples * 0 + 1

    def forward(self, samples: Tensor, lengths: Tensor) -> Frames:
        """Functionals of (batch, n), `lengths` (batch,) true samples of each: values (batch, 1, dim)."""
        frames = self.of(samples, lengths)
        found = torch.cat([self._statistic(each, frames) for each in self.config.statistics], dim=1)  # (batch, dim)
        return Frames(found[:, None], torch.ones_like(lengths))

    def _statistic(self, name: Statistic, frames: Frames) -> Tensor:  # noqa: PLR0911 - one return a statistic
        """One kind of statistic: (batch, contours), percentiles (batch, percentiles x contours)."""
        values, lengths = frames
        real = frames.mask()[..., None]  # (batch, frames, 1)
        count = lengths[:, None].to(values.dtype)  # (batch, 1)
        lowest, highest = torch.where(real, values, torch.inf).amin(1), torch.where(real, values, -torch.inf).amax(1)
        mean = values.sum(1) / count
        match name:
            case "mean":
                return mean
            case "deviation":
                return (torch.where(real, values - mean[:, None], 0.0).square().sum(1) / count).sqrt()
            case "minimum":
                return lowest
            case "maximum":
                return highest
            case "range":
                return highest - lowest
            case "percentiles":
                return self._percentiles(frames)
            case "slope":
                at = torch.arange(values.shape[1], device=values.device)[None, :] - (count - 1) / 2  # (batch, frames)
                at = torch.where(real[..., 0], at, 0.0)
                spread = at.square().sum(1, keepdim=True).clamp(min=0.5)  # 0 for a single frame
                return (at[..., None] * (values - mean[:, None])).sum(1) / spread / self.hop
            case _:
                step = values[:, 1:] - values[:, :-1]
                moved = (step > _STILL if name == "rises" else step < -_STILL) & real[:, 1:]
                return moved.to(values.dtype).sum(1) / (count - 1).clamp(min=1)

    def _percentiles(self, frames: Frames) -> Tensor:
        """All percentiles, linear between the two frames around each: (batch, percentiles x contours)."""
        values, lengths = frames
        ordered = torch.where(frames.mask()[..., None], values, torch.inf).sort(1).values
        found = []
        for percentile in self.config.percentiles:
            place = (lengths - 1).to(values.dtype) * (percentile / 100)  # (batch,)
            below = place.floor()
            above = torch.minimum(below + 1, (lengths - 1).to(values.dtype))
            low, high = (
                torch.gather(ordered, 1, at.to(torch.int64)[:, None, None].expand(-1, 1, values.shape[2]))[:, 0]
                for at in (below, above)
            )
            found.append(low + (high - low) * (place - below)[:, None])
        return torch.cat(found, dim=1)
