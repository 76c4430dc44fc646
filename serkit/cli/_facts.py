"""What is known about a corpus, as plain values and in words."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from serkit.cli._console import out
from serkit.cli._grid import Pairs
from serkit.errors import CorpusError

if TYPE_CHECKING:
    from serkit.corpora import Corpus


def facts_of(corpus: "Corpus") -> dict[str, Any]:
    """Plain values, ready for JSON."""
    from serkit.corpora import locate
    from serkit.labels import ALL

    try:
        found = str(locate(corpus.name))
    except CorpusError:
        found = None
    return {
        "name": corpus.name,
        "title": corpus.title,
        "licence": corpus.licence,
        "redistributable": corpus.redistributable,
        "homepage": corpus.homepage,
        "access": corpus.access,
        "obtain": corpus.obtain,
        "archives": [asdict(archive) for archive in corpus.archives],
        "found": found,
        "language": corpus.language,
        "rate": corpus.rate,
        "utterances": corpus.size,
        "speakers": dict(corpus.speakers),
        "unnamed": corpus.unnamed,
        "speaker_count": corpus.speaker_count,
        "by_speaker": dict(corpus.by_speaker),
        "hours": corpus.hours,
        "counts": dict(corpus.counts),
        "emotions": corpus.classes(ALL),
        "scales": {name: {"low": scale.low, "high": scale.high} for name, scale in corpus.scales.items()},
        "label_maps": {name: corpus.classes(name) for name in corpus.maps},
        "default_map": corpus.default_map,
        "sentences": dict(corpus.sentences),
        "defects": {f"{name} ({kind})": note for (name, kind), note in corpus.defects.items()},
        "tested": corpus.tested,
        "citation": corpus.citation,
    }


def voices(fact: Mapping[str, Any]) -> str:
    """How many speakers, and what is known of those who have names."""
    genders = list(fact["speakers"].values())
    unnamed = fact["unnamed"]
    parts = [f"{genders.count(gender)} {gender}" for gender in ("female", "male") if gender in genders]
    parts += [f"{unnamed} not known by name"] if unnamed and genders else []
    return or_dash(fact["speaker_count"]) + (f" ({', '.join(parts)})" if parts else "")


def hours(fact: Mapping[str, Any]) -> str:
    """How much audio there is, and who says so."""
    if fact["hours"] is None:
        return "-"
    return f"{fact['hours']:g} ({'measured' if fact['tested'] else 'as others report'})"


def or_dash(value: float | None) -> str:
    """A number, or a dash where nobody knows it."""
    return "-" if value is None else f"{value:g}"


def print_pairs(pairs: Mapping[str, str]) -> None:
    """A line a pair, the values below each other."""
    out.print(Pairs(list(pairs.items())))
