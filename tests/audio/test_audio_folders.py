"""What a folder holds: recordings, and sound and film that cannot be read, which is named."""

import os
import shutil
import subprocess

import numpy as np
import pytest
import soundfile as sf

from serkit import audio
from serkit.errors import AudioNotFound, NotAudio

M4A = b"\0\0\0\x18ftypM4A \0\0\0\0" + bytes(200)


def fill(folder, **contents):
    for name, content in contents.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def names(folder, paths):
    return [path.relative_to(folder).as_posix() for path in paths]


def test_sound_and_film_that_cannot_be_read_is_found_apart(tmp_path):
    fill(tmp_path, a_mp3=b"", b__x_M4A=M4A, b__y_amr=b"#!AMR\n", c_webm=b"", d_WMA=b"", e_txt=b"", f_tar_gz=b"", ___m4a=M4A)
    found = audio.find(tmp_path)
    assert names(tmp_path, found.recordings) == ["a.mp3"]
    assert names(tmp_path, found.unread) == ["b/x.M4A", "b/y.amr", "c.webm", "d.WMA"]


# fmt: off
ENDINGS = [
    "m4a", "mp4", "m4b", "aac", "amr", "3gp", "webm", "wma", "mka", "mkv", "mov", "avi", "ac3", "ape", "dsf", "dss", "ra",
    "spx", "tta", "wv", "mpc",
]
# fmt: on


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_is_an_error_with_the_command(tmp_path, ending):
    path = tmp_path / f"my file.{ending}"
    path.write_bytes(bytes(range(200, 250)))
    assert audio.find(tmp_path) == audio.Found([], [path])
    error = audio.unread(path)
    assert isinstance(error, NotAudio)
    assert error.source == str(path)
    assert str(error).endswith(f"ffmpeg -i '{path}' '{path.with_suffix('.wav')}'")


def test_what_each_is(tmp_path):
    fill(
        tmp_path,
        a_m4a=M4A,
        b_m4a=b"",
        c_m4a=b"<html></html>",
        d_m4a=b"version https://git-lfs.github.com/spec/v1\n",
        e_pcm=b"\1\2" * 99,
    )
    told = [str(audio.unread(path)) for path in audio.find(tmp_path).unread]
    for message, word in zip(
        told, ["MP4", "ffmpeg", "an HTML page", "git lfs pull", "ffmpeg -f s16le -ar 16000 -ac 1 -i"], strict=True
    ):
        assert word in message
        assert "\n" not in message


def test_a_recording_under_the_ending_of_another_kind_is_one(tmp_path):
    """Content decides: a WAV called x.m4a is read, and so is an M4A called x.wav asked for, and refused."""
    sf.write(tmp_path / "x.wav", np.zeros(99), 8000)
    (tmp_path / "x.wav").rename(tmp_path / "x.m4a")
    (tmp_path / "y.wav").write_bytes(M4A)
    found = audio.find(tmp_path)
    assert names(tmp_path, found.recordings) == ["x.m4a", "y.wav"]
    assert found.unread == []
    assert audio.read(tmp_path / "x.m4a").rate == 8000
    with pytest.raises(NotAudio, match=r"y\.wav: MP4 .*ffmpeg -i .*y\.wav .*y-converted\.wav"):
        audio.read(tmp_path / "y.wav")


@pytest.mark.skipif(os.name != "posix", reason="needs named pipes")
def test_what_may_never_end_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    os.mkfifo(tmp_path / "a.m4a")
    assert audio.find(tmp_path) == audio.Found([], [])


def test_a_link_to_nowhere_is_told_when_it_is_read(tmp_path):
    (tmp_path / "a.wav").symlink_to(tmp_path / "gone.wav")
    (found,) = audio.find(tmp_path).recordings
    with pytest.raises(AudioNotFound):
        audio.read(found)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
@pytest.mark.parametrize("name", ["it's mine.m4a", "-dash.m4a", "a:b.m4a", "plain.m4a", "$(x) `y`.m4a"])
def test_the_command_works(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    sf.write("in.wav", np.random.default_rng(0).uniform(-0.1, 0.1, 16000), 16000)
    subprocess.run(["ffmpeg", "-v", "error", "-i", "in.wav", "file:" + name], check=True)
    with pytest.raises(NotAudio) as caught:
        audio.read(name)
    command = str(caught.value).partition("convert it first: ")[2]
    subprocess.run(["sh", "-c", command], check=True, capture_output=True)
    assert audio.read(name.replace(".m4a", ".wav")).duration == pytest.approx(1, abs=0.1)
