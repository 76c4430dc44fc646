"""The fixed groups: every speaker once, balanced, and what their stated rules give."""

import csv
import os
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from serkit.protocols import GroupedKFold
from serkit.protocols.groups import known_groups, read_groups
from serkit.types import Utterance

SPEAKERS = {
    "ravdess_6": [f"{number:02d}" for number in range(1, 25)],
    "crema_d_5": [str(number) for number in range(1001, 1092)],
}


def test_every_file_is_tested_here() -> None:
    assert known_groups() == sorted(SPEAKERS)


@pytest.mark.parametrize("name", SPEAKERS)
def test_every_speaker_is_in_one_group(name: str) -> None:
    groups = read_groups(name)
    assert list(groups) == [str(number + 1) for number in range(int(name[-1]))]
    assert sorted(chain.from_iterable(groups.values())) == SPEAKERS[name]


@pytest.mark.parametrize("name", SPEAKERS)
def test_validation_is_the_next_group(name: str) -> None:
    clips = [Utterance(s, name, Path(s), s, "sad", "female", "en") for s in SPEAKERS[name]]
    groups = read_groups(name)
    names = [*groups, "1"]
    for number, fold in enumerate(GroupedKFold(groups=name).folds(clips, 0)):
        assert fold.name == names[number]
        assert [item.speaker for item in fold.test] == sorted(groups[names[number]])
        assert [item.speaker for item in fold.validation] == sorted(groups[names[number + 1]])


def test_ravdess_groups_have_two_men_and_two_women() -> None:
    for members in read_groups("ravdess_6").values():
        assert Counter(int(actor) % 2 for actor in members) == {0: 2, 1: 2}


@pytest.mark.skipif("SERKIT_DATA" not in os.environ, reason="needs the demographics of CREMA-D under SERKIT_DATA")
def test_crema_d_groups_follow_their_rule_and_are_balanced() -> None:
    with (Path(os.environ["SERKIT_DATA"]) / "crema_d" / "VideoDemographics.csv").open(newline="") as stream:
        actors = list(csv.DictReader(stream))
    groups = read_groups("crema_d_5")
    actors.sort(key=lambda actor: (actor["Sex"], actor["Race"], int(actor["Age"]), actor["ActorID"]))
    assert list(groups.values()) == [tuple(sorted(actor["ActorID"] for actor in actors[start::5])) for start in range(5)]

    of = {actor["ActorID"]: actor for actor in actors}
    for trait in (lambda actor: actor["Sex"], lambda actor: (actor["Sex"], actor["Race"])):
        counts = [Counter(trait(of[member]) for member in members) for members in groups.values()]
        for value in {trait(actor) for actor in actors}:
            assert max(count[value] for count in counts) - min(count[value] for count in counts) <= 1
    ages = [sum(int(of[member]["Age"]) for member in members) / len(members) for members in groups.values()]
    assert max(ages) - min(ages) < 5
