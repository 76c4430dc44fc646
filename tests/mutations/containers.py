"""Sounds, and whole files of them in every container, the same bytes at each call."""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf

from mutations import ogg
from mutations.mutation import Rng

Sound = npt.NDArray[np.float64]
"""Samples (n, channels), full scale 1."""

CLIP = Path(__file__).parents[2] / "data" / "emodb" / "wav" / "03a01Wa.flac"
"""A real recording, 16 kHz."""


@dataclass(frozen=True, slots=True)
class Container:
    """A way to write a file: soundfile's words for it, and the ending that it has."""

    name: str
    ending: str
    format: str
    subtype: str
    endian: str = "FILE"

    def write(self, sound: Sound, rate: int) -> bytes:
        """The file, without the time and the random numbers that libsndfile puts into some."""
        with io.BytesIO() as stream:
            mode = "VARIABLE" if self.name.startswith("mp3 of variable") else "CONSTANT"
            how = (
                {"bitrate_mode": mode, "compression_level": 0.5} if self.format == "MP3" else {}
            )  # without a level no mode counts
            sound = sound[:, :1] if self.subtype == "GSM610" else sound  # it knows one channel
            sf.write(stream, sound, rate, format=self.format, subtype=self.subtype, endian=self.endian, **how)
            data = stream.getvalue()
        if self.format == "OGG":
            return ogg.with_serial(data, 1)
        if self.name.endswith("without a Xing header"):
            return data[mpeg_frame(data, 0) :]
        return _timeless(data)

    def rate(self, wanted: int) -> int:
        """The rate that it can have nearest to the one wanted."""
        if self.subtype in ("OPUS", "GSM610"):
            return 8000 if wanted < 12000 else 16000 if wanted < 40000 or self.subtype == "GSM610" else 48000
        return wanted


CONTAINERS = (
    Container("wav", "wav", "WAV", "PCM_16"),
    Container("flac", "flac", "FLAC", "PCM_16"),
    Container("ogg vorbis", "ogg", "OGG", "VORBIS"),
    Container("mp3", "mp3", "MP3", "MPEG_LAYER_III"),
    Container("aiff", "aiff", "AIFF", "PCM_16"),
    Container("wav of floats", "wav", "WAV", "FLOAT"),
    Container("opus", "opus", "OGG", "OPUS"),
    Container("mp3 of variable bit rate", "mp3", "MP3", "MPEG_LAYER_III"),
    Container("wav of 24 bits", "wav", "WAV", "PCM_24"),
    Container("au", "au", "AU", "PCM_16"),
    Container("wav of 8 bits", "wav", "WAV", "PCM_U8"),
    Container("mp3 of variable bit rate without a Xing header", "mp3", "MP3", "MPEG_LAYER_III"),
    Container("rf64", "rf64", "RF64", "PCM_16"),
    Container("wav of mu-law", "wav", "WAV", "ULAW"),
    Container("w64", "w64", "W64", "PCM_16"),
    Container("caf", "caf", "CAF", "PCM_16"),
    Container("wav of 32 bits", "wav", "WAV", "PCM_32"),
    Container("extensible wav", "wav", "WAVEX", "PCM_16"),
    Container("flac of 24 bits", "flac", "FLAC", "PCM_24"),
    Container("wav of A-law", "wav", "WAV", "ALAW"),
    Container("wav of doubles", "wav", "WAV", "DOUBLE"),
    Container("voc", "voc", "VOC", "PCM_16"),
    Container("nist", "nist", "NIST", "PCM_16"),
    Container("wav of IMA ADPCM", "wav", "WAV", "IMA_ADPCM"),
    Container("wav of MS ADPCM", "wav", "WAV", "MS_ADPCM"),
    Container("big-endian wav", "wav", "WAV", "PCM_16", "BIG"),
    Container("aiff of floats", "aifc", "AIFF", "FLOAT"),
    Container("au of mu-law", "au", "AU", "ULAW"),
    Container("wav of GSM", "wav", "WAV", "GSM610"),
    Container("caf of ALAC", "caf", "CAF", "ALAC_16"),
)

BY_NAME = {each.name: each for each in CONTAINERS}


@cache
def clip() -> Sound:
    """A second of a real recording at 16 kHz."""
    samples, _ = sf.read(CLIP, always_2d=True)
    return np.asarray(samples[3000:19000])


def chord(rate: int, seconds: float = 1.0) -> Sound:
    """Three tones with a pause in them."""
    time = np.arange(round(seconds * rate)) / rate
    sound = sum(0.2 * np.sin(2 * np.pi * pitch * time) for pitch in (170.0, 510.0, 1234.5)) * (
        0.3 + 0.7 * np.cos(9 * time) ** 2
    )
    sound[len(time) // 3 : len(time) // 2] = 0
    return np.asarray(sound)[:, None]


def sound_of(rng: Rng) -> tuple[Sound, int]:
    """A real or a synthetic sound in one or two channels, and its rate."""
    rate = int(rng.choice([16000, 16000, 8000, 44100]))
    mono = clip() if rate == 16000 and rng.random() < 0.7 else chord(rate)
    return np.repeat(mono, int(rng.choice([1, 1, 2])), axis=1), rate


def mpeg_frame(data: bytes, at: int) -> int:
    """The end of the layer III frame that begins there."""
    version, bits, rate = data[at + 1] >> 3 & 3, data[at + 2] >> 4, data[at + 2] >> 2 & 3
    whole = version == 3  # MPEG 1
    kilobits = (
        (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
        if whole
        else (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
    )[bits]
    hertz = (44100, 48000, 32000, 1)[rate] // {3: 1, 2: 2, 0: 4, 1: 1}[version]
    return at + (144 if whole else 72) * kilobits * 1000 // hertz + (data[at + 2] >> 1 & 1)


def _timeless(data: bytes) -> bytes:
    """The bytes with the time of the peak's writing set to 0."""
    at = data.find(b"PEAK", 0, 4096)
    if at < 0:
        return data
    begin = at + 12 if data[:4] != b"riff" else at + 28
    return data[:begin] + b"\0\0\0\0" + data[begin + 4 :]
