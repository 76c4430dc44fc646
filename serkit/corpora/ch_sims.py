"""CH-SIMS, a Chinese multimodal sentiment analysis dataset: its audio.

Licence: for research, by its authors. Not distributed with serkit.
Source: Yu, Xu, Meng, Zhu, Ma, Wu, Zou, Yang (2020); the layout as the authors' repositories (thuiar/MMSA) read it.
Speakers: 474 by the paper, whose names no table has: each of the 60 videos counts as one. Utterances: 2281 clips of films,
series and shows, 1368 for training, 456 for validation, 457 for test. Mandarin.
Layout: `label.csv` beside `Raw/video_0001/0001.mp4`, which is video and clip. Clips are films: their audio has to lie beside
them, in any format that is read here. Columns: video_id; clip_id, whose leading zeros spreadsheets take away; text; label,
label_T, label_A and label_V, the sentiment from -1 to 1 that raters gave to the whole clip, its text, its sound and its
picture; annotation, which is Negative, Neutral or Positive by `label`; mode, the part. They have no emotions.
Scores that tell two sentiments apart count 0 as negative, as the authors' own do.
"""

from collections.abc import Iterator
from pathlib import Path

from serkit.corpora._annotated import AnnotatedCorpus
from serkit.corpora._tables import damaged, number, rows
from serkit.types import Scale, Split, Utterance

HOMEPAGE = "https://github.com/thuiar/MMSA"

COUNTS = {"Negative": 1238, "Neutral": 345, "Positive": 698}

SCALES = {"multimodal": "label", "text": "label_T", "audio": "label_A", "vision": "label_V"}
"""The column of each scale."""

SPLITS: dict[str, Split] = {"train": "train", "valid": "validation", "test": "test"}

COLUMNS = ("video_id", "clip_id", "text", *SCALES.values(), "annotation", "mode")


def _listed(root: Path) -> Iterator[Utterance]:
    """The clips of the table."""
    table = root / "label.csv"
    for place, row in rows(table, COLUMNS, HOMEPAGE):
        video, clip = row["video_id"].strip(), row["clip_id"].strip()
        if not video or not clip.isdecimal():
            raise damaged(table, f"{place}: '{video}' and '{clip}' are no video and clip", HOMEPAGE)
        if row["annotation"] not in COUNTS:
            raise damaged(table, f"{place}: no annotation '{row['annotation']}', known are {', '.join(COUNTS)}", HOMEPAGE)
        if row["mode"] not in SPLITS:
            raise damaged(table, f"{place}: no part '{row['mode']}', known are {', '.join(SPLITS)}", HOMEPAGE)
        stem = f"{int(clip):04d}"
        yield Utterance(
            id=f"{video}_{stem}",
            corpus="ch_sims",
            path=root / "Raw" / video / f"{stem}.wav",
            speaker=video,
            label="",
            gender=None,
            language="zh",
            native=row["annotation"],
            text=row["text"].strip(),
            split=SPLITS[row["mode"]],
            values={scale: number(table, place, row[column], HOMEPAGE, -1, 1) for scale, column in SCALES.items()},
        )


CH_SIMS = AnnotatedCorpus(
    name="ch_sims",
    title="CH-SIMS",
    licence="for research, by its authors",
    redistributable=False,
    citation="""@inproceedings{yu2020chsims,
  author    = {Wenmeng Yu and Hua Xu and Fanyang Meng and Yilin Zhu and Yixiao Ma and Jiele Wu and Jiyun Zou and
               Kaicheng Yang},
  title     = {{CH-SIMS}: A Chinese Multimodal Sentiment Analysis Dataset with Fine-grained Annotation of Modality},
  booktitle = {Proc. ACL 2020},
  pages     = {3718--3727},
  year      = {2020},
  doi       = {10.18653/v1/2020.acl-main.343}
}""",
    homepage=HOMEPAGE,
    language="zh",
    rate=None,
    speakers={},
    counts=COUNTS,
    scales=dict.fromkeys(SCALES, Scale(-1, 1, zero="negative")),
    tested=False,
    unnamed=474,
    hours=2.3,
    landmarks=("label.csv",),
    listed=_listed,
    emotions={},
    clips=r"Raw/[^/]+/\d+",
)
