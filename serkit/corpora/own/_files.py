"""The files behind a table's rows: are they there, can they be read, are they silent, do the parts lie inside of them?

Headers are read of all files, and of every part what comes before its first sound: a millisecond each, in threads. What was
told of a file is remembered as long as the program runs, unless the file changes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PureWindowsPath

import numpy as np

from serkit import audio
from serkit.corpora._threads import on_each
from serkit.corpora.own import hints
from serkit.corpora.own._faults import Faults
from serkit.corpora.own._rows import Listed
from serkit.errors import AudioError

SILENCE = 1e-4
"""Peak (-80 dBFS) below which a recording is silent, as in `serkit corpora check`."""

TOLERANCE = 0.02
"""Seconds by which a part may end behind its file: times in tables are rounded."""

_PEEK = 0.5  # seconds of a recording that tell of most that they are not silent
_KEPT = 2**18  # recordings that are remembered
_NAMED = 5  # recordings that a message names
_ASKED = 20  # missing recordings that may tell why they are

Stamp = tuple[int, int, int, int]
"""Device, inode, size and time of change: what makes a file the one that it was."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A row's file: what its header says, and whether the row's part is silent."""

    info: audio.Info
    silent: bool


@dataclass(slots=True)
class Bad:
    """Recordings that cannot be used, by what is wrong with them: their rows, and why."""

    missing: list[Listed] = field(default_factory=list)
    unreadable: list[tuple[Listed, str]] = field(default_factory=list)
    silent: list[Listed] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.missing or self.unreadable or self.silent)

    def told(self) -> str:
        """How many there are of each kind, and which.

        >>> Bad().told()
        ''
        """
        kinds = {
            "missing": [each.utterance.id for each in self.missing],
            "unreadable": [each.utterance.id for each, _ in self.unreadable],
            "silent": [each.utterance.id for each in self.silent],
        }
        return ", ".join(f"{len(names)} {kind} ({_some(names)})" for kind, names in kinds.items() if names)

    def add(self, listed: Sequence[Listed], heard: "Sequence[Heard | AudioError]") -> None:
        """Take up what hearing them told."""
        for each, found in zip(listed, heard, strict=True):
            if isinstance(found, AudioError):
                self.unreadable.append((each, found.reason))
            elif found.silent:
                self.silent.append(each)

    def places(self) -> set[str]:
        """The rows of all of them."""
        return {each.place for each in (*self.missing, *self.silent, *(each for each, _ in self.unreadable))}

    def note(self, faults: Faults, option: str) -> None:
        """Make faults of them; `option` is what leaves them out."""
        leave = f"or leave out what cannot be used: {hints.option(option)}"
        told = next(filter(None, (_hint(each.utterance.path) for each in self.missing[:_ASKED])), "")
        root = f"{told}correct the path, or say with {hints.option('root')} where paths start, {leave}"
        for each in self.missing:
            faults.add("missing", each.place, f"no such file: {each.utterance.path}", root)
        for each, why in self.unreadable:
            faults.add("unreadable", each.place, f"{each.utterance.path} cannot be read: {why}", leave)
        for each in self.silent:
            faults.add("silent", each.place, f"{each.utterance.path} is silent", f"remove it, {leave}")


def is_there(path: Path) -> bool:
    """Whether a plain file is there, as far as one may look."""
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that may not be entered
        return False


def stamp_of(path: Path) -> Stamp:
    """What the file system says of a file, links followed. Raises OSError."""
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def hear_rows(listed: Sequence[Listed]) -> list[Heard | AudioError]:
    """What their files tell, in their order."""

    def hear(each: Listed) -> Heard:
        utterance = each.utterance
        path, stamp = str(utterance.path), stamp_of(utterance.path)
        return Heard(_info(path, stamp), _silent(path, stamp, utterance.start, utterance.end))

    return on_each(hear, listed)


def check_times(listed: Sequence[Listed], heard: Sequence[Heard | AudioError], faults: Faults) -> None:
    """Note parts that start or end behind their file's end, and which unit their times seem to be in."""
    outside = []
    for each, found in zip(listed, heard, strict=True):
        end, start = each.utterance.end, each.utterance.start
        if isinstance(found, Heard) and (start >= found.info.duration or (end or 0.0) > found.info.duration + TOLERANCE):
            outside.append((each.place, start, end, found.info))
    remedy = f"correct start or end{_unit([(end or start, info) for _, start, end, info in outside])}"
    for place, start, end, info in outside:
        what = f"starts at {start:g} s" if start >= info.duration else f"ends at {end:g} s"
        faults.add("outside", place, f"it {what}, and its file has {info.duration:.3f} s", remedy)


def _unit(outside: Sequence[tuple[float, audio.Info]]) -> str:
    """A question after the unit in which all these times would lie inside of their files."""
    if all(time / 1000 <= info.duration + TOLERANCE for time, info in outside):
        return "; are they milliseconds? Write seconds"
    if all(time == round(time) and time / info.rate <= info.duration + TOLERANCE for time, info in outside):
        return "; are they samples? Write seconds: divide them by the rate"
    return ""


@lru_cache(_KEPT)
def _info(path: str, stamp: Stamp) -> audio.Info:  # noqa: ARG001 - the stamp makes another file of one that has changed
    return audio.info(path)


@lru_cache(_KEPT)
def beginning(path: str, stamp: Stamp) -> tuple[bytes, bool]:  # noqa: ARG001
    """A hash of a file's first samples as 16 bits, and whether one of them is above the threshold of silence."""
    made, loud = hashlib.blake2b(digest_size=8), False
    for chunk in audio.stream(path, end=_PEEK):
        loud = loud or bool(np.abs(chunk).max() >= SILENCE)
        made.update(np.rint(chunk * 32768.0).astype("<i4").tobytes())
    return made.digest(), loud


@lru_cache(_KEPT)
def _silent(path: str, stamp: Stamp, start: float, end: float | None) -> bool:
    """Whether no sample of a part is above the threshold. Most parts are told by their first samples."""
    if start >= _info(path, stamp).duration:
        return False
    first = start + _PEEK
    if end is not None and end <= first:
        return not _sounds(path, start, end)
    if beginning(path, stamp)[1] if start == 0 else _sounds(path, start, first):
        return False
    return not _sounds(path, start, end)


def _sounds(path: str, start: float, end: float | None) -> bool:
    return any(np.abs(chunk).max() >= SILENCE for chunk in audio.stream(path, start=start, end=end))


def _hint(path: Path) -> str:
    """Why a path may be wrong, as far as it tells."""
    text = str(path)
    if "\\" not in text:
        return f"{path.name} lies in the current folder: " if is_there(Path(path.name)) else ""
    forward = Path(text.replace("\\", "/"))
    if is_there(forward):
        return f"its paths are written with backslashes, and {forward} is there: write slashes; "
    drive = " and a drive" if PureWindowsPath(path.name).drive else ""
    return f"its paths are written as on Windows, with backslashes{drive}: write slashes; "


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
