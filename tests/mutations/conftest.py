"""What is mutated: a Run of a second's training, scored, on short clips under EmoDB's file names."""

import numpy as np
import pytest
import soundfile as sf

from mutations import processes
from mutations.campaign import Campaign, Material
from serkit import corpora, experiment
from serkit.recipe import schema


@pytest.fixture(scope="session")
def material(tiny_emodb, tiny_recipe, tmp_path_factory):
    """A scored Run with a model, its corpus and recipe, and eight clips of 0.5 s with labels and speakers, one of 10 s."""
    folder = tmp_path_factory.mktemp("material")
    recipe = schema.load(str(tiny_recipe))
    machine = experiment.Machine("cpu", 1, 1, "float32")
    plan = experiment.start("tiny", recipe, machine, [0], folder / "run", tiny_emodb, "serkit train tiny")
    experiment.train(plan, final=False, jobs=1, notify=lambda _: None)
    experiment.score_test(plan, folder / "ledger.csv", "serkit train tiny --score-test", lambda _: None)
    clips = []
    for number, path in enumerate(sorted(tiny_emodb.rglob("*.wav"))[:: 535 // 7]):
        found = corpora.EMODB.parse(path)
        sound = np.tile(sf.read(path)[0], 5)[:8000]
        sf.write(folder / f"{number}.wav", sound, 16000)
        clips.append((folder / f"{number}.wav", found.label, found.speaker))
    sf.write(folder / "long.wav", np.tile(sound, 20), 16000)
    return Material(folder / "run", tiny_emodb, tiny_recipe, clips, folder / "long.wav")


@pytest.fixture(scope="session")
def light(tmp_path_factory):
    """A worker that never needs torch."""
    with processes.worker(tmp_path_factory.mktemp("light")) as made:
        yield made


@pytest.fixture(scope="session")
def heavy(tmp_path_factory):
    """Another, for commands that do."""
    with processes.worker(tmp_path_factory.mktemp("heavy")) as made:
        yield made


@pytest.fixture
def campaign(material, light, heavy, tmp_path):
    return Campaign(material, tmp_path, light, heavy)
