"""`serkit features` as a user types it."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from PIL import Image

from serkit import cli, corpora
from serkit.report import clip as drawing
from serkit.types import Waveform

CLIP = "data/emodb/wav/03a01Fa.flac"


def run(capsys, *arguments):
    status = cli.run(["features", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_list(capsys):
    status, printed, _ = run(capsys, "list")
    assert status == 0
    for name in ("log_mel", "mfcc", "prosody", "hertz_grid", "pitch", "functionals", "opensmile, is10"):
        assert name in printed
    status, printed, _ = run(capsys, "list", "--json")
    found = {each["type"]: each for each in json.loads(printed)["front_ends"]}
    assert found["prosody"]["values"] == 42
    assert found["hertz_grid"]["values"] == 400
    assert found["opensmile, is10"]["values"] == 1582


def test_extract_and_what_is_kept(capsys, small_corpus, tiny_recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("SERKIT_CACHE", str(tmp_path / "cache"))
    n = len(corpora.get("emodb").ids)
    status, printed, _ = run(capsys, "extract", tiny_recipe, "--corpus", f"emodb={small_corpus}", "--workers", 1)
    assert status == 0
    assert printed.startswith(f"{n} of {n} utterances of emodb in ")
    _, printed, _ = run(capsys, "list", "--json")
    (kept,) = json.loads(printed)["kept"]
    assert (kept["corpus"], kept["type"], kept["utterances"], kept["entries"]) == ("emodb", "mfcc", n, 2 * n)
    assert kept["bytes"] == sum(path.stat().st_size for path in (tmp_path / "cache").glob("??/*"))
    _, printed, _ = run(capsys, "list")
    assert f"kept in {tmp_path / 'cache'}" in printed
    assert "MB" in printed


def test_extract_names_what_it_cannot_read(capsys, small_emodb, small_ids, tiny_recipe, tmp_path, monkeypatch):
    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, ids=small_ids))
    root = tmp_path / "emodb"
    (root / "wav").mkdir(parents=True)
    for number, path in enumerate(sorted((small_emodb / "wav").iterdir())):
        (root / "wav" / path.name).write_bytes(b"RIFF" if number == 3 else path.read_bytes())
    arguments = ("extract", tiny_recipe, "--corpus", f"emodb={root}", "--cache", tmp_path / "cache", "--workers", 1)
    status, printed, said = run(capsys, *arguments)
    assert status == 1
    assert printed.startswith(f"{len(small_ids) - 1} of {len(small_ids)} utterances")
    assert said.count("serkit: error:") == 1
    _, printed, _ = run(capsys, *arguments, "--json")
    assert len(json.loads(printed)["failed"]) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("extract", "cnn_transformer/demo"), "SERKIT_CACHE"),
        (("extract", "nothing", "--cache", "x"), "nothing"),
        (("extract", "cnn_transformer/demo", "--cache", "x", "--corpus", "ravdess=."), "this recipe's corpus is emodb"),
        (("extract", "baseline/emodb/majority", "--cache", "x"), "needs no features"),
        (("plot", "nowhere.wav"), "no such file"),
        (("plot", CLIP, "--out", "page.jpg"), "PNG"),
        (("plot", CLIP, "--start", "100"), "03a01Fa"),
        (("plot", CLIP, "--end", "601"), "600 s at most"),
        (("list", "--cach", "x"), "--cache"),
    ],
)
def test_bad_input_is_one_line(capsys, arguments, reason, monkeypatch):
    monkeypatch.delenv("SERKIT_CACHE", raising=False)
    status, printed, said = run(capsys, *arguments)
    assert status == 2
    assert printed == ""
    assert said.startswith("serkit: error: ")
    assert said.count("\n") == 1
    assert reason in said


def test_plot(capsys, tmp_path):
    page = tmp_path / "page.png"
    status, printed, _ = run(capsys, "plot", CLIP, "--out", page)
    assert status == 0
    assert printed == f"page: {page}\n"
    picture = np.asarray(Image.open(page).convert("RGB"))
    assert picture.shape == (1200, 1500, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 200  # a spectrogram has many colors
    before = page.read_bytes()
    run(capsys, "plot", CLIP, "--out", page)
    assert page.read_bytes() == before


def spoken(seconds, rate=8000):
    return 0.5 * np.sin(2 * np.pi * 200 * np.arange(round(seconds * rate)) / rate)


def test_a_page_of_a_minute_says_so(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    titles = []
    monkeypatch.setattr("serkit.report.clip.page", lambda _, title: titles.append(title) or b"a page")
    sf.write("call.wav", spoken(72), 8000)
    status, printed, said = run(capsys, "plot", "call.wav")
    assert (status, said) == (0, "")
    assert printed.splitlines() == [
        f"page: {tmp_path / 'call.png'}",
        "it shows the first 60 s of 1:12; --start and --end choose another part",
    ]
    _, printed, _ = run(capsys, "plot", "call.wav", "--out", "part.png", "--start", "8", "--end", "20")
    assert printed == "page: part.png\n"
    _, printed, _ = run(capsys, "plot", "call.wav", "--out", "part.png", "--start", "30")
    assert printed == "page: part.png\n"  # all the rest
    assert titles == [
        "call.wav   first 60 s of 1:12, 8000 Hz",
        "call.wav   8 to 20.00 s of 1:12, 8000 Hz",
        "call.wav   30 to 72.00 s, 8000 Hz",
    ]


def test_no_picture_is_written_over_unasked(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("serkit.report.clip.page", lambda *_: b"a page")
    sf.write("call.wav", spoken(1), 8000)
    Path("call.png").write_bytes(b"a picture")
    status, _, said = run(capsys, "plot", "call.wav")
    assert (status, said) == (
        2,
        "serkit: error: call.png: is there already; --out call.png writes over it, any other --out leaves it\n",
    )
    assert Path("call.png").read_bytes() == b"a picture"
    assert run(capsys, "plot", "call.wav", "--out", "call.png")[0] == 0
    assert Path("call.png").read_bytes() == b"a page"
    Path("call.wav").rename("strange.png")
    status, _, said = run(capsys, "plot", "strange.png", "--out", "strange.png")
    assert status == 2
    assert "the recording itself" in said


def test_levels_are_those_of_sound_alone():
    def levels(samples):
        return drawing.levels_of(Waveform(samples.astype(np.float32), 8000))

    assert np.allclose(levels(spoken(0.5) + 0.3), 20 * np.log10(0.5 / np.sqrt(2)), atol=0.01)  # 200 Hz fits into 25 ms
    assert (levels(np.full(8000, 0.5)) < -100).all()
    assert (levels(np.zeros(1)) == -np.inf).all()


@pytest.mark.parametrize(
    ("name", "samples", "silent"),
    [
        ("zeros", np.zeros(8000), True),
        ("constant", np.full(8000, 0.5), True),
        ("rounding errors", 1e-5 * np.sign(spoken(1)), True),
        ("a voice", spoken(1), False),
        ("a quiet voice", 0.01 * spoken(1), False),
    ],
)
def test_silence_is_drawn_as_nothing(name, samples, silent, monkeypatch):
    figures = []
    monkeypatch.setattr(drawing, "png", lambda figure: figures.append(figure) or b"")
    drawing.page(Waveform(samples.astype(np.float32), 8000), name)
    wave, spectrogram, pitch, energy, _ = figures[0].axes
    (image,) = spectrogram.images
    assert image.get_clim() == (-80.0, 0.0)
    caption = "silent: nothing above -65 dBFS"
    assert (wave.get_title(loc="right") == caption) is silent
    assert ([text.get_text() for text in pitch.texts] == [caption]) is silent
    drawn = pitch.lines[0].get_ydata()
    assert np.isnan(drawn).all() == silent
    assert (image.get_array().max() <= -60) == silent
    assert energy.get_ylim()[0] == -93
    if silent:
        assert wave.get_ylim()[1] >= 1
    else:
        assert np.nanmedian(drawn) == pytest.approx(200, abs=2)


def test_a_sine_at_full_scale_has_no_decibels(monkeypatch):
    figures = []
    monkeypatch.setattr(drawing, "png", lambda figure: figures.append(figure) or b"")
    drawing.page(Waveform(np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32), 16000), "full scale")
    assert figures[0].axes[1].images[0].get_array().max() == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("kind", ["silence", "one sample", "8 kHz", "96 kHz", "1 kHz", "a minute and a half", "clipped noise"])
def test_plot_of_what_is_hardly_speech(capsys, tmp_path, kind):
    rng = np.random.default_rng(0)
    samples, rate = {
        "silence": (np.zeros(16000), 16000),
        "one sample": (np.array([0.5]), 16000),
        "8 kHz": (rng.uniform(-0.5, 0.5, 8000), 8000),
        "96 kHz": (rng.uniform(-0.5, 0.5, 96000), 96000),
        "1 kHz": (rng.uniform(-0.5, 0.5, 1000), 1000),
        "a minute and a half": (rng.uniform(-0.5, 0.5, 90 * 8000), 8000),
        "clipped noise": (np.sign(rng.uniform(-1, 1, 16000)), 16000),
    }[kind]
    sf.write(tmp_path / "clip.wav", samples, rate)
    status, _, said = run(capsys, "plot", tmp_path / "clip.wav", "--out", tmp_path / "page.png", "--end", 600)
    assert (status, said) == (0, "")
    assert (tmp_path / "page.png").stat().st_size > 10_000


@pytest.mark.parametrize("name", [b"a$_$.wav", b"b\xff.wav", "größe\n.wav".encode()])
def test_plot_of_a_file_of_any_name(capsys, tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(Path(CLIP).read_bytes())
    status, _, said = run(capsys, "plot", path, "--out", tmp_path / "page.png")
    assert (status, said) == (0, "")


STOPPABLE = """
import signal
import sys
from serkit import cli
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs, tests among them, ignore it
sys.exit(cli.run(sys.argv[1:]))
"""


@pytest.mark.slow
def test_a_stopped_extraction_says_what_is_kept(tmp_path):
    command = [sys.executable, "-c", STOPPABLE, "features", "extract", "cnn_transformer/demo", "--workers", "2"]
    running = subprocess.Popen([*command, "--cache", str(tmp_path)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    while not list(tmp_path.glob("??/*.safetensors")):
        time.sleep(0.05)
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    printed, said = running.communicate(timeout=120)
    assert running.returncode == 130
    assert printed == ""
    assert said == "serkit: stopped; what was computed is kept, and the same command goes on from there\n"
    assert len(list(tmp_path.glob("??/*.safetensors"))) < 4 * 535
