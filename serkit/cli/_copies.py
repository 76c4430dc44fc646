"""The copy of a corpus, or people's own data, that `serkit corpora` looks into."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from serkit.cli._console import counting, say
from serkit.cli._options import named_corpus, own_corpus
from serkit.errors import UsageError

if TYPE_CHECKING:
    from serkit.corpora import Corpus, Index, Words
    from serkit.corpora.own import Layout


class Copy(NamedTuple):
    """What a command is about: a corpus, where it lies, and what becomes of its words where it is people's own data."""

    corpus: "Corpus"
    root: Path
    words: "Words | None"


def copy_of(given: str, place: Path | None, how: "Layout", target: str | None) -> Copy:
    """What a command line names: NAME, NAME=ROOT, NAME and a folder, or a table or folder of one's own."""
    from serkit.corpora import get, locate, words_of

    if found := own_corpus(given, how, target):
        if place is not None:
            raise UsageError(f"{place}: one thing too many beside data of your own; --root says where its paths start")
        corpus, words = words_of(*found)
        return Copy(corpus, found[1], words)
    name, root = named_corpus(given)
    return Copy(get(name), locate(name, place or root), None)


def indexed(copy: Copy) -> "Index":
    """How long the utterances are; of people's own data those that have a label, under that label."""
    from serkit.corpora import Index, index

    with counting(f"reading headers of {copy.corpus.name}", copy.corpus.size) as tell:
        found = index(copy.corpus, copy.root, tell)
    if copy.words is None:
        return found
    for word, (count, why) in copy.words.dropped.items():
        say(f"serkit: note: {count} left out: {f'{word} ({why})' if word else why}")
    own = [replace(entry, utterance=replace(entry.utterance, native=None)) for entry in found.entries]
    return Index(tuple(entry for entry in own if entry.utterance.label or not copy.words.kept), found.unreadable)
