"""CREMA-D, the Crowd-sourced Emotional Multimodal Actors Dataset: its audio.

Licence: ODbL 1.0 for the database, DbCL 1.0 for its contents.
Source: Cao, Cooper, Keutmann, Gur, Nenkova, Verma (2014); the README and the scripts `summarizeVotes.r` and
`tabulateVotesV2.r` of the authors' repository (CheyneyComputerScience/CREMA-D).
Speakers: 91 actors, 43 women and 48 men. Utterances: 7442, that is 82 an actor, but for 20 that do not exist: 12 sentences
with 6 emotions, one of the sentences (IEO) with low, medium and high intensity where it is not neutral. English, 16 kHz, mono.
Layout: `AudioWAV/1001_IEO_ANG_HI.wav`, which is actor, sentence, emotion the actor was asked for, and intensity (XX:
unspecified). `AudioMP3`, of the same names, is what the raters heard and is left aside. `VideoDemographics.csv` holds age,
sex, race and ethnicity of each actor; of these only the sex is used, and it stands below.

Each clip was rated by about ten people by its voice alone, by as many others by its face alone, and by others by both; only
the voice is used here. `processedResults/tabulatedVotes.csv` has three rows a clip, told apart by their number (from 100001
on: voice, 200001: face, 300001: both): columns A, D, F, H, N and S count the raters who named each emotion, and meanAngerResp
and so on are the mean levels (0 to 100) that these raters gave, -1 where there were none. `summaryTable.csv` has one row a
clip: VoiceVote names the emotion that most raters named, or several such as `A:D` where they tie, and VoiceLevel the mean
level given by those who named it, in the same order; FaceVote, FaceLevel, MultiModalVote and MultiModalLevel likewise.
`votes` are the shares of raters where there are tabulated votes. The summary holds no shares: from it, `votes` are the
winner alone, or equal parts of the winners of a tie. `values["intensity"]` is in both cases the mean level given by
those who named the winner, or by those who named any of the winners. Either table may lie beside the files, above their
folder, or in `processedResults` there.

Known defects: 1076_MTI_SAD_XX is digital silence. Three pairs of different emotions are the same audio: 1006_TIE_HAP_XX and
1006_TIE_NEU_XX, 1013_WSI_DIS_XX and 1013_WSI_SAD_XX, 1017_IWW_ANG_XX and 1017_IWW_FEA_XX. The file of 1040_ITH_SAD_XX, as
the tables and the rule call it, is named 1040_ITH_SAD_X. An archive downloaded without Git LFS holds links of 130 bytes
instead of recordings. Some mirrors have another sample rate, or leave out the tables.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from serkit.corpora._named import NamedCorpus
from serkit.corpora._tables import damaged, rows
from serkit.errors import CorpusError
from serkit.types import Gender, Scale, Utterance

HOMEPAGE = "https://github.com/CheyneyComputerScience/CREMA-D"

WOMEN = """
    1002 1003 1004 1006 1007 1008 1009 1010 1012 1013 1018 1020 1021 1024 1025 1028 1029 1030 1037 1043 1046 1047 1049 1052
    1053 1054 1055 1056 1058 1060 1061 1063 1072 1073 1074 1075 1076 1078 1079 1082 1084 1089 1091
"""

SPEAKERS: dict[str, Gender] = {f"{actor}": "female" if f"{actor}" in WOMEN.split() else "male" for actor in range(1001, 1092)}

SENTENCES = {
    "DFA": "Don't forget a jacket.",
    "IEO": "It's eleven o'clock.",
    "IOM": "I'm on my way to the meeting.",
    "ITH": "I think I have a doctor's appointment.",
    "ITS": "I think I've seen this before.",
    "IWL": "I would like a new alarm clock.",
    "IWW": "I wonder what this is about.",
    "MTI": "Maybe tomorrow it will be cold.",
    "TAI": "The airplane is almost full.",
    "TIE": "That is exactly what happened.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}

EMOTIONS = {"ANG": "angry", "DIS": "disgust", "FEA": "fearful", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}

INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high", "XX": None}

NEVER = {
    "1002": "TIE_NEU_XX",
    "1008": "WSI_ANG_XX WSI_DIS_XX WSI_FEA_XX WSI_HAP_XX WSI_NEU_XX WSI_SAD_XX",
    "1009": "MTI_ANG_XX MTI_DIS_XX MTI_FEA_XX MTI_HAP_XX MTI_NEU_XX MTI_SAD_XX",
    "1019": "ITH_ANG_XX ITH_DIS_XX ITH_FEA_XX ITH_HAP_XX ITH_NEU_XX ITH_SAD_XX",
    "1076": "ITS_NEU_XX",
}
"""What was never released of an actor: three lack a sentence, two a neutral one."""

COPIES = {
    "1006_TIE_NEU_XX": "1006_TIE_HAP_XX",
    "1013_WSI_SAD_XX": "1013_WSI_DIS_XX",
    "1017_IWW_FEA_XX": "1017_IWW_ANG_XX",
}
"""Utterances that hold the samples of another."""

RENAMED = {"1040_ITH_SAD_X": "1040_ITH_SAD_XX"}
"""Stems that break the rule, and what they should be."""

VOTES = {"A": "angry", "D": "disgust", "F": "fearful", "H": "happy", "N": "neutral", "S": "sad"}

MEANS = {
    "A": "meanAngerResp",
    "D": "meanDisgustResp",
    "F": "meanFearResp",
    "H": "meanHappyResp",
    "N": "meanNeutralResp",
    "S": "meanSadResp",
}
"""The column of the tabulated votes that holds the mean level given by those who named each emotion."""

VOICE = range(100_000, 200_000)
"""Numbers of the rows of tabulated votes on the voice alone."""

_NAME = re.compile(r"(\d{4})_([A-Z]{3})_([A-Z]{3})_([A-Z]{2})")


def _ids() -> tuple[str, ...]:
    """Every combination by the rule, less those that were never released."""
    never = {f"{actor}_{rest}" for actor, rests in NEVER.items() for rest in rests.split()}
    names = []
    for actor, sentence, emotion, intensity in product(SPEAKERS, SENTENCES, EMOTIONS, sorted(INTENSITIES)):
        graded = sentence == "IEO" and emotion != "NEU"  # acted at three intensities
        if graded == (intensity != "XX"):
            names.append(f"{actor}_{sentence}_{emotion}_{intensity}")
    return tuple(name for name in names if name not in never)


def _parse(path: Path) -> Utterance | None:
    """`1001_IEO_ANG_HI`: actor 1001, sentence IEO, angry, high intensity."""
    stem = RENAMED.get(path.stem, path.stem)
    parts = _NAME.fullmatch(stem)
    if parts is None or parts[1] not in SPEAKERS or parts[3] not in EMOTIONS or parts[4] not in INTENSITIES:
        return None
    return Utterance(
        id=stem,
        corpus="crema_d",
        path=path,
        speaker=parts[1],
        label=EMOTIONS[parts[3]],
        gender=SPEAKERS[parts[1]],
        language="en",
        sentence=parts[2],
        intensity=INTENSITIES[parts[4]],
        copy_of=COPIES.get(stem),
    )


def _annotate(root: Path, utterances: Sequence[Utterance], partial: bool) -> Sequence[Utterance]:
    """The utterances with what raters heard in them: `votes` and `values["intensity"]`."""
    folder = utterances[0].path.absolute().parent
    places = [place / below for place in (root, folder, folder.parent) for below in ("processedResults", "")]
    for name, read in (("tabulatedVotes.csv", _tabulated), ("summaryTable.csv", _summary)):
        for table in (place / name for place in places):
            if table.is_file():
                ratings = _ratings(table, read(table))
                if lacking := [each.id for each in utterances if each.id not in ratings]:
                    raise _damaged(table, f"has no row for {lacking[0]} ({len(lacking)} such clips)")
                return [replace(each, votes=ratings[each.id][0], values=ratings[each.id][1]) for each in utterances]
    if partial:
        return utterances
    raise CorpusError(
        f"{root} holds the recordings of crema_d without their ratings: get processedResults/summaryTable.csv from {HOMEPAGE} "
        "and put it there, or ask for a partial copy"
    )


Rating = tuple[str, str, dict[str, float], float]
"""Of one row of a table: where it stands, whose it is, votes, and level."""


def _ratings(table: Path, given: Iterator[Rating]) -> dict[str, tuple[Mapping[str, float], Mapping[str, float]]]:
    """Votes and values of each id. Raises CorpusError for a row that is not about a clip, or comes twice."""
    known = frozenset(CREMA_D.ids)
    found: dict[str, tuple[Mapping[str, float], Mapping[str, float]]] = {}
    for place, name, votes, level in given:
        if name not in known:
            raise _damaged(table, f"{place}: '{name}' is no clip of crema_d")
        if name in found:
            raise _damaged(table, f"{place}: {name} has a row already")
        if not 0 <= level <= 100:  # the raters' scale
            raise _damaged(table, f"{place}: level {level:g} does not lie between 0 and 100")
        found[name] = votes, {"intensity": level}
    return found


def _tabulated(table: Path) -> Iterator[Rating]:
    """The rows of `tabulatedVotes.csv` about the voice."""
    for place, row in rows(table, ("", *VOTES, "fileName", *MEANS.values()), HOMEPAGE):
        try:
            number = int(row[""])
            counts = {letter: int(row[letter]) for letter in VOTES}
            levels = {letter: float(row[column]) for letter, column in MEANS.items()}
        except ValueError as error:
            raise _damaged(table, f"{place}: {error}") from None
        if number not in VOICE:
            continue
        total, most = sum(counts.values()), max(counts.values())
        if min(counts.values()) < 0 or not total:
            raise _damaged(table, f"{place}: {row['fileName']} has no votes, or fewer than none")
        votes = {emotion: counts[letter] / total for letter, emotion in VOTES.items() if counts[letter]}
        winners = [levels[letter] for letter in VOTES if counts[letter] == most]
        yield place, row["fileName"], votes, sum(winners) / len(winners)


def _summary(table: Path) -> Iterator[Rating]:
    """The rows of `summaryTable.csv`."""
    for place, row in rows(table, ("FileName", "VoiceVote", "VoiceLevel"), HOMEPAGE):
        letters, given = row["VoiceVote"].split(":"), row["VoiceLevel"].split(":")
        if len(letters) != len(given) or not set(letters) <= set(VOTES) or len(set(letters)) < len(letters):
            raise _damaged(table, f"{place}: vote '{row['VoiceVote']}' with level '{row['VoiceLevel']}' makes no sense")
        try:
            levels = [float(level) for level in given]
        except ValueError as error:
            raise _damaged(table, f"{place}: {error}") from None
        votes = {VOTES[letter]: 1 / len(letters) for letter in letters}
        # Those who named either of two winners are equally many, so that the mean of the means is the mean over all of them.
        yield place, row["FileName"], votes, sum(levels) / len(levels)


def _damaged(table: Path, what: str) -> CorpusError:
    """The error for a table of which `what` is wrong."""
    return damaged(table, what, HOMEPAGE)


CREMA_D = NamedCorpus(
    name="crema_d",
    title="CREMA-D",
    licence="ODbL 1.0",
    redistributable=True,
    citation="""@article{cao2014cremad,
  author  = {Houwei Cao and David G. Cooper and Michael K. Keutmann and Ruben C. Gur and Ani Nenkova and Ragini Verma},
  title   = {{CREMA-D}: Crowd-sourced Emotional Multimodal Actors Dataset},
  journal = {IEEE Transactions on Affective Computing},
  volume  = {5},
  number  = {4},
  pages   = {377--390},
  year    = {2014},
  doi     = {10.1109/TAFFC.2014.2336244}
}""",
    hours=5.26,
    obtain=f"git lfs install && git clone {HOMEPAGE} (recordings lie in Git LFS, so that the site's own archives lack them)",
    homepage=HOMEPAGE,
    language="en",
    rate=16_000,
    speakers=SPEAKERS,
    counts={"neutral": 1087, "happy": 1271, "sad": 1271, "angry": 1271, "fearful": 1271, "disgust": 1271},
    sentences=SENTENCES,
    scales={"intensity": Scale(0, 100)},
    ids=_ids(),
    parse=_parse,
    defects={
        ("1040_ITH_SAD_XX", "name"): "an X is missing in the name of the released file",
        ("1076_MTI_SAD_XX", "silent"): "digital silence in the released file",
        **{(copy, "duplicate"): f"the samples of {first} in the released files" for copy, first in COPIES.items()},
    },
    tested=True,
    aside=r"(.*/)?AudioMP3/.*",
    annotate=_annotate,
)
