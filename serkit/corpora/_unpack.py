"""Unpacking an archive that may be anything: nothing outside the target, no links, no bombs, and whole or not at all."""

import re
import secrets
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serkit.errors import DownloadError

SWELL = 20
"""So many times its size an archive may hold; those of recordings hold up to four times."""

MOST_FILES = 200_000

_ENCRYPTED = 0x1  # general purpose bit flag 0 of the ZIP format (APPNOTE 4.4.4)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a ZIP into `folder`, which is there already.

    Raises DownloadError, before anything is written, for an archive that is no ZIP, or one of whose names is absolute, leads
    outside, stands twice, or is of anything but a file or folder, or which holds more than `SWELL` times its size; and for
    content that is damaged.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            _check(archive, entries)
            for entry in entries:
                opened.extract(entry, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DownloadError(f"{archive}: no sound ZIP archive ({error}); remove it and download it again") from None


def unpacked_size(archive: Path) -> int:
    """The bytes of all files that a ZIP announces. Raises DownloadError for what is no ZIP."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return sum(entry.file_size for entry in opened.infolist())
    except zipfile.BadZipFile as error:
        raise DownloadError(f"{archive}: no sound ZIP archive ({error}); remove it and download it again") from None


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """A new folder beside `target`; when the block ends well it takes the name `target`, otherwise it goes.

    `target` must not be there, or be an empty folder.
    """
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    beside.mkdir(parents=True)
    try:
        yield beside
        beside.replace(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _check(archive: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive with any entry that should not be in one of recordings."""
    size = sum(entry.file_size for entry in entries)
    if size > SWELL * archive.stat().st_size or len(entries) > MOST_FILES:
        raise DownloadError(
            f"{archive}: {len(entries)} files of {size:,} bytes are more than such an archive can hold; not unpacked"
        )
    seen: set[str] = set()
    for entry in entries:
        # A file system without case would write the one over the other.
        if fault := _fault(entry) or ("a name that stands twice" if _folded(entry) in seen else None):
            raise DownloadError(f"{archive}: {entry.filename!a} is {fault}; not unpacked")
        seen.add(_folded(entry))


def _fault(entry: zipfile.ZipInfo) -> str | None:
    """What is wrong with an entry, if anything."""
    # The name as it stands in the archive: zipfile tidies its own copy up.
    name, kind = entry.orig_filename, stat.S_IFMT(entry.external_attr >> 16)
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return "an absolute name"
    if not name or "\0" in name or "\\" in name:
        return "no name of a file"
    if ".." in name.split("/"):
        return "a name that leads outside"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link" if kind == stat.S_IFLNK else "neither file nor folder"
    return "encrypted" if entry.flag_bits & _ENCRYPTED else None


def _folded(entry: zipfile.ZipInfo) -> str:
    return entry.filename.rstrip("/").casefold()
