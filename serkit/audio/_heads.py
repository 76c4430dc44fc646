"""What a file is, told by its first bytes: audio that is read here, sound or film to be converted, or something else."""

import re
import shlex
from pathlib import PurePath
from typing import Literal, NamedTuple

from serkit.errors import EmptyAudio, NotAudio

AGAIN = "copy or record it again"

HEAD = 4096
"""Bytes by which a file is judged."""


class Kind(NamedTuple):
    """`name` says what it is, in a message; `use` whether it is read here, could be converted, or holds no sound at all."""

    name: str
    use: Literal["read", "convert", "refuse"]


_MPEG = re.compile(rb"\xff[\xe2-\xe5\xf2-\xf7\xfa-\xff]", re.DOTALL)  # sync, MPEG 1, 2 or 2.5, layers I to III
_WAVE = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_READ = {
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b".snd": "AU",
    b"dns.": "AU",
    b"caff": "CAF",
    b"riff\x2e\x91\xcf\x11": "W64",
    b"NIST_1A": "NIST",
    b"Creative Voice File\x1a": "VOC",
    b"ID3": "MP3",
}
_CONVERT = {
    b"\x1a\x45\xdf\xa3": "Matroska or WebM",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "Windows Media (wma, wmv, asf)",
    b"#!AMR": "AMR",
    b"ADIF": "AAC",
    b"wvPk": "WavPack",
    b"TTA1": "True Audio",
    b"TTA2": "True Audio",
    b"MAC ": "Monkey's Audio",
    b"MPCK": "Musepack",
    b"MP+": "Musepack",
    b".RMF": "RealMedia",
    b".ra\xfd": "RealAudio",
    b"DSD ": "DSF",
    b"FRM8": "DSDIFF",
    b"\x0b\x77": "AC-3",
    b"\x7f\xfe\x80\x01": "DTS",
    b"\x02dss": "DSS",
    b"\x03dss": "DSS",
    b"\x02ds2": "DSS",
    b"\x03ds2": "DSS",
    b"FLV\x01": "Flash video",
    b"\x00\x00\x01\xba": "MPEG film",
    b"\x00\x00\x01\xb3": "MPEG film",
    b"\xffMPEG": "MPEG",
    b" paf": "Ensoniq PARIS",
    b"fap ": "Ensoniq PARIS",
    b"2BIT": "AVR",
}
_REFUSE = {
    b"version https://git-lfs": "a Git LFS pointer instead of the recording; run 'git lfs pull' in its repository",
    b"PK\x03\x04": "a zip archive; unpack it first",
    b"PK\x05\x06": "a zip archive with nothing in it",
    b"\x1f\x8b": "compressed by gzip; unpack it first",
    b"BZh": "compressed by bzip2; unpack it first",
    b"\xfd7zXZ\x00": "compressed by xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed by zstd; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it first",
    b"Rar!\x1a\x07": "a RAR archive; unpack it first",
    b"%PDF-": "a PDF document",
    b"\x93NUMPY": "a NumPy array; give its samples and their rate in Python, or write it as WAV",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a Parquet table",
    b"SQLite format 3": "an SQLite database",
    b"MATLAB 5.0": "a MATLAB file; write its samples as WAV",
    b"MThd": "MIDI: notes, no sound",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x7fELF": "a program",
}
_STARTS = {
    **{start: Kind(name, "read") for start, name in _READ.items()},
    **{start: Kind(name, "convert") for start, name in _CONVERT.items()},
    **{start: Kind(name, "refuse") for start, name in _REFUSE.items()},
}
_WITHIN_RIFF: dict[bytes, Kind] = {
    b"AVI ": Kind("AVI film", "convert"),
    b"AIFF": Kind("AIFF", "read"),
    b"AIFC": Kind("AIFF", "read"),
    b"8SVX": Kind("Amiga 8SVX", "convert"),
    b"WEBP": Kind("a WebP image", "refuse"),
    b"RMID": Kind("MIDI: notes, no sound", "refuse"),
}

_ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
"""What the first atom of an MP4 may be called."""

_ENDINGS = {
    "WAV": frozenset([".wav", ".wave", ".bwf", ".rf64"]),
    "AIFF": frozenset([".aif", ".aiff", ".aifc"]),
    "FLAC": frozenset([".flac"]),
    "Ogg": frozenset([".ogg", ".oga", ".opus"]),
    "MP3": frozenset([".mp1", ".mp2", ".mp3"]),
}
"""The endings, in lower case, that the files of each container have."""


def misnamed(head: bytes, ending: str) -> str | None:
    """The container that a file's first bytes tell, if its ending (in lower case) is that of another."""
    found = kind(head[:12])
    fits = found.use != "read" or found.name not in _ENDINGS or ending in _ENDINGS[found.name]
    # Some programs write MP3's tag before a FLAC.
    return None if fits or (head[:3] == b"ID3" and ending == ".flac") else found.name


def kind(head: bytes) -> Kind:
    """What a file with this `head` (its first `HEAD` bytes or all) is; no name where nothing is known of it."""
    magic = head[:4]
    if magic in _WAVE and (head[8:12] == b"WAVE" or len(head) < 12):
        return Kind("WAV", "read")
    if magic in (*_WAVE, b"FORM") and (found := _WITHIN_RIFF.get(head[8:12])):
        return found
    if magic == b"OggS" and head[28:36] == b"Speex   ":
        return Kind("Speex", "convert")
    if _is_mpeg(head):
        return Kind("MP3", "read")
    return next((found for start, found in _STARTS.items() if head.startswith(start)), None) or _by_layout(head) or _text(head)


def _is_mpeg(head: bytes) -> bool:
    """Whether the first frame of an MP3 (or of layer I or II) begins here. FF FE may begin text in UTF-16 as well."""
    possible = bool(_MPEG.match(head)) and len(head) >= 4 and head[2] >> 4 < 15 and head[2] >> 2 & 3 < 3
    return possible and not (head[:2] == b"\xff\xfe" and b"\0" in head[2:12:1][1::2])


def _by_layout(head: bytes) -> Kind | None:
    """What is told by more than how the first bytes read."""
    tests: dict[Kind, bool] = {
        Kind("MP4 (m4a, mp4, mov, 3gp)", "convert"): head[:2] == b"\0\0" and head[4:8] in _ATOMS,
        Kind("AAC", "convert"): len(head) > 4 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0,
        Kind("MPEG film", "convert"): len(head) > 376 and head[0] == head[188] == head[376] == 0x47,
        Kind("a tar archive; unpack it first", "refuse"): head[257:262] == b"ustar",
        Kind("data pickled by Python; write its samples as WAV", "refuse"): head[:1] == b"\x80" and head[1:2] in b"\2\3\4\5",
        Kind("nothing but zero bytes", "refuse"): not any(head),
    }
    return next((found for found, holds in tests.items() if holds), None)


def _text(head: bytes) -> Kind:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Kind("text", "refuse")
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(head) < HEAD or error.start < len(head) - 4:  # the last character may be cut
            return Kind("", "convert")
        text = head[: error.start].decode("utf-8-sig")
    if any(each < " " and each not in "\t\n\r\f\v\b\x1b" for each in text):
        return Kind("", "convert")
    start = text.lstrip().lower()
    if re.match(r"(<!doctype html|<html|<head|<body)", start) or (start.startswith("<") and "<html" in start):
        return Kind("an HTML page, not the file that was meant to be downloaded", "refuse")
    for mark, name in {"<": "XML", "{": "JSON", "[": "JSON"}.items():
        if start.startswith(mark):
            return Kind(f"text ({name})", "refuse")
    return Kind("text", "refuse")


def check_head(name: str, head: bytes) -> Kind:
    """Refuse what is none of the containers that are read. Raises EmptyAudio or NotAudio, which says what it is instead."""
    if not head:
        raise EmptyAudio(name, f"holds no bytes; {AGAIN}")
    found = kind(head)
    if found.use != "read":
        raise NotAudio(name, _reason(name, found))
    return found


def _reason(name: str, found: Kind) -> str:
    if found.use == "refuse":
        return f"not audio but {found.name}"
    if found.name:
        return f"{found.name}, which libsndfile does not read; {convert(name)}"
    return f"not audio that can be read; if it is sound or film, {convert(name)}"


def convert(name: str) -> str:
    """How to make a WAV of this file, or of a stream, in words and one command."""
    if name.startswith("<"):
        return "convert it first: ffmpeg -i FILE out.wav"
    # ffmpeg takes a dash for an option and what stands before a colon for a protocol.
    prefix = "file:" if name.startswith("-") or ":" in name else ""
    path = PurePath(name)
    made = path.with_suffix(".wav") if path.suffix.lower() != ".wav" else path.with_stem(f"{path.stem}-converted")
    return f"convert it first: ffmpeg -i {shlex.quote(prefix + name)} {shlex.quote(f'{prefix}{made}')}"
