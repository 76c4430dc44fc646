"""Folds across corpora: who is tested was never heard, and neither was their corpus."""

from pathlib import Path

import pytest

from serkit.errors import ProtocolError
from serkit.protocols import LeaveOneCorpusOut
from serkit.types import Utterance

EMOTIONS = ("neutral", "sad")
SIZES = {"a": 3, "b": 10, "c": 21}


def clips():
    return [
        Utterance(
            f"{corpus}/{who:02d}{label}", corpus, Path(f"{corpus}{who:02d}{label}"), f"{corpus}/{who:02d}", label, gender, "en"
        )
        for corpus, size in SIZES.items()
        for who in range(size)
        for gender in (("female", "male")[who % 2],)
        for label in EMOTIONS
    ]


def speakers(part):
    return {each.speaker for each in part}


def test_each_corpus_is_tested_whole_by_those_of_the_others():
    folds = LeaveOneCorpusOut().folds(clips(), 0)
    assert [fold.name for fold in folds] == list(SIZES)
    for fold in folds:
        assert {each.corpus for each in fold.test} == {fold.name}
        assert len(fold.test) == SIZES[fold.name] * len(EMOTIONS)
        others = set(SIZES) - {fold.name}
        assert {each.corpus for each in fold.train} == {each.corpus for each in fold.validation} == others
        assert not speakers(fold.train) & speakers(fold.validation)
        assert len(fold.train) + len(fold.validation) + len(fold.test) == len(clips())


def test_a_fifth_of_each_corpus_validates_women_and_men_in_turn():
    fold = LeaveOneCorpusOut().folds(clips(), 0)[0]  # tests a
    assert speakers(fold.validation) == {"b/00", "b/01", "c/00", "c/01", "c/02", "c/03"}
    half = LeaveOneCorpusOut(validation=0.5).folds(clips(), 0)[2]  # tests c
    assert speakers(half.validation) == {"a/00", "a/01", *(f"b/{who:02d}" for who in range(5))}


def test_order_and_seed_move_nothing():
    assert LeaveOneCorpusOut().folds(clips()[::-1], 5) == LeaveOneCorpusOut().folds(clips(), 0)


def test_one_corpus_is_no_others():
    with pytest.raises(ProtocolError, match="there is only a; name several"):
        LeaveOneCorpusOut().folds([each for each in clips() if each.corpus == "a"], 0)
