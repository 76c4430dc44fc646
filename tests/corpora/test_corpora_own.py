"""People's own data: tables of every kind, folders and databases; whatever is wrong is one line with file, row and remedy."""

import csv
import datetime
import random
import re
import zlib

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit import corpora
from serkit.corpora import own
from serkit.errors import CorpusError, MissingExtra, Notice, UsageError

ROWS = [
    ("a/1.wav", "happy", "anna", "f"),
    ("a/2.wav", "Anger", "anna", "f"),
    ("b/1.wav", "sadness", "ben", "M"),
    ("b/2.wav", "happy", "ben", "M"),
]


SECONDS = 3.0


def record(path, loudness=0.1, seed=None, seconds=SECONDS, rate=8000):
    """A recording of noise, of its own unless `seed` says which."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(zlib.crc32(str(path).encode()) if seed is None else seed)
    sf.write(path, loudness * noise.uniform(-1, 1, round(seconds * rate)), rate)
    return path


@pytest.fixture
def audio(tmp_path):
    """Four recordings of three seconds."""
    for name, *_ in ROWS:
        record(tmp_path / name)
    return tmp_path


@pytest.fixture
def written(audio):
    """A function that writes a table beside them."""

    def write(text, name="my.csv", encoding="utf-8"):
        path = audio / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def table(rows=ROWS, header=("file", "emotion", "speaker", "gender"), delimiter=","):
    return "".join(delimiter.join(cells) + "\n" for cells in (header, *rows))


def read(path, target=None, partial=False, **layout):
    return own.corpus("my", own.Layout(**layout), target).read(path, partial=partial)


def refused(path, target=None, **layout):
    with pytest.raises((CorpusError, UsageError)) as caught:
        read(path, target, **layout)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_what_a_table_says(written, audio):
    found = read(written(table()))
    assert [each.id for each in found] == [row[0] for row in ROWS]
    assert [each.path for each in found] == [audio / row[0] for row in ROWS]
    assert [each.label for each in found] == ["happy", "angry", "sad", "happy"]
    assert [each.native for each in found] == [None, "Anger", "sadness", None]
    assert [(each.speaker, each.gender) for each in found] == [("anna", "female")] * 2 + [("ben", "male")] * 2
    assert {(each.corpus, each.language, each.start, each.end, each.split) for each in found} == {
        ("my", "und", 0.0, None, None)
    }


@pytest.mark.parametrize(
    ("text", "name", "encoding"),
    [
        (table(), "my.csv", "utf-8-sig"),
        (table(delimiter=";"), "my.csv", "utf-8"),
        (table(delimiter="\t"), "my.tsv", "utf-8"),
        (table(delimiter="\t"), "my.txt", "utf-8"),
        (table(delimiter="|"), "my.csv", "utf-8"),
        (table().replace("\n", "\r\n"), "MY.CSV", "utf-8"),
        (table().replace("\n", "\n\n"), "my.csv", "utf-8"),
        (table(header=("File", " EMOTION ", "Speaker_ID", "sex")), "my.csv", "utf-8"),
    ],
    ids=["byte-order mark", "semicolons", "tabs", "text", "bars", "CRLF", "blank lines", "other names"],
)
def test_one_table_in_many_forms(written, text, name, encoding):
    assert read(written(text, name, encoding)) == read(written(table(), "other.csv"))


def test_free_names_of_columns(written):
    path = written(table(header=("clip", "feeling", "who", "x")))
    assert read(path, columns={"path": "clip", "label": "feeling", "speaker": "who", "gender": "x"}) == read(
        written(table(), "other.csv")
    )


def test_an_index_without_a_name_is_passed_over(written):
    rows = [(str(number), *row) for number, row in enumerate(ROWS)]
    path = written(table(rows, header=("", "file", "emotion", "speaker", "gender")))
    assert read(path) == read(written(table(), "other.csv"))


def test_quoted_newlines_and_delimiters_keep_the_count_of_lines(written, audio):
    record(audio / "a" / "odd, name.wav")
    text = 'file,emotion,text\na/1.wav,happy,"two\nlines"\n"a/odd, name.wav",sad,"a ""quote"""\na/2.wav,hapy,x\n'
    path = written(text)
    assert "line 5: unknown emotion 'hapy'" in refused(path)
    found = read(path, map={"hapy": "happy"})
    assert {each.id: each.text for each in found} == {"a/1.wav": "two\nlines", "a/odd, name.wav": 'a "quote"', "a/2.wav": "x"}


def test_parts_of_recordings(written):
    text = "file,start,end,label\na/1.wav,0,1.5,sad\na/1.wav,1.5,2,happy\na/1.wav,2,,happy\na/2.wav,,,angry\n"
    found = {each.id: (each.start, each.end) for each in read(written(text))}
    assert found == {
        "a/1.wav#0-1.5": (0.0, 1.5),
        "a/1.wav#1.5-2": (1.5, 2.0),
        "a/1.wav#2-": (2.0, None),
        "a/2.wav": (0.0, None),
    }


def test_an_id_never_looks_like_a_noisy_copy(written, audio):
    for name in ("take~1.wav", "take~2.wav"):
        record(audio / name)
    assert [each.id for each in read(written("file,label\ntake~1.wav,sad\ntake~2.wav,happy\n"))] == [
        "take%7E1.wav",
        "take%7E2.wav",
    ]


def test_an_empty_column_says_nothing(written):
    found = read(written("file,label,speaker,split\na/1.wav,sad,,\na/2.wav,sad, ,\n"))
    assert [(each.speaker, each.split) for each in found] == [("", None)] * 2


def test_splits_sessions_and_texts(written):
    text = "file,label,split,session,transcript,language,id\na/1.wav,sad,Train,1,Hi,en,u1\na/2.wav,sad,dev,2,,de,u2\n"
    text += "b/1.wav,sad,TEST,2,x,,u3\n"
    found = read(written(text))
    assert [(each.id, each.split, each.session, each.text, each.language) for each in found] == [
        ("u1", "train", "1", "Hi", "en"),
        ("u2", "validation", "2", None, "de"),
        ("u3", "test", "2", "x", "und"),
    ]
    assert {each.split for each in read(written(text), columns={"split": ""})} == {None}


@pytest.mark.parametrize(
    ("pattern", "speakers"),
    [(r"^([^_]+)_", ["x", "y"]), (r"clips/(\w)", ["x", "y"]), (r"_(\d+)$", ["01", "02"])],
    ids=["of the name", "of the path", "at the end"],
)
def test_a_pattern_of_file_names(tmp_path, pattern, speakers):
    (tmp_path / "clips").mkdir()
    for name in ("x_01", "y_02"):
        record(tmp_path / "clips" / f"{name}.wav")
    (tmp_path / "my.csv").write_text("file,label\nclips/x_01.wav,sad\nclips/y_02.wav,happy\n")
    assert [each.speaker for each in read(tmp_path / "my.csv", columns={"speaker": pattern})] == speakers


def test_values(written):
    text = "file,valence,values.arousal,votes.happy,votes.sad,label\na/1.wav,-0.5,3,0.25,0.75,x\na/2.wav,1e-1,,1,,y\n"
    found = read(written(text), "valence")
    assert [dict(each.values) for each in found] == [{"arousal": 3.0, "valence": -0.5}, {"valence": 0.1}]
    assert [dict(each.votes) for each in found] == [{"happy": 0.25, "sad": 0.75}, {"happy": 1.0}]
    assert [each.label for each in found] == ["", ""]  # words that mean nothing are no fault where values are wanted
    assert [each.values["arousal"] for each in read(written(text.replace("1e-1,,", "1e-1,2,")), "arousal")] == [3.0, 2.0]


def test_words_are_mapped_left_out_and_counted(written):
    path = written(table().replace("sadness", "xxx").replace("Anger", "hapy"))
    with pytest.warns(Notice, match=r"leaves out 1 xxx; 3 of 4 recordings stay"):
        found = read(path, map={"hapy": "happy", "xxx": ""})
    assert [(each.label, each.native) for each in found] == [("happy", None), ("happy", "hapy"), ("happy", None)]


def test_own_labels_are_taken_as_they_are(written):
    path = written(table().replace("happy", "calm").replace("Anger", "Stressed").replace("sadness", "sadness"))
    assert [each.label for each in read(path, own_labels=True)] == ["calm", "Stressed", "sadness", "calm"]
    assert [each.label for each in read(path, own_labels=True, map={"sadness": "low"})] == ["calm", "Stressed", "low", "calm"]


def test_its_facts_are_those_of_the_table(written):
    path = written(table())
    found = own.corpus("my", own.Layout()).at(path)
    assert found.counts == {"happy": 2, "Anger": 1, "sadness": 1}
    assert found.classes() == ("happy", "sad", "angry")
    assert (found.size, found.speakers) == (4, {"anna": "female", "ben": "male"})
    (path.parent / "b" / "2.wav").unlink()
    assert found.inventory(path).missing == ("b/2.wav",)
    kinds = {problem.kind for problem in corpora.check(found, path)}
    assert {"missing", "count"} <= kinds


def test_maps_of_ours_apply(written):
    found = own.corpus("my", own.Layout()).read(written(table()), labels="4_class")
    assert [each.label for each in found] == ["happy", "angry", "sad", "happy"]


def test_paths_start_beside_the_table_or_at_the_root_and_never_lead_out(written, audio, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "my.csv").write_text(table())
    assert "no such file" in refused(elsewhere / "my.csv")
    assert read(elsewhere / "my.csv", root=audio)[0].path == audio / "a" / "1.wav"
    for out in ("../x.wav", "a/../../x.wav"):
        assert f"line 2: {out} leads out of" in refused(written(f"file,label\n{out},sad\n"))
    assert read(written("file,label\na/../b/1.wav,sad\n"))[0].path == audio / "b" / "1.wav"
    absolute = audio / "b" / "1.wav"
    (elsewhere / "abs.csv").write_text(f"file,label\n{absolute},sad\n")
    assert read(elsewhere / "abs.csv")[0].path == absolute


HEAD = "file,emotion,speaker,gender\n"
HAPY = "line 3: unknown emotion 'hapy'; did you mean 'happy'? read it with --map 'hapy=happy', leave it out with --map 'hapy='"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "empty; write a header"),
        (b"\n\n", "empty; write a header"),
        (HEAD.encode(), "a header and no rows"),
        (HEAD.encode() + "a/1.wav,fröhlich,x,f\n".encode("cp1252"), "line 2: the byte 0xf6 is no UTF-8; save it as"),
        (HEAD.encode() + b"a/1.wav,ha\0ppy,x,f\n", "line 2: a NUL byte"),
        (HEAD.encode() + b"a/1.wav,happy,x\n", "line 2: 3 cells, but the header has 4"),
        (HEAD.encode() + b"a/1.wav,happy,x,f,\n", "line 2: 5 cells, but the header has 4"),
        (HEAD.encode() + b'a/1.wav,"happy,x,f\n', "line 2: damaged (unexpected end of data); look for a double quote"),
        (b"file,emotion,file\na/1.wav,happy,x\n", "2 columns are called 'file'"),
        (b"clip,emotion\na/1.wav,happy\n", "no column for the path"),
        (b"file,feeling\na/1.wav,happy\n", "(looked for label, emotion); it has file, feeling: name one with --label"),
        (HEAD.encode() + b"a/1.wav,happy,,f\na/2.wav,sad,x,f\n", "line 2: no speaker; fill it in"),
        (HEAD.encode() + b",happy,x,f\n", "line 2: no path of a recording"),
        (HEAD.encode() + b"a/1.wav,,x,f\n", "line 2: no label; read it with --map '=EMOTION', leave it out with --map '='"),
        (table().replace("Anger", "hapy").encode(), HAPY),
        (table().replace("happy", "xx").replace("Anger", "yy").encode(), "line 2: unknown emotion 'xx'; known are"),
        (table().replace("happy", "xx").encode(), "(2 rows)"),
        (table().replace("happy", "xx").replace("Anger", "yy").encode(), "unknown too: 'yy'"),
        ((table() + "a/1.wav,sad,anna,f\n").encode(), "line 6: 'a/1.wav' stands in line 2 already; remove one"),
        (b"id,file,label\nu,a/1.wav,sad\nu,a/2.wav,sad\n", "line 3: 'u' stands in line 2 already; make the ids different"),
        (b"file,label,start,end\na/1.wav,sad,2,1\n", "line 2: it starts at 2 s and ends at 1 s"),
        (b"file,label,start,end\na/1.wav,sad,1,1\n", "line 2: it starts at 1 s and ends at 1 s"),
        (b"file,label,start,end\na/1.wav,sad,-1,1\n", "line 2: start '-1' is no number of seconds"),
        (b"file,label,start,end\na/1.wav,sad,0:01,2\n", "line 2: start '0:01' is no number of seconds such as 1.5"),
        (b"file,label,start,end\na/1.wav,sad,nan,2\n", "line 2: start 'nan' is no number"),
        (b"file,label,split\na/1.wav,sad,heldout\n", "line 2: no split 'heldout'; write train, validation or test, or leave"),
        (b"file,label,split\na/1.wav,sad,\na/2.wav,sad,test\n", "line 2: no split; fill it in"),
        ((table() + "a/9.wav,sad,x,f\nb/9.wav,sad,x,f\n").encode(), "line 6: no such file: "),
        ((table() + "a/9.wav,sad,x,f\nb/9.wav,sad,x,f\n").encode(), "(2 rows: lines 6, 7)"),
        ((table() + "a,sad,x,f\n").encode(), "line 6: no such file: "),
    ],
)  # fmt: skip
def test_a_bad_table_is_one_line_with_its_remedy(written, text, said):
    path = written(text)
    line = refused(path)
    assert said in line
    assert line.startswith(str(path))


@pytest.mark.parametrize("value", ["high", "nan", "inf", "", "1_5", "1.5.2", "١"])
def test_a_target_that_is_no_number(written, value):
    path = written(f"file;valence\na/1.wav;0.5\na/2.wav;{value}\n")
    assert f"{path}, line 3: valence: " in refused(path, "valence")


def test_a_target_that_is_no_column(written):
    assert "--target valense: no such column; did you mean 'valence'?" in refused(
        written("file,valence\na/1.wav,1\n"), "valense"
    )


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"label": "emotoin"},
            "--label emotoin: no such column; did you mean 'emotion'? It has file, emotion, speaker, gender",
        ),
        ({"start": "begin"}, "--column start=begin: no such column"),
        ({"speaker": "(x"}, "no regular expression"),
        ({"speaker": "(.)(.)"}, "has 2 groups"),
        ({"speaker": "(zzz)"}, "line 2: the pattern '(zzz)' finds no speaker in a/1.wav"),
        ({"speker": "x"}, "no field 'speker' that a column could hold; did you mean 'speaker'?"),
        ({"path": ""}, "the path cannot be left aside"),
    ],
)
def test_a_column_that_makes_no_sense(written, columns, said):
    path = written(table())
    assert said in refused(path, columns=columns)


def test_a_map_to_no_emotion(written):
    assert "the map x=hapy: unknown emotion 'hapy'; did you mean 'happy'?" in refused(written(table()), map={"x": "hapy"})


def test_other_files(written, audio):
    assert "a spreadsheet; save it as CSV" in refused(written(b"PK", "my.xlsx"))
    assert "no table that serkit reads; give one that ends with .csv" in refused(written(b"{}", "my.json"))
    assert "no such file or folder" in refused(audio / "gone.csv")
    assert "not Parquet, or damaged" in refused(written(table(), "my.parquet"))
    assert "not Parquet, or damaged" in refused(written(b"", "empty.parquet"))


def test_partial_takes_what_is_there(written):
    path = written(table() + "a/9.wav,sad,x,f\n")
    assert len(read(path, partial=True)) == 4


def test_parquet_says_what_csv_says(written, audio):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    names = ("file", "emotion", "speaker", "gender")
    columns = {name: [row[at] for row in ROWS] for at, name in enumerate(names)}
    raw = {"audio": [b"RIFF"] * 4, "nested": [{"x": 1}] * 4}
    pq.write_table(pa.table(columns | raw), audio / "my.parquet")
    assert read(audio / "my.parquet") == read(written(table()))
    mixed = {
        "start": [0.0, None, 0.5, 1.0],
        "end": [datetime.timedelta(seconds=1.5), None, None, None],
        "arousal": [1, 2, 3, None],
    }
    pq.write_table(pa.table(columns | mixed), audio / "more.parquet")
    found = read(audio / "more.parquet")
    assert [(each.start, each.end) for each in found] == [(0.0, 1.5), (0.0, None), (0.5, None), (1.0, None)]
    assert f"{audio / 'more.parquet'}, row 4: arousal: no value" in refused(audio / "more.parquet", "arousal")


def test_parquet_without_its_package(written, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"pip install .*\[tables\]'"):
        read(written(b"PAR1", "my.parquet"))


@pytest.fixture
def folder(tmp_path):
    for place in ("angry/anna_1", "angry/ben_1", "Joy/deep/anna_2", "sad/ben_2"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        record(tmp_path / f"{place}.wav")
    (tmp_path / "sad" / "._ben_2.wav").touch()
    (tmp_path / "notes.txt").touch()
    return tmp_path


def test_a_folder_for_each_emotion(folder):
    found = read(folder, columns={"speaker": "^([^_]+)_"})
    assert [(each.id, each.label, each.speaker) for each in found] == [
        ("Joy/deep/anna_2.wav", "happy", "anna"),
        ("angry/anna_1.wav", "angry", "anna"),
        ("angry/ben_1.wav", "angry", "ben"),
        ("sad/ben_2.wav", "sad", "ben"),
    ]
    assert {each.speaker for each in read(folder)} == {""}


def test_a_folder_with_sound_that_cannot_be_read(folder, tmp_path_factory):
    (folder / "angry" / "x.m4a").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(99))
    said = r"1 of its files cannot be read: angry/x.m4a; the first: .*MP4.*ffmpeg -i .*x\.m4a .*x\.wav"
    with pytest.warns(Notice, match=said):
        assert len(read(folder)) == 4
    alone = tmp_path_factory.mktemp("alone")
    (alone / "y.webm").touch()
    assert re.search(r"holds no recordings that can be read; 1 of its files .* y\.webm; .*ffmpeg", refused(alone))


def test_a_folder_that_is_none_of_emotions(folder, tmp_path_factory):
    (folder / "angry" / "anna_1.wav").rename(folder / "loose.wav")
    assert "loose.wav: no label" in refused(folder)
    empty = tmp_path_factory.mktemp("empty")
    assert "holds no recordings" in refused(empty)
    for name in ("Actor_01", "Actor_02"):
        (empty / name).mkdir()
        record(empty / name / "x.wav")
    said = refused(empty)
    assert "none of its folders (Actor_01, Actor_02) is named for an emotion" in said
    assert f"NAME={empty}" in said
    assert [each.label for each in read(empty, own_labels=True)] == ["Actor_01", "Actor_02"]
    (empty / "Actor_01").rename(empty / "angry")
    assert "Actor_02/x.wav: unknown emotion 'Actor_02'" in refused(empty)


def test_labels_out_of_file_names(tmp_path):
    for name in ("x_happy", "y_sad"):
        record(tmp_path / f"{name}.wav")
    assert [each.label for each in read(tmp_path, columns={"label": "_([a-z]+)$"})] == ["happy", "sad"]


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/\r"), min_size=1).filter(
    lambda each: each == each.strip()
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, unique_by=lambda row: row[0]))
def test_any_text_comes_back_as_it_was_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "my.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "label", "speaker"))
        writer.writerows((f"{number}.wav", label, speaker) for number, (_, label, speaker) in enumerate(rows))
    listed = own.corpus("my", own.Layout(own_labels=True)).at(path)
    assert listed.counts == {label: sum(row[1] == label for row in rows) for _, label, _ in rows}
    assert set(listed.speakers) == {speaker for _, _, speaker in rows}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_one_line(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(random.Random(len(data)).choice([b"", b"file,label\n", b'file;label\n"']) + data)
    with pytest.raises((CorpusError, UsageError)):
        read(path)
