"""Arguments that several commands take."""

from pathlib import Path

from serkit.errors import UsageError


def named_corpus(given: str) -> tuple[str, Path | None]:
    """NAME or NAME=ROOT.

    >>> named_corpus("emodb")
    ('emodb', None)
    """
    name, equals, root = given.partition("=")
    if equals and not root:
        raise UsageError(f"--corpus {given}: write it as NAME=ROOT, or NAME alone to have its folder looked up")
    return name, Path(root).expanduser() if root else None
