"""The vocabulary, its synonyms, and maps from one set of emotions to another."""

from pathlib import Path

import pytest

from serkit.corpora.iemocap import EMOTIONS as IEMOCAP_EMOTIONS
from serkit.errors import UsageError
from serkit.labels import EMOTIONS, MAPS, SYNONYMS, LabelMap, canonical, ordered
from serkit.types import Utterance


def clip(label, name="clip", **more):
    return Utterance(name, "hand", Path(f"{name}.wav"), "01", label, None, "en", **more)


def test_synonyms_are_no_emotions_and_mean_one():
    assert not set(SYNONYMS) & set(EMOTIONS)
    assert set(SYNONYMS.values()) <= set(EMOTIONS)


CODES = {
    "ANG": "angry",
    "DIS": "disgust",
    "EXC": "excited",
    "FEA": "fearful",
    "FRU": "frustrated",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
    "SUR": "surprised",
}


@pytest.mark.parametrize("code", CODES)
def test_codes_of_three_letters_in_any_case(code):
    assert {canonical(code), canonical(code.lower()), canonical(f" {code.title()} ")} == {CODES[code]}


@pytest.mark.parametrize("word", ["OTH", "other", "Others", "xxx"])
def test_other_is_no_emotion(word):
    with pytest.raises(UsageError, match=f"'{word}' stands for whatever no label fits"):
        canonical(word)


def test_codes_mean_what_their_corpora_say():
    assert {code: canonical(code) for code in IEMOCAP_EMOTIONS} == IEMOCAP_EMOTIONS


@pytest.mark.parametrize(("word", "meant"), [("hapy", "happy"), ("Angr", "angry"), ("surprize", "surprise")])
def test_an_unknown_emotion_names_the_nearest(word, meant):
    with pytest.raises(UsageError, match=f"did you mean '{meant}'"):
        canonical(word)


def test_an_emotion_like_no_other_names_all():
    with pytest.raises(UsageError, match="known are neutral, calm"):
        canonical("qqq")


def test_order_is_the_vocabularys_then_the_alphabets():
    assert ordered(["zeal", "bored", "awe", "neutral", "bored"]) == ("neutral", "bored", "awe", "zeal")


@pytest.mark.parametrize("name", MAPS)
def test_maps_speak_of_emotions_alone(name):
    assert {*MAPS[name].emotions, *MAPS[name].emotions.values()} <= set(EMOTIONS)


def test_excited_counts_as_happy_among_four_and_bored_as_nothing():
    assert MAPS["4_class"].apply(clip("excited")).label == "happy"
    assert MAPS["4_class"].apply(clip("bored")) is None
    assert MAPS["4_class_without_excited"].apply(clip("excited")) is None


def test_no_label_is_left_out_by_every_map():
    assert all(each.apply(clip("")) is None for each in MAPS.values())


def test_votes_are_merged_and_made_whole_again():
    voted = clip("happy", votes={"happy": 0.25, "excited": 0.25, "sad": 0.25, "bored": 0.25})
    assert MAPS["4_class"].apply(voted).votes == pytest.approx({"happy": 2 / 3, "sad": 1 / 3})
    assert MAPS["4_class"].apply(clip("happy", votes={"bored": 1.0})).votes == {}


def test_only_some_ids():
    chosen = LabelMap({"sad": "sad"}, only=r"Ses\d_impro.*")
    assert chosen.apply(clip("sad", "Ses1_impro01")) is not None
    assert chosen.apply(clip("sad", "Ses1_script01")) is None
