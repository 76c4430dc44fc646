"""Front-ends: samples to frames, each an `nn.Module` with a frozen config."""

from typing import Annotated, get_args

from pydantic import Field

from serkit.features.base import FrontEnd
from serkit.features.contours import Contours, contours
from serkit.features.functionals import Functionals, FunctionalsConfig
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

AnyFeature = Annotated[Contours | FunctionalsConfig, Field(discriminator="type")]
"""The settings of any front-end; `type` tells which."""

FEATURE_TYPES: tuple[str, ...] = tuple(each.model_fields["type"].default for each in (*get_args(Contours), FunctionalsConfig))
"""Every `type`, the simple ones first."""


def front_end(config: AnyFeature, rate: int) -> FrontEnd:
    """The front-end of these settings for samples at `rate` Hz. Raises ValueError where the two do not fit together."""
    return Functionals(config, rate) if isinstance(config, FunctionalsConfig) else contours(config, rate)
