"""Downloads, from a server of the test's own: broken off, resumed, wrong, moved, malicious, and never half there."""

import hashlib
import io
import os
import signal
import stat
import subprocess
import sys
import tarfile
import threading
import time
import urllib.request
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from serkit import corpora
from serkit.corpora import SAVEE, Archive, _fetch
from serkit.errors import DownloadError


def packed(entries):
    """A ZIP of (name or ZipInfo, content)."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return held.getvalue()


# Of 480 files that do not shrink, so that there is something to break off.
WHOLE = packed([(f"AudioData/{name}.wav", hashlib.shake_256(name.encode()).digest(256)) for name in SAVEE.ids])


class Server(ThreadingHTTPServer):
    """Serves one `content` in a way that a test may change between two requests."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.etag, self.ranges = WHOLE, '"one"', True
        self.breaks: list[int] = []  # so many bytes of each of the next answers arrive
        self.statuses: list[int] = []  # of the next answers
        self.delay = 0.0
        self.asked: list[str | None] = []  # the Range of each request

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/files/savee.zip"

    def handle_error(self, *_):
        """A client that went away is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_):
        pass

    def do_GET(self):
        server = self.server
        if self.path == "/moved.zip":
            self.send_response(302)
            self.send_header("Location", server.url)
            self.end_headers()
            return
        asked = self.headers["Range"]
        server.asked.append(asked)
        if server.statuses:
            self.send_error(server.statuses.pop(0))
            return
        begin = 0
        if asked and server.ranges and self.headers["If-Range"] == server.etag:
            begin = int(asked.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(server.content):
                self.send_error(416)
                return
        body = server.content[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body)))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(server.content) - 1}/{len(server.content)}")
        if server.etag:
            self.send_header("ETag", server.etag)
        self.end_headers()
        arriving = server.breaks.pop(0) if server.breaks else len(body)
        for at in range(0, min(arriving, len(body)), 4096):
            self.wfile.write(body[at : min(at + 4096, arriving)])
            time.sleep(server.delay)
        self.close_connection = True


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(_fetch, "_PAUSE", 0.0)
    monkeypatch.setenv("no_proxy", "*")
    serving = Server()
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield serving
    serving.shutdown()
    thread.join()
    serving.server_close()


def published(server, content=WHOLE, url=None):
    """SAVEE, as if its archive were published there."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return replace(SAVEE, archives=(Archive(url or server.url, len(content), md5),))


def left(folder):
    """What lies in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def refusal(corpus, target):
    with pytest.raises(DownloadError) as caught:
        corpora.download(corpus, target)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_download(server, tmp_path):
    told = []
    corpora.download(published(server), tmp_path / "savee", lambda here, of: told.append((here, of)))
    assert len(SAVEE.read(tmp_path / "savee")) == 480
    assert (tmp_path / "savee" / "AudioData" / "DC_a01.wav").read_bytes() == hashlib.shake_256(b"DC_a01").digest(256)
    assert left(tmp_path) == ["savee"]  # the archive goes when it is unpacked
    assert told[-1] == (len(WHOLE), len(WHOLE))
    assert server.asked == [None]


def test_broken_off_and_resumed_at_once(server, tmp_path):
    server.breaks = [50_000, 40_000]
    corpora.download(published(server), tmp_path / "savee")
    assert server.asked == [None, "bytes=50000-", "bytes=90000-"]
    assert left(tmp_path) == ["savee"]


def test_broken_off_for_good_and_resumed_by_the_next_call(server, tmp_path):
    server.breaks = [50_000, *[0] * _fetch.TRIES]
    message = refusal(published(server), tmp_path / "savee")
    assert f"{server.url}: the server broke off, {_fetch.TRIES} times; run the same command again" in message
    assert "goes on from the 50,000 bytes" in message
    assert left(tmp_path) == ["savee.zip.part", "savee.zip.part.etag"]
    server.asked.clear()
    corpora.download(published(server), tmp_path / "savee")
    assert server.asked == ["bytes=50000-"]
    assert left(tmp_path) == ["savee"]


def test_the_file_changed_between_two_parts(server, tmp_path):
    """What is here is of another file: all over again, and not glued together."""
    server.content, server.breaks = b"x" * 60_000, [50_000, *[0] * _fetch.TRIES]
    refusal(published(server), tmp_path / "savee")
    server.content, server.etag, server.breaks = WHOLE, '"two"', []
    corpora.download(published(server), tmp_path / "savee")
    assert left(tmp_path) == ["savee"]


@pytest.mark.parametrize(("etag", "ranges"), [('"one"', False), (None, True), ('W/"one"', True)])
def test_a_server_that_cannot_resume_sends_all_again(server, tmp_path, etag, ranges):
    server.etag, server.ranges, server.breaks = etag, ranges, [50_000]
    corpora.download(published(server), tmp_path / "savee")
    assert server.asked[1] == ("bytes=50000-" if etag == '"one"' else None)
    assert left(tmp_path) == ["savee"]


def test_a_part_that_answers_another_question(server, tmp_path):
    (tmp_path / "savee.zip.part").write_bytes(WHOLE[:1000])
    (tmp_path / "savee.zip.part.etag").write_text(server.etag)
    send = Handler.send_header

    def shifted(self, name, value):
        send(self, name, "bytes 5-9/10" if name == "Content-Range" else value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Handler, "send_header", shifted)
        corpora.download(published(server), tmp_path / "savee")
    assert server.asked == ["bytes=1000-", None]
    assert left(tmp_path) == ["savee"]


@pytest.mark.parametrize("change", [lambda data: data[:-1] + b"x", lambda data: data + b"more"])
def test_another_file_than_the_published_one(server, tmp_path, change):
    server.content = change(WHOLE)
    message = refusal(published(server), tmp_path / "savee")
    assert "is not the published file" in message
    assert f"published are {len(WHOLE)} bytes" in message
    assert left(tmp_path) == []


def test_a_file_that_is_too_short(server, tmp_path):
    server.content = WHOLE[:-10]
    assert "ends before the published file does" in refusal(published(server), tmp_path / "savee")
    assert left(tmp_path) == []


def test_an_archive_that_lies_there_is_checked_too(server, tmp_path):
    (tmp_path / "savee.zip").write_bytes(WHOLE)
    corpora.download(published(server), tmp_path / "savee")
    assert server.asked == []
    (tmp_path / "savee.zip").write_bytes(b"other")
    assert "is not the published file (5 bytes" in refusal(published(server), tmp_path / "again")
    assert left(tmp_path) == ["savee"]


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (403, 1), (410, 1), (500, 5), (503, 5), (429, 5)])
def test_a_server_that_refuses(server, tmp_path, status, tries):
    server.statuses = [status] * 20
    assert f"the server answers {status}" in refusal(published(server), tmp_path / "savee")
    assert len(server.asked) == tries
    assert left(tmp_path) == []


def test_a_server_that_refuses_for_a_while(server, tmp_path):
    server.statuses, server.breaks = [503, 500], [50_000]
    corpora.download(published(server), tmp_path / "savee")
    assert left(tmp_path) == ["savee"]


def test_nobody_answers(server, tmp_path):
    corpus = published(server, url="http://127.0.0.1:9/savee.zip")
    assert "Connection refused" in refusal(corpus, tmp_path / "savee")


def test_a_redirect_is_followed_and_resumed(server, tmp_path):
    server.breaks = [50_000]
    corpora.download(published(server, url=server.url.replace("/files/savee.zip", "/moved.zip")), tmp_path / "savee")
    assert server.asked == [None, "bytes=50000-"]


def test_the_proxy_of_the_environment(server, tmp_path, monkeypatch):
    monkeypatch.delenv("no_proxy")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(urllib.request, "_opener", None)  # which keeps the proxies that it began with
    corpora.download(published(server, url="http://corpus.invalid/files/savee.zip"), tmp_path / "savee")
    assert left(tmp_path) == ["savee"]


def test_a_full_disk_while_fetching(server, tmp_path, monkeypatch):
    path, opened = Path, io.open

    class Full(io.FileIO):
        def write(self, data):
            if self.tell() > 30_000:
                raise OSError(28, "No space left on device")
            return super().write(data)

    monkeypatch.setattr(_fetch, "_BLOCK", 10_000)
    monkeypatch.setattr(
        path, "open", lambda self, mode="r", **how: Full(self, mode) if "a" in mode else opened(self, mode, **how)
    )
    message = refusal(published(server), tmp_path / "savee")
    assert "savee.zip.part: No space left on device; make room" in message
    monkeypatch.undo()
    monkeypatch.setenv("no_proxy", "*")
    server.asked.clear()
    here = (tmp_path / "savee.zip.part").stat().st_size
    assert here > 30_000
    corpora.download(published(server), tmp_path / "savee")
    assert server.asked == [f"bytes={here}-"]


def test_a_full_disk_while_unpacking(server, tmp_path, monkeypatch):
    def full(_archive, _entry, folder):
        (folder / "half").touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "extract", full)
    with pytest.raises(OSError, match="No space"):
        corpora.download(published(server), tmp_path / "savee")
    assert left(tmp_path) == ["savee.zip"]  # which need not be fetched again
    monkeypatch.undo()
    corpora.download(published(server), tmp_path / "savee")
    assert server.asked == [None]


def test_no_room_is_found_out_first(server, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 4 * len(WHOLE) - 1}))
    assert "make room" in refusal(published(server), tmp_path / "not" / "there" / "savee")
    assert server.asked == []
    assert left(tmp_path) == []
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 4 * len(WHOLE)}))
    assert corpora.check_download(published(server), tmp_path / "savee") == len(WHOLE)


def test_a_target_that_is_there(server, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for name in ("file", "full"):
        assert "is there already" in refusal(published(server), tmp_path / name)
    assert server.asked == []
    (tmp_path / "empty").mkdir()
    corpora.download(published(server), tmp_path / "empty")
    assert len(SAVEE.read(tmp_path / "empty")) == 480


def test_a_place_that_may_not_be_written_to(server, tmp_path):
    (tmp_path / "savee.zip.part").mkdir()
    with pytest.raises((DownloadError, OSError)):
        corpora.download(published(server), tmp_path / "savee")
    assert not (tmp_path / "savee").exists()


def test_a_corpus_that_is_not_for_download(tmp_path):
    message = refusal(SAVEE, tmp_path / "savee")
    assert message == (
        "SAVEE is not for download by a program: register with its authors, on the homepage "
        "(http://kahlan.eps.surrey.ac.uk/savee/)"
    )


def test_an_archive_of_something_else(server, tmp_path):
    server.content = packed([("AudioData/DC_a01.wav", b"x")])
    message = refusal(published(server, server.content), tmp_path / "savee")
    assert "479 of its 480 utterances are missing" in message
    assert left(tmp_path) == ["savee.zip"]


def info(name, mode=0, **changes):
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    for key, value in changes.items():
        setattr(made, key, value)
    return made


def tar():
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x.wav"))
    return held.getvalue()


def patched(name, replacement):
    """A ZIP with a name that zipfile would tidy up while writing."""
    return packed([(name, b"x")]).replace(name.encode(), replacement)


def encrypted():
    data = bytearray(packed([("x.wav", b"x")]))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def damaged():
    data = packed([("x.wav", os.urandom(5000))])
    return data[:2000] + bytes(100) + data[2100:]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (packed([("../evil.wav", b"x")]), "a name that leads outside"),
        (packed([("a/../../evil.wav", b"x")]), "a name that leads outside"),
        (packed([("/evil.wav", b"x")]), "an absolute name"),
        (packed([("C:/evil.wav", b"x")]), "an absolute name"),
        (patched("a-evil.wav", b"a\\evil.wav"), "no name of a file"),
        (patched("\\evil.wav".replace("\\", "-"), b"\\evil.wav"), "an absolute name"),
        (patched("x-y.wav", b"x\0y.wav"), "no name of a file"),
        (packed([(info("link", stat.S_IFLNK | 0o777), b"/etc/passwd")]), "a link"),
        (packed([(info("device", stat.S_IFCHR | 0o666), b"")]), "neither file nor folder"),
        (packed([(info("pipe", stat.S_IFIFO | 0o666), b"")]), "neither file nor folder"),
        (packed([("a.wav", b"x"), ("b.wav", b"y")]).replace(b"b.wav", b"a.wav"), "a name that stands twice"),
        (packed([("a.wav", b"x"), ("A.WAV", b"y")]), "a name that stands twice"),
        (packed([("bomb.wav", bytes(10_000_000))]), "are more than such an archive can hold"),
        (encrypted(), "is encrypted"),
        (damaged(), "no sound ZIP archive"),
        (WHOLE[: len(WHOLE) // 2], "no sound ZIP archive"),
        (tar(), "no sound ZIP archive"),
    ],
)
def test_an_evil_archive(server, tmp_path, content, reason):
    """With the checksum that is published: even then nothing of it is unpacked."""
    place = tmp_path / "below"
    place.mkdir()
    server.content = content
    message = refusal(published(server, content), place / "savee")
    assert reason in message
    assert left(place) == ["savee.zip"]
    assert left(tmp_path) == ["below"]


INTERRUPTED = """
import signal, sys
from dataclasses import replace
from pathlib import Path
from serkit import cli, corpora
from serkit.corpora import SAVEE, Archive
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs, tests among them, ignore it
url, size, md5, target = sys.argv[1:]
corpora.CORPORA["savee"] = replace(SAVEE, archives=(Archive(url, int(size), md5),))
sys.exit(cli.run(["corpora", "download", "savee", "--to", target, "--yes"]))
"""


def test_stopped_by_hand_and_resumed(server, tmp_path):
    """A real process and a real Ctrl-C."""
    (archive,) = published(server).archives
    command = [sys.executable, "-c", INTERRUPTED, archive.url, str(archive.size), archive.md5, str(tmp_path / "savee")]
    server.delay = 0.05
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    part = tmp_path / "savee.zip.part"
    deadline = time.monotonic() + 60
    while not (part.is_file() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("serkit: stopped")
    assert "Traceback" not in said
    assert left(tmp_path) == ["savee.zip.part", "savee.zip.part.etag"]
    here = part.stat().st_size
    server.delay = 0.0
    server.asked.clear()
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert server.asked == [f"bytes={here}-"]
    assert left(tmp_path) == ["savee"]


@pytest.mark.parametrize("name", [name for name, corpus in corpora.CORPORA.items() if corpus.archives])
def test_the_archives_of_the_corpora(name):
    """As far as can be told here: what they are called, that they are fetched safely, and what makes a checksum."""
    corpus = corpora.get(name)
    assert corpus.access == "download"
    for archive in corpus.archives:
        assert archive.url.startswith("https://zenodo.org/records/1188976/files/Audio_")
        assert archive.name.endswith("_Actors_01-24.zip")
        assert len(bytes.fromhex(archive.md5)) == 16
        assert archive.size > 200_000_000


def test_access_says_what_is_for_download():
    assert {name for name, corpus in corpora.CORPORA.items() if corpus.access == "download"} == {
        name for name, corpus in corpora.CORPORA.items() if corpus.archives
    }
