"""Protocols: which utterances a system learns from, is selected on, and is judged by."""

from typing import Annotated

from pydantic import Field

from serkit.protocols.across import LeaveOneCorpusOut
from serkit.protocols.base import BaseProtocol, Fold, check
from serkit.protocols.clips import KFold, RandomHoldout
from serkit.protocols.official import Official
from serkit.protocols.speaker_k_fold import SpeakerKFold
from serkit.protocols.speakers import GroupedKFold, LeaveOneSessionOut, LeaveOneSpeakerOut, SpeakerHoldout

AnyProtocol = Annotated[
    RandomHoldout
    | KFold
    | LeaveOneSpeakerOut
    | LeaveOneSessionOut
    | LeaveOneCorpusOut
    | GroupedKFold
    | SpeakerHoldout
    | SpeakerKFold
    | Official,
    Field(discriminator="type"),
]
"""A protocol as a recipe writes it: its `type` says which."""

PROTOCOLS: dict[str, type[BaseProtocol]] = {
    "random_holdout": RandomHoldout,
    "k_fold": KFold,
    "leave_one_speaker_out": LeaveOneSpeakerOut,
    "leave_one_session_out": LeaveOneSessionOut,
    "grouped_k_fold": GroupedKFold,
    "speaker_holdout": SpeakerHoldout,
    "leave_one_corpus_out": LeaveOneCorpusOut,
    "official": Official,
    "speaker_k_fold": SpeakerKFold,
}

__all__ = [
    "PROTOCOLS",
    "AnyProtocol",
    "BaseProtocol",
    "Fold",
    "GroupedKFold",
    "KFold",
    "LeaveOneCorpusOut",
    "LeaveOneSessionOut",
    "LeaveOneSpeakerOut",
    "Official",
    "RandomHoldout",
    "SpeakerHoldout",
    "SpeakerKFold",
    "check",
]
