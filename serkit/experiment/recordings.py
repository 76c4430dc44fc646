"""Which recordings a training learns from, and how wide their band is: what its model has to say of itself."""

import csv
import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from serkit import audio
from serkit.audio.identity import identity
from serkit.audio.quality import Meter
from serkit.errors import AudioError, RunError
from serkit.protocols.copies import without_copy
from serkit.runs import Run, write
from serkit.train.processes import cores
from serkit.types import IDENTITY, Utterance

MEASURED = 64
"""Utterances, spread evenly over a training's, whose band is measured."""

NARROWEST = 0.1
"""Of these so many may be narrower than the band that the model tells: a corpus has some muffled recordings."""


def keep(run: Run, utterances: Sequence[Utterance]) -> None:
    """Write a Run's table of recordings, a row for each utterance and the identity of its file, where there is none yet.

    A file that cannot be read has no identity: whatever needs its samples says what is wrong with it.
    """
    if run.recordings_file.is_file():
        return
    paths = list(dict.fromkeys(each.path for each in utterances))
    with ThreadPoolExecutor(cores()) as pool:  # decoding lets go of the interpreter
        found = dict(zip(paths, pool.map(_identity, paths), strict=True))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["utterance", "recording"])
    writer.writerows([each.id, found[each.path]] for each in utterances)
    write(run.recordings_file, text.getvalue())


def _identity(path: Path) -> str:
    try:
        return identity(path).hex()
    except AudioError:
        return ""


def of(run: Run, utterances: Sequence[Utterance]) -> frozenset[bytes] | None:
    """What a specification says of utterances of a Run; None where the Run keeps no table, as those of before do.

    Raises RunError where the table is damaged.
    """
    known = _read(run)
    if known is None:
        return None
    try:
        return frozenset(known[without_copy(each.id)][:IDENTITY] for each in utterances) - {b""}
    except KeyError as error:
        raise RunError(f"{run.recordings_file}: damaged (no row for {error.args[0]})") from None


def _read(run: Run) -> Mapping[str, bytes] | None:
    if not run.recordings_file.is_file():
        return None
    try:
        with run.recordings_file.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
            return {row["utterance"]: bytes.fromhex(row["recording"]) for row in csv.DictReader(stream)}
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise RunError(f"{run.recordings_file}: damaged ({error})") from None


def band(utterances: Sequence[Utterance], rate: int) -> float | None:
    """The highest frequency in Hz that nine in ten of the utterances reach at `rate` Hz; None where none can be measured."""
    ranked = sorted(utterances, key=lambda each: each.id)
    chosen = {round(place) for place in np.linspace(0, len(ranked) - 1, MEASURED)}
    found = []
    for each in (ranked[place] for place in sorted(chosen)):
        meter = Meter(rate)
        for chunk in audio.stream(each.path, rate, start=each.start, end=each.end):
            meter.add(chunk)
        if (reached := meter.quality().band) is not None:
            found.append(reached)
    return float(np.quantile(found, NARROWEST, method="lower")) if found else None
