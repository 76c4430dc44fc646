"""A table's file as text, and text as records: what it is encoded in, and what parts its cells. Nothing is guessed."""

import codecs
import csv
import io
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from serkit.errors import CorpusError

DELIMITERS = ",;\t|"

MAX_BYTES = 2**28
"""Of a file that is read as a table: a million rows and more."""

MAX_COLUMNS = 500
"""Of a table; what says something of an utterance needs a dozen."""

_LONGEST_HEADER = 2**20  # characters
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # begins as UTF-16's does
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OTHERS = {
    b"PK\x03\x04": "a spreadsheet, or another ZIP file,",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF file",
    b"<!doc": "an HTML page",
    b"<html": "an HTML page",
    b"version https://git-lfs": "a Git LFS pointer",
}
"""What goes under the ending of a table now and then, by its first bytes (letters in any case)."""


def content(path: Path) -> bytes:
    """The bytes of a plain file of a table's size. Raises CorpusError for anything else, whose reading may never end."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise CorpusError(f"{path}: no plain file but a pipe or a device; save the table as a file and give that")
        if status.st_size > MAX_BYTES:
            raise CorpusError(f"{path}: {status.st_size / 2**20:.0f} MiB, and a table has {MAX_BYTES >> 20} at most; split it")
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); name a file that may be read") from None


def text_of(path: Path, data: bytes) -> str:
    """The text: UTF-8, or what a byte-order mark before it says. Raises CorpusError with line and byte for anything else."""
    for head, what in _OTHERS.items():
        if data[: len(head)].lower() == head.lower():
            raise CorpusError(f"{path}: {what} under the ending of a table; save it as CSV (UTF-8) and give that")
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8-sig":
            raise CorpusError(f"{path}: its byte-order mark says {encoding.upper()}, and it is none; save it again") from None
        line = data.count(b"\n", 0, error.start) + 1
        raise CorpusError(
            f"{path}, line {line}: the byte 0x{data[error.start]:02x} is no UTF-8; save it as 'CSV UTF-8', or convert it, if "
            f"from Windows: {_converted(path, 'WINDOWS-1252')}"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        wide = next((name for name, at in (("UTF-16LE", 1), ("UTF-16BE", 0)) if not any(data[at:64:2])), None)
        remedy = f"convert it: {_converted(path, wide)}" if wide else "save it as CSV (UTF-8) again"
        raise CorpusError(f"{path}, line {line}: a NUL byte, so that it is damaged or no text; {remedy}")
    return text


def _converted(path: Path, encoding: str) -> str:
    """The command that converts a file."""
    return f"iconv -f {encoding} -t UTF-8 {shlex.quote(path.name)} > {shlex.quote(f'utf8-{path.name}')}"


def records(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins, without blank lines. Raises CorpusError for one that is damaged."""
    reader: Any = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CorpusError(f"{path}, line {number}: damaged ({error}); look for a double quote that is not closed") from None
        if any(cell.strip() for cell in cells):
            yield number, cells


def delimiter_of(path: Path, text: str) -> str:
    """The delimiter that makes the most columns of the header, a comma where none makes several. Raises CorpusError."""
    first = text[: _LONGEST_HEADER + 1].lstrip("\r\n").splitlines()
    header = first[0] if first else ""
    if len(header) > _LONGEST_HEADER:
        raise CorpusError(f"{path}: its first line is longer than {_LONGEST_HEADER >> 20} MiB, and no header of a table is")
    try:
        return max(DELIMITERS, key=lambda each: len(next(csv.reader([header], delimiter=each), [])))
    except csv.Error as error:
        raise CorpusError(f"{path}, line 1: damaged ({error}); write a header of names of columns") from None
