"""Telling which folder was meant, where the one that was given lies too high or too low."""

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from serkit import audio
from serkit.audio import EXTENSIONS

ABOVE, BELOW = 2, 3
"""So many folders up and down a better root is looked for."""

_MOST_FOLDERS, _MOST_FILES = 2_000, 20_000  # a wrong root may be a whole disk: looking must end soon


def holder(root: Path, landmarks: Sequence[str]) -> Path | None:
    """The nearest folder below `root`, else above it, in which one of `landmarks` lies."""
    around = (*islice(_folders(root), _MOST_FOLDERS), *root.absolute().parents[: ABOVE + 1])
    # os.path, since Path.exists raises where a folder may not be looked into.
    return next((folder for folder in around if any(os.path.exists(folder / each) for each in landmarks)), None)  # noqa: PTH110


def recordings(root: Path) -> tuple[Sequence[Path], Sequence[Path]]:
    """The recordings below a folder, and those that are there in a format that is not read. Raises as `audio.find` does."""
    found = audio.find(root)
    return found.recordings, found.unread


def some_audio(folder: Path) -> Iterator[Path]:
    """Audio files below a folder, told by their endings, as far as they may be listed and up to some thousands."""
    seen = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        seen += len(names) + 1
        if seen > _MOST_FILES:
            return
        yield from (Path(place, name) for name in names if not name.startswith(".") and _ending(name) in EXTENSIONS)


def alone_in(root: Path, copies: Iterable[tuple[str, Path]], others: Sequence[Path]) -> Path | None:
    """The uppermost folder below `root` that holds one file of every id among `copies`, and none of `others`."""
    ids: set[str] = set()
    held: dict[Path, Counter[str]] = {}
    for name, path in copies:
        ids.add(name)
        for folder in _between(root, path):
            held.setdefault(folder, Counter())[name] += 1
    mixed = {folder for path in others for folder in _between(root, path)}
    fit = [folder for folder, own in held.items() if folder not in mixed and len(own) == own.total() == len(ids)]
    return min(fit, key=lambda folder: (len(folder.parts), folder), default=None)


def _folders(root: Path) -> Iterator[Path]:
    """The folders below `root`, nearest first, as far as they may be listed."""
    waiting = deque([(root, 0)])
    while waiting:
        folder, depth = waiting.popleft()
        try:
            with os.scandir(folder) as entries:
                names = sorted(each.name for each in entries if each.is_dir(follow_symlinks=False) and each.name[0] != ".")
        except OSError:
            continue
        for name in names:
            yield folder / name
            if depth + 1 < BELOW:
                waiting.append((folder / name, depth + 1))


def _between(root: Path, path: Path) -> Iterator[Path]:
    """The folders that hold `path` and lie below `root`."""
    for folder in path.parents:
        if folder == root:
            return
        yield folder


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - a Path a name would take longer than the walk
