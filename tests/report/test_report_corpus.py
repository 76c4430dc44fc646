"""The page of a corpus: what is drawn are the figures of its clips, in each format, for few speakers and for many."""

import math
import re
import statistics
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from serkit.corpora import EMODB
from serkit.report import corpus as drawing
from serkit.types import Utterance


def clip(number, label="happy", speaker="03", seconds=2.0, level=0.1):
    return drawing.Clip(Utterance(f"u{number}", "emodb", Path("x"), speaker, label, None, "de"), seconds, level)


def clips(speakers=3):
    rng = np.random.default_rng(0)
    return [
        clip(f"{speaker}-{each}", ("happy", "sad")[each % 2], f"s{speaker:03}", *rng.uniform((1, 0.01), (5, 0.5)))
        for speaker in range(speakers)
        for each in range(4)
    ]


def page(given):
    return drawing.draw(EMODB, given, ".html").decode()


def rows(text):
    """The table as text."""
    body = text.partition("<tbody>")[2].partition("</tbody>")[0]
    return [re.findall(r"<t[hd][^>]*>([^<]*)<", row) for row in body.split("</tr>")[:-1]]


def test_the_table_has_the_figures():
    """Against the standard library's median and a sum by hand."""
    given = clips()
    sad = [each for each in given if each.utterance.label == "sad"]
    seconds = [each.duration for each in sad]
    happy, found, everything = rows(page(given))
    assert (happy[0], everything[0]) == ("happy", "all")
    level = statistics.median(20 * math.log10(each.level) for each in sad)
    expected = [sum(seconds) / 3600, min(seconds), statistics.median(seconds), max(seconds)]
    assert found == ["sad", "6", *(f"{each:.2f}" for each in expected), f"{level:.1f}"]
    assert everything[1] == "12"


def test_loudness_is_that_of_a_square_wave_at_full_scale():
    assert clip(0, level=1.0).decibels == 0
    assert clip(0, level=0.1).decibels == pytest.approx(-20)
    assert clip(0, level=0.0).decibels is None


def words_of(text):
    svg = ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
    return [each.text for each in svg.iter("{http://www.w3.org/2000/svg}text")]


def test_silence_is_left_out_of_ranges_and_counted_beside_them():
    """Digital silence, and noise that nobody hears: its peak lies below -80 dBFS, whatever its level is."""
    faint = drawing.Clip(clip(3).utterance, 2.0, 3e-5, 9e-5)
    audible = drawing.Clip(clip(4).utterance, 2.0, 3e-5, 1.1e-4)
    assert (faint.silent, faint.decibels, audible.silent) == (True, None, False)
    assert audible.decibels == pytest.approx(20 * math.log10(3e-5))
    text = page([clip(0), clip(1, level=0.0), faint, clip(2, "sad", "04", level=0.0)])
    assert "3 silent ones (their peaks lie below -80 dBFS) are counted beside the ranges and left out of them" in text
    assert rows(text)[1][-1] == "–"
    words = words_of(text)
    assert sorted(each for each in words if each.endswith(" silent")) == ["2 silent", "2 silent", "all silent", "all silent"]
    assert "silent: peak below -80 dBFS, in no range of loudness" in words
    assert "silent" not in page(clips())


@pytest.mark.parametrize("form", drawing.FORMATS)
def test_a_key_says_what_lines_bars_and_dots_are(form, monkeypatch):
    made = []
    figure = drawing._figure
    monkeypatch.setattr(drawing, "_figure", lambda *given: made.append(figure(*given)) or made[-1])
    drawing.draw(EMODB, clips(), form)
    (legend,) = made[0].legends
    said = [each.get_text() for each in legend.get_texts()]
    assert said == ["5th to 95th percentile", "first to third quartile", "median"]


def test_groups_say_how_many_they_are_and_which_are_empty():
    words = words_of(page([clip(0), clip(1), clip(2, "sad", "04")]))
    assert {"happy (2)", "sad (1)"} <= set(words)
    assert words.count("none") == 2  # nobody sad by 03, nobody happy by 04


def test_names_that_are_no_utf8_and_nobodys():
    given = [clip(0, "caf\udce9", ""), clip(1)]
    for form in drawing.FORMATS:
        assert drawing.draw(EMODB, given, form)
    words = words_of(page(given))
    assert "caf\\udce9 (1)" in words
    assert "not known" in words


def test_nothing_says_where_the_owner_keeps_the_recordings(tmp_path):
    given = [drawing.Clip(replace(each.utterance, path=tmp_path / "x.wav"), 1.0, 0.1) for each in clips()]
    for form in drawing.FORMATS:
        assert str(tmp_path).encode() not in drawing.draw(EMODB, given, form)


def test_an_incomplete_copy_says_so():
    assert "(523 of 535 are not here)" in page(clips())


def test_the_drawing_has_cells_names_and_colors_of_the_page():
    text = page(clips())
    svg = ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
    words = [each.text for each in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"happy", "sad", "s000", "s002", "duration (s)", "loudness (RMS, dBFS)"} <= set(words)
    assert words.count("2") >= 6  # 3 speakers with 2 utterances of 2 labels
    for color, variable in drawing.THEME.items():
        assert color not in text[text.index("<svg") :]
        assert variable in text
    assert "var(--sans)" in text


def test_nothing_is_fetched_and_nothing_runs():
    text = page([clip(0, "<script>alert(1)</script>", "<b>"), clip(1)])
    assert "<script" not in text
    assert "Content-Security-Policy" in text
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)


@pytest.mark.parametrize("speakers", [1, 31, 121])
@pytest.mark.parametrize("form", drawing.FORMATS)
def test_few_and_many_speakers(speakers, form):
    """The same again is the same file."""
    given = clips(speakers)
    made = drawing.draw(EMODB, given, form)
    assert made == drawing.draw(EMODB, given, form)
    if form == ".html":
        assert ("121 speakers, by their number" in made.decode()) == (speakers == 121)


def test_ranges_are_percentiles():
    """Against NumPy, told by what reaches the axes."""
    drawn = []

    class Axes:
        def hlines(self, places, lows, highs, **look):
            drawn.append((places, list(lows), list(highs), look["linewidth"]))

        def plot(self, x, y, *_, **__):
            drawn.append((list(x), y))

        def grid(self, **_):
            pass

    groups = [[], [1.0, 2.0, 4.0, 8.0, 16.0], [3.0, 5.0]]
    drawing._ranges(Axes(), groups, "#000000")
    low, first, middle, third, high = (
        [np.quantile(values, share) for values in groups[1:]] for share in (0.05, 0.25, 0.5, 0.75, 0.95)
    )
    assert drawn == [([1, 2], low, high, 1), ([1, 2], first, third, 6.0), (middle, [1, 2])]


def test_a_corpus_of_silence_alone_is_drawn():
    assert drawing.draw(EMODB, [clip(0, level=0.0)], ".png")
