"""Every key of a recipe, written otherwise or elsewhere, is refused with the key that was meant, and never with itself."""

import copy
import re

import pytest

from serkit.errors import RecipeError
from serkit.recipe import catalogue, schema

NAMES = ("cnn_transformer/paper", "amsnet/emodb", "bigru_mha/emodb/paper_as_read", "baseline/emodb", "baseline/mosi")
RECIPES = [name for name in NAMES if name in catalogue.names()] or NAMES[:1]


def keys_of(values, place=()):
    for key, value in values.items():
        yield (*place, key)
        if isinstance(value, dict):
            yield from keys_of(value, (*place, key))


def resolved(name):
    return schema.load(name).model_dump(mode="json", exclude_none=True)


def table_of(values, place):
    for key in place:
        values = values[key]
    return values


def hints(values):
    """The key that each unknown one is, and what is said to have been meant."""
    with pytest.raises(RecipeError) as caught:
        schema.parse(values, "own")
    return {
        place: meant or ""
        for place, meant in re.findall(r"([^ ;]+): unknown key(?: \(did you mean (.*?)\?\))?", str(caught.value))
    }


@pytest.mark.parametrize("name", RECIPES)
def test_keys_written_otherwise(name):
    values = resolved(name)
    for *table, key in list(keys_of(values)):
        if table in (["features"], ["normalization"]):
            continue  # a feature is called what its author likes
        for other in {key.upper(), key.title(), key.replace("_", "-"), key.replace("_", "")} - {key}:
            if key == "type":
                continue
            changed = copy.deepcopy(values)
            at = table_of(changed, table)
            at[other] = at[key]
            assert hints(changed).get(".".join([*table, other])) == f"'{key}'", (table, other)


@pytest.mark.parametrize("name", RECIPES)
def test_keys_at_a_wrong_place(name):
    values = resolved(name)
    for *table, key in list(keys_of(values)):
        for elsewhere in ((), ("corpus",), ("protocol",)):
            if key in table_of(values, elsewhere) or table == ["normalization"] or "features" in (*table, key) or key == "type":
                continue
            changed = copy.deepcopy(values)
            table_of(changed, elsewhere)[key] = table_of(values, table)[key]
            told = hints_or_none(changed)
            if told is None:
                continue  # it is known there too
            place = ".".join([*elsewhere, key])
            assert place in told
            assert repr(place) not in told[place]
            if elsewhere == ():
                assert ".".join([*table, key]) in told[place] or told[place].count(" or ") == 2


def hints_or_none(values):
    try:
        schema.parse(values, "own")
    except RecipeError as error:
        return hints(values) if "unknown key" in str(error) else None
    return None


def test_a_key_of_another_member_of_a_union_is_not_its_own_hint():
    values = resolved("cnn_transformer/paper")
    values["features"]["mfcc"]["mel_norm"] = "slaney"  # which log_mel has
    assert "mel_norm" not in hints(values)["features.mfcc.mel_norm"]
    values = resolved("cnn_transformer/paper")
    values["training"]["optimizer"]["betas"] = [0.9, 0.99]  # which adam has
    assert "betas" not in hints(values)["training.optimizer.betas"]


def test_a_thousand_faults_are_some_and_a_number():
    values = resolved("cnn_transformer/paper") | {f"x{number}": 1 for number in range(90_000)}
    with pytest.raises(RecipeError) as caught:
        schema.parse(values, "own")
    assert str(caught.value).endswith("; and 89980 faults more")
    assert len(str(caught.value)) < 2000


DEEP = {
    "lists": "a = " + "[" * 100_000 + "]" * 100_000,
    "tables": "a = " + "{a=" * 20_000 + "1" + "}" * 20_000,
    "a dotted key": ".".join("a" * 100_000) + " = 1",
    "a dotted key with quotes": " . ".join(["'a'", '"b"'] * 10_000) + " = 1",
    "a header": "[" + ".".join("a" * 100_000) + "]",
    "a key in a table": "a = {" + ".".join("a" * 100_000) + " = 1}",
    "a number": "a = " + "9" * 100_000,
    "a file": "#" * 1_000_001,
}


@pytest.mark.parametrize("content", DEEP.values(), ids=DEEP)
def test_a_file_that_would_take_for_ever(content, tmp_path):
    path = tmp_path / "deep.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"nested too deeply|larger than 1,000,000 bytes|4300 digits") as caught:
        catalogue.load(str(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) < 400
