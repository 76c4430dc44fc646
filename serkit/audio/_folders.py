"""Finding recordings below a folder, and naming those that are there and cannot be read."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from serkit.audio._heads import HEAD, check_head, convert, kind
from serkit.errors import AudioError, AudioNotFound, NotAudio

# fmt: off
EXTENSIONS = frozenset([
    ".aif", ".aifc", ".aiff", ".au", ".bwf", ".caf", ".flac", ".mp1", ".mp2", ".mp3", ".nist", ".oga", ".ogg", ".opus",
    ".rf64", ".snd", ".sph", ".voc", ".w64", ".wav", ".wave",
])
"""Endings, in lower case, of the files that `find` takes for audio."""

UNREAD = frozenset([
    ".3g2", ".3ga", ".3gp", ".8svx", ".aa", ".aac", ".aax", ".ac3", ".act", ".adts", ".amr", ".ape", ".asf", ".avi", ".avr",
    ".awb", ".dff", ".ds2", ".dsf", ".dss", ".dts", ".dvf", ".eac3", ".f4v", ".flv", ".gsm", ".m2ts", ".m4a", ".m4b",
    ".m4p", ".m4r", ".m4v", ".mka", ".mkv", ".mov", ".mp4", ".mpa", ".mpc", ".mpeg", ".mpg", ".msv", ".mts", ".mxf", ".ogv",
    ".ogx", ".paf", ".pcm", ".pvf", ".qt", ".ra", ".rm", ".rmvb", ".sd2", ".sds", ".shn", ".silk", ".spx", ".tak", ".thd",
    ".tta", ".vob", ".vox", ".weba", ".webm", ".wma", ".wmv", ".wv", ".xa",
])
"""Endings, in lower case, of sound and film that libsndfile does not read."""
# fmt: on


@dataclass(frozen=True, slots=True)
class Found:
    """The `recordings` below a folder, and the files there that are sound or film but cannot be read; both sorted."""

    recordings: list[Path]
    unread: list[Path]


def find(folder: Path) -> Found:
    """Every audio file below `folder`, told by its ending in any case.

    A file with the ending of sound or film that libsndfile does not read is a recording if its first bytes are those of audio
    all the same, else it is unread; `unread` says why. Names that start with a dot (such as macOS's `._x.wav`) are skipped,
    and so are pipes, sockets and devices, whose reading may never end; links to folders are not followed. Raises
    AudioNotFound when `folder`, or a folder below it, is not there or may not be read.
    """

    def refuse(error: OSError) -> NoReturn:
        raise AudioNotFound(error.filename, f"cannot be listed ({error.strerror}); name a folder that may be read")

    endings = (*EXTENSIONS, *UNREAD)
    found = Found([], [])
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(place, name) for name in names if name.lower().endswith(endings) and not name.startswith(".")):
            if not _may_never_end(path):
                read = path.suffix.lower() in EXTENSIONS or kind(_head(path)).use == "read"
                (found.recordings if read else found.unread).append(path)
    return Found(sorted(found.recordings), sorted(found.unread))


def unread(path: Path) -> AudioError:
    """Why a file of `Found.unread` cannot be read, and the command that converts it."""
    if path.suffix.lower() == ".pcm":
        line = convert(str(path)).replace("ffmpeg -i", "ffmpeg -f s16le -ar 16000 -ac 1 -i")
        return NotAudio(path, f"samples without a header; {line} (for 16-bit samples, mono, at 16 kHz)")
    if head := _head(path):
        try:
            check_head(str(path), head)
        except AudioError as error:
            return error
    return NotAudio(path, f"a kind of file that libsndfile does not read; {convert(str(path))}")


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _may_never_end(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False  # reading it tells why
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
