"""CMU-MOSI, the Multimodal Corpus of Sentiment Intensity: its audio.

Licence: for research, by its authors; the videos are those of their makers. Not distributed with serkit.
Source: Zadeh, Zellers, Pincus, Morency (2016); the layout of the authors' archive and of thuiar/MMSA; the split by videos is
that of the authors' CMU-MultimodalSDK, and of the table in wide use.
Speakers: those of 93 videos, one in each, by the video's name. Utterances: 2199 opinions, 1284 for training (52 videos), 229
for validation (10), 686 for test (31). English.
Values: `sentiment`, the mean of five raters from -3 to 3. They have no emotions; native labels are its sign. Scores that tell
two sentiments apart count 0 as positive where they take it at all, as MMSA's do.

Labels: `OpinionLevelSentiment.csv` (start and end in the video in seconds, video, clip, sentiment; no first line of names), and
`label.csv` or `mosi_label_with_text.csv` (id or video_id and clip_id, text, label; the part that such a table names is not
read). One of them is enough, and what the second lacks is taken from the first: the table in wide use lacks
2WGyTLYerpo_44, 5W7Z1C_fDaE_24, BioHAh1qJAQ_30 and lXPQBPVc5Cw_30. Texts that a table lacks are those of
`Transcript/Segmented/03bSnISJMiM.annotprocessed`, with lines such as `1_DELIM_ANYHOW IT WAS REALLY GOOD`.
Layout: the first that is there of `Audio/WAV_16000/Segmented/03bSnISJMiM_1.wav`, `Raw/03bSnISJMiM/1.wav` (from films beside it)
and `Audio/WAV_16000/Full/03bSnISJMiM.wav`, which holds a whole video and is read from start to end.

Known defects: 2WGyTLYerpo_44 starts where it ends, so that no whole recording holds it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from serkit.corpora._annotated import AnnotatedCorpus
from serkit.corpora._tables import damaged, number, rows
from serkit.errors import CorpusError
from serkit.types import Scale, Split, Utterance

HOMEPAGE = "http://multicomp.cs.cmu.edu/resources/cmu-mosi-dataset/"

COUNTS = {"negative": 1023, "neutral": 96, "positive": 1080}
"""By the sign of the sentiment."""

OPINIONS = "OpinionLevelSentiment.csv"
TABLES = ("label.csv", "mosi_label_with_text.csv")

VIDEOS: dict[Split, str] = {
    "train": """
        03bSnISJMiM 0h-zjBukYpk 1DmNV9C1hbY 1iG0909rllw 2WGyTLYerpo 2iD-tVS8NPw 5W7Z1C_fDaE 6Egk_28TtTM 6_0THN4chvY
        73jzhE8R1TQ 7JsX8y1ysxY 8OtFthrtaJM 8d-gEyoeBzc 8qrpnFRGt2A 9J25DZhivz8 9T9Hf74oK10 9c67fiY0wGQ 9qR7uwkblbs
        Af8D0E4ZXaw BI97DNYfe5I BXuRRbG0Ugk Bfr499ggo-0 BioHAh1qJAQ BvYR0L6f2Ig Ci-AH39fi3Y Clx4VXItLTE Dg_0XKD0Mf4
        G-xst2euQUc G6GlGvlkxAQ GWuJjcEuzt8 HEsqda8_d0Q I5y0__X72p0 Iu2PFX3z_1s IumbAb8q2dM Jkswaaud0hk LSi-o-IrDMs
        MLal-t_vJPM Njd1F0vZSm4 Nzq88NnDkEk OQvJTdtJ2H4 OtBXNcAL_lE Oz06ZWiO20M POKffnXeBds PZ-lDQFboO8 QN9ZIUWUXsY
        Qr1Ca94K55A Sqr0AcuoNnk TvyZBvOMOTc VCslbP0mgZI VbQk4H8hgr0 Vj1wYRQjB-o W8NXH0Djyww
    """,
    "validation": """
        WKA5OygbEKI X3j2zQgwYgE ZAIRrfG22O0 ZUXBRvtny7o _dI--eQ6qVU aiEXnCPZubE atnd_PF-Lbs bOL9jKpeJRs bvLlb-M3UXU
        c5xsKMxpXnc
    """,
    "test": """
        c7UH_rxdZv4 cM3Yna7AavY cW1FSBF59ik cXypl4FnoZo d3_k5Xpfmik d6hH302o4v8 dq3Nf_lMPnE etzxEpPuc6I f9O3YtZ2VfI
        f_pcplsH_V0 fvVhgmXxadc iiK8YX8oH1E jUzDDGyPkXU k5Y_838nuGo lXPQBPVc5Cw nbWiPyCm4g0 nzpVDcQ0ywM ob23OKe5a9Q
        pLTX3ipuDJI phBUpBr1hSo rnaNMUZpvvg tIrG4oNLFzE tStelxIAHjw tmZoasNr4rU v0zCBqDeKcE vvZ4IcEtiZc vyB00TXsimI
        wMbj6ajWbic yDtzw_Y-7RU yvsjCA6Y5Fc zhpQhgha_KU
    """,
}
"""The authors' split."""

SPLITS = {video: split for split, videos in VIDEOS.items() for video in videos.split()}


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What the tables say of one clip; `start` and `end` in seconds of the video."""

    video: str
    clip: int
    sentiment: float
    text: str | None = None
    start: float = 0.0
    end: float | None = None

    @property
    def id(self) -> str:
        """The name of the clip."""
        return f"{self.video}_{self.clip}"


def _listed(root: Path) -> Iterator[Utterance]:
    """The clips of the tables, in the layout that is there."""
    audio = root / "Audio" / "WAV_16000"
    cut = next((folder for folder in (audio / "Segmented", root / "Raw") if folder.is_dir()), None)
    whole = audio / "Full" if cut is None and (audio / "Full").is_dir() else None
    transcripts: dict[str, dict[int, str]] = {}
    for opinion in _opinions(root):
        if whole and opinion.end is None:
            raise CorpusError(
                f"{whole} holds whole videos, and no table says where {opinion.id} is in them; get {OPINIONS} from {HOMEPAGE}"
            )
        if opinion.video not in transcripts:
            transcripts[opinion.video] = _transcript(root / "Transcript" / "Segmented" / f"{opinion.video}.annotprocessed")
        text = opinion.text or transcripts[opinion.video].get(opinion.clip)
        yield _utterance(replace(opinion, text=text), root, cut, whole)


def _utterance(opinion: _Opinion, root: Path, cut: Path | None, whole: Path | None) -> Utterance:
    """The utterance that an opinion is, in the folder of cut clips or in that of whole videos."""
    clip = Utterance(
        id=opinion.id,
        corpus="mosi",
        path=(cut or root / "Audio" / "WAV_16000" / "Segmented") / f"{opinion.id}.wav",
        speaker=opinion.video,
        label="",
        gender=None,
        language="en",
        native="negative" if opinion.sentiment < 0 else "positive" if opinion.sentiment > 0 else "neutral",
        text=opinion.text,
        split=SPLITS[opinion.video],
        values={"sentiment": opinion.sentiment},
    )
    if whole and opinion.end is not None and opinion.start < opinion.end:
        return replace(clip, path=whole / f"{opinion.video}.wav", start=opinion.start, end=opinion.end)
    if cut == root / "Raw":
        return replace(clip, path=cut / opinion.video / f"{opinion.clip}.wav")
    return clip


def _opinions(root: Path) -> list[_Opinion]:
    """What the tables below `root` say together."""
    named = next((root / name for name in TABLES if (root / name).is_file()), None)
    timed = root / OPINIONS
    told = {opinion.id: opinion for opinion in _timed(timed)} if timed.is_file() else {}
    for opinion in _named(named) if named else ():
        before = told.get(opinion.id, opinion)
        told[opinion.id] = replace(opinion, start=before.start, end=before.end)
    return list(told.values())


def _timed(table: Path) -> Iterator[_Opinion]:
    """The rows of `OpinionLevelSentiment.csv`."""
    for place, row in rows(table, ("start", "end", "video", "clip", "sentiment"), HOMEPAGE, headed=False):
        opinion = _opinion(table, place, row["video"], row["clip"], row["sentiment"])
        start, end = (number(table, place, row[bound], HOMEPAGE, 0, 1e5) for bound in ("start", "end"))
        yield replace(opinion, start=start, end=end)


def _named(table: Path) -> Iterator[_Opinion]:
    """The rows of a table with texts."""
    for place, row in rows(table, ("text", "label"), HOMEPAGE):
        video, _, clip = row["id"].rpartition("_") if "id" in row else (row.get("video_id", ""), "", row.get("clip_id", ""))
        yield replace(_opinion(table, place, video, clip, row["label"]), text=row["text"].strip() or None)


def _opinion(table: Path, place: str, video: str, clip: str, sentiment: str) -> _Opinion:
    """One row of either table."""
    if video not in SPLITS or not clip.isdecimal():
        raise damaged(table, f"{place}: '{video}' and '{clip}' are no video and clip of mosi", HOMEPAGE)
    return _Opinion(video, int(clip), number(table, place, sentiment, HOMEPAGE, -3, 3))


def _transcript(file: Path) -> dict[int, str]:
    """The words of each clip of a video; nothing where there is no such file."""
    if not file.is_file():
        return {}
    parts = (line.partition("_DELIM_") for line in file.read_text(encoding="utf-8", errors="replace").split("\n"))
    return {int(clip): words.strip() for clip, delimiter, words in parts if delimiter and clip.strip().isdecimal()}


MOSI = AnnotatedCorpus(
    name="mosi",
    title="CMU-MOSI",
    licence="for research, by its authors",
    redistributable=False,
    citation="""@article{zadeh2016mosi,
  author  = {Amir Zadeh and Rowan Zellers and Eli Pincus and Louis-Philippe Morency},
  title   = {Multimodal Sentiment Intensity Analysis in Videos: Facial Gestures and Verbal Messages},
  journal = {IEEE Intelligent Systems},
  volume  = {31},
  number  = {6},
  pages   = {82--88},
  year    = {2016},
  doi     = {10.1109/MIS.2016.94}
}""",
    homepage=HOMEPAGE,
    language="en",
    rate=None,
    speakers=dict.fromkeys(sorted(SPLITS)),
    counts=COUNTS,
    scales={"sentiment": Scale(-3, 3, zero="positive")},
    defects={("2WGyTLYerpo_44", "missing"): "it starts where it ends"},
    tested=False,
    hours=2.6,
    landmarks=(OPINIONS, *TABLES),
    listed=_listed,
    emotions={},
    clips=r"Audio/WAV_16000/Segmented/[\w-]+_\d+|Raw/[\w-]+/\d+",
)
