"""Where a file may be written: links are gone through, folders are not made, and what is no plain file stays what it is."""

import os
import socket
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from serkit import files
from serkit.errors import OutputError

OLD = "the old content\n"
posix = pytest.mark.skipif(os.name != "posix", reason="needs links, devices and permissions of POSIX")


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "some file.json"
    made.write_text(OLD)
    return made


def names(path):
    return sorted(each.name for each in path.parent.iterdir())


def python(code, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_no_folder_is_made(tmp_path):
    with pytest.raises(OutputError, match=r"there is no folder .*a/b; make it first"):
        files.write(tmp_path / "a" / "b" / "c.txt", "x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_made_where_its_own_is_there(tmp_path):
    made = tmp_path / "made"
    assert files.folder(made) == files.folder(made) == made  # once more: it is there
    assert made.is_dir()
    with pytest.raises(OutputError, match=r"there is no folder .*a/b to make it in"):
        files.folder(tmp_path / "a" / "b" / "c")
    (tmp_path / "file").write_text("x")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for name in ("file", "nowhere"):
        with pytest.raises(OutputError, match="in the way"):
            files.folder(tmp_path / name)
    (tmp_path / "link").symlink_to(made)
    assert files.folder(tmp_path / "link") == tmp_path / "link"


@posix
class TestLinks:
    """A link is a name for a file elsewhere, and stays one."""

    def test_the_file_that_it_leads_to_is_replaced(self, path, tmp_path):
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        link, second = elsewhere / "link", elsewhere / "second"
        link.symlink_to(Path("..") / path.name)  # relative to where the link is
        second.symlink_to(link)
        files.write(second, "new")
        assert second.is_symlink()
        assert link.is_symlink()
        assert not path.is_symlink()
        assert path.read_text() == second.read_text() == "new"
        assert sorted(each.name for each in elsewhere.iterdir()) == ["link", "second"]

    def test_what_fails_leaves_the_target(self, path, tmp_path):
        link = tmp_path / "link"
        link.symlink_to(path)

        def fail():
            with files.replacing(link) as temporary:
                temporary.write_text("half")
                raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            fail()
        assert link.is_symlink()
        assert path.read_text() == OLD
        assert names(path) == ["link", path.name]

    def test_a_link_to_nothing_makes_its_target(self, tmp_path):
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "target")
        files.write(link, "new")
        assert link.is_symlink()
        assert (tmp_path / "target").read_text() == "new"
        link.unlink()
        link.symlink_to(tmp_path / "gone" / "target")
        with pytest.raises(OutputError, match="there is no folder"):
            files.write(link, "new")

    def test_links_in_a_circle(self, tmp_path):
        one, other = tmp_path / "one", tmp_path / "other"
        one.symlink_to(other)
        other.symlink_to(one)
        with pytest.raises(OutputError, match="lead in a circle"):
            files.write(one, "new")
        assert one.is_symlink()
        assert other.is_symlink()

    def test_a_folder_that_is_a_link_is_gone_through(self, tmp_path):
        (tmp_path / "real").mkdir()
        (tmp_path / "linked").symlink_to(tmp_path / "real")
        files.write(tmp_path / "linked" / "x.txt", "new")
        assert (tmp_path / "linked").is_symlink()
        assert (tmp_path / "real" / "x.txt").read_text() == "new"


@posix
class TestNoPlainFile:
    """Whatever is no plain file is named and stays what it is."""

    @pytest.mark.parametrize("device", ["/dev/full", "/dev/null", "/dev/zero", "/dev/tty"])
    def test_devices(self, device, tmp_path):
        if not Path(device).exists():
            pytest.skip(f"there is no {device}")
        before = Path(device).stat()
        link = tmp_path / "link"
        link.symlink_to(device)
        for path in (Path(device), link):
            with pytest.raises(OutputError, match="a device, and only a plain file"):
                files.write(path, "x")
        assert stat.S_ISCHR(Path(device).stat().st_mode)
        assert Path(device).stat().st_ino == before.st_ino

    def test_a_pipe_without_a_reader_does_not_block(self, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with pytest.raises(OutputError, match="a pipe, and only"):
            files.write(pipe, "x")
        assert stat.S_ISFIFO(pipe.stat().st_mode)

    def test_a_socket(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)  # the names of sockets are short
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("s")
            with pytest.raises(OutputError, match="a socket, and only"):
                files.write(Path("s"), "x")

    def test_a_folder(self, tmp_path):
        with pytest.raises(OutputError, match="a folder, and only"):
            files.write(tmp_path, "x")

    def test_below_a_file(self, path):
        with pytest.raises(OutputError, match="is no folder"):
            files.write(path / "x", "new")
        assert path.read_text() == OLD

    def test_a_name_that_is_none(self):
        with pytest.raises(OutputError, match="no file can be called so"):
            files.write(Path("a\0b"), "x")

    @pytest.mark.parametrize("name", ["/dev/stdout", "/dev/stderr", "/dev/fd/1", "printed.txt"])
    def test_where_this_process_prints(self, tmp_path, name):
        if name.startswith("/") and not Path(name).exists():
            pytest.skip(f"there is no {name}")
        code = """
            import sys
            from pathlib import Path
            from serkit import files
            from serkit.errors import OutputError
            print("before", flush=True)
            try:
                files.write(Path(sys.argv[1]), "x")
            except OutputError as error:
                print(error)
            """
        printed = tmp_path / "printed.txt"
        with printed.open("w") as stream:
            subprocess.run(
                [sys.executable, "-c", textwrap.dedent(code), name], stdout=stream, stderr=stream, check=True, cwd=tmp_path
            )
        assert "what is printed goes there already" in printed.read_text()
        assert printed.read_text().startswith("before\n")
        process = python(code, "/dev/stdout")  # a pipe
        assert "a pipe, and only" in process.communicate()[0]


@posix
class TestPermissions:
    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666, 0o444, 0o755])
    def test_a_file_that_is_replaced_keeps_them(self, path, mode):
        for durable in (True, False):
            path.chmod(mode)
            files.write(path, "new", durable=durable)
            assert stat.S_IMODE(path.stat().st_mode) == mode

    @pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
    def test_a_new_file_has_those_that_the_umask_leaves(self, tmp_path, mask, mode):
        before = os.umask(mask)
        try:
            files.write(tmp_path / "new", "x")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == mode

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
    def test_roots_writing_leaves_the_owner(self, path):
        os.chown(path, 12345, 23456)
        path.chmod(0o640)
        files.write(path, "new")
        found = path.stat()
        assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12345, 23456, 0o640)


def test_a_name_as_long_as_there_are(tmp_path):
    path = tmp_path / ("ä" * 100 + "x" * 51 + ".csv")  # 255 bytes
    files.write(path, "x")
    assert names(path) == [path.name]


@posix
def test_names_that_are_no_text_stay_what_they_are(tmp_path):
    name = os.fsdecode(b"caf\xe9.wav")
    files.write(tmp_path / "table.csv", f"path\n{name}\n")
    assert (tmp_path / "table.csv").read_bytes() == b"path\ncaf\xe9.wav\n"
    with pytest.raises(OutputError, match=r"'\\ud800' is half a character"):
        files.write(tmp_path / "table.csv", "a\ud800b")
    assert (tmp_path / "table.csv").read_bytes() == b"path\ncaf\xe9.wav\n"
