"""Standard streams that are closed, full or unread, and signals: a status, at most one line, and nothing of Python's own."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs descriptors and signals of POSIX")
SERKIT = f"{sys.executable} -m serkit"
FULL = "serkit: error: standard output: No space left on device; make room"
CLOSED = "serkit: error: standard output: Bad file descriptor; open it"
NOPE = "serkit: error: no recipe 'nope'"


def shell(line):
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("command", ["recipes list --json", "--help"])
@pytest.mark.parametrize(
    ("to", "said"), [(">/dev/full", FULL), (">&-", CLOSED), (">/dev/full 2>/dev/full", ""), (">&- 2>&-", "")]
)
def test_what_cannot_be_printed_is_an_error(command, to, said):
    done = shell(f"{SERKIT} {command} {to}")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == bool(said)


@pytest.mark.parametrize("to", ["2>/dev/full", "2>&-", "<&-", "<&- 2>&-"])
def test_what_is_not_needed_is_not_missed(to):
    done = shell(f"{SERKIT} recipes list --json {to}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == shell(f"{SERKIT} recipes list --json").stdout


@pytest.mark.parametrize(("to", "said"), [("2>/dev/full", ""), ("2>&-", ""), (">&-", NOPE), (">/dev/full", NOPE)])
def test_an_error_keeps_its_status(to, said):
    done = shell(f"{SERKIT} recipes show nope {to}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == bool(said)


def test_a_reader_that_goes_is_no_error():
    """More than a pipe holds."""
    code = "from serkit import cli; cli.app = lambda *_, **__: print('x' * 1_000_000); cli.main()"
    done = shell(f'set -o pipefail; {sys.executable} -c "{code}" | head -c 1')
    assert (done.returncode, done.stdout, done.stderr) == (1, "x", "")


def test_a_closed_stream_leaves_its_number_to_no_file(tmp_path):
    code = """
        from serkit import cli
        def app(*_, **__):
            with open("mine", "w") as mine, open("told", "w") as told:
                print(mine.fileno(), file=told)
        cli.app = app
        cli.main()
        """
    (tmp_path / "code.py").write_text(textwrap.dedent(code))
    shell(f"cd {tmp_path}; {sys.executable} code.py <&- >&- 2>&-")
    assert int((tmp_path / "told").read_text()) > 2


def test_a_name_that_is_no_text_is_printed():
    code = "from serkit import cli; cli.app = lambda *_, **__: print('caf\\udce9'); cli.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "caf\\udce9\n", "")


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)] if os.name == "posix" else [],
    ids=str,
)
def test_a_signal_is_one_line(number, status, tmp_path):
    code = """
        import sys, time
        from pathlib import Path
        from serkit import cli, files
        def app(*_, **__):
            with files.replacing(Path("half.txt")) as temporary:
                temporary.write_text("half")
                print("ready", flush=True)
                time.sleep(60)
        cli.app = app
        cli.main()
        """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out, err) == (status, "", "serkit: stopped\n")
    assert list(tmp_path.iterdir()) == []  # what was half-written went


def test_what_nohup_ignores_stays_ignored():
    code = """
        import signal
        from serkit import cli
        def app(*_, **__):
            signal.raise_signal(signal.SIGHUP)
            print("on it goes")
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        cli.app = app
        cli.main()
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "on it goes\n", "")
