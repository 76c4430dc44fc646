"""Whether a model was trained on recordings that it is judged by, told by their samples."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from serkit.audio.identity import identity
from serkit.types import IDENTITY, Spec


@dataclass(frozen=True, slots=True)
class Heard:
    """`count` of the `total` recordings were in a model's training; None where the model does not say what was.

    `namesake` is whether it was trained on a corpus of the same name.
    """

    count: int | None
    total: int
    namesake: bool

    @classmethod
    def of(cls, paths: Iterable[Path], spec: Spec, corpus: str) -> "Heard":
        """Compare files with what the model of `spec` was trained on. `corpus` is the name, or the joined names, of theirs."""
        distinct = set(paths)
        namesake = any(source.corpus in corpus.split("+") for source in spec.trained_on)
        if spec.recordings is None:
            return cls(None, len(distinct), namesake)
        return cls(sum(identity(path)[:IDENTITY] in spec.recordings for path in distinct), len(distinct), namesake)

    @property
    def told(self) -> str:
        """What a protocol's name says of it."""
        if self.count is None:
            known = "was trained on a corpus of this name" if self.namesake else "may know them"
            return f"perhaps leaky: the model {known} and does not say which recordings it was trained on"
        if self.count:
            return f"leaky: the model was trained or chosen on {self.count} of {self.total} recordings"
        if self.namesake:
            return "recordings that the model was not trained on, of a corpus that it was trained on"
        return "another corpus"

    @property
    def warning(self) -> str:
        """The line below the scores; empty where nothing is to be said."""
        if self.count is None:
            return "perhaps leaky: this model does not say which recordings it was trained on; train it again to know"
        if self.count:
            which = f"{self.count} of these {self.total} recordings"
            return f"leaky: this model was trained or chosen on {which}; these are no test scores"
        return "the model may know these speakers: it was trained on other recordings of this corpus" if self.namesake else ""
