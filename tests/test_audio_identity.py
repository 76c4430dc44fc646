"""Which recording a file holds: equal samples are one, whatever the file is called and whichever lossless container it is."""

import hashlib

import numpy as np
import pytest
import soundfile as sf

from serkit.audio.identity import identity
from serkit.errors import EmptyAudio

NOISE = np.random.default_rng(0).integers(-20000, 20000, 300_000).astype(np.int16)


def test_the_hash_of_the_samples_as_16_bits(tmp_path):
    sf.write(tmp_path / "a.wav", NOISE, 16000, subtype="PCM_16")
    assert identity(tmp_path / "a.wav") == hashlib.blake2b(NOISE.astype("<i2").tobytes(), digest_size=8).digest()


def test_the_container_does_not_matter(tmp_path):
    sf.write(tmp_path / "a.wav", NOISE, 16000, subtype="PCM_16")
    sf.write(tmp_path / "a.flac", NOISE, 16000, subtype="PCM_16")
    sf.write(tmp_path / "a24.aiff", NOISE, 16000, subtype="PCM_24")
    sf.write(tmp_path / "float.wav", NOISE / np.float32(32768), 16000, subtype="FLOAT")
    assert len({identity(path) for path in tmp_path.iterdir()}) == 1


@pytest.mark.parametrize("change", [lambda x: x[:-1], lambda x: x // 2, lambda x: x[::-1], lambda x: np.stack([x, x // 2], 1)])
def test_other_samples_are_another_recording(tmp_path, change):
    sf.write(tmp_path / "a.wav", NOISE, 16000, subtype="PCM_16")
    sf.write(tmp_path / "b.wav", change(NOISE), 16000, subtype="PCM_16")
    assert identity(tmp_path / "a.wav") != identity(tmp_path / "b.wav")


def test_both_channels_alike_are_one(tmp_path):
    sf.write(tmp_path / "a.wav", NOISE, 16000, subtype="PCM_16")
    sf.write(tmp_path / "b.wav", np.stack([NOISE, NOISE], 1), 16000, subtype="PCM_16")
    assert identity(tmp_path / "a.wav") == identity(tmp_path / "b.wav")


def test_what_is_no_recording_is_an_error(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(EmptyAudio, match=r"a\.wav"):
        identity(tmp_path / "a.wav")
