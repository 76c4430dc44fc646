"""Protocols that split speakers: whoever is tested was heard neither in training nor in validation."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from serkit.errors import ProtocolError
from serkit.protocols.base import BaseProtocol, Fold, fold_of, listed
from serkit.protocols.groups import read_groups
from serkit.types import Gender, Utterance


class LeaveOneSpeakerOut(BaseProtocol):
    """As many folds as speakers, each named by the speaker it tests; the seed moves nothing.

    `validation_speakers` whole speakers are carved out of training: those who follow the tested one in the rotation of
    speakers by name, women and men in turn as long as there are both. The default is one of each, since a single speaker
    would select for one gender (and may lack an emotion, as EmoDB's 08 lacks disgust). With "session" they are those who
    share a session with the tested one: in a corpus of dialogs such as IEMOCAP the partner, whose voice may be heard in the
    recordings that are tested, so that the other sessions alone are trained on.
    """

    type: Literal["leave_one_speaker_out"] = "leave_one_speaker_out"
    validation_speakers: Annotated[int, Field(ge=1)] | Literal["session"] = 2
    speaker_independent: ClassVar[bool] = True

    def _title(self) -> str:
        partners = " validated on the others of its session" if self.validation_speakers == "session" else ""
        return f"leave-one-speaker-out{partners}"

    def _split(self, utterances: list[Utterance], seed: int) -> list[Fold]:  # noqa: ARG002 - the folds are fixed
        if self.validation_speakers == "session":
            return self._with_partners(utterances)
        genders = {clip.speaker: clip.gender for clip in utterances}
        speakers = sorted(genders)
        needed = self.validation_speakers + 2
        if len(speakers) < needed:
            raise ProtocolError(f"{self.name}: {len(speakers)} speakers, but test, validation and training need {needed}")
        folds = []
        for position, speaker in enumerate(speakers):
            rotation = [(name, genders[name]) for name in speakers[position + 1 :] + speakers[:position]]
            validation = list(alternating(rotation))[: self.validation_speakers]
            folds.append(_by_speaker(speaker, utterances, test=[speaker], validation=validation))
        return folds

    def _with_partners(self, utterances: list[Utterance]) -> list[Fold]:
        """The folds that validate those who share a session with the tested speaker."""
        sessions = _sessions(self.name, utterances)
        folds = []
        for speaker in sorted({clip.speaker for clip in utterances}):
            company = {name for members in sessions.values() if speaker in members for name in members}
            folds.append(_by_speaker(speaker, utterances, test=[speaker], validation=sorted(company - {speaker})))
        return folds


class LeaveOneSessionOut(BaseProtocol):
    """As many folds as sessions, each named by the session it tests; the seed moves nothing.

    The next session by name (after the last, the first) is the validation part, the others are trained on.
    """

    type: Literal["leave_one_session_out"] = "leave_one_session_out"
    speaker_independent: ClassVar[bool] = True

    def _title(self) -> str:
        return "leave-one-session-out"

    def _split(self, utterances: list[Utterance], seed: int) -> list[Fold]:  # noqa: ARG002 - the folds are fixed
        sessions = _sessions(self.name, utterances)
        if len(sessions) < 3:
            raise ProtocolError(f"{self.name}: {len(sessions)} sessions, but test, validation and training need 3")
        names = list(sessions)
        return [
            fold_of(
                name,
                train=[clip for clip in utterances if clip.session not in (name, following)],
                validation=[clip for clip in utterances if clip.session == following],
                test=[clip for clip in utterances if clip.session == name],
            )
            for name, following in zip(names, names[1:] + names[:1], strict=True)
        ]


class GroupedKFold(BaseProtocol):
    """One fold for each group of speakers in a file of `protocols/folds/`; the seed moves nothing.

    The next group (after the last, the first) is the validation part, the others are trained on. Members who have no
    utterances here are passed over, as in a partial copy of the corpus, but not a group without any.
    """

    type: Literal["grouped_k_fold"] = "grouped_k_fold"
    groups: str = "ravdess_6"
    speaker_independent: ClassVar[bool] = True

    def _title(self) -> str:
        return f"k-fold over the fixed speaker groups {self.groups}"

    def _split(self, utterances: list[Utterance], seed: int) -> list[Fold]:  # noqa: ARG002 - the folds are fixed
        groups = read_groups(self.groups)
        present = {clip.speaker for clip in utterances}
        strangers = present.difference(*groups.values())
        if strangers:
            raise ProtocolError(f"{self.name}: no group has the speakers {listed(strangers)}; use the groups of this corpus")
        empty = [group for group, members in groups.items() if not present & set(members)]
        if empty:
            raise ProtocolError(
                f"{self.name}: no utterances of group {listed(empty)}; give the complete corpus or use its own groups"
            )
        names = list(groups)
        following = zip(names, names[1:] + names[:1], strict=True)
        return [_by_speaker(name, utterances, test=groups[name], validation=groups[other]) for name, other in following]


class SpeakerHoldout(BaseProtocol):
    """One split by named speakers: those of `test`, those of `validation`, and all others for training."""

    type: Literal["speaker_holdout"] = "speaker_holdout"
    test: tuple[str, ...] = Field(min_length=1)
    validation: tuple[str, ...] = Field(min_length=1)
    speaker_independent: ClassVar[bool] = True

    @model_validator(mode="after")
    def _disjoint(self) -> "SpeakerHoldout":
        both = set(self.test) & set(self.validation)
        if both:
            raise ValueError(f"the speakers {listed(both)} are in test and in validation; name each once")
        return self

    def _title(self) -> str:
        return f"hold-out of speakers (test {' '.join(sorted(self.test))}; validation {' '.join(sorted(self.validation))})"

    def _split(self, utterances: list[Utterance], seed: int) -> list[Fold]:  # noqa: ARG002 - the split is fixed
        present = {clip.speaker for clip in utterances}
        missing = {*self.test, *self.validation} - present
        if missing:
            raise ProtocolError(f"{self.name}: no utterances of {listed(missing)}; the speakers are {listed(present)}")
        return [_by_speaker("holdout", utterances, test=self.test, validation=self.validation)]


def _sessions(protocol: str, utterances: list[Utterance]) -> dict[str, set[str]]:
    """The speakers of each session, by its name in order. Raises ProtocolError where an utterance has none."""
    found: dict[str, set[str]] = {}
    for clip in utterances:
        if clip.session is None:
            raise ProtocolError(f"{protocol}: '{clip.id}' has no session; use a corpus of sessions, or another protocol")
        found.setdefault(clip.session, set()).add(clip.speaker)
    return dict(sorted(found.items()))


def _by_speaker(name: str, utterances: list[Utterance], test: Sequence[str], validation: Sequence[str]) -> Fold:
    """The fold that tests and validates the given speakers and trains on all others."""
    return fold_of(
        name,
        train=[clip for clip in utterances if clip.speaker not in test and clip.speaker not in validation],
        validation=[clip for clip in utterances if clip.speaker in validation],
        test=[clip for clip in utterances if clip.speaker in test],
    )


def alternating(rotation: list[tuple[str, Gender | None]]) -> Iterator[str]:
    """The speakers of the rotation, each the first left over whose gender is not that of the one before."""
    left = list(rotation)
    previous = None
    while left:
        chosen = next((one for one in left if one[1] != previous), left[0])
        left.remove(chosen)
        speaker, previous = chosen
        yield speaker
