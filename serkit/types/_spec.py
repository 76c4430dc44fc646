"""The contract between a model file and whoever recognizes with it."""

import base64
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar, get_args

from serkit.types._values import LONGEST_WINDOW, MAX_RATE, MIN_RATE, SHORTEST_HOP, SHORTEST_WINDOW, Cut, Scale, Task

SPEC_VERSION = 2
"""1 had neither `recordings` nor `band`, and its file no checksum. Later versions may add fields, which are passed over."""

IDENTITY = 6
"""Bytes of each recording's identity in a specification: by chance one pair in 10^14 is equal."""

MOST_LABELS, LONGEST_LABEL = 1000, 100
"""Labels of a model, and letters of one: a table of predictions has them all in every row."""


@dataclass(frozen=True, slots=True)
class Source:
    """A corpus that a model was trained on, and under which licence."""

    corpus: str
    licence: str
    utterances: int


@dataclass(frozen=True, slots=True)
class Spec:
    """The contract that travels inside a model file; inference asks it and never a flag.

    `labels` are the emotions in the order of the graph's logits; of a regression the name of the one scale, whose value the
    graph gives, and `scale` its ends, None where they are not known. `rate` in Hz; `cut` in seconds; `temperature` divides the
    logits before the softmax (1: not calibrated). `scores` are the figures of the Run that made the model, by name, empty
    where no score was computed. `recordings` are the identities of what it was trained or chosen on (`serkit.audio.identity`,
    their first 6 bytes), and `band` the highest frequency in Hz that nine in ten of these reach; None where it is not known.
    """

    system: str
    recipe: str
    fingerprint: str
    task: Task
    labels: tuple[str, ...]
    rate: int
    cut: Cut
    trained_on: tuple[Source, ...]
    protocol: str
    scores: Mapping[str, float]
    temperature: float = 1.0
    version: int = SPEC_VERSION
    scale: Scale | None = None
    recordings: frozenset[bytes] | None = None
    band: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; recordings as one text in base 64."""
        packed = None if self.recordings is None else base64.b64encode(b"".join(sorted(self.recordings))).decode()
        return asdict(self) | {"recordings": packed}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Spec":
        """The inverse of `to_dict`; fields that are not known are passed over.

        Raises KeyError, TypeError or ValueError where that is impossible, or where a value makes no sense.
        """
        known = {each.name for each in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        if not isinstance(given["labels"], list | tuple):
            raise TypeError("labels are no list")
        given["labels"] = tuple(given["labels"])
        given["cut"] = _built(Cut, given["cut"])
        given["trained_on"] = tuple(_built(Source, source) for source in given["trained_on"])
        given["scale"] = None if given.get("scale") is None else Scale.from_dict(given["scale"])
        given["recordings"] = _unpacked(given.get("recordings"))
        given.setdefault("version", 1)
        made = cls(**given)
        _check(made)
        return made


_T = TypeVar("_T", Cut, Source)


def _built(cls: type[_T], values: Mapping[str, Any]) -> _T:
    """One of the parts, of what it knows among the values."""
    known = {each.name for each in fields(cls)}
    return cls(**{name: value for name, value in dict(values).items() if name in known})


def _unpacked(text: str | None) -> frozenset[bytes] | None:
    if text is None:
        return None
    data = base64.b64decode(text, validate=True)
    if len(data) % IDENTITY:
        raise ValueError("recordings are cut short")
    return frozenset(data[at : at + IDENTITY] for at in range(0, len(data), IDENTITY))


def _check(spec: Spec) -> None:
    """Raises ValueError, naming the field, where a value is of another type or beyond what can be worked with."""
    texts = all(isinstance(label, str) and 0 < len(label) <= LONGEST_LABEL for label in spec.labels)
    if not texts or len({*spec.labels}) < len(spec.labels) or not 0 < len(spec.labels) <= MOST_LABELS:
        raise ValueError("labels are no texts of usual length, or stand there twice")
    if spec.task not in get_args(Task) or (spec.task == "regression") != (len(spec.labels) == 1):
        raise ValueError(f"{len(spec.labels)} labels make no {spec.task}")
    if spec.scale and spec.task != "regression":
        raise ValueError(f"a scale makes no {spec.task}")
    cut = spec.cut
    if not (isinstance(spec.rate, int) and MIN_RATE <= spec.rate <= MAX_RATE):
        raise ValueError(f"a rate of {spec.rate!r} Hz makes no sense")
    if cut.mode not in ("whole", "fixed", "windows") or cut.at not in ("end", "both_ends"):
        raise ValueError(f"no recording is cut by {cut.mode!r} at {cut.at!r}")
    if not (_between(cut.seconds, SHORTEST_WINDOW, LONGEST_WINDOW) and _between(cut.hop, SHORTEST_HOP, cut.seconds)):
        raise ValueError(f"windows of {cut.seconds!r} s every {cut.hop!r} s make no sense")
    if not _between(spec.temperature, 1e-6, 1e6):
        raise ValueError(f"a temperature of {spec.temperature!r} makes no sense")
    if not (spec.band is None or _between(spec.band, 0, MAX_RATE)):
        raise ValueError(f"a band of {spec.band!r} Hz makes no sense")
    if not all(_between(value, -math.inf, math.inf) for value in dict(spec.scores).values()):
        raise ValueError("scores are no numbers")
    texts = all(isinstance(getattr(spec, name), str) for name in ("system", "recipe", "fingerprint", "protocol"))
    if not texts or not all(
        isinstance(source.corpus, str) and isinstance(source.licence, str) and isinstance(source.utterances, int)
        for source in spec.trained_on
    ):
        raise ValueError("where it comes from is not told in texts")


def _between(value: object, low: float, high: float) -> bool:
    """Whether a value is a finite number from `low` to `high`."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and low <= value <= high
