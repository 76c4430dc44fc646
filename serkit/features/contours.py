"""The front-ends that give a value for each frame: what they are called in a recipe, and the class of each."""

from serkit.features.base import FrontEnd
from serkit.features.hertz_grid import HertzGrid, HertzGridConfig
from serkit.features.is10 import IS10LLD, IS10LLDConfig
from serkit.features.log_mel import LogMel, LogMelConfig
from serkit.features.mfcc import MFCC, MFCCConfig
from serkit.features.pitch import Pitch, PitchConfig
from serkit.features.prosody import Prosody, ProsodyConfig

Contours = LogMelConfig | MFCCConfig | ProsodyConfig | HertzGridConfig | PitchConfig | IS10LLDConfig
"""The settings of any of them; `type` tells which."""


def contours(config: Contours, rate: int) -> FrontEnd:
    """The front-end of these settings for samples at `rate` Hz."""
    match config:
        case LogMelConfig():
            return LogMel(config, rate)
        case MFCCConfig():
            return MFCC(config, rate)
        case ProsodyConfig():
            return Prosody(config, rate)
        case HertzGridConfig():
            return HertzGrid(config, rate)
        case PitchConfig():
            return Pitch(config, rate)
        case IS10LLDConfig():
            return IS10LLD(config, rate)
