"""What every recipe says, whatever it trains."""

import hashlib
import json
from typing import Any, Literal

import tomli_w
from pydantic import Field, model_validator

from serkit import corpora
from serkit.config import Config
from serkit.protocols import AnyProtocol
from serkit.types import Task

Budget = Literal["full", "screening", "demo"]


class CorpusChoice(Config):
    """Which corpus, and what its own protocol trims: utterances start `start` seconds into each file.

    `target` names the scale whose values are learned, such as intensity; without it emotions are.
    """

    name: str
    start: float = Field(0.0, ge=0)  # s
    target: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _known(self) -> "CorpusChoice":
        if self.name not in corpora.CORPORA:
            raise ValueError(f"no corpus '{self.name}'; known are {', '.join(corpora.CORPORA)}")
        return self


class Published(Config):
    """A figure that others printed, and what keeps it from being compared with ours."""

    metric: str
    value: float  # percent
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
        choices = self.model_dump(mode="json", exclude={"title", "notes", "budget", "published"})
        text = json.dumps({"recipe": choices, **circumstances}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
