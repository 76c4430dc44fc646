"""The check that every fold passes: it sees whatever two parts share."""

from dataclasses import replace
from pathlib import Path

import pytest

from serkit.errors import ProtocolError
from serkit.protocols import Fold, check
from serkit.types import Utterance

A, B, C = (Utterance(f"{s}-sad-0", "hand", Path(f"{s}-sad-0.wav"), s, "sad", "female", "en") for s in ("01", "02", "03"))


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        (Fold("x", (A,), (B,), ()), "no test utterances"),
        (Fold("x", (A,), (B,), (C, A)), "utterance '01-sad-0' occurs 2 times"),
        (Fold("x", (A,), (B, B), (C,)), "utterance '02-sad-0' occurs 2 times"),
        (Fold("x", (A,), (B,), (replace(C, path=B.path),)), "validation and test share the file 02-sad-0.wav"),
        (Fold("x", (A,), (replace(B, speaker="01"),), (C,)), "train and validation share the speakers 01"),
        (Fold("x", (A,), (B,), (replace(C, speaker="01"),)), "train and test share the speakers 01"),
        (Fold("x", (A,), (B,), (replace(C, speaker="02"),)), "validation and test share the speakers 02"),
    ],
)
def test_check_sees_what_parts_share(fold: Fold, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        check(fold, speaker_independent=True)
    if "speakers" in message:
        check(fold, speaker_independent=False)


def test_check_lets_clean_folds_pass() -> None:
    check(Fold("x", (A,), (B,), (C,)), speaker_independent=True)
