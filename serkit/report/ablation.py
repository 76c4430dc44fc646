"""A family of Runs as one table: what each ablation scores, how far it is from the whole system, and what it costs."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from serkit.errors import UsageError
from serkit.inference import load
from serkit.metrics import FEW_SPEAKERS, Difference, Predictions, Scores, difference
from serkit.protocols.copies import without_copy
from serkit.report import _paths
from serkit.report._judged import Judged, judged, scores_of
from serkit.report._warnings import doubts, unscored
from serkit.runs import FINAL, Part, Run

CLIP = 3.0
"""Seconds of the clip whose cost is told."""
ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Member:
    """One recipe of a family: `run` is None where there is none; what its network costs for a clip of `CLIP` seconds."""

    name: str
    title: str
    run: Run | None
    parameters: int
    multiply_adds: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `state` says in words why there are no scores; `wa` and `ua` are differences to the first line.

    `milliseconds` is the median time that the model needs for a clip on one thread, None without a model. `doubts` are
    sentences on what overturns the scores.
    """

    member: Member
    state: str
    scores: Scores | None
    wa: Difference | None
    ua: Difference | None
    milliseconds: float | None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ablation:
    """The table; the first line is the whole system. `units` are what intervals and p are over."""

    part: Part | None
    protocol: str
    units: str
    lines: tuple[Line, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values: scores as fractions."""
        return {
            "part": self.part,
            "protocol": self.protocol,
            "units": self.units,
            "clip_seconds": CLIP,
            "rows": [_plain(line) for line in self.lines],
        }


def ablation(members: Sequence[Member]) -> Ablation:
    """The table of a family, the whole system first. Raises RunError where a folder is damaged."""
    given = [judged(each.run) if each.run else None for each in members]
    whole = given[0] or next((each for each in given if each), None)
    part = whole.part if whole else None
    infos = [each.run.info for each in members if each.run]
    speakers = {row.speaker for row in whole.rows} if whole else set()
    by_speaker = bool(infos) and infos[0].speaker_independent and len(speakers) >= FEW_SPEAKERS
    units = f"{len(speakers)} speakers" if by_speaker else "utterances"
    if infos and infos[0].speaker_independent and not by_speaker:
        units += f" of {len(speakers)} speakers, so that they say nothing about other voices"
    lines = []
    for member, own in zip(members, given, strict=True):
        state = _state(member, own, part)
        fit = own if own and not state else None
        scores = scores_of(fit, by_speaker) if fit else None
        wa = ua = None
        if fit and given[0] and fit is not given[0] and not _state(members[0], given[0], part):
            wa, ua, state = _apart(fit, given[0], by_speaker)
        said = tuple(doubts(member.run, fit, scores)) if member.run and fit else ()
        lines.append(Line(member, state, scores, wa, ua, _milliseconds(member.run), said))
    return Ablation(part, infos[0].protocol if infos else "", units, tuple(lines))


def _state(member: Member, given: Judged | None, part: Part | None) -> str:
    """Why a member has no scores, if it has none."""
    if member.run is None:
        return "not run"
    if not member.run.complete():
        done = sum(each.fold != FINAL for each in member.run.results())
        return f"{done} of {len(member.run.info.folds) * len(member.run.info.seeds)} trainings done"
    if given is None or given.part != part or unscored(member.run, given):
        return f"{part} not scored"
    return ""


def _apart(one: Judged, whole: Judged, by_speaker: bool) -> tuple[Difference | None, Difference | None, str]:
    """Both differences to the whole system, or why there are none."""
    if one.labels != whole.labels:
        return None, None, "other labels"
    try:
        wa, ua = difference(_predictions(one, by_speaker), _predictions(whole, by_speaker), len(one.labels))
    except UsageError:
        return None, None, "other utterances or seeds"
    return wa, ua, ""


def _predictions(given: Judged, by_speaker: bool) -> Predictions:
    """An utterance that several folds validate counts once for each of them."""
    names = [f"{row.utterance}\0{row.fold}" for row in given.rows]
    return Predictions(
        true=given.true.tolist(),
        predicted=given.predicted.tolist(),
        utterances=names,
        groups=[row.speaker if by_speaker else without_copy(row.utterance) for row in given.rows],
        seeds=[row.seed for row in given.rows],
    )


def _milliseconds(run: Run | None) -> float | None:
    """The median time from samples to scores, with the model of the first training that has one."""
    models = [run.fold(each.fold, each.seed) / "model.onnx" for each in run.results()] if run else []
    path = next((each for each in models if each.is_file()), None)
    if path is None:
        return None
    recognize = load(path, threads=1)
    rate = recognize.spec.rate
    clip = np.random.default_rng(0).uniform(-0.3, 0.3, round(CLIP * rate)).astype(np.float32)
    times = []
    for _ in range(ROUNDS + 2):
        began = time.perf_counter()
        recognize(clip, rate)
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times[2:])


def markdown(found: Ablation, system: str, command: str) -> str:
    """The table as a page, with the command that wrote it."""
    columns = ("ablation", "WA", "UA", "WA to the whole", "p", "parameters", "multiply-adds", "ms a clip", "Run", "what")
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    for line in found.lines:
        run = line.member.run.info.id if line.member.run else "-"
        lines.append(f"| {' | '.join(cells(line))} | {run} | {line.member.title} |")
    head = [f"# Ablations of {system}", "", f"Written by `{_paths.command(command)}`.", ""]
    return "\n".join([*head, *lines, "", note(found), ""])


def cells(line: Line) -> tuple[str, ...]:
    """All columns but the last, as text."""
    member = line.member
    name = member.name.rpartition("/")[2]
    cost = (f"{member.parameters:,}", millions(member.multiply_adds), _fixed(line.milliseconds))
    if line.scores is None:
        return (name, line.state, "-", "-", "-", *cost)
    apart = (line.state or "-", "-") if line.wa is None else (_signed(line.wa), f"{line.wa.p:.3g}")
    scores = (_with_interval(each.value, each.interval) for each in (line.scores.wa, line.scores.ua))
    return (name, *scores, *apart, *cost)


def note(found: Ablation) -> str:
    """What the figures are, in a sentence or two."""
    cost = f"Multiply-adds and milliseconds are those of a clip of {CLIP:g} s, the latter on one thread with its front-end."
    if found.part is None:
        return cost
    scored = [line.scores for line in found.lines if line.scores]
    sizes = sorted({f"{_counted('utterance', each.n)} and {_counted('seed', each.seeds)}" for each in scored})
    of = f"; of {', or '.join(sizes)}" if sizes else ""
    said = "".join(f" {line.member.name.rpartition('/')[2]}: {each}" for line in found.lines for each in line.doubts)
    return (
        f"{found.part.capitalize()} scores, {found.protocol}{of}. Intervals (95 %) and p (paired permutation) are over "
        f"{found.units}; no p is corrected for the number of comparisons. {cost}{said}"
    )


def _counted(what: str, n: int) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def millions(value: int) -> str:
    """
    >>> millions(450_000_000)
    '450 M'
    """
    return f"{value / 1e6:,.3g} M" if value < 1e9 else f"{value / 1e6:,.0f} M"


def _fixed(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _signed(found: Difference) -> str:
    value, low, high = (f"{100 * each:+.1f}" for each in (found.value, found.low, found.high))
    return f"{value} [{low}, {high}]"


def _with_interval(value: float, interval: tuple[float, float] | None) -> str:
    bounds = f" [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]" if interval else ""
    return f"{100 * value:.1f}{bounds}"


def _plain(line: Line) -> Mapping[str, Any]:
    scores = line.scores
    return {
        "name": line.member.name,
        "title": line.member.title,
        "run": str(line.member.run.folder) if line.member.run else None,
        "state": line.state or "scored",
        "wa": {"value": scores.wa.value, "interval": scores.wa.interval} if scores else None,
        "ua": {"value": scores.ua.value, "interval": scores.ua.interval} if scores else None,
        "n": scores.n if scores else None,
        "seeds": scores.seeds if scores else None,
        "difference": {"wa": asdict(line.wa), "ua": asdict(line.ua)} if line.wa and line.ua else None,
        "parameters": line.member.parameters,
        "multiply_adds": line.member.multiply_adds,
        "milliseconds": line.milliseconds,
        "warnings": list(line.doubts),
    }
