"""What every transform of samples has in common."""

from pydantic import Field, model_validator
from torch import Generator, Tensor, rand

from serkit.config import Config


class Transform(Config):
    """One kind of change to samples, made with `probability`."""

    probability: float = Field(1.0, ge=0, le=1)


class Range(Transform):
    """A change whose strength is drawn uniformly from [low, high]."""

    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.low > self.high:
            raise ValueError(f"low {self.low:g} is above high {self.high:g}")
        return self

    def draw(self, generator: Generator) -> float:
        """A strength."""
        return uniform(self.low, self.high, generator)


def uniform(low: float, high: float, generator: Generator) -> float:
    """A number from [low, high]."""
    return low + (high - low) * float(rand((), generator=generator))


def fitted(samples: Tensor, length: int) -> Tensor:
    """`samples` (n,) cut, or filled with zeros, at the end: (length,)."""
    kept = samples.new_zeros(length)
    kept[: len(samples)] = samples[:length]
    return kept
