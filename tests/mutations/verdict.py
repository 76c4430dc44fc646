"""The verdict: an answer or one line, exit 0, 1 or 2, in bounded time and memory. Anything else is a fault."""

import csv
import io
import json
import math
import re
from collections.abc import Iterable
from typing import Any, Literal

from mutations.processes import PATIENCE, Outcome, signal_name

Prints = Literal["json", "jsonl", "csv", "table", "values", "text", "progress"]
"""What is on standard output: predictions in one of their four formats, other JSON, or plain text.

`progress`: plain text, and standard error tells of a training as it goes.
"""

LINES = 12
"""Lines on standard error that still are a few."""

SILENT = (None, "", "no speech")
"""What stands for the emotion where there is none to be told."""


def faults(outcome: Outcome, prints: Prints, memory: float, patience: float = PATIENCE) -> list[str]:
    """What is wrong, in words; empty where nothing is. `memory` is the most that it may have, in MiB."""
    found = []
    err, out = outcome.err.decode("utf-8", "replace"), outcome.out.decode("utf-8", "replace")
    if outcome.peak > memory:
        found.append(f"memory: {outcome.peak:.0f} MiB of {memory:.0f}")
    if outcome.seconds > patience:
        found.append(f"slow: {outcome.seconds:.0f} s of processor time{' and not done' if outcome.late else ''}")
    elif outcome.late and not found:
        found.append(f"hang: waits, after {outcome.waited:.0f} s")
    elif outcome.status is None and not outcome.late:
        found.append(f"crash: {signal_name(outcome.signal)}")
    if "Traceback (most recent call last)" in err:
        found.append(f"traceback: {_last(err)}")
    elif outcome.status not in (0, 1, 2, None):
        found.append(f"status: {outcome.status}")
    if not any(each.startswith("traceback") for each in found):
        found += _of_stderr(err, outcome, prints == "progress")
    if outcome.status == 0:
        found += _of_stdout(out, prints)
    return found


def word(outcome: Outcome, found: list[str]) -> str:
    """The verdict in a word or two, for a table."""
    if found:
        return f"fault: {found[0].partition(':')[0]}"
    if outcome.status == 0:
        return "answered with a note" if outcome.err.strip() else "answered"
    return f"refused: {outcome.error or 'usage'}" if outcome.status == 2 else f"in part: {outcome.error or 'usage'}"


def _last(text: str) -> str:
    return text.strip().splitlines()[-1][:200]


def _of_stderr(err: str, outcome: Outcome, progress: bool) -> Iterable[str]:
    lines = err.splitlines()
    if not progress and (foreign := [line for line in lines if not line.startswith("serkit: ")]):
        yield f"noise: {foreign[0][:200]!r}"
    if len(lines) > LINES:
        yield f"noise: {len(lines)} lines on standard error"
    told = outcome.status == 1 and outcome.out.strip()  # what `corpora check` finds is its answer
    if outcome.status in (1, 2) and not lines and not told:
        yield f"silence: exit {outcome.status} without a word"
    if outcome.status == 2 and not outcome.late and lines and not any(line.startswith("serkit: error: ") for line in lines):
        yield "silence: exit 2 without an error"


def _of_stdout(out: str, prints: Prints) -> Iterable[str]:
    if not out.strip():
        yield "silence: exit 0 and nothing on standard output"
        return
    try:
        if prints in ("json", "jsonl"):
            for each in _strict(out) if prints == "json" else map(_strict, out.splitlines()):
                yield from _of_scores(each)
        elif prints == "values":
            _strict(out)
        elif prints == "csv":
            for row in csv.DictReader(io.StringIO(out), strict=True):
                yield from _of_row(row)
        elif prints == "table" and re.search(r"(?im)^\s*([\w ]*?\s)?\s*[-+]?(nan|inf)\s", out):
            yield "not a number: in a table"
    except (ValueError, TypeError, KeyError, AttributeError, csv.Error) as error:
        yield f"output: {type(error).__name__}: {error}"


def _strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def _of_scores(given: dict[str, Any]) -> Iterable[str]:
    """A prediction, or one of its segments, as JSON has it."""
    if "value" in given:
        if not _finite([given["value"]]):
            yield f"not a number: a value of {given['value']}"
    elif given.get("emotion") not in SILENT or given.get("scores"):
        yield from _of_probabilities(list(given["scores"].values()))
        if given["emotion"] not in given["scores"]:
            yield f"output: '{given['emotion']}' has no score"
    for each in given.get("segments", ()):
        yield from _of_scores(each)


def _of_row(row: dict[str, str]) -> Iterable[str]:
    texts = [text for name, text in row.items() if name and name.startswith("p_")]
    if texts and not (row.get("emotion") in SILENT and not any(texts)):
        yield from _of_probabilities([float(text) for text in texts])


def _of_probabilities(values: list[float]) -> Iterable[str]:
    if not _finite(values):
        yield f"not a number: scores of {values[:3]}"
    elif abs(sum(values) - 1) > 1e-4:
        yield f"output: scores that sum to {sum(values):g}"


def _finite(values: Iterable[Any]) -> bool:
    return all(isinstance(value, int | float) and math.isfinite(value) for value in values)
