"""What came of a campaign, for a reader."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from mutations.campaign import MORE, WHOLE, Verdict
from mutations.processes import PATIENCE, Outcome


def otherwise(verdicts: Sequence[Verdict], original: Outcome) -> list[Verdict]:
    """Mutated models that answer without a word, and not what the original answers."""
    expected = _scores(original)
    answers = [each for each in verdicts if each.word == "answered" and each.mutation.kind == "models"]
    return [each for each in answers if _scores(each.outcome) != expected]


def _scores(outcome: Outcome) -> Any:
    (found,) = json.loads(outcome.out)
    return {name: round(value, 4) for name, value in found.get("scores", {}).items()}


ABOUT = f"""# Damaged inputs

What serkit answers to recordings, models, tables, recipes and Runs that were damaged on purpose: `tests/mutations/`. A row
says how commands ended; *in part*: some of the recordings that were given were refused. Each has to end with exit status
0, 1 or 2, within {PATIENCE:.0f} seconds of processor time, within {WHOLE:.0f} MiB of memory for a recognition, and for any
other command within {MORE:.0f} MiB above what it takes of unharmed input.
"""


def table(verdicts: Sequence[Verdict], command: str) -> str:
    """The verdicts as a page of Markdown."""
    kinds = list(dict.fromkeys(each.mutation.kind for each in verdicts))
    by_kind = {kind: [each for each in verdicts if each.mutation.kind == kind] for kind in kinds}
    counts = {kind: Counter(each.word for each in found) for kind, found in by_kind.items()}
    words = sorted(set().union(*counts.values()), key=lambda word: (word.startswith("fault"), word))
    rows = [
        ["", *kinds],
        ["---", *("---:" for _ in kinds)],
        ["mutations", *(str(len({each.mutation.number for each in found})) for found in by_kind.values())],
        ["commands", *(str(len(found)) for found in by_kind.values())],
        *([word, *(str(counts[kind][word] or "") for kind in kinds)] for word in words),
        ["most memory, MiB", *(f"{max(each.outcome.peak for each in found):.0f}" for found in by_kind.values())],
        ["longest, s of processor time", *(f"{max(each.outcome.seconds for each in found):.1f}" for found in by_kind.values())],
    ]
    failed = [f"- {each.mutation}: {'; '.join(each.faults)}" for each in verdicts if each.faults]
    lines = [ABOUT, f"    {command}", "", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join([*lines, *(["", "## Faults", "", *failed] if failed else [])]) + "\n"
