"""Entries on the disk: read back as written, and never trusted where they are damaged."""

import hashlib
import json
import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
import safetensors.numpy

from serkit.cache import Cache, Entry, key
from serkit.errors import OutputError


def entry_of(seed, counts=(3, 0, 5), dim=4):
    values = np.random.default_rng(seed).standard_normal((sum(counts), dim)).astype(np.float32)
    return Entry(values, counts)


def test_what_was_written_is_read(tmp_path):
    cache, entry = Cache(tmp_path / "cache"), entry_of(0)
    name = key({"a": 1})
    assert cache.read(name) is None
    cache.write(name, entry, {"corpus": "emodb"})
    found = cache.read(name)
    np.testing.assert_array_equal(found.values, entry.values)
    assert found.counts == entry.counts
    np.testing.assert_array_equal(found.item(0), entry.values[:3])
    assert found.item(1).shape == (0, 4)
    np.testing.assert_array_equal(found.item(2), entry.values[3:])
    ((path, about, size),) = cache.about()
    assert about == {"corpus": "emodb"}
    assert size == path.stat().st_size


def test_one_item_out_of_the_file(tmp_path):
    cache, entry = Cache(tmp_path), entry_of(0)
    cache.write("ab" * 32, entry, {})
    for number in range(3):
        np.testing.assert_array_equal(cache.item("ab" * 32, entry.counts, number), entry.item(number))
    assert cache.item("cd" * 32, entry.counts, 0) is None


def test_what_is_said_of_a_strangers_entry_may_be_anything(tmp_path):
    cache = Cache(tmp_path)
    cache.write("ab" * 32, entry_of(0), {})
    path = cache.path("ab" * 32)
    path.write_bytes(safetensors.numpy.save({"values": np.zeros((1, 1), np.float32)}, {"about": "[1]"}))
    assert list(cache.about()) == []


def test_keys_are_hashes_of_values_in_any_order():
    assert key({"a": 1, "b": [2.5, None]}) == key({"b": [2.5, None], "a": 1})
    assert key({"a": 1}) != key({"a": 2}) != key({"a": "1"})
    text = json.dumps({"a": 1, "format": 1}, sort_keys=True)
    assert key({"a": 1}) == hashlib.sha256(text.encode()).hexdigest()
    with pytest.raises(ValueError):
        key({"a": float("nan")})


def test_values_that_are_not_the_frames_are_refused():
    with pytest.raises(ValueError):
        Entry(np.zeros((4, 2), np.float32), (1, 2))
    with pytest.raises(ValueError):
        Entry(np.zeros(4, np.float32), (4,))


@pytest.fixture
def written(tmp_path):
    cache = Cache(tmp_path)
    cache.write("ab" * 32, entry_of(1), {})
    return cache, cache.path("ab" * 32)


def test_a_changed_byte_is_noticed(written):
    cache, path = written
    data = path.read_bytes()
    for at in (9, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert cache.read("ab" * 32) is None, at
    path.write_bytes(data)
    assert cache.read("ab" * 32) is not None


@pytest.mark.parametrize("left", [0, 4, 8, 100, -1])
def test_a_file_cut_short_is_no_entry(written, left):
    cache, path = written
    path.write_bytes(path.read_bytes()[:left])
    assert cache.read("ab" * 32) is None
    assert list(cache.about()) == [] or left == -1


def test_zeros_in_place_of_the_values_are_noticed(written):
    """What some file systems leave after a power cut: the right length, nothing in it."""
    cache, path = written
    data = path.read_bytes()
    values = len(entry_of(1).values.tobytes())
    path.write_bytes(data[:-values] + bytes(values))
    assert cache.read("ab" * 32) is None


@pytest.mark.parametrize(
    "metadata", [None, {}, {"counts": "[8]"}, {"counts": "x", "crc32": "0"}, {"counts": "[9]", "crc32": "0"}]
)
def test_a_strangers_file_is_no_entry(tmp_path, metadata):
    cache = Cache(tmp_path)
    path = cache.path("cd" * 32)
    path.parent.mkdir(parents=True)
    path.write_bytes(safetensors.numpy.save({"values": np.zeros((8, 2), np.float32)}, metadata))
    assert cache.read("cd" * 32) is None
    assert list(cache.about()) == []


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert list(Cache(tmp_path / "nowhere").about()) == []
    assert Cache(tmp_path / "nowhere").read("ef" * 32) is None


def _write_for_ever(folder, start):
    cache = Cache(folder)
    for number in range(10_000):
        cache.write(key({"number": number % 50}), entry_of(number % 50, (200,), 100), {"start": start})


def test_writers_that_are_killed_leave_whole_entries(tmp_path):
    """Two processes write the same entries again and again and are killed in the middle of it."""
    context = multiprocessing.get_context("fork")
    for _ in range(3):
        writers = [context.Process(target=_write_for_ever, args=(tmp_path, number)) for number in range(2)]
        for writer in writers:
            writer.start()
        time.sleep(0.3)
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
            writer.join()
    cache = Cache(tmp_path)
    found = [number for number in range(50) if cache.read(key({"number": number}))]
    assert found
    for number in found:
        np.testing.assert_array_equal(cache.read(key({"number": number})).values, entry_of(number, (200,), 100).values)
    assert len(list(cache.about())) == len(found)


@pytest.mark.skipif(os.name != "posix", reason="needs pipes")
def test_what_is_no_file_is_neither_waited_for_nor_replaced(tmp_path):
    cache, name = Cache(tmp_path), "ab" * 32
    path = cache.path(name)
    path.parent.mkdir()
    for make in (os.mkfifo, os.mkdir, lambda place: place.symlink_to(place)):
        make(path)
        assert cache.read(name) is None
        assert cache.item(name, (1,), 0) is None
        assert list(cache.about()) == []
        with pytest.raises(OutputError, match=r"a pipe|a folder|a circle"):
            cache.write(name, entry_of(0), {})
        (path.rmdir if path.is_dir() else path.unlink)()
    cache.write(name, entry_of(0), {})
    assert cache.read(name) is not None


def test_a_folder_that_is_none(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="file: a file of that name is in the way"):
        Cache(tmp_path / "file").write("ab" * 32, entry_of(0), {})
    assert Cache(tmp_path / "file").read("ab" * 32) is None
    with pytest.raises(OutputError, match=r"there is no folder .*gone to make it in"):
        Cache(tmp_path / "gone" / "cache").write("ab" * 32, entry_of(0), {})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("counts", ["[" * 100_000 + "]" * 100_000, "9" * 5000, '"x"', '["a"]', "null", "{}", "[NaN]"])
def test_counts_that_are_none(tmp_path, counts):
    cache = Cache(tmp_path)
    cache.write("ab" * 32, entry_of(0), {})
    told = {"counts": counts, "crc32": "0", "about": counts}
    cache.path("ab" * 32).write_bytes(safetensors.numpy.save({"values": np.zeros((1, 1), np.float32)}, told))
    assert cache.read("ab" * 32) is None
    assert [about for _, about, _ in cache.about()] in ([], [{}])
