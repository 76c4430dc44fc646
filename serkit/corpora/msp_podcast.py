"""MSP-Podcast: speech of podcasts.

Licence: the authors', academic or commercial, on request. Not distributed with serkit.
Source: Lotfian and Busso (2019); the layout as the releases' own description and public readers of them have it.
Speakers: those of the podcasts; who they are was told of most segments. English, 16 kHz.
Layout: `Labels/labels_consensus.csv` beside `Audios`, with files such as `MSP-PODCAST_0001_0008.wav`, which is recording and
segment. Columns: FileName; EmoClass, the emotion that most raters named (A angry, S sad, H happy, U surprised, F fearful,
D disgust, C contempt, N neutral, O other, X no agreement); EmoAct, EmoVal and EmoDom, the means of activation, called arousal
here, valence and dominance from 1 to 7; SpkrID; Gender; Split_Set (Train, Development, Test1, Test2, Test3).

It grows with every release, and its authors publish other counts each time: a copy is whole if every segment of its table is
there. If the number of its segments is that of no release that is known here, a notice says so. The labels of Test3 are kept
by the authors, so that its audio is left aside where the table does not list it. `Test1` is the part that papers call test.

Segments whose speaker is "Unknown" are not all of one voice. Those of one recording count as one speaker, named after it, such
as "unknown_0001": so no protocol that promises to keep speakers apart tests a recording whose unknown voices it has heard. A
known speaker's voice may still be among them.
"""

import re
import warnings
from pathlib import Path

from serkit.corpora._annotated import AnnotatedCorpus
from serkit.corpora._tables import damaged, number, rows
from serkit.errors import Notice
from serkit.labels import LabelMap
from serkit.types import Gender, Scale, Split, Utterance

HOMEPAGE = "https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html"

RELEASES = {"1.7": 62_140, "1.8": 73_042, "1.10": 104_267, "1.11": 151_654}
"""The segments of releases that papers have used."""

EMOTIONS = {
    "A": "angry",
    "S": "sad",
    "H": "happy",
    "U": "surprised",
    "F": "fearful",
    "D": "disgust",
    "C": "contempt",
    "N": "neutral",
    "O": "",  # other
    "X": "",  # no agreement
}

SCALES = {"arousal": "EmoAct", "valence": "EmoVal", "dominance": "EmoDom"}
"""The column of each scale."""

SPLITS: dict[str, Split] = {
    "train": "train",
    "development": "validation",
    "validation": "validation",
    "test1": "test",
    "test2": "test2",
    "test3": "test3",
}
"""What each part is for, by its name in lower case; early releases say validation."""

GENDERS: dict[str, Gender] = {"female": "female", "male": "male"}

COLUMNS = ("FileName", "EmoClass", *SCALES.values(), "SpkrID", "Gender", "Split_Set")

_RECORDING = re.compile(r"MSP-PODCAST_([A-Za-z0-9]+)_\w+")


def _listed(root: Path) -> list[Utterance]:
    """The segments of the table; warns where it is that of no known release."""
    table = root / "Labels" / "labels_consensus.csv"
    folder = root / "Audios" if (root / "Audios").is_dir() else root / "Audio"
    segments = [_segment(table, place, row, folder) for place, row in rows(table, COLUMNS, HOMEPAGE)]
    if len(segments) not in RELEASES.values():
        nearest = min(RELEASES, key=lambda release: abs(RELEASES[release] - len(segments)))
        warnings.warn(
            f"msp_podcast: {table} lists {len(segments)} segments, as no release that is known here; the nearest, {nearest}, "
            f"has {RELEASES[nearest]}",
            Notice,
            stacklevel=2,
        )
    return segments


def _segment(table: Path, place: str, row: dict[str, str], folder: Path) -> Utterance:
    """The segment of one row."""
    name, split = Path(row["FileName"].strip()).stem, row["Split_Set"].strip().lower()
    recording = _RECORDING.fullmatch(name)
    if recording is None:
        raise damaged(table, f"{place}: '{row['FileName']}' is no segment such as MSP-PODCAST_0001_0008.wav", HOMEPAGE)
    native = row["EmoClass"].strip()
    if native not in EMOTIONS:
        raise damaged(table, f"{place}: no emotion '{native}', known are {', '.join(EMOTIONS)}", HOMEPAGE)
    if split not in SPLITS:
        raise damaged(table, f"{place}: no part '{row['Split_Set']}', known are {', '.join(SPLITS)}", HOMEPAGE)
    speaker = row["SpkrID"].strip()
    return Utterance(
        id=name,
        corpus="msp_podcast",
        path=folder / f"{name}.wav",
        speaker=f"unknown_{recording[1]}" if speaker.lower() in ("unknown", "") else speaker,
        label="",
        gender=GENDERS.get(row["Gender"].strip().lower()),
        language="en",
        native=native,
        split=SPLITS[split],
        values={scale: number(table, place, row[column], HOMEPAGE, 1, 7) for scale, column in SCALES.items()},
    )


MSP_PODCAST = AnnotatedCorpus(
    name="msp_podcast",
    title="MSP-Podcast",
    licence="academic or commercial, on request",
    redistributable=False,
    citation="""@article{lotfian2019msp,
  author  = {Reza Lotfian and Carlos Busso},
  title   = {Building Naturalistic Emotionally Balanced Speech Corpus by Retrieving Emotional Speech From Existing Podcast
             Recordings},
  journal = {IEEE Transactions on Affective Computing},
  volume  = {10},
  number  = {4},
  pages   = {471--483},
  year    = {2019},
  doi     = {10.1109/TAFFC.2017.2736999}
}""",
    homepage=HOMEPAGE,
    language="en",
    rate=16_000,
    speakers={},
    counts={},
    releases=RELEASES,
    scales=dict.fromkeys(SCALES, Scale(1, 7)),
    maps={"8_class": LabelMap({emotion: emotion for emotion in EMOTIONS.values() if emotion})},
    default_map="8_class",
    tested=False,
    unnamed=None,
    hours=238,
    access="request",
    landmarks=("Labels/labels_consensus.csv",),
    listed=_listed,
    emotions=EMOTIONS,
    clips=r"Audios?/MSP-PODCAST_\d+_\w+",
)
