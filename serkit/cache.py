"""Features kept on the disk: one file an entry, named by the hash of all that it depends on.

Entries are written by any number of processes at once, each file whole or not at all. A file carries a checksum of its values,
which is looked at before they are used: what a power cut, a full disk or a stranger left is computed again.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from serkit import files

Floats = npt.NDArray[np.float32]
FORMAT = 1
"""Raised whenever entries are laid out in another way."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Frames of several items, one after the other: `values` (frames of all, dim), `counts` the frames of each."""

    values: Floats
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or sum(self.counts) != len(self.values):
            raise ValueError(f"{self.values.shape} values are not {self.counts} frames")

    def item(self, number: int) -> Floats:
        """The frames of one item: (frames, dim)."""
        first = sum(self.counts[:number])
        return self.values[first : first + self.counts[number]]


def key(about: Mapping[str, Any]) -> str:
    """The name of an entry: SHA-256 over plain values, whatever their order."""
    text = json.dumps({"format": FORMAT, **about}, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


class Cache:
    """A folder of entries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where the entry of that name lies."""
        return self.folder / name[:2] / f"{name}.safetensors"

    def read(self, name: str) -> Entry | None:
        """The entry of that name; None where there is none or it is damaged."""
        if not self.path(name).is_file():  # a pipe would be waited for
            return None
        try:
            with safetensors.safe_open(self.path(name), "np") as stream:
                told = stream.metadata() or {}
                values: Floats = stream.get_tensor("values")
            entry = Entry(values, tuple(json.loads(told["counts"])))
            return entry if told["crc32"] == _checksum(entry) else None
        except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError, RecursionError):
            return None

    def item(self, name: str, counts: Sequence[int], number: int) -> Floats | None:
        """The frames of one item of an entry that was read before, out of the mapped file; None where it is gone."""
        first = sum(counts[:number])
        if not self.path(name).is_file():
            return None
        try:
            with safetensors.safe_open(self.path(name), "np") as stream:
                found: Floats = stream.get_slice("values")[first : first + counts[number]]
            return found
        except (OSError, safetensors.SafetensorError):
            return None

    def write(self, name: str, entry: Entry, about: Mapping[str, Any]) -> None:
        """Keep an entry. `about` says for a reader what it is of.

        The folder is made where its own is there. Raises OutputError where that is not so or something is in the way, and
        OSError where the disk does not take it.
        """
        values = np.ascontiguousarray(entry.values, np.float32)
        kept = Entry(values, entry.counts)
        told = {"counts": json.dumps(entry.counts), "crc32": _checksum(kept), "about": json.dumps(about)}
        # Not synced to the disk: that would take longer than most front-ends, and the checksum tells what was lost.
        path = self.path(name)
        files.folder(files.folder(self.folder) / path.parent.name)
        files.write(path, safetensors.numpy.save({"values": values}, told), durable=False)

    def about(self) -> Iterator[tuple[Path, dict[str, Any], int]]:
        """Every readable entry: its file, what it is of, its size in bytes."""
        for path in sorted(self.folder.glob("??/*.safetensors")):
            if not path.is_file():
                continue
            try:
                with safetensors.safe_open(path, "np") as stream:
                    told = json.loads(stream.metadata()["about"])
                if isinstance(told, dict):
                    yield path, told, path.stat().st_size
            except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError, RecursionError):
                continue  # a file that is no entry is not counted as one; `read` will not trust it either


def _checksum(entry: Entry) -> str:
    return f"{zlib.crc32(entry.values.tobytes(), zlib.crc32(repr((entry.counts, entry.values.shape)).encode())):08x}"
