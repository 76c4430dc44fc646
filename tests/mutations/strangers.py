"""What is no recording, under the name of one."""

import io
import pickle
import zipfile
from gzip import compress

from mutations.containers import BY_NAME, clip
from mutations.odd import Odd, written

WAV = BY_NAME["wav"]
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 60780\n"
CONTENTS = {
    "a Git LFS pointer": POINTER,
    "an HTML page": b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>no such recording</body></html>\n",
    "m4a": b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0" + bytes(range(256)) * 20,
    "amr": b"#!AMR\n" + b"\x3c" + bytes(31) * 50,
    "webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm"
    + bytes(5000),
    "wma": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(5000),
    "text": b"Das will sie am Mittwoch abgeben.\n" * 100,
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


def all_of_them() -> list[Odd]:
    """Each under the name of a recording."""
    packed, noise = _zipped(), "random bytes"
    found = [written(f"{name} under .wav", lambda _, data=data: data) for name, data in CONTENTS.items()]
    found += [written("a zip under .wav", lambda _: packed), written("a gzipped wav", lambda _: _gzipped())]
    found += [written("a pickle under .wav", lambda _: pickle.dumps({"samples": [0.0] * 100}, 4))]
    found += [
        written(f"{noise} under .{ending}", lambda rng: rng.bytes(50_000), f"x.{ending}") for ending in ("wav", "mp3", "flac")
    ]
    found += [
        written(f"{name} under .mp3", lambda _, data=CONTENTS[name]: data, "x.mp3") for name in ("text", "m4a", "nothing")
    ]
    found += [
        written(f"a wav under {file}", lambda _: WAV.write(clip(), 16000), file) for file in ("x.mp3", "x.flac", "x", "x.TXT")
    ]
    found += [
        written(f"{name} under .wav, as .mp3", lambda _, which=BY_NAME[name]: which.write(clip(), 16000))
        for name in ("mp3", "opus")
    ]
    return found


def _gzipped() -> bytes:
    return compress(WAV.write(clip(), 16000), mtime=0)


def _zipped() -> bytes:
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(zipfile.ZipInfo("clip.wav"), WAV.write(clip()[:1000], 16000))
        return stream.getvalue()
