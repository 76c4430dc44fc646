"""Folds over groups of speakers that are made here, for corpora whose authors made none."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from serkit.errors import ProtocolError
from serkit.protocols.base import BaseProtocol, Fold, fold_of
from serkit.types import Utterance


class SpeakerKFold(BaseProtocol):
    """k folds over groups of whole speakers; the seed moves nothing.

    Each fold tests one group and validates on the next (after the last, the first). The groups are about equal in size and,
    as far as speakers allow, in the share of each emotion; speakers who share a recording stay in one group.
    """

    type: Literal["speaker_k_fold"] = "speaker_k_fold"
    k: int = Field(default=5, ge=3)
    speaker_independent: ClassVar[bool] = True

    def _title(self) -> str:
        return f"{self.k}-fold over groups of speakers"

    def _split(self, utterances: list[Utterance], seed: int) -> list[Fold]:  # noqa: ARG002 - the folds are fixed
        apart = companies(utterances)
        if len(apart) < self.k:
            together = "" if len(apart) == len({each.speaker for each in utterances}) else " that share no recording"
            raise ProtocolError(f"{self.name}: {len(apart)} speakers{together} make no {self.k} groups; choose a smaller k")
        groups = _groups(apart, utterances, self.k)
        folds = []
        for number, (test, validation) in enumerate(zip(groups, groups[1:] + groups[:1], strict=True), 1):
            folds.append(
                fold_of(
                    str(number),
                    train=[each for each in utterances if each.speaker not in test | validation],
                    validation=[each for each in utterances if each.speaker in validation],
                    test=[each for each in utterances if each.speaker in test],
                )
            )
        return folds


def companies(utterances: Sequence[Utterance]) -> list[frozenset[str]]:
    """The speakers as sets that share no recording: mostly one speaker each, the partners of a dialog together."""
    heard: dict[Path, set[str]] = defaultdict(set)
    for each in utterances:
        heard[each.path].add(each.speaker)
    company = {each.speaker: frozenset({each.speaker}) for each in utterances}
    for speakers in heard.values():
        merged = frozenset[str]().union(*(company[speaker] for speaker in speakers))
        company.update(dict.fromkeys(merged, merged))
    return sorted(set(company.values()), key=sorted)


def _groups(apart: Sequence[frozenset[str]], utterances: Sequence[Utterance], k: int) -> list[frozenset[str]]:
    """k groups of about the same utterances: the largest company first, each to the group that is left the most even.

    Even is the smallest sum, over groups and emotions, of squared shares of that emotion's utterances, and of all utterances.
    As long as a group is empty, it is the one to choose.
    """
    total = Counter(each.label for each in utterances)
    own: dict[str, Counter[str]] = defaultdict(Counter)
    for each in utterances:
        own[each.speaker][each.label] += 1
    sizes = {company: sum((own[speaker] for speaker in company), Counter[str]()) for company in apart}
    groups, held = [frozenset[str]() for _ in range(k)], [Counter[str]() for _ in range(k)]

    def uneven(group: int, added: Counter[str]) -> float:
        """By how much the sum of squares grows."""
        shares = [(held[group][label] / total[label], added[label] / total[label]) for label in total]
        shares.append((held[group].total() / len(utterances), added.total() / len(utterances)))
        return sum(2 * there * more + more**2 for there, more in shares)

    for company in sorted(apart, key=lambda each: (-sizes[each].total(), sorted(each))):
        chosen = min(range(k), key=lambda group: uneven(group, sizes[company]))
        groups[chosen] |= company
        held[chosen] += sizes[company]
    return groups
