"""Corpora whose files say by their names what is in them."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from serkit.corpora._corpus import Corpus, Inventory
from serkit.corpora._roots import ABOVE, alone_in, recordings, some_audio
from serkit.types import Utterance


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NamedCorpus(Corpus):
    """A corpus of known files.

    `ids` are the stems of all files, sorted; the keys of `counts` are emotions. `parse` makes an utterance of a path, by its
    stem and, where that says too little, its folder, or None if they follow another scheme; `aside` is a pattern of paths
    below the root, with / and without ending, that are released with the corpus and knowingly no utterances. `annotate` adds
    to utterances what tables beside the files say: given the root, the utterances and whether the copy may be partial, so that
    a table may be missing, it raises CorpusError for a missing or damaged one.
    """

    ids: tuple[str, ...]
    parse: Callable[[Path], Utterance | None]
    aside: str = ""
    annotate: Callable[[Path, Sequence[Utterance], bool], Sequence[Utterance]] | None = None

    @property
    def size(self) -> int:
        """The number of its utterances."""
        return len(self.ids)

    @property
    def example(self) -> str:
        """What one of its files is called."""
        return f"{self.ids[0]}.wav"

    @property
    def by_speaker(self) -> Mapping[str, int]:
        """The number of utterances of each speaker, told by the names of all files."""
        return Counter(utterance.speaker for name in self.ids if (utterance := self.parse(Path("/", f"{name}.wav"))))

    def emotion(self, native: str) -> str:
        """Its labels are emotions."""
        return native

    def inventory(self, root: Path) -> Inventory:
        """What `root` holds, told by its file names."""
        self.check_root(root)
        expected = frozenset(self.ids)
        files: dict[str, list[Utterance]] = {}
        unexpected = []
        found, unread = recordings(root)
        for path in found:
            if self.aside and re.fullmatch(self.aside, path.relative_to(root).with_suffix("").as_posix()):
                continue
            utterance = self.parse(path)
            if utterance is None or utterance.id not in expected:
                unexpected.append(path)
            else:
                files.setdefault(utterance.id, []).append(utterance)
        return Inventory(
            utterances=tuple(files[name][0] for name in sorted(files)),
            missing=tuple(name for name in self.ids if name not in files),
            unexpected=tuple(unexpected),
            twice={name: tuple(each.path for each in files[name]) for name in sorted(files) if len(files[name]) > 1},
            unread=tuple(path for path in unread if (made := self.parse(path)) and made.id not in files),
        )

    def meant(self, root: Path, found: Inventory) -> Path | None:
        """A folder below `root` that holds each of its utterances once and nothing else, or one above that holds more."""
        copies = [(each.id, each.path) for each in found.utterances if each.id not in found.twice]
        copies += [(name, path) for name, paths in found.twice.items() for path in paths]
        if (found.unexpected or found.twice) and (below := alone_in(root, copies, found.unexpected)):
            return below
        # Of a folder that lies too low little is there; looking above one that merely lacks some files would take long.
        low = 2 * len(found.utterances) <= self.size
        return self._above(root, len(found.utterances)) if low else None

    def _above(self, root: Path, least: int) -> Path | None:
        """The nearest place above `root` that holds more than `least` of the utterances, none of them twice."""
        expected = frozenset(self.ids)
        for folder in root.absolute().parents[:ABOVE]:
            copies, others = [], []
            for path in some_audio(folder):
                utterance = self.parse(path)
                if utterance and utterance.id in expected:
                    copies.append((utterance.id, path))
                else:
                    others.append(path)
            distinct = len({name for name, _ in copies})
            if distinct > least:
                clean = distinct == len(copies)
                return folder if clean and not others else alone_in(folder, copies, others) or (folder if clean else None)
        return None

    def completed(self, root: Path, utterances: Sequence[Utterance], partial: bool) -> Sequence[Utterance]:
        """The utterances with what `annotate` adds."""
        return self.annotate(root, utterances, partial) if self.annotate else utterances
