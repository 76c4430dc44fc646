"""Differences of contours, by regression over neighboring frames."""

import torch
from torch import Tensor

from serkit.frames import Frames


def deltas(frames: Frames, reach: int) -> Frames:
    """The slope of each contour over 2 `reach` + 1 frames, the first and last frame repeated beyond an item's own ends.

    d_t = sum_k k (x_{t+k} - x_{t-k}) / (2 sum_k k^2), k from 1 to `reach` (The HTK Book, section 5.9).
    """
    values, lengths = frames
    at = torch.arange(values.shape[1], device=values.device)[None, :]  # (1, frames)
    last = (lengths[:, None] - 1).clamp(min=0)  # (batch, 1)
    total = torch.zeros_like(values)
    for step in range(1, reach + 1):
        after = torch.minimum(at + step, last)  # (batch, frames)
        before = torch.minimum((at - step).clamp(min=0), last)
        total = total + step * (_take(values, after) - _take(values, before))
    slope = total / (2 * sum(step * step for step in range(1, reach + 1)))
    return Frames(torch.where(frames.mask()[..., None], slope, 0.0), lengths)


def _take(values: Tensor, at: Tensor) -> Tensor:
    """Frames of each item by their number: (batch, frames, dim)."""
    return torch.gather(values, 1, at[..., None].expand(-1, -1, values.shape[2]))


def with_deltas(frames: Frames, order: int, reach: int) -> Frames:
    """The contours with their first (and second, ...) differences behind them: (batch, frames, (order + 1) dim)."""
    parts = [frames]
    for _ in range(order):
        parts.append(deltas(parts[-1], reach))
    return Frames(torch.cat([part.values for part in parts], dim=2), frames.lengths) if order else frames


def delta_names(names: tuple[str, ...], order: int) -> tuple[str, ...]:
    """Names for what `with_deltas` gives.

    >>> delta_names(("energy",), 2)
    ('energy', 'energy_de', 'energy_dede')
    """
    return tuple(name + ("_" if number else "") + "de" * number for number in range(order + 1) for name in names)
