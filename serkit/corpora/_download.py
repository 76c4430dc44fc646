"""A corpus from its publisher: licence and room first, then the archive, then all of its recordings or none."""

import shutil
from pathlib import Path

from serkit.corpora._corpus import Corpus
from serkit.corpora._fetch import Progress, fetch, held
from serkit.corpora._unpack import appearing, unpack, unpacked_size
from serkit.errors import DownloadError

ROOM = 4
"""Times the size of an archive that is to be free: for itself, and for recordings that it keeps at about a third."""


def check_download(corpus: Corpus, target: Path) -> int:
    """The bytes that a download of `corpus` to `target` has still to fetch.

    Raises DownloadError for a corpus without an archive that anyone may fetch, for a `target` that is no empty folder, and for
    a disk without room.
    """
    if not corpus.archives:
        how = corpus.obtain or "see its homepage"
        raise DownloadError(f"{corpus.title} is not for download by a program: {how} ({corpus.homepage})")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        advice = f"check it with 'serkit corpora check {corpus.name} {target}', or choose another place with --to"
        raise DownloadError(f"{target} is there already; {advice}")
    beside = target.absolute().parent
    here = sum(held(archive, beside) for archive in corpus.archives)
    size = sum(archive.size for archive in corpus.archives)
    _check_room(target, ROOM * size - here)
    return size - here


def download(corpus: Corpus, target: Path, on_progress: Progress | None = None) -> None:
    """Fetch a corpus from its publisher, and unpack it as the folder `target`.

    `on_progress` is told of the bytes of an archive that are here and of all. An archive is kept beside `target` until it is
    unpacked, as far as it came; `target` is there when all utterances are, and not before. Raises what `check_download` and
    `fetch` do, and DownloadError for an archive that is unsafe to unpack or holds not the whole corpus.
    """
    check_download(corpus, target)
    target = target.absolute()
    packed = [fetch(archive, target.parent, on_progress) for archive in corpus.archives]
    with appearing(target) as folder:
        for archive in packed:
            _check_room(target, unpacked_size(archive))
            unpack(archive, folder)
        found = corpus.inventory(folder)
        if found.missing or found.twice:
            wrong = f"{len(found.missing)} of its {corpus.size} utterances are missing, {len(found.twice)} stand twice"
            raise DownloadError(f"{packed[0]} holds not what {corpus.title} is: {wrong}; see {corpus.homepage}")
    for archive in packed:
        archive.unlink()


def _check_room(target: Path, need: int) -> None:
    """Refuse a disk that has not that many bytes left."""
    place = next(each for each in target.absolute().parents if each.is_dir())
    free = shutil.disk_usage(place).free
    if free < need:
        room = f"{need / 1e6:,.0f} MB are needed there and {free / 1e6:,.0f} MB are free"
        raise DownloadError(f"{target}: {room}; make room, or choose another place with --to")
