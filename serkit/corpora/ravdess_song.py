"""RAVDESS, the Ryerson Audio-Visual Database of Emotional Speech and Song: the audio-only songs.

Licence: CC BY-NC-SA 4.0. Not distributed with serkit; its authors' archive is `Audio_Song_Actors_01-24.zip`.
Source: Livingstone and Russo (2018), and the description of the record with DOI 10.5281/zenodo.1188976.
Speakers: 23 of the 24 actors of the speech; actor 18 has no songs. Utterances: 1012, that is 44 an actor: 2 sentences twice,
with 5 emotions at 2 intensities, and neutral at one. Disgust and surprise were not sung. English (North American), 48 kHz.
Layout: that of the speech, `Actor_07/03-02-05-02-01-02-07.wav`, with channel 02. The speech, released in folders of the same
names, is knowingly left aside: `ravdess` reads it.

Known defects: none were looked for, since the reader never saw the real corpus.
"""

import re
from itertools import product
from pathlib import Path

from serkit.corpora._corpus import Archive
from serkit.corpora._named import NamedCorpus
from serkit.corpora.ravdess import EMOTIONS as SPOKEN
from serkit.corpora.ravdess import INTENSITIES, RAVDESS, RECORD, REPETITIONS, SENTENCES
from serkit.corpora.ravdess import SPEAKERS as ACTORS
from serkit.types import Gender, Utterance

SPEAKERS: dict[str, Gender] = {actor: gender for actor, gender in ACTORS.items() if actor != "18"}

EMOTIONS = {code: emotion for code, emotion in SPOKEN.items() if emotion not in ("disgust", "surprised")}

_NAME = re.compile(r"03-02-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")


def _ids() -> tuple[str, ...]:
    """Every combination; only neutral has no strong intensity."""
    parts = product(EMOTIONS, INTENSITIES, SENTENCES, REPETITIONS, SPEAKERS)
    return tuple("-".join(("03", "02", *each)) for each in parts if each[:2] != ("01", "02"))


def _parse(path: Path) -> Utterance | None:
    """`03-02-05-02-01-02-07`: angry (05), strong, sentence 01, second repetition, actor 07."""
    parts = _NAME.fullmatch(path.stem)
    if parts is None or parts[1] not in EMOTIONS or parts[2] not in INTENSITIES or parts[5] not in SPEAKERS:
        return None
    return Utterance(
        id=path.stem,
        corpus="ravdess_song",
        path=path,
        speaker=parts[5],
        label=EMOTIONS[parts[1]],
        gender=SPEAKERS[parts[5]],
        language="en",
        sentence=parts[3],
        intensity=INTENSITIES[parts[2]],
        repetition=parts[4],
    )


RAVDESS_SONG = NamedCorpus(
    name="ravdess_song",
    title="RAVDESS, song",
    licence=RAVDESS.licence,
    redistributable=False,
    citation=RAVDESS.citation,
    access="download",
    obtain="serkit corpora download ravdess_song",
    archives=(
        Archive(f"{RECORD}/files/Audio_Song_Actors_01-24.zip", size=225_505_317, md5="5411230427d67a21e18aa4d466e6d1b9"),
    ),
    homepage=RAVDESS.homepage,
    language="en",
    rate=48_000,
    speakers=SPEAKERS,
    counts={"neutral": 92, "calm": 184, "happy": 184, "sad": 184, "angry": 184, "fearful": 184},
    sentences=SENTENCES,
    ids=_ids(),
    parse=_parse,
    defects={},
    tested=False,
    aside=r"(.*/)?03-01-\d\d-\d\d-\d\d-\d\d-\d\d",
)
