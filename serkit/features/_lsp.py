"""Line spectral pair frequencies by a grid on the unit circle, so that they can stand in an exported graph.

F. Itakura: "Line spectrum representation of linear predictor coefficients of speech signals", JASA 57 (1975), S35. The
autocorrelation method is that of Makhoul, "Linear prediction: a tutorial review", Proc. IEEE 63 (1975), sections II and III.
"""

import numpy as np
import torch
from torch import Tensor, nn


class LineSpectralPairs(nn.Module):
    """Autocorrelations (..., order + 1) to the line spectral pair frequencies (..., order) in radians, rising.

    The prediction polynomial A(z) is taken apart into a symmetric and an antisymmetric one, whose roots lie on the unit circle
    and alternate. They are looked for where the two change their sign between neighbors of `grid` points, and placed by the
    secant there. Silence, and a pair that falls between two points, give the frequencies of a flat spectrum.
    """

    exporting = False

    def __init__(self, order: int = 8, grid: int = 512) -> None:
        super().__init__()
        if order % 2:
            raise ValueError(f"line spectral pairs of order {order} are no pairs")
        self.order, self.grid = order, grid
        # On the unit circle the two are sums of cosines and sines: (order / 2 + 1, grid).
        angles = np.arange(1, grid + 1) * np.pi / (grid + 1)
        halves = (order + 1) / 2 - np.arange(order // 2 + 1)
        self.register_buffer("cosines", torch.from_numpy(np.cos(halves[:, None] * angles)).float(), persistent=False)
        self.register_buffer("sines", torch.from_numpy(np.sin(halves[:, None] * angles)).float(), persistent=False)
        self.cosines: Tensor
        self.sines: Tensor

    def forward(self, correlation: Tensor) -> Tensor:
        """Frequencies (..., order) of autocorrelations (..., order + 1)."""
        predictor = levinson(correlation).to(self.cosines.dtype)  # (..., order + 1)
        padded = torch.nn.functional.pad(predictor, (0, 1))
        mirrored = torch.nn.functional.pad(predictor.flip(-1), (1, 0))
        half = self.order // 2 + 1
        symmetric = (padded + mirrored)[..., :half] @ self.cosines  # (..., grid)
        antisymmetric = (padded - mirrored)[..., :half] @ self.sines
        pairs = torch.stack([self._roots(symmetric), self._roots(antisymmetric)], dim=-1)  # (..., order / 2, 2)
        found = pairs.flatten(-2)
        flat = torch.arange(1, self.order + 1, device=found.device) * (torch.pi / (self.order + 1))
        return torch.where((found > 0).all(-1, keepdim=True), found, flat)

    def _roots(self, values: Tensor) -> Tensor:
        """The first order / 2 places (..., order / 2) where values (..., grid) change their sign; 0 where there are fewer."""
        left, right = values[..., :-1], values[..., 1:]
        positive = values > 0
        changes = positive[..., 1:] != positive[..., :-1]
        step, most = torch.pi / (self.grid + 1), self.order // 2
        if self.exporting:
            number = changes.to(values.dtype).cumsum(-1)  # how many changes so far
            at = torch.arange(1, self.grid, device=values.device) * step
            places = at + step * left / torch.where(changes, left - right, 1.0)
            return torch.stack([torch.where(changes & (number == count + 1), places, 0.0).sum(-1) for count in range(most)], -1)
        # The same, where a graph need not have a fixed form: the changes alone, each with its number among those of its row.
        rows, at = changes.flatten(0, -2).nonzero(as_tuple=True)
        counts = changes.flatten(0, -2).sum(-1)
        number = torch.arange(len(rows), device=values.device) - (counts.cumsum(0) - counts)[rows]
        kept = number < most
        rows, at, number = rows[kept], at[kept], number[kept]
        before, after = (each.flatten(0, -2)[rows, at] for each in (left, right))
        found = values.new_zeros(len(counts), most)
        found[rows, number] = (at + 1) * step + step * before / (before - after)
        return found.reshape(*values.shape[:-1], most)


def levinson(correlation: Tensor) -> Tensor:
    """The predictor 1, a_1, ... (..., order + 1) of autocorrelations (..., order + 1), by Levinson's recursion.

    In double precision: speech has most of its power low, so that the equations are nearly singular, and single precision
    leaves three digits of the frequencies, which then differ between two ways to the same correlations. Silence is predicted
    by nothing.
    """
    correlation = correlation.double()
    first = correlation[..., :1]
    heard = first > 0
    scaled = torch.where(heard, correlation / torch.where(heard, first, 1.0), 0.0)
    predictor, error = torch.ones_like(first), torch.ones_like(first)
    for step in range(1, correlation.shape[-1]):
        known = (predictor * scaled[..., 1 : step + 1].flip(-1)).sum(-1, keepdim=True)
        reflection = -known / error.clamp(min=1e-9)
        longer = torch.nn.functional.pad(predictor, (0, 1))
        predictor = longer + reflection * longer.flip(-1)
        error = error * (1 - reflection.square())
    return predictor
