"""Recordings that no damage makes: strange sounds, strangers under the names of recordings, strange names, strange files."""

import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from mutations import places, strangers
from mutations.containers import BY_NAME, CONTAINERS, Sound, chord, clip
from mutations.mutation import Rng
from mutations.odd import Odd, written

WAV, FLOATS = BY_NAME["wav"], BY_NAME["wav of floats"]


@cache
def all_of_them() -> tuple[Odd, ...]:
    """Every oddity, kinds mixed so that the first few show each. New ones belong at the end of their list."""
    lists = [_sounds(), strangers.all_of_them(), places.names(), places.files(), _shapes()]
    longest = max(map(len, lists))
    return tuple(each[turn] for turn in range(longest) for each in lists if turn < len(each))


def _floats(name: str, change: Callable[[Rng, Sound], Sound], rate: int = 16000) -> Odd:
    return written(f"float wav/{name}", lambda rng: FLOATS.write(change(rng, clip().copy()), rate))


def _one(value: float) -> Callable[[Rng, Sound], Sound]:
    """A clip with one sample of that value."""

    def change(rng: Rng, sound: Sound) -> Sound:
        sound[int(rng.integers(len(sound))), 0] = value
        return sound

    return change


def _sounds() -> list[Odd]:
    full = partial(np.full, (16000, 1))
    return [
        _floats("1e30 times as loud", lambda _, sound: sound * 1e30),
        _floats("digital silence", lambda _, sound: sound * 0),
        _floats("one NaN", _one(np.nan)),
        _floats("one infinite sample", _one(-np.inf)),
        _floats("one sample of 1e38", _one(1e38)),
        _floats("as of 16 bits, never divided", lambda _, sound: np.round(sound * 32767)),
        _floats("direct current of 0.5", lambda *_: full(0.5)),
        _floats("direct current of 1", lambda *_: full(1.0)),
        _floats("noise at -90 dB", lambda rng, sound: 10**-4.5 * rng.standard_normal(sound.shape)),
        _floats("denormal samples", lambda rng, sound: 1e-41 * rng.standard_normal(sound.shape)),
        _floats("all NaN", lambda *_: full(np.nan)),
        _floats("all 3e38", lambda *_: full(3e38)),
        _floats("clipped", lambda _, sound: np.clip(100 * sound, -1, 1)),
        _floats("clipped beyond full scale", lambda _, sound: np.clip(100 * sound, -4, 4)),
        _floats("two channels that cancel", lambda _, sound: np.hstack([sound, -sound])),
        _floats("one of 8 channels not silent", lambda _, sound: np.hstack([sound, np.zeros((len(sound), 7))])),
        _floats("a pause of 20 s around a word", lambda _, sound: np.vstack([np.zeros((320_000, 1)), sound])),
        _floats("one impulse", lambda _, sound: np.eye(len(sound), 1)),
        _floats("1e-30 times as loud", lambda _, sound: sound * 1e-30),
        _floats("white noise", lambda rng, sound: rng.uniform(-1, 1, sound.shape)),
        _floats("a chord", lambda *_: chord(16000)),
        _floats("only silence, negative zeros", lambda *_: full(-0.0)),
        _floats("a NaN in the second channel", lambda _, sound: np.hstack([sound, full(np.nan)])),
        _floats("infinities of both signs that meet in the mean", lambda *_: np.hstack([full(np.inf), full(-np.inf)])),
        _floats("largest floats in two channels", lambda *_: np.repeat(full(3.4e38), 2, axis=1)),
    ]


def _shapes() -> list[Odd]:
    """Numbers of channels, rates and lengths."""
    found = [written(f"wav/{each} channels", partial(_of_channels, each)) for each in (3, 32, 6, 33, 255, 1024)]
    rates = (1, 999, 1000, 8000, 11_025, 384_000, 768_000, 768_001, 2_000_000, 2**31 - 1)
    found += [written(f"wav/rate of {each} Hz", lambda _, rate=each: WAV.write(clip(), rate)) for each in rates]
    for container in CONTAINERS[:7]:
        for length in (0, 1, 100):
            data = partial(lambda which, samples, _: which.write(clip()[:samples], 16000), container, length)
            found.append(written(f"{container.name}/{length} samples", data, f"clip.{container.ending}"))
    long = partial(lambda minutes, _: BY_NAME["wav of mu-law"].write(np.tile(clip(), (60 * minutes, 1)), 16000), 10)
    found.append(written("wav of mu-law/10 minutes", long))
    found.append(Odd("wav/5 minutes of 8 channels at 192 kHz", partial(_holes, 8, 192_000, 300)))
    found.append(Odd("wav/half an hour of one channel at 8 kHz", partial(_holes, 1, 8000, 1800)))
    found.append(
        written(
            "flac/20 minutes of zeros", lambda _: BY_NAME["flac"].write(np.zeros((1200 * 16000, 1), np.int16), 16000), "x.flac"
        )
    )
    return found


def _of_channels(channels: int, _: Rng) -> bytes:
    return WAV.write(np.repeat(clip()[:4000], channels, axis=1), 16000)


def _holes(channels: int, rate: int, seconds: int, folder: Path, _: Rng) -> str:
    """A WAV of zeros that takes no room on the disk."""
    path = folder / "long.wav"
    head = WAV.write(np.zeros((1, channels)), rate)[:44]
    size = 2 * channels * rate * seconds
    path.write_bytes(head[:4] + (size + 36).to_bytes(4, "little") + head[8:40] + size.to_bytes(4, "little"))
    os.truncate(path, 44 + size)
    return str(path)
