"""Decoding every file of a corpus, and naming each that is not as it should be."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from serkit import audio
from serkit.corpora._corpus import Corpus, Inventory, Kind
from serkit.corpora._hearing import Hearing, hear_all
from serkit.corpora._named import NamedCorpus
from serkit.corpora._threads import Progress
from serkit.errors import AudioError, CorpusError
from serkit.types import Utterance

SILENCE = 1e-4
"""Peak (-80 dBFS) below which a recording counts as silent."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with `where`: an id, a path below the root, a label, a speaker, the root, or a corpus by its tables.

    `known` marks a defect of the released corpus, which every copy has.
    """

    where: str
    kind: Kind
    detail: str
    known: bool = False


def check(corpus: Corpus, root: Path, on_progress: Progress | None = None) -> list[Problem]:
    """Every problem of the copy below `root`, in a fixed order; empty for one that is whole and sound.

    Everything is decoded; `on_progress` is told the number of files done and of all. Raises CorpusError if `root` is not a
    folder, or not the one in which annotations lie.
    """
    found = corpus.inventory(root)
    problems = _differences(corpus, found, root)
    heard: dict[bytes, Utterance] = {}
    for utterance, hearing in zip(found.utterances, hear_all(found.utterances, on_progress), strict=True):
        problems += [
            Problem(utterance.id, kind, detail, known=(utterance.id, kind) in corpus.defects)
            for kind, detail in (*_named(corpus, utterance), *_sound(corpus, utterance, hearing, heard))
        ]
    return problems


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
        own, other = (each.native or each.label or "no label" for each in (utterance, first))
        labels = f"both {own}" if own == other else f"{own} here, {other} there"
        yield "duplicate", f"the same samples as {first.id} ({labels})"
