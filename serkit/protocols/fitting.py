"""The protocol that people's own data allows, and whether anything can be learned from it at all."""

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from serkit.corpora.own import OwnCorpus, hints
from serkit.errors import CorpusError, Notice
from serkit.protocols.speaker_k_fold import companies
from serkit.types import Utterance

FOLDS = 5

FEW = 12
"""With fewer clips than these of every emotion, a tenth of four folds out of five may hold none."""


def check_labels(data: OwnCorpus, root: Path, utterances: Sequence[Utterance]) -> None:
    """Raises CorpusError where there are not two labels at least, each of two utterances at least."""
    counts = Counter(each.label for each in utterances)
    if len(counts) < 2:
        raise CorpusError(f"{root}: all its recordings are {next(iter(counts))}; two labels at least can be told apart")
    if alone := sorted(label for label, count in counts.items() if count == 1):
        only = next(each for each in utterances if each.label == alone[0])
        others = f" (and so are {', '.join(alone[1:])})" if len(alone) > 1 else ""
        raise CorpusError(
            f"{root}: only {only.id} is {alone[0]}{others}: what is tested has to be learned from another recording; "
            f"add some, or leave it out with {hints.mapped(data.words(root)[alone[0]], '')}"
        )


def protocol(root: Path, utterances: Sequence[Utterance]) -> dict[str, Any]:
    """The protocol that fits, as a recipe writes it: the data's own split, else folds over groups of speakers, else random.

    Warns of random folds. Raises CorpusError where the split lacks a part, or parts of one recording cannot be kept together.
    """
    if all(each.split for each in utterances):
        if lacking := {"train", "validation", "test"} - {str(each.split) for each in utterances}:
            raise CorpusError(
                f"{root}: its split has no {' and no '.join(sorted(lacking))} part; add one, or leave the column aside: "
                f"{hints.aside('split')}"
            )
        return {"type": "official"}
    apart = companies(utterances) if all(each.speaker for each in utterances) else []
    if len(apart) >= 3:
        return {"type": "speaker_k_fold", "k": min(FOLDS, len(apart))}
    _tell_dependent(root, utterances, len(apart))
    most = max(Counter(each.label for each in utterances).values())
    k = min(FOLDS, max(2, len(utterances) // 2))
    return {"type": "k_fold", "k": k} | ({"validation": 0.34} if most < FEW else {})


def _tell_dependent(root: Path, utterances: Sequence[Utterance], companies: int) -> None:
    """Warns that speakers will stand on both sides. Raises CorpusError where parts of one recording would."""
    shared = [path for path, count in Counter(each.path for each in utterances).items() if count > 1]
    if shared:
        raise CorpusError(
            f"{root}: {len(shared)} recordings, such as {shared[0]}, hold several utterances, which must not be parted, "
            f"and fewer than 3 groups of speakers share none; name who speaks with {hints.column('speaker')}, or give a split"
        )
    unknown = f"no speaker is known (see {hints.column('speaker')})"
    who = unknown if not companies else f"only {companies} speakers are known, 3 are needed"
    warnings.warn(
        f"{root}: {who}, so the folds are random: whoever is tested may have been trained on, and the scores say how well "
        "known voices are recognized, not how well new ones are",
        Notice,
        stacklevel=4,
    )
