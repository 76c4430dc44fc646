"""The split that the authors of a corpus published."""

from typing import ClassVar, Literal

from serkit.errors import ProtocolError
from serkit.protocols.base import BaseProtocol, Fold, fold_of
from serkit.types import Utterance


class Official(BaseProtocol):
    """The parts that the authors put each utterance into; the seed moves nothing.

    Where a corpus has several parts for tests, `test` says which is judged, and the others have no part in it. Whether
    speakers are shared is up to the authors: nothing is promised.
    """

    type: Literal["official"] = "official"
    test: Literal["test", "test2", "test3"] = "test"
    speaker_independent: ClassVar[bool] = False

    def _title(self) -> str:
        return f"official split{'' if self.test == 'test' else f' tested on {self.test}'}"

    def _split(self, utterances: list[Utterance], seed: int) -> list[Fold]:  # noqa: ARG002 - the split is fixed
        if without := [clip.id for clip in utterances if clip.split is None]:
            raise ProtocolError(
                f"{self.name}: {len(without)} utterances, such as '{without[0]}', belong to no part; "
                "use a corpus whose authors split it, or another protocol"
            )
        parts = ([clip for clip in utterances if clip.split == part] for part in ("train", "validation", self.test))
        return [fold_of("official", *parts)]
