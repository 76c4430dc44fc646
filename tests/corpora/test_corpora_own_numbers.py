"""Numbers with a point or a comma, and what may be either."""

import numpy as np
import pytest
import soundfile as sf

from serkit.corpora import own
from serkit.corpora.own._numbers import Numbers
from serkit.errors import CorpusError


@pytest.mark.parametrize(
    ("words", "english", "found"),
    [
        (["1,5", "2"], False, [1.5, 2.0]),
        (["1,5", "2,25"], True, [1.5, 2.25]),
        (["1,500"], False, [1.5]),
        (["1,500"], True, [None]),  # 1.5 or 1500
        (["1,500", "0,25"], True, [1.5, 0.25]),
        (["0,125"], True, [0.125]),
        (["1.5", "2,5"], False, [1.5, None]),
        (["1.234,5"], False, [None]),
        (["1,234,567"], False, [None]),
        (["-0,5", "+1e-3", ",5"], False, [-0.5, 0.001, 0.5]),
        ([".5", "5.", "-1.25E+2"], False, [0.5, 5.0, -125.0]),
        (["1_000", "١", "nan", "inf", "1e999", "0x1", ""], False, [None] * 7),
    ],
)
def test_numbers(words, english, found):
    numbers = Numbers(words, english)
    assert [numbers.read(word) for word in words] == found


@pytest.fixture
def audio(tmp_path):
    for number, name in enumerate(("a.wav", "b.wav")):
        sf.write(tmp_path / name, np.random.default_rng(number).uniform(-0.1, 0.1, 24_000), 8000)
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "file;start;end;valence\na.wav;0,5;1,25;-0,5\nb.wav;0;2,5;1\n",
        "file\tstart\tend\tvalence\na.wav\t0,5\t1,25\t-0,5\nb.wav\t0\t2,5\t1\n",
        'file,start,end,valence\na.wav,"0,5","1,25","-0,5"\nb.wav,0,"2,5",1\n',
    ],
)
def test_decimal_commas_in_times_and_values(audio, text):
    (audio / "my.csv").write_text(text)
    found = own.corpus("my", own.Layout(), "valence").read(audio / "my.csv")
    assert [(each.start, each.end, each.values["valence"]) for each in found] == [(0.5, 1.25, -0.5), (0.0, 2.5, 1.0)]


def test_what_a_comma_means_is_not_guessed(audio):
    (audio / "my.csv").write_text('file,valence\na.wav,"1,500"\nb.wav,2\n')
    with pytest.raises(CorpusError, match=r"line 2: valence: '1,500' is no number such as 0.5 \(a comma that may part thous"):
        own.corpus("my", own.Layout(), "valence").read(audio / "my.csv")
    (audio / "my.csv").write_text("file;valence\na.wav;1,5\nb.wav;1.5\n")
    with pytest.raises(CorpusError, match=r"line 2: valence: '1,5' is no number .* \(points and commas in one column\)"):
        own.corpus("my", own.Layout(), "valence").read(audio / "my.csv")
