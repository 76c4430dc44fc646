"""Damaged inputs by the hundred: each gets an answer or one line, in bounded time and memory."""

import hashlib
import os
from pathlib import Path

import pytest

from mutations import recordings
from mutations.campaign import COUNTS
from mutations.pages import table

SMALL = {"recordings": 40, "models": 12, "tables": 6, "recipes": 6, "runs": 6}
HALF = {"recordings": 120, "models": 40, "tables": 20, "recipes": 20, "runs": 20}
ASKED = int(os.environ.get("SERKIT_MUTATIONS", COUNTS["recordings"]))
"""The number of recordings; of the other kinds there are as many in proportion."""


def check(verdicts):
    failed = [each for each in verdicts if each.faults]
    assert not failed, f"{len(failed)} of {len(verdicts)} commands:\n" + "\n".join(map(str, failed))


@pytest.mark.parametrize("kind", COUNTS)
def test_the_first_few(kind, campaign):
    check(campaign.run(kind, range(SMALL[kind])))


@pytest.mark.slow
@pytest.mark.parametrize("kind", COUNTS)
def test_many(kind, campaign):
    check(campaign.run(kind, range(SMALL[kind], HALF[kind])))


@pytest.mark.soak
def test_all(campaign):
    numbers = {kind: range(count * ASKED // COUNTS["recordings"]) for kind, count in COUNTS.items()}
    verdicts = [each for kind in COUNTS for each in campaign.run(kind, numbers[kind])]
    if place := os.environ.get("SERKIT_SOAK"):
        asked = f"SERKIT_MUTATIONS={ASKED} " if COUNTS["recordings"] != ASKED else ""
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        Path(place).write_text(table(verdicts, f"{asked}make soak"), encoding="utf-8")
    check(verdicts)


def written(folder, number):
    """Name and bytes of a mutation, where it makes a file of its own."""
    folder.mkdir(parents=True)
    made = recordings.mutation(number)
    path = Path(made.make(folder))
    own = path.is_relative_to(folder) and path.is_file() and path.stat().st_size < 10**8
    return made.name, hashlib.sha256(path.read_bytes()).hexdigest() if own else ""


def test_a_number_is_the_same_bytes_each_time(tmp_path):
    numbers = [*range(12), 13, 16, 18, 21, 28, 299, 300, 5432]
    assert [written(tmp_path / "a" / f"{each}", each) for each in numbers] == [
        written(tmp_path / "b" / f"{each}", each) for each in numbers
    ]


def test_numbers_differ(tmp_path, material):
    for kind, count in COUNTS.items():
        names = [material.mutation(kind, each).name for each in range(min(count, 60))]
        assert len(set(names)) > 0.9 * len(names), kind
    assert recordings.mutation(1).name == "wav/file size one more"
    assert written(tmp_path / "one", 0)[0] == "float wav/1e30 times as loud"
