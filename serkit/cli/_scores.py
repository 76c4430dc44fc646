"""Scores as every command prints them: with interval, n and protocol."""

from typing import TYPE_CHECKING

from serkit.cli._console import out, table
from serkit.metrics import Estimate, Scores, ValueScores

if TYPE_CHECKING:
    from serkit.report import Summary
    from serkit.runs import RunInfo


def show(found: "Summary", info: "RunInfo") -> None:
    """Print a Run's scores, if it has some."""
    if found.scores and found.part:
        show_scores(found.scores, found.part, found.protocol, len(info.folds))
    if found.values and found.part:
        show_values(found.values, found.part, found.protocol, info.labels[0])


def as_json(found: "Summary", info: "RunInfo") -> dict[str, object] | None:
    """The same as plain values."""
    if found.scores and found.part:
        return scores_json(found.scores, found.part, found.protocol)
    if found.values and found.part:
        return values_json(found.values, found.part, found.protocol, info.labels[0])
    return None


def show_scores(scores: Scores, part: str, protocol: str, folds: int = 1) -> None:
    """Print WA, UA and macro F1 in percent, what they stand on, and with several folds the papers' way beside."""
    rows = [
        (name, f"{100 * each.value:.1f}", _interval(each))
        for name, each in (("WA", scores.wa), ("UA", scores.ua), ("macro F1", scores.macro_f1))
    ]
    seeds = f"{scores.seeds} {'seed' if scores.seeds == 1 else 'seeds'}"
    out.print(f"{part} scores: {protocol}; {scores.n} utterances, {seeds}", markup=False)
    resampled = f" ({_resampled(scores.wa)})" if scores.wa.interval else ""
    columns = ("score", "percent", f"95 % interval{resampled}")
    out.print(table(None, columns, rows, right=("percent",)))
    chance = chance_of(scores)
    out.print(f"chance: WA {100 * chance['wa']:.1f} by the most frequent emotion alone, UA {100 * chance['ua']:.1f}")
    if folds > 1:
        out.print(f"mean WA over {folds} folds, as papers print it: {100 * scores.fold_wa:.1f}")


def show_values(scores: ValueScores, part: str, protocol: str, target: str) -> None:
    """Print MAE, Pearson and CCC of values, and what a constant has."""
    seeds = f"{scores.seeds} {'seed' if scores.seeds == 1 else 'seeds'}"
    out.print(f"{part} scores of {target}: {protocol}; {scores.n} utterances, {seeds}", markup=False)
    resampled = f" ({_resampled(scores.mae)})" if scores.mae.interval else ""
    named = (("MAE", scores.mae), ("Pearson", scores.pearson), ("CCC", scores.ccc))
    rows = [(name, f"{each.value:.3f}", _interval(each, 1, 3)) for name, each in named]
    out.print(table(None, ("score", "value", f"95 % interval{resampled}"), rows, right=("value",)))
    out.print(f"the best constant, the median, has MAE {scores.constant:.3f}, and neither Pearson nor CCC")


def values_json(scores: ValueScores, part: str, protocol: str, target: str) -> dict[str, object]:
    """The same as plain values."""
    head = {"part": part, "protocol": protocol, "target": target, "n": scores.n, "seeds": scores.seeds}
    named = (("mae", scores.mae), ("pearson", scores.pearson), ("ccc", scores.ccc))
    return (
        head
        | {"constant_mae": scores.constant}
        | {
            name: {"value": each.value, "interval": each.interval, "unit": each.unit, "units": each.units}
            for name, each in named
        }
    )


def scores_json(scores: Scores, part: str, protocol: str) -> dict[str, object]:
    """The same as plain values; scores are fractions."""
    return {
        "part": part,
        "protocol": protocol,
        "n": scores.n,
        "seeds": scores.seeds,
        "fold_wa": scores.fold_wa,
        "confusion": scores.confusion.tolist(),
        "chance": chance_of(scores),
    } | {
        name: {"value": each.value, "interval": each.interval, "unit": each.unit, "units": each.units}
        for name, each in (("wa", scores.wa), ("ua", scores.ua), ("macro_f1", scores.macro_f1))
    }


def chance_of(scores: Scores) -> dict[str, float]:
    """WA and UA of one answer for everything: the share of the most frequent emotion, and one over the emotions there are."""
    true = scores.confusion.sum(axis=1)  # (classes,)
    return {"wa": float(true.max() / true.sum()), "ua": float(1 / (true > 0).sum())}


def _interval(estimate: Estimate, times: float = 100, digits: int = 1) -> str:
    if estimate.interval is None:
        return f"none over {estimate.units} speaker{'' if estimate.units == 1 else 's'}"
    return " to ".join(f"{times * bound:.{digits}f}" for bound in estimate.interval)


def _resampled(estimate: Estimate) -> str:
    return f"{estimate.units} {estimate.unit}{'' if estimate.units == 1 else 's'} resampled"
