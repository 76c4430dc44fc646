"""A system's predictions for whole utterances against a loop by hand."""

import numpy as np
import pytest
import torch
from synthetic import LABELS, recipe_of, store_of, system_of

from serkit.runs import Row
from serkit.train.evaluate import probabilities, rows


@pytest.fixture
def fitted(clips):
    recipe = recipe_of()
    system = system_of(recipe)
    examples = store_of(recipe, system=system).examples(clips, copies=False)
    system.fit_normalizers([examples.features])
    with torch.no_grad():
        for parameter in system.model.parameters():
            parameter.mul_(3)  # far from uniform
    return system, examples


def by_hand(system, examples):
    """One window at a time."""
    system.eval()
    logits = []
    with torch.no_grad():
        for item in range(len(examples)):
            features, _ = examples.batch(torch.tensor([item]), torch.device("cpu"))
            logits.append(system.logits(features).logits[0].double())
    softmax = torch.stack(logits).softmax(1).numpy()
    losses = [-np.log(own[target]) for own, target in zip(softmax, examples.targets.tolist(), strict=True)]
    owners = examples.owners.numpy()
    return np.array([softmax[owners == number].mean(0) for number in range(len(examples.utterances))]), float(np.mean(losses))


@pytest.mark.parametrize("batch_size", [1, 5, 64])
def test_probabilities_equal_a_loop_by_hand(fitted, batch_size):
    system, examples = fitted
    expected, expected_loss = by_hand(system, examples)
    system.train()
    found, loss = probabilities(system, examples, batch_size)
    assert not system.training
    assert found.shape == (16, 4)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert loss == pytest.approx(expected_loss, rel=1e-4)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-9)
    assert np.ptp(found) > 0.2  # the comparison says something


def test_rows(fitted):
    _, examples = fitted
    found = np.arange(64, dtype=float).reshape(16, 4)
    made = rows(found, examples.utterances, LABELS, "3", 7, "validation")
    assert len(made) == 16
    first = examples.utterances[0]
    assert made[0] == Row(first.id, "synthetic", first.speaker, "3", 7, "validation", first.label, (0.0, 1.0, 2.0, 3.0))
    assert [row.utterance for row in made] == [each.id for each in examples.utterances]
    assert [row.probabilities[0] for row in made] == list(range(0, 64, 4))
    assert all(type(value) is float for value in made[0].probabilities)


@pytest.mark.parametrize("shape", [(15, 4), (16, 3), (16, 5)])
def test_rows_of_another_shape_are_refused(fitted, shape):
    with pytest.raises(ValueError, match="for 16 utterances and 4 labels"):
        rows(np.zeros(shape), fitted[1].utterances, LABELS, "3", 7, "test")
