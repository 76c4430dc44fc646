"""Front-ends: samples to frames, each an `nn.Module` with a frozen config."""

from typing import Annotated

from pydantic import Field

from serkit.features.base import FrontEnd
from serkit.features.functionals import Functionals, FunctionalsConfig, contours
from serkit.features.hertz_grid import HertzGrid, HertzGridConfig
from serkit.features.is10 import IS10LLD, IS10LLDConfig
from serkit.features.log_mel import LogMel, LogMelConfig
from serkit.features.mfcc import MFCC, MFCCConfig
from serkit.features.pitch import Pitch, PitchConfig
from serkit.features.prosody import Prosody, ProsodyConfig
from serkit.features.standardize import Standardizer

__all__ = [
    "FEATURE_TYPES",
    "IS10LLD",
    "MFCC",
    "AnyFeature",
    "FrontEnd",
    "Functionals",
    "FunctionalsConfig",
    "HertzGrid",
    "HertzGridConfig",
    "IS10LLDConfig",
    "LogMel",
    "LogMelConfig",
    "MFCCConfig",
    "Pitch",
    "PitchConfig",
    "Prosody",
    "ProsodyConfig",
    "Standardizer",
    "front_end",
]

AnyFeature = Annotated[
    LogMelConfig | MFCCConfig | ProsodyConfig | HertzGridConfig | PitchConfig | IS10LLDConfig | FunctionalsConfig,
    Field(discriminator="type"),
]
"""The settings of any front-end; `type` tells which."""

FEATURE_TYPES = ("log_mel", "mfcc", "prosody", "hertz_grid", "pitch", "is10_lld", "functionals")
"""Every `type`, the simple ones first."""


def front_end(config: AnyFeature, rate: int) -> FrontEnd:
    """The front-end of these settings for samples at `rate` Hz. Raises ValueError where the two do not fit together."""
    return Functionals(config, rate) if isinstance(config, FunctionalsConfig) else contours(config, rate)
