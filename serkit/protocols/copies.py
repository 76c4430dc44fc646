"""Noisy copies of utterances, where a protocol treats them as utterances of their own."""

from collections.abc import Iterable
from dataclasses import replace

from serkit.types import Utterance


def with_copies(utterances: Iterable[Utterance], copies: int) -> list[Utterance]:
    """Each utterance and its noisy copies, as utterances of their own: "03a01Fa", "03a01Fa~1", "03a01Fa~2" and so on."""
    return [
        each if number == 0 else replace(each, id=f"{each.id}~{number}", noise=number, copy_of=each.copy_of or each.id)
        for each in utterances
        for number in range(copies + 1)
    ]


def without_copy(name: str) -> str:
    """The id of the utterance behind a noisy copy's id; any other id as it is.

    >>> without_copy("03a01Fa~2"), without_copy("03a01Fa")
    ('03a01Fa', '03a01Fa')
    """
    return name.partition("~")[0]
