"""Recordings inside the page, where the corpus may be passed on or somebody asks for them."""

import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import soundfile as sf

from serkit import audio
from serkit.corpora import NamedCorpus
from serkit.errors import SerkitError
from serkit.labels import ALL
from serkit.report._corpora import corpus_of
from serkit.runs import Run
from serkit.types import Utterance

LIMIT_BYTES = 4_000_000
"""Most base64 that a page carries."""


@dataclass(frozen=True, slots=True)
class Players:
    """`sources` maps an utterance to a data URI; `note` says why some or all have none (or what follows from having them)."""

    sources: Mapping[str, str]
    note: str


def known(run: Run, names: Iterable[str]) -> dict[str, Utterance]:
    """What the corpus tells of these utterances: with files where its folder is still there, else by their names alone."""
    corpus = corpus_of(run)
    if corpus is None:
        return {}
    try:
        there = {each.id: each for each in corpus.read(Path(run.info.corpus_root), partial=True, labels=ALL)}
    except SerkitError:
        there = {}
    named = corpus.parse if isinstance(corpus, NamedCorpus) else lambda path: None  # noqa: ARG005 - names say nothing
    found = {name: there.get(name) or named(Path(name)) for name in names}
    return {name: each for name, each in found.items() if each is not None and each.id == name}


def players(run: Run, utterances: Mapping[str, Utterance], wanted: bool | None) -> Players:
    """The recordings of `utterances` that may be embedded: `wanted` decides, None leaves it to the corpus's license."""
    corpus = corpus_of(run)
    if wanted is False:
        return Players({}, "No players: they were not asked for.")
    if corpus is None:
        return Players({}, f"No players: serkit cannot read the corpus '{run.info.corpus.corpus}' again.")
    if wanted is None and not corpus.redistributable:
        reason = f"the license of {corpus.title} ({corpus.licence}) keeps its recordings out of files that are passed on"
        return Players({}, f"No players: {reason}. For a page of your own: serkit report RUN --audio.")
    sources: dict[str, str] = {}
    used, lacking = 0, 0
    for name, utterance in utterances.items():
        try:
            source = _data_uri(utterance)
        except SerkitError:
            lacking += 1
            continue
        if used + len(source) <= LIMIT_BYTES:
            used += len(source)
            sources[name] = source
    notes = []
    if sources and not corpus.redistributable:
        notes.append(f"This page holds recordings of {corpus.title} ({corpus.licence}): do not pass it on.")
    if lacking:
        notes.append(f"{lacking} recordings were not found in the corpus folder that the Run was trained from.")
    if len(sources) + lacking < len(utterances):
        notes.append(f"Recordings beyond {LIMIT_BYTES // 1_000_000} MB were left out.")
    return Players(sources, " ".join(notes))


def _data_uri(utterance: Utterance) -> str:
    """The utterance as FLAC with 16 bits, which every browser plays."""
    waveform = audio.read(utterance.path, start=utterance.start, end=utterance.end)
    held = io.BytesIO()
    sf.write(held, waveform.samples, waveform.rate, format="FLAC", subtype="PCM_16")
    return "data:audio/flac;base64," + base64.b64encode(held.getvalue()).decode()
