"""Cutting against a definition by hand: starts at multiples of the hop while a window fits, then one that ends at the end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit import windows
from serkit.types import Cut

TEN = Cut("windows", 10, 5)  # at 1 Hz


def by_hand(n, length, hop):
    """(start, end) of every window of n samples."""
    if n == 0:
        return []
    if n <= length:
        return [(0, n)]
    starts = []
    start = 0
    while start + length < n:
        starts.append(start)
        start += hop
    starts.append(n - length)
    return [(start, start + length) for start in sorted(starts)]


def ramp(n):
    """Samples that tell where they stand, none of them zero."""
    return np.arange(1, n + 1, dtype=np.float32)


def chunked(samples, sizes):
    at = 0
    for size in sizes:
        yield samples[at : at + size]
        at += size
    yield samples[at:]


@given(
    n=st.integers(0, 300), length=st.integers(1, 60), hop=st.integers(1, 60), sizes=st.lists(st.integers(0, 40), max_size=60)
)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_windows_of_any_recording_in_any_chunks(n, length, hop, sizes):
    hop = min(hop, length)
    samples = ramp(n)
    found = list(windows.stream(chunked(samples, sizes), Cut("windows", length, hop), 1))
    assert [(window.start, window.end) for window in found] == by_hand(n, length, hop)
    for window in found:
        assert window.samples.shape == (length,)
        assert window.samples.dtype == np.float32
        true = window.end - window.start
        assert np.array_equal(window.samples[:true], samples[window.start : window.end])
        assert not window.samples[true:].any()
        assert true == length or n < length  # only a recording shorter than a window is padded
    covered = set().union(*(range(window.start, window.end) for window in found)) if found else set()
    assert covered == set(range(n))
    assert not found or found[-1].end == n
    whole = list(windows.stream([samples], Cut("windows", length, hop), 1))
    assert len(whole) == len(found)
    for one, other in zip(whole, found, strict=True):
        assert (one.start, one.end) == (other.start, other.end)
        assert np.array_equal(one.samples, other.samples)


@pytest.mark.parametrize(
    ("n", "starts"),
    [
        (1, [0]),
        (9, [0]),
        (10, [0]),
        (11, [0, 1]),
        (14, [0, 4]),
        (15, [0, 5]),
        (16, [0, 5, 6]),
        (20, [0, 5, 10]),
        (21, [0, 5, 10, 11]),
    ],
)
def test_windows_of_ten_every_five(n, starts):
    assert [window.start for window in windows.stream([ramp(n)], TEN, 1)] == starts


def test_nothing_gives_no_window():
    assert list(windows.stream([], TEN, 1)) == []
    assert list(windows.stream([ramp(0), ramp(0)], TEN, 1)) == []


def test_windows_are_copies():
    samples = ramp(30)
    found = list(windows.stream([samples], TEN, 1))
    before = [window.samples.copy() for window in found]
    found[0].samples[:] = -1
    samples[:] = -2
    for window, old in zip(found[1:], before[1:], strict=True):
        assert np.array_equal(window.samples, old)


def test_windows_come_as_the_chunks_do():
    """The first window is out before the recording has ended, and nothing older than a window and a hop is held."""
    given = []

    def chunks():
        for number in range(100):
            given.append(number)
            yield np.full(10, number, np.float32)

    stream = windows.stream(chunks(), Cut("windows", 40, 20), 1)
    next(stream)
    assert len(given) <= 7
    for _ in range(10):
        next(stream)
    assert len(given) <= 27


def test_cut_into_windows():
    samples = ramp(16000 * 7)
    found = windows.cut(samples, 16000, Cut("windows", 3.0, 1.5))
    assert [(window.start / 16000, window.end / 16000) for window in found] == [(0, 3), (1.5, 4.5), (3, 6), (4, 7)]
    assert np.array_equal(found[-1].samples, samples[-48000:])


@pytest.mark.parametrize("n", [1, 2999, 3000, 3001, 9000])
def test_cut_to_a_fixed_length(n):
    (window,) = windows.cut(ramp(n), 1000, Cut("fixed", 3.0, 1.5))
    true = min(n, 3000)
    assert (window.start, window.end) == (0, true)
    assert np.array_equal(window.samples, np.pad(ramp(n)[:3000], (0, 3000 - true)))


@pytest.mark.parametrize(
    ("n", "start", "end", "before"),
    [(1, 0, 1, 1499), (2, 0, 2, 1499), (2999, 0, 2999, 0), (3000, 0, 3000, 0), (3001, 0, 3000, 0), (9001, 3000, 6000, 0)],
)
def test_cut_or_filled_at_both_ends(n, start, end, before):
    (window,) = windows.cut(ramp(n), 1000, Cut("fixed", 3.0, 1.5, "both_ends"))
    assert (window.start, window.end) == (start, end)
    after = 3000 - (end - start) - before
    assert np.array_equal(window.samples, np.pad(ramp(n)[start:end], (before, after)))
    (short,) = windows.cut(ramp(2), 1000, Cut("windows", 3.0, 1.5, "both_ends"))
    assert short.samples.nonzero()[0].tolist() == [1499, 1500]


@pytest.mark.parametrize("n", [1, 99, 100, 101, 12345, 30000])
def test_whole_recordings_keep_their_length(n):
    (window,) = windows.cut(ramp(n), 1000, Cut("whole", 30.0, 30.0))
    assert (window.start, window.end) == (0, n)
    assert np.array_equal(window.samples, np.pad(ramp(n), (0, max(0, 100 - n))))


def test_a_recording_too_long_to_be_taken_whole_is_cut():
    found = windows.cut(ramp(70001), 1000, Cut("whole", 30.0, 30.0))
    assert [(window.start, window.end) for window in found] == [(0, 30000), (30000, 60000), (40001, 70001)]
    assert all(len(window.samples) == 30000 for window in found)


@pytest.mark.parametrize(
    ("seconds", "hop", "rate", "expected"),
    [
        (3.0, 1.5, 16000, (48000, 24000)),
        (0.5, 0.25, 22050, (11025, 5512)),
        (1.0, 1e-9, 8000, (8000, 1)),
        (2 / 3, 1 / 3, 1000, (667, 333)),
    ],
)
def test_sizes(seconds, hop, rate, expected):
    assert windows.sizes(Cut("windows", seconds, hop), rate) == expected


def test_average():
    rows = np.array([[0.2, 0.8], [0.6, 0.4], [0.1, 0.9]], np.float32)
    found = windows.aggregate(rows)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, [0.3, 0.7], rtol=1e-7)


@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
def test_softmax(temperature):
    logits = np.array([[1.0, 2.0, -1.0], [0.0, 0.0, 0.0]], np.float32)
    found = windows.softmax(logits, temperature)
    for row, own in zip(found, logits.tolist(), strict=True):
        exponents = [np.exp(value / temperature) for value in own]
        np.testing.assert_allclose(row, np.array(exponents) / sum(exponents), rtol=1e-12)
    assert found.dtype == np.float64


def test_softmax_without_overflow():
    np.testing.assert_allclose(windows.softmax(np.array([[1e4, 1e4 - 1, -1e4]])), [[0.7310585786, 0.2689414214, 0]], atol=1e-9)
    np.testing.assert_allclose(windows.softmax(np.array([1e4, 1e4])), [0.5, 0.5])
