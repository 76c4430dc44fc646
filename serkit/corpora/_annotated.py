"""Corpora whose utterances are listed in annotations beside the audio."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from serkit import audio
from serkit.corpora._corpus import Corpus, Inventory
from serkit.corpora._roots import recordings
from serkit.errors import AudioError, CorpusError, UsageError
from serkit.types import Utterance

FILMS = (".mp4", ".avi")
"""Endings under which corpora with pictures are released; libsndfile decodes neither."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AnnotatedCorpus(Corpus):
    """A corpus that annotations describe.

    `listed` reads the annotations below the root: utterances with `native` labels, whose paths lie below the root and need not
    be there; it raises CorpusError, naming file, row and remedy, for annotations that are missing or damaged. `emotions` maps
    native labels to emotions; one without a counterpart has none. `clips` is a pattern of paths below the root, with / and
    without ending: audio that matches it should be listed, other audio is left aside. `releases` holds the utterances of each
    release where there are several; of these a copy may be of any, also of one that is not known here.
    """

    listed: Callable[[Path], Iterable[Utterance]]
    emotions: Mapping[str, str]
    clips: str
    releases: Mapping[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The number of its utterances, of its largest release where there are several."""
        return max(self.releases.values()) if self.releases else sum(self.counts.values())

    @property
    def natives(self) -> tuple[str, ...]:
        """Its own labels."""
        return tuple(dict.fromkeys((*self.counts, *self.emotions)))

    @property
    def example(self) -> str:
        """Where its files lie."""
        return self.clips

    def emotion(self, native: str) -> str:
        """The emotion that a native label means; empty where there is none."""
        return self.emotions.get(native, "")

    def whole(self, count: int) -> bool:
        """Whether a list of so many utterances may be a whole one: where releases differ, any may."""
        return bool(self.releases) or count == self.size

    def inventory(self, root: Path) -> Inventory:
        """What `root` holds, told by its annotations."""
        self.check_root(root)
        entries: dict[str, list[Utterance]] = {}
        for utterance in self.listed(root):
            entries.setdefault(utterance.id, []).append(utterance)
        there: dict[str, list[Path]] = {}  # without ending -> files
        recorded, unread = recordings(root)
        for path in recorded:
            there.setdefault(_stem(path), []).append(path)
        found: list[Utterance] = []
        lacking: list[Utterance] = []
        twice: dict[str, tuple[Path, ...]] = {}
        for name in sorted(entries):
            first = entries[name][0]
            files = there.get(_stem(first.path), [])
            if files and (name, "missing") in self.defects and not _is_whole(first, files[0]):
                files = []
            if len(entries[name]) > 1:
                twice[name] = tuple(each.path for each in entries[name])
            elif len(files) > 1:
                twice[name] = tuple(files)
            path = files[0] if files else first.path
            (found if files else lacking).append(replace(first, path=path, label=self.emotion(first.native or "")))
        if not found:
            _refuse_films(self.title, lacking)
        for each in (each for same in entries.values() for each in same):
            there.pop(_stem(each.path), None)
        unexpected = [
            path
            for stem, paths in there.items()
            if re.fullmatch(self.clips, Path(stem).relative_to(root).as_posix())
            for path in paths
        ]
        absent = [each for each in lacking if (each.id, "missing") in self.defects]
        missing = [each.id for each in lacking if (each.id, "missing") not in self.defects]
        listed = {_stem(each.path) for each in lacking if (each.id, "missing") not in self.defects}
        unread = tuple(path for path in unread if _stem(path) in listed)
        return Inventory(tuple(found), tuple(missing), tuple(unexpected), twice, tuple(absent), unread)


def _is_whole(utterance: Utterance, path: Path) -> bool:
    """Whether the file of an utterance that no copy has can be decoded all the same."""
    try:
        audio.read(path, start=utterance.start, end=utterance.end)
    except (AudioError, UsageError):  # a part that ends where it starts holds nothing
        return False
    return True


def _stem(path: Path) -> str:
    """The path without its ending; text, since hashing as many paths would take as long as reading the annotations."""
    return str(path).removesuffix(path.suffix)


def _refuse_films(title: str, utterances: Sequence[Utterance]) -> None:
    """Raises CorpusError, with the remedy, where the files of utterances without audio are films."""
    films = (each.path.with_suffix(ending) for each in utterances for ending in FILMS)
    film = next((path for path in films if path.is_file()), None)
    if film is not None:
        raise CorpusError(
            f"{film.parent} holds {title} as films ({film.name}) and no audio; put it beside them: "
            f"find . -name '*{film.suffix}' -exec sh -c 'ffmpeg -i \"$1\" -vn -ac 1 -ar 16000 \"${{1%.*}}.wav\"' _ {{}} \\;"
        )
