"""Tables as bytes: encodings by their marks, and whatever is no table told in one line, at once and in little memory."""

import os
import time
import tracemalloc

import numpy as np
import pytest
import soundfile as sf

from serkit.corpora import own
from serkit.errors import CorpusError

TABLE = "file;label;speaker\na.wav;ANG;Zoë\nb.wav;Sad;Łukasz\n"


@pytest.fixture
def audio(tmp_path):
    for number, name in enumerate(("a.wav", "b.wav")):
        sf.write(tmp_path / name, np.random.default_rng(number).uniform(-0.1, 0.1, 8000), 8000)
    return tmp_path


def read(path, **layout):
    return own.corpus("my", own.Layout(**layout)).read(path)


def refused(path):
    with pytest.raises(CorpusError) as caught:
        read(path)
    said = str(caught.value)
    assert said.isprintable()
    assert len(said) < 4000
    assert said.startswith(str(path))
    return said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_the_byte_order_mark_tells_the_encoding(audio, encoding):
    (audio / "my.csv").write_bytes(TABLE.encode(encoding))
    assert [(each.label, each.speaker) for each in read(audio / "my.csv")] == [("angry", "Zoë"), ("sad", "Łukasz")]


def test_utf_16_big_endian(audio):
    (audio / "my.csv").write_bytes(b"\xfe\xff" + TABLE.encode("utf-16-be"))
    assert [each.speaker for each in read(audio / "my.csv")] == ["Zoë", "Łukasz"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            TABLE.replace("Ł", "L").encode("cp1252"),
            "line 2: the byte 0xeb is no UTF-8; save it as 'CSV UTF-8', or convert it, if from Windows: "
            "iconv -f WINDOWS-1252 -t UTF-8 my.csv > utf8-my.csv",
        ),
        (TABLE.replace("Zoë", "Zoe").replace("Ł", "L").encode("utf-16-le"), "convert it: iconv -f UTF-16LE -t UTF-8 my.csv"),
        (TABLE.replace("Zoë", "Zoe").replace("Ł", "L").encode("utf-16-be"), "convert it: iconv -f UTF-16BE -t UTF-8 my.csv"),
        (b"\xff\xfe" + TABLE.encode("utf-16-le") + b"x", "its byte-order mark says UTF-16, and it is none"),
        (b"PK\x03\x04\0\0", "a spreadsheet, or another ZIP file, under the ending of a table; save it as CSV"),
        (b"\xd0\xcf\x11\xe0\0", "a spreadsheet under the ending"),
        (b"PAR1xx", "a Parquet file under the ending"),
        (b"\x1f\x8bxx", "a gzip file under the ending"),
        (b"<!DOCTYPE html><html>", "an HTML page under the ending"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer under the ending"),
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"file,label\na.wav,sad\0\n", "line 2: a NUL byte"),
        (b"file,label\nx,y,z\na.wav,sad\nx\nx\n", "line 2: 3 cells, but the header has 2; put a cell"),
        (b"file,label\nx,y,z\na.wav,sad\nx\nx\n", "(3 rows: lines 2, 4, 5)"),
        (b"file,label\na.wav," + b"x" * 200_000 + b"\n", "line 2: damaged (field larger than field limit (131072))"),
        (b"x" * 200_000 + b",label\na.wav,sad\n", "line 1: damaged (field larger"),
        (b"x" * 2_000_000, "its first line is longer than 1 MiB"),
        (b"file,label," * 10 + b"x\n", "10 columns are called 'file'"),
        (b"file,label\na.wav,\x1b[31mred\n", "unknown emotion '\\x1b[31mred'"),
    ],
)
def test_what_is_no_table(audio, data, said):
    (audio / "my.csv").write_bytes(data)
    assert said in refused(audio / "my.csv")


@pytest.mark.parametrize("columns", [501, 200_000])
def test_too_many_columns(audio, columns):
    names = ",".join(["file", "label", *(f"c{number}" for number in range(columns - 2))])
    (audio / "my.csv").write_text(f"{names}\na.wav,sad{',0' * (columns - 2)}\n")
    began = time.monotonic()
    said = refused(audio / "my.csv")
    assert "at most; keep those that say something of a recording" in said or "first line is longer than 1 MiB" in said
    assert time.monotonic() - began < 2


def test_five_hundred_columns_are_read(audio):
    names = ",".join(["file", "label", *(f"c{number}" for number in range(498))])
    row = ",0" * 498
    (audio / "my.csv").write_text(f"{names}\na.wav,sad{row}\nb.wav,ANG{row}\n")
    assert [each.label for each in read(audio / "my.csv")] == ["sad", "angry"]


def test_a_line_without_an_end_is_refused_in_little_memory(audio):
    (audio / "my.csv").write_bytes(b"file,label\n" + b"x" * 20_000_000)
    tracemalloc.start()
    said = refused(audio / "my.csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "line 2: damaged (field larger" in said
    assert peak < 150e6


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_pipes_devices_and_folders(audio):
    os.mkfifo(audio / "pipe.csv")
    assert "no plain file but a pipe or a device" in refused(audio / "pipe.csv")
    (audio / "zero.csv").symlink_to("/dev/zero")
    assert "no plain file but a pipe or a device" in refused(audio / "zero.csv")
    (audio / "folder.csv").mkdir()
    assert "holds no recordings" in refused(audio / "folder.csv")
    (audio / "large.csv").touch()
    os.truncate(audio / "large.csv", 2**29)
    assert "512 MiB, and a table has 256 at most" in refused(audio / "large.csv")


def test_damaged_parquet(audio):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"file": ["a.wav"] * 99, "label": ["sad"] * 99}), audio / "my.parquet")
    whole = (audio / "my.parquet").read_bytes()
    for at in range(0, len(whole), 7):
        (audio / "my.parquet").write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        refused(audio / "my.parquet")
    pq.write_table(pa.table({f"c{number}": [0] for number in range(600)}), audio / "my.parquet")
    assert "600 columns, and a table has 500 at most" in refused(audio / "my.parquet")
