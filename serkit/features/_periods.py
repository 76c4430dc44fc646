"""How regular the periods of a voice are: jitter and shimmer of single frames.

J. Hillenbrand: "A methodological study of perturbation and additive noise in synthetically generated voice signals", Journal of
Speech and Hearing Research 30 (1987), 448-461, for the quantities; periods follow each other by the best correlation.
"""

from typing import NamedTuple

import torch
from torch import Tensor

POINTS = 64
"""Points in one period, whatever its length."""
REACH = 0.25
"""How much longer or shorter than its expectation a period may be."""
LEAST = 0.5
"""The correlation below which two stretches of sound are no periods of one voice."""


class Irregularity(NamedTuple):
    """Of each frame: jitter, jitter of jitter (DDP) and shimmer, each relative to the mean; 0 without two periods."""

    jitter: Tensor
    ddp: Tensor
    shimmer: Tensor


def irregularity(
    samples: Tensor,
    lengths: Tensor,
    items: Tensor,
    starts: Tensor,
    window: int,
    periods: Tensor,
    steps: int,
    *,
    exporting: bool,
) -> Irregularity:
    """Of voiced frames (frames,), each of one of the `items` of (batch, n) samples, from `starts` on, `window` samples long.

    A period of about `periods` samples ends where the next one is most like it, within a quarter of that length. Where they
    correlate by less than a half, the search ends, and so it does after `steps` periods and at the frame's end.
    """
    reach = round(REACH * POINTS)
    unit = periods / POINTS
    place = starts
    going = torch.ones_like(periods, dtype=torch.bool)
    found, heights, counted = [], [], []
    grid = torch.arange(2 * POINTS + reach + 2, device=samples.device)
    for _ in range(steps):
        sound = _at(samples, lengths, items, place[:, None] + unit[:, None] * grid)  # (frames, points)
        lag, likeness = _best_lag(sound, reach, exporting)
        going = going & (place + unit * (POINTS + lag) <= starts + window) & (likeness >= LEAST)
        first = sound[:, :POINTS]
        found.append(torch.where(going, unit * lag, 0.0))
        heights.append(torch.where(going, first.amax(1) - first.amin(1), 0.0))
        counted.append(going)
        place = torch.where(going, place + unit * lag, place)
    period, height, real = (torch.stack(each, dim=1) for each in (found, heights, counted))
    return Irregularity(_relative(period, real, 1), _relative(period, real, 2), _relative(height, real, 1))


def _at(samples: Tensor, lengths: Tensor, items: Tensor, places: Tensor) -> Tensor:
    """Samples (batch, n) of the items (frames,) at fractional places (frames, points), linear between neighbors.

    Beyond an item's own end its last two samples stand for all that follow.
    """
    last = (lengths[items] - 2).clamp(min=0).to(places.dtype)
    inside = torch.minimum(places, last[:, None])
    below = inside.floor()
    left = below.to(torch.int64) + items[:, None] * samples.shape[1]
    flat = samples.flatten()
    return torch.lerp(flat[left], flat[left + 1], inside - below)


def _best_lag(sound: Tensor, reach: int, exporting: bool) -> tuple[Tensor, Tensor]:
    """The lag in points, with a fraction, at which (..., points) is most like its own beginning, and the correlation there."""
    first = sound[..., :POINTS]
    first = first - first.mean(-1, keepdim=True)
    # Taking the mean from one of the two is enough for their product; from a power it is taken afterwards.
    lags = range(POINTS - reach - 1, POINTS + reach + 2)
    if exporting:
        product = torch.stack([(sound[..., lag : lag + POINTS] * first).sum(-1) for lag in lags], dim=-1)  # (..., lags)
    else:
        spectra = torch.fft.rfft(sound, 4 * POINTS) * torch.fft.rfft(first, 4 * POINTS).conj()
        product = torch.fft.irfft(spectra, 4 * POINTS)[..., lags[0] : lags[-1] + 1]
    sums, squares = (_moving_sum(each)[..., lags[0] : lags[-1] + 1] for each in (sound, sound.square()))
    power = (squares - sums.square() / POINTS).clamp(min=0.0)
    every = product / (power * first.square().sum(-1, keepdim=True)).clamp(min=1e-20).sqrt()
    best, at = every[..., 1:-1].max(-1, keepdim=True)
    before, after = torch.gather(every, -1, at), torch.gather(every, -1, at + 2)
    bend = 2 * best - before - after
    beside = (0.5 * (after - before) / torch.where(bend > 0, bend, 1.0)).clamp(min=-0.5, max=0.5)
    return (at + POINTS - reach + beside)[..., 0], best[..., 0]


def _moving_sum(values: Tensor) -> Tensor:
    """Sums of (..., points) over one period from each point on."""
    total = torch.nn.functional.pad(values.cumsum(-1), (1, 0))
    return total[..., POINTS:] - total[..., :-POINTS]


def _relative(values: Tensor, real: Tensor, order: int) -> Tensor:
    """The mean size of the differences of that order between neighbors, relative to the mean: (...,) of (..., steps)."""
    mean = values.sum(-1) / real.sum(-1).clamp(min=1)
    for _ in range(order):
        values = values[..., 1:] - values[..., :-1]
        real = real[..., 1:] & real[..., :-1]
    size = torch.where(real, values.abs(), 0.0).sum(-1) / real.sum(-1).clamp(min=1)
    return torch.where(mean > 0, size / torch.where(mean > 0, mean, 1.0), 0.0)
