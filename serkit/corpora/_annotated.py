"""Corpora whose utterances are listed in annotations beside the audio."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from serkit import audio
from serkit.corpora._corpus import Corpus, Inventory
from serkit.errors import CorpusError
from serkit.types import Utterance


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AnnotatedCorpus(Corpus):
    """A corpus that annotations describe.

    `listed` reads the annotations below the root: utterances with `native` labels, whose paths lie below the root and need not
    be there; it raises CorpusError, naming file, row and remedy, for annotations that are missing or damaged. `emotions` maps
    native labels to emotions; one without a counterpart has none. `clips` is a pattern of paths below the root, with / and
    without ending: audio that matches it should be listed, other audio is left aside.
    """

    listed: Callable[[Path], Sequence[Utterance]]
    emotions: Mapping[str, str]
    clips: str

    @property
    def size(self) -> int:
        """The number of its utterances."""
        return sum(self.counts.values())

    @property
    def example(self) -> str:
        """Where its files lie."""
        return self.clips

    def emotion(self, native: str) -> str:
        """The emotion that a native label means; empty where there is none."""
        return self.emotions.get(native, "")

    def inventory(self, root: Path) -> Inventory:
        """What `root` holds, told by its annotations."""
        if not root.is_dir():
            raise CorpusError(f"{root} is not a folder; give the one that holds {self.title}")
        there: dict[Path, list[Path]] = {}  # without ending -> files
        for path in audio.find(root):
            there.setdefault(path.with_suffix(""), []).append(path)
        entries: dict[str, list[Utterance]] = {}
        for utterance in self.listed(root):
            entries.setdefault(utterance.id, []).append(utterance)
        found, missing, twice = [], [], {}
        for name in sorted(entries):
            first = entries[name][0]
            files = there.get(first.path.with_suffix(""), [])
            if len(entries[name]) > 1:
                twice[name] = tuple(each.path for each in entries[name])
            elif len(files) > 1:
                twice[name] = tuple(files)
            if files:
                label = self.emotion(first.native or "")
                found.append(replace(first, path=files[0], label=label))
            else:
                missing.append(name)
        listed = {each.path.with_suffix("") for same in entries.values() for each in same}
        unexpected = [
            path
            for stem, paths in there.items()
            if stem not in listed and re.fullmatch(self.clips, stem.relative_to(root).as_posix())
            for path in paths
        ]
        return Inventory(tuple(found), tuple(missing), tuple(unexpected), twice)
