"""Files, pipes, devices and streams as callers have them, and what is none of these."""

import io
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit import audio
from serkit.audio import _sources
from serkit.errors import AudioError, AudioNotFound, AudioTooLong, EmptyAudio, NotAudio, UnsupportedRate, UsageError

posix = pytest.mark.skipif(os.name != "posix", reason="needs named pipes")


def wav(seconds=1.0, rate=16000, channels=1, **how):
    made = io.BytesIO()
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (round(seconds * rate), channels))
    sf.write(made, samples, rate, **{"format": "WAV"} | how)
    return made.getvalue()


class Endless(io.RawIOBase):
    """A stream without an end that counts what is taken of it: `head`, then one byte again and again."""

    def __init__(self, head=b"", then=b"\0"):
        self.head, self.then, self.taken = head, then, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        data = (self.head[self.taken : self.taken + len(buffer)]).ljust(len(buffer), self.then)
        buffer[:] = data
        self.taken += len(buffer)
        return len(buffer)


# Streams


@pytest.mark.parametrize("head", [np.random.default_rng(3).bytes(10_000), b"", b"<html>" + b" " * 10_000, b"word " * 5000])
def test_a_stream_that_is_no_audio_is_refused_by_its_first_bytes(head):
    source = Endless(head)
    with pytest.raises(NotAudio):
        audio.read(source)
    assert source.taken <= 2**14


def test_a_stream_without_an_end_is_bounded_by_the_limit():
    header = wav(0.1)[:40] + b"\xff\xff\xff\xff"
    for limit, most in ((1, 1 * 32_000), (600, 600 * 32_000)):
        source = Endless(header)
        with pytest.raises(AudioTooLong, match="raise the limit"):
            audio.read(source, limit=limit)
        assert source.taken < most + 2**26 + 2**21
    mp3 = Endless(wav(5, format="MP3"))
    with pytest.raises(AudioTooLong):
        audio.read(mp3, limit=10)
    assert mp3.taken < 2**27


def test_a_stream_as_long_as_the_limit_is_read():
    data = wav(8, 192_000, 8, subtype="DOUBLE")
    assert audio.read(io.BytesIO(data), limit=8).duration == 8
    assert audio.read(io.BytesIO(data), start=5, limit=3).duration == 3


def test_a_stream_that_gives_a_little_at_a_time():
    class Slow(io.RawIOBase):
        def __init__(self, data):
            self.inner = io.BytesIO(data)

        def read(self, count=-1):
            return self.inner.read(min(count, 7) if count > 0 else count)

    expected = audio.read(io.BytesIO(wav())).samples
    np.testing.assert_array_equal(audio.read(Slow(wav())).samples, expected)


def test_a_stream_is_read_from_where_it_stands():
    stream = io.BytesIO(b"before" + wav())
    stream.seek(6)
    assert audio.read(stream).duration == 1


def test_a_stream_that_fails():
    class Failing(io.RawIOBase):
        name = "the network"

        def read(self, _count=-1):
            raise ConnectionResetError(104, "Connection reset by peer")

    with pytest.raises(AudioNotFound, match=r"the network: cannot be read .Connection reset"):
        audio.read(Failing())


# Named pipes and devices


@posix
@pytest.mark.parametrize("wait", [0.0, 0.4])
@pytest.mark.parametrize("before", [False, True])
def test_a_named_pipe_whose_writer_takes_its_time(tmp_path, wait, before):
    """The writer opens the pipe late, or opens it and writes late."""
    path, data = tmp_path / "pipe", wav(3)
    os.mkfifo(path)

    def write():
        if not before:
            time.sleep(wait)
        with path.open("wb") as file:
            if before:
                time.sleep(wait)
            file.write(data[:70_000])
            file.flush()
            time.sleep(0.05)
            file.write(data[70_000:])

    writer = threading.Thread(target=write)
    writer.start()
    got = audio.read(path).samples
    writer.join()
    np.testing.assert_array_equal(got, audio.read(io.BytesIO(data)).samples)


@posix
def test_a_named_pipe_to_which_nobody_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(_sources, "WAIT_SECONDS", 0.1)
    os.mkfifo(tmp_path / "pipe")
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(AudioNotFound, match=r"pipe: nobody writes to this pipe \(waited 0.1 s\)"):
        audio.read(tmp_path / "pipe")
    assert len(list(Path("/dev/fd").iterdir())) == before


@posix
def test_a_named_pipe_with_garbage(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(b"no audio"))
    writer.start()
    with pytest.raises(NotAudio, match="text"):
        audio.info(tmp_path / "pipe")
    writer.join()


@posix
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/null", "/dev/urandom"])
def test_devices(device):
    with pytest.raises(AudioNotFound, match=f"^{device}: is a device or a socket; name a file"):
        audio.read(device)


@posix
def test_a_socket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.wav")
        with pytest.raises(AudioNotFound, match="a device or a socket"):
            audio.read("s.wav")


# What is neither a path nor a stream


class OfText:
    """An object that reads text, without saying so."""

    def read(self, _count=-1):
        return "RIFF"


class Nothing(OfText):
    """A stream that would block."""

    def read(self, _count=-1):
        return None


NONE = {
    "bytes": b"RIFF",
    "bytearray": bytearray(b"RIFF"),
    "memoryview": memoryview(b"RIFF"),
    "NoneType": None,
    "dict": {"path": "a.wav"},
    "int": 3,
    "list": ["a.wav"],
    "type": io.BytesIO,
    "StringIO": io.StringIO("RIFF"),
    "str": OfText(),
    "None": Nothing(),
}


@pytest.mark.parametrize("use", [audio.read, audio.info, lambda source: list(audio.stream(source))])
@pytest.mark.parametrize("given", NONE)
def test_what_is_no_recording_is_named(given, use):
    with pytest.raises(UsageError, match=given) as caught:
        use(NONE[given])
    assert "\n" not in str(caught.value)


def test_files_opened_as_text_or_closed(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(wav())
    with path.open() as file, pytest.raises(UsageError, match="TextIOWrapper, which is text; open it with mode 'rb'"):
        audio.read(file)
    with path.open("rb") as file:
        assert audio.read(file).duration == 1
    with pytest.raises(UsageError, match="closed"):
        audio.read(file)
    with pytest.raises(UsageError, match="path of bytes"):
        audio.read(ByBytes())


class ByBytes(os.PathLike):
    """A path as some systems have them."""

    def __fspath__(self):
        return b"a.wav"


@pytest.mark.parametrize("rate", ["16000", True, 16000.5, float("nan"), float("inf"), [16000], 1j])
def test_rates_that_are_no_numbers(rate):
    with pytest.raises(UsageError, match=r"the rate asked for is .*; give a whole number of Hz"):
        audio.read(io.BytesIO(wav()), rate)


def test_rates_that_are_numbers():
    for rate in (0, -1, 999, 10**30):
        with pytest.raises(UnsupportedRate):
            audio.read(io.BytesIO(wav()), rate)
    for rate in (8000, np.int64(8000), 8000.0, np.float32(8000)):
        got = audio.read(io.BytesIO(wav()), rate)
        assert (got.rate, type(got.rate), len(got.samples)) == (8000, int, 8000)


@pytest.mark.parametrize(
    "part",
    [
        {"start": "1"},
        {"start": None},
        {"start": True},
        {"start": float("nan")},
        {"end": "2"},
        {"end": float("nan")},
        {"end": [1]},
        {"limit": "9"},
        {"limit": None},
        {"limit": float("nan")},
        {"limit": -1},
    ],
)
def test_parts_and_limits_that_are_no_numbers(part):
    with pytest.raises(UsageError, match=r"give|makes no sense"):
        audio.read(io.BytesIO(wav()), **part)


@posix
def test_a_name_that_is_no_utf8(tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9.wav"
    Path(os.fsdecode(path)).write_bytes(wav())
    assert audio.read(os.fsdecode(path)).duration == 1
    assert [os.fsencode(each) for each in audio.find(tmp_path).recordings] == [path]
    Path(os.fsdecode(path)).write_bytes(b"")
    with pytest.raises(EmptyAudio) as caught:
        audio.read(os.fsdecode(path))
    assert os.fsdecode(path) in str(caught.value)


# What libsndfile prints


DAMAGED = """
import io, sys, threading
import numpy as np, soundfile as sf
from serkit import audio
from serkit.errors import AudioError
made = io.BytesIO()
sf.write(made, np.random.default_rng(0).uniform(-0.5, 0.5, 480000), 48000, format="MP3")
for seed in range(6):
    data = bytearray(made.getvalue())
    generator = np.random.default_rng(seed)
    for place in generator.integers(600, len(data), 20):
        data[place] = generator.integers(0, 256)
    def work():
        for use in (audio.info, audio.read, lambda source: audio.read(source, start=4)):
            try:
                use(io.BytesIO(bytes(data)))
            except AudioError:
                pass
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads: thread.start()
    print("from Python", file=sys.stderr, flush=True)
    for thread in threads: thread.join()
print(sf.read(io.BytesIO(bytes(data)))[0].shape)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs C's stderr as glibc has it")
def test_what_libmpg123_prints_does_not_reach_the_terminal():
    """Python's own lines do, and libmpg123's again as soon as others use it: the last reading is not ours."""
    told = subprocess.run([sys.executable, "-c", DAMAGED], capture_output=True, text=True, check=False).stderr.splitlines()
    assert told.count("from Python") == 6
    last = len(told) - told[::-1].index("from Python")
    assert not [line for line in told[:last] if line != "from Python"]
    assert told[last:]


FORKED = """
import os, threading
from serkit.audio._stderr import quiet
def work():
    while True:
        with quiet():
            pass
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
for _ in range(30):
    child = os.fork()
    if not child:
        with quiet():
            os._exit(10)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 10
os._exit(0)
"""


@posix
def test_a_process_forked_while_others_decode_does_not_wait_for_them():
    assert subprocess.run([sys.executable, "-c", FORKED], check=False, timeout=60).returncode == 0


def test_audio_errors_are_one_line(tmp_path):
    for number, content in enumerate((b"", b"no", bytes(99), wav()[:99])):
        path = tmp_path / f"{number}.wav"
        path.write_bytes(content)
        with pytest.raises(AudioError) as caught:
            audio.read(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)
