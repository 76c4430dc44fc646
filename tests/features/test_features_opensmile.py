"""openSMILE's functionals as openSMILE gives them for the file."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from serkit import audio
from serkit.errors import MissingExtra, Notice
from serkit.features.opensmile import OpenSmileConfig, functionals
from serkit.types import Waveform

CLIP = Path("data/emodb/wav/03a01Fa.flac")

opensmile = pytest.importorskip("opensmile", reason="the extra serkit[opensmile] is not installed")


@pytest.mark.parametrize(
    ("name", "theirs"), [("compare_2016", "ComParE_2016"), ("egemaps_v02", "eGeMAPSv02"), ("is10", "IS10")]
)
def test_as_opensmile_reads_the_file(name, theirs):
    config = OpenSmileConfig(set=name)
    smile = opensmile.Smile(getattr(opensmile.FeatureSet, theirs), opensmile.FeatureLevel.Functionals)
    expected = smile.process_file(CLIP).to_numpy()[0]
    found = functionals(config)(audio.read(CLIP))
    assert found.shape == (config.dim,) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_silence_is_finite():
    found = functionals(OpenSmileConfig(set="egemaps_v02"))(Waveform(np.zeros(16000, np.float32), 16000))
    assert np.isfinite(found).all()


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "opensmile", None)
    functionals.cache_clear()
    with pytest.raises(MissingExtra, match=r"\[opensmile\]'.*research"):
        functionals(OpenSmileConfig())


def test_the_licence_is_said_at_first_use():
    functionals.cache_clear()
    with pytest.warns(Notice, match="research and teaching only"):
        functionals(OpenSmileConfig(set="egemaps_v02"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        functionals(OpenSmileConfig(set="egemaps_v02"))
