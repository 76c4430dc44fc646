"""Augmentation of training windows, with explicit generators."""

from serkit.augment.noise import NoiseConfig, add_noise, noisy_copies

__all__ = ["NoiseConfig", "add_noise", "noisy_copies"]
