"""Pitch by subharmonic summation.

D. J. Hermes: "Measurement of pitch by subharmonic summation", JASA 83 (1988), 257-264, in openSMILE's form: a magnitude
spectrum on an octave scale by cubic splines, harmonics added with falling weights, the strength of a peak against the mean.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

LOW, HIGH = 52.0, 620.0
"""Hz: where a pitch may lie."""
LOWEST = 25.0
"""Hz: where the octave scale begins; it ends at half the rate."""
POINTS = 1024
HARMONICS = 15
COMPRESSION = 0.85


class Candidate(NamedTuple):
    """Of each frame: `f0` in Hz, 0 where there is no candidate, and how probably it is `voiced`, in [0, 1]."""

    f0: Tensor
    voiced: Tensor


class SubharmonicSum(nn.Module):
    """Magnitudes (..., n_fft / 2 + 1) to the best pitch candidate of each frame.

    The sum at s octaves above LOWEST is H(s) = sum_n c^(n-1) P(s + log2 n), n from 1 to HARMONICS, c the COMPRESSION
    (Hermes 1988, equation 3). A peak of H is a candidate if it is higher than all peaks below it and at most two such peaks
    follow; the highest one from LOW to HIGH Hz is taken, its probability 1 - mean(H) / H. Splines and sums are linear, so that
    both are one matrix.
    """

    exporting = False

    def __init__(self, rate: int, n_fft: int) -> None:
        super().__init__()
        from scipy.interpolate import CubicSpline  # here, since it takes half a second that others need not wait for

        step = np.log2(rate / 2 / LOWEST) / (POINTS - 1)  # octaves
        frequencies = LOWEST * 2 ** (np.arange(POINTS) * step)
        bins = np.arange(n_fft // 2 + 1) * rate / n_fft
        octaves = CubicSpline(bins, np.eye(len(bins)), bc_type="natural")(frequencies)  # (points, bins)
        summed = octaves.copy()
        for harmonic in range(2, HARMONICS + 1):
            shift = int(np.log2(harmonic) / step)
            summed[:-shift] += COMPRESSION ** (harmonic - 1) * octaves[shift:]
        # A spline's far influence is so small a number that processors are slow with it.
        summed[np.abs(summed) < 1e-9] = 0.0
        self.register_buffer("matrix", torch.from_numpy(summed.T.copy()).float(), persistent=False)
        self.step = step
        self.first = int(np.searchsorted(frequencies, LOW))
        self.end = int(np.searchsorted(frequencies, HIGH, side="right"))
        self.matrix: Tensor

    def forward(self, magnitudes: Tensor) -> Candidate:
        """Candidates (...) of magnitudes (..., bins)."""
        sums = magnitudes @ self.matrix  # (..., points)
        left, middle, right = sums[..., :-2], sums[..., 1:-1], sums[..., 2:]
        peaks = torch.where((middle > left) & (middle > right), middle, 0.0)  # (..., points - 2), of point number + 1
        below = peaks[..., : self.end - 1]
        best, at = below.max(-1, keepdim=True)
        # Records above the range: peaks higher than all before them, the best of the range included.
        above = self._running_maximum(torch.cat([best, peaks[..., self.end - 1 :]], dim=-1))
        records = (above[..., 1:] > above[..., :-1]).sum(-1, keepdim=True)
        valid = (best > 0) & (at + 1 >= self.first) & (records <= 2)
        voiced = (1 - sums.mean(-1, keepdim=True) / torch.where(valid, best, 1.0)).clamp(min=0.0)
        before, top, after = (torch.gather(sums, -1, at + offset) for offset in (0, 1, 2))
        bend = 2 * top - before - after
        beside = 0.5 * (after - before) / torch.where(bend > 0, bend, 1.0)
        f0 = LOWEST * torch.exp((at + 1 + beside) * (self.step * np.log(2)))
        return Candidate(torch.where(valid, f0, 0.0)[..., 0], torch.where(valid, voiced, 0.0)[..., 0])

    def _running_maximum(self, values: Tensor) -> Tensor:
        """The largest value so far along the last axis; by doubling steps in a graph: ONNX knows no cumulative maximum."""
        if not self.exporting:
            return values.cummax(-1).values
        step = 1
        while step < POINTS:
            values = torch.cat([values[..., :step], torch.maximum(values[..., step:], values[..., :-step])], dim=-1)
            step *= 2
        return values
