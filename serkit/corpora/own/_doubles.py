"""One recording in several rows: the same file under another path, a link to it, or equal samples under another name."""

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from serkit.audio.identity import identity
from serkit.corpora._threads import on_each
from serkit.corpora.own._faults import Faults
from serkit.corpora.own._files import Heard, Stamp, beginning, stamp_of
from serkit.corpora.own._rows import Listed
from serkit.errors import AudioError, Notice

HALF = 0.5
"""Two parts of a recording that share more than this of the shorter one are judged as if they were one."""

_SAME = 0.001  # seconds by which parts that are the same may differ

File = tuple[int, int]
"""Device and inode: two paths that share them lead to one file."""

Known = tuple[Listed, File, float, float]
"""A row, its file, and where its part starts and ends in seconds."""


def check_doubles(listed: Sequence[Listed], heard: Sequence[Heard | AudioError], faults: Faults, target: str | None) -> None:
    """Note rows that say two things of one recording, list it twice, or put it into two parts of the split.

    Equal samples in other files are told in a Notice, if nothing else is wrong with them. Only files of one length that
    begin alike are decoded. Copies that the table calls so are no doubles.
    """
    named = []
    for rows in _recordings(listed, heard).values():
        named += [pair for pair in _pairs(rows) if not _told(*pair, faults, target)]
    if named:
        later, earlier = named[0]
        many = f"{len(named)} recordings have" if len(named) > 1 else "1 recording has"
        such = f"{later[0].utterance.id} those of {earlier[0].utterance.id}"
        what = f"{faults.source}: {many} the samples of another one, such as {such}"
        warnings.warn(f"{what}: what is tested may have been learned; remove one of each", Notice, stacklevel=4)


def _recordings(listed: Sequence[Listed], heard: Sequence[Heard | AudioError]) -> dict[object, list[Known]]:
    """The rows of each recording, in the order of the table."""
    alike: dict[tuple[float, int], dict[File, Path]] = defaultdict(dict)
    known: list[tuple[Known, tuple[float, int]]] = []
    for each, sound in zip(listed, heard, strict=True):
        if isinstance(sound, AudioError) or sound.silent:  # one silence is as good as another
            continue
        utterance, info = each.utterance, sound.info
        file, end = stamp_of(utterance.path)[:2], info.duration if utterance.end is None else utterance.end
        alike[info.duration, info.rate].setdefault(file, utterance.path)
        known.append(((each, file, utterance.start, end), (info.duration, info.rate)))
    lengths = [list(files.items()) for files in alike.values() if len(files) > 1]
    hashes = _identities([pair for files in lengths for pair in files])
    found_in: dict[object, list[Known]] = defaultdict(list)
    for row, kind in known:
        digest = hashes.get(row[1])
        found_in[(digest, kind) if isinstance(digest, bytes) else row[1]].append(row)
    return found_in


def _identities(files: Sequence[tuple[File, Path]]) -> dict[File, bytes | AudioError]:
    """A hash of the samples of each file that begins as another one does."""
    begins = on_each(lambda each: beginning(str(each[1]), stamp_of(each[1])), files)
    alike = Counter(each[0] for each in begins if not isinstance(each, AudioError))
    asked = [pair for pair, each in zip(files, begins, strict=True) if isinstance(each, tuple) and alike[each[0]] > 1]
    found = on_each(lambda each: _identity(str(each[1]), stamp_of(each[1])), asked)
    return dict(zip((file for file, _ in asked), found, strict=True))


@lru_cache(2**18)
def _identity(path: str, stamp: Stamp) -> bytes:  # noqa: ARG001 - the stamp makes another file of one that has changed
    return identity(Path(path))


def _pairs(rows: Sequence[Known]) -> Iterator[tuple[Known, Known]]:
    """Each row whose part is mostly that of an earlier row of the same recording, with that one."""
    if len(rows) < 2:
        return
    number = {row[0].place: at for at, row in enumerate(rows)}
    open_parts: list[Known] = []
    for row in sorted(rows, key=lambda each: each[2]):
        open_parts = [each for each in open_parts if each[3] > row[2]]
        for other in open_parts:
            shared = min(other[3], row[3]) - row[2]
            if shared > HALF * min(other[3] - other[2], row[3] - row[2]):
                earlier, later = sorted((row, other), key=lambda each: number[each[0].place])
                yield later, earlier
        open_parts.append(row)


def _told(later: Known, earlier: Known, faults: Faults, target: str | None) -> bool:
    """Note what is wrong with two rows of one recording; False where nothing is but that its samples lie in two files."""
    one, two = later[0].utterance, earlier[0].utterance
    if one.copy_of or two.copy_of:
        return True
    linked, same = later[1] == earlier[1], abs(later[2] - earlier[2]) + abs(later[3] - earlier[3]) < _SAME
    words = [each.values.get(target) if target else each.label for each in (one, two)]
    where = f"{'is the file' if linked else 'has the samples'} of {earlier[0].place} ({two.path})"
    if words[0] != words[1] and (same or not target):
        other = f"{words[0]} here and {words[1]} there"
        faults.add("two truths", later[0].place, f"{one.path} {where}, {other}", "keep the one that is right")
    elif one.split != two.split:
        other = f"in the part {one.split} here and {two.split} there"
        faults.add("two parts", later[0].place, f"{one.path} {where}, {other}", "leave it in one of them")
    elif linked and same:
        faults.add("same file", later[0].place, f"{one.path} {where}", "remove one of the two rows")
    else:
        return linked or not same
    return True
