"""Figures for papers: PNG files drawn with matplotlib's objects, so that nobody's global state is touched."""

import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from serkit import files
from serkit.report import _curves, _tables
from serkit.report._curves import Measure, Training
from serkit.report._judged import Judged, Valued

DPI = 200
COLORS = {"training": "#b35c00", "validation": "#1f5fa8"}
STYLES = {"training": "--", "validation": "-"}


def write(folder: Path, given: Judged | Valued | None, trainings: Sequence[Training], measures: Sequence[Measure]) -> None:
    """Write `confusion.png`, or `scatter.png` of values, and `learning_curves.png`; one without anything to show is removed."""
    figures = {
        "confusion.png": confusion(given) if isinstance(given, Judged) else None,
        "scatter.png": scatter(given) if isinstance(given, Valued) else None,
        "learning_curves.png": learning_curves(trainings, measures) if trainings else None,
    }
    files.folder(folder)
    for name, figure in figures.items():
        if figure is None:
            (folder / name).unlink(missing_ok=True)
        else:
            files.write(folder / name, png(figure))


def confusion(given: Judged) -> Figure:
    """The confusion matrix: counts, and row percentages as color and number; of very many emotions colors alone."""
    cells = _tables.confusion(given)
    n = len(cells)
    readable = n <= _tables.MOST_CLASSES
    size = (0.62 * n + 1.9, 0.56 * n + 1.3) if readable else (12.0, 10.8)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    shares = np.array([[100 * cell.share for cell in row] for row in cells])
    image = axes.imshow(shares, cmap=ramp(), vmin=0, vmax=100)
    for y, row in enumerate(cells if readable else ()):
        for x, cell in enumerate(row):
            color = "white" if cell.share > 0.7 else "black"
            axes.text(x, y, f"{cell.count}\n{100 * cell.share:.0f} %", ha="center", va="center", fontsize=7, color=color)
    shown = range(0, n, math.ceil(n / 40))  # more names would lie on each other
    names = [given.labels[index] for index in shown]
    axes.set_xticks(shown, names, rotation=45, ha="right", rotation_mode="anchor", parse_math=False)
    axes.set_yticks(shown, names, parse_math=False)
    axes.set_xlabel(f"recognized as ({given.part})")
    axes.set_ylabel("true emotion")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label="share of the true emotion (%)", shrink=0.8).outline.set_visible(False)
    return figure


def scatter(given: Valued) -> Figure:
    """A dot for each prediction over its true value, and the line on which they would be equal."""
    figure = Figure(figsize=(4.2, 4.0), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    ends = [min(given.true.min(), given.predicted.min()), max(given.true.max(), given.predicted.max())]
    axes.plot(ends, ends, color="0.7", linewidth=1)
    axes.scatter(given.true, given.predicted, s=6, color=COLORS["validation"], alpha=0.35, linewidths=0)
    axes.set_xlabel(f"true {given.target}")
    axes.set_ylabel(f"recognized {given.target} ({given.part})")
    axes.set_aspect("equal", adjustable="datalim")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def learning_curves(trainings: Sequence[Training], measures: Sequence[Measure]) -> Figure:
    """The measures over the epochs, a row for each stage: a thin line for each training, their mean bold.

    Dots are the chosen epochs.
    """
    stages = _curves.by_stage(trainings)
    figure = Figure(figsize=(max(7.2, 3.6 * len(measures)), 3.0 * len(stages)), dpi=DPI, layout="constrained")
    rows = figure.subplots(len(stages), len(measures), squeeze=False)
    for (stage, own), row in zip(stages.items(), rows, strict=True):
        for axes, measure in zip(row, measures, strict=True):
            _draw(axes, own, measure)
            axes.set_xlabel(f"epoch ({stage})" if stage else "epoch")
    rows[-1][-1].legend(frameon=False, fontsize=8)
    return figure


def _draw(axes: Axes, trainings: Sequence[Training], measure: Measure) -> None:
    """One measure of one stage."""
    for role in _curves.ROLES:
        curves = [points for each in trainings if (points := _curves.curve(each, measure, role))]
        bold = _curves.mean(curves)
        for points in curves if len(trainings) > 1 else []:
            axes.plot(*zip(*points, strict=True), color=COLORS[role], linewidth=0.6, alpha=0.35)
        if bold:
            axes.plot(*zip(*bold, strict=True), color="white", linewidth=3.2)  # so that dashes show among thin lines
            axes.plot(*zip(*bold, strict=True), STYLES[role], color=COLORS[role], linewidth=1.6, label=role)
    dots = [point for each in trainings for point in _curves.chosen(each, measure)]
    if dots:
        x, y = zip(*dots, strict=True)
        axes.scatter(x, y, s=10, color="black", zorder=3, label="chosen epoch")
    axes.set_ylabel(f"{measure.title}, {measure.axis}")
    axes.set_ylim(min(0.0, axes.get_ylim()[0] if axes.dataLim.y0 < 0 else 0.0), measure.top)
    axes.spines[["top", "right"]].set_visible(False)


def ramp() -> ListedColormap:
    """White to dark blue in equal steps of OKLab (Ottosson 2020), so that equal differences look equal; as on the page."""
    ends = np.array([[0.99, 0.0, 0.0], [0.38, -0.028, -0.115]])
    lab = ends[0] + np.linspace(0, 1, 256)[:, None] * (ends[1] - ends[0])  # (256, 3)
    return ListedColormap(_srgb(lab), name="serkit")


def _srgb(lab: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """OKLab (n, 3) to sRGB (n, 3) in [0, 1]; the matrices are Ottosson's."""
    to_cones = np.array([[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]])
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip((lab @ to_cones.T) ** 3 @ to_linear.T, 0, 1)
    encoded: npt.NDArray[np.float64] = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return encoded


def png(figure: Figure) -> bytes:
    """The figure as a PNG file without a date, so that the same figure is the same file."""
    held = io.BytesIO()
    FigureCanvasAgg(figure)  # makes itself the figure's canvas
    figure.savefig(held, format="png", metadata={"Software": None})
    return held.getvalue()
