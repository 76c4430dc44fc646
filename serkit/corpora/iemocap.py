"""IEMOCAP, the Interactive Emotional Dyadic Motion Capture database: its audio.

Licence: the authors' own, for research, on request. Not distributed with serkit.
Source: Busso, Bulut, Lee, Kazemzadeh, Mower, Kim, Chang, Lee, Narayanan (2008), and the layout of the full release, as its
README and public readers of it describe it.
Speakers: 10 actors, a woman and a man in each of 5 sessions. Utterances: 10039 turns of 151 dialogs, improvised or from a
script. English, 16 kHz.
Layout: `Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M012.wav`, which is session, who wears the markers of the motion
capture, dialog, and turn with who speaks: a man. Speakers are therefore called by session and last letter, here Ses01M.

`Session1/dialog/EmoEvaluation/Ses01F_impro01.txt` has a block for each turn, led by a line such as

    [6.2901 - 8.2357]	Ses01F_impro01_F000	neu	[2.5000, 2.5000, 2.5000]

with when the turn was in the dialog (`sentences/wav` is cut already), the emotion that most raters named (xxx where there is
none), and the means of valence, activation and dominance from 1 to 5; activation is called arousal here. Then come the raters,
`C-E2:	Neutral; Anger;	(a comment)` with the emotions that one chose, and `A-E3:	val 3; act 2; dom  2;	()`. C-E are
evaluators, C-F and C-M the actors on themselves. `votes` are those of the evaluators: one who chose several emotions gives
each an equal part. Choices that are no emotion here ("Other") are left out, and the rest is the whole. The subfolders of
EmoEvaluation hold what each rater said and are not read.
`Session1/dialog/transcriptions/Ses01F_impro01.txt` has `Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.` for each turn;
other lines, and turns that were not rated, are left aside, and where there is no such file there is no text.

Label maps: 4_class, the default, counts excited as happy, as most papers have it since happy is rare (1103 angry, 1636 happy,
1084 sad, 1708 neutral: 5531). 4_class_improvised is 4_class in improvised dialogs alone, and
4_class_improvised_without_excited the same with happy alone. 5_class is 4_class and frustrated, the five emotions of Gu, Chen,
Marsic (2018); 6_class keeps excited apart, as Majumder et al. (2019, DialogueRNN) do: 7380 in both.

Copies may hold macOS's `._` files, CRLF line ends, or bytes of Windows-1252 in comments and transcriptions.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from serkit.corpora._annotated import AnnotatedCorpus
from serkit.errors import CorpusError
from serkit.labels import MAPS, LabelMap
from serkit.types import Gender, Scale, Utterance

HOMEPAGE = "https://sail.usc.edu/iemocap/"

SESSIONS = ("1", "2", "3", "4", "5")

GENDERS: dict[str, Gender] = {"F": "female", "M": "male"}

SPEAKERS: dict[str, Gender] = {f"Ses0{session}{letter}": GENDERS[letter] for session in SESSIONS for letter in GENDERS}

COUNTS = {
    "neu": 1708,
    "hap": 595,
    "exc": 1041,
    "sad": 1084,
    "ang": 1103,
    "fru": 1849,
    "fea": 40,
    "dis": 2,
    "sur": 107,
    "oth": 3,
    "xxx": 2507,
}

EMOTIONS = {
    "neu": "neutral",
    "hap": "happy",
    "exc": "excited",
    "sad": "sad",
    "ang": "angry",
    "fru": "frustrated",
    "fea": "fearful",
    "dis": "disgust",
    "sur": "surprised",
}

CHOICES = {
    "neutral": "neutral",
    "neutral state": "neutral",
    "happiness": "happy",
    "excited": "excited",
    "sadness": "sad",
    "anger": "angry",
    "frustration": "frustrated",
    "fear": "fearful",
    "disgust": "disgust",
    "surprise": "surprised",
}
"""What a rater can choose, in lower case; `Other` is no emotion."""

SCALES = dict.fromkeys(("valence", "arousal", "dominance"), Scale(1, 5))
"""In the order of the means."""

_FOUR = MAPS["4_class"].emotions
_IMPROVISED = r"Ses0\d[FM]_impro.*"

LABEL_MAPS = {
    "4_class_improvised": LabelMap(_FOUR, only=_IMPROVISED),
    "4_class_improvised_without_excited": LabelMap(MAPS["4_class_without_excited"].emotions, only=_IMPROVISED),
    "5_class": LabelMap({**_FOUR, "frustrated": "frustrated"}),
    "6_class": LabelMap({**_FOUR, "excited": "excited", "frustrated": "frustrated"}),
}

_TURN = re.compile(r"(Ses0([1-5])[FM]_\w+)_([FM])\w+")
_NUMBER = r"-?\d+(?:\.\d*)?"
_HEAD = re.compile(rf"\[{_NUMBER}\s*-\s*{_NUMBER}\]\s+(\S+)\s+(\S+)\s+\[({_NUMBER}),\s*({_NUMBER}),\s*({_NUMBER})\]")
_VOTE = re.compile(r"C-E\d+:([^(]*)")
_SPOKEN = re.compile(r"(\S+)\s+\[[^]]*\]\s*:(.*)")


def _listed(root: Path) -> Iterator[Utterance]:
    """The turns of every session below `root`."""
    for session in (root / f"Session{number}" for number in SESSIONS):
        if not session.is_dir():
            continue
        folder = session / "dialog" / "EmoEvaluation"
        files = sorted(folder.glob("Ses*.txt"))
        if not files:
            raise CorpusError(f"{folder} holds no evaluations such as Ses01F_impro01.txt; get them from {HOMEPAGE}")
        for file in files:
            yield from _turns(file, session)


def _turns(file: Path, session: Path) -> Iterator[Utterance]:
    """The turns of one dialog."""
    spoken = _spoken(session / "dialog" / "transcriptions" / file.name)
    recordings = session / "sentences" / "wav"
    for place, head, raters in _blocks(file):
        parts = _HEAD.fullmatch(head)
        turn = parts and _TURN.fullmatch(parts[1])
        if not parts or not turn:
            raise _damaged(file, f"{place}: '{head}' is no turn")
        native = parts[2].lower()
        if native not in COUNTS:
            raise _damaged(file, f"{place}: no emotion '{parts[2]}', known are {', '.join(COUNTS)}")
        yield Utterance(
            id=turn[0],
            corpus="iemocap",
            path=recordings / f"{turn[1]}/{turn[0]}.wav",
            speaker=f"Ses0{turn[2]}{turn[3]}",
            label="",
            gender=GENDERS[turn[3]],
            language="en",
            session=turn[2],
            native=native,
            text=spoken.get(turn[0]),
            values={scale: float(mean) for scale, mean in zip(SCALES, parts.groups()[2:], strict=True)},
            votes=_votes(raters),
        )


def _blocks(file: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Of each turn: where it stands in the file, the line that leads it, and those below it."""
    block: tuple[str, str, list[str]] | None = None
    for number, line in enumerate(_lines(file), start=1):
        if line.startswith("["):
            if block:
                yield block
            block = f"line {number}", line, []
        elif block:
            block[2].append(line)
    if block is None:
        raise _damaged(file, "it holds no turn")
    yield block


def _votes(raters: Iterable[str]) -> Mapping[str, float]:
    """The shares of evaluators who chose each emotion; empty where none chose any."""
    votes: dict[str, float] = {}
    for line in raters:
        if rater := _VOTE.match(line):
            chosen = [choice for word in rater[1].split(";") if (choice := word.strip().lower())]
            for choice in chosen:
                if choice in CHOICES:
                    votes[CHOICES[choice]] = votes.get(CHOICES[choice], 0.0) + 1 / len(chosen)
    total = sum(votes.values())
    return {emotion: share / total for emotion, share in votes.items()}


def _spoken(file: Path) -> dict[str, str]:
    """The words of each turn by its name; nothing where there is no such file."""
    if not file.is_file():
        return {}
    found = (_SPOKEN.fullmatch(line) for line in _lines(file))
    return {turn[1]: turn[2].strip() for turn in found if turn}


def _lines(file: Path) -> list[str]:
    """The lines of a file without what surrounds them; bytes beyond ASCII are taken for Windows-1252."""
    try:
        text = file.read_text(encoding="cp1252", errors="replace")
    except OSError as error:
        raise _damaged(file, str(error)) from None
    return [line.strip() for line in text.splitlines()]


def _damaged(file: Path, what: str) -> CorpusError:
    """The error for a file of which `what` is wrong."""
    return CorpusError(f"{file} is damaged: {what}; get the file anew from {HOMEPAGE}")


IEMOCAP = AnnotatedCorpus(
    name="iemocap",
    title="IEMOCAP",
    licence="for research, on request",
    redistributable=False,
    citation="""@article{busso2008iemocap,
  author  = {Carlos Busso and Murtaza Bulut and Chi-Chun Lee and Abe Kazemzadeh and Emily Mower and Samuel Kim and
             Jeannette N. Chang and Sungbok Lee and Shrikanth S. Narayanan},
  title   = {{IEMOCAP}: Interactive emotional dyadic motion capture database},
  journal = {Language Resources and Evaluation},
  volume  = {42},
  number  = {4},
  pages   = {335--359},
  year    = {2008},
  doi     = {10.1007/s10579-008-9076-6}
}""",
    homepage=HOMEPAGE,
    language="en",
    rate=16_000,
    speakers=SPEAKERS,
    counts=COUNTS,
    scales=SCALES,
    maps=LABEL_MAPS,
    default_map="4_class",
    tested=False,
    hours=12,
    access="request",
    landmarks=tuple(f"Session{number}/dialog" for number in SESSIONS),
    listed=_listed,
    emotions=EMOTIONS,
    clips=r"Session[1-5]/sentences/wav/.*",
)
