"""A file is the old one or the new one, whatever happens on the way. What kills a process happens in one of its own."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from serkit import files

OLD = "the old content\n"
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and limits")


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "some file.json"
    made.write_text(OLD)
    return made


def names(path):
    return sorted(each.name for each in path.parent.iterdir())


def python(code, *arguments, **how):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **how,
    )


@pytest.mark.parametrize("content", ["text, ä\n", b"\x00\xff", "", b""])
def test_writing_replaces(path, content):
    files.write(path, content)
    assert path.read_bytes() == (content.encode("utf-8") if isinstance(content, str) else content)
    assert names(path) == [path.name]


def test_line_ends_stay(path):
    files.write(path, "a\r\nb\n")
    assert path.read_bytes() == b"a\r\nb\n"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_fails_inside_leaves_the_old_file(path, error):
    def fail():
        with files.replacing(path) as temporary:
            temporary.write_text("half of the new")
            raise error("no")

    with pytest.raises(error):
        fail()
    assert path.read_text() == OLD
    assert names(path) == [path.name]


def test_the_old_file_stands_until_the_block_ends(path):
    with files.replacing(path) as temporary:
        assert temporary.parent == path.parent  # a rename between file systems is no single step
        assert temporary != path
        temporary.write_text("new")
        assert path.read_text() == OLD
    assert path.read_text() == "new"
    assert names(path) == [path.name]


def test_a_block_that_writes_nothing_raises_and_leaves_the_old_file(path):
    with pytest.raises(FileNotFoundError), files.replacing(path):
        pass
    assert path.read_text() == OLD
    assert names(path) == [path.name]


def test_the_data_is_on_the_disk_before_the_name_is(path, monkeypatch):
    """fsync of the file, rename, fsync of the folder, in this order."""
    events = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(descriptor):
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        events.append(kind)
        if kind == "file":
            assert os.fstat(descriptor).st_size == 3
        fsync(descriptor)

    def note_replace(self, target):
        events.append("rename")
        assert Path(target) == path
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    files.write(path, "new")
    assert events == (["file", "rename", "folder"] if os.name == "posix" else ["file", "rename"])


@posix
def test_file_systems_that_cannot_sync_a_folder_are_left_alone(path, monkeypatch):
    fsync = os.fsync

    def refuse(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    files.write(path, "new")
    assert path.read_text() == "new"


@posix
def test_a_process_killed_while_it_writes_leaves_the_old_file(path):
    process = python(
        """
        import sys, time
        from pathlib import Path
        from serkit import files
        with files.replacing(Path(sys.argv[1])) as temporary:
            with temporary.open("w") as stream:
                stream.write("half of the new")
                stream.flush()
                print("half", flush=True)
                time.sleep(60)
        """,
        path,
    )
    try:
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert path.read_text() == OLD
    files.write(path, "new")  # what it left is in nobody's way
    assert path.read_text() == "new"


@posix
def test_a_process_killed_at_any_moment_leaves_the_old_file_or_the_new(path):
    """A writer of large files is killed some times, and a reader never sees but one letter."""
    size = 300_000
    path.write_text("-" * size)
    for number in range(5):
        process = python(
            """
            import sys
            from pathlib import Path
            from serkit import files
            print("begun", flush=True)
            while True:
                for letter in "abcdefg":
                    files.write(Path(sys.argv[1]), letter * int(sys.argv[2]))
            """,
            path,
            size,
        )
        try:
            process.stdout.readline()
            for _ in range(10):
                time.sleep(0.002 * (number + 1))
                text = path.read_text()
                assert len(text) == size
                assert len(set(text)) == 1
        finally:
            process.kill()
            process.communicate()
        text = path.read_text()
        assert len(text) == size
        assert len(set(text)) == 1


@posix
@pytest.mark.parametrize("kind", ["write", "replacing"])
def test_a_full_disk_leaves_the_old_file(path, kind):
    """A limit on the size of files fails a write halfway, as a full disk does."""
    process = python(
        """
        import resource, signal, sys
        from pathlib import Path
        from serkit import files
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            if sys.argv[2] == "write":
                files.write(Path(sys.argv[1]), b"x" * 100_000)
            else:
                with files.replacing(Path(sys.argv[1])) as temporary:
                    with temporary.open("wb") as stream:
                        for _ in range(100):
                            stream.write(b"x" * 1000)
        except OSError as error:
            print(error.errno)
        """,
        path,
        kind,
    )
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out.strip() == "27"  # EFBIG
    assert path.read_text() == OLD
    assert names(path) == [path.name]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(path):
    path.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            files.write(path, "new")
        assert path.read_text() == OLD
    finally:
        path.parent.chmod(0o700)


def test_sha256(path):
    assert files.sha256(path) == hashlib.sha256(OLD.encode()).hexdigest()
    path.write_bytes(b"")
    assert files.sha256(path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    path.write_bytes(b"x" * 3_000_000)
    assert files.sha256(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
