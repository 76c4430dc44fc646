"""What has to be said beside a Run's figures, in whole sentences."""

import shlex
import tomllib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from serkit import metrics
from serkit.errors import RunError
from serkit.metrics import FEW_SPEAKERS, Scores, ValueScores
from serkit.protocols.copies import without_copy
from serkit.report._judged import Judged, Valued
from serkit.runs import FINAL, Run

BUDGETS = {
    "demo": "A demonstration of a few minutes: no benchmark.",
    "screening": "A screening with fewer epochs or seeds than its recipe asks for: no benchmark.",
}
EDITED = "Edited after it was written: "
"""How the sentence about edited files begins."""
MOST = 10
"""Things that a sentence names."""
ENOUGH = 10
"""Utterances of a training, or of a speaker, below which one answer for all of them says nothing."""
TOLD = 0.9
"""Where the speaker tells the emotion so often, it has to be said."""


def doubts(run: Run, given: Judged | Valued | None, scores: Scores | ValueScores | None) -> list[str]:
    """What overturns a Run's scores, the gravest first: edited files, and answers that are worth nothing."""
    return [*_edited(run), *_of_answers(given, scores)]


def notes(run: Run, given: Judged | Valued | None, scores: Scores | ValueScores | None) -> list[str]:
    """What else belongs beside the scores, the gravest first. Raises RunError where the folder is damaged."""
    found = _not_scored(run, given, [] if final_only(run) else missing(run))
    budget = str(read_recipe(run).get("budget", "full"))
    if budget != "full":
        found.append(BUDGETS.get(budget, f"Budget '{budget}': no full run, no benchmark."))
    return [*found, *_leaks(run, given), *_limits(run, given, scores)]


def _edited(run: Run) -> list[str]:
    """That files of the Run are not those that its training wrote, where that is known."""
    names: Sequence[str] = getattr(run, "edited", ())
    if not names:
        return []
    return [f"{EDITED}{', '.join(names)}; its scores are not those of the training."]


def _of_answers(given: Judged | Valued | None, scores: Scores | ValueScores | None) -> list[str]:
    """What the answers themselves give away."""
    if isinstance(scores, ValueScores):
        return metrics.value_doubts(scores)
    if not isinstance(given, Judged) or scores is None:
        return []
    found = metrics.doubts(scores, given.labels)
    stuck = _collapsed(given) if metrics.only_answer(scores) is None else []
    if stuck:
        trainings = len({(row.fold, row.seed) for row in given.rows})
        shown = ", ".join(f"fold {fold} seed {seed} ({label})" for fold, seed, label in stuck[:MOST])
        more = f" and {len(stuck) - MOST} more" if len(stuck) > MOST else ""
        found.append(f"Collapsed: {len(stuck)} of {trainings} trainings answer one emotion for everything: {shown}{more}.")
    return found


def _collapsed(given: Judged) -> list[tuple[str, int, str]]:
    """(fold, seed, answer) of each training that answers the same for everything, where there is something to tell apart."""
    places: dict[tuple[str, int], list[int]] = {}
    for index, row in enumerate(given.rows):
        places.setdefault((row.fold, row.seed), []).append(index)
    return [
        (fold, seed, given.labels[given.predicted[own[0]]])
        for (fold, seed), own in places.items()
        if len(own) >= ENOUGH and len(set(given.predicted[own].tolist())) == 1 < len(set(given.true[own].tolist()))
    ]


def _not_scored(run: Run, given: Judged | Valued | None, lacking: Sequence[tuple[str, int]]) -> list[str]:
    """What was not trained or not scored."""
    info, found = run.info, []
    if given is None and final_only(run):
        found.append("Not scored: it was trained on all utterances, so that none was left to judge it by.")
    elif given is None:
        found.append("Nothing has been scored: this Run holds no predictions.")
    elif given.part == "validation":
        command = f"serkit train --resume --out {shlex.quote(str(run.folder))} --score-test"
        unseen = "the test set has not been scored. To score it"
        own = "of the test utterances, which chose the epoch. To enter them as such"
        found.append(f"Validation scores: {own if info.selection == 'leaky_test' else unseen}: {command}")
    if lacking:
        total = len(info.folds) * len(info.seeds)
        found.append(f"Incomplete: {total - len(lacking)} of {total} trainings are finished; missing are {_named(lacking)}.")
    if given is not None and (without := unscored(run, given, lacking)):
        found.append(f"Partly scored: finished without {given.part} predictions are {_named(without)}.")
    return found


def _leaks(run: Run, given: Judged | Valued | None) -> list[str]:
    """What of the test came into training or selection, by the Run's own name for it."""
    info, found = run.info, []
    if "leaky" in info.selection and not final_only(run):
        found.append("Leaky: the epoch was chosen by test scores, which makes them too good.")
    if "leaky_copies" in info.protocol:
        found.append("Leaky: noisy copies of tested recordings were trained on, which makes the scores too good.")
    if given is not None and (copies := sum(row.utterance != without_copy(row.utterance) for row in given.rows)):
        recordings = len({without_copy(row.utterance) for row in given.rows})
        found.append(
            f"{copies} of the {len(given.rows)} scored items are noisy copies; behind all are {recordings} recordings."
        )
    return found


def _limits(run: Run, given: Judged | Valued | None, scores: Scores | ValueScores | None) -> list[str]:
    """What narrows the scores."""
    if given is None or scores is None:
        return []
    found = []
    if run.info.speaker_independent:
        speakers = len({row.speaker for row in given.rows})
        if speakers < FEW_SPEAKERS:
            people = "1 speaker" if speakers == 1 else f"{speakers} speakers"
            found.append(f"Scored on {people} only: they say little about others, and have no interval.")
    elif isinstance(given, Judged):
        found += _told_by_speaker(given)
    if isinstance(scores, ValueScores):
        found += metrics.value_limits(scores)
    elif isinstance(given, Judged):
        found += metrics.limits(scores, given.labels)
        if absent := [label for index, label in enumerate(given.labels) if not (given.true == index).any()]:
            shown = ", ".join(absent[:MOST]) + (f" and {len(absent) - MOST} more" if len(absent) > MOST else "")
            found.append(f"Never true in the {given.part} part, so that nothing is known of them: {shown}.")
    least = min((each.validation_utterances for each in run.results() if each.validation_utterances), default=ENOUGH)
    if run.info.selection == "validation" and least < ENOUGH:
        clips = "1 utterance" if least == 1 else f"{least} utterances"
        found.append(f"Epochs were chosen on as few as {clips}, which is hardly better than by chance.")
    return found


def _told_by_speaker(given: Judged) -> list[str]:
    """That who speaks tells the emotion, where known voices are recognized and one could be taken for the other."""
    clips = {row.utterance: (row.speaker, row.true) for row in given.rows}
    voices: dict[str, Counter[str]] = {}
    for speaker, label in clips.values():
        voices.setdefault(speaker, Counter())[label] += 1
    if len(voices) < 2 or len(clips) < ENOUGH * len(voices):
        return []  # of few utterances each, voices would tell by chance
    known = sum(max(own.values()) for own in voices.values()) / len(clips)
    unknown = max(Counter(label for _, label in clips.values()).values()) / len(clips)
    if known < TOLD or known < (1 + unknown) / 2:
        return []
    return [
        f"Who speaks tells the emotion in {100 * known:.1f} % of the cases ({100 * unknown:.1f} % without that): the scores "
        "may be those of recognizing voices."
    ]


def unscored(run: Run, given: Judged | Valued, lacking: Sequence[tuple[str, int]] = ()) -> list[tuple[str, int]]:
    """(fold, seed) of every training without predictions of the part that was judged, but those that are `lacking` anyway."""
    there = {(row.fold, row.seed) for row in given.rows} | set(lacking)
    return [(fold, seed) for seed in run.info.seeds for fold in run.info.folds if (fold, seed) not in there]


def _named(trainings: Sequence[tuple[str, int]]) -> str:
    shown = ", ".join(f"fold {fold} seed {seed}" for fold, seed in trainings[:MOST])
    return shown + (f" and {len(trainings) - MOST} more" if len(trainings) > MOST else "")


def read_recipe(run: Run) -> dict[str, Any]:
    """The Run's recipe as plain values. Raises RunError where it is missing or damaged."""
    try:
        return tomllib.loads(run.recipe_file.read_text(encoding="utf-8", errors="surrogateescape"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{run.recipe_file}: missing or damaged ({str(error).splitlines()[0]})") from None


def missing(run: Run) -> list[tuple[str, int]]:
    """(fold, seed) of every training that is not complete."""
    done = {(result.fold, result.seed) for result in run.results()}
    return [(fold, seed) for seed in run.info.seeds for fold in run.info.folds if (fold, seed) not in done]


def final_only(run: Run) -> bool:
    """Whether the Run is one training on all data, which leaves nothing to score."""
    folds = {result.fold for result in run.results()}
    return folds == {FINAL}
