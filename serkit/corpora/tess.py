"""TESS, the Toronto Emotional Speech Set.

Licence: CC BY-NC-ND 4.0. Not distributed with serkit.
Source: Pichora-Fuller and Dupuis (2020), and the description of the record with DOI 10.5683/SP2/E8H2MF, which lists the files
without folders. The folders are those of the archive in wide use (the file checks of several of its users), the words those
of Northwestern University Auditory Test No. 6 (the list of stapesai/ssi-speech-emotion-recognition on Hugging Face, whose
length agrees; its words were not compared with the files).
Speakers: 2 women, OAF aged 64 and YAF aged 26. Utterances: 2800: 200 words, each once with 7 emotions, in the sentence "Say
the word ...". English (Toronto), 24414 Hz, mono.
Layout: `OAF_Pleasant_surprise/OAF_back_ps.wav`, which is speaker, word and emotion (ps: pleasant surprise). The folders' names
follow no rule (`OAF_Pleasant_surprise` but `YAF_pleasant_surprised`, `OAF_Fear` but `YAF_fear`, `OAF_Sad` but `YAF_sad`), and
nothing is taken from them.

Known defects: OAF_bite_neutral is named OA_bite_neutral. The archive in wide use holds the whole tree twice, one inside the
other: reading that is an error that names both places. Programs that accept nothing but plain WAV files are reported to fail
on YAF_germ_angry and YAF_neat_fear; a check names the container of a file that goes under the ending of another one.
"""

from itertools import product
from pathlib import Path

from serkit.corpora._named import NamedCorpus
from serkit.types import Gender, Utterance

SPEAKERS: dict[str, Gender] = {"OAF": "female", "YAF": "female"}

EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprised",
    "sad": "sad",
}

WORDS = """
    back bar base bath bean beg bite boat bone book bought burn cab calm came cause chain chair chalk chat check cheek
    chief choice cool dab date dead death deep dime dip ditch dodge dog doll door fail fall far fat fit five food gap
    gas gaze germ get gin goal good goose gun half hall hash hate have haze hire hit hole home hurl hush jail jar join
    judge jug juice keen keep keg kick kill king kite knock late laud lean learn lease lid life limb live loaf long lore
    lose lot love luck make match merge mess met mill mob mode mood moon mop mouse nag name near neat nice note numb pad
    page pain pass pearl peg perch phone pick pike pole pool puff rag raid rain raise rat reach read red ring ripe road
    room rose rot rough rush said sail search seize sell shack shall shawl sheep shirt should shout size soap soup sour
    south sub such sure take talk tape team tell thin third thought thumb time tip tire ton tool tough turn vine voice
    void vote wag walk wash week wheat when which whip white wife wire witch yearn yes young youth
"""

SENTENCES = {word: f"Say the word {word}." for word in WORDS.split()}

RENAMED = {"OA_bite_neutral": "OAF_bite_neutral"}
"""Stems that break the rule, and what they should be."""


def _ids() -> tuple[str, ...]:
    """Every combination."""
    return tuple("_".join(parts) for parts in product(SPEAKERS, SENTENCES, EMOTIONS))


def _parse(path: Path) -> Utterance | None:
    """`OAF_back_ps`: speaker OAF, the word back, (pleasantly) surprised."""
    stem = RENAMED.get(path.stem, path.stem)
    speaker, _, rest = stem.partition("_")
    word, _, emotion = rest.partition("_")
    if speaker not in SPEAKERS or word not in SENTENCES or emotion not in EMOTIONS:
        return None
    return Utterance(
        id=stem,
        corpus="tess",
        path=path,
        speaker=speaker,
        label=EMOTIONS[emotion],
        gender=SPEAKERS[speaker],
        language="en",
        sentence=word,
    )


TESS = NamedCorpus(
    name="tess",
    title="TESS",
    licence="CC BY-NC-ND 4.0",
    redistributable=False,
    citation="""@data{pichorafuller2020tess,
  author    = {M. Kathleen Pichora-Fuller and Kate Dupuis},
  title     = {Toronto emotional speech set ({TESS})},
  publisher = {Borealis},
  year      = {2020},
  doi       = {10.5683/SP2/E8H2MF}
}""",
    hours=1.6,
    obtain="from the homepage; no archive with a published checksum is known to serkit",
    homepage="https://doi.org/10.5683/SP2/E8H2MF",
    language="en",
    rate=24_414,
    speakers=SPEAKERS,
    counts=dict.fromkeys(("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised"), 400),
    sentences=SENTENCES,
    ids=_ids(),
    parse=_parse,
    defects={("OAF_bite_neutral", "name"): "an F is missing in the name of the released file"},
    tested=False,
)
