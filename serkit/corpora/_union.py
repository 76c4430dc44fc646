"""Several corpora read as one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from serkit.corpora._corpus import Corpus, Inventory
from serkit.errors import CorpusError
from serkit.labels import ordered
from serkit.types import Source, Utterance


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Union(Corpus):
    """Corpora that lie side by side in one folder, each under its own name; ids and speakers begin with that name and a /."""

    members: tuple[Corpus, ...]

    @classmethod
    def of(cls, members: Sequence[Corpus]) -> "Union":
        """The union of some corpora. What they agree on is its own: `rate` is None where they differ, `language` "mul"."""
        counts: Counter[str] = Counter()
        for each in members:
            counts.update(each.counts)
        unnamed, hours = [each.unnamed for each in members], [each.hours for each in members]
        rates, languages = {each.rate for each in members}, {each.language for each in members}
        return cls(
            name="+".join(each.name for each in members),
            title=" and ".join(each.title for each in members),
            licence="; ".join(f"{each.title}: {each.licence}" for each in members),
            redistributable=all(each.redistributable for each in members),
            citation="\n".join(each.citation for each in members),
            homepage=", ".join(each.homepage for each in members),
            language=languages.pop() if len(languages) == 1 else "mul",
            rate=rates.pop() if len(rates) == 1 else None,
            speakers={f"{each.name}/{who}": gender for each in members for who, gender in each.speakers.items()},
            counts=counts,
            defects={(f"{each.name}/{one}", kind): note for each in members for (one, kind), note in each.defects.items()},
            tested=all(each.tested for each in members),
            unnamed=None if None in unnamed else sum(filter(None, unnamed)),
            hours=None if None in hours else sum(filter(None, hours)),
            members=tuple(members),
        )

    @property
    def size(self) -> int:
        """The number of its utterances."""
        return sum(each.size for each in self.members)

    @property
    def example(self) -> str:
        """What one of its files is called."""
        return f"{self.members[0].name}/{self.members[0].example}"

    @property
    def natives(self) -> tuple[str, ...]:
        """The labels of all."""
        return tuple(dict.fromkeys(label for each in self.members for label in each.natives))

    def emotion(self, native: str) -> str:
        """The emotion that a label of one of the corpora means."""
        return next((found for each in self.members if native in each.natives and (found := each.emotion(native))), "")

    def classes(self, labels: str | None = None) -> tuple[str, ...]:
        """The emotions that are told apart in any of the corpora, each read with the map called `labels` or its default one."""
        return ordered(emotion for each in self.members for emotion in each.classes(labels))

    def inventory(self, root: Path) -> Inventory:
        """What the folders of the corpora hold."""
        found = [(each.name, each.inventory(root / each.name)) for each in self.members]
        return Inventory(
            utterances=_sorted(one for _, own in found for one in own.utterances),
            missing=tuple(f"{name}/{one}" for name, own in found for one in own.missing),
            unexpected=tuple(path for _, own in found for path in own.unexpected),
            twice={f"{name}/{one}": paths for name, own in found for one, paths in own.twice.items()},
            absent=_sorted(one for _, own in found for one in own.absent),
            unread=tuple(path for _, own in found for path in own.unread),
        )

    def read(self, root: Path, *, partial: bool = False, labels: str | None = None) -> list[Utterance]:
        """Every utterance of each corpus, read with the same map; see `Corpus.read`."""
        if lacking := [each.name for each in self.members if not (root / each.name).is_dir()]:
            raise CorpusError(f"{root} has no folder {lacking[0]}; give the one in which {', '.join(self.name.split('+'))} lie")
        found = [each.read(root / each.name, partial=partial, labels=labels) for each in self.members]
        return list(_sorted(one for own in found for one in own))

    def sources(self, utterances: Sequence[Utterance]) -> tuple[Source, ...]:
        """Which corpora these utterances come from."""
        counts = Counter(each.corpus for each in utterances)
        return tuple(Source(each.name, each.licence, counts[each.name]) for each in self.members if counts[each.name])


def _sorted(utterances: Iterable[Utterance]) -> tuple[Utterance, ...]:
    """Utterances of several corpora by their names there."""
    return tuple(sorted((_named(each) for each in utterances), key=lambda each: each.id))


def _named(utterance: Utterance) -> Utterance:
    """The utterance with its corpus in front of its names."""
    before = utterance.corpus
    copy_of = f"{before}/{utterance.copy_of}" if utterance.copy_of else None
    return replace(utterance, id=f"{before}/{utterance.id}", speaker=f"{before}/{utterance.speaker}", copy_of=copy_of)
