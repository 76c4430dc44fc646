"""The corpora: facts, readers of their native layouts, and a check of every file.

A new corpus is its file, and one line in `CORPORA`.
"""

import difflib
import os
from collections.abc import Sequence
from pathlib import Path

from serkit.corpora._annotated import AnnotatedCorpus
from serkit.corpora._check import SILENCE, Problem, check
from serkit.corpora._corpus import Archive, Corpus, Inventory
from serkit.corpora._download import check_download, download
from serkit.corpora._export import export
from serkit.corpora._hearing import Hearing, hear_all
from serkit.corpora._index import Entry, Index, index
from serkit.corpora._named import NamedCorpus
from serkit.corpora._union import Union
from serkit.corpora._words import Words, words_of
from serkit.corpora.ch_sims import CH_SIMS
from serkit.corpora.crema_d import CREMA_D
from serkit.corpora.emodb import EMODB
from serkit.corpora.iemocap import IEMOCAP
from serkit.corpora.meld import MELD
from serkit.corpora.mosi import MOSI
from serkit.corpora.msp_podcast import MSP_PODCAST
from serkit.corpora.ravdess import RAVDESS
from serkit.corpora.ravdess_song import RAVDESS_SONG
from serkit.corpora.savee import SAVEE
from serkit.corpora.tess import TESS
from serkit.errors import CorpusError

__all__ = [
    "CH_SIMS",
    "CORPORA",
    "CREMA_D",
    "EMODB",
    "IEMOCAP",
    "MELD",
    "MOSI",
    "MSP_PODCAST",
    "RAVDESS",
    "RAVDESS_SONG",
    "SAVEE",
    "SILENCE",
    "TESS",
    "AnnotatedCorpus",
    "Archive",
    "Corpus",
    "Entry",
    "Hearing",
    "Index",
    "Inventory",
    "NamedCorpus",
    "Problem",
    "Union",
    "Words",
    "check",
    "check_download",
    "download",
    "export",
    "get",
    "hear_all",
    "index",
    "locate",
    "words_of",
]

CORPORA: dict[str, Corpus] = {
    "emodb": EMODB,
    "ravdess": RAVDESS,
    "ravdess_song": RAVDESS_SONG,
    "crema_d": CREMA_D,
    "tess": TESS,
    "savee": SAVEE,
    "iemocap": IEMOCAP,
    "meld": MELD,
    "msp_podcast": MSP_PODCAST,
    "ch_sims": CH_SIMS,
    "mosi": MOSI,
}
"""Every corpus by the name that commands and recipes use."""


def get(name: str) -> Corpus:
    """The corpus called `name`, or the union of those whose names are joined by a +.

    >>> get("emodb").title
    'Berlin EmoDB'
    >>> get("emodb+ravdess").size
    1975

    Raises CorpusError for a name that is none, with the nearest one that is, and for one that comes twice.
    """
    if "+" in name:
        names = name.split("+")
        if len({*names}) < len(names):
            raise CorpusError(f"'{name}' names a corpus twice; name each once")
        return Union.of([get(each) for each in names])
    if name in CORPORA:
        return CORPORA[name]
    near = difflib.get_close_matches(name.lower(), CORPORA, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(CORPORA)}"
    raise CorpusError(f"unknown corpus '{name}'; {hint}")


def locate(name: str, root: Path | None = None) -> Path:
    """The folder that holds the corpus called `name`.

    That is `root` where it is given. Otherwise the first of these that is a folder: `$SERKIT_DATA/<name>`, `data/<name>` below
    the current folder, and `data/<name>` of the checkout that serkit runs from; for a union the first of these three places
    in which all of its corpora lie. Raises CorpusError where there is none.
    """
    corpus = get(name)
    if root is not None:
        if not root.is_dir():
            raise CorpusError(f"{root} is not a folder; give the one that holds {corpus.title}")
        return root
    places = [Path("data"), Path(__file__).resolve().parents[2] / "data"]
    if given := os.environ.get("SERKIT_DATA"):
        places.insert(0, Path(given))
    if isinstance(corpus, Union):
        return _common(corpus, places)
    for place in places:
        if (place / name).is_dir():
            return place / name
    looked = ", ".join(dict.fromkeys(str(place / name) for place in places))
    raise CorpusError(
        f"corpus '{name}' was not found (looked for {looked}); get it from {corpus.homepage}, then give its folder, "
        f"or set SERKIT_DATA to the folder in which '{name}' lies"
    )


def _common(union: Union, places: Sequence[Path]) -> Path:
    """The first of some folders in which all corpora of a union lie."""
    names = [each.name for each in union.members]
    for place in places:
        if all((place / name).is_dir() for name in names):
            return place
    raise CorpusError(
        f"{', '.join(names)} were not found side by side (looked in {', '.join(map(str, dict.fromkeys(places)))}); "
        f"get them from {union.homepage}, and set SERKIT_DATA to the folder in which all of them lie"
    )
