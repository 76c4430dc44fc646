"""What a Run's predictions come to, and what has to be said beside the figures. The page and the terminal both use this."""

from dataclasses import dataclass

from serkit.metrics import Scores, ValueScores
from serkit.report._judged import Judged, Valued, judged, scores_of, valued, values_of
from serkit.report._warnings import doubts, notes
from serkit.runs import Part, Run


@dataclass(frozen=True, slots=True)
class Summary:
    """What a Run came to.

    `scores` are those of `part`: of the test predictions, or of the validation predictions where no test set was scored.
    Both are None where nothing was predicted yet. `values` are the scores of a regression, in place of `scores`. `warnings`
    are whole sentences that belong beside the figures; the first of them, `doubts`, overturn these and belong before them.
    """

    part: Part | None
    scores: Scores | None
    protocol: str
    warnings: tuple[str, ...]
    values: ValueScores | None = None
    doubts: tuple[str, ...] = ()


def summary(run: Run) -> Summary:
    """The scores of a Run with what has to be said beside them. Raises RunError where the folder is damaged."""
    return summarize(run, valued(run) if run.info.task == "regression" else judged(run))


def summarize(run: Run, given: Judged | Valued | None) -> Summary:
    """The same, of predictions that are read already."""
    by_speaker = run.info.speaker_independent
    scores = scores_of(given, by_speaker) if isinstance(given, Judged) else None
    values = values_of(given, by_speaker) if isinstance(given, Valued) else None
    first = tuple(doubts(run, given, scores or values))
    said = (*first, *notes(run, given, scores or values))
    return Summary(given.part if given else None, scores, run.info.protocol, said, values, first)
