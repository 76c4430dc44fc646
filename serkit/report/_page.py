"""The page: everything that is known about a Run, put into the templates beside this file."""

import math
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from serkit import files, metrics
from serkit.errors import RunError
from serkit.metrics import Estimate, Scores
from serkit.report import _calibration, _curves, _figures, _paths, _players, _tables
from serkit.report._corpora import corpus_of
from serkit.report._judged import Judged, Valued, judged, valued
from serkit.report._summary import Summary, summarize
from serkit.report._warnings import final_only, read_recipe
from serkit.runs import Run, RunInfo

HERE = Path(__file__).parent

SELECTIONS = {
    "validation": "the epoch with the best validation accuracy",
    "last": "the last epoch",
    "leaky_test": "the epoch with the best test accuracy (leaky)",
}

METRICS = (
    ("wa", "WA", "weighted accuracy: the share of all utterances that is recognized"),
    ("ua", "UA", "unweighted accuracy: the mean recall over emotions"),
    ("macro_f1", "Macro F1", "the mean over emotions of F1, which joins recall and precision"),
)


VALUE_MEANINGS = {
    "mae": "mean absolute error, in units of the scale",
    "pearson": "how well a line through the values fits, 1 at best",
    "ccc": "concordance: Pearson, less what is lost by wrong mean or spread",
}
"""Of the scores that the page shows large."""


def write(run: Run, *, audio: bool | None = None) -> Path:
    """Write `report.html` and `figures/*.png` into the Run folder, each whole or not at all; returns the page's path.

    `audio` says whether recordings are embedded; None embeds them if the corpus may be redistributed. Raises RunError where
    the folder is damaged, or a folder has the page's name.
    """
    path = run.folder / "report.html"
    if path.is_dir() or (run.folder / "figures").is_file():
        raise RunError(f"{path if path.is_dir() else run.folder / 'figures'}: is in the way of the page; move it elsewhere")
    given = valued(run) if run.info.task == "regression" else judged(run)
    trainings = _curves.trainings(run)
    measures = _curves.measures(run)
    page = _render(_context(run, given, trainings, measures, audio))
    _figures.write(run.folder / "figures", given, trainings, measures)
    # Names of files may hold what UTF-8 cannot.
    files.write(path, page.encode("utf-8", "backslashreplace"))
    return path


def _render(context: dict[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(percent=_percent, duration=_duration, count=_count, place=_paths.shortened)
    css = Markup((HERE / "page.css").read_text(encoding="utf-8"))
    return environment.get_template("page.html").render(context, css=css)


def _context(
    run: Run,
    given: Judged | Valued | None,
    trainings: list[_curves.Training],
    measures: Sequence[_curves.Measure],
    audio: bool | None,
) -> dict[str, Any]:
    """Everything that the templates name."""
    info, recipe, results = run.info, read_recipe(run), run.results()
    corpus = corpus_of(run)
    summary = summarize(run, given)
    return {
        "info": info,
        "run_id": info.id,
        "date": _date(info.created),
        "title": _paths.shortened(str(recipe.get("title") or info.recipe)),
        "notes": _paths.shortened(str(recipe.get("notes", "")).strip()),
        "recipe": _paths.shortened(run.recipe_file.read_text(encoding="utf-8", errors="backslashreplace")),
        "command": _paths.command(info.command),
        "published": _published(run, recipe),
        "corpus": corpus,
        "corpus_title": corpus.title if corpus else info.corpus.corpus,
        "doi": _doi(corpus.citation) if corpus else None,
        "summary": summary,
        "figures": _headline(summary),
        "selection": _selection(info),
        "final": final_only(run),
        "panels": [
            _curves.panel(own, measure, stage)
            for stage, own in _curves.by_stage(trainings).items()
            for measure in measures
            if own
        ],
        "geometry": {"width": _curves.WIDTH, "height": _curves.HEIGHT, "left": _curves.LEFT, "right": _curves.RIGHT}
        | {"top": _curves.TOP, "bottom": _curves.BOTTOM},
        "trainings": trainings,
        "results": results,
        "seconds": sum(result.seconds for result in results),
        "scored": isinstance(given, Judged),
        "valued": isinstance(given, Valued),
        **(_scored(run, given, summary.scores, audio) if isinstance(given, Judged) and summary.scores else {}),
        **(_valued(run, given, summary, audio) if isinstance(given, Valued) else {}),
    }


def _scored(run: Run, given: Judged, scores: Scores, audio: bool | None) -> dict[str, Any]:
    """What needs predictions."""
    corpus = corpus_of(run)
    worst = _tables.mistakes(given)
    utterances = _players.known(run, [each.utterance for each in worst])  # in the order of `worst`
    sentences = corpus.sentences if corpus else {}
    return {
        "labels": given.labels,
        "speaker_count": len({row.speaker for row in given.rows}),
        "fold_count": len({row.fold for row in given.rows}),
        "seeds": sorted({row.seed for row in given.rows}),
        "predictions": len(given.rows),
        "confusion": _tables.confusion(given),
        "confusions": _tables.confusions(given),
        "readable": len(given.labels) <= _tables.MOST_CLASSES,
        "classes": (lines := _tables.classes(given)),
        "majority": max(lines, key=lambda line: line.true),
        "chance": metrics.chance(scores.confusion),
        "speakers": _tables.speakers(given, corpus.speakers if corpus else {}),
        "calibration": (found := _calibration.calibration(given)),
        "verdict": _calibration.verdict(given, found, scores, run.info.system),
        "mistakes": worst,
        "utterances": utterances,
        "sentences": {name: sentences.get(each.sentence or "", each.sentence) for name, each in utterances.items()},
        "players": _players.players(run, utterances, audio),
    }


def _valued(run: Run, given: Valued, summary: Summary, audio: bool | None) -> dict[str, Any]:
    """What needs predicted values."""
    worst = _tables.errors(given)
    utterances = _players.known(run, [each.utterance for each in worst])
    return {
        "target": given.target,
        "value_lines": _value_lines(summary),
        "clipped": metrics.clips(given.scale),
        "sentiment": bool(summary.values and summary.values.sentiment),
        "scatter": _curves.scatter(given.true.tolist(), given.predicted.tolist()),
        "speaker_count": len({row.speaker for row in given.rows}),
        "predictions": len(given.rows),
        "errors": worst,
        "players": _players.players(run, utterances, audio),
    }


def _selection(info: RunInfo) -> str:
    """What chose the weights, in words."""
    if info.task == "regression" and info.selection == "validation":
        return "the epoch with the smallest validation loss"
    return SELECTIONS.get(info.selection, info.selection)


def _headline(summary: Summary) -> list[dict[str, Any]]:
    """The three scores with their names."""
    if summary.scores is None:
        return []
    estimates: dict[str, Estimate] = {key: getattr(summary.scores, key) for key, _, _ in METRICS}
    shown = ((key, name, meaning, estimates[key]) for key, name, meaning in METRICS)
    chance = metrics.chance(summary.scores.confusion)
    chance["macro_f1"] = 2 * chance["wa"] / (1 + chance["wa"]) * chance["ua"]  # of the one emotion that is answered
    return [
        {"key": key, "name": name, "meaning": meaning, **asdict(each), "interval": each.interval, "chance": chance[key]}
        for key, name, meaning, each in shown
    ]


def _value_lines(summary: Summary) -> list[dict[str, Any]]:
    """Every score of values as text, with its interval and what the best constant has."""
    if summary.values is None:
        return []
    return [
        {
            "key": key,
            "name": metrics.value_name(key),
            "value": metrics.value_text(key, each.value),
            "interval": [metrics.value_text(key, bound) for bound in each.interval]
            if _exists(each) and each.interval
            else None,
            "units": each.units,
            "constant": metrics.value_text(key, summary.values.constant.get(key)),
            "meaning": VALUE_MEANINGS.get(key),
        }
        for key, each in summary.values.by_key.items()
    ]


def _exists(estimate: Estimate) -> bool:
    return math.isfinite(estimate.value)


def _published(run: Run, recipe: dict[str, Any]) -> list[dict[str, Any]]:
    """The recipe's published figures. Raises RunError where one lacks what the schema of recipes demands."""
    keys = ("metric", "value", "source", "citation", "protocol")
    found = recipe.get("published", [])
    for each in found:
        if absent := [key for key in keys if key not in each]:
            raise RunError(f"{run.recipe_file}: a [[published]] table lacks {', '.join(absent)}")
    return [{"differs": (), **each} for each in found]


def _doi(citation: str) -> str | None:
    match = re.search(r"\b10\.\d{4,}/[^\s}{\",]+", citation)
    return match[0] if match else None


def _date(created: str) -> str:
    try:
        return datetime.fromisoformat(created).strftime("%Y-%m-%d %H:%M %Z").strip()
    except ValueError:
        return created


def _percent(value: float | None, digits: int = 1) -> str:
    """0.783 -> '78.3'; what does not exist is a dash."""
    return "–" if value is None or math.isnan(value) else f"{100 * value:.{digits}f}"


def _count(value: int) -> str:
    """12345 -> '12 345' with thin spaces that do not break."""
    return f"{value:,}".replace(",", "\u202f")


def _duration(seconds: float) -> str:
    """'3 h 12 min', '4 min 5 s' or '8.2 s'."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
