"""What becomes of the words that label people's own recordings: kept, merged with others, or dropped."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from serkit.corpora._check import Problem
from serkit.corpora.own import OwnCorpus
from serkit.errors import UsageError
from serkit.labels import canonical, ordered


@dataclass(frozen=True, slots=True)
class Words:
    """How many utterances each word labels, by the label that it means.

    `kept` maps each label to its words, `dropped` words to nothing to why they are left out; values are numbers of utterances.
    """

    kept: Mapping[str, Mapping[str, int]]
    dropped: Mapping[str, tuple[int, str]]
    unknown: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """The number of utterances of each label."""
        return {label: sum(words.values()) for label, words in self.kept.items()}

    @property
    def problems(self) -> list[Problem]:
        """A problem for each word of which it is not known what it means."""
        told = []
        for word in self.unknown:
            count = self.dropped[word][0]
            leave = f"--map {shlex.quote(f'{word}=')}"
            means = f"say what it means with --map {shlex.quote(f'{word}=EMOTION')}" if word else "fill it in"
            lost = f"{count} utterance{'s' * (count != 1)} left out"
            told.append(Problem(word or "no label", "label", f"{lost}; {means}, or that it is to be: {leave}"))
        return told


def words_of(corpus: OwnCorpus, root: Path) -> tuple[OwnCorpus, Words]:
    """What becomes of the words of a table, and the corpus without those that mean nothing, where reading it would fail.

    With a target there are none. Raises CorpusError, as reading does, for a table that makes no sense, and where no word means
    anything.
    """
    if corpus.target:
        return corpus, Words({}, {}, ())
    # The words alone, whatever a column of native labels holds.
    layout = replace(corpus.layout, columns={**corpus.layout.columns, "native": ""})
    every = replace(corpus, layout=replace(layout, map={"": ""}, own_labels=True)).at(root).counts
    unknown = tuple(word for word in every if not _means(corpus, word))
    if len(unknown) == len(every):
        corpus.inventory(root)  # raises what is wrong
    mapped = {**layout.map, **dict.fromkeys(unknown, "")}
    meant = replace(corpus, layout=replace(layout, map=mapped)).at(root).emotions
    kept: dict[str, dict[str, int]] = {label: {} for label in ordered(set(meant.values()) - {""})}
    dropped = {}
    for word, count in every.items():
        if label := meant.get(word, ""):
            kept[label][word] = count
        else:
            dropped[word] = count, "no label" if not word else "unknown" if word in unknown else "by --map"
    whole = replace(corpus, layout=replace(corpus.layout, map={**corpus.layout.map, **dict.fromkeys(unknown, "")}))
    return whole, Words(kept, dropped, unknown)


def _means(corpus: OwnCorpus, word: str) -> bool:
    """Whether a word says what becomes of its utterances."""
    layout = corpus.layout
    if word.casefold() in {each.casefold() for each in layout.map}:
        return True
    if layout.own_labels:
        return bool(word)
    try:
        return bool(canonical(word))
    except UsageError:
        return False
