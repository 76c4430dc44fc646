"""Strange names, and what is no plain file: links, pipes, devices, folders, standard input."""

import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from mutations.containers import BY_NAME, clip
from mutations.mutation import Rng
from mutations.odd import Odd, written
from mutations.strangers import CONTENTS

WAV = BY_NAME["wav"]

NAMES = (
    "two\nlines.wav",
    "[red]brackets[/red].wav",
    b"no \xff\xfe UTF-8.wav",
    "quotes ' \" and `.wav",
    "\x1b[31mred.wav",
    "-x.wav",
    "long " + "x" * 240 + ".wav",
    "$(id); & | * ? .wav",
    "tab\tand return\r.wav",
    "emoji 😡.wav",
    "right \u202eto left.wav",
    "back\\slash.wav",
    " .wav",
    "%s %n {0}.wav",
    b"\xc3\x28.flac.wav",
    "100 % #fragment?.wav",
    "ＷＩＤＥ.WAV",
    "combining e\u0301.wav",
    ".hidden.wav",
    "[/].wav",
)


def names() -> list[Odd]:
    return [Odd(f"name {name!r}", partial(_named, name, WAV.write(clip(), 16000))) for name in NAMES] + [
        Odd(f"broken, under the name {name!r}", partial(_named, name, b"no audio")) for name in NAMES[:6]
    ]


def _named(name: str | bytes, data: bytes, folder: Path, _: Rng) -> str:
    path = folder / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)  # a name with a slash is one in a folder
    path.write_bytes(data)
    return str(path)


def files() -> list[Odd]:
    """Links, pipes, devices, folders, and what is not there."""
    good = WAV.write(clip(), 16000)
    foreign = {"a.m4a": CONTENTS["m4a"], "b.amr": CONTENTS["amr"], "c.webm": CONTENTS["webm"], "d.wma": CONTENTS["wma"]}

    def made(name: str, do: Callable[[Path], object], given: str = "clip.wav") -> Odd:
        def make(folder: Path, _: Rng) -> str:
            do(folder)
            return os.path.join(folder, given)  # noqa: PTH118 - a path's own ways to end are wanted

        return Odd(name, make)

    def folder_of(contents: dict[str, bytes]) -> Callable[[Path], object]:
        return lambda folder: [_named(name, data, folder, np.random.default_rng(0)) for name, data in contents.items()]

    return [
        made("a pipe without a writer", lambda folder: os.mkfifo(folder / "clip.wav")),
        made("a folder of m4a, amr, webm and wma", folder_of(foreign), ""),
        made("a link to nothing", lambda folder: (folder / "clip.wav").symlink_to("nowhere.wav")),
        made("m4a, amr, webm and wma beside a wav", folder_of(foreign | {"e.wav": good}), ""),
        made(
            "links in a circle", lambda folder: [(folder / a).symlink_to(b) for a, b in (("clip.wav", "b"), ("b", "clip.wav"))]
        ),
        made("a socket", lambda folder: _socket(folder / "clip.wav")),
        Odd("/dev/urandom through standard input", lambda *_: "/dev/urandom", piped=True),
        Odd("/dev/zero", lambda *_: "/dev/zero"),
        Odd("/dev/urandom", lambda *_: "/dev/urandom"),
        Odd("/dev/null", lambda *_: "/dev/null"),
        Odd("/dev/zero through standard input", lambda *_: "/dev/zero", piped=True),
        Odd("/dev/full", lambda *_: "/dev/full"),
        made("an empty folder", lambda _: None, ""),
        made("a folder called clip.wav", lambda folder: (folder / "clip.wav").mkdir()),
        made("a link to a folder", lambda folder: (folder / "clip.wav").symlink_to(folder)),
        made(
            "a link to a recording",
            lambda folder: [folder_of({"a.wav": good})(folder), (folder / "clip.wav").symlink_to("a.wav")],
        ),
        made("a chain of 60 links", lambda folder: [(folder / f"{n}").symlink_to(f"{n + 1}") for n in range(60)], "0"),
        made("a recording's name with a slash after it", folder_of({"clip.wav": good}), "clip.wav/"),
        made(
            "a pipe without a writer in a folder",
            lambda folder: [os.mkfifo(folder / "a.wav"), folder_of({"b.wav": good})(folder)],
            "",
        ),
        made(
            "a folder that links to itself",
            lambda folder: [folder_of({"b.wav": good})(folder), (folder / "c").symlink_to(folder)],
            "",
        ),
        made("a folder of one good and one damaged", folder_of({"a.wav": good, "b.wav": good[:5000]}), ""),
        made("no such file", lambda _: None),
        made("a path that is too long", lambda _: None, "x" * 300 + ".wav"),
        made("a path far too long", lambda _: None, "x/" * 3000 + ".wav"),
        Odd("an empty path", lambda *_: ""),
        made("a nameless folder of 1000 folders", lambda folder: [(folder / f"{n}").mkdir() for n in range(1000)], ""),
        written("a wav through standard input", lambda _: good, piped=True),
        written("nothing through standard input", lambda _: b"", piped=True),
        written("a wav of data size 0xFFFFFFFF through standard input", lambda _: _unwritten(good, 2**32 - 1), piped=True),
        written("a wav of data size 0 through standard input", lambda _: _unwritten(good, 0), piped=True),
        written("a wav of data size 0xFFFFFFFF", lambda _: _unwritten(good, 2**32 - 1)),
        written("a wav of data size 0", lambda _: _unwritten(good, 0)),
        Odd("/proc/cpuinfo", lambda *_: "/proc/cpuinfo"),
        Odd("/proc/self/mem", lambda *_: "/proc/self/mem"),
        Odd("/proc/self/fd", lambda *_: "/proc/self/fd"),
    ]


def _unwritten(data: bytes, size: int) -> bytes:
    """A wav as a program writes it to a pipe: sizes that were never put right."""
    return data[:4] + b"\xff\xff\xff\xff" + data[8:40] + size.to_bytes(4, "little") + data[44:]


def _socket(path: Path) -> None:
    """Bound by a short name: sockets allow no long ones."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)
