"""Checksums of what a Run says, kept beside it in the format of `sha256sum`, so that an edited file is known for one.

A file is noted before it is replaced, beside the checksum that it has: whatever is interrupted, one of the two fits.
"""

import hashlib
from pathlib import Path

from serkit import files

NAME = "SHA256SUMS"

_GAP = "  "  # between checksum and name


def write(path: Path, content: str | bytes) -> None:
    """Write a file of a Run, whole or not at all, and its checksum."""
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    noted = _read(path.parent)
    new = hashlib.sha256(data).hexdigest()
    if path.is_file():
        _keep(path.parent, noted | {path.name: {*_fitting(path, noted), new}})
    else:
        _keep(path.parent, noted | {path.name: {new}})
    files.write(path, data)


def note(path: Path) -> None:
    """Keep the checksum of a file that was written otherwise."""
    _keep(path.parent, _read(path.parent) | {path.name: {files.sha256(path)}})


def edited(folder: Path) -> tuple[str, ...]:
    """The files of a folder, and of the folders of its trainings, that are not as they were written.

    One that is gone is none of them: nothing false is read from it.
    """
    found = []
    for place in (folder, *sorted((folder / "folds").glob("*/"))):
        for name, sums in _read(place).items():
            path = place / name
            if path.is_file() and files.sha256(path) not in sums:
                found.append(path.relative_to(folder).as_posix())
    return tuple(found)


def _fitting(path: Path, noted: dict[str, set[str]]) -> set[str]:
    """The checksum of a file as it is, if it was noted."""
    return {files.sha256(path)} & noted.get(path.name, set())


def _read(folder: Path) -> dict[str, set[str]]:
    """The checksums that are noted for each file; a line that is none fits nothing."""
    try:
        text = (folder / NAME).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return {}
    noted: dict[str, set[str]] = {}
    for line in text.splitlines():
        checksum, _, name = line.partition(_GAP)
        noted.setdefault(name or NAME, set()).add(checksum)
    return noted


def _keep(folder: Path, noted: dict[str, set[str]]) -> None:
    lines = [f"{checksum}{_GAP}{name}\n" for name, sums in sorted(noted.items()) for checksum in sorted(sums)]
    files.write(folder / NAME, "".join(lines))
