"""Fetching an archive whose checksum is known: resumed where it was broken off, and never taken for whole before it is.

Tested against servers of its own making alone: where this was written no other one could be reached.
"""

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from serkit import files
from serkit.corpora._corpus import Archive
from serkit.errors import DownloadError

Progress = Callable[[int, int], None]
"""Told of the bytes that are here and of all."""

TRIES = 5
"""So often in a row a connection may break without a byte gained."""

MOVED = "see on the homepage whether it has moved"

_PAUSE = 1.0  # seconds before the second try, twice as many before each further one
_TIMEOUT = 30.0  # seconds without a byte
_BLOCK = 2**18  # bytes
_LATER = frozenset([408, 425, 429, 500, 502, 503, 504])
"""HTTP statuses that may pass."""


def fetch(archive: Archive, folder: Path, on_progress: Progress | None = None) -> Path:
    """The archive as a file in `folder`, its size and MD5 checked.

    What arrives is kept in `NAME.part` when this is stopped, and the next call asks for the rest (HTTP Range), on condition
    that the server still has the same file (If-Range, with its ETag or date); a server that cannot do that sends all of it.
    Proxies are those of the environment. Raises DownloadError when the server refuses, keeps breaking off, or sends something
    else, and when the disk is full.
    """
    whole = folder / archive.name
    part = folder / f"{archive.name}.part"
    if not whole.is_file():
        files.folder(folder)
        _receive(archive, part, on_progress or (lambda _done, _total: None))
        _verify(archive, part)
        part.replace(whole)
        _validator(part).unlink(missing_ok=True)
    else:
        _verify(archive, whole)
    return whole


def held(archive: Archive, folder: Path) -> int:
    """Bytes of the archive that `folder` has already."""
    places = (folder / archive.name, folder / f"{archive.name}.part")
    return next((place.stat().st_size for place in places if place.is_file()), 0)


def _receive(archive: Archive, part: Path, tell: Progress) -> None:
    """Ask for what is lacking until nothing is."""
    failures, most = 0, _size(part)
    while _size(part) < archive.size:
        try:
            _ask(archive, part, tell)
            reason = "the server broke off"
        except urllib.error.HTTPError as error:
            reason = f"the server answers {error.code} {error.reason}"
            error.close()
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                _forget(part)
                raise DownloadError(f"{archive.url}: ends before the published file does; {MOVED}") from None
            if error.code not in _LATER:
                raise DownloadError(f"{archive.url}: {reason}; {MOVED}") from None
        except (OSError, http.client.HTTPException) as error:
            reason = str(getattr(error, "reason", None) or error) or type(error).__name__
        failures = 0 if _size(part) > most else failures + 1
        most = max(most, _size(part))
        if failures == TRIES:
            raise DownloadError(f"{archive.url}: {reason}, {TRIES} times; {_again(part)}")
        if failures:
            time.sleep(_PAUSE * 2 ** (failures - 1))


def _ask(archive: Archive, part: Path, tell: Progress) -> None:
    """One request, and all that it brings."""
    headers = {"Accept-Encoding": "identity", "User-Agent": "serkit"}
    known = _validator(part)
    if (begin := _size(part)) and known.is_file():
        headers |= {"Range": f"bytes={begin}-", "If-Range": known.read_text(encoding="utf-8")}
    with urllib.request.urlopen(urllib.request.Request(archive.url, headers=headers), timeout=_TIMEOUT) as answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:  # a server without ranges, or of another file: all over again
            _forget(part)
            _remember(part, answer.headers)
        elif not (answer.headers["Content-Range"] or "").startswith(f"bytes {begin}-"):
            _forget(part)
            return
        _append(archive, part, answer, tell)


def _append(archive: Archive, part: Path, answer: http.client.HTTPResponse, tell: Progress) -> None:
    """Write what arrives, up to one byte more than there should be, so that too much is told from enough."""
    # Without a buffer, whose rest a full disk would refuse once more when the file is closed.
    with _writing(part).open("ab", buffering=0) as file:
        while block := answer.read1(min(_BLOCK, archive.size + 1 - file.tell())):
            rest = memoryview(block)
            try:
                while rest:
                    rest = rest[file.write(rest) :]
            except OSError as error:
                raise DownloadError(f"{part}: {error.strerror}; make room: {_again(part)}") from None
            tell(file.tell(), archive.size)


def _writing(part: Path) -> Path:
    """The file itself, so that one that cannot be written is told apart from a connection that breaks."""
    try:
        part.touch()
    except OSError as error:
        raise DownloadError(f"{part}: {error.strerror}; choose a place that may be written to") from None
    return part


def _remember(part: Path, headers: http.client.HTTPMessage) -> None:
    """Keep what tells this file from a later one: its ETag, unless that is a weak one, or its date."""
    etag = headers["ETag"]
    mark = etag if etag and not etag.startswith("W/") else headers["Last-Modified"]
    if mark and headers["Accept-Ranges"] != "none":
        files.write(_validator(part), mark)


def _verify(archive: Archive, path: Path) -> None:
    """Refuse, and remove, what is not the published file."""
    size = _size(path)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if size != archive.size or found != archive.md5:
        _forget(path)
        raise DownloadError(
            f"{archive.url}: what arrived is not the published file ({size} bytes, MD5 {found}; published are {archive.size} "
            f"bytes, MD5 {archive.md5}) and was removed; run the same command again, and see the homepage if that does not help"
        )


def _validator(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _validator(part).unlink(missing_ok=True)


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _again(part: Path) -> str:
    return f"run the same command again, which goes on from the {_size(part):,} bytes that are here"
