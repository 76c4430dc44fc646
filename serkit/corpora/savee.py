"""SAVEE, Surrey Audio-Visual Expressed Emotion: its audio.

Licence: for research, on registration with its authors. Not distributed with serkit.
Source: Haq and Jackson (2009), the page http://kahlan.eps.surrey.ac.uk/savee/, and `AudioData/Info.txt` of the release.
Speakers: 4 men, DC, JE, JK and KL. Utterances: 480, that is 120 a speaker: 15 sentences with each of 6 emotions, and 30
neutral ones (`Info.txt` speaks of 15 for all; the paper and the files have 30). The sentences are from TIMIT, the same for all
speakers; which text belongs to which number is not published with the audio. English (British), 44.1 kHz, mono.
Layout: `AudioData/DC/sa01.wav`, which is speaker, emotion (a, d, f, h, n, sa, su) and number of the sentence. A flattened copy
in wide use has all files in one folder, as `DC_sa01.wav`, which is the id here.

Known defects: none were looked for, since the reader never saw the real corpus.
"""

import re
from itertools import product
from pathlib import Path

from serkit.corpora._named import NamedCorpus
from serkit.types import Gender, Utterance

SPEAKERS: dict[str, Gender] = {"DC": "male", "JE": "male", "JK": "male", "KL": "male"}

EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}

_NAME = re.compile(r"(?:([A-Z]{2})_)?([a-z]{1,2})(\d\d)")


def _ids() -> tuple[str, ...]:
    """Every combination: 30 sentences for neutral, 15 for the others."""
    parts = product(SPEAKERS, EMOTIONS, range(1, 31))
    return tuple(f"{speaker}_{code}{number:02d}" for speaker, code, number in parts if number <= 15 or code == "n")


def _parse(path: Path) -> Utterance | None:
    """`DC/sa01` or `DC_sa01`: speaker DC, sad, sentence 01. A name and a folder that contradict each other are refused."""
    parts = _NAME.fullmatch(path.stem)
    folder = path.absolute().parent.name
    speaker = parts[1] or folder if parts else ""
    if parts is None or speaker not in SPEAKERS or parts[2] not in EMOTIONS or folder in SPEAKERS.keys() - {speaker}:
        return None
    return Utterance(
        id=f"{speaker}_{parts[2]}{parts[3]}",
        corpus="savee",
        path=path,
        speaker=speaker,
        label=EMOTIONS[parts[2]],
        gender=SPEAKERS[speaker],
        language="en",
        sentence=f"{parts[2]}{parts[3]}",
    )


SAVEE = NamedCorpus(
    name="savee",
    title="SAVEE",
    licence="research only, on registration",
    redistributable=False,
    citation="""@inproceedings{haq2009savee,
  author    = {Sanaul Haq and Philip J. B. Jackson},
  title     = {Speaker-Dependent Audio-Visual Emotion Recognition},
  booktitle = {Proc. Int. Conf. on Auditory-Visual Speech Processing (AVSP)},
  pages     = {53--58},
  year      = {2009}
}""",
    hours=0.5,
    access="request",
    obtain="register with its authors, on the homepage",
    homepage="http://kahlan.eps.surrey.ac.uk/savee/",
    language="en",
    rate=44_100,
    speakers=SPEAKERS,
    counts={"neutral": 120, "happy": 60, "sad": 60, "angry": 60, "fearful": 60, "disgust": 60, "surprised": 60},
    sentences={},
    ids=_ids(),
    parse=_parse,
    defects={},
    tested=False,
)
