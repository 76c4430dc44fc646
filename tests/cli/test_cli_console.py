"""Tables, pairs and bars: no width loses a character, and a pager is used where one helps."""

import io
import os
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from serkit.cli import _console, run
from serkit.cli._console import counting, out, progress, table
from serkit.cli._facts import print_pairs
from serkit.cli._grid import Pairs

WIDTHS = (10, 40, 60, 80, 100, 120, 300)
pty = pytest.importorskip("pty")


def printed(what, width):
    held = io.StringIO()
    Console(file=held, width=width, soft_wrap=True).print(what)
    return held.getvalue()


def words(text):
    """How often each word stands there; what only parts cells is none."""
    return Counter(word.rstrip(":") for word in text.split() if word != "·")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_figure_is_never_cut(width):
    made = table(
        None,
        ("name", "language", "utterances", "hours", "licence", "get it"),
        [
            ("msp_podcast", "en", "151,654", "238", "academic or commercial, on request", "on request"),
            ("iemocap", "en", "10,039", "12", "", "on request"),
        ],
        right=("utterances", "hours"),
    )
    found = printed(made, width)
    assert not words(printed(made, 300)) - words(found)
    assert max(map(cell_len, found.splitlines())) <= max(width, len("utterances  msp_podcast"))


cells = st.text("ab7ü語 ,-", max_size=30)


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.tuples(
            st.lists(st.text("xyz", min_size=1, max_size=9), min_size=n, max_size=n, unique=True),
            st.lists(st.lists(cells, min_size=n, max_size=n), max_size=5),
            st.sets(st.integers(0, n - 1)),
        )
    ),
    st.sampled_from(WIDTHS),
)
def test_every_word_of_every_cell_is_there_at_every_width(given, width):
    columns, rows, right = given
    found = printed(table(None, columns, rows, right=[columns[at] for at in right]), width)
    assert not words(" ".join(cell for row in rows for cell in row)) - words(found)
    longest = max((cell_len(word) for row in (columns, *rows) for cell in row for word in cell.split(" ")), default=0)
    # A word that is longer than a line may stick out, and so may a name, which is never folded.
    assert all(cell_len(line) <= width or cell_len(line) <= 2 * longest + 8 for line in found.splitlines())


def test_the_shapes_of_a_table():
    """Side by side, folded on words, moved below its row, and lines of name and value."""
    columns, right = ("name", "n", "what it is"), ("n",)
    made = table(None, columns, [("one", "1,234", "a few words"), ("another", "5", "none")], right)
    assert printed(made, 300).splitlines() == [
        "name         n  what it is",
        "one      1,234  a few words",
        "another      5  none",
    ]
    assert printed(made, 22).splitlines() == [
        "name         n  what",
        "                it is",
        "one      1,234  a few",
        "                words",
        "another      5  none",
    ]
    assert printed(made, 18).splitlines() == [
        "name         n",
        "  what it is",
        "one      1,234",
        "  a few words",
        "another      5",
        "  none",
    ]
    assert printed(made, 12).splitlines() == [
        *("name: one", "n: 1,234", "what it is:", "    a few", "    words"),
        "",
        *("name:", "    another", "n: 5", "what it is:", "    none"),
    ]


def test_pairs_are_folded_below_their_values():
    assert printed(Pairs([("key", "some words of it"), ("longer", "x")]), 16).splitlines() == [
        "key     some",
        "        words of",
        "        it",
        "longer  x",
    ]


def test_a_cell_of_several_lines_stays_one():
    assert printed(table(None, ("a",), [("two\nlines",), ("caf\udce9",)]), 80).splitlines() == [
        "a",
        "two\\nlines",
        "caf\\udce9",
    ]


COMMANDS = (
    "corpora list",
    "corpora show ravdess",
    "corpora show msp_podcast",
    "corpora stats emodb",
    "corpora check emodb DAMAGED",
    "recipes list",
    "recipes list --all",
    "systems list",
    "systems show bigru_mha",
    "features list",
    "evaluate RUN --corpus emodb=SMALL",
    "ablate mpaf_cnn --show --only screening_M2 --out NEW",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_wide_screen_shows_a_narrow_one_shows(command, capsys, monkeypatch, tmp_path, small_run, small_corpus):
    """Each word of each command's tables, as often."""
    monkeypatch.setenv("SERKIT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "03a01Fa.wav").write_bytes(b"no audio")
    places = {
        "RUN": small_run,
        "emodb=SMALL": f"emodb={small_corpus}",
        "DAMAGED": tmp_path / "damaged",
        "NEW": tmp_path / "new",
    }
    arguments = [str(places.get(each, each)) for each in command.split()]

    def shown(width):
        monkeypatch.setattr(out, "width", width)
        run(arguments)
        return capsys.readouterr().out

    wide = words(shown(300))
    assert wide
    for width in (40, 60, 80):
        assert not wide - words(shown(width))


def in_terminal(columns, rows, *arguments, **environment):
    """What a terminal of that size is sent."""
    import fcntl
    import struct
    import termios

    own, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "serkit", *arguments],
        {**{key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}, **environment},
        file_actions=[(os.POSIX_SPAWN_DUP2, other, each) for each in range(3)],
    )
    os.close(other)
    found = b""
    while True:
        try:
            part = os.read(own, 65536)
        except OSError:  # the other end has been closed
            break
        if not part:
            break
        found += part
    os.close(own)
    assert os.waitpid(process, 0)[1] == 0
    return found.decode().replace("\r", "")


def test_a_terminal_of_80_columns_shows_all_figures():
    lines = in_terminal(80, 100, "corpora", "list", TERM="xterm").splitlines()
    assert max(len(line) for line in lines if "\033" not in line) <= 80
    assert "msp_podcast   en           151,654         -    238       8" in lines
    assert "  academic or commercial, on request · on request · untested" in lines


@pytest.mark.parametrize(("rows", "terminal", "pages"), [(20, "xterm", True), (200, "xterm", False), (20, "dumb", False)])
def test_a_long_list_goes_through_the_pager(tmp_path, rows, terminal, pages):
    """Where someone reads on a screen that is too small for it, and a pager can work."""
    kept = tmp_path / "paged"
    shown = in_terminal(120, rows, "recipes", "list", TERM=terminal, PAGER=f"cat > {kept}", MANPAGER="")
    assert kept.exists() == pages
    assert "cnn_transformer/paper" in (kept.read_text() if pages else shown)


def test_what_is_printed_into_a_file_is_not_folded(capsys):
    run(["features", "list"])
    assert "openSMILE's functionals of INTERSPEECH 2010, one vector an utterance" in capsys.readouterr().out


def test_a_bar_without_a_total_shows_none(monkeypatch):
    held = io.StringIO()
    monkeypatch.setattr(_console, "err", Console(file=held, force_terminal=True, width=100))
    with progress("reading") as advance:
        for _ in range(2000):
            advance()
    with counting("own", 0):
        pass
    with counting("decoding") as tell:
        tell(3, 7)
    assert "2000" in held.getvalue()
    assert "/?" not in held.getvalue()
    assert "0/0" not in held.getvalue()
    assert "3/7" in held.getvalue()


def test_no_pairs_are_nothing(capsys):
    print_pairs({})
    assert capsys.readouterr().out == ""
