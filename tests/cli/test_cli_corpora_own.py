"""`serkit corpora check|stats|plot` of people's own data: everything that is wrong is told at once."""

import json
import os

import numpy as np
import pytest
import soundfile as sf

from serkit.cli import run


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("SERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def noise(seed, seconds=2.0):
    return 0.1 * np.random.default_rng(seed).standard_normal(round(8000 * seconds))


@pytest.fixture
def table(tmp_path):
    """Twelve sound recordings, and one of each that is not."""
    folder = tmp_path / "clips"
    folder.mkdir()
    rows = []

    def add(name, word, samples=None, **form):
        rows.append(f"{name},{word},s{len(rows) % 3}")
        if samples is not None:
            sf.write(folder / name, samples, 8000, **form)

    for number in range(12):
        add(f"c{number}.wav", ("anger", "Angry", "happy")[number % 3], noise(number))
    sf.write(folder / "same.flac", sf.read(folder / "c0.wav", dtype="int16")[0], 8000)
    add("same.flac", "happy")
    (folder / "link.wav").symlink_to("c1.wav")
    add("link.wav", "anger")
    add("short.wav", "happy", noise(20, 0.25))
    add("long.wav", "happy", noise(21, 61))
    add("silent.wav", "happy", np.zeros(8000))
    (folder / "broken.wav").write_bytes(b"no audio")
    add("broken.wav", "happy")
    add("gone.wav", "happy")
    add("other.wav", "happy", noise(22), format="FLAC")
    add("hapy.wav", "hapy", noise(23))
    add("skipped.wav", "mixed", np.zeros(8000))
    add("empty.wav", "", noise(24))
    path = folder / "my.csv"
    path.write_text("file,emotion,who\n" + "\n".join(rows) + "\n")
    return path


TOLD = {
    "hapy: label: 1 utterance left out; say what it means with --map hapy=EMOTION, or that it is to be: --map hapy=",
    "no label: label: 1 utterance left out; fill it in, or that it is to be: --map =",
    "gone.wav: missing: no file of this name",
    "same.flac: duplicate: the same samples as c0.wav (happy here, angry there)",
    "link.wav: duplicate: the same file as c1.wav (both angry)",
    "silent.wav: silent: all its samples are zero",
    "other.wav: extension: FLAC under the ending .wav",
    "long.wav: duration: 61.00 s, where the median is 2.00 s",
    "short.wav: duration: 0.25 s, less than 0.3 s",
}


def test_check_of_a_table_tells_everything_at_once(table, capsys):
    assert run(["corpora", "check", str(table), "--speaker", "who", "--map", "mixed="]) == 1
    found = capsys.readouterr()
    assert found.err == ""
    lines = found.out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["label", "utterances", "words"],
        ["happy", "11", "happy", "(11)"],
        ["angry", "9", "anger", "(5),", "Angry", "(4)"],
    ]
    assert lines[3:7] == ["left out: 1 'hapy' (unknown)", "left out: 1 'mixed' (by --map)", "left out: 1 no label", ""]
    told = set(lines[7:-1])
    assert {line for line in told if not line.startswith("broken.wav: unreadable: ")} == TOLD
    assert len(told) == len(TOLD) + 1
    assert lines[-1] == f"my in {table}: 8 problems, besides 2 of unusual duration"


def test_check_as_json(table, capsys):
    assert run(["corpora", "check", str(table), "--map", "mixed=", "--map", "hapy=happy", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["corpus"], found["root"], found["sound"]) == ("my", str(table), False)
    assert found["words"] == {
        "kept": {"happy": 12, "angry": 9},
        "merged": {"happy": {"happy": 11, "hapy": 1}, "angry": {"anger": 5, "Angry": 4}},
        "dropped": {"mixed": {"utterances": 1, "why": "by --map"}, "": {"utterances": 1, "why": "no label"}},
    }
    remarks = [each["where"] for each in found["problems"] if each["remark"]]
    assert remarks == ["long.wav", "short.wav"]


def test_check_of_sound_data(tmp_path, capsys):
    """A folder for each emotion; a long recording is no fault."""
    for number in range(12):
        place = tmp_path / "mine" / ("anger" if number % 2 else "happy")
        place.mkdir(parents=True, exist_ok=True)
        sf.write(place / f"{number}.wav", noise(number, 61 if number == 3 else 2), 8000)
    assert run(["corpora", "check", "mine"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        "anger/3.wav: duration: 61.00 s, where the median is 2.00 s",
        "mine in mine: complete and sound, besides 1 of unusual duration",
    ]
    assert run(["corpora", "check", "mine", "--own-labels"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:3]] == ["happy", "anger"]


def test_values_of_a_scale_have_no_words(tmp_path, capsys):
    sf.write(tmp_path / "a.wav", noise(0), 8000)
    (tmp_path / "v.csv").write_text("path,valence,emotion\na.wav,0.5,whatever\n")
    assert run(["corpora", "check", "v.csv", "--target", "valence"]) == 0
    assert capsys.readouterr().out == "v in v.csv: complete and sound\n"
    assert run(["corpora", "stats", "v.csv", "--target", "valence"]) == 0
    assert run(["corpora", "plot", "v.csv", "--target", "valence"]) == 0
    assert (tmp_path / "v.html").is_file()


def test_many_unusual_durations_are_one_line(tmp_path, capsys):
    for number in range(11):
        (tmp_path / "mine" / "happy").mkdir(parents=True, exist_ok=True)
        sf.write(tmp_path / "mine" / "happy" / f"{number:02}.wav", noise(number, 0.1), 8000)
    assert run(["corpora", "check", "mine"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].startswith("11 utterances: duration: unusual: happy/00.wav (0.10 s, less than 0.3 s), happy/01.wav ")
    assert lines[-2].endswith("and 8 more (all with --json)")


def test_stats_and_plot_of_a_table(table, capsys, tmp_path):
    assert run(["corpora", "stats", str(table), "--json", "--map", "mixed="]) == 1  # one cannot be read
    found = capsys.readouterr()
    told = json.loads(found.out)
    assert {label: each["utterances"] for label, each in told["labels"].items()} == {"happy": 9, "angry": 9}
    assert list(told["unreadable"]) == ["broken.wav"]
    assert found.err.splitlines() == [
        "serkit: note: 1 left out: hapy (unknown)",
        "serkit: note: 1 left out: mixed (by --map)",
        "serkit: note: 1 left out: no label",
    ]
    assert run(["corpora", "plot", str(table), "--out", "page.html", "--speaker", "who"]) == 0
    page = (tmp_path / "page.html").read_text()
    assert "my" in page
    assert str(table.parent) not in page
    assert "1 unreadable files are left out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "TABLE", "emodb"], "emodb: one thing too many beside data of your own; --root says where its paths start"),
        (["check", "TABLE", "--label", "feeling"], "no such column"),
        (["check", "emodb", "--label", "feeling"], "of your own data"),
        (["stats", "none.csv"], "none.csv: no such file or folder"),
        (["plot", "clips"], "none of its folders"),
        (["check", "emodbb"], "did you mean 'emodb'?"),
        (["check", "emodb=nowhere"], "nowhere is not a folder"),
    ],
)
def test_what_cannot_be_is_one_line(table, capsys, arguments, said):
    assert run(["corpora", *(str(table) if each == "TABLE" else each for each in arguments)]) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert said in found.err
    assert found.err.count("\n") == 1


ODD = os.fsdecode(b"caf\xe9.wav")


@pytest.fixture
def odd(tmp_path):
    """A folder with a file whose name is no UTF-8."""
    folder = tmp_path / "mine" / "happy"
    folder.mkdir(parents=True)
    for number, name in enumerate("ab"):
        sf.write(folder / f"{name}.wav", noise(number), 8000)
    try:
        (folder / "a.wav").rename(folder / ODD)
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    return folder.parent


@pytest.mark.parametrize("form", ["csv", "parquet", "audformat"])
def test_no_table_can_hold_a_name_that_is_no_utf8(odd, capsys, tmp_path, form):
    """It could not be read back: refused in one line, before anything is written."""
    assert run(["corpora", "export", str(odd), "--to", str(tmp_path / "out"), "--format", form]) == 2
    found = capsys.readouterr()
    assert "caf\\udce9.wav" in found.err
    assert "is no UTF-8, which no table can hold; rename it" in found.err
    assert found.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_names_that_are_no_utf8_are_checked_told_and_drawn(odd, capsys):
    (odd / "happy" / ODD).write_bytes(b"no audio")
    assert run(["corpora", "check", str(odd)]) == 1
    assert [line for line in capsys.readouterr().out.splitlines() if "unreadable: not audio" in line]
    assert run(["corpora", "stats", str(odd)]) == 1
    assert run(["corpora", "stats", str(odd), "--json"]) == 1
    assert run(["corpora", "plot", str(odd), "--out", "page.svg"]) == 0


def test_a_folder_that_is_no_utf8_keeps_its_headers(odd, tmp_path):
    place = odd.rename(tmp_path / os.fsdecode(b"m\xe9"))
    assert run(["corpora", "stats", str(place)]) == 0
    assert list((tmp_path / "cache" / "corpora").iterdir())
    assert run(["corpora", "plot", str(place), "--out", "page.html"]) == 0
