"""Equal samples are one recording, whatever the file is called."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit.audio.identity import identity
from serkit.errors import NotAudio

CLIP = sorted((Path(__file__).parents[2] / "data" / "emodb" / "wav").glob("*.flac"))[7]


def test_the_hash_of_the_samples_as_16_bits():
    samples, _ = sf.read(CLIP, dtype="int16")
    assert identity(CLIP) == hashlib.blake2b(samples.astype("<i2").tobytes(), digest_size=8).digest()


def test_lossless_copies_are_equal_and_others_are_not(tmp_path):
    samples, rate = sf.read(CLIP, dtype="int16")
    wanted = identity(CLIP)
    for name, subtype in (("copy.wav", "PCM_16"), ("deep.wav", "PCM_24"), ("float.wav", "FLOAT"), ("copy.aiff", None)):
        sf.write(tmp_path / name, samples / 32768 if subtype == "FLOAT" else samples, rate, subtype)
        assert identity(tmp_path / name) == wanted, name
    sf.write(tmp_path / "stereo.wav", np.stack([samples, samples], 1), rate)
    assert identity(tmp_path / "stereo.wav") == wanted
    changed = samples.copy()
    changed[1000] += 1
    for name, other in (("one.wav", changed), ("cut.wav", samples[:-1]), ("half.wav", samples // 2)):
        sf.write(tmp_path / name, other, rate)
        assert identity(tmp_path / name) != wanted, name


def test_what_is_no_recording_raises(tmp_path):
    (tmp_path / "x.wav").write_text("a text")
    with pytest.raises(NotAudio):
        identity(tmp_path / "x.wav")
