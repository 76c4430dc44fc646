"""Sounds behind the speech: white, pink, a babble of other voices, or recordings from a folder, at a signal-to-noise ratio."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Generator, Tensor

from serkit import audio
from serkit.augment.base import Range, fitted, uniform
from serkit.errors import UsageError
from serkit.types import Utterance

SOUNDS = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif")


class Background(Range):
    """Noise at `low` to `high` dB below the speech, powers taken over the whole window."""

    type: Literal["background"] = "background"
    kind: Literal["white", "pink", "babble", "folder"]
    low: float = Field(5.0, ge=-60, le=120)  # dB
    high: float = Field(20.0, ge=-60, le=120)  # dB
    voices: int = Field(5, ge=1, le=100)  # of a babble
    folder: str | None = None  # of recordings, where kind is folder

    @model_validator(mode="after")
    def _folder_where_asked(self) -> "Background":
        if (self.kind == "folder") != (self.folder is not None):
            raise ValueError("a folder of recordings belongs to kind folder, and to no other")
        return self


def add(samples: Tensor, config: Background, rate: int, speech: Sequence[Utterance], generator: Generator) -> Tensor:
    """`samples` (n,) with noise behind them. Silence stays silence; so does speech without anything to put behind it."""
    ratio = config.draw(generator)
    noise = _noise(len(samples), config, rate, speech, generator)
    power = noise.square().mean()
    if not power > 0:
        return samples
    gain = (samples.square().mean() / power * 10 ** (-ratio / 10)).sqrt()
    return samples + gain * noise


def _noise(n: int, config: Background, rate: int, speech: Sequence[Utterance], generator: Generator) -> Tensor:
    match config.kind:
        case "white":
            return torch.randn(n, generator=generator)
        case "pink":
            return pink(n, generator)
        case "babble":
            return babble(n, config.voices, rate, speech, generator)
        case "folder":
            assert config.folder is not None  # the config says so
            paths = recordings(config.folder)
            return _part(paths[_below(len(paths), generator)], n, rate, generator)


def pink(n: int, generator: Generator) -> Tensor:
    """Noise (n,) whose power falls by 3 dB an octave: white noise, its spectrum divided by the root of the frequency."""
    spectrum = torch.fft.rfft(torch.randn(n, generator=generator))
    noise: Tensor = torch.fft.irfft(spectrum / torch.arange(len(spectrum)).clamp(min=1).sqrt(), n=n)
    return noise


def babble(n: int, voices: int, rate: int, speech: Sequence[Utterance], generator: Generator) -> Tensor:
    """Excerpts (n,) of that many of the utterances on top of each other, each as loud as the others."""
    total = torch.zeros(n)
    for _ in range(voices if speech else 0):
        chosen = speech[_below(len(speech), generator)]
        waveform = audio.read(chosen.path, rate, start=chosen.start, end=chosen.end)
        voice = _excerpt(torch.from_numpy(waveform.samples), n, generator)
        total += voice / voice.square().mean().clamp(min=1e-12).sqrt()
    return total


@lru_cache(maxsize=8)
def recordings(folder: str) -> tuple[Path, ...]:
    """All recordings below a folder, in the order of their names. Raises UsageError where there are none."""
    found = tuple(sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in SOUNDS and path.is_file()))
    if not found:
        raise UsageError(f"{folder}: no recordings in this folder ({', '.join(SOUNDS)})")
    return found


def _part(path: Path, n: int, rate: int, generator: Generator) -> Tensor:
    """A part (n,) of a recording that may be hours long; only what is heard is read."""
    duration, seconds = audio.info(path).duration, n / rate
    if duration <= 2 * seconds:
        return _excerpt(torch.from_numpy(audio.read(path, rate).samples), n, generator)
    start = uniform(0, duration - seconds - 0.1, generator)
    return fitted(torch.from_numpy(audio.read(path, rate, start=start, end=start + seconds + 0.1).samples), n)


def _excerpt(samples: Tensor, n: int, generator: Generator) -> Tensor:
    """A part (n,) that begins anywhere, the recording from its start again where it ends before."""
    first = _below(max(1, len(samples)), generator)
    return samples[torch.from_numpy(np.arange(first, first + n) % len(samples))]


def _below(n: int, generator: Generator) -> int:
    return int(torch.randint(n, (), generator=generator))
