"""What every recipe says, whatever it trains."""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import Field, ValidatorFunctionWrapHandler, field_validator, model_validator

from serkit import corpora
from serkit.config import Config
from serkit.corpora import own
from serkit.errors import CorpusError, UsageError
from serkit.labels import ALL
from serkit.protocols import AnyProtocol
from serkit.types import Task

Budget = Literal["full", "screening", "demo"]


class CorpusChoice(Config):
    """Which corpus, or several joined by a +, and what its own protocol trims: utterances start `start` seconds into each file.

    `target` names the scale whose values are learned, such as intensity; without it emotions are. `labels` names the map with
    which the corpus's labels are read; without it, emotions are those of the corpus's default map, and a scale takes all.
    With `table` it is people's own data, laid out like that: its root is the table, or the folder, that it is read from.
    """

    name: str
    start: float = Field(0.0, ge=0)  # s
    target: str | None = Field(None, min_length=1)
    labels: str | None = Field(None, min_length=1)
    table: own.Layout | None = None

    @field_validator("table", mode="wrap")
    @classmethod
    def _makes_sense(cls, value: Any, check: ValidatorFunctionWrapHandler) -> Any:
        """What a layout refuses, as a fault of the recipe."""
        try:
            return check(value)
        except UsageError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _known(self) -> "CorpusChoice":
        try:
            self.corpus.label_map(self.labels)
        except CorpusError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def corpus(self) -> corpora.Corpus:
        """Its facts and its reader."""
        return corpora.get(self.name) if self.table is None else own.corpus(self.name, self.table, self.target)

    @property
    def label_map(self) -> str | None:
        """The name of the map with which its labels are read; None for its default map."""
        return self.labels or (ALL if self.target else None)

    @property
    def classes(self) -> tuple[str, ...]:
        """What is told apart: emotions, or the one scale. Raises CorpusError for people's own data, which alone can tell."""
        if self.target:
            return (self.target,)
        if self.table:
            raise CorpusError(
                f"corpus '{self.name}': its labels stand in its table alone; say how many emotions with --classes"
            )
        return self.corpus.classes(self.labels)

    def locate(self, root: Path | None = None) -> Path:
        """The folder that holds it, see `corpora.locate`; of people's own data the table, which must be given."""
        if self.table is None:
            return corpora.locate(self.name, root)
        if root is None or not root.exists():
            was = f" is not at {root}" if root else ", people's own data, lies anywhere"
            raise CorpusError(f"corpus '{self.name}'{was}; give its table or folder: --corpus {self.name}=PATH")
        return root


class Published(Config):
    """A figure that others printed, and what keeps it from being compared with ours."""

    metric: str
    value: float  # percent, or in the units of a scale
    source: str
    citation: str
    protocol: str
    differs: tuple[str, ...] = ()


class BaseRecipe(Config):
    """A corpus, a protocol, and what is said of the whole."""

    title: str
    budget: Budget
    notes: str = ""
    corpus: CorpusChoice
    protocol: AnyProtocol
    published: tuple[Published, ...] = ()

    @property
    def task(self) -> Task:
        """Whether emotions or values are learned."""
        return "regression" if self.corpus.target else "classification"

    def to_toml(self) -> str:
        """The resolved recipe, every default written out; reading it back gives an equal one."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

    def fingerprint(self, **circumstances: Any) -> str:
        """SHA-256 over everything that changes a result: the choices here, and the `circumstances` of a Run."""
        table = {"root", "skip_bad"}  # the utterances that this leads to are among the circumstances
        aside: dict[str, Any] = {"title": True, "notes": True, "budget": True, "published": True, "corpus": {"table": table}}
        choices = self.model_dump(mode="json", exclude=aside)
        text = json.dumps({"recipe": choices, **circumstances}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
