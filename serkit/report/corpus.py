"""A copy of a corpus on one page: how long, by whom and how loud its utterances are."""

import io
import math
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from serkit.corpora import SILENCE, Corpus
from serkit.labels import ordered
from serkit.report._figures import png, ramp
from serkit.types import Utterance

HERE = Path(__file__).parent

FORMATS = (".html", ".png", ".svg")
"""What a page can be."""

PAPER, INK, RULE, LENGTH, LEVEL = "#fdfdfc", "#3a3f47", "#dddfe2", "#1f5fa8", "#a85400"
THEME = {PAPER: "var(--paper)", INK: "var(--soft)", RULE: "var(--rule)", LENGTH: "var(--blue)", LEVEL: "var(--orange)"}
"""The colors of the drawing, and those of the page, which follow the reader's light or dark."""

NUMBERED, NAMED = 30, 120
"""So many speakers at most have numbers in their cells, or names below them."""


@dataclass(frozen=True, slots=True)
class Clip:
    """An utterance, its `duration` in seconds, its `level` (root of the mean square) and its `peak`, with full scale at 1."""

    utterance: Utterance
    duration: float
    level: float
    peak: float = 1.0

    @property
    def label(self) -> str:
        """The corpus's own word, or the emotion."""
        return _printable(self.utterance.native or self.utterance.label or "no label")

    @property
    def speaker(self) -> str:
        """Who speaks."""
        return _printable(self.utterance.speaker or "not known")

    @property
    def silent(self) -> bool:
        """Whether nothing is to be heard, by the rule of the check of a copy."""
        return self.peak < SILENCE or not self.level

    @property
    def decibels(self) -> float | None:
        """The level in dBFS (0 for a square wave at full scale); None for silence, which has no loudness."""
        return None if self.silent else 20 * math.log10(self.level)


def _printable(name: str) -> str:
    """A name as a page can hold it: bytes that are no UTF-8 are spelled out."""
    return name.encode("utf-8", "backslashreplace").decode()


def draw(corpus: Corpus, clips: Sequence[Clip], form: str) -> bytes:
    """The page as a file of one of the `FORMATS`; there is at least one clip."""
    labels = ordered({clip.label for clip in clips})
    counts = Counter(clip.speaker for clip in clips)
    # Few speakers in the order of their names, many by how much they say.
    speakers = sorted(counts) if len(counts) <= NAMED else sorted(counts, key=lambda name: (-counts[name], name))
    figure = _figure(labels, speakers, clips)
    if form == ".png":
        figure.suptitle(_title(corpus, clips), fontsize=12, x=0.01, ha="left", color=INK, parse_math=False)
        return png(figure)
    if form == ".svg":
        figure.suptitle(_title(corpus, clips), fontsize=12, x=0.01, ha="left", color=INK, parse_math=False)
        return _svg(figure, "path").encode("utf-8", "backslashreplace")
    return _page(corpus, labels, clips, len(speakers), _themed(_svg(figure, "none"))).encode("utf-8", "backslashreplace")


def _title(corpus: Corpus, clips: Sequence[Clip]) -> str:
    hours = sum(clip.duration for clip in clips) / 3600
    return f"{_printable(corpus.title)}: {len(clips):,} utterances, {hours:.2f} hours"


def _figure(labels: Sequence[str], speakers: Sequence[str], clips: Sequence[Clip]) -> Figure:
    rows = 0.22 * len(labels)
    figure = Figure(figsize=(10, 5.0 + 2.3 * rows), dpi=150)
    figure.set_layout_engine(ConstrainedLayoutEngine(hspace=0.06, wspace=0.05))
    grid = figure.add_gridspec(3, 2, height_ratios=(0.6 + rows, 0.6 + 1.3 * rows, 1.6))
    duration = figure.add_subplot(grid[0, 0])
    level = figure.add_subplot(grid[0, 1], sharey=duration)
    cells, loudness = figure.add_subplot(grid[1, :]), figure.add_subplot(grid[2, :])
    by_label = {label: [clip for clip in clips if clip.label == label] for label in labels}
    by_speaker = {speaker: [clip for clip in clips if clip.speaker == speaker] for speaker in speakers}
    _ranges(duration, [[clip.duration for clip in own] for own in by_label.values()], LENGTH)
    duration.set_yticks(range(len(labels)), [f"{label} ({len(own):,})" for label, own in by_label.items()])
    duration.set_ylim(len(labels) - 0.5, -0.5)
    duration.set_xlim(0)
    _ranges(level, [_levels(own) for own in by_label.values()], LEVEL)
    level.tick_params(labelleft=False)
    level.locator_params(axis="x", nbins=6)
    _silent(level, list(by_label.values()))
    _cells(cells, labels, by_speaker)
    _ranges(loudness, [_levels(own) for own in by_speaker.values()], LEVEL, upright=True)
    loudness.set_xlim(-0.5, len(speakers) - 0.5)
    if len(speakers) <= NUMBERED:
        _silent(loudness, list(by_speaker.values()), upright=True)
    for axes in (cells, loudness):
        _name_speakers(axes, speakers)
    _tidy(duration, "duration (s)")
    _tidy(level, "loudness (RMS, dBFS)")
    most = max(Counter((clip.label, clip.speaker) for clip in clips).values())
    _tidy(cells, f"utterances by speaker (darkest: {most})")
    _tidy(loudness, "loudness by speaker (RMS, dBFS)")
    key = _key(any(clip.silent for clip in clips))
    figure.legend(handles=key, loc="outside lower left", ncols=len(key), frameon=False, fontsize=8, labelcolor=INK)
    return figure


def _key(silence: bool) -> list[Line2D]:
    """What lines, bars and dots mean."""
    key = [
        Line2D([], [], color=INK, linewidth=1, label="5th to 95th percentile"),
        Line2D([], [], color=INK, linewidth=6, alpha=0.45, solid_capstyle="butt", label="first to third quartile"),
        Line2D([], [], color=INK, linestyle="none", marker="o", markersize=4, label="median"),
    ]
    what = f"silent: peak below {20 * math.log10(SILENCE):.0f} dBFS, in no range of loudness"
    return key + ([Line2D([], [], linestyle="none", label=what)] if silence else [])


def _silent(axes: Axes, groups: Sequence[Sequence[Clip]], *, upright: bool = False) -> None:
    """Beside a group the number of its silent utterances, at the quiet end of the scale: silence has no place on it."""
    if all(clip.silent for own in groups for clip in own):
        (axes.set_yticks if upright else axes.set_xticks)([])
    for place, own in enumerate(groups):
        if number := sum(clip.silent for clip in own):
            text = "all silent" if number == len(own) else f"{number} silent"
            # Beside the line of the group's range, never upon it.
            if upright:
                look: dict[str, Any] = {
                    "xy": (place, 0.02),
                    "xycoords": ("data", "axes fraction"),
                    "xytext": (4, 0),
                    "va": "bottom",
                }
            else:
                look = {"xy": (0.01, place), "xycoords": ("axes fraction", "data"), "xytext": (0, 3), "va": "bottom"}
            axes.annotate(text, **look, textcoords="offset points", ha="left", fontsize=7, color=INK, style="italic")


def _levels(clips: Sequence[Clip]) -> list[float]:
    """Without silence, which has none."""
    return [clip.decibels for clip in clips if clip.decibels is not None]


def _ranges(axes: Axes, groups: Sequence[Sequence[float]], color: str, *, upright: bool = False) -> None:
    """For each group a line from its 5th to its 95th percentile, a broad one between the quartiles, a dot at the median."""
    lines = axes.vlines if upright else axes.hlines
    broad = max(1.5, min(6.0, 180 / max(1, len(groups)))) if upright else 6.0
    places = [place for place, values in enumerate(groups) if values]
    if places:
        low, first, middle, third, high = np.transpose([np.percentile(groups[place], (5, 25, 50, 75, 95)) for place in places])
        lines(places, low, high, color=color, linewidth=1)
        lines(places, first, third, color=color, linewidth=broad, alpha=0.45)
        spots = (places, middle) if upright else (middle, places)
        axes.plot(*spots, "o", color=color, markersize=min(4.0, broad + 1))
    axes.grid(axis="y" if upright else "x", color=RULE, linewidth=0.8)


def _cells(axes: Axes, labels: Sequence[str], by_speaker: Mapping[str, Sequence[Clip]]) -> None:
    """A cell for each label and speaker, the darker the more utterances; none where there are none."""
    counted = [Counter(clip.label for clip in own) for own in by_speaker.values()]
    numbers = np.array([[each[label] for each in counted] for label in labels], dtype=float)
    most = numbers.max()
    edges = np.arange(len(counted) + 1) - 0.5, np.arange(len(labels) + 1) - 0.5
    shown = np.ma.masked_equal(numbers, 0)
    axes.pcolormesh(*edges, shown, cmap=ramp(), vmin=0, vmax=most, edgecolor=PAPER, linewidth=1)
    if len(counted) <= NUMBERED:
        for (y, x), number in np.ndenumerate(numbers):
            # Black itself would be left to the page's theme; a cell of none has the page's own color.
            color = INK if not number else "#ffffff" if number > 0.6 * most else "#000001"
            axes.text(x, y, f"{number:g}" if number else "none", ha="center", va="center", fontsize=7, color=color)
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()


def _name_speakers(axes: Axes, speakers: Sequence[str]) -> None:
    if len(speakers) > NAMED:
        axes.set_xticks([])
        axes.set_xlabel(f"{len(speakers)} speakers, by their number of utterances", fontsize=8, color=INK)
    else:
        crowded = sum(map(len, speakers)) > 100
        axes.set_xticks(range(len(speakers)), speakers, rotation=90 if crowded else 0)


def _tidy(axes: Axes, title: str) -> None:
    axes.spines[:].set_visible(False)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=8, labelcolor=INK)
    axes.tick_params(axis="x", labelsize=8 if len(axes.get_xticks()) <= NUMBERED else 5.5)
    axes.set_title(title, loc="left", fontsize=9, color=INK, fontweight="bold")


def _svg(figure: Figure, text: str) -> str:
    """The drawing as SVG, letters as `text` says: "path" or "none", which leaves them letters. The same again is the same."""
    held = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": text, "svg.hashsalt": "serkit"}):
        figure.savefig(held, format="svg", transparent=text == "none", metadata={"Date": None, "Creator": None})
    return held.getvalue().decode()


def _themed(svg: str) -> Markup:
    """The element alone, in the colors and letters of the page."""
    inner = svg[svg.index("<svg") :]
    for color, variable in THEME.items():
        inner = inner.replace(color, variable)
    inner = re.sub(r"font: ([^;\"]*?)(\d[\d.]*px) [^;\"]*", r"font: \1\2 var(--sans)", inner)
    return Markup(inner)


def _page(corpus: Corpus, labels: Sequence[str], clips: Sequence[Clip], speakers: int, drawing: Markup) -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    css = Markup((HERE / "page.css").read_text(encoding="utf-8"))
    silent = sum(clip.silent for clip in clips)
    groups = {label: [clip for clip in clips if clip.label == label] for label in labels}
    lines = [_line(label, own) for label, own in groups.items()]
    return environment.get_template("corpus.html").render(
        corpus=corpus,
        css=css,
        drawing=drawing,
        lines=[*lines, _line("all", clips)],
        lacking=max(0, corpus.size - len(clips)),
        silent=silent,
        speakers=speakers,
        hours=sum(clip.duration for clip in clips) / 3600,
        count=len(clips),
    )


def _line(label: str, clips: Sequence[Clip]) -> dict[str, Any]:
    """A row of the table: durations in seconds, the median level in dBFS or None."""
    durations, levels = [clip.duration for clip in clips], _levels(clips)
    return {
        "label": label,
        "count": len(clips),
        "hours": sum(durations) / 3600,
        "shortest": min(durations),
        "median": statistics.median(durations),
        "longest": max(durations),
        "level": statistics.median(levels) if levels else None,
    }
