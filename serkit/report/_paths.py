"""Pages and tables are passed on: what they say of places is relative to the working folder, or their last part."""

import ntpath
import posixpath
import re
import shlex
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

_ROOTED = r"(?:~?/|[A-Za-z]:[\\/]|\\\\)"
_QUOTED = re.compile(rf"""(?P<quote>["'])(?P<name>(?:[\w.-]+=)*)(?P<path>{_ROOTED}[^"'\n]+)(?P=quote)""")
_BARE = re.compile(rf"""(?<![\w.~/\\:"'-]){_ROOTED}[^\s"',;()\[\]{{}}]+""")


def shortened(text: str) -> str:
    """The text with every absolute path in it shortened; addresses of the web and all else stay.

    >>> shortened("serkit train --corpus emodb=/home/me/corpora/emodb --out '/home/me/my runs/one'")
    "serkit train --corpus emodb=.../emodb --out '.../one'"
    """
    text = _QUOTED.sub(lambda found: f"{found['quote']}{found['name']}{short(found['path'])}{found['quote']}", text)
    return _BARE.sub(lambda found: short(found[0]), text)


def short(path: str) -> str:
    """One absolute path relative to the working folder where it lies below that, else by its last part.

    A name right below the root says nothing about its owner and stays.
    """
    here = Path.cwd()
    if here != Path(here.anchor) and Path(path).is_relative_to(here):
        return Path(path).relative_to(here).as_posix()
    parts = PureWindowsPath(path).parts  # takes both kinds of slashes
    return path if len(parts) < 3 else f".../{parts[-1]}"


def command(line: str) -> str:
    """A command line with its paths shortened, as a shell takes it.

    >>> command("serkit train own --corpus '/home/me/my table.csv'")
    "serkit train own --corpus '.../my table.csv'"
    """
    try:
        words = shlex.split(line)
    except ValueError:  # no command line after all
        return shortened(line)
    told = [_word(word) for word in words]
    return line if told == words else shlex.join(told)


def _word(word: str) -> str:
    """One word of a command line: a path, NAME=PATH, or anything with a path in it."""
    name, equals, rest = word.rpartition("=")
    if re.match(_ROOTED, rest):
        return f"{name}{equals}{short(rest)}"
    return shortened(word)


def relative(names: Sequence[str], *, every: bool = False) -> list[str]:
    """Names of utterances, which may be paths: absolute ones without the folder that all of these share.

    With `every` relative ones lose theirs too, so that the same recordings are known again however much was left out before.

    >>> relative(["/home/me/clips/a/1.wav", "/home/me/clips/b/1.wav#0-2"])
    ['a/1.wav', 'b/1.wav#0-2']
    """
    chosen = [bool(every or re.match(_ROOTED, name)) for name in names]
    paths = [name for name, taken in zip(names, chosen, strict=True) if taken]
    kind = ntpath if any(re.match(r"[A-Za-z]:|\\\\", name) for name in paths) else posixpath
    try:
        shared = kind.commonpath([kind.dirname(name) for name in paths])
    except ValueError:  # none at all, or on several drives
        return list(names)
    return [name[len(shared) :].lstrip("\\/") if taken else name for name, taken in zip(names, chosen, strict=True)]
