"""Corpora whose files say by their names what is in them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from serkit import audio
from serkit.corpora._corpus import Corpus, Inventory
from serkit.errors import CorpusError
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

    def emotion(self, native: str) -> str:
        """Its labels are emotions."""
        return native

    def inventory(self, root: Path) -> Inventory:
        """What `root` holds, told by its file names."""
        if not root.is_dir():
            raise CorpusError(f"{root} is not a folder; give the one that holds {self.title}")
        expected = frozenset(self.ids)
        files: dict[str, list[Utterance]] = {}
        unexpected = []
        for path in audio.find(root):
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
        )

    def completed(self, root: Path, utterances: Sequence[Utterance], partial: bool) -> Sequence[Utterance]:
        """The utterances with what `annotate` adds."""
        return self.annotate(root, utterances, partial) if self.annotate else utterances
