"""Folds over groups of speakers: whole speakers, even groups, the same every time."""

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.model_selection import StratifiedGroupKFold

from serkit import corpora
from serkit.errors import ProtocolError
from serkit.protocols import SpeakerKFold
from serkit.protocols.speaker_k_fold import companies
from serkit.types import Utterance


def clip(speaker, label, number=0, path=None):
    name = f"{speaker}-{label}-{number}"
    return Utterance(name, "hand", Path(path or f"{name}.wav"), speaker, label, None, "en")


def crowd(sizes):
    """Speakers with as many clips of sad and happy as are named."""
    return [
        clip(f"s{at:02d}", label, number)
        for at, counts in enumerate(sizes)
        for label, count in zip(("sad", "happy"), counts, strict=True)
        for number in range(count)
    ]


def emodb():
    return corpora.EMODB.read(Path(__file__).parents[2] / "data" / "emodb")


def spread(groups, utterances):
    """The mean deviation over groups of each emotion's share: what scikit-learn's groups minimize too."""
    total = Counter(each.label for each in utterances)
    own = [Counter(each.label for each in group) for group in groups]
    return float(np.mean([np.std([group[label] / total[label] for group in own]) for label in total]))


def test_every_utterance_is_tested_once_and_speakers_are_apart():
    utterances = emodb()
    folds = SpeakerKFold().folds(utterances, 0)
    assert [fold.name for fold in folds] == ["1", "2", "3", "4", "5"]
    assert sorted(each.id for fold in folds for each in fold.test) == sorted(each.id for each in utterances)
    for number, fold in enumerate(folds):
        parts = [{each.speaker for each in part} for part in (fold.train, fold.validation, fold.test)]
        assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
        assert len(fold.train) + len(fold.validation) + len(fold.test) == len(utterances)
        assert fold.validation == folds[(number + 1) % 5].test
    assert SpeakerKFold().name == "5-fold over groups of speakers, speaker-independent"


def test_groups_are_about_as_even_as_those_of_scikit_learn():
    utterances = emodb()
    folds = SpeakerKFold().folds(utterances, 0)
    sizes = [len(fold.test) for fold in folds]
    assert max(sizes) - min(sizes) < 0.1 * len(utterances)
    labels, speakers = [each.label for each in utterances], [each.speaker for each in utterances]
    others = StratifiedGroupKFold(5).split(labels, labels, speakers)
    theirs = spread([[utterances[at] for at in test] for _, test in others], utterances)
    assert spread([fold.test for fold in folds], utterances) <= theirs * 1.1


def test_neither_order_nor_seed_moves_anything():
    utterances = emodb()
    shuffled = random.Random(1).sample(utterances, len(utterances))
    assert SpeakerKFold().folds(utterances, 0) == SpeakerKFold().folds(shuffled, 7)


def test_emotions_that_speakers_do_not_share_are_spread():
    # Dealt by size alone, the three who are sad would make one group.
    folds = SpeakerKFold(k=3).folds(crowd([(4, 0), (0, 4), (0, 4)] * 3), 0)
    assert [Counter(each.label for each in fold.test) for fold in folds] == [{"sad": 4, "happy": 8}] * 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=3, max_size=12), st.integers(3, 6))
def test_any_crowd_fills_every_group(sizes, k):
    utterances = crowd(sizes)
    if len(sizes) < k:
        with pytest.raises(ProtocolError, match=f"{len(sizes)} speakers make no {k} groups; choose a smaller k"):
            SpeakerKFold(k=k).folds(utterances, 0)
        return
    folds = SpeakerKFold(k=k).folds(utterances, 0)
    assert sorted(each.id for fold in folds for each in fold.test) == sorted(each.id for each in utterances)


def test_partners_of_a_dialog_stay_together():
    pairs = [clip(speaker, "sad", path=f"{number}.wav") for number in range(4) for speaker in (f"a{number}", f"b{number}")]
    assert companies(pairs) == [frozenset({f"a{number}", f"b{number}"}) for number in range(4)]
    for fold in SpeakerKFold(k=4).folds(pairs, 0):
        assert {each.speaker[1] for each in fold.test} == {fold.test[0].speaker[1]}
    chained = [*pairs, replace(pairs[0], id="more", speaker="a1")]
    assert len(companies(chained)) == 3
    with pytest.raises(ProtocolError, match="3 speakers that share no recording make no 4 groups"):
        SpeakerKFold(k=4).folds(chained, 0)


def test_two_groups_leave_nothing_to_train_on():
    with pytest.raises(ValidationError):
        SpeakerKFold(k=2)
