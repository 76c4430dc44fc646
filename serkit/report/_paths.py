"""Pages and tables are passed on: what they say of places is relative to the working folder, or their last part."""

import re
import shlex
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
