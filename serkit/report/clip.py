"""One recording on one page: waveform, spectrogram, pitch and energy over the same seconds."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from serkit.features import LogMel, LogMelConfig, Pitch, PitchConfig, Prosody, ProsodyConfig
from serkit.features.base import FrontEnd
from serkit.report._figures import png
from serkit.types import Waveform

Floats = npt.NDArray[np.floating[Any]]

INK, VOICE, LOUDNESS = "#3a3f47", "#b35c00", "#1f5fa8"
MOST_POINTS = 4000
"""Columns that a page can show: of more samples the span between their extremes is drawn, and frames lie further apart."""


def page(waveform: Waveform, title: str) -> bytes:
    """The page as a PNG file. Pitch is that of `features.Pitch`, energy that of `features.Prosody`."""
    figure = Figure(figsize=(10, 8), dpi=150, layout="constrained")
    heights = (1.1, 2.2, 1.2, 1.0)
    wave, spectrogram, pitch, energy = figure.subplots(4, 1, sharex=True, height_ratios=heights)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left", parse_math=False)
    _draw_wave(wave, waveform)
    _draw_spectrogram(figure, spectrogram, waveform)
    _draw_pitch(pitch, waveform)
    _draw_energy(energy, waveform)
    wave.set_xlim(0, waveform.duration)
    energy.set_xlabel("s")
    for axes in (wave, spectrogram, pitch, energy):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        axes.yaxis.label.set_size(9)
    figure.align_ylabels()
    return png(figure)


def _frames(front_end: FrontEnd, waveform: Waveform) -> tuple[Floats, Floats]:
    """Times (frames,) in seconds and values (frames, dim)."""
    with torch.no_grad():
        frames = front_end(torch.from_numpy(waveform.samples)[None], torch.tensor([len(waveform.samples)]))
    values = frames.values[0].numpy()
    return np.arange(len(values)) * front_end.hop, values


def _hop(waveform: Waveform) -> float:
    """Seconds between frames: 10 ms, or more where that would be more frames than a page can show."""
    return max(0.010, waveform.duration / MOST_POINTS)


def _draw_wave(axes: Axes, waveform: Waveform) -> None:
    samples = waveform.samples
    step = max(1, len(samples) // MOST_POINTS)
    columns = np.pad(samples, (0, -len(samples) % step), mode="edge").reshape(-1, step)
    times = np.arange(len(columns)) * step / waveform.rate
    axes.fill_between(times, columns.min(1), columns.max(1), color=INK, linewidth=0.4)
    largest = max(1e-3, float(np.abs(samples).max()))
    axes.set_ylim(-1.05 * largest, 1.05 * largest)
    axes.set_ylabel("amplitude")


def _draw_spectrogram(figure: Figure, axes: Axes, waveform: Waveform) -> None:
    """Mel bands from 0 to half the rate, down to 80 dB below the loudest; frequencies where the mel scale puts them."""
    rate = waveform.rate
    n_fft = 1 << int(np.ceil(np.log2(0.064 * rate)))
    config = LogMelConfig(bands=96, n_fft=n_fft, top_db=80.0, mel_scale="htk", hop=_hop(waveform))
    times, values = _frames(LogMel(config, rate), waveform)
    top = 2595 * np.log10(1 + rate / 2 / 700)
    image = axes.imshow(
        values.T, origin="lower", aspect="auto", cmap="magma", extent=(0, max(times[-1], waveform.duration), 0, top)
    )
    marks = [hertz for hertz in (0, 250, 500, 1000, 2000, 4000, 8000, 16000) if hertz <= rate / 2]
    axes.set_yticks([2595 * np.log10(1 + hertz / 700) for hertz in marks], [f"{hertz:,}" for hertz in marks])
    axes.set_ylabel("frequency (Hz, mel)")
    bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=30)
    bar.set_label("dB", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)


def _draw_pitch(axes: Axes, waveform: Waveform) -> None:
    config = PitchConfig(hop=_hop(waveform), high=max(100.0, min(600.0, waveform.rate / 4)))
    times, values = _frames(Pitch(config, waveform.rate), waveform)
    f0 = np.where(values[:, 0] > 0, values[:, 0], np.nan)
    axes.plot(times, f0, ".", color=VOICE, markersize=3)
    if np.isnan(f0).all():
        axes.text(0.5, 0.5, "no voice found", transform=axes.transAxes, ha="center", va="center", color="#777", fontsize=9)
        axes.set_ylim(config.low, config.high)
    else:
        voiced = f0[~np.isnan(f0)]
        axes.set_title(
            f"median {np.median(voiced):.0f} Hz, {100 * len(voiced) / len(f0):.0f} % of frames voiced", fontsize=8, loc="right"
        )
        axes.set_ylim(max(0, voiced.min() - 30), voiced.max() + 30)
    axes.set_ylabel("pitch (Hz)")


def _draw_energy(axes: Axes, waveform: Waveform) -> None:
    n_fft = 1 << int(np.ceil(np.log2(0.025 * waveform.rate)))
    times, values = _frames(Prosody(ProsodyConfig(n_fft=n_fft, hop=_hop(waveform)), waveform.rate), waveform)
    decibels = np.maximum(10 / np.log(10) * values[:, 1], -90)
    axes.plot(times, decibels, color=LOUDNESS, linewidth=1.2)
    axes.set_ylabel("energy (dB)")
    axes.set_ylim(decibels.min() - 3, decibels.max() + 3)
