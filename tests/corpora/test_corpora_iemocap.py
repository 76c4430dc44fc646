"""The reader of IEMOCAP, on trees in the layout of the full release made on the fly.

Reference values are the published counts of its emotions, and blocks of evaluations written by hand in the form of the release.
"""

import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import soundfile as sf

from serkit import corpora
from serkit.corpora import IEMOCAP
from serkit.errors import CorpusError, Notice

PUBLISHED = {
    "ang": 1103,
    "hap": 595,
    "sad": 1084,
    "neu": 1708,
    "exc": 1041,
    "fru": 1849,
    "fea": 40,
    "sur": 107,
    "dis": 2,
    "oth": 3,
    "xxx": 2507,
}

HEAD = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"

RATERS = (
    "C-E2:\tNeutral;\t()",
    "C-E3:\tNeutral; Anger;\t()",
    "C-E4:\tFrustration;\t(tense; anger, maybe)",
    "C-F1:\tSadness;\t(curious)",
    "C-M1:\tSadness;\t()",
    "A-E3:\tval 3; act 2; dom  2;\t()",
    "A-E4:\tval  ; act 3; dom  ;\t(mildly aggravated but staying polite, attitude)",
    "A-F1:\tval 3; act 2; dom  1;\t()",
)


def block(turn, native="neu", means="2.5000, 2.5000, 2.5000", raters=RATERS):
    """What an evaluation says of a turn."""
    return "\n".join([f"[6.2901 - 8.2357]\t{turn}\t{native}\t[{means}]", *raters, "", ""])


def evaluation(root, dialog):
    return root / f"Session{dialog[4]}" / "dialog" / "EmoEvaluation" / f"{dialog}.txt"


def transcription(root, dialog):
    return root / f"Session{dialog[4]}" / "dialog" / "transcriptions" / f"{dialog}.txt"


def recording(root, turn):
    return root / f"Session{turn[4]}" / "sentences" / "wav" / turn.rpartition("_")[0] / f"{turn}.wav"


def written(root, dialog, blocks):
    """A dialog of the release: its evaluation, what is said, and recordings, which are empty since reading decodes nothing."""
    turns = list(blocks)
    for path in (evaluation(root, dialog), transcription(root, dialog), recording(root, turns[0])):
        path.parent.mkdir(parents=True, exist_ok=True)
    evaluation(root, dialog).write_text(HEAD + "".join(blocks.values()), encoding="cp1252")
    said = "".join(f"{turn} [006.2901-008.2357]: It is {turn}.\n" for turn in turns)
    transcription(root, dialog).write_text(said, encoding="cp1252")
    for turn in turns:
        recording(root, turn).touch()


FEW = {
    "Ses01F_impro01": ("Ses01F_impro01_F000", "Ses01F_impro01_M000"),
    "Ses03M_impro05a": ("Ses03M_impro05a_F000", "Ses03M_impro05a_M000"),
    "Ses05M_script01_1b": ("Ses05M_script01_1b_F000", "Ses05M_script01_1b_M012"),
}


@pytest.fixture
def few(tmp_path):
    """Six turns of three dialogs, all of them neutral."""
    root = tmp_path / "IEMOCAP_full_release"
    for dialog, turns in FEW.items():
        written(root, dialog, {turn: block(turn) for turn in turns})
    return root


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """As many turns of each emotion as were published, in 150 dialogs, the first half of each improvised."""
    root = tmp_path_factory.mktemp("iemocap") / "IEMOCAP_full_release"
    natives = [native for native, count in PUBLISHED.items() for _ in range(count)]
    dialogs = [
        f"Ses0{session}{marked}_{kind}{number:02d}"
        for number in range(1, 16)
        for session in range(1, 6)
        for marked in "FM"
        for kind in (("impro",) if number < 8 else ("script",))
    ]
    turns = {dialog: {} for dialog in dialogs}
    for position, native in enumerate(natives):
        dialog = dialogs[position % len(dialogs)]
        turn = f"{dialog}_{'FM'[position % 2]}{position // len(dialogs):03d}"
        turns[dialog][turn] = block(turn, native)
    for dialog, blocks in turns.items():
        written(root, dialog, blocks)
    return root


def read(root, **how):
    return {each.id: each for each in IEMOCAP.read(root, partial=True, **how)}


def refusal(root):
    """The one line of the error that reading ends with."""
    with pytest.raises(CorpusError) as caught:
        IEMOCAP.read(root, partial=True, labels="all")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_facts():
    assert IEMOCAP.counts == PUBLISHED
    assert IEMOCAP.size == sum(PUBLISHED.values()) == 10039
    assert Counter(IEMOCAP.speakers.values()) == {"female": 5, "male": 5}
    assert not IEMOCAP.tested
    assert not IEMOCAP.redistributable
    assert corpora.get("iemocap") is IEMOCAP


def test_a_complete_copy(whole):
    utterances = IEMOCAP.read(whole, labels="all")
    assert Counter(each.native for each in utterances) == PUBLISHED
    assert {each.speaker for each in utterances} == set(IEMOCAP.speakers)
    for each in utterances:
        assert each.session == each.id[4]
        assert each.speaker == f"Ses0{each.id[4]}{each.id.rpartition('_')[2][0]}"
        assert each.gender == IEMOCAP.speakers[each.speaker]
        assert each.path == recording(whole, each.id)
        assert (each.start, each.end) == (0.0, None)  # the files are cut already
        assert each.text == f"It is {each.id}."


@pytest.mark.parametrize(
    ("labels", "counts"),
    [
        (None, {"neutral": 1708, "happy": 1636, "sad": 1084, "angry": 1103}),
        ("4_class", {"neutral": 1708, "happy": 1636, "sad": 1084, "angry": 1103}),
        ("4_class_without_excited", {"neutral": 1708, "happy": 595, "sad": 1084, "angry": 1103}),
        ("5_class", {"neutral": 1708, "happy": 1636, "sad": 1084, "angry": 1103, "frustrated": 1849}),
        ("6_class", {"neutral": 1708, "happy": 595, "excited": 1041, "sad": 1084, "angry": 1103, "frustrated": 1849}),
    ],
)
def test_the_counts_of_the_maps(whole, labels, counts):
    with pytest.warns(Notice, match="leaves out"):
        utterances = IEMOCAP.read(whole, labels=labels)
    assert Counter(each.label for each in utterances) == counts
    assert IEMOCAP.classes(labels) == tuple(counts)


@pytest.mark.parametrize("suffix", ["", "_without_excited"])
def test_improvised_dialogs_alone(whole, suffix):
    with pytest.warns(Notice):
        everything, improvised = (IEMOCAP.read(whole, labels=f"4_class{kind}{suffix}") for kind in ("", "_improvised"))
    assert [each.id for each in improvised] == [each.id for each in everything if "_impro" in each.id]
    assert 0 < len(improvised) < len(everything)
    assert {each.label for each in improvised} == {"neutral", "happy", "sad", "angry"}


def test_a_turn(few):
    turn = read(few)["Ses01F_impro01_M000"]
    assert (turn.speaker, turn.gender, turn.session) == ("Ses01M", "male", "1")  # F tells who wears the markers
    assert (turn.label, turn.native, turn.language, turn.corpus) == ("neutral", "neu", "en", "iemocap")
    assert read(few)["Ses03M_impro05a_F000"].speaker == "Ses03F"
    assert read(few)["Ses05M_script01_1b_M012"].speaker == "Ses05M"
    # Three evaluators, one of whom chose two emotions; what the actors say of themselves does not count.
    assert turn.votes == pytest.approx({"neutral": 1.5 / 2, "angry": 0.5 / 2})  # as 4_class takes them
    everything = read(few, labels="all")["Ses01F_impro01_M000"]
    assert everything.votes == pytest.approx({"neutral": 1.5 / 3, "angry": 0.5 / 3, "frustrated": 1 / 3})


def test_means_go_by_their_scales(few):
    turns = {turn: block(turn, means="1.0000, 4.6667, 3.5") for turn in FEW["Ses01F_impro01"]}
    written(few, "Ses01F_impro01", turns)
    assert read(few)["Ses01F_impro01_F000"].values == {"valence": 1.0, "arousal": 4.6667, "dominance": 3.5}
    assert {scale: (bounds.low, bounds.high) for scale, bounds in IEMOCAP.scales.items()} == dict.fromkeys(
        ("valence", "arousal", "dominance"), (1, 5)
    )


@pytest.mark.parametrize(
    ("raters", "votes"),
    [
        ((), {}),
        (("C-E1:\tOther;\t(bored)",), {}),
        (("C-E1:\tOther;\t()", "C-E2:\tHappiness;\t()"), {"happy": 1.0}),
        (("C-E1:\tHappiness; Other;\t()", "C-E2:\tExcited;\t()"), {"happy": 1 / 3, "excited": 2 / 3}),
        (("C-E1: Surprise; Fear; Disgust;", "C-E4:"), {"surprised": 1 / 3, "fearful": 1 / 3, "disgust": 1 / 3}),
        (("C-E1:\tNeutral state; Sadness\t(C-E2: Anger;)",), {"neutral": 0.5, "sad": 0.5}),
        (("C-F1:\tAnger;\t()", "A-E1:\tval 1; act 5; dom 5;\t()"), {}),
    ],
)
def test_votes(few, raters, votes):
    turn = "Ses01F_impro01_F000"
    written(few, "Ses01F_impro01", {turn: block(turn, raters=raters)})
    assert read(few, labels="all")[turn].votes == pytest.approx(votes)


def test_what_real_copies_hold_beside_it(few):
    folder = evaluation(few, "Ses01F_impro01").parent
    (folder / "._Ses01F_impro01.txt").write_bytes(b"\x00\x05\x16\x07 Mac OS X")
    (folder / ".DS_Store").touch()
    for name in ("Attribute", "Categorical", "Evaluation", "Self-evaluation"):
        (folder / name).mkdir()
        (folder / name / "Ses01F_impro01_e2_cat.txt").write_text("Ses01F_impro01_F000 :Anger; ()\n")
    recording(few, "Ses01F_impro01_F000").with_name("._Ses01F_impro01_F000.wav").touch()
    dialog = few / "Session1" / "dialog" / "wav" / "Ses01F_impro01.wav"
    dialog.parent.mkdir()
    dialog.touch()
    found = IEMOCAP.inventory(few)
    assert len(found.utterances) == 6
    assert not found.missing
    assert not found.unexpected
    assert not found.twice


def test_line_ends_and_bytes_of_windows(few):
    turn = "Ses01F_impro01_F000"
    text = HEAD + block(turn, "ang", raters=("C-E1:\tAnger;\t(na\u00efve \u2026 \u2019)", "C-E2:\tAnger;\t()"))
    evaluation(few, "Ses01F_impro01").write_bytes(text.replace("\n", "\r\n").encode("cp1252") + b"\x81\r\n")
    spoken = [
        f"{turn} [006.2901-008.2357]: I\u2019m a caf\u00e9 \u2026 here: yes.",
        "M: [LAUGHTER]",
        "Ses01F_impro01_MXX0 [010.0-011.0]: Not rated.",
        "",
        "a stray line",
    ]
    transcription(few, "Ses01F_impro01").write_bytes("\r\n".join(spoken).encode("cp1252"))
    recording(few, "Ses01F_impro01_M000").unlink()
    found = read(few)
    assert found[turn].text == "I\u2019m a caf\u00e9 \u2026 here: yes."
    assert found[turn].votes == {"angry": 1.0}
    assert "Ses01F_impro01_MXX0" not in found


def test_without_transcriptions_there_is_no_text(few):
    transcription(few, "Ses01F_impro01").unlink()
    assert {each.text for each in read(few).values() if each.session == "1"} == {None}


def test_some_sessions_alone_are_a_partial_copy(few):
    with pytest.raises(CorpusError, match="no complete copy of iemocap: it lists 6 utterances, published are 10039"):
        IEMOCAP.read(few)
    assert {each.session for each in read(few).values()} == {"1", "3", "5"}


def test_a_missing_and_an_unlisted_recording(few):
    recording(few, "Ses03M_impro05a_M000").rename(recording(few, "Ses03M_impro05a_M001"))
    found = IEMOCAP.inventory(few)
    assert found.missing == ("Ses03M_impro05a_M000",)
    assert found.unexpected == (recording(few, "Ses03M_impro05a_M001"),)


@pytest.mark.parametrize("place", ["..", "Session1", "Session1/sentences"])
def test_another_folder_says_which_was_meant(few, place):
    message = refusal((few / place).resolve())
    assert "holds none of Session1/dialog, Session2/dialog," in message
    assert message.endswith(f"did you mean {few.resolve()}?")


def test_a_session_without_evaluations(few):
    evaluation(few, "Ses03M_impro05a").unlink()
    folder = evaluation(few, "Ses03M_impro05a").parent
    assert refusal(few).startswith(f"{folder} holds no evaluations such as Ses01F_impro01.txt; get them from https://sail.usc")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "it holds no turn"),
        (HEAD, "it holds no turn"),
        (HEAD + "[6.2901 - 8.2357]\tSes01F_imp", "line 3: '[6.2901 - 8.2357]\tSes01F_imp' is no turn"),
        (HEAD + block("Ses01F_impro01_X000"), "line 3: '[6.2901 - 8.2357]\tSes01F_impro01_X000\tneu"),
        (HEAD + block("Ses09F_impro01_F000"), "line 3: '[6.2901 - 8.2357]\tSes09F_impro01_F000\tneu"),
        (HEAD + block("Ses01F_impro01_F000", means="2.5, , 3.0"), "line 3: '"),
        (HEAD + block("Ses01F_impro01_F000", "joy"), "line 3: no emotion 'joy', known are neu, hap, exc, sad, ang"),
    ],
)
def test_a_damaged_evaluation(few, text, what):
    file = evaluation(few, "Ses01F_impro01")
    file.write_text(text)
    message = refusal(few)
    assert message.startswith(f"{file} is damaged: {what}")
    assert message.endswith("get the file anew from https://sail.usc.edu/iemocap/")


def test_a_turn_that_is_listed_twice(few):
    turn = "Ses01F_impro01_F000"
    with evaluation(few, "Ses01F_impro01").open("a") as file:
        file.write(block(turn, "ang"))
    assert "holds iemocap Ses01F_impro01_F000 twice" in refusal(few)


def test_a_check_counts_by_the_native_emotion(few):
    rng = np.random.default_rng(0)
    for turns in FEW.values():
        for turn in turns:
            sf.write(recording(few, turn), 0.1 * rng.standard_normal(800), 16000)
    corpus = replace(IEMOCAP, counts={"neu": 5, "xxx": 1})
    problems = corpora.check(corpus, few)
    assert [(each.where, each.kind, each.detail) for each in problems] == [
        ("neu", "count", "6 utterances, published are 5"),
        ("xxx", "count", "0 utterances, published are 1"),
    ]


@pytest.mark.slow
def test_a_complete_copy_is_listed_in_two_seconds(whole):
    """Of the processor: what else the machine does must not count."""
    took = []
    for _ in range(3):
        began = time.process_time()
        assert len(IEMOCAP.read(whole, labels="all")) == 10039
        took.append(time.process_time() - began)
    assert min(took) < 2
