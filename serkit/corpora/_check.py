"""Decoding every file of a corpus, and naming each that is not as it should be."""

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from serkit import audio
from serkit.corpora._corpus import Corpus, Inventory, Kind
from serkit.corpora._hearing import Hearing, hear_all
from serkit.corpora._named import NamedCorpus
from serkit.corpora._threads import Progress
from serkit.corpora.own import OwnCorpus
from serkit.errors import AudioError, CorpusError
from serkit.types import Utterance

SILENCE = 1e-4
"""Peak (-80 dBFS) below which a recording counts as silent."""


SHORTEST, LONGEST = 0.3, 60.0
"""Seconds: in people's own data an utterance below, or beyond, is probably cut badly."""

FAR = 10
"""An utterance so many times as long as the median one, or as short, is told in any corpus."""

ENOUGH = 10
"""Of fewer utterances than these a median says little."""

REMARKS = ("duration",)
"""Kinds of what is told, and no fault of the copy: recordings may be as long as they like."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with `where`: an id, a path below the root, a label, a speaker, the root, or a corpus by its tables.

    `known` marks a defect of the released corpus, which every copy has.
    """

    where: str
    kind: Kind
    detail: str
    known: bool = False

    @property
    def remark(self) -> bool:
        """Whether this is no fault, but worth a look."""
        return self.kind in REMARKS


def check(corpus: Corpus, root: Path, on_progress: Progress | None = None) -> list[Problem]:
    """Every problem of the copy below `root`, in a fixed order; empty for one that is whole and sound.

    Everything is decoded; of people's own data, what has a label or is asked for its values. `on_progress` is told the number
    of files done and of all. Raises CorpusError if `root` is not a folder, or not the one in which annotations lie.
    """
    found = corpus.inventory(root)
    problems = _differences(corpus, found, root)
    own = isinstance(corpus, OwnCorpus)
    utterances: Sequence[Utterance] = found.utterances
    if isinstance(corpus, OwnCorpus) and not corpus.target:
        utterances = [each for each in found.utterances if each.label]
    hearings = hear_all(utterances, on_progress)
    durations = [each.duration for each in hearings if isinstance(each, Hearing)]
    median = statistics.median(durations) if len(durations) >= ENOUGH else None
    heard: dict[bytes, Utterance] = {}
    for utterance, hearing in zip(utterances, hearings, strict=True):
        told = [*_named(corpus, utterance), *_sound(corpus, utterance, hearing, heard)]
        if isinstance(hearing, Hearing) and (odd := _odd(hearing.duration, median, own)):
            told.append(("duration", odd))
        problems += [Problem(utterance.id, kind, detail, known=_known(corpus, utterance, kind)) for kind, detail in told]
    return problems


def _known(corpus: Corpus, utterance: Utterance, kind: Kind) -> bool:
    """Whether that is a defect of the released corpus; where the release has no good file, a broken one is no other defect."""
    return (utterance.id, kind) in corpus.defects or (kind == "unreadable" and (utterance.id, "missing") in corpus.defects)


def _odd(seconds: float, median: float | None, own: bool) -> str:
    """What is odd about a duration; empty where nothing is."""
    if median and not median / FAR <= seconds <= median * FAR:
        return f"{seconds:.2f} s, where the median is {median:.2f} s"
    if own and seconds < SHORTEST:
        return f"{seconds:.2f} s, less than {SHORTEST:g} s"
    if own and seconds > LONGEST:
        return f"{seconds:.2f} s, more than {LONGEST:g} s"
    return ""


def _differences(corpus: Corpus, found: Inventory, root: Path) -> list[Problem]:
    """What the names and numbers of files tell."""
    near = corpus.meant(root, found)
    problems = [Problem(str(root), "root", f"did you mean {near}?")] if near else []
    problems += [Problem(name, "missing", "no file of this name") for name in found.missing]
    problems += [Problem(each.id, "missing", corpus.defects[each.id, "missing"], known=True) for each in found.absent]
    problems += [
        Problem(str(path.relative_to(root)), "unexpected", "not the name of an utterance of this corpus")
        for path in found.unexpected
    ]
    problems += [
        Problem(str(path.relative_to(root)), "unread", "a format that is not read; convert it, for example with ffmpeg to WAV")
        for path in found.unread
    ]
    for name, paths in found.twice.items():
        # Without the name, so that whatever a folder holds twice has one same detail.
        places = ", ".join(str(path.relative_to(root).with_name(f"*{path.suffix}")) for path in paths)
        problems.append(Problem(name, "duplicate", f"{len(paths)} files have this name: {places}"))
    released = (*found.utterances, *found.absent)
    problems += _counted("count", corpus.counts, (each.native or each.label for each in released))
    problems += _counted("speaker", corpus.by_speaker, (each.speaker for each in released))
    if found.utterances:
        try:
            corpus.completed(root, found.utterances, False)
        except CorpusError as error:
            problems.append(Problem(corpus.name, "table", str(error)))
    return problems


def _counted(kind: Kind, published: Mapping[str, int], names: Iterable[str]) -> list[Problem]:
    """The labels, or speakers, that have more or fewer utterances than were published."""
    counts = Counter(names)
    return [
        Problem(name, kind, f"{counts[name]} utterances, published are {number}")
        for name, number in published.items()
        if counts[name] != number
    ]


def _named(corpus: Corpus, utterance: Utterance) -> Iterator[tuple[Kind, str]]:
    """What is wrong with the name of a file."""
    stem = utterance.path.stem
    # A name may leave out what its folder says.
    if isinstance(corpus, NamedCorpus) and not utterance.id.lower().endswith(stem.lower()):
        yield "name", f"the file is called {stem}"
    if container := audio.misnamed(utterance.path):
        yield "extension", f"{container} under the ending {utterance.path.suffix}"


def _sound(
    corpus: Corpus, utterance: Utterance, hearing: Hearing | AudioError, heard: dict[bytes, Utterance]
) -> Iterator[tuple[Kind, str]]:
    """What is wrong with its samples. `heard` maps digests to who had them first, and is added to."""
    if isinstance(hearing, AudioError):
        yield "unreadable", hearing.reason
        return
    if corpus.rate and hearing.rate != corpus.rate:
        yield "rate", f"{hearing.rate} Hz instead of {corpus.rate} Hz"
    if hearing.peak < SILENCE:
        level = f"its peak is {20 * math.log10(hearing.peak):.0f} dBFS" if hearing.peak else "all its samples are zero"
        yield "silent", level
        return  # one silence is as good as another: no duplicates
    first = heard.setdefault(hearing.digest, utterance)
    if first is not utterance:
        words = [_word(corpus, each) for each in (utterance, first)]
        labels = f"both {words[0]}" if words[0] == words[1] else f"{words[0]} here, {words[1]} there"
        same = "file" if utterance.path.resolve() == first.path.resolve() else "samples"
        yield "duplicate", f"the same {same} as {first.id} ({labels})"


def _word(corpus: Corpus, utterance: Utterance) -> str:
    """What an utterance is labeled: several words of people's own may mean one emotion."""
    first, second = utterance.native, utterance.label
    return (second or first if isinstance(corpus, OwnCorpus) else first or second) or "no label"
