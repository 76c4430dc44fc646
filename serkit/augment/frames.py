"""Changes to normalized features within a batch: masks (SpecAugment) and mixtures (mixup)."""

from collections.abc import Mapping

import numpy as np
import torch
from pydantic import Field
from torch import Generator, Tensor

from serkit.config import Config
from serkit.frames import Frames


class SpecAugment(Config):
    """Park et al., "SpecAugment", Interspeech 2019, section 2, without its time warp; widths as shares of what is there."""

    time_masks: int = Field(2, ge=0, le=100)
    time_width: float = Field(0.15, ge=0, le=1)  # of an item's frames, at most
    dim_masks: int = Field(2, ge=0, le=100)
    dim_width: float = Field(0.2, ge=0, le=1)  # of the values of a frame, at most


def mask(features: Mapping[str, Frames], config: SpecAugment, generator: Generator) -> dict[str, Frames]:
    """The features with stretches of frames and of values set to 0, the mean of normalized features; others in each item."""
    return {name: _masked(frames, config, generator) for name, frames in features.items()}


def _masked(frames: Frames, config: SpecAugment, generator: Generator) -> Frames:
    values, lengths = frames
    batch, count, dim = values.shape
    kept = torch.ones(batch, count, dim, dtype=torch.bool)
    for masks, width, axis, sizes in (
        (config.time_masks, config.time_width, 1, lengths.cpu()),
        (config.dim_masks, config.dim_width, 2, torch.full((batch,), dim)),
    ):
        at = torch.arange(values.shape[axis])
        for _ in range(masks):
            drawn = torch.rand(2, batch, generator=generator)
            wide = (drawn[0] * width * sizes).floor()
            first = (drawn[1] * (sizes - wide + 1)).floor()
            hidden = (at >= first[:, None]) & (at < (first + wide)[:, None])  # (batch, size)
            kept &= ~(hidden[:, :, None] if axis == 1 else hidden[:, None, :])
    return Frames(values * kept.to(values.device), lengths)


def mix(features: Mapping[str, Frames], alpha: float, generator: Generator) -> tuple[dict[str, Frames], Tensor, float]:
    """Every item mixed with another of the batch, which one (batch,), and the share that stays its own.

    Zhang et al., "mixup: Beyond empirical risk minimization", ICLR 2018, section 2: x = l x_i + (1 - l) x_j, l ~ Beta(a, a).
    """
    first = next(iter(features.values())).values
    other = torch.randperm(len(first), generator=generator)
    seed = int(torch.randint(2**62, (), generator=generator))
    share = float(np.random.default_rng(seed).beta(alpha, alpha))
    mixed = {}
    for name, (values, lengths) in features.items():
        place = other.to(values.device)
        mixed[name] = Frames(share * values + (1 - share) * values[place], torch.maximum(lengths, lengths[place]))
    return mixed, other, share
