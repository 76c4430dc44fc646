"""Baselines through the same protocols, Run folders and commands as systems."""

import json

import numpy as np
import pytest

from serkit import experiment, runs
from serkit.errors import ModelError, RunError, UsageError
from serkit.experiment import Machine
from serkit.inference import load
from serkit.recipe import schema
from serkit.report import summary, write

SPLIT = "protocol={type='speaker_holdout', test=['15', '16'], validation=['13', '12']}"
OWN = 'functionals.of={type="mfcc"}'


@pytest.fixture
def begin(small_corpus, tmp_path):
    def start(name="baseline/emodb", *overrides, folder="run"):
        if name != "baseline/emodb/is10":
            pytest.importorskip("opensmile", reason="the extra serkit[opensmile] is not installed")
        machine = Machine("cpu", 1, 1, "float32")
        fast = OWN if name == "baseline/emodb/is10" else 'functionals.set="egemaps_v02"'
        recipe = schema.load(name, [fast, SPLIT, *overrides])
        return experiment.start(name, recipe, machine, [0], tmp_path / folder, small_corpus, "serkit train")

    return start


def train(plan):
    experiment.train(plan, final=False, jobs=1, notify=lambda _: None)


def score(plan, ledger):
    experiment.score_test(plan, ledger, "serkit train --score-test", lambda _: None)


@pytest.mark.parametrize("name", ["baseline/emodb", "baseline/emodb/logistic", "baseline/emodb/is10"])
def test_a_baseline_learns_and_is_scored_once(begin, tmp_path, name):
    plan = begin(name)
    train(plan)
    assert {row.part for row in plan.run.predictions()} == {"validation"}
    choice = json.loads((plan.run.fold("holdout", 0) / "choice.json").read_text(encoding="utf-8"))
    tried = {each["cost"]: each["accuracy"] for each in choice["tried"]}
    assert len(tried) == 6
    assert tried[choice["cost"]] == max(tried.values())
    assert summary(plan.run).scores.wa.value == pytest.approx(max(tried.values()))
    score(plan, tmp_path / "ledger.csv")
    score(plan, tmp_path / "ledger.csv")
    found = summary(plan.run)
    assert found.part == "test"
    assert found.scores.wa.value > 0.5  # each emotion is a tone of its own
    assert len((tmp_path / "ledger.csv").read_text(encoding="utf-8").splitlines()) == 2
    assert "cost: validation" in found.protocol
    page = write(plan.run).read_text(encoding="utf-8")
    assert "linear_svm" in page or "logistic_regression" in page


@pytest.mark.parametrize("name", ["baseline/cnn/emodb", "baseline/bilstm_attention/emodb"])
def test_a_plain_network_goes_the_way_of_a_system(small_corpus, tmp_path, name):
    """The same protocol, Run, scores, page and model."""
    recipe = schema.load(
        name, [SPLIT, "training.epochs=8", "training.precision=float32", "training.optimizer.learning_rate=0.01"]
    )
    machine = Machine("cpu", 1, 1, "float32")
    plan = experiment.start(name, recipe, machine, [0], tmp_path / "run", small_corpus, "serkit train")
    train(plan)
    assert {row.part for row in plan.run.predictions()} == {"validation"}
    score(plan, tmp_path / "ledger.csv")
    found = summary(plan.run)
    assert found.part == "test"
    assert found.scores.wa.value > 0.5  # each emotion is a tone of its own
    assert f'type = "{name.split("/")[1]}"' in write(plan.run).read_text(encoding="utf-8").replace("&#34;", '"')
    recognizer = load(plan.run.model_file)
    tested = [row for row in plan.run.predictions() if row.part == "test"]
    for row in tested[:3]:
        prediction = recognizer(small_corpus / "wav" / f"{row.utterance}.wav")
        np.testing.assert_allclose(list(prediction.scores.values()), row.probabilities, atol=1e-4)


def test_refitting_learns_from_validation_too(begin, tmp_path):
    rows = {}
    for refit in (True, False):
        plan = begin("baseline/emodb/majority", f"refit={str(refit).lower()}", folder=f"run-{refit}")
        train(plan)
        score(plan, tmp_path / "ledger.csv")
        rows[refit] = plan.run.predictions("test")[0].probabilities
        (fold,) = plan.folds(0)
        learned = fold.train + fold.validation if refit else fold.train
        shares = [sum(each.label == label for each in learned) / len(learned) for label in plan.run.info.labels]
        np.testing.assert_allclose(rows[refit], shares, rtol=1e-6)


def test_the_test_part_moves_nothing_before_it_is_scored(begin):
    """Standardization and choice see training and validation alone: other functionals of the test part change no row."""
    one, other = begin(folder="one"), begin(folder="other")
    train(one)
    values = np.load(one.run.folder / "functionals.npy")
    (fold,) = one.folds(0)
    order = {each.id: at for at, each in enumerate(one.utterances)}
    values[[order[each.id] for each in fold.test]] = 1e6
    np.save(other.run.folder / "functionals.npy", values)
    train(other)
    assert one.run.predictions() == other.run.predictions()


def test_what_a_baseline_is_not_for(begin, tmp_path):
    plan = begin()
    train(plan)
    with pytest.raises(ModelError, match="a baseline, which leaves no model"):
        load(plan.run.folder)
    with pytest.raises(UsageError, match="leaves no model"):
        experiment.train(plan, final=True, jobs=1, notify=lambda _: None)
    for content in ("{", "[]", '{"cost": NaN}', '{"cost": -1}', '{"cost": "1"}'):
        runs.write(plan.run.fold("holdout", 0) / "choice.json", content)
        with pytest.raises(RunError, match="missing or damaged"):
            score(plan, tmp_path / "ledger.csv")


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", "other"])
def test_damaged_functionals_are_named(begin, content):
    plan = begin()
    path = plan.run.folder / "functionals.npy"
    if content == "other":
        np.save(path, np.zeros((3, 88), np.float32))
    else:
        path.write_bytes(content)
    with pytest.raises(RunError, match=r"functionals\.npy"):
        train(plan)
