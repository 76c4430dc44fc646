"""Scores as every command prints them: with interval, n and protocol."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from serkit.cli._console import out, table, visible
from serkit.metrics import (
    Estimate,
    Scores,
    ValueScores,
    chance,
    clips,
    doubts,
    limits,
    value_doubts,
    value_limits,
    value_name,
    value_text,
)
from serkit.types import Scale

if TYPE_CHECKING:
    from serkit.report import Summary
    from serkit.runs import RunInfo


def show(found: "Summary", info: "RunInfo") -> None:
    """Print a Run's scores, if it has some: what overturns them before, all else that belongs beside them below."""
    _say(found.doubts)
    if found.scores and found.part:
        show_scores(found.scores, found.part, found.protocol, len(info.folds))
    if found.values and found.part:
        show_values(found.values, found.part, found.protocol, info.labels[0], info.scale)
    _say(found.warnings[len(found.doubts) :])


def as_json(found: "Summary", info: "RunInfo") -> dict[str, object] | None:
    """The same as plain values."""
    if found.scores and found.part:
        return scores_json(found.scores, found.part, found.protocol)
    if found.values and found.part:
        return values_json(found.values, found.part, found.protocol, info.labels[0], info.scale)
    return None


def show_scores(scores: Scores, part: str, protocol: str, folds: int = 1, labels: Sequence[str] = ()) -> None:
    """Print WA, UA and macro F1 in percent, what they stand on, and with several folds the papers' way beside.

    With `labels`, the names of the classes, what overturns the scores stands before them, and what narrows them below.
    """
    _say(doubts(scores, labels) if labels else ())
    rows = [
        (name, f"{100 * each.value:.1f}", _interval(each))
        for name, each in (("WA", scores.wa), ("UA", scores.ua), ("macro F1", scores.macro_f1))
    ]
    seeds = f"{scores.seeds} {'seed' if scores.seeds == 1 else 'seeds'}"
    out.print(f"{part} scores: {protocol}; {scores.n} utterances, {seeds}", markup=False)
    resampled = f" ({_resampled(scores.wa)})" if scores.wa.interval else ""
    columns = ("score", "percent", f"95 % interval{resampled}")
    out.print(table(None, columns, rows, right=("percent",)))
    by_chance = chance(scores.confusion)
    out.print(f"chance: WA {100 * by_chance['wa']:.1f} by the most frequent emotion alone, UA {100 * by_chance['ua']:.1f}")
    if folds > 1:
        out.print(f"mean WA over {folds} folds, as papers print it: {100 * scores.fold_wa:.1f}")
    _say(limits(scores, labels) if labels else ())


def show_values(
    scores: ValueScores, part: str, protocol: str, target: str, scale: Scale | None, *, cautions: bool = False
) -> None:
    """Print every score of values, beside what the best constant has.

    With `cautions` what overturns the scores stands before them, and what narrows them below.
    """
    _say(value_doubts(scores) if cautions else ())
    seeds = f"{scores.seeds} {'seed' if scores.seeds == 1 else 'seeds'}"
    ends = f" ({scale.low:g} to {scale.high:g})" if scale else ""
    out.print(f"{part} scores of {target}{ends}: {protocol}; {scores.n} utterances, {seeds}", markup=False)
    resampled = f" ({_resampled(scores.mae)})" if scores.mae.interval else ""
    rows = [
        (value_name(key), value_text(key, each.value), value_text(key, scores.constant.get(key)), _value_interval(key, each))
        for key, each in scores.by_key.items()
    ]
    columns = ("score", "value", "constant", f"95 % interval{resampled}")
    out.print(table(None, columns, rows, right=("value", "constant")))
    out.print("constant: the median of the true values, for every utterance")
    if clips(scale):
        out.print("values beyond the ends of the scale count as the ends, as in the scale's own scores")
    _say(value_limits(scores) if cautions else ())


def values_json(
    scores: ValueScores, part: str, protocol: str, target: str, scale: Scale | None, *, cautions: bool = False
) -> dict[str, object]:
    """The same as plain values: shares as fractions, None for what does not exist; doubts under `warnings` with `cautions`."""
    said = {"warnings": [*value_doubts(scores), *value_limits(scores)]} if cautions else {}
    head: dict[str, object] = said | {
        "part": part,
        "protocol": protocol,
        "target": target,
        "range": [scale.low, scale.high] if scale else None,
        "n": scores.n,
        "seeds": scores.seeds,
        "constant": dict(scores.constant),
    }
    return head | {key: _value_json(each) for key, each in scores.by_key.items()}


def _value_json(estimate: Estimate) -> dict[str, object]:
    there = isfinite(estimate.value)
    return {
        "value": estimate.value if there else None,
        "interval": estimate.interval if there else None,
        "unit": estimate.unit,
        "units": estimate.units,
    }


def scores_json(scores: Scores, part: str, protocol: str, labels: Sequence[str] = ()) -> dict[str, object]:
    """The same as plain values; scores are fractions. With `labels` what makes them doubtful stands under `warnings`."""
    return (
        ({"warnings": [*doubts(scores, labels), *limits(scores, labels)]} if labels else {})
        | {
            "part": part,
            "protocol": protocol,
            "n": scores.n,
            "seeds": scores.seeds,
            "fold_wa": scores.fold_wa,
            "confusion": scores.confusion.tolist(),
            "chance": chance(scores.confusion),
        }
        | {
            name: {"value": each.value, "interval": each.interval, "unit": each.unit, "units": each.units}
            for name, each in (("wa", scores.wa), ("ua", scores.ua), ("macro_f1", scores.macro_f1))
        }
    )


def _say(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        out.print(visible(sentence), markup=False)


def _interval(estimate: Estimate) -> str:
    if estimate.interval is None:
        return _no_interval(estimate)
    return " to ".join(f"{100 * bound:.1f}" for bound in estimate.interval)


def _value_interval(key: str, estimate: Estimate) -> str:
    if estimate.interval is None:
        return _no_interval(estimate)
    return " to ".join(value_text(key, bound) for bound in estimate.interval) if isfinite(estimate.value) else "-"


def _no_interval(estimate: Estimate) -> str:
    return f"none over {estimate.units} speaker{'' if estimate.units == 1 else 's'}"


def _resampled(estimate: Estimate) -> str:
    return f"{estimate.units} {estimate.unit}{'' if estimate.units == 1 else 's'} resampled"
