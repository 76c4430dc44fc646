"""Fixed groups of speakers: the TOML files of `folds/`, one `name = [speakers]` a group under `[groups]`."""

import tomllib
from difflib import get_close_matches
from importlib import resources

from serkit.errors import ProtocolError

SUFFIX = ".toml"


def known_groups() -> list[str]:
    """The names of the files, without suffix."""
    files = resources.files("serkit.protocols").joinpath("folds").iterdir()
    return sorted(file.name.removesuffix(SUFFIX) for file in files if file.name.endswith(SUFFIX))


def read_groups(name: str) -> dict[str, tuple[str, ...]]:
    """The speakers of each group, in the order of the file.

    >>> read_groups("ravdess_6")["1"]
    ('01', '02', '03', '04')

    Raises ProtocolError where no file has that name.
    """
    known = known_groups()
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}"
        raise ProtocolError(f"no speaker groups '{name}'; {hint}")
    text = resources.files("serkit.protocols").joinpath("folds", name + SUFFIX).read_text("utf-8")
    groups: dict[str, list[str]] = tomllib.loads(text)["groups"]
    return {group: tuple(members) for group, members in groups.items()}
