"""Every reference value comes from soundfile, soxr, wave or NumPy directly; files are made on the fly."""

import io
import os
import pickle
import struct
import tracemalloc
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serkit import audio
from serkit.audio import _decoder
from serkit.errors import (
    AudioError,
    AudioNotFound,
    AudioTooLong,
    EmptyAudio,
    InvalidSamples,
    NotAudio,
    TruncatedAudio,
    UnsupportedRate,
    UsageError,
)

FORMATS = {
    "pcm16.wav": {"format": "WAV", "subtype": "PCM_16"},
    "pcm24.wav": {"format": "WAV", "subtype": "PCM_24"},
    "float.wav": {"format": "WAV", "subtype": "FLOAT"},
    "big.wav": {"format": "RF64", "subtype": "PCM_16"},
    "motorola.wav": {"format": "WAV", "endian": "BIG"},
    "a.aiff": {"format": "AIFF"},
    "a.flac": {"format": "FLAC"},
    "a.ogg": {"format": "OGG"},
    "a.opus": {"format": "OGG", "subtype": "OPUS"},
    "a.mp3": {"format": "MP3"},
}
OPUS_RATES = (8000, 16000, 48000)


def speechlike(seconds, rate, channels=1, seed=0):
    """A noisy chord with a silence in it, below full scale."""
    generator = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * 220 * time) + 0.2 * np.sin(2 * np.pi * 1234.5 * time)
    samples = tone[:, None] + 0.05 * generator.standard_normal((len(time), channels))
    samples[len(time) // 3 : len(time) // 2] = 0
    return samples.astype(np.float32)


def write(path, samples, rate, **how):
    sf.write(path, samples, rate, **how)
    return path


def cut(path, keep):
    data = path.read_bytes()
    short = path.with_name(f"cut-{path.name}")
    short.write_bytes(data[:keep])
    return short


def mono(path):
    samples, rate = sf.read(path, dtype="float32", always_2d=True)
    return samples.mean(axis=1), rate


# What is read


CASES = [
    (name, rate, channels)
    for name in FORMATS
    for rate in (8000, 11025, 44100, 48000)
    for channels in (1, 2, 3)
    if (name != "a.opus" or rate in OPUS_RATES) and (name != "a.mp3" or channels < 3)
]


@pytest.mark.parametrize(("name", "rate", "channels"), CASES)
def test_reads_what_soundfile_and_soxr_read(tmp_path, name, rate, channels):
    path = write(tmp_path / name, speechlike(3.3, rate, channels), rate, **FORMATS[name])
    expected, _ = mono(path)

    whole = audio.read(path)
    assert whole.rate == rate
    assert whole.samples.dtype == np.float32
    # Equal rates: passed through, not resampled. mpg123 itself differs by a bit between two readings of one file.
    np.testing.assert_allclose(whole.samples, expected, rtol=0, atol=2e-7 if name == "a.mp3" else 0)

    resampled = audio.read(path, 16000)
    assert resampled.rate == 16000
    np.testing.assert_allclose(resampled.samples, soxr.resample(expected, rate, 16000, "HQ"), rtol=0, atol=1e-6)
    assert audio.info(path) == audio.Info(len(expected) / rate, rate, channels)


def test_read_is_the_concatenation_of_stream(tmp_path):
    path = write(tmp_path / "a.wav", speechlike(20, 44100, 2), 44100)
    chunks = list(audio.stream(path, 16000))
    assert len(chunks) > 5
    assert all(len(chunk) for chunk in chunks)
    np.testing.assert_array_equal(np.concatenate(chunks), audio.read(path, 16000).samples)


def test_pcm_as_the_wave_module_wrote_it(tmp_path):
    values = np.array([0, 1, -1, 16384, 32767, -32768], np.int16)
    with wave.open(str(tmp_path / "a.wav"), "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(values.tobytes())
    np.testing.assert_array_equal(audio.read(str(tmp_path / "a.wav")).samples, values.astype(np.float32) / 32768)


def test_channels_are_averaged_before_resampling(tmp_path):
    left = speechlike(1, 8000)
    path = write(tmp_path / "a.wav", np.hstack([left, -left]), 8000, subtype="FLOAT")
    assert not audio.read(path, 16000).samples.any()


@pytest.mark.parametrize("name", FORMATS)
def test_a_part(tmp_path, name):
    path = write(tmp_path / name, speechlike(8, 48000), 48000, **FORMATS[name])
    expected, _ = mono(path)
    part = audio.read(path, start=2.5, end=6.25).samples
    np.testing.assert_allclose(part, expected[120_000:300_000], rtol=0, atol=1e-5)
    np.testing.assert_allclose(audio.read(path, start=7.0).samples, expected[336_000:], rtol=0, atol=1e-5)
    np.testing.assert_allclose(audio.read(path, end=99.0).samples, expected, rtol=0, atol=1e-6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames=st.integers(1, 5000), first=st.integers(0, 5000), length=st.integers(1, 5000))
def test_any_part_of_any_length(tmp_path, frames, first, length):
    samples = np.linspace(-0.9, 0.9, frames, dtype=np.float32)
    path = write(tmp_path / "a.wav", samples, 8000, subtype="FLOAT")
    start, end = first / 8000, (first + length) / 8000
    if first >= frames:
        with pytest.raises(EmptyAudio, match="nothing is left"):
            audio.read(path, start=start, end=end)
    else:
        np.testing.assert_array_equal(audio.read(path, start=start, end=end).samples, samples[first : first + length])


@pytest.mark.parametrize(("start", "end"), [(-1, None), (1, 1), (2, 1), (float("nan"), None), (float("inf"), None)])
def test_parts_that_make_no_sense(tmp_path, start, end):
    path = write(tmp_path / "a.wav", speechlike(3, 8000), 8000)
    with pytest.raises(UsageError, match="makes no sense"):
        audio.read(path, start=start, end=end)


# Streams


@pytest.mark.parametrize("name", FORMATS)
def test_binary_streams(tmp_path, name):
    path = write(tmp_path / name, speechlike(2, 16000), 16000, **FORMATS[name])
    expected, _ = mono(path)
    np.testing.assert_allclose(audio.read(io.BytesIO(path.read_bytes())).samples, expected, rtol=0, atol=1e-6)


@pytest.mark.skipif(os.name != "posix", reason="needs a pipe with a path")
def test_pipes(tmp_path):
    path = write(tmp_path / "a.wav", speechlike(0.5, 16000), 16000)
    expected, _ = mono(path)
    for as_path in (False, True):
        reading, writing = os.pipe()
        os.write(writing, path.read_bytes())
        os.close(writing)
        with os.fdopen(reading, "rb") as source:
            got = audio.read(Path(f"/dev/fd/{reading}") if as_path else source)
        np.testing.assert_array_equal(got.samples, expected)


def test_the_name_of_a_stream_is_in_its_errors():
    class Named(io.BytesIO):
        name = "<stdin>"

    with pytest.raises(NotAudio, match=r"^<stdin>: "):
        audio.read(Named(b"no audio"))
    with pytest.raises(EmptyAudio, match=r"^<stream>: "):
        audio.read(io.BytesIO())


def test_a_recorder_that_never_wrote_the_length(tmp_path):
    path = write(tmp_path / "a.wav", speechlike(2, 16000), 16000)
    expected, _ = mono(path)
    data = bytearray(path.read_bytes())
    sizes = [
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x7FFFFFFF, 0x7FFFFFDB),
        (0x80000024, 0x80000000),
        (0x7FFFF024, 0x7FFFF000),
        (0, 0),
        (36, 0),
    ]
    for whole, samples in sizes:
        data[4:8], data[40:44] = struct.pack("<I", whole), struct.pack("<I", samples)
        np.testing.assert_array_equal(audio.read(io.BytesIO(bytes(data))).samples, expected, str((whole, samples)))


def test_flac_from_a_pipe_announces_no_length(tmp_path):
    path = write(tmp_path / "a.flac", speechlike(20, 16000), 16000)
    expected, _ = mono(path)
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0  # STREAMINFO: 36 bits of total samples
    data[22:26] = bytes(4)
    stream = bytes(data)
    np.testing.assert_array_equal(audio.read(io.BytesIO(stream)).samples, expected)
    np.testing.assert_array_equal(audio.read(io.BytesIO(stream), start=9.5, end=12).samples, expected[152_000:192_000])
    assert audio.info(io.BytesIO(stream)).duration == 20
    with pytest.raises(AudioTooLong, match="goes on"):
        audio.read(io.BytesIO(stream), limit=19.9)
    with pytest.raises(EmptyAudio):
        audio.read(io.BytesIO(stream), start=21)
    with pytest.raises(TruncatedAudio):
        audio.read(io.BytesIO(stream[: len(stream) // 2]))


def test_mp3_without_a_length(tmp_path):
    samples = np.concatenate([speechlike(20, 48000)[:, 0], np.zeros(480_000, np.float32)])
    for mode in ("CONSTANT", "VARIABLE"):
        path = write(tmp_path / "a.mp3", samples, 48000, format="MP3", bitrate_mode=mode, compression_level=0.5)
        data = path.read_bytes()
        bare = data[data.index(data[:2], 10) :]  # without its first frame, which holds the length
        assert audio.read(io.BytesIO(bare)).duration == pytest.approx(30, abs=0.05)
        joined = data + data
        with pytest.raises(NotAudio, match="goes on"):
            audio.read(io.BytesIO(joined))
        tagged = data + b"TAG" + bytes(125)
        assert audio.read(io.BytesIO(tagged)).duration == 30


# What is refused


def test_missing_and_unreadable(tmp_path):
    with pytest.raises(AudioNotFound, match="no such file"):
        audio.read(tmp_path / "none.wav")
    with pytest.raises(AudioNotFound, match="is a folder"):
        audio.read(tmp_path)
    with pytest.raises(AudioNotFound):
        audio.read("a\0b.wav")
    with pytest.raises(AudioNotFound):
        audio.read("x" * 5000)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    path = write(tmp_path / "a.wav", speechlike(1, 8000), 8000)
    path.chmod(0)
    with pytest.raises(AudioNotFound, match="Permission denied"):
        audio.read(path)


def test_a_refused_permission_is_named(tmp_path, monkeypatch):
    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "a.wav", speechlike(1, 8000), 8000)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AudioNotFound, match="Permission denied"):
        audio.read(path)


WHAT_IT_IS = {
    b"hello": "text",
    b"<html></html>": "an HTML page, not the file that was meant to be downloaded",
    b"\n<!DOCTYPE html><title>404</title>": "an HTML page",
    b'{"error": "not found"}': "JSON",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n": "a Git LFS pointer .* run 'git lfs pull'",
    "Erklärung".encode(): "text",
    "text".encode("utf-16"): "text",
    bytes(5000): "nothing but zero bytes",
    b"PK\3\4" + bytes(range(99)): "a zip archive",
    b"%PDF-1.7": "a PDF document",
    b"GIF89a" + bytes(100): "a GIF image",
    pickle.dumps(np.zeros(9)): "pickled",
    b"\x93NUMPY\1\0": "a NumPy array",
    b"\0\0\0\x18ftypM4A " + bytes(99): "MP4 .* libsndfile does not read; convert it first: ffmpeg -i ",
    b"\x1a\x45\xdf\xa3" + bytes(99): "WebM.*ffmpeg",
    b"#!AMR\n" + bytes(99): "AMR.*ffmpeg",
    b"\xff\xf1\x50\x80" + bytes(99): "AAC.*ffmpeg",
    b"RIFF\x99\0\0\0AVI LIST": "AVI film.*ffmpeg",
    b"OggS\0\2" + bytes(20) + b"\1\x50Speex   1.2": "Speex.*ffmpeg",
    bytes(range(128, 256)): "not audio that can be read; if .*ffmpeg",
}
"""The first bytes of files, and what is said of them."""


@pytest.mark.parametrize(("content", "message"), WHAT_IT_IS.items(), ids=range(len(WHAT_IT_IS)))
def test_what_is_no_audio_is_told_by_its_first_bytes(tmp_path, content, message):
    for name in ("a.wav", "a.mp3", "a.raw", "a.txt"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(NotAudio, match=message):
            audio.read(tmp_path / name)
    with pytest.raises(NotAudio, match=message):
        audio.read(io.BytesIO(content))


def test_the_command_that_converts_names_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = {
        "a.m4a": "ffmpeg -i a.m4a a.wav",
        "it's mine.m4a": """ffmpeg -i 'it'"'"'s mine.m4a' 'it'"'"'s mine.wav'""",
        "-a.m4a": "ffmpeg -i file:-a.m4a file:-a.wav",
        "a:b.m4a": "ffmpeg -i file:a:b.m4a file:a:b.wav",
        "a.wav": "ffmpeg -i a.wav a-converted.wav",
    }
    for name, command in commands.items():
        Path(name).write_bytes(b"\0\0\0\x18ftypM4A " + bytes(99))
        with pytest.raises(NotAudio) as caught:
            audio.info(name)
        assert str(caught.value).endswith(f"; convert it first: {command}")


@pytest.mark.parametrize("name", ["pcm16.wav", "float.wav", "motorola.wav", "a.aiff", "a.flac", "a.ogg"])
def test_empty(tmp_path, name):
    (tmp_path / "none.wav").write_bytes(b"")
    with pytest.raises(EmptyAudio, match="no bytes"):
        audio.read(tmp_path / "none.wav")
    path = write(tmp_path / name, np.zeros((0, 1), np.float32), 16000, **FORMATS[name])
    with pytest.raises(EmptyAudio if name != "a.flac" else (EmptyAudio, TruncatedAudio)):
        audio.read(path)


def test_an_empty_wav_with_a_chunk_behind_its_samples():
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" + bytes(4) + b"LIST\4\0\0\0abcd"
    with pytest.raises(EmptyAudio):
        audio.read(io.BytesIO(b"RIFF" + struct.pack("<I", len(body)) + body))


@pytest.mark.parametrize("name", FORMATS)
def test_truncated_anywhere(tmp_path, name):
    path = write(tmp_path / name, speechlike(6, 48000), 48000, **FORMATS[name])
    size, (expected, _) = path.stat().st_size, mono(path)
    generator = np.random.default_rng(0)
    places = [1, 3, 4, 8, 11, 12, 13, 20, 37, 43, 44, 45, size // 2, size - 1]
    places += [int(place) for place in generator.integers(1, size, 25)]
    for keep in places:
        with pytest.raises(AudioError) as caught:
            audio.read(cut(path, keep), 16000)
        assert isinstance(caught.value, TruncatedAudio | NotAudio), (keep, caught.value)
        if keep > 4096:
            assert isinstance(caught.value, TruncatedAudio), (keep, caught.value)
        assert "\n" not in str(caught.value)
    np.testing.assert_allclose(audio.read(path).samples, expected, rtol=0, atol=1e-6)


def test_truncated_wav_says_so_before_decoding(tmp_path):
    path = cut(write(tmp_path / "a.wav", speechlike(2, 16000), 16000), 30_000)
    with pytest.raises(TruncatedAudio, match="announces 64000 bytes of samples, the file holds 29956"):
        audio.info(path)
    with pytest.raises(TruncatedAudio):
        next(audio.stream(path))


@pytest.mark.parametrize("extra", [b"", b"a", b"ab", b"abc"])
def test_chunks_before_the_samples(tmp_path, extra):
    """Those of odd length are padded by one byte."""
    path = write(tmp_path / "a.wav", speechlike(1, 16000), 16000)
    expected, _ = mono(path)
    data = path.read_bytes()
    data = data[:36] + b"junk" + struct.pack("<I", len(extra)) + extra + bytes(len(extra) % 2) + data[36:]
    data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    np.testing.assert_array_equal(audio.read(io.BytesIO(data)).samples, expected)
    with pytest.raises(TruncatedAudio, match="cut short: its header announces 32000"):
        audio.read(io.BytesIO(data[:-1]))


def test_what_libsndfile_calls_back_never_raises():
    """A damaged header may point before the file's begin, and a disk may fail."""
    source = _decoder.Bytes(io.BytesIO(b"abc"))
    source.seek(-5, os.SEEK_SET)
    assert source.read(10) == b""

    class Failing(io.BytesIO):
        def readinto(self, *_arguments):
            raise OSError(5, "Input/output error")

    assert _decoder.Bytes(Failing(b"abc")).read(3) == b""


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that opens and cannot be read")
def test_a_disk_that_fails():
    with pytest.raises(AudioNotFound, match="cannot be read"):
        audio.read("/proc/self/mem")


def test_a_chunk_cut_behind_the_samples_does_not_matter(tmp_path):
    path = write(tmp_path / "a.wav", speechlike(1, 16000), 16000)
    expected, _ = mono(path)
    data = path.read_bytes() + b"LIST" + struct.pack("<I", 500) + b"INFO"
    np.testing.assert_array_equal(audio.read(io.BytesIO(data)).samples, expected)


def test_a_flac_damaged_inside(tmp_path):
    path = write(tmp_path / "a.flac", speechlike(30, 16000), 16000)
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes(20_000) + data[middle + 20_000 :])
    with pytest.raises(TruncatedAudio, match="beyond"):
        audio.read(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channel", [0, 1])
def test_nan_and_infinity(tmp_path, value, channel):
    samples = speechlike(10, 48000, 2)
    samples[300_000:, channel] = value
    path = write(tmp_path / "a.wav", samples, 48000, subtype="FLOAT")
    with pytest.raises(InvalidSamples, match=r"the first at 6\.250 s"):
        audio.read(path, 16000)
    with pytest.raises(InvalidSamples, match=r"the first at 6\.250 s"):
        audio.read(path, start=3.0)
    assert audio.read(path, end=6.25).duration == 6.25


def test_too_long_is_known_from_the_header(tmp_path):
    path = write(tmp_path / "a.wav", speechlike(5, 8000), 8000)
    with pytest.raises(AudioTooLong, match=r"5\.0 s to read, more than the limit of 4 s"):
        next(audio.stream(path, limit=4))
    assert audio.read(path, limit=5).duration == 5
    assert audio.read(path, start=2, limit=3).duration == 3
    assert audio.read(path, limit=float("inf")).duration == 5


def test_rates_out_of_range(tmp_path):
    path = write(tmp_path / "a.wav", speechlike(1, 8000), 8000)
    for rate in (0, -16000, 999, 768_001):
        with pytest.raises(UnsupportedRate, match="the rate asked for"):
            audio.read(path, rate)
    odd = write(tmp_path / "odd.wav", np.zeros(2000, np.float32), 500)
    with pytest.raises(UnsupportedRate, match="its sample rate is 500 Hz"):
        audio.read(odd)


@settings(max_examples=150, deadline=None)
@given(
    head=st.sampled_from(
        [
            b"",
            b"RIFF",
            b"RIFF\xff\xff\xff\xffWAVE",
            b"fLaC",
            b"OggS",
            b"ID3",
            b"FORM\0\0\1\0AIFF",
            b".snd",
            b"\xff\xfb\x90\x64",
            b"RF64",
        ]
    ),
    tail=st.binary(max_size=600),
)
def test_garbage(head, tail):
    try:
        audio.read(io.BytesIO(head + tail))
    except AudioError as error:
        assert "\n" not in str(error)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_raise_nothing_else_and_print_no_traceback(tmp_path, capfd, data):
    name = data.draw(st.sampled_from(sorted(FORMATS)))
    path = tmp_path / name
    if not path.exists():
        write(path, speechlike(0.5, 16000), 16000, **FORMATS[name])
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.one_of(st.integers(0, 64), st.integers(0, len(content) - 1)))
        content[place] = data.draw(st.integers(0, 255))
    try:
        chunks = audio.stream(io.BytesIO(bytes(content)), 8000, limit=60)
        assert all(np.isfinite(chunk).all() for chunk in chunks)
    except AudioError as error:
        assert "\n" not in str(error)
    assert "Traceback" not in "".join(capfd.readouterr())


def test_memory_does_not_grow_with_the_recording(tmp_path):
    def peak(seconds):
        path = tmp_path / f"{seconds}.wav"
        block = speechlike(10, 48000)[:, 0]
        with sf.SoundFile(path, "w", 48000, 1) as writer:
            for _ in range(seconds // 10):
                writer.write(block)
        tracemalloc.start()
        total, longest = 0, 0
        for chunk in audio.stream(path, 16000):
            total, longest = total + len(chunk), max(longest, len(chunk))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert total == seconds * 16000
        return longest, highest

    short, long = peak(60), peak(600)
    assert long[0] == short[0] < 16000 * 10
    assert long[1] < 1.1 * short[1] + 100_000
    assert long[1] < 10e6


# Finding files


def test_find(tmp_path):
    names = [
        "b/x.WAV",
        "b/c/y.Flac",
        "a.mp3",
        "z.ogg",
        "._a.wav",
        ".hidden/a.wav",
        "notes.txt",
        "b/._x.WAV",
        "wav",
        "a.wav.part",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = audio.find(tmp_path)
    assert found.unread == []
    assert [path.relative_to(tmp_path).as_posix() for path in found.recordings] == [
        "a.mp3",
        "b/c/y.Flac",
        "b/x.WAV",
        "z.ogg",
    ]
    with pytest.raises(AudioNotFound):
        audio.find(tmp_path / "nowhere")
    with pytest.raises(AudioNotFound):
        audio.find(tmp_path / "a.mp3")


HEADS = {
    "WAV": [b"RIFF....WAVE", b"RIFX....WAVE", b"RF64....WAVE"],
    "AIFF": [b"FORM....AIFF", b"FORM....AIFC"],
    "FLAC": [b"fLaC"],
    "Ogg": [b"OggS"],
    "MP3": [b"ID3\x04\0\0\0\0\0\0", b"\xff\xfb\x90\x64"],
    None: [b"", b"RIFF....AVI ", b"FORM....8SVX", b".snd", b"version http", b"\xff\xd8\xff\xe0"],
}
"""First bytes of files, as their formats' descriptions have them."""


@pytest.mark.parametrize(("container", "head"), [(name, head) for name, heads in HEADS.items() for head in heads])
def test_a_file_under_the_ending_of_another_container(tmp_path, container, head):
    own = {"WAV": ".Wave", "AIFF": ".AIF", "FLAC": ".flac", "Ogg": ".opus", "MP3": ".mp3", None: ".wav"}
    for name, ending in own.items():
        path = tmp_path / f"x{ending}"
        path.write_bytes(head + (b"" if len(head) == 12 else bytes(20)))
        tagged_flac = head[:3] == b"ID3" and name == "FLAC"  # some programs write such a tag before a FLAC
        fits = name == container or tagged_flac or {name, container} == {"WAV", None}
        assert audio.misnamed(path) == (None if fits else container)


def test_a_file_that_cannot_be_opened_is_not_misnamed(tmp_path):
    assert audio.misnamed(tmp_path / "nowhere.wav") is None
