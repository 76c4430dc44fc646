"""Protocols across corpora: a system is judged by recordings of a corpus that it has never seen."""

from typing import ClassVar, Literal

from pydantic import Field

from serkit.errors import ProtocolError
from serkit.protocols.base import BaseProtocol, Fold, fold_of
from serkit.protocols.speakers import alternating
from serkit.types import Utterance


class LeaveOneCorpusOut(BaseProtocol):
    """As many folds as corpora, each named by the corpus it tests; the seed moves nothing.

    Of each corpus that is trained on, `validation` of the speakers (at least one) are carved out, women and men in turn by
    name as long as there are both: nothing of the tested corpus, not even its statistics, has a part in any choice.
    """

    type: Literal["leave_one_corpus_out"] = "leave_one_corpus_out"
    validation: float = Field(default=0.2, gt=0, lt=1)
    speaker_independent: ClassVar[bool] = True

    def _title(self) -> str:
        return "leave-one-corpus-out"

    def _split(self, utterances: list[Utterance], seed: int) -> list[Fold]:  # noqa: ARG002 - the folds are fixed
        names = sorted({clip.corpus for clip in utterances})
        if len(names) < 2:
            raise ProtocolError(f"{self.name}: there is only {names[0]}; name several corpora, such as emodb+ravdess")
        held = {speaker for name in names for speaker in self._validation([clip for clip in utterances if clip.corpus == name])}
        return [
            fold_of(
                tested,
                train=[clip for clip in utterances if clip.corpus != tested and clip.speaker not in held],
                validation=[clip for clip in utterances if clip.corpus != tested and clip.speaker in held],
                test=[clip for clip in utterances if clip.corpus == tested],
            )
            for tested in names
        ]

    def _validation(self, clips: list[Utterance]) -> list[str]:
        """The speakers of one corpus that validate where it is trained on."""
        speakers = sorted({(clip.speaker, clip.gender) for clip in clips}, key=lambda one: one[0])
        return list(alternating(speakers))[: max(1, round(self.validation * len(speakers)))]
