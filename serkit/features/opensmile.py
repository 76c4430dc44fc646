"""Functionals of openSMILE: one vector for a whole utterance.

Eyben, Woellmer, Schuller: "openSMILE", ACM Multimedia 2010. Its licence allows research and forbids products: it is an extra
of serkit (`serkit[opensmile]`), and no model that serkit exports contains it.
"""

import threading
import warnings
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from serkit.config import Config
from serkit.errors import MissingExtra, Notice
from serkit.types import Waveform

LICENCE = "openSMILE is free for research and teaching only: https://github.com/audeering/opensmile/blob/master/LICENSE"


class OpenSmileConfig(Config):
    """Which functionals: the 6373 of the ComParE challenge of 2016, the 88 of eGeMAPS v02, the 1582 of INTERSPEECH 2010."""

    type: Literal["opensmile"] = "opensmile"
    set: Literal["compare_2016", "egemaps_v02", "is10"] = "compare_2016"

    @property
    def dim(self) -> int:
        """How many values for an utterance."""
        return {"compare_2016": 6373, "egemaps_v02": 88, "is10": 1582}[self.set]


class Functionals(Protocol):
    """A waveform to its functionals (dim,)."""

    def __call__(self, waveform: Waveform) -> npt.NDArray[np.float32]:
        """Every value finite; zero where openSMILE finds none."""
        ...


def installed() -> str:
    """Its version. Raises MissingExtra where it is not there."""
    try:
        return version("opensmile")
    except PackageNotFoundError:
        raise MissingExtra("opensmile", "opensmile", LICENCE) from None


@cache
def functionals(config: OpenSmileConfig) -> Functionals:
    """The extractor, which says openSMILE's licence at first use. Raises MissingExtra where openSMILE is not installed."""
    try:
        import opensmile
    except ImportError:
        raise MissingExtra("opensmile", "opensmile", LICENCE) from None
    warnings.warn(LICENCE, Notice, stacklevel=2)
    sets: dict[str, Any] = {
        "compare_2016": opensmile.FeatureSet.ComParE_2016,
        "egemaps_v02": opensmile.FeatureSet.eGeMAPSv02,
        "is10": opensmile.FeatureSet.IS10,
    }
    smile = opensmile.Smile(sets[config.set], opensmile.FeatureLevel.Functionals)
    one_at_a_time = threading.Lock()

    def extract(waveform: Waveform) -> npt.NDArray[np.float32]:
        with one_at_a_time:
            values = smile.process_signal(waveform.samples, waveform.rate).to_numpy(np.float32)[0]  # (dim,)
        found: npt.NDArray[np.float32] = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        return found

    return extract
