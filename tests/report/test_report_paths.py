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
