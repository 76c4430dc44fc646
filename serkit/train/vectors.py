"""One vector for a whole utterance: functionals by openSMILE, or by a front-end of ours."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from serkit.errors import RecipeError
from serkit.features import front_end, opensmile
from serkit.features.opensmile import OpenSmileConfig
from serkit.recipe.baseline import UNINFORMED, AnyFunctionals, Baseline, OwnFunctionals
from serkit.train.examples import one_thread
from serkit.train.store import versions
from serkit.types import Waveform

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Vectors:
    """Computes (dim,) of a waveform at `rate` Hz, any where that is None; values depend on the `version` too."""

    rate: int | None
    version: Any
    compute: Callable[[Waveform], Vector]


def packages(recipe: Baseline) -> tuple[str, ...]:
    """Those that a baseline's result depends on beside torch. Raises MissingExtra where one is not installed."""
    if isinstance(recipe.classifier, UNINFORMED) or not isinstance(recipe.functionals, OpenSmileConfig):
        return ("scikit-learn",)
    opensmile.installed()
    return "scikit-learn", "opensmile"


def dim_of(config: AnyFunctionals) -> int:
    """How many values a vector has."""
    return config.dim if isinstance(config, OpenSmileConfig) else _made(config).dim


def vectors(config: AnyFunctionals) -> Vectors:
    """Raises MissingExtra where openSMILE is wanted and not there, RecipeError for a rate that does not fit."""
    if isinstance(config, OpenSmileConfig):
        return Vectors(None, opensmile.installed(), opensmile.functionals(config))
    return _own(config)


@cache
def _own(config: OwnFunctionals) -> Vectors:
    made = _made(config)

    @torch.no_grad()
    @one_thread()
    def compute(waveform: Waveform) -> Vector:
        samples = torch.from_numpy(waveform.samples)[None]
        found: Vector = made(samples, torch.tensor([samples.shape[1]])).values[0, 0].numpy()
        return found

    return Vectors(config.rate, versions(), compute)


def _made(config: OwnFunctionals) -> Any:
    try:
        return front_end(config, config.rate)
    except ValueError as error:
        raise RecipeError(f"functionals: {error}") from None
