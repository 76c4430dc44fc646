"""What a check found, told in a terminal: one line a problem, many alike in one, and what becomes of people's own words."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from serkit.cli._console import out, table, visible

if TYPE_CHECKING:
    from serkit.corpora import Problem, Words

FOLD, EXAMPLES = 10, 3
"""So many files with one same problem are named one by one; of more, so many are."""

LISTED = 200
"""So many lines of problems at most; --json has all."""

COUNTED = {"count": "labels", "speaker": "speakers", "label": "words", "duration": "utterances"}
"""What problems of these kinds are of, instead of files."""

ALIKE = ("duration",)
"""Kinds that are told together, though each has figures of its own."""


def lines(problems: "Sequence[Problem]") -> Iterator[str]:
    """One line a problem, but a single one for those of many files that are told in the same words."""
    alike: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for problem in problems:
        mark = " (known)" if problem.known else ""
        group = "" if problem.kind in ALIKE else problem.detail
        alike.setdefault((problem.kind, f"{group}{mark}"), []).append((problem.where, f"{problem.detail}{mark}"))
    for (kind, _), told in alike.items():
        if len(told) > FOLD:
            rest = f"and {len(told) - EXAMPLES} more (all with --json)"
            own = kind in ALIKE
            what = "unusual" if own else told[0][1]
            names = ", ".join(f"{name} ({detail})" if own else name for name, detail in told[:EXAMPLES])
            yield visible(f"{len(told)} {COUNTED.get(kind, 'files')}: {kind}: {what}: {names} {rest}")
        else:
            yield from (visible(f"{name}: {kind}: {detail}") for name, detail in told)


def show(problems: "Sequence[Problem]", name: str, place: object) -> None:
    """Print problems and a verdict."""
    told = list(lines(problems))
    for line in told[:LISTED]:
        out.print(line, markup=False)
    if len(told) > LISTED:
        out.print(f"and {len(told) - LISTED} more lines (all with --json)", markup=False)
    known = sum(problem.known for problem in problems)
    remarks = sum(problem.remark and not problem.known for problem in problems)
    new = len(problems) - known - remarks
    aside = [f"{known} known of the released corpus"] if known else []
    aside += [f"{remarks} of unusual duration"] if remarks else []
    verdict = f"{new} {'problem' if new == 1 else 'problems'}" if new else "complete and sound"
    out.print(visible(f"{name} in {place}: {verdict}{', besides ' if aside else ''}{' and '.join(aside)}"), markup=False)


def as_json(problems: "Sequence[Problem]") -> list[dict[str, Any]]:
    """The same as plain values."""
    return [
        {
            "where": problem.where,
            "kind": problem.kind,
            "detail": problem.detail,
            "known": problem.known,
            "remark": problem.remark,
        }
        for problem in problems
    ]


def show_words(words: "Words") -> None:
    """Print the labels with their words, and the words that are left out."""
    if words.kept:
        rows = [
            (label, f"{sum(own.values()):,}", ", ".join(f"{word} ({count:,})" for word, count in own.items()))
            for label, own in words.kept.items()
        ]
        out.print(table(None, ("label", "utterances", "words"), rows, right=("utterances",)))
    for word, (count, why) in words.dropped.items():
        what = f"'{word}' ({why})" if word else why
        out.print(visible(f"left out: {count:,} {what}"), markup=False)
    if words.kept or words.dropped:
        out.print("")


def words_json(words: "Words") -> dict[str, Any]:
    """The same as plain values."""
    merged = {label: dict(own) for label, own in words.kept.items() if len(own) > 1}
    dropped = {word: {"utterances": count, "why": why} for word, (count, why) in words.dropped.items()}
    return {"kept": words.counts, "merged": merged, "dropped": dropped}
