"""`serkit predict`: every format says the same, standard output holds nothing else, and bad files are named."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile as sf

import serkit
from serkit.cli import run

SERKIT = [sys.executable, "-m", "serkit"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def clips(tmp_path, small_emodb):
    """Three recordings, one of them of several windows, in a folder with a folder."""
    folder = tmp_path / "clips"
    (folder / "deeper").mkdir(parents=True)
    names = sorted((small_emodb / "wav").iterdir())
    shutil.copy(names[0], folder / "one.wav")
    shutil.copy(names[40], folder / "deeper" / "two.wav")
    joined = np.concatenate([sf.read(name, dtype="float32")[0] for name in names[:6]])
    sf.write(folder / "long.flac", joined, 16000)
    (folder / "notes.txt").write_text("no audio", encoding="utf-8")
    return folder


def predict(capsys, small_run, *arguments, status=0):
    assert run(["predict", *map(str, arguments), "--model", str(small_run), "--threads", "1"]) == status
    return capsys.readouterr()


def test_formats_agree_with_each_other_and_with_the_library(capsys, small_run, clips):
    found = json.loads(predict(capsys, small_run, clips, "-f", "json").out)
    lines = [json.loads(line) for line in predict(capsys, small_run, clips, "-f", "jsonl").out.splitlines()]
    assert lines == found
    recognizer = serkit.load(small_run, 1)
    assert [each["path"] for each in found] == [str(clips / name) for name in ("deeper/two.wav", "long.flac", "one.wav")]
    for each in found:
        own = recognizer(each.pop("path"))
        assert each == own.to_dict()
    assert len(found[1]["segments"]) > 3
    rows = list(csv.DictReader(io.StringIO(predict(capsys, small_run, clips, "-f", "csv").out)))
    table = predict(capsys, small_run, clips).out.splitlines()
    assert table[0].split() == ["emotion", "prob.", "seconds", "next", "kHz", "recording"]
    for row, each, line, path in zip(rows, found, table[1:], [line["path"] for line in lines], strict=True):
        assert row["path"] == path
        assert row["emotion"] == each["emotion"] == line.split()[0]
        assert float(row["confidence"]) == pytest.approx(each["confidence"], abs=1e-6)
        assert float(row["duration"]) == pytest.approx(each["duration"], abs=1e-3)
        assert {name.removeprefix("p_"): float(value) for name, value in row.items() if name[:2] == "p_"} == pytest.approx(
            each["scores"], abs=1e-6
        )
        assert line.split()[1:3] == [f"{each['confidence']:.2f}", f"{each['duration']:.2f}"]
        second, value = sorted(each["scores"].items(), key=lambda item: -item[1])[1]
        assert line.split()[3:6] == [second, f"{value:.2f}", f"{each['quality']['band'] / 1000:.1f}"]
        assert float(row["band"]) == each["quality"]["band"]
        assert float(row["speech"]) == each["quality"]["speech"] > 0.9
        assert row["warnings"] == "; ".join(each["warnings"])
        assert line.endswith(path)


def test_segments(capsys, small_run, clips):
    (found,) = json.loads(predict(capsys, small_run, clips / "long.flac", "-f", "json").out)
    rows = list(csv.DictReader(io.StringIO(predict(capsys, small_run, clips / "long.flac", "-f", "csv", "--segments").out)))
    assert len(rows) == len(found["segments"])
    for row, segment in zip(rows, found["segments"], strict=True):
        assert (float(row["start"]), float(row["end"])) == pytest.approx((segment["start"], segment["end"]), abs=1e-3)
        assert row["emotion"] == segment["emotion"]
    table = predict(capsys, small_run, clips / "long.flac", "--segments").out.splitlines()
    assert len(table) == 2 + len(rows)
    assert table[2].endswith(f"  from 0.00 to {found['segments'][0]['end']:.2f} s")


@pytest.mark.parametrize("shape", ["json", "jsonl", "csv"])
def test_broken_files_are_named_and_the_rest_recognized(capsys, small_run, clips, shape):
    (clips / "broken.wav").write_bytes(b"RIFF nothing of that kind")
    (clips / "empty.wav").write_bytes(b"")
    printed = predict(capsys, small_run, clips, "gone.wav", "-f", shape, status=1)
    count = {
        "json": lambda text: len(json.loads(text)),
        "jsonl": lambda text: len([json.loads(line) for line in text.splitlines()]),
        "csv": lambda text: len(list(csv.DictReader(io.StringIO(text)))),
    }
    assert count[shape](printed.out) == 3
    errors = printed.err.splitlines()
    assert errors[-1] == "serkit: 3 of 6 recordings were not recognized"
    assert all(line.startswith("serkit: error: ") for line in errors[:-1])
    assert [name for name in ("broken.wav", "empty.wav", "gone.wav") if sum(name in line for line in errors) == 1] == [
        "broken.wav",
        "empty.wav",
        "gone.wav",
    ]
    assert len(errors) == 4


@pytest.mark.parametrize("shape", ["table", "json", "jsonl", "csv"])
def test_a_single_bad_file(capsys, small_run, shape):
    printed = predict(capsys, small_run, "gone.wav", "-f", shape, status=2)
    assert printed.err == "serkit: error: gone.wav: no such file; check the path\n"
    if shape == "json":
        assert json.loads(printed.out) == []
    else:
        assert len(printed.out.splitlines()) == (shape == "csv")


def test_a_folder_without_audio(capsys, small_run, tmp_path):
    (tmp_path / "bare").mkdir()
    printed = predict(capsys, small_run, "bare", status=2)
    assert printed.out == ""
    assert printed.err == "serkit: error: bare: a folder without recordings; name one that holds audio files\n"


NAMES = ["with space", "[bold]x", "[red]", "naïve 日本", "-dash", "quote\",'", "%s {0}", "\\[b]", ":smile:"]


@pytest.mark.parametrize("name", NAMES)
def test_strange_names(capsys, small_run, clips, name):
    path = clips / f"{name}.wav"
    shutil.copy(clips / "one.wav", path)
    assert json.loads(predict(capsys, small_run, path, "-f", "json").out)[0]["path"] == str(path)
    assert next(csv.DictReader(io.StringIO(predict(capsys, small_run, path, "-f", "csv").out)))["path"] == str(path)
    assert predict(capsys, small_run, path).out.splitlines()[1].endswith(f"  {path}")
    path.write_bytes(b"")
    printed = predict(capsys, small_run, path, status=2)
    assert printed.err.startswith(f"serkit: error: {path}: ")
    assert printed.err.count("\n") == 1


def test_a_name_with_a_line_break_in_machine_formats(capsys, small_run, clips):
    path = clips / "two\nlines.wav"
    shutil.copy(clips / "one.wav", path)
    assert json.loads(predict(capsys, small_run, path, "-f", "json").out)[0]["path"] == str(path)
    assert len(predict(capsys, small_run, path, "-f", "jsonl").out.splitlines()) == 1
    assert next(csv.DictReader(io.StringIO(predict(capsys, small_run, path, "-f", "csv").out, newline="")))["path"] == str(path)


@pytest.mark.parametrize("content", [None, b""])
def test_a_name_with_a_line_break_is_one_line(capsys, small_run, clips, content):
    path = clips / "two\nlines.wav"
    shutil.copy(clips / "one.wav", path)
    if content is not None:
        path.write_bytes(content)
    run(["predict", str(path), "--model", str(small_run)])
    printed = capsys.readouterr()
    assert (len(printed.out.splitlines()), len(printed.err.splitlines())) == ((2, 0) if content is None else (0, 1))


@pytest.mark.parametrize("shape", ["table", "json"])
def test_a_name_that_is_no_unicode(small_run, clips, shape):
    try:
        shutil.copy(clips / "one.wav", os.fsencode(clips) + b"/\xff\xfe.wav")
    except OSError:
        pytest.skip("this file system has no such names")
    done = subprocess.run(
        [*SERKIT, "predict", str(clips), "-m", str(small_run), "-f", shape],
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"},  # as under any locale but C and POSIX
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 1)


def test_a_table_does_not_fold_long_paths(capsys, small_run, clips):
    folder = clips / ("x" * 120) / ("y" * 120)
    folder.mkdir(parents=True)
    shutil.copy(clips / "one.wav", folder / "one.wav")
    assert predict(capsys, small_run, folder / "one.wav").out.splitlines()[1].endswith(str(folder / "one.wav"))


def test_the_limit(capsys, small_run, clips):
    printed = predict(capsys, small_run, clips / "long.flac", "--limit", "0.5", status=2)
    assert "more than the limit of 0.5 s" in printed.err


# --- models that are none


def test_a_model_that_is_none(capsys, tmp_path, clips):
    (tmp_path / "garbage.onnx").write_bytes(b"\x08\x01garbage" * 50)
    (tmp_path / "empty.onnx").write_bytes(b"")
    (tmp_path / "bare").mkdir()
    for model, said in [("garbage.onnx", "not a readable ONNX model"), ("empty.onnx", "not a"), ("bare", "no model.onnx")]:
        assert run(["predict", str(clips), "-m", model]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith(f"serkit: error: {model}")
        assert said in printed.err
        assert printed.err.count("\n") == 1


def test_a_model_cut_short(capsys, tmp_path, clips, small_run):
    data = (small_run / "model.onnx").read_bytes()
    for part in range(1, 10):
        (tmp_path / "cut.onnx").write_bytes(data[: len(data) * part // 10])
        assert run(["predict", str(clips), "-m", "cut.onnx"]) == 2
        printed = capsys.readouterr()
        assert (printed.out, printed.err.count("\n")) == ("", 1)
        assert printed.err.startswith("serkit: error: cut.onnx")


def test_sound_and_film_that_cannot_be_read_is_named_and_counted(capsys, small_run, clips):
    film = b"\0\0\0\x18ftypM4A " + bytes(99)
    for name in ("a.m4a", "deeper/it's.webm"):
        (clips / name).write_bytes(film)
    printed = predict(capsys, small_run, clips, "-f", "jsonl", status=1)
    assert len(printed.out.splitlines()) == 3
    first, second, counted = printed.err.splitlines()
    assert first.startswith(f"serkit: error: {clips / 'a.m4a'}: MP4")
    assert first.endswith(f"ffmpeg -i {clips / 'a.m4a'} {clips / 'a.wav'}")
    assert second.startswith(f"serkit: error: {clips}/deeper/it's.webm: ")
    assert counted == "serkit: 2 of 5 recordings were not recognized"
    alone = clips / "alone"
    alone.mkdir()
    (alone / "b.mp4").write_bytes(film)
    for given in (alone, alone / "b.mp4"):
        printed = predict(capsys, small_run, given, status=2)
        assert printed.err.count("\n") == 1
        assert printed.err.endswith(f"ffmpeg -i {alone / 'b.mp4'} {alone / 'b.wav'}\n")


# --- processes and pipes


@pytest.mark.skipif(os.name != "posix", reason="needs named pipes")
def test_pipes_with_names(small_run, clips, tmp_path):
    """The writer is slow; and random bytes without an end."""
    os.mkfifo(tmp_path / "pipe")
    command = (
        f'(sleep 0.5; cat "{clips / "one.wav"}" > pipe) & {sys.executable} -m serkit predict pipe -m "{small_run}" -f json'
    )
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout)[0]["emotion"] == serkit.load(small_run, 1)(clips / "one.wav").emotion
    with open("/dev/urandom", "rb") as random:  # noqa: PTH123 - a device
        given = [*SERKIT, "predict", "-", "-m", str(small_run)]
        done = subprocess.run(given, stdin=random, capture_output=True, check=False, timeout=20)
    assert done.returncode == 2
    assert done.stderr.startswith(b"serkit: error: <stdin>: ")


def test_standard_input_from_a_pipe(small_run, clips):
    expected = serkit.load(small_run, 1)(clips / "long.flac").to_dict()
    command = f'cat "{clips / "long.flac"}" | {sys.executable} -m serkit predict - -m "{small_run}" -f json'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    (found,) = json.loads(done.stdout)
    assert found.pop("path") == "standard input"
    assert found["emotion"] == expected["emotion"]
    assert found["scores"] == pytest.approx(expected["scores"], abs=1e-5)


def test_standard_input_that_is_no_audio(small_run):
    for content in (b"", b"not audio at all" * 9):
        done = subprocess.run(
            [*SERKIT, "predict", "-", "-m", str(small_run)], input=content, capture_output=True, check=False, timeout=60
        )
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.startswith(b"serkit: error: ")
        assert done.stderr.count(b"\n") == 1


def test_standard_input_twice(capsys, small_run):
    assert "only once" in predict(capsys, small_run, "-", "-", status=2).err


@pytest.mark.parametrize("shape", ["table", "jsonl"])
def test_a_reader_that_leaves_is_no_news(small_run, clips, shape):
    """Enough output to fill a pipe whose reader has gone."""
    many = [str(clips / "one.wav")] * 400
    with subprocess.Popen(
        [*SERKIT, "predict", *many, "-m", str(small_run), "-f", shape, "--threads", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 1


def test_standard_output_on_a_full_disk(small_run, clips):
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [*SERKIT, "predict", str(clips), "-m", str(small_run), "-f", "json"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"serkit: error: standard output: No space left on device")
    assert done.stderr.count(b"\n") == 1


def test_recognizing_needs_no_torch(small_run, clips):
    program = (
        "import sys; from serkit.cli import run\n"
        "status = run(['predict', *sys.argv[1:]])\n"
        "heavy = {'torch', 'onnx', 'lightning_fabric', 'scipy', 'pandas'} & set(sys.modules)\n"
        "sys.exit(f'{status} {heavy}' if status or heavy else 0)\n"
    )
    command = [sys.executable, "-c", program, str(clips), "-m", str(small_run)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_thousand_recordings_and_three_that_are_broken(capsys, small_run, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for number in range(1000):
        sf.write(folder / f"{number:04d}.wav", 0.1 * rng.standard_normal(800 + number), 8000)
    for name, content in [("a.wav", b""), ("b.wav", b"RIFFxxxx"), ("c.flac", (folder / "0000.wav").read_bytes()[:500])]:
        (folder / name).write_bytes(content)
    printed = predict(capsys, small_run, folder, "-f", "jsonl", status=1)
    found = [json.loads(line) for line in printed.out.splitlines()]
    assert [each["path"] for each in found] == [str(folder / f"{number:04d}.wav") for number in range(1000)]
    assert all(sum(each["scores"].values()) == pytest.approx(1) for each in found)
    errors = printed.err.splitlines()
    assert [line.split(": ")[2] for line in errors[:3]] == [str(folder / name) for name in ("a.wav", "b.wav", "c.flac")]
    assert errors[3].startswith(
        f"serkit: note: narrow band in 1000 of 1000 recordings, the first {folder / '0000.wav'}: nothing"
    )
    assert errors[4:] == ["serkit: 3 of 1003 recordings were not recognized"]


def test_silence_is_no_speech_in_every_format(capsys, small_run, tmp_path):
    path = tmp_path / "silent.wav"
    sf.write(path, np.zeros(16000), 16000)
    said = f"serkit: note: no speech in 1 of 1 recordings, {path}: nothing is louder than 65 dB below full scale for 0.1 s\n"
    for shape in ("table", "json", "jsonl", "csv"):
        assert predict(capsys, small_run, path, "-f", shape).err == said
    (found,) = json.loads(predict(capsys, small_run, path, "-f", "json").out)
    assert (found["emotion"], found["confidence"], found["scores"]) == ("no speech", None, {})
    assert json.loads(predict(capsys, small_run, path, "-f", "jsonl").out) == found
    (row,) = csv.DictReader(io.StringIO(predict(capsys, small_run, path, "-f", "csv").out))
    assert (row["emotion"], row["confidence"], row["speech"], row["band"]) == ("no speech", "", "0.0000", "")
    assert {row[name] for name in row if name.startswith("p_")} == {""}
    assert row["warnings"].startswith("no speech: ")
    _, line = predict(capsys, small_run, path).out.splitlines()
    assert line.split() == ["no", "speech", "-", "1.00", "-", str(path)]
    rows = list(csv.DictReader(io.StringIO(predict(capsys, small_run, path, "-f", "csv", "--segments").out)))
    assert {each["emotion"] for each in rows} == {"no speech"}
    assert len(predict(capsys, small_run, path, "--segments").out.splitlines()) == 2 + len(rows)


@pytest.mark.parametrize("shape", ["table", "json", "jsonl", "csv"])
def test_what_is_no_number_is_an_error(capsys, small_run, clips, shape):
    samples, rate = sf.read(clips / "one.wav")
    samples[3000] = 1e30
    sf.write(clips / "huge.wav", samples, rate, "FLOAT")
    printed = predict(capsys, small_run, clips / "huge.wav", "-f", shape, status=2)
    assert "full scale" in printed.err
    assert "nan" not in printed.out


def test_a_pipe_in_a_folder_does_not_block(capsys, small_run, clips):
    os.mkfifo(clips / "endless.wav")
    assert len(json.loads(predict(capsys, small_run, clips, "-f", "json").out)) == 3


def test_an_empty_path_is_not_this_folder(capsys, small_run):
    assert "an empty path" in predict(capsys, small_run, "", status=2).err
