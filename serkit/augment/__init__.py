"""Augmentation of samples and of features, every number of it drawn from a generator that the caller gives."""

from collections.abc import Sequence
from typing import Annotated

import torch
from pydantic import Field, model_validator
from torch import Generator, Tensor

from serkit.augment import background, channel, pace, room
from serkit.augment.background import Background
from serkit.augment.base import fitted
from serkit.augment.channel import BandLimit, Gain, Telephone
from serkit.augment.frames import SpecAugment, mask, mix
from serkit.augment.noise import NoiseConfig, add_noise, noisy_copies
from serkit.augment.pace import PitchShift, Speed
from serkit.augment.room import Room
from serkit.config import Config
from serkit.types import Utterance

__all__ = [
    "AnyTransform",
    "Augmentation",
    "Background",
    "BandLimit",
    "Gain",
    "NoiseConfig",
    "PitchShift",
    "Room",
    "SpecAugment",
    "Speed",
    "Telephone",
    "add_noise",
    "augment",
    "babbles",
    "folders",
    "mask",
    "mix",
    "noisy_copies",
]

VERSION = 1
"""Raised whenever the same settings and generator of any change give other samples."""

AnyTransform = Annotated[Background | Speed | PitchShift | Room | Gain | BandLimit | Telephone, Field(discriminator="type")]
"""Any change to samples; `type` tells which."""


class Augmentation(Config):
    """What training items go through. Validation and test items go through nothing of it.

    `copies` of each training window are made once, by the transforms of `fixed` one after the other, and stand behind it in
    every epoch. The transforms of `fresh` change every training item anew in each epoch. `spec_augment` and `mixup` (the
    alpha of its Beta distribution) change normalized features, always anew.
    """

    copies: int = Field(0, ge=0, le=100)
    fixed: tuple[AnyTransform, ...] = ()
    fresh: tuple[AnyTransform, ...] = ()
    spec_augment: SpecAugment | None = None
    mixup: float | None = Field(None, gt=0, le=100)

    @model_validator(mode="after")
    def _copies_are_changed(self) -> "Augmentation":
        if bool(self.copies) != bool(self.fixed):
            raise ValueError("copies and the fixed transforms that make them belong together")
        return self


def babbles(transforms: Sequence[AnyTransform]) -> bool:
    """Whether other training utterances are heard in what they make."""
    return any(isinstance(each, Background) and each.kind == "babble" for each in transforms)


def folders(transforms: Sequence[AnyTransform]) -> list[tuple[str, int]]:
    """Names below their folder, and sizes, of all recordings that are heard in what they make; sizes stand for the audio.

    Raises UsageError where a folder has none.
    """
    named = [folder for each in transforms if (folder := getattr(each, "folder", None))]
    return [
        (path.relative_to(folder).as_posix(), path.stat().st_size) for folder in named for path in background.recordings(folder)
    ]


def augment(
    samples: Tensor, transforms: Sequence[AnyTransform], rate: int, speech: Sequence[Utterance], generator: Generator
) -> Tensor:
    """`samples` (n,) at `rate` Hz through the transforms, each with its probability: (n,).

    `speech` is what a babble is made of: training utterances alone. Where speed makes the samples fewer, zeros follow; where
    it makes them more, the last ones are cut.
    """
    for each in transforms:
        if each.probability < 1 and float(torch.rand((), generator=generator)) >= each.probability:
            continue
        samples = fitted(_changed(samples, each, rate, speech, generator), len(samples))
    return samples


def _changed(  # noqa: PLR0911 - one return a transform
    samples: Tensor, config: AnyTransform, rate: int, speech: Sequence[Utterance], generator: Generator
) -> Tensor:
    match config:
        case Background():
            return background.add(samples, config, rate, speech, generator)
        case Speed():
            return pace.change_speed(samples, config, rate, generator)
        case PitchShift():
            return pace.shift_pitch(samples, config, rate, generator)
        case Room():
            return room.reverberate(samples, config, rate, generator)
        case Gain():
            return channel.change_gain(samples, config, generator)
        case BandLimit():
            return channel.limit_band(samples, config, rate, generator)
        case Telephone():
            return channel.telephone(samples, config, rate, generator)
