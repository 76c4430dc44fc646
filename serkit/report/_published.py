"""The texts of a folder of results: Markdown and LaTeX out of its rows."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

COLUMNS = ("row", "what", "WA", "UA", "n", "seeds", "epochs", "budget", "Run")

TEXTS = ("title", "recipe", "system", "corpus", "protocol", "budget", "run", "command", "device", "precision")
LISTS = ("seeds", "labels", "n_of_a_seed", "epochs", "best_epochs", "warnings", "published")
NUMBERS = ("n", "recordings", "hours", "threads", "parameters")


def check(row: Any) -> None:
    """Raises KeyError or TypeError where the row lacks what the tables are made of."""
    kinds = ((TEXTS, str), (LISTS, list), (NUMBERS, int | float), (("environment", "wa", "ua"), dict))
    for keys, kind in kinds:
        for key in keys:
            if not isinstance(row[key], kind):
                raise TypeError(f"{key} is {row[key]!r}")
    for score in ("wa", "ua"):
        if not {"value", "low", "high"} <= row[score].keys():
            raise KeyError(score)


def split(row: Row) -> str:
    """The protocol without what chose a checkpoint: rows that share it judge the same utterances."""
    parts = str(row["protocol"]).split(", ")
    return ", ".join(part for part in parts if not part.startswith(("checkpoint:", "cost:")))


def markdown(rows: Sequence[Row]) -> str:
    """A table for each split, the differences below it, then what made each row."""
    lines = [
        "# Measured results",
        "",
        "Written by `serkit publish`; every figure comes from the `predictions.csv` of its row. WA and UA in percent with 95 %",
        "intervals (bootstrap over speakers where speakers are kept apart, else over recordings), computed on the pooled test",
        "predictions of a seed and averaged over seeds. Epochs: median of the epoch that was kept, of at most so many trained.",
        "Differences are paired, p is that of a two-sided permutation test: both are about other speakers or recordings, not",
        "about other seeds, and no p is corrected for the number of comparisons.",
    ]
    for place in dict.fromkeys((row["corpus"], split(row)) for row in rows):
        own = [row for row in rows if (row["corpus"], split(row)) == place]
        lines += ["", f"## {place[0]}: {place[1]}", "", _line(COLUMNS), _line(["---"] * len(COLUMNS))]
        lines += [_line((f"`{row['name']}`", *_cells(row))) for row in own]
        differences = [_difference(row) for row in own if row["difference"]]
        lines += ["", *differences] if differences else []
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
    """One table for a paper (package booktabs)."""
    body = []
    for place in dict.fromkeys((row["corpus"], split(row)) for row in rows):
        body += [rf"\midrule \multicolumn{{5}}{{l}}{{\emph{{{_escaped(f'{place[0]}: {place[1]}')}}}}} \\"]
        for row in rows:
            if (row["corpus"], split(row)) == place:
                body += [" & ".join(_escaped(cell) for cell in _cells(row)[:5]) + r" \\"]
    head = r" & WA & UA & $n$ & seeds \\"
    return "\n".join([r"\begin{tabular}{lrrrr}", r"\toprule", head, *body, r"\bottomrule", r"\end{tabular}", ""])


def _cells(row: Row) -> tuple[str, ...]:
    epochs = f"{statistics.median(row['best_epochs']):g} of {max(row['epochs'])}" if max(row["epochs"]) else "-"
    own = row["n_of_a_seed"]
    parts = [f"{min(own)}-{max(own)} a seed" if min(own) < max(own) else f"{own[0]} a seed"] if max(own) < row["n"] else []
    parts += [f"{row['recordings']} recordings"] if row["n"] != row["recordings"] else []
    items = f"{row['n']} ({', '.join(parts)})" if parts else str(row["n"])
    scores = (_with_interval(row[score]) for score in ("wa", "ua"))
    return (row["title"], *scores, items, str(len(row["seeds"])), epochs, row["budget"], row["run"])


def _difference(row: Row) -> str:
    """One line: by how much, between what, and how likely by chance."""
    found = row["difference"]
    start = f"- `{row['name']}` minus `{found['from']}`:"
    if "why_not" in found:
        return f"{start} not compared ({found['why_not']})."
    parts = []
    for score in ("wa", "ua"):
        value, low, high = (f"{100 * found[score][key]:+.1f}" for key in ("value", "low", "high"))
        parts.append(f"{score.upper()} {value} [{low}, {high}], p = {found[score]['p']:.3g}")
    return f"{start} {'; '.join(parts)}."


def _origin(row: Row) -> str:
    """One line: the Run, the code, the machine, the command."""
    commit, _, changes = str(row["environment"].get("commit", "installed")).partition(" ")
    code = f"serkit {commit[:12]}{f' {changes}' if changes else ''}"
    machine = f"{row['device']}, {row['threads']} threads, {row['precision']}, {row['hours']:g} h"
    return f"- `{row['name']}` (Run {row['run']}, {code}; {machine}): `{row['command']}`"


def _with_interval(estimate: Mapping[str, Any]) -> str:
    value = f"{100 * estimate['value']:.1f}"
    return f"{value} [{100 * estimate['low']:.1f}, {100 * estimate['high']:.1f}]" if estimate["low"] is not None else value


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    character: rf"\{character}" for character in "&%$#_{}"
}


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
