"""How long the utterances of a copy are, told in a terminal."""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from serkit.cli._console import out, table, visible

if TYPE_CHECKING:
    from serkit.corpora import Index


def durations_of(found: "Index", labels: Iterable[str]) -> dict[str, Any]:
    """Plain values, ready for JSON; known `labels` come first, in their order."""
    durations: dict[str, list[float]] = {}
    for entry in found.entries:
        durations.setdefault(entry.utterance.native or entry.utterance.label or "no label", []).append(entry.duration)
    groups = {label: durations[label] for label in (*labels, *durations) if label in durations}
    return {
        "utterances": len(found.entries),
        "rates": dict(sorted(Counter(entry.rate for entry in found.entries).items())),
        "channels": dict(sorted(Counter(entry.channels for entry in found.entries).items())),
        "all": _told([entry.duration for entry in found.entries]),
        "labels": {label: _told(own) for label, own in groups.items()},
        "unreadable": dict(found.unreadable),
    }


def _told(seconds: Sequence[float]) -> dict[str, Any]:
    """Number, hours, and seconds of the shortest, the middle and the longest one."""
    return {
        "utterances": len(seconds),
        "hours": sum(seconds) / 3600,
        "shortest": min(seconds, default=None),
        "median": statistics.median(seconds) if seconds else None,
        "longest": max(seconds, default=None),
    }


def show_durations(facts: Mapping[str, Any]) -> None:
    """Print them as a table, with the corpus, its root and its published size."""
    lacking = facts["published"] - facts["utterances"] - len(facts["unreadable"])
    partial = f", {lacking:,} of {facts['published']:,} are not there" if lacking > 0 else ""
    rates = ", ".join(f"{rate} Hz" if len(facts["rates"]) == 1 else f"{n:,} at {rate} Hz" for rate, n in facts["rates"].items())
    channels = ", ".join(f"{n:,} with {count} channel{'s' * (count > 1)}" for count, n in facts["channels"].items())
    head = f"{facts['corpus']} in {facts['root']}: {facts['utterances']:,} utterances{partial}"
    out.print(visible(head), style="bold", markup=False)
    out.print(f"{rates}; {channels}\n", markup=False)
    groups = {**facts["labels"], "all": facts["all"]}
    rows = [
        (
            label,
            f"{own['utterances']:,}",
            f"{own['hours']:.2f}",
            *("-" if own[key] is None else f"{own[key]:.2f} s" for key in ("shortest", "median", "longest")),
        )
        for label, own in groups.items()
    ]
    columns = ("label", "utterances", "hours", "shortest", "median", "longest")
    out.print(table(None, columns, rows, right=columns[1:]))
    for where, reason in facts["unreadable"].items():
        out.print(visible(f"{where}: unreadable: {reason}"), markup=False)
