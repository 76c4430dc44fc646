"""How long every utterance of a copy is, read from the headers once and kept in the user's cache folder."""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from serkit import audio, files
from serkit.audio import Info
from serkit.corpora._corpus import Corpus
from serkit.corpora._threads import Progress, on_each
from serkit.errors import AudioError
from serkit.types import Utterance

FORMAT = 1
"""Raised whenever kept headers are laid out in another way."""

State = tuple[int, int]
"""Bytes of a file, and when it was changed in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An utterance, its `duration` in seconds, and the `rate` (Hz) and number of `channels` of its file."""

    utterance: Utterance
    duration: float
    rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Index:
    """The utterances of a copy, sorted by id; `unreadable` maps ids to what is wrong with their headers."""

    entries: tuple[Entry, ...]
    unreadable: Mapping[str, str]


def index(corpus: Corpus, root: Path, on_progress: Progress | None = None) -> Index:
    """Every utterance below `root` with what its header says; an incomplete copy as far as it goes.

    Headers of files whose size and time of change are still those of the last time come from `files.user_cache()`; the others
    are read, and `on_progress` is told how many of how many. Raises as `corpus.inventory` does.
    """
    utterances = corpus.inventory(root).utterances
    # Several utterances may be parts of one file. Path.relative_to would take as long as all the rest.
    paths = {str(each.path).removeprefix(f"{root}{os.sep}"): each.path for each in utterances}
    states = {name: _state(path) for name, path in paths.items()}
    kept_in = _place(corpus, root)
    headers: dict[str, Info | AudioError] = {
        name: info for name, (state, info) in _load(kept_in).items() if states.get(name) == state
    }
    if fresh := [name for name in paths if name not in headers]:
        headers.update(zip(fresh, on_each(audio.info, [paths[name] for name in fresh], on_progress), strict=True))
        _keep(kept_in, {name: (states[name], info) for name, info in headers.items() if isinstance(info, Info)})
    by_path = {paths[name]: header for name, header in headers.items()}
    entries, unreadable = [], {}
    for utterance in utterances:
        header = by_path[utterance.path]
        if isinstance(header, AudioError):
            unreadable[utterance.id] = header.reason
        else:
            entries.append(_entry(utterance, header))
    return Index(tuple(entries), unreadable)


def _entry(utterance: Utterance, header: Info) -> Entry:
    end = header.duration if utterance.end is None else min(utterance.end, header.duration)
    return Entry(utterance, max(0.0, end - utterance.start), header.rate, header.channels)


def _state(path: Path) -> State:
    """(0, 0) for a file that has gone: reading it tells that."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _place(corpus: Corpus, root: Path) -> Path:
    """The file that keeps the headers of this copy."""
    copy = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()
    return files.user_cache() / "corpora" / f"{corpus.name}-{copy[:16]}.json"


def _keep(place: Path, headers: Mapping[str, tuple[State, Info]]) -> None:
    """Write headers down, with a checksum. A folder that cannot be written to is no reason to fail: they are read again."""
    rows = {name: [*state, *asdict(info).values()] for name, (state, info) in headers.items()}
    with suppress(OSError):
        files.write(place, json.dumps({"format": FORMAT, "check": _checksum(rows), "rows": rows}), durable=False)


def _load(place: Path) -> dict[str, tuple[State, Info]]:
    """The headers that were written down; empty where there are none or they are damaged."""
    try:
        kept = json.loads(place.read_bytes())
        if kept["format"] != FORMAT or kept["check"] != _checksum(kept["rows"]):
            return {}
        return {name: ((row[0], row[1]), Info(*row[2:])) for name, row in kept["rows"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _checksum(rows: Any) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
