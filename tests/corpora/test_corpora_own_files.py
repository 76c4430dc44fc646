"""The files behind a table: all that is wrong told at once, one recording in two rows, and what is left out on request."""

import os
import re
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from serkit.corpora import own
from serkit.errors import CorpusError, Notice

RATE, SECONDS = 8000, 2


@pytest.fixture
def audio(tmp_path, monkeypatch):
    """Recordings a to d of two seconds each, and whatever else a test writes."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate("abcd"):
        record(tmp_path / f"{name}.wav", number)
    return tmp_path


def record(path, seed, loudness=0.1, seconds=SECONDS):
    noise = np.random.default_rng(seed).uniform(-loudness, loudness, round(seconds * RATE))
    sf.write(path, noise, RATE, subtype="PCM_16")


def read(folder, text, target=None, **layout):
    (folder / "my.csv").write_text(text)
    return own.corpus("my", own.Layout(**layout), target).read(folder / "my.csv")


def refused(folder, text, target=None, **layout):
    with pytest.raises(CorpusError) as caught:
        read(folder, text, target, **layout)
    said = str(caught.value)
    assert said.isprintable()
    return said


BAD = "file,label\na.wav,sad\nb.wav,ANG\nempty.wav,sad\nsilent.wav,sad\ngone.wav,sad\ntext.wav,sad\ngone/2.wav,sad\n"


@pytest.fixture
def bad(audio):
    (audio / "empty.wav").touch()
    (audio / "text.wav").write_text("not audio at all, but long enough to have a header")
    sf.write(audio / "silent.wav", np.zeros(RATE), RATE)
    return audio


def test_every_kind_of_fault_at_once(bad):
    text = "file,label,speaker,start,end,split\n"
    text += "a.wav,hapy,x,0,1,train\nb.wav,sad,,1,0,test\ngone.wav,sad,x,,,held\nsilent.wav,sad,x,x,,test\n"
    text += "empty.wav,sad,x,,,test\nsilent.wav,sad,x,,,test\nc.wav,sad,x,,9,test\nd.wav,HAPPY!,x,,,dev\n"
    said = refused(bad, text)
    assert said.startswith(f"{bad / 'my.csv'}: 9 kinds of faults: (1) line 2: unknown emotion 'hapy'; did you mean 'happy'?")
    for each in (
        "unknown too: 'HAPPY!'",
        "line 3: no speaker; fill it in",
        "line 3: it starts at 1 s and ends at 0 s",
        "line 4: no split 'held'",
        "line 5: start 'x' is no number of seconds",
        f"line 4: no such file: {bad / 'gone.wav'}",
        f"line 6: {bad / 'empty.wav'} cannot be read: holds no bytes",
        f"line 7: {bad / 'silent.wav'} is silent",
        "line 8: it ends at 9 s, and its file has 2.000 s",
    ):
        assert each in said


def test_many_rows_are_counted_and_a_few_are_named(audio):
    rows = "".join(f"gone{number}.wav,sad\n" for number in range(1000))
    said = refused(audio, f"file,label\na.wav,sad\n{rows}")
    assert "(1000 rows: lines 3, 4, 5, 6, 7 and 995 more)" in said
    assert len(said) < 500


def test_what_is_bad_is_left_out_on_request_and_counted(bad):
    assert "3 kinds of faults" in refused(bad, BAD)
    with pytest.warns(Notice) as told:
        found = read(bad, BAD, skip_bad=True)
    assert [each.id for each in found] == ["a.wav", "b.wav"]
    assert [str(each.message) for each in told] == [
        f"{bad / 'my.csv'}: leaves out what cannot be used of its 7 recordings: 2 missing (gone.wav, gone/2.wav), "
        "2 unreadable (empty.wav, text.wav), 1 silent (silent.wav)"
    ]


def test_leaving_out_what_is_bad_excuses_no_other_fault(bad):
    assert "unknown emotion 'hapy'" in refused(bad, BAD.replace("ANG", "hapy"), skip_bad=True)
    assert "none of its 1 recordings can be used" in refused(bad, "file,label\ngone.wav,sad\n", skip_bad=True)


def test_words_that_are_left_out_need_no_files(bad):
    with pytest.warns(Notice, match=r"leaves out 5 sad; 2 of 7 recordings stay"):
        found = read(bad, BAD.replace("a.wav,sad", "a.wav,ANG"), map={"sad": ""})
    assert [each.id for each in found] == ["a.wav", "b.wav"]


def test_who_recognizes_them_may_have_bad_ones(bad):
    (bad / "my.csv").write_text(BAD.replace("gone.wav,sad\n", "").replace("gone/2.wav,sad\n", ""))
    found = own.corpus("my", own.Layout()).read(bad / "my.csv", keep_bad=True)
    assert [each.id for each in found] == ["a.wav", "b.wav", "empty.wav", "silent.wav", "text.wav"]


def test_a_silent_part_of_a_recording(audio):
    noise = np.random.default_rng(9).uniform(-0.1, 0.1, 2 * RATE)
    sf.write(audio / "part.wav", np.concatenate([noise, np.zeros(2 * RATE), noise]), RATE)
    text = "file,label,start,end\npart.wav,sad,0,2\npart.wav,ANG,2.01,3.99\npart.wav,sad,3,\n"
    assert f"line 3: {audio / 'part.wav'} is silent" in refused(audio, text)


@pytest.mark.parametrize(
    ("row", "said"), [("0,2.015", None), ("0,2.5", "ends at 2.5 s"), ("2,3", "starts at 2 s"), ("7,", "starts at 7 s")]
)
def test_parts_lie_inside_of_their_files(audio, row, said):
    text = f"file,label,start,end\na.wav,sad,{row}\nb.wav,ANG,0,1\n"
    if said is None:
        assert read(audio, text)[0].end == 2.015
    else:
        assert f"line 2: it {said}, and its file has 2.000 s; correct start or end" in refused(audio, text)


def test_times_in_another_unit(audio):
    assert "are they milliseconds?" in refused(audio, "file,label,start,end\na.wav,sad,0,1500\nb.wav,ANG,500,2000\n")
    assert "are they samples?" in refused(audio, "file,label,start,end\na.wav,sad,0,12000\nb.wav,ANG,4000,16000\n")
    assert "are they" not in refused(audio, "file,label,start,end\na.wav,sad,0,2.5\nb.wav,ANG,0,99000\n")


@pytest.mark.skipif(os.sep == "\\", reason="backslashes part folders here")
def test_paths_as_on_windows(audio):
    (audio / "clips").mkdir()
    (audio / "a.wav").rename(audio / "clips" / "a.wav")
    text = "file,label\nb.wav,sad\nclips\\a.wav,ANG\n"
    there = f"and {audio / 'clips' / 'a.wav'} is there: write slashes"
    assert f"its paths are written with backslashes, {there}" in refused(audio, text)
    text = "file,label\nC:\\data\\a.wav,sad\n"
    assert "its paths are written as on Windows, with backslashes and a drive: write slashes" in refused(audio, text)


@pytest.mark.usefixtures("audio")
def test_paths_that_start_in_the_current_folder(tmp_path_factory):
    said = refused(tmp_path_factory.mktemp("elsewhere"), "file,label\na.wav,sad\n")
    assert "a.wav lies in the current folder: correct the path, or say with --root" in said


def test_paths_that_no_system_takes(audio):
    assert "no such file" in refused(audio, f"file,label\n{'x' * 5000}.wav,sad\n")


# One recording in two rows


def linked(folder):
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "soft.wav").symlink_to(folder / "a.wav")
    os.link(folder / "a.wav", folder / "hard.wav")
    (folder / "other").symlink_to(folder)


@pytest.mark.parametrize("other", ["{folder}/a.wav", "./a.wav", "sub/../a.wav", "soft.wav", "hard.wav", "other/a.wav"])
def test_one_file_under_two_paths(audio, other):
    linked(audio)
    other = other.format(folder=audio)
    said = refused(audio, f"file,label\na.wav,sad\nb.wav,sad\n{other},ANG\n")
    assert "line 4: " in said
    assert f"is the file of line 2 ({audio / 'a.wav'}), angry here and sad there; keep the one that is right" in said
    assert "remove one of the two rows" in refused(audio, f"file,label\na.wav,sad\nb.wav,ANG\n{other},sad\n")
    assert "remove one of the two rows" in refused(audio, f"id,file,label\n1,a.wav,sad\n2,b.wav,ANG\n3,{other},sad\n")


def copied(folder):
    samples, rate = sf.read(folder / "a.wav", dtype="int16")
    sf.write(folder / "copy.flac", samples, rate)


def test_equal_samples_are_told(audio):
    copied(audio)
    with pytest.warns(Notice, match=r"1 recording has the samples of another one, such as copy.flac those of a.wav: .* remove"):
        assert len(read(audio, "file,label\na.wav,sad\nb.wav,ANG\ncopy.flac,sad\n")) == 3
    said = refused(audio, "file,label\na.wav,sad\nb.wav,ANG\ncopy.flac,ANG\n")
    assert f"copy.flac has the samples of line 2 ({audio / 'a.wav'}), angry here and sad there" in said
    said = refused(audio, "file,label,split\na.wav,sad,train\nb.wav,ANG,dev\ncopy.flac,sad,test\n")
    assert "in the part test here and train there; leave it in one of them" in said


def test_copies_that_a_table_calls_so(audio, recwarn):
    copied(audio)
    assert len(read(audio, "id,file,label,copy_of\na,a.wav,sad,\nb,b.wav,ANG,\nc,copy.flac,sad,a\n")) == 3
    assert not recwarn.list


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (["0,1,sad", "1,2,ANG"], None),
        (["0,1.2,sad", "0.8,2,ANG"], None),  # people speak at once
        (["0,1.2,sad", "0.5,1.2,sad"], None),
        (["0,1.2,sad", "0.5,1.2,ANG"], "line 3: "),
        ([",,sad", "0.5,1.2,ANG"], "line 3: "),
        (["0.5,1.2,ANG", "1.5,2,sad", ",,sad"], "line 4: "),
    ],
)
def test_parts_of_one_recording(audio, parts, said):
    text = "file,start,end,label\n" + "".join(f"a.wav,{each}\n" for each in parts)
    if said:
        assert said in (told := refused(audio, text))
        assert "is the file of line 2" in told
    else:
        assert len(read(audio, text)) == len(parts)


def test_values_of_one_recording(audio):
    text = "file,start,end,valence\na.wav,0,1,0.5\na.wav,0.2,1.2,0.7\nb.wav,,,1\n"
    assert len(read(audio, text, "valence")) == 3  # windows of a curve
    os.link(audio / "b.wav", audio / "e.wav")
    assert "0.5 here and 1.0 there" in refused(audio, text + "e.wav,,,0.5\n", "valence")


def test_links_in_folders_of_two_emotions(audio):
    for name, emotion in (("a", "sad"), ("b", "sad"), ("c", "angry")):
        (audio / "db" / emotion).mkdir(parents=True, exist_ok=True)
        (audio / f"{name}.wav").rename(audio / "db" / emotion / f"{name}.wav")
    os.link(audio / "db/sad/a.wav", audio / "db/angry/z.wav")
    with pytest.raises(CorpusError, match=r"sad/a.wav: .*is the file of angry/z.wav .* sad here and angry there"):
        own.corpus("my", own.Layout()).read(audio / "db")


def test_what_was_heard_is_remembered_until_the_file_changes(audio):
    text = "file,label\na.wav,sad\nb.wav,ANG\n"
    assert len(read(audio, text)) == 2
    sf.write(audio / "a.wav", np.zeros(RATE), RATE)
    os.utime(audio / "a.wav", ns=(1, 1))
    assert "is silent" in refused(audio, text)


def test_two_hundred_recordings_take_a_second_or_two(tmp_path):
    noise = np.random.default_rng(0)
    rows = ["file,label\n"]
    for number in range(200):
        sf.write(tmp_path / f"{number}.wav", noise.uniform(-0.1, 0.1, RATE + number % 9), RATE)
        rows.append(f"{number}.wav,{'sad' if number % 2 else 'ANG'}\n")
    began = time.monotonic()
    assert len(read(tmp_path, "".join(rows))) == 200
    assert time.monotonic() - began < 10


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="names are Unicode there")
def test_names_that_are_no_utf_8(tmp_path):
    for emotion, number in ((b"sad", 1), (b"angry", 2)):
        (tmp_path / os.fsdecode(emotion)).mkdir()
        record(tmp_path / "plain.wav", number)
        (tmp_path / "plain.wav").rename(tmp_path / os.fsdecode(emotion) / os.fsdecode(b"Zo\xe9.wav"))
    found = own.corpus("d\udce9", own.Layout(columns={"speaker": r"^(Zo.)$"})).read(tmp_path)
    assert [(each.id, each.label, each.speaker, each.corpus) for each in found] == [
        ("angry/Zo%E9.wav", "angry", "Zo%E9", "d%E9"),
        ("sad/Zo%E9.wav", "sad", "Zo%E9", "d%E9"),
    ]
    assert all(each.path.is_file() for each in found)


def test_a_map_has_no_case(audio):
    text = "file,label\na.wav,Wut\nb.wav,TRAUER\nc.wav,wut\n"
    assert [each.label for each in read(audio, text, map={"WUT": "Anger", "trauer": "SAD"})] == ["angry", "sad", "angry"]
    found = read(audio, text, map={"WUT": "calm", "wut": "angry", "Trauer": "sad", "Wut": "happy"})
    assert [each.label for each in found] == ["happy", "sad", "angry"]  # as it is written, where that is there
    assert "unknown emotion 'TRAUER'" in refused(audio, text, map={"wut": "angry", "trauer": "sad", "Trauer": "calm"})


def test_other_is_to_be_mapped_or_left_out(audio):
    said = refused(audio, "file,label\na.wav,OTH\nb.wav,FRU\nc.wav,EXC\n")
    assert "line 2: 'OTH' stands for whatever no label fits, and is no emotion of its own; leave it out with --map" in said
    with pytest.warns(Notice, match="leaves out 1 OTH"):
        found = read(audio, "file,label\na.wav,OTH\nb.wav,FRU\nc.wav,EXC\n", map={"oth": ""})
    assert [each.label for each in found] == ["frustrated", "excited"]


def test_in_python_errors_speak_of_arguments(audio):
    with own.in_python():
        said = refused(audio, "clip,feeling\na.wav,hapy\n")
        assert "name one with columns={'path': ...} (2)" in said
        assert said.endswith("name one with label=")
        said = refused(audio, "file,label,start\na.wav,hapy,x\ngone.wav,x,\n")
        assert "read it with map={'hapy': 'happy'}, leave it out with map={'hapy': ''}" in said
        assert "own_labels=True" in said
        assert "columns={'start': ''}" in said
        assert "say with root= where paths start, or leave out what cannot be used: skip_bad=True" in said
        assert not re.search(r"(?<!\w)--\w", said.replace(str(Path.cwd()), ""))
    assert "--skip-bad" in refused(audio, "file,label\ngone.wav,sad\n")


def test_notices_are_shown_once_a_reading(audio):
    copied(audio)
    (audio / "my.csv").write_text("file,label\na.wav,sad\nb.wav,ANG\ncopy.flac,sad\n")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        own.corpus("my", own.Layout()).read(audio / "my.csv")
    assert len(told) == 1
