"""Additive white Gaussian noise at a random signal-to-noise ratio."""

from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from serkit.config import Config


class NoiseConfig(Config):
    """Noisy copies, made once. Defaults: An and Ruan 2021 and the code that it descends from.

    `placement` "train" copies training clips alone. With "all_parts" copies of validation and test clips are selected on and
    scored too, each as an item of its own. With "leaky_copies" the copies are made before the split, which then treats them as
    clips: copies of test clips are trained on.
    """

    copies: int = Field(3, ge=0, le=100)  # Abstract: quadrupled; Section 2.5 contradicts it
    snr_low: int = 15  # dB; not in the paper
    snr_high: int = 29  # dB, may be drawn; not in the paper
    placement: Literal["train", "all_parts", "leaky_copies"] = "train"  # not in the paper, whose order is leaky_copies

    @model_validator(mode="after")
    def _ordered(self) -> "NoiseConfig":
        if self.snr_low > self.snr_high:
            raise ValueError(f"snr_low {self.snr_low} is above snr_high {self.snr_high}")
        if self.placement != "train" and not self.copies:
            raise ValueError(f"placement {self.placement} needs copies")
        return self


def add_noise(samples: Tensor, snr: float, generator: torch.Generator) -> Tensor:
    """`samples` (n,) plus white Gaussian noise at `snr` dB.

    y = x + g e, g = sqrt(mean(x^2) / mean(e^2) * 10^(-snr / 10)): the ratio holds exactly for the noise that was drawn.
    Power is taken over all n samples, padding zeros too, as in the code that An and Ruan 2021 descends from. Silence stays
    silence.
    """
    noise = torch.randn(samples.shape, generator=generator, dtype=samples.dtype)
    gain = (samples.square().mean() / noise.square().mean() * 10 ** (-snr / 10)).sqrt()
    return samples + gain * noise


def noisy_copies(samples: Tensor, config: NoiseConfig, generator: torch.Generator) -> Tensor:
    """(copies, n) of `samples` (n,), all at one SNR in whole dB, uniform on [snr_low, snr_high]."""
    snr = int(torch.randint(config.snr_low, config.snr_high + 1, (), generator=generator))
    noisy = [add_noise(samples, snr, generator) for _ in range(config.copies)]
    return torch.stack(noisy) if noisy else samples.new_zeros(0, len(samples))
