"""The texts of a folder of results: Markdown and LaTeX out of its rows."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from serkit.metrics import value_keys, value_name, value_text
from serkit.types import Scale

Row = Mapping[str, Any]

TEXTS = ("title", "recipe", "system", "corpus", "protocol", "budget", "run", "command", "device", "precision")
LISTS = ("seeds", "labels", "n_of_a_seed", "epochs", "best_epochs", "warnings", "published")
VALUES = (
    "",
    "Of values on a scale: MAE in its units, Pearson and CCC from -1 to 1; accuracies and weighted F1 of the classes that MMSA",
    "makes of sentiment. Differences are those of the MAE, below zero where the row is better. The last line of a table is",
    "what the best constant has.",
)
"""What the tables of values need to be read."""
NUMBERS = ("n", "recordings", "hours", "threads", "parameters")


def check(row: Any) -> None:
    """Raises KeyError or TypeError where the row lacks what the tables are made of."""
    kinds: list[tuple[Sequence[str], Any]] = [(TEXTS, str), (LISTS, list), (NUMBERS, int | float), (["environment"], dict)]
    kinds += [(("constant",), dict)] if valued(row) else []
    for keys, kind in (*kinds, (_scores(row), dict)):
        for key in keys:
            if not isinstance(row[key], kind):
                raise TypeError(f"{key} is {row[key]!r}")
    for score in _scores(row):
        if not {"value", "low", "high"} <= row[score].keys():
            raise KeyError(score)


def valued(row: Row) -> bool:
    """Whether the row is about values, and not about emotions."""
    return "task" in row and row["task"] == "regression"


def scale(row: Row) -> Scale | None:
    """The scale of a row of values, where it is known. Raises TypeError or ValueError where it is none."""
    return Scale.from_dict(row["scale"]) if row["scale"] is not None else None


def place(row: Row) -> tuple[str, str, str]:
    """Corpus, scale and split: rows that share them stand in one table."""
    return row["corpus"], row["labels"][0] if valued(row) else "", split(row)


def _scores(row: Row) -> list[str]:
    """The keys of the scores that tables show."""
    return value_keys(scale(row)) if valued(row) else ["wa", "ua"]


def split(row: Row) -> str:
    """The protocol without what chose a checkpoint: rows that share it judge the same utterances."""
    parts = str(row["protocol"]).split(", ")
    return ", ".join(part for part in parts if not part.startswith(("checkpoint:", "cost:")))


def markdown(rows: Sequence[Row]) -> str:
    """A table for each split, the differences below it, then what made each row."""
    emotions = not all(valued(row) for row in rows)
    lines = [
        "# Measured results",
        "",
        "Written by `serkit publish`; every figure comes from the `predictions.csv` of its row. "
        f"{'WA and UA in percent' if emotions else 'All scores'} with 95 %",
        "intervals (bootstrap over speakers where speakers are kept apart, else over recordings), computed on the pooled test",
        "predictions of a seed and averaged over seeds. Epochs: median of the epoch that was kept, of at most so many trained.",
        "Differences are paired, p is that of a two-sided permutation test: both are about other speakers or recordings, not",
        "about other seeds, and no p is corrected for the number of comparisons.",
        *(VALUES if any(valued(row) for row in rows) else ()),
    ]
    for own in _tables(rows):
        lines += ["", f"## {_heading(own[0])}", "", _line(columns := _columns(own[0])), _line(["---"] * len(columns))]
        lines += [_line((f"`{row['name']}`", *_cells(row))) for row in own]
        lines += [_line(cells) for cells in dict.fromkeys(_constant(row) for row in own if valued(row))]
        differences = [_difference(row) for row in own if row["difference"]]
        lines += ["", *differences] if differences else []
        lines += ["", *parts] if (parts := [_by_corpus(row) for row in own if "by_corpus" in row]) else []
        warnings = [f"- `{row['name']}`: {warning}" for row in own for warning in row["warnings"]]
        lines += ["", "To be read with them:", "", *warnings] if warnings else []
    lines += ["", "## What made them", "", *(_origin(row) for row in rows)]
    cited = [row for row in rows if row["published"]]
    if cited:
        lines += ["", "## Published figures, and why they are not comparable", ""]
    for row in cited:
        for each in row["published"]:
            lines += [f"- `{row['name']}`: {each['value']} {each['metric']}, {each['source']} ({each['citation']});"]
            lines += [f"  {each['protocol']}.", *(f"  - {reason}" for reason in each["differs"])]
    return "\n".join(lines) + "\n"


def latex(rows: Sequence[Row]) -> str:
    """A table for a paper (package booktabs), and another one for rows with other scores."""
    bodies: dict[tuple[str, ...], list[str]] = {}
    for own in _tables(rows):
        scores = tuple(_scores(own[0]))
        body = bodies.setdefault(scores, [])
        body += [rf"\midrule \multicolumn{{{len(scores) + 3}}}{{l}}{{\emph{{{_escaped(_heading(own[0]))}}}}} \\"]
        width = len(scores) + 3
        body += [" & ".join(_escaped(cell) for cell in _cells(row)[:width]) + r" \\" for row in own]
        constants = dict.fromkeys(_constant(row)[1 : width + 1] for row in own if valued(row))
        body += [" & ".join(_escaped(cell) for cell in cells) + r" \\" for cells in constants]
    return "\n".join(_tabular(scores, body) for scores, body in bodies.items())


def _tabular(scores: Sequence[str], body: Sequence[str]) -> str:
    names = "".join(f" & {_escaped(_name(score))}" for score in scores)
    head = rf"{names} & $n$ & seeds \\"
    begin = rf"\begin{{tabular}}{{l{'r' * (len(scores) + 2)}}}"
    return "\n".join([begin, r"\toprule", head, *body, r"\bottomrule", r"\end{tabular}", ""])


def _tables(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each table, in the order of their first ones."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault((*place(row), *_scores(row)), []).append(row)
    return list(found.values())


def _heading(row: Row) -> str:
    corpus, target, own = place(row)
    return f"{corpus}{f', {target}' if target else ''}: {own}"


def _columns(row: Row) -> tuple[str, ...]:
    return ("row", "what", *(_name(score) for score in _scores(row)), "n", "seeds", "epochs", "budget", "Run")


def _name(score: str) -> str:
    return {"wa": "WA", "ua": "UA"}.get(score) or value_name(score)


def _cells(row: Row) -> tuple[str, ...]:
    """All columns but the row's name, as text."""
    epochs = f"{statistics.median(row['best_epochs']):g} of {max(row['epochs'])}" if max(row["epochs"]) else "-"
    own = row["n_of_a_seed"]
    parts = [f"{min(own)}-{max(own)} a seed" if min(own) < max(own) else f"{own[0]} a seed"] if max(own) < row["n"] else []
    parts += [f"{row['recordings']} recordings"] if row["n"] != row["recordings"] else []
    items = f"{row['n']} ({', '.join(parts)})" if parts else str(row["n"])
    scores = (_with_interval(score, row[score]) for score in _scores(row))
    return (row["title"], *scores, items, str(len(row["seeds"])), epochs, row["budget"], row["run"])


def _constant(row: Row) -> tuple[str, ...]:
    """The line of what the best constant has on the utterances of a row, its name included."""
    scores = (_text(score, row["constant"].get(score)) for score in _scores(row))
    return ("", "the median of the tested values, for every utterance", *scores, str(row["n"]), "-", "-", "-", "-")


def _difference(row: Row) -> str:
    """One line: by how much, between what, and how likely by chance."""
    found = row["difference"]
    start = f"- `{row['name']}` minus `{found['from']}`:"
    if "why_not" in found:
        return f"{start} not compared ({found['why_not']})."
    parts = []
    for score in ("mae",) if valued(row) else ("wa", "ua"):
        times, digits = (1, 3) if valued(row) else (100, 1)
        value, low, high = (f"{times * found[score][key]:+.{digits}f}" for key in ("value", "low", "high"))
        parts.append(f"{score.upper()} {value} [{low}, {high}], p = {found[score]['p']:.3g}")
    on = f" (on seed {', '.join(map(str, found['seeds']))}, which both have)" if "seeds" in found else ""
    return f"{start} {'; '.join(parts)}{on}."


def _by_corpus(row: Row) -> str:
    """One line: the scores on each corpus of several."""
    scores = (
        f"{name} WA {100 * own['wa']:.1f}, UA {100 * own['ua']:.1f} (n {own['n']})" for name, own in row["by_corpus"].items()
    )
    return f"- `{row['name']}` by tested corpus: {'; '.join(scores)}."


def _origin(row: Row) -> str:
    """One line: the Run, the code, the machine, the command."""
    commit, _, changes = str(row["environment"].get("commit", "installed")).partition(" ")
    code = f"serkit {commit[:12]}{f' {changes}' if changes else ''}"
    machine = f"{row['device']}, {row['threads']} threads, {row['precision']}, {row['hours']:g} h"
    return f"- `{row['name']}` (Run {row['run']}, {code}; {machine}): `{row['command']}`"


def _with_interval(score: str, estimate: Mapping[str, Any]) -> str:
    value, low, high = (_text(score, estimate[key]) for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]" if estimate["low"] is not None else value


def _text(score: str, value: float | None) -> str:
    """WA and UA without the sign of the percent."""
    return f"{100 * value:.1f}" if score in ("wa", "ua") and value is not None else value_text(score, value)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    character: rf"\{character}" for character in "&%$#_{}"
}


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
