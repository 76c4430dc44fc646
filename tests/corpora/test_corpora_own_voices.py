"""Labels that can be told from the speaker are said to be; those of balanced corpora, and of chance, are not."""

import random
import warnings
from collections import Counter
from pathlib import Path

import pytest

from serkit.corpora import EMODB, RAVDESS
from serkit.corpora.own import tell_voices
from serkit.corpora.own._voices import THRESHOLD, association
from serkit.errors import Notice
from serkit.types import Utterance

ROOT = Path(__file__).parents[2] / "data" / "emodb"


def table(counts):
    """Utterances of which each speaker has so many of each label."""
    return [
        Utterance(f"{speaker}{label}{number}", "my", Path("x.wav"), speaker, label, None, "und")
        for speaker, own in counts.items()
        for label, count in own.items()
        for number in range(count)
    ]


def told(utterances, **how):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        tell_voices(Path("my.csv"), utterances, **how)
    return [str(each.message) for each in found if each.category is Notice]


def test_one_speaker_is_always_angry_and_the_other_never():
    (said,) = told(table({"a": {"angry": 20}, "b": {"sad": 20, "neutral": 20, "happy": 20}}))
    assert said.startswith(
        "my.csv: labels go with speakers (Cramer's V 1.00, from 0 to 1): speaker a is always angry and nobody but a is ever "
        "angry; a model may learn the voice"
    )


def test_mostly_is_enough():
    (said,) = told(table({"a": {"angry": 18, "sad": 2}, "b": {"angry": 2, "sad": 18}}))
    assert "18 of a's 20 recordings are angry" in said or "18 of b's 20 recordings are sad" in said


@pytest.mark.parametrize(
    "counts",
    [
        {"a": {"angry": 20, "sad": 20}, "b": {"angry": 20, "sad": 20}},
        {"a": {"angry": 20, "sad": 10}, "b": {"angry": 10, "sad": 20}},
        {"a": {"angry": 20}},
        {"a": {"angry": 20}, "b": {"angry": 30}},
        {str(number): {"angry" if number % 2 else "sad": 1} for number in range(10)},
        {"a": {"angry": 2}, "b": {"sad": 2}},
        {"": {"angry": 20}, "b": {"sad": 20}},
        {},
    ],
)
def test_nothing_is_said_of_the_others(counts):
    assert told(table(counts)) == []
    assert told(table(counts), dependent=True) == []


def test_many_speakers_matter_where_they_stand_on_both_sides():
    many = table({f"s{number:02}": {"angry" if number % 2 else "sad": 10} for number in range(30)})
    assert told(many) == []
    assert "Cramer's V 0.95, from 0 to 1): speaker s00 is always sad" in told(many, dependent=True)[0]


def test_many_speakers_with_one_clip_each_are_told_by_nobody():
    many = table({str(number): {"angry" if number % 3 else "sad": 1} for number in range(600)})
    assert association(many)[0] == 0.0
    assert told(many, dependent=True) == []


def test_balanced_corpora():
    emodb = EMODB.read(ROOT)
    assert association(emodb)[0] < 0.2
    assert told(emodb, dependent=True) == []
    ravdess = table({speaker: {"neutral": 4, "calm": 8, "happy": 8, "sad": 8, "angry": 8} for speaker in RAVDESS.speakers})
    assert association(ravdess)[0] == 0.0


def test_chance_alone_is_told_in_no_table_of_a_thousand():
    chance, alarms = random.Random(0), 0
    for _ in range(1000):
        speakers, clips, labels = chance.choice([2, 3, 6]), chance.choice([6, 10, 20, 50]), chance.choice([2, 4, 7])
        drawn = Counter((chance.randrange(speakers), chance.randrange(labels)) for _ in range(clips))
        counts = {}
        for (speaker, label), count in drawn.items():
            counts.setdefault(str(speaker), {})[str(label)] = count
        alarms += association(table(counts))[0] >= THRESHOLD
    assert alarms <= 3
