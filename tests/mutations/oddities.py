"""Recordings that no damage makes: strange sounds, strangers under the names of recordings, strange names, strange files."""

import io
import os
import pickle
import socket
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from gzip import compress
from pathlib import Path

import numpy as np
from mutations.containers import BY_NAME, CONTAINERS, Sound, chord, clip
from mutations.mutation import Rng

WAV, FLOATS = BY_NAME["wav"], BY_NAME["wav of floats"]


@dataclass(frozen=True, slots=True)
class Odd:
    """`make` takes a folder and returns what to name; `piped`: give it through standard input."""

    name: str
    make: Callable[[Path, Rng], str]
    piped: bool = False


@cache
def all_of_them() -> tuple[Odd, ...]:
    """Every oddity, kinds mixed so that the first few show each. New ones belong at the end of their list."""
    lists = [_sounds(), _strangers(), _names(), _files(), _shapes()]
    longest = max(map(len, lists))
    return tuple(each[turn] for turn in range(longest) for each in lists if turn < len(each))


def _written(name: str, data: Callable[[Rng], bytes], file: str = "clip.wav", *, piped: bool = False) -> Odd:
    def make(folder: Path, rng: Rng) -> str:
        path = folder / file
        path.write_bytes(data(rng))
        return str(path)

    return Odd(name, make, piped)


def _floats(name: str, change: Callable[[Rng, Sound], Sound], rate: int = 16000) -> Odd:
    return _written(f"float wav/{name}", lambda rng: FLOATS.write(change(rng, clip().copy()), rate))


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
    found = [_written(f"wav/{each} channels", partial(_of_channels, each)) for each in (3, 32, 6, 33, 255, 1024)]
    rates = (1, 999, 1000, 8000, 11_025, 384_000, 768_000, 768_001, 2_000_000, 2**31 - 1)
    found += [_written(f"wav/rate of {each} Hz", lambda _, rate=each: WAV.write(clip(), rate)) for each in rates]
    for container in CONTAINERS[:7]:
        for length in (0, 1, 100):
            data = partial(lambda which, samples, _: which.write(clip()[:samples], 16000), container, length)
            found.append(_written(f"{container.name}/{length} samples", data, f"clip.{container.ending}"))
    long = partial(lambda minutes, _: BY_NAME["wav of mu-law"].write(np.tile(clip(), (60 * minutes, 1)), 16000), 10)
    found.append(_written("wav of mu-law/10 minutes", long))
    found.append(Odd("wav/20 minutes of 8 channels at 192 kHz", partial(_holes, 8, 192_000, 1200)))
    found.append(Odd("wav/an hour of one channel at 8 kHz", partial(_holes, 1, 8000, 3600)))
    found.append(_written("flac/an hour of zeros", lambda _: BY_NAME["flac"].write(np.zeros((3600 * 16000, 1), np.int16), 16000), "x.flac"))
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


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 60780\n"
STRANGERS = {
    "a Git LFS pointer": POINTER,
    "an HTML page": b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>no such recording</body></html>\n",
    "m4a": b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0" + bytes(range(256)) * 20,
    "amr": b"#!AMR\n" + b"\x3c" + bytes(31) * 50,
    "webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm" + bytes(5000),
    "wma": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(5000),
    "text": "Das will sie am Mittwoch abgeben.\n".encode() * 100,
    "JSON": b'{"emotion": "angry", "confidence": NaN}\n',
    "nothing": b"",
    "one byte": b"R",
    "zeros": bytes(1_000_000),
    "bytes 0xFF": b"\xff" * 1_000_000,
    "a PDF": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n%%EOF\n",
    "an ELF program": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0\x3e\0" + bytes(4000),
    "a PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(2000),
    "aac": b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(range(256)) * 20,
    "wideband amr": b"#!AMR-WB\n" + bytes(3000),
    "3gp": b"\0\0\0\x18ftyp3gp4\0\0\0\x003gp43gp6" + bytes(3000),
    "Monkey's Audio": b"MAC \x96\x0f" + bytes(3000),
    "WavPack": b"wvpk" + bytes(3000),
    "RealAudio": b".RMF\0\0\0\x12" + bytes(3000),
    "dsf": b"DSD \x1c\0\0\0" + bytes(3000),
    "MIDI": b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0",
    "a magic of wav alone": b"RIFF\xff\xff\xff\xffWAVE",
    "a magic of flac alone": b"fLaC",
    "a magic of ogg alone": b"OggS",
    "a magic of aiff alone": b"FORM\0\0\0\0AIFF",
    "a magic of caf alone": b"caff\0\1\0\0",
    "a magic of au alone": b".snd",
    "a magic of nist alone": b"NIST_1A\n   1024\n",
    "ID3 and nothing else": b"ID3\4\0\0\0\0\0\0",
    "Ogg of something else": b"OggS\0\2" + bytes(20) + b"\1\x08Speex   " + bytes(200),
}


def _strangers() -> list[Odd]:
    packed, noise = _zipped(), "random bytes"
    found = [_written(f"{name} under .wav", lambda _, data=data: data) for name, data in STRANGERS.items()]
    found += [_written("a zip under .wav", lambda _: packed), _written("a gzipped wav", lambda _: _gzipped())]
    found += [_written("a pickle under .wav", lambda _: pickle.dumps({"samples": [0.0] * 100}, 4))]
    found += [_written(f"{noise} under .{ending}", lambda rng: rng.bytes(50_000), f"x.{ending}") for ending in ("wav", "mp3", "flac")]
    found += [_written(f"{name} under .mp3", lambda _, data=STRANGERS[name]: data, "x.mp3") for name in ("text", "m4a", "nothing")]
    found += [_written(f"a wav under {file}", lambda _: WAV.write(clip(), 16000), file) for file in ("x.mp3", "x.flac", "x", "x.TXT")]
    found += [_written(f"{name} under .wav, as .mp3", lambda _, which=BY_NAME[name]: which.write(clip(), 16000)) for name in ("mp3", "opus")]
    return found


def _gzipped() -> bytes:
    return compress(WAV.write(clip(), 16000), mtime=0)


def _zipped() -> bytes:
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(zipfile.ZipInfo("clip.wav"), WAV.write(clip()[:1000], 16000))
        return stream.getvalue()


NAMES = (
    "two\nlines.wav",
    "[red]brackets[/red].wav",
    b"no \xff\xfe UTF-8.wav",
    "quotes ' \" and `.wav",
    "\x1b[31mred.wav",
    "-x.wav",
    "long " + "x" * 240 + ".wav",
    "$(id); & | * ? .wav",
    "tab\tand return\r.wav",
    "emoji 😡.wav",
    "right \u202eto left.wav",
    "back\\slash.wav",
    " .wav",
    "%s %n {0}.wav",
    b"\xc3\x28.flac.wav",
    "100 % #fragment?.wav",
    "ＷＩＤＥ.WAV",
    "combining e\u0301.wav",
    ".hidden.wav",
    "[/].wav",
)


def _names() -> list[Odd]:
    return [Odd(f"name {name!r}", partial(_named, name, WAV.write(clip(), 16000))) for name in NAMES] + [
        Odd(f"broken, under the name {name!r}", partial(_named, name, b"no audio")) for name in NAMES[:6]
    ]


def _named(name: str | bytes, data: bytes, folder: Path, _: Rng) -> str:
    path = folder / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)  # a name with a slash is one in a folder
    path.write_bytes(data)
    return str(path)


def _files() -> list[Odd]:
    """Links, pipes, devices, folders, and what is not there."""
    good = WAV.write(clip(), 16000)
    foreign = {"a.m4a": STRANGERS["m4a"], "b.amr": STRANGERS["amr"], "c.webm": STRANGERS["webm"], "d.wma": STRANGERS["wma"]}

    def made(name: str, do: Callable[[Path], object], given: str = "clip.wav") -> Odd:
        def make(folder: Path, _: Rng) -> str:
            do(folder)
            return os.path.join(folder, given)  # noqa: PTH118 - a path's own ways to end are wanted

        return Odd(name, make)

    def folder_of(contents: dict[str, bytes]) -> Callable[[Path], object]:
        return lambda folder: [_named(name, data, folder, np.random.default_rng(0)) for name, data in contents.items()]

    found = [
        made("a pipe without a writer", lambda folder: os.mkfifo(folder / "clip.wav")),
        made("a folder of m4a, amr, webm and wma", folder_of(foreign), ""),
        made("a link to nothing", lambda folder: (folder / "clip.wav").symlink_to("nowhere.wav")),
        made("m4a, amr, webm and wma beside a wav", folder_of(foreign | {"e.wav": good}), ""),
        made("links in a circle", lambda folder: [(folder / a).symlink_to(b) for a, b in (("clip.wav", "b"), ("b", "clip.wav"))]),
        made("a socket", lambda folder: _socket(folder / "clip.wav")),
        Odd("/dev/urandom through standard input", lambda *_: "/dev/urandom", piped=True),
        Odd("/dev/zero", lambda *_: "/dev/zero"),
        Odd("/dev/urandom", lambda *_: "/dev/urandom"),
        Odd("/dev/null", lambda *_: "/dev/null"),
        Odd("/dev/zero through standard input", lambda *_: "/dev/zero", piped=True),
        Odd("/dev/full", lambda *_: "/dev/full"),
        made("an empty folder", lambda folder: None, ""),
        made("a folder called clip.wav", lambda folder: (folder / "clip.wav").mkdir()),
        made("a link to a folder", lambda folder: (folder / "clip.wav").symlink_to(folder)),
        made("a link to a recording", lambda folder: [folder_of({"a.wav": good})(folder), (folder / "clip.wav").symlink_to("a.wav")]),
        made("a chain of 60 links", lambda folder: [(folder / f"{n}").symlink_to(f"{n + 1}") for n in range(60)], "0"),
        made("a recording's name with a slash after it", folder_of({"clip.wav": good}), "clip.wav/"),
        made("a pipe without a writer in a folder", lambda folder: [os.mkfifo(folder / "a.wav"), folder_of({"b.wav": good})(folder)], ""),
        made("a folder that links to itself", lambda folder: [folder_of({"b.wav": good})(folder), (folder / "c").symlink_to(folder)], ""),
        made("a folder of one good and one damaged", folder_of({"a.wav": good, "b.wav": good[:5000]}), ""),
        made("no such file", lambda folder: None),
        made("a path that is too long", lambda folder: None, "x" * 300 + ".wav"),
        made("a path far too long", lambda folder: None, "x/" * 3000 + ".wav"),
        Odd("an empty path", lambda *_: ""),
        made("a nameless folder of 1000 folders", lambda folder: [(folder / f"{n}").mkdir() for n in range(1000)], ""),
        _written("a wav through standard input", lambda _: good, piped=True),
        _written("nothing through standard input", lambda _: b"", piped=True),
        _written("a wav of data size 0xFFFFFFFF through standard input", lambda _: _unwritten(good, 2**32 - 1), piped=True),
        _written("a wav of data size 0 through standard input", lambda _: _unwritten(good, 0), piped=True),
        _written("a wav of data size 0xFFFFFFFF", lambda _: _unwritten(good, 2**32 - 1)),
        _written("a wav of data size 0", lambda _: _unwritten(good, 0)),
        Odd("/proc/cpuinfo", lambda *_: "/proc/cpuinfo"),
        Odd("/proc/self/mem", lambda *_: "/proc/self/mem"),
        Odd("/proc/self/fd", lambda *_: "/proc/self/fd"),
    ]
    return found


def _unwritten(data: bytes, size: int) -> bytes:
    """A wav as a program writes it to a pipe: sizes that were never put right."""
    return data[:4] + b"\xff\xff\xff\xff" + data[8:40] + size.to_bytes(4, "little") + data[44:]


def _socket(path: Path) -> None:
    """Bound by a short name: sockets allow no long ones."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)
