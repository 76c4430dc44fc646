"""Where owners keep things stays with them."""

from pathlib import Path

import pytest

from serkit.report import _paths


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("/home/me/data/emodb", ".../emodb"),
        ("emodb=/home/me/data/emodb", "emodb=.../emodb"),
        ("--corpus=emodb=/home/me/emodb/", "--corpus=emodb=.../emodb"),
        ("~/runs/one", ".../one"),
        (r"C:\Users\me\runs\one", ".../one"),
        (r"\\server\share\me\one", ".../one"),
        ('root = "/home/me/my clips"', 'root = ".../my clips"'),
        ("corpus.table.root='/home/me/my clips'", "corpus.table.root='.../my clips'"),
        ("it lies in /home/me/x, and there", "it lies in .../x, and there"),
        ("https://doi.org/10.1/abc/def", "https://doi.org/10.1/abc/def"),
        (
            "WA and/or UA, 3 / 4, n/a, runs/one, ../two/three, ./four/five",
            "WA and/or UA, 3 / 4, n/a, runs/one, ../two/three, ./four/five",
        ),
        ("/data", "/data"),
        (r"label = '_([a-z]+)$'", r"label = '_([a-z]+)$'"),
        ("serkit train own/sad-angry --set 'training={epochs=3}'", "serkit train own/sad-angry --set 'training={epochs=3}'"),
    ],
)
def test_absolute_paths_are_shortened_and_nothing_else(given: str, told: str | None) -> None:
    assert _paths.shortened(given) == (told or given)


def test_what_lies_below_the_working_folder_is_relative_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _paths.shortened(f"{tmp_path}/runs/one and {tmp_path}x/runs/one") == "runs/one and .../one"


def test_commands_stay_commands() -> None:
    line = "serkit train 'a b' --corpus 'emodb=/home/me/my data/emodb' --set 'x={y=\"/home/me/z\"}' --out /home/me/r"
    assert _paths.command(line) == "serkit train 'a b' --corpus emodb=.../emodb --set 'x={y=\".../z\"}' --out .../r"
    assert _paths.command("it's no command: /home/me/x") == "it's no command: .../x"
    assert _paths.command("serkit.fit") == "serkit.fit"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["/home/me/a/1.wav", "/home/me/b/1.wav~1"], ["a/1.wav", "b/1.wav~1"]),
        (["/home/me/a/1.wav"], ["1.wav"]),
        (["a/1.wav", "a/2.wav", "03a01Fa"], None),
        ([r"C:\me\a\1.wav", r"C:\me\b\1.wav"], [r"a\1.wav", r"b\1.wav"]),
        ([r"C:\me\a\1.wav", r"D:\me\b\1.wav"], None),
        ([], None),
    ],
)
def test_utterances_lose_the_folder_that_they_share(given: list[str], told: list[str] | None) -> None:
    assert _paths.relative(given) == (told if told is not None else given)


def test_recordings_are_known_again_however_much_was_left_out() -> None:
    assert _paths.relative(["/home/me/a/1.wav", "/home/me/a/2.wav"], every=True) == ["1.wav", "2.wav"]
    assert _paths.relative(["a/1.wav", "a/2.wav"], every=True) == ["1.wav", "2.wav"]
    assert _paths.relative(["03a01Fa", "03a01Nc"], every=True) == ["03a01Fa", "03a01Nc"]
