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
JUMP = 0.1
"""How much, of the expectation, two neighboring periods differ at most; more is a period that was found in the wrong place."""
RISE = 1.6
"""How many times as high one of two neighboring periods is at most; more is no shimmer (Praat's maximum amplitude factor)."""


class Irregularity(NamedTuple):
    """Of each frame: jitter, its differences (DDP) and shimmer, each relative to the mean; 0 where periods are too few."""

    jitter: Tensor
    ddp: Tensor
    shimmer: Tensor


def irregularity(
    samples: Tensor, lengths: Tensor, f0: Tensor, starts: Tensor, window: int, rate: int, steps: int, *, exporting: bool
) -> Irregularity:
    """Of frames (batch, frames) with a pitch `f0` in Hz, 0 where unvoiced, that lie in (batch, n) samples from `starts` on.

    `starts` (frames,) are whole samples, `window` is a frame's length; what lies beyond an item's own length is not heard.
    """
    # A graph has a fixed form and goes through all frames; elsewhere only the voiced ones are looked at.
    voiced = f0 > 0
    chosen = torch.ones_like(voiced) if exporting else voiced
    items, at = chosen.nonzero().unbind(1)
    if not exporting and not len(items):
        return Irregularity(*[torch.zeros_like(f0)] * 3)
    periods = rate / f0[items, at].clamp(min=1.0)
    # Places count from each frame's own first sample: single precision has no fractions left among all of a recording.
    begins = starts[at]
    stretch = _Stretch(
        samples.flatten(),
        begins + items * samples.shape[1],
        (lengths[items] - begins).clamp(max=window).to(periods.dtype),
        ((lengths[items] - 2).clamp(min=0) - begins).to(periods.dtype),
    )
    found = _of_frames(stretch, periods, steps, exporting)
    if exporting:
        return Irregularity(*(torch.where(voiced, each.reshape(f0.shape), 0.0) for each in found))
    return Irregularity(*(torch.zeros_like(f0).masked_scatter(voiced, each) for each in found))


class _Stretch(NamedTuple):
    """Where frames (frames,) lie among all `samples` of a batch, one item after the other.

    `first` are their first samples' numbers there. From those are counted `length`, how many samples a frame has, and `last`,
    its item's last sample but one.
    """

    samples: Tensor
    first: Tensor
    length: Tensor
    last: Tensor

    def at(self, places: Tensor) -> Tensor:
        """Samples at fractional places (frames, points) of the frames, linear between neighbors.

        Beyond an item's own end its last two samples stand for all that follow.
        """
        inside = torch.minimum(places, self.last[:, None])
        below = inside.floor()
        left = below.to(torch.int64) + self.first[:, None]
        return torch.lerp(self.samples[left], self.samples[left + 1], inside - below)


def _of_frames(stretch: _Stretch, periods: Tensor, steps: int, exporting: bool) -> Irregularity:
    """Of frames (frames,) with a pitch.

    A period of about `periods` samples ends where the next one is most like it, within a quarter of that length. Where they
    correlate by less than a half it does not count, as where a voice sets in. The search ends after `steps` periods, and where
    two more do not fit the frame.

    With periods T_i and peak-to-peak amplitudes A_i, all means over i: jitter is mean |T_i - T_i-1| / mean T_i, DDP is
    mean |(T_i+1 - T_i) - (T_i - T_i-1)| / mean T_i, shimmer is mean |A_i - A_i-1| / mean A_i; neighbors that differ by more
    than JUMP and RISE do not count.
    """
    reach = round(REACH * POINTS)
    unit = periods / POINTS
    place = torch.zeros_like(periods)
    going = torch.ones_like(periods, dtype=torch.bool)
    found, heights, counted = [], [], []
    grid = torch.arange(2 * POINTS + reach + 2, device=periods.device)
    for _ in range(steps):
        sound = stretch.at(place[:, None] + unit[:, None] * grid)  # (frames, points)
        lag, likeness = _best_lag(sound, reach, exporting)
        going = going & (place + unit * (POINTS + lag) <= stretch.length)
        first = sound[:, :POINTS]
        found.append(unit * lag)
        heights.append(first.amax(1) - first.amin(1))
        counted.append(going & (likeness >= LEAST))
        place = torch.where(going, place + unit * lag, place)
    period, height, real = (torch.stack(each, dim=1) for each in (found, heights, counted))  # (frames, steps)
    mean = _mean(period, real)
    pairs = real[:, 1:] & real[:, :-1]
    jump = period[:, 1:] - period[:, :-1]
    near = pairs & (jump.abs() < JUMP * periods[:, None])
    bend = jump[:, 1:] - jump[:, :-1]
    step = height[:, 1:] - height[:, :-1]
    level = pairs & (height[:, 1:] < RISE * height[:, :-1]) & (height[:, :-1] < RISE * height[:, 1:])
    return Irregularity(
        _share(_mean(jump.abs(), near), mean),
        _share(_mean(bend.abs(), near[:, 1:] & near[:, :-1]), mean),
        _share(_mean(step.abs(), level), _mean(height, real)),
    )


def _best_lag(sound: Tensor, reach: int, exporting: bool) -> tuple[Tensor, Tensor]:
    """The lag in points, with a fraction, at which (..., points) is most like its own beginning, and the correlation there."""
    first = sound[..., :POINTS]
    first = first - first.mean(-1, keepdim=True)
    # Taking the mean from one of the two is enough for their product; from a power it is taken afterwards.
    lags = range(POINTS - reach - 1, POINTS + reach + 2)
    if exporting:
        product = torch.stack([(sound[..., lag : lag + POINTS] * first).sum(-1) for lag in lags], dim=-1)  # (..., lags)
    else:
        n = 2 * POINTS + 2 * reach  # no lag that is looked at wraps around
        spectra = torch.fft.rfft(sound, n) * torch.fft.rfft(first, n).conj()
        product = torch.fft.irfft(spectra, n)[..., lags[0] : lags[-1] + 1]
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


def _mean(values: Tensor, real: Tensor) -> Tensor:
    """The mean (...) of those values (..., n) that are real; 0 of none."""
    return torch.where(real, values, 0.0).sum(-1) / real.sum(-1).clamp(min=1)


def _share(size: Tensor, whole: Tensor) -> Tensor:
    """One of the other, 0 of nothing."""
    return torch.where(whole > 0, size / torch.where(whole > 0, whole, 1.0), 0.0)
