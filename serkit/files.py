"""Files appear whole or not at all: temporary file, fsync, rename."""

import errno
import hashlib
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from serkit.errors import OutputError

KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)
"""What is no plain file, and what it is called."""


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """A temporary path beside `path`; when the block ends well, what was written there takes the name `path` in one step.

    When the block raises, the temporary file goes and `path` is as it was. The data is on the disk before the name is
    (fsync), so that a power cut leaves the old file or the new one. Without `durable` that is left out: milliseconds a file,
    for files that can be made again and carry a checksum.

    A symbolic link stays, and what it leads to is replaced. A file that is replaced keeps its permissions. No folder is made.
    Raises OutputError as `target` does.
    """
    place = target(path)
    before = place.stat() if place.exists() else None
    # Cut short, so that a name as long as the file system allows has room for what is put around it.
    temporary = place.with_name(f".{place.name[:40]}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        if durable:
            with temporary.open("rb+") as stream:
                os.fsync(stream.fileno())
        if before:
            _as_before(temporary, before)
        temporary.replace(place)
    except OSError as error:
        error.filename = error.filename or str(path)  # a disk that is full does not say whose write it refuses
        raise
    finally:
        temporary.unlink(missing_ok=True)
    if durable:
        _sync_folder(place.parent)


def write(path: Path, content: str | bytes, *, durable: bool = True) -> None:
    """Write `content` to `path`, whole or not at all; see `replacing`.

    Text becomes UTF-8, in which the name of a file that is none keeps its bytes (`surrogateescape`).
    """
    try:
        data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        raise OutputError(f"{path}: {error.object[error.start]!a} is half a character, which no file can hold") from None
    with replacing(path, durable=durable) as temporary:
        temporary.write_bytes(data)


def target(path: Path) -> Path:
    """The file that writing to `path` makes or replaces: `path`, or where its symbolic links lead.

    Raises OutputError for what is no plain file, for links in a circle, where the folder is not there, and for the file that
    this process prints to. To be called before long work whose end is a file.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        place = _led_to(path)
        if not place.parent.is_dir():
            raise OutputError(f"{place}: there is no folder {place.parent}; make it first, or choose another place") from None
        return place
    except NotADirectoryError:
        raise OutputError(f"{path}: {path.parent} is no folder; choose another place") from None
    except ValueError as error:
        raise OutputError(f"{str(path)!r}: no file can be called so ({error})") from None
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise OutputError(f"{path}: its symbolic links lead in a circle; choose another place") from None
    for is_so, kind in KINDS:
        if is_so(found.st_mode):
            raise OutputError(f"{path}: {kind}, and only a plain file can be written whole; choose another place")
    if any(_same(descriptor, found) for descriptor in (1, 2)):
        raise OutputError(f"{path}: what is printed goes there already; choose another place")
    return _led_to(path)


def folder(path: Path) -> Path:
    """The folder `path`, which is made where it is not there; the one that it lies in is not, and must be there.

    Raises OutputError where that is not so, or where something else has the name.
    """
    if path.is_dir():
        return path
    if path.exists() or path.is_symlink():
        raise OutputError(f"{path}: a file of that name is in the way; choose another place")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent} to make it in; make that first, or choose another place")
    path.mkdir(exist_ok=True)
    return path


def user_cache() -> Path:
    """The folder for what can be made again: `$SERKIT_CACHE`, or serkit's own where the system keeps such files."""
    if given := os.environ.get("SERKIT_CACHE"):
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "serkit"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "serkit" / "Cache"
    # The XDG Base Directory Specification: a path that is not absolute is to be ignored.
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "serkit"


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make a rename itself durable; file systems without that notion are left alone."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system syncs a folder; the file's own data is safe either way
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _led_to(path: Path) -> Path:
    """Where the symbolic links of a path lead; a path that is none stays as it was written."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _as_before(path: Path, before: os.stat_result) -> None:
    """Give a new file the permissions of the one that it replaces, and its owner where that is allowed."""
    if os.name == "posix" and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(OSError):
            os.chown(path, before.st_uid, before.st_gid)
    path.chmod(stat.S_IMODE(before.st_mode) & 0o777)


def _same(descriptor: int, found: os.stat_result) -> bool:
    """Whether an open descriptor is of that file."""
    try:
        return os.path.samestat(os.fstat(descriptor), found)
    except OSError:
        return False
