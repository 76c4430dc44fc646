"""Real speech, and samples that are none."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

EMODB = Path(__file__).parents[2] / "data" / "emodb" / "wav"
ELSEWHERE = {
    "ravdess": "ravdess/Actor_01/03-01-05-02-01-01-01.flac",
    "crema_d": "crema_d/AudioWAV/1001_DFA_ANG_XX",
}


def _speech(name):
    path = EMODB / f"{name}.flac"
    if name in ELSEWHERE:
        root = os.environ.get("SERKIT_DATA")
        found = sorted(Path(root).glob(ELSEWHERE[name] + "*")) if root else []
        if not found:
            pytest.skip(f"{name} is not here: SERKIT_DATA does not name a folder that holds it")
        path = found[0]
    samples, rate = sf.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples.mean(axis=1)), rate


@pytest.fixture(params=["03a01Fa", "09b10Wa", "15b03Nb", "ravdess", "crema_d"])
def speech(request):
    """Samples (n,) float32 and their rate in Hz."""
    return _speech(request.param)


@pytest.fixture(scope="session")
def sentences():
    """Three sentences of EmoDB at 16 kHz."""
    return [_speech(name)[0] for name in ("03a01Fa", "09b10Wa", "13a05Lc")]
