"""Plain values through JSON and back, and how they print."""

import dataclasses
import json
import pickle

import numpy as np
import pytest

from serkit.types import Cut, LabelScores, Prediction, Quality, Scale, Segment, Source, Spec, Waveform

SPEC = Spec(
    system="cnn_transformer",
    recipe="cnn_transformer/emodb",
    fingerprint="0123abcd",
    task="classification",
    labels=("neutral", "happy", "ängstlich"),
    rate=16000,
    cut=Cut("windows", 3.0, 1.5),
    trained_on=(Source("emodb", "CC0-1.0", 535), Source("other", "MIT", 3)),
    protocol="leave one speaker out",
    scores={"test_wa": 0.5, "test_n": 535},
    temperature=1.25,
    recordings=frozenset([b"sixbyt", b"\0\1\2\3\4\5"]),
    band=7900.0,
)


def prediction(scores, segments=1, duration=2.345):
    parts = tuple(Segment(float(start), start + 1.0, scores) for start in range(segments))
    return Prediction(scores, duration, parts, np.zeros(3, np.float32))


def test_a_spec_survives_json():
    again = Spec.from_dict(json.loads(json.dumps(SPEC.to_dict())))
    assert again == SPEC
    assert again.labels == ("neutral", "happy", "ängstlich")
    assert isinstance(again.labels, tuple)
    assert again.cut == Cut("windows", 3.0, 1.5)
    assert again.trained_on[1] == Source("other", "MIT", 3)
    assert again.temperature == 1.25
    assert again.recordings == {b"sixbyt", b"\0\1\2\3\4\5"}


def test_to_dict_is_plain():
    values = SPEC.to_dict()
    assert values["cut"] == {"mode": "windows", "seconds": 3.0, "hop": 1.5, "at": "end"}
    assert values["version"] == 2
    assert values["recordings"] == "AAECAwQFc2l4Ynl0"  # sorted, in base 64
    assert set(values) == {field.name for field in dataclasses.fields(Spec)}


def test_from_dict_leaves_what_it_was_given():
    values = json.loads(json.dumps(SPEC.to_dict()))
    before = json.dumps(values)
    Spec.from_dict(values)
    assert json.dumps(values) == before


def test_defaults_may_be_missing():
    lacking = ("temperature", "version", "recordings", "band")
    made = Spec.from_dict({key: value for key, value in SPEC.to_dict().items() if key not in lacking})
    assert (made.temperature, made.version, made.recordings, made.band) == (1.0, 1, None, None)


@pytest.mark.parametrize("key", ["labels", "cut", "trained_on", "rate", "scores", "protocol", "system"])
def test_what_is_missing_raises(key):
    values = SPEC.to_dict()
    del values[key]
    with pytest.raises((KeyError, TypeError)):
        Spec.from_dict(values)


@pytest.mark.parametrize("place", [(), ("cut",), ("trained_on", 0)])
def test_what_a_later_version_added_is_passed_over(place):
    values = json.loads(json.dumps(SPEC.to_dict()))
    at = values
    for key in place:
        at = at[key]
    at["surprise"] = 1
    assert Spec.from_dict(values) == SPEC


@pytest.mark.parametrize(
    "change",
    [
        {"labels": []},
        {"labels": ["a", "b", "a"]},
        {"labels": ["a", ""]},
        {"labels": ["a", 1]},
        {"labels": "ab"},
        {"labels": [f"label {number}" for number in range(1001)]},
        {"task": "guessing"},
        {"rate": 0},
        {"rate": "16000"},
        {"rate": 16000.5},
        {"rate": 10**9},
        {"cut": {"mode": "windows", "seconds": 3.0, "hop": 1e-9}},
        {"cut": {"mode": "windows", "seconds": 3.0, "hop": 4.0}},
        {"cut": {"mode": "windows", "seconds": 1e9, "hop": 1.0}},
        {"cut": {"mode": "windows", "seconds": float("nan"), "hop": 1.0}},
        {"cut": {"mode": "slices", "seconds": 3.0, "hop": 1.0}},
        {"cut": {"mode": "windows", "seconds": "3", "hop": 1.0}},
        {"cut": []},
        {"temperature": 0},
        {"temperature": float("inf")},
        {"temperature": True},
        {"scores": {"test_wa": float("nan")}},
        {"scores": [0.5]},
        {"trained_on": [{"corpus": "emodb"}]},
        {"trained_on": [{"corpus": "emodb", "licence": 1, "utterances": 2}]},
        {"trained_on": 3},
        {"protocol": None},
        {"recordings": "AAEC"},
        {"recordings": "no base 64"},
        {"recordings": 5},
        {"band": -1},
        {"band": "wide"},
    ],
)
def test_values_that_make_no_sense_raise(change):
    with pytest.raises((TypeError, ValueError, KeyError)):
        Spec.from_dict(json.loads(json.dumps(SPEC.to_dict() | change)))


def test_values_are_frozen():
    for value, name in [(SPEC, "rate"), (SPEC.cut, "hop"), (Waveform(np.zeros(1, np.float32), 8000), "rate")]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, 1)


def test_duration():
    assert Waveform(np.zeros(24000, np.float32), 16000).duration == 1.5


def test_the_most_probable_emotion():
    made = prediction({"neutral": 0.2, "happy": 0.7, "sad": 0.1})
    assert made.emotion == "happy"
    assert made.confidence == 0.7
    assert made.segments[0].emotion == "happy"


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (prediction({"a": 0.1, "b": 0.6, "c": 0.3}), "Prediction(b 0.60, c 0.30, a 0.10; 2.35 s, 1 window)"),
        (
            prediction({"a": 0.25, "b": 0.375, "c": 0.125, "d": 0.25}, 12, 61.0),
            "Prediction(b 0.38, a 0.25, d 0.25, …; 61.00 s, 12 windows)",
        ),
        (prediction({"a": 0.25, "b": 0.75}, 2, 0.5), "Prediction(b 0.75, a 0.25; 0.50 s, 2 windows)"),
    ],
)
def test_a_prediction_prints_on_one_line(made, text):
    assert repr(made).replace("2.34 s", "2.35 s") == text
    assert str(made) == repr(made)


def test_a_prediction_as_json():
    values = json.loads(json.dumps(prediction({"a": 0.25, "b": 0.75}, 2).to_dict()))
    assert values == {
        "emotion": "b",
        "confidence": 0.75,
        "duration": 2.345,
        "scores": {"a": 0.25, "b": 0.75},
        "quality": None,
        "warnings": [],
        "segments": [
            {"start": 0.0, "end": 1.0, "emotion": "b", "scores": {"a": 0.25, "b": 0.75}, "speech": 1.0},
            {"start": 1.0, "end": 2.0, "emotion": "b", "scores": {"a": 0.25, "b": 0.75}, "speech": 1.0},
        ],
    }


def test_no_speech():
    quality = Quality(speech=0.0, level=None, peak=0.00012345, clipped=0.0, band=None)
    made = Prediction({}, 2.0, (Segment(0.0, 2.0, {}, 0.0),), np.zeros(3, np.float32), None, quality, ("no speech: nothing",))
    assert (made.emotion, made.confidence, made.segments[0].emotion) == ("no speech", 0.0, "no speech")
    assert repr(made) == "Prediction(no speech; 2.00 s, 1 window)"
    values = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert (values["emotion"], values["confidence"], values["scores"]) == ("no speech", None, {})
    assert values["quality"] == {"speech": 0.0, "level": None, "peak": 0.0001234, "clipped": 0.0, "band": None}
    assert values["warnings"] == ["no speech: nothing"]
    assert values["segments"] == [{"start": 0.0, "end": 2.0, "emotion": "no speech", "scores": {}, "speech": 0.0}]


def test_no_speech_has_no_value():
    made = Prediction({}, 2.0, (Segment(0.0, 2.0, {}, 0.0),), np.zeros(3, np.float32), Scale(1, 5), target="valence")
    assert np.isnan(made.value)
    values = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert (values["scale"], values["value"], values["range"]) == ("valence", None, [1, 5])
    assert values["segments"] == [{"start": 0.0, "end": 2.0, "value": None, "speech": 0.0}]


def test_scores_stay_as_they_are():
    given = {"a": 0.25, "b": 0.75}
    scores = LabelScores(given)
    given["a"] = 1.0
    assert scores == {"a": 0.25, "b": 0.75}
    assert list(scores.items()) == [("a", 0.25), ("b", 0.75)]
    with pytest.raises(TypeError):
        scores["a"] = 0.5
    with pytest.raises(AttributeError):
        scores.update({"a": 0.5})
    assert repr(scores) == "{'a': 0.25, 'b': 0.75}"
    assert pickle.loads(pickle.dumps(scores)) == scores


def test_predictions_compare_without_their_embeddings():
    one = prediction({"a": 1.0})
    assert one == dataclasses.replace(one, embedding=np.ones(3, np.float32))
    assert one != prediction({"a": 0.5})


VALUED = dataclasses.replace(SPEC, task="regression", labels=("valence",), scale=Scale(1, 5))


def test_a_scale_survives_json():
    again = Spec.from_dict(json.loads(json.dumps(VALUED.to_dict())))
    assert again == VALUED
    assert again.scale == Scale(1, 5)
    old = {key: value for key, value in VALUED.to_dict().items() if key != "scale"}
    assert Spec.from_dict(old) == dataclasses.replace(VALUED, scale=None)


@pytest.mark.parametrize(
    "scale",
    [
        5,
        "1 to 5",
        {},
        {"low": 5, "high": 1},
        {"low": 1, "high": 1},
        {"low": 0, "high": float("inf")},
        {"low": "1", "high": 5},
        {"low": 1, "high": 5, "zero": "neutral"},
        {"low": 1, "high": 5, "middle": 3},
    ],
)
def test_what_is_no_scale_raises(scale):
    with pytest.raises((TypeError, ValueError)):
        Spec.from_dict(VALUED.to_dict() | {"scale": scale})


def test_emotions_have_no_scale():
    with pytest.raises(ValueError, match="a scale makes no classification"):
        Spec.from_dict(SPEC.to_dict() | {"scale": {"low": 1, "high": 5}})


def test_a_value_prints_with_its_range():
    made = prediction({"valence": 3.25})
    assert repr(made).startswith("Prediction(valence 3.25; ")
    made = dataclasses.replace(made, scale=Scale(1, 5))
    assert repr(made).startswith("Prediction(valence 3.25 of 1 to 5; ")
    assert repr(made).endswith(", 1 window)")
    assert made.to_dict()["range"] == [1, 5]
    beyond = dataclasses.replace(made, scores={"valence": 5.5})
    assert (beyond.value, beyond.to_dict()["value"]) == (5.5, 5.5)  # what the model said
