"""MELD, the Multimodal EmotionLines Dataset: its audio.

Licence: GPL 3.0 for the annotations; the clips are cut from a television series, whose rights are others'. Not distributed
with serkit.
Source: Poria, Hazarika, Majumder, Naik, Cambria, Mihalcea (2019); the README and the tables of the authors' repository
(declare-lab/MELD).
Speakers: the characters of Friends by the names in the tables, minor ones too, and at times several at once; most leading ones
are in all three parts. Utterances: 13708 of 1432 dialogs: 9989 for training, 1109 for validation, 2610 for test. English.
Layout: `train_sent_emo.csv`, `dev_sent_emo.csv` and `test_sent_emo.csv` beside `train_splits`, `dev_splits_complete` and
`output_repeated_splits_test`, with clips such as `dia0_utt0.mp4`, which is dialog and utterance; the three archives of a part
may also have been unpacked into `train`, `dev` and `test`. Clips are films: their audio has to lie beside them, in any format
that is read here. Numbers begin again in each part, so that ids begin with the part's name: `train_dia0_utt0`.

Known defects: of dia125_utt3 (train) the film is broken, of dia110_utt7 (dev) there is none, so that whoever uses MELD has
13706 utterances. Some clips hold far more than their utterance. The parts have films that no table lists; those for test also
some called `final_videos_testdia...` and macOS's `._` files. In the tables, quotes and dashes are Windows-1252 in the guise of
something else; they are put right.
"""

from collections.abc import Iterator
from pathlib import Path

from serkit.corpora._annotated import AnnotatedCorpus
from serkit.corpora._tables import damaged, rows
from serkit.types import Split, Utterance

HOMEPAGE = "https://affective-meld.github.io"

PARTS: dict[str, tuple[Split, str]] = {
    "train": ("train", "train_splits"),
    "dev": ("validation", "dev_splits_complete"),
    "test": ("test", "output_repeated_splits_test"),
}
"""The authors' name of each part: what it is for, and the folder of its clips."""

COUNTS = {"neutral": 6436, "joy": 2308, "surprise": 1636, "anger": 1607, "sadness": 1002, "disgust": 361, "fear": 358}

EMOTIONS = {
    "neutral": "neutral",
    "joy": "happy",
    "surprise": "surprised",
    "anger": "angry",
    "sadness": "sad",
    "disgust": "disgust",
    "fear": "fearful",
}

COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")

_WINDOWS = {
    code: bytes([code & 0xFF]).decode("cp1252", errors="replace") for code in (*range(0x80, 0xA0), *range(0xDC80, 0xDD00))
}
"""What is meant by control characters, and by what Python makes of bytes that are not UTF-8: bytes of Windows-1252."""


def _listed(root: Path) -> Iterator[Utterance]:
    """The utterances of the three parts."""
    for part, (split, clips) in PARTS.items():
        table = _place(root, part, f"{part}_sent_emo.csv")
        folder = _place(root, part, clips)
        for place, row in rows(table, COLUMNS, HOMEPAGE, errors="surrogateescape"):
            native = row["Emotion"].strip().lower()
            if native not in EMOTIONS:
                raise damaged(table, f"{place}: no emotion '{row['Emotion']}', known are {', '.join(EMOTIONS)}", HOMEPAGE)
            if not (row["Dialogue_ID"].isdecimal() and row["Utterance_ID"].isdecimal()):
                raise damaged(
                    table, f"{place}: '{row['Dialogue_ID']}' and '{row['Utterance_ID']}' number no utterance", HOMEPAGE
                )
            clip = f"dia{int(row['Dialogue_ID'])}_utt{int(row['Utterance_ID'])}"
            yield Utterance(
                id=f"{part}_{clip}",
                corpus="meld",
                path=folder / f"{clip}.wav",
                speaker=row["Speaker"].translate(_WINDOWS).strip(),
                label="",
                gender=None,
                language="en",
                native=native,
                text=row["Utterance"].translate(_WINDOWS).strip(),
                split=split,
            )


def _place(root: Path, part: str, name: str) -> Path:
    """Where `name` lies: in the folder of its part if there is one, else below the root."""
    below = root / part / name
    return below if below.exists() else root / name


MELD = AnnotatedCorpus(
    name="meld",
    title="MELD",
    licence="GPL 3.0 (annotations)",
    redistributable=False,
    citation="""@inproceedings{poria2019meld,
  author    = {Soujanya Poria and Devamanyu Hazarika and Navonil Majumder and Gautam Naik and Erik Cambria and Rada Mihalcea},
  title     = {{MELD}: A Multimodal Multi-Party Dataset for Emotion Recognition in Conversations},
  booktitle = {Proc. ACL 2019},
  pages     = {527--536},
  year      = {2019},
  doi       = {10.18653/v1/P19-1050}
}""",
    homepage=HOMEPAGE,
    language="en",
    rate=None,
    speakers={},
    counts=COUNTS,
    defects={
        ("train_dia125_utt3", "missing"): "the released film is broken",
        ("dev_dia110_utt7", "missing"): "the released archive has no film of it",
    },
    tested=False,
    unnamed=None,
    landmarks=("train_sent_emo.csv", "train/train_sent_emo.csv"),
    listed=_listed,
    emotions=EMOTIONS,
    clips=r"(train/|dev/|test/)?(train_splits|dev_splits_complete|output_repeated_splits_test)/dia\d+_utt\d+",
)
