"""Vectors of whole utterances: what the front-end gives for the samples, whoever asks and however often."""

import numpy as np
import pytest
import soundfile as sf
import soxr
import torch

from serkit import audio
from serkit.cache import Cache
from serkit.errors import RecipeError
from serkit.features import MFCCConfig
from serkit.features.opensmile import OpenSmileConfig
from serkit.recipe.baseline import OwnFunctionals
from serkit.train.extract import functionals
from serkit.train.vectors import dim_of, vectors
from serkit.types import Utterance

OWN = OwnFunctionals(of=MFCCConfig(), statistics=("mean", "maximum"))


@pytest.fixture
def utterance(tmp_path):
    path = tmp_path / "a.wav"
    sf.write(path, 0.3 * np.random.default_rng(0).standard_normal(44100).cumsum() / 100, 44100, subtype="FLOAT")
    return Utterance(id="a", corpus="mine", path=path, speaker="1", label="anger", gender="f", language="de", start=0.25)


def test_a_vector_is_of_the_part_at_the_rate_that_the_recipe_names(utterance):
    """The maximum of log energies and the like: another rate, or the part before the start, would give others."""
    found = functionals(OWN, utterance, None)
    samples, _ = sf.read(utterance.path, dtype="float32", start=11025)
    part = soxr.resample(samples, 44100, 16000, quality="HQ")
    wanted = vectors(OWN).compute(audio.Waveform(part, 16000))
    assert found.values.shape == (1, dim_of(OWN)) == (1, 2 * MFCCConfig().coefficients)
    np.testing.assert_allclose(found.values[0], wanted, rtol=0.02, atol=0.5)
    other = functionals(OWN.model_copy(update={"rate": 8000}), utterance, None)
    assert np.abs(other.values - found.values).max() > 1


def test_a_vector_is_kept_under_all_that_it_depends_on(utterance, tmp_path):
    kept_in = Cache(tmp_path / "cache")
    first = functionals(OWN, utterance, kept_in)
    np.testing.assert_array_equal(functionals(OWN, utterance, kept_in).values, first.values)
    assert len(list(kept_in.about())) == 1
    for other in (OWN.model_copy(update={"rate": 22050}), OwnFunctionals(of=MFCCConfig(), statistics=("mean",))):
        functionals(other, utterance, kept_in)
    assert len(list(kept_in.about())) == 3


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_show(utterance, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found = functionals(OWN, utterance, None).values
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(found, functionals(OWN, utterance, None).values)


def test_a_rate_that_does_not_fit_is_the_recipes_fault():
    with pytest.raises(RecipeError, match=r"functionals: .*rate"):
        vectors(OwnFunctionals.model_validate({"of": {"type": "is10_lld"}, "rate": 8000}))


def test_openSMILEs_dimensions_need_no_openSMILE(monkeypatch):  # noqa: N802
    monkeypatch.setitem(__import__("sys").modules, "opensmile", None)
    assert dim_of(OpenSmileConfig(set="egemaps_v02")) == 88
