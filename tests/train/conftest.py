"""Synthetic clips to train on."""

import numpy as np
import pytest
import soundfile as sf
import torch
from synthetic import LABELS, RATE

from serkit.types import Utterance


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """16 utterances, four of each emotion: a tone of its own in noise, 0.15 to 0.5 s, so one to four windows."""
    folder = tmp_path_factory.mktemp("clips")
    rng = np.random.default_rng(7)
    made = []
    for number in range(16):
        label = LABELS[number % 4]
        length = int(RATE * (0.15 + 0.35 * number / 15))
        tone = np.sin(2 * np.pi * (300 + 700 * (number % 4)) * np.arange(length) / RATE)
        path = folder / f"{number:02d}.wav"
        sf.write(path, (0.3 * tone + 0.02 * rng.standard_normal(length)).astype(np.float32), RATE, subtype="FLOAT")
        made.append(Utterance(f"u{number:02d}", "synthetic", path, f"s{number % 3}", label, "female", "de"))
    return tuple(made)
