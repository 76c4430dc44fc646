"""Decoding every file of a corpus, and naming each that is not as it should be."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serkit import audio
from serkit.corpora._corpus import Corpus, Inventory, Kind
from serkit.corpora._named import NamedCorpus
from serkit.errors import AudioError, CorpusError
from serkit.types import Utterance

SILENCE = 1e-4
"""Peak (-80 dBFS) below which a recording counts as silent."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with `where`: an id, a path below the root, an emotion, or a corpus whose tables cannot be read.

    `known` marks a defect of the released corpus, which every copy has.
    """

    where: str
    kind: Kind
    detail: str
    known: bool = False


def check(corpus: Corpus, root: Path, on_progress: Callable[[int, int], None] | None = None) -> list[Problem]:
    """Every problem of the copy below `root`, in a fixed order; empty for one that is whole and sound.

    Everything is decoded; `on_progress` is told the number of files done and of all. Raises CorpusError if `root` is not a
    folder.
    """
    found = corpus.inventory(root)
    problems = _differences(corpus, found, root)
    heard: dict[bytes, str] = {}  # digest of the samples -> id that had them first
    for done, utterance in enumerate(found.utterances, start=1):
        problems += _listen(corpus, utterance, heard)
        if on_progress:
            on_progress(done, len(found.utterances))
    return problems


def _differences(corpus: Corpus, found: Inventory, root: Path) -> list[Problem]:
    """What the file names tell."""
    problems = [Problem(name, "missing", "no file of this name") for name in found.missing]
    problems += [Problem(each.id, "missing", corpus.defects[each.id, "missing"], known=True) for each in found.absent]
    problems += [
        Problem(str(path.relative_to(root)), "unexpected", "not the name of an utterance of this corpus")
        for path in found.unexpected
    ]
    for name, paths in found.twice.items():
        # Without the name, so that whatever a folder holds twice has one same detail.
        places = ", ".join(str(path.relative_to(root).with_name(f"*{path.suffix}")) for path in paths)
        problems.append(Problem(name, "duplicate", f"{len(paths)} files have this name: {places}"))
    counts = Counter(utterance.native or utterance.label for utterance in (*found.utterances, *found.absent))
    problems += [
        Problem(label, "count", f"{counts[label]} utterances, published are {published}")
        for label, published in corpus.counts.items()
        if counts[label] != published
    ]
    if found.utterances:
        try:
            corpus.completed(root, found.utterances, False)
        except CorpusError as error:
            problems.append(Problem(corpus.name, "table", str(error)))
    return problems


def _listen(corpus: Corpus, utterance: Utterance, heard: dict[bytes, str]) -> list[Problem]:
    """What decoding one file tells; its digest joins `heard`."""

    def problem(kind: Kind, detail: str) -> Problem:
        return Problem(utterance.id, kind, detail, known=(utterance.id, kind) in corpus.defects)

    problems = []
    stem = utterance.path.stem
    # A name may leave out what its folder says.
    if isinstance(corpus, NamedCorpus) and not utterance.id.lower().endswith(stem.lower()):
        problems.append(problem("name", f"the file is called {stem}"))
    if container := audio.misnamed(utterance.path):
        problems.append(problem("extension", f"{container} under the ending {utterance.path.suffix}"))
    try:
        waveform = audio.read(utterance.path, start=utterance.start, end=utterance.end)
    except AudioError as error:
        return [*problems, problem("unreadable", error.reason)]
    if corpus.rate and waveform.rate != corpus.rate:
        problems.append(problem("rate", f"{waveform.rate} Hz instead of {corpus.rate} Hz"))
    peak = float(np.abs(waveform.samples).max())
    if peak < SILENCE:
        level = f"its peak is {20 * np.log10(peak):.0f} dBFS" if peak else "all its samples are zero"
        problems.append(problem("silent", level))
        return problems  # one silence is as good as another: no duplicates
    first = heard.setdefault(hashlib.sha256(waveform.samples.tobytes()).digest(), utterance.id)
    if first != utterance.id:
        problems.append(problem("duplicate", f"the same samples as {first}"))
    return problems
