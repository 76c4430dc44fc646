"""RAVDESS, the Ryerson Audio-Visual Database of Emotional Speech and Song: the audio-only speech files.

Licence: CC BY-NC-SA 4.0. Not distributed with serkit; its authors' archive is `Audio_Speech_Actors_01-24.zip`.
Source: Livingstone and Russo (2018), and the description of the record with DOI 10.5281/zenodo.1188976.
Speakers: 24 actors, odd numbers are men, even ones women. Utterances: 1440, that is 60 an actor: 2 sentences twice, with 7
emotions at 2 intensities, and neutral at one. English (North American), 48 kHz.
Layout: `Actor_07/03-01-05-02-01-02-07.wav`, which is modality (03: audio only), channel (01: speech), emotion, intensity,
statement, repetition, actor. The songs (channel 02), released in folders of the same names, are knowingly left aside:
`ravdess_song` reads them.

Known defects: 03-01-03-01-02-02-07 is a copy of 03-01-03-01-02-01-07 (same actor, same emotion). Five files have two
channels, which are equal: 03-01-02-01-01-02-01, 03-01-08-01-02-02-01, 03-01-02-01-02-02-05, 03-01-03-01-02-01-20 and
03-01-06-01-01-02-20. Recordings are quiet (peaks down to -44 dBFS) and begin with about half a second of silence. A widely
copied mirror holds the whole tree twice, one inside the other: reading that is an error that names both places.
"""

import re
from itertools import product
from pathlib import Path

from serkit.corpora._corpus import Archive
from serkit.corpora._named import NamedCorpus
from serkit.types import Gender, Utterance

RECORD = "https://zenodo.org/records/1188976"
"""What its authors released, with the sizes and checksums of the archives."""

SPEAKERS: dict[str, Gender] = {f"{actor:02d}": "male" if actor % 2 else "female" for actor in range(1, 25)}

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}

INTENSITIES = {"01": "normal", "02": "strong"}

SENTENCES = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}

REPETITIONS = ("01", "02")

COPIES = {"03-01-03-01-02-02-07": "03-01-03-01-02-01-07"}
"""Utterances that hold the samples of another."""

_NAME = re.compile(r"03-01-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")


def _ids() -> tuple[str, ...]:
    """Every combination; only neutral has no strong intensity."""
    parts = product(EMOTIONS, INTENSITIES, SENTENCES, REPETITIONS, SPEAKERS)
    return tuple("-".join(("03", "01", *each)) for each in parts if each[:2] != ("01", "02"))


def _parse(path: Path) -> Utterance | None:
    """`03-01-05-02-01-02-07`: angry (05), strong, sentence 01, second repetition, actor 07."""
    parts = _NAME.fullmatch(path.stem)
    if parts is None or parts[1] not in EMOTIONS or parts[2] not in INTENSITIES or parts[5] not in SPEAKERS:
        return None
    return Utterance(
        id=path.stem,
        corpus="ravdess",
        path=path,
        speaker=parts[5],
        label=EMOTIONS[parts[1]],
        gender=SPEAKERS[parts[5]],
        language="en",
        sentence=parts[3],
        intensity=INTENSITIES[parts[2]],
        repetition=parts[4],
        copy_of=COPIES.get(path.stem),
    )


RAVDESS = NamedCorpus(
    name="ravdess",
    title="RAVDESS, speech",
    licence="CC BY-NC-SA 4.0",
    redistributable=False,
    citation="""@article{livingstone2018ravdess,
  author  = {Steven R. Livingstone and Frank A. Russo},
  title   = {The {Ryerson} Audio-Visual Database of Emotional Speech and Song ({RAVDESS}): A dynamic, multimodal set of
             facial and vocal expressions in {North American English}},
  journal = {PLoS ONE},
  volume  = {13},
  number  = {5},
  pages   = {e0196391},
  year    = {2018},
  doi     = {10.1371/journal.pone.0196391}
}""",
    hours=1.48,
    access="download",
    obtain="serkit corpora download ravdess",
    archives=(
        Archive(f"{RECORD}/files/Audio_Speech_Actors_01-24.zip", size=208_468_073, md5="bc696df654c87fed845eb13823edef8a"),
    ),
    homepage="https://doi.org/10.5281/zenodo.1188976",
    language="en",
    rate=48_000,
    speakers=SPEAKERS,
    counts={
        "neutral": 96,
        "calm": 192,
        "happy": 192,
        "sad": 192,
        "angry": 192,
        "fearful": 192,
        "disgust": 192,
        "surprised": 192,
    },
    sentences=SENTENCES,
    ids=_ids(),
    parse=_parse,
    defects={(copy, "duplicate"): f"a copy of {first} in the released archive" for copy, first in COPIES.items()},
    tested=True,
    aside=r"(.*/)?03-02-\d\d-\d\d-\d\d-\d\d-\d\d",
)
