"""One recording on one page: waveform, spectrogram, pitch and energy over the same seconds."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from serkit.audio.quality import GATE
from serkit.features import LogMel, LogMelConfig, Pitch, PitchConfig, Prosody, ProsodyConfig
from serkit.features.base import FrontEnd
from serkit.report._figures import png
from serkit.types import Waveform

Floats = npt.NDArray[np.floating[Any]]

INK, VOICE, LOUDNESS = "#3a3f47", "#b35c00", "#1f5fa8"
SILENT = GATE
"""dBFS (root of the mean square over 25 ms, without a constant offset) up to which nothing is to be seen or heard: recognition
has the same gate."""
FLOOR = -80.0
"""The lower end of the spectrogram's colors, in dB below a sine at full scale: the same in every picture, to compare by."""
BLOCK = 0.025
"""Seconds over which levels are taken."""
MOST_POINTS = 4000
"""Columns that a page can show: of more samples the span between their extremes is drawn, and frames lie further apart."""


def page(waveform: Waveform, title: str) -> bytes:
    """The page as a PNG file. Pitch is that of `features.Pitch`, energy that of `features.Prosody`.

    Where nothing is louder than `SILENT`, there is no pitch, and of a recording that is silent throughout the page says so.
    """
    samples = waveform.samples
    sound = Waveform((samples - samples.mean(dtype=np.float64)).astype(np.float32), waveform.rate)  # no offset can be heard
    levels = levels_of(waveform)
    silent = bool((levels <= SILENT).all())
    figure = Figure(figsize=(10, 8), dpi=150, layout="constrained")
    heights = (1.1, 2.2, 1.2, 1.0)
    wave, spectrogram, pitch, energy = figure.subplots(4, 1, sharex=True, height_ratios=heights)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left", parse_math=False)
    _draw_wave(wave, waveform, silent)
    _draw_spectrogram(figure, spectrogram, sound)
    _draw_pitch(pitch, sound, levels)
    _draw_energy(energy, sound)
    wave.set_xlim(0, waveform.duration)
    energy.set_xlabel("s")
    for axes in (wave, spectrogram, pitch, energy):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        axes.yaxis.label.set_size(9)
    figure.align_ylabels()
    return png(figure)


def levels_of(waveform: Waveform) -> Floats:
    """The level of each `BLOCK` in dBFS, 0 for a square wave at full scale, without the recording's mean; -inf for none."""
    samples = waveform.samples.astype(np.float64)
    samples = samples - samples.mean()
    size = max(1, round(BLOCK * waveform.rate))
    blocks = np.split(samples, range(size, len(samples), size))
    with np.errstate(divide="ignore"):
        return np.array([10 * np.log10(np.mean(block**2)) for block in blocks])


def _frames(front_end: FrontEnd, waveform: Waveform) -> tuple[Floats, Floats]:
    """Times (frames,) in seconds and values (frames, dim)."""
    with torch.no_grad():
        frames = front_end(torch.from_numpy(waveform.samples)[None], torch.tensor([len(waveform.samples)]))
    values = frames.values[0].numpy()
    return np.arange(len(values)) * front_end.hop, values


def _hop(waveform: Waveform) -> float:
    """Seconds between frames: 10 ms, or more where that would be more frames than a page can show."""
    return max(0.010, waveform.duration / MOST_POINTS)


def _draw_wave(axes: Axes, waveform: Waveform, silent: bool) -> None:
    samples = waveform.samples
    step = max(1, len(samples) // MOST_POINTS)
    columns = np.pad(samples, (0, -len(samples) % step), mode="edge").reshape(-1, step)
    times = np.arange(len(columns)) * step / waveform.rate
    axes.fill_between(times, columns.min(1), columns.max(1), color=INK, linewidth=0.4)
    # What is silent is drawn as small as it is.
    largest = max(1.0 if silent else 1e-3, float(np.abs(samples).max()))
    axes.set_ylim(-1.05 * largest, 1.05 * largest)
    axes.set_ylabel("amplitude")
    if silent:
        axes.set_title(f"silent: nothing above {SILENT:g} dBFS", fontsize=9, loc="right")


def _draw_spectrogram(figure: Figure, axes: Axes, waveform: Waveform) -> None:
    """Mel bands from 0 to half the rate, in dB below what a sine at full scale has; frequencies as the mel scale has them."""
    rate = waveform.rate
    n_fft = 1 << int(np.ceil(np.log2(0.064 * rate)))
    front_end = LogMel(LogMelConfig(bands=96, n_fft=n_fft, mel_scale="htk", hop=_hop(waveform)), rate)
    times, values = _frames(front_end, waveform)
    values = values - _full_scale(front_end, rate)
    top = 2595 * np.log10(1 + rate / 2 / 700)
    extent = (0, max(times[-1], waveform.duration), 0, top)
    image = axes.imshow(values.T, origin="lower", aspect="auto", cmap="magma", vmin=FLOOR, vmax=0, extent=extent)
    marks = [hertz for hertz in (0, 250, 500, 1000, 2000, 4000, 8000, 16000) if hertz <= rate / 2]
    axes.set_yticks([2595 * np.log10(1 + hertz / 700) for hertz in marks], [f"{hertz:,}" for hertz in marks])
    axes.set_ylabel("frequency (Hz, mel)")
    bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=30)
    bar.set_label("dB re a sine at full scale", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)


def _full_scale(front_end: FrontEnd, rate: int) -> float:
    """What the loudest band of a sine at full scale has, in the front-end's own decibels."""
    frequency = min(1000.0, rate / 8)
    samples = np.sin(2 * np.pi * frequency / rate * np.arange(rate // 2)).astype(np.float32)
    _, values = _frames(front_end, Waveform(samples, rate))
    return float(values.max())


def _draw_pitch(axes: Axes, waveform: Waveform, levels: Floats) -> None:
    """Dots where there is a voice; none where it is silent, whose rounding errors may be periodic."""
    config = PitchConfig(hop=_hop(waveform), high=max(100.0, min(600.0, waveform.rate / 4)))
    times, values = _frames(Pitch(config, waveform.rate), waveform)
    place = np.minimum((times / BLOCK).astype(int), len(levels) - 1)
    f0 = np.where((values[:, 0] > 0) & (levels[place] > SILENT), values[:, 0], np.nan)
    axes.plot(times, f0, ".", color=VOICE, markersize=3)
    if np.isnan(f0).all():
        why = f"silent: nothing above {SILENT:g} dBFS" if (levels <= SILENT).all() else "no voice found"
        axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center", color="#777", fontsize=9)
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
    axes.axhspan(-93, SILENT, color="#000", alpha=0.05, linewidth=0)
    axes.set_ylabel("energy (dBFS)")
    axes.set_ylim(-93, max(3.0, float(decibels.max()) + 3))
    axes.set_title(f"shaded: silent, below {SILENT:g} dBFS", fontsize=8, loc="right")
