"""Front-ends: samples to frames, each an `nn.Module` with a frozen config."""

from serkit.features.mfcc import MFCC, MFCCConfig
from serkit.features.standardize import Standardizer

__all__ = ["MFCC", "MFCCConfig", "Standardizer"]
