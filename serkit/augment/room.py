"""Speech in a room: synthetic ones, or impulse responses from a folder.

J. B. Allen, D. A. Berkley: "Image method for efficiently simulating small-room acoustics", JASA 65 (1979), 943-950.
"""

from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field, model_validator
from torch import Generator, Tensor

from serkit import audio
from serkit.augment.background import recordings
from serkit.augment.base import Transform, uniform

SOUND = 343.0  # m/s
LOWEST = 80.0  # Hz
Floats = npt.NDArray[np.float64]


class Room(Transform):
    """One of `rooms` shoebox rooms, the same ones in every training, or of the impulse responses in `folder`."""

    type: Literal["room"] = "room"
    rooms: int = Field(32, ge=1, le=200)
    reverberation_low: float = Field(0.2, ge=0.1, le=1)  # s, the time in which sound falls by 60 dB
    reverberation_high: float = Field(0.6, ge=0.1, le=1)  # s
    folder: str | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Room":
        if self.reverberation_low > self.reverberation_high:
            raise ValueError("reverberation_low is above reverberation_high")
        return self


def reverberate(samples: Tensor, config: Room, rate: int, generator: Generator) -> Tensor:
    """`samples` (n,) in a room: (n,). The direct sound keeps its time and its strength."""
    if config.folder:
        paths = recordings(config.folder)
        path = paths[int(torch.randint(len(paths), (), generator=generator))]
        response = direct_first(audio.read(path, rate).samples.astype(np.float64))
    else:
        response = _rooms(config, rate)[int(torch.randint(config.rooms, (), generator=generator))]
    n_fft = 1 << (len(samples) + len(response) - 2).bit_length()
    product = torch.fft.rfft(samples, n_fft) * torch.fft.rfft(torch.from_numpy(response).to(samples.dtype), n_fft)
    heard: Tensor = torch.fft.irfft(product, n_fft)[: len(samples)]
    return heard


def direct_first(response: Floats) -> Floats:
    """An impulse response that begins with its direct sound, which has the strength 1; silence becomes an impulse."""
    loudest = int(np.abs(response).argmax())
    if response[loudest] == 0:
        return np.ones(1)
    first: Floats = response[loudest:] / response[loudest]
    return first


@lru_cache(maxsize=4)
def _rooms(config: Room, rate: int) -> tuple[Floats, ...]:
    """The synthetic rooms of a configuration: of 3 to 8 m, speaker and microphone 0.5 to 2.5 m apart."""
    generator = torch.Generator().manual_seed(1979)
    return tuple(_synthetic(config, rate, generator) for _ in range(config.rooms))


def _synthetic(config: Room, rate: int, generator: Generator) -> Floats:
    size = np.array([uniform(3, 8, generator), uniform(3, 8, generator), uniform(2.4, 3.5, generator)])
    speaker = np.array([uniform(0.5, side - 0.5, generator) for side in size])
    microphone = speaker
    while not 0.5 <= np.linalg.norm(microphone - speaker) <= 2.5:
        microphone = np.array([uniform(0.3, side - 0.3, generator) for side in size])
    seconds = uniform(config.reverberation_low, config.reverberation_high, generator)
    import scipy.signal  # here, since it takes half a second that others need not wait for

    response = image_source(size, speaker, microphone, seconds, rate)
    # All images have one sign, so that they add up at 0 Hz as no room lets them: Allen and Berkley's high-pass.
    return direct_first(scipy.signal.sosfilt(scipy.signal.butter(2, LOWEST, "highpass", fs=rate, output="sos"), response))


def image_source(size: Floats, source: Floats, microphone: Floats, seconds: float, rate: int) -> Floats:
    """The impulse response of a shoebox room `size` (3,) in m, whose walls let sound fall by 60 dB in `seconds` (Eyring).

    Images are followed until 40 dB are lost: what comes after is not heard behind speech.
    """
    volume, surface = float(size.prod()), 2 * float(size[0] * size[1] + size[0] * size[2] + size[1] * size[2])
    reflection = np.exp(-12 * np.log(10) / SOUND * volume / surface / seconds)  # of sound pressure, one for all walls
    reach = SOUND * seconds * 40 / 60  # m
    distances, bounces = [], []
    for side, own, ear in zip(size, source, microphone, strict=True):
        number = np.arange(-int(reach / (2 * side)) - 1, int(reach / (2 * side)) + 2)
        distances.append(np.concatenate([own + 2 * number * side - ear, -own + 2 * number * side - ear]))
        bounces.append(np.concatenate([np.abs(2 * number), np.abs(2 * number - 1)]))
    squares = sum(np.ix_(*(each**2 for each in distances)))
    walls = sum(np.ix_(*bounces))
    distance = np.sqrt(np.asarray(squares)).ravel()
    heard = distance < reach
    strength = reflection ** np.asarray(walls).ravel()[heard] / np.maximum(distance[heard], 0.1)
    response: Floats = np.bincount(np.rint(distance[heard] / SOUND * rate).astype(np.int64), weights=strength).astype(
        np.float64
    )
    return response
