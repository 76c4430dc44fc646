"""Noisy copies of utterances, where a protocol treats them as utterances of their own."""

from collections.abc import Iterable, Set
from dataclasses import replace

from serkit.types import Utterance


def with_copies(utterances: Iterable[Utterance], copies: int) -> list[Utterance]:
    """Each utterance and its noisy copies, as utterances of their own: "03a01Fa", "03a01Fa~1", "03a01Fa~2" and so on."""
    given = list(utterances)
    ids = {each.id for each in given}
    return [
        each if number == 0 else replace(each, id=f"{each.id}~{number}", noise=number, copy_of=_original(each, ids))
        for each in given
        for number in range(copies + 1)
    ]


def _original(utterance: Utterance, ids: Set[str]) -> str:
    """The id of the utterance that its copies stay with: that of which it is a copy itself, if that one is there."""
    return utterance.copy_of if utterance.copy_of is not None and utterance.copy_of in ids else utterance.id


def without_copy(name: str) -> str:
    """The id of the utterance behind a noisy copy's id; any other id as it is.

    >>> without_copy("03a01Fa~2"), without_copy("03a01Fa")
    ('03a01Fa', '03a01Fa')
    """
    return name.partition("~")[0]
