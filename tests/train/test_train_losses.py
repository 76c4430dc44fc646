"""Losses against loops by hand."""

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sklearn.utils.class_weight import compute_class_weight

from serkit.recipe.training import Training
from serkit.train import losses

PLAN = {"epochs": 1, "batch_size": 2, "optimizer": {"type": "sgd", "learning_rate": 0.1}}


def given():
    draw = torch.Generator().manual_seed(0)
    return torch.randn(5, 4, generator=draw), torch.tensor([0, 3, 1, 1, 2])


def shares(row):
    powers = [math.exp(value) for value in row]
    return [power / sum(powers) for power in powers]


def test_cross_entropy():
    logits, targets = given()
    wanted = sum(-math.log(shares(row)[target]) for row, target in zip(logits.tolist(), targets.tolist(), strict=True)) / 5
    assert float(losses.of(Training(**PLAN))(logits, targets)) == pytest.approx(wanted, rel=1e-5)


def test_smoothed_cross_entropy():
    logits, targets = given()
    wanted = 0.0
    for row, target in zip(logits.tolist(), targets.tolist(), strict=True):
        for label, share in enumerate(shares(row)):
            wanted -= (0.8 * (label == target) + 0.2 / 4) * math.log(share) / 5
    found = losses.of(Training(**PLAN, label_smoothing=0.2))(logits, targets)
    assert float(found) == pytest.approx(wanted, rel=1e-5)


TRAINED = torch.tensor([0] * 7 + [1] * 2 + [2] * 1 + [3] * 10)


def test_balanced_weights_are_those_of_scikit_learn():
    wanted = compute_class_weight("balanced", classes=np.arange(4), y=TRAINED.numpy())
    assert losses.balanced(TRAINED, 4).tolist() == pytest.approx(wanted.tolist(), rel=1e-6)


def test_an_emotion_that_is_not_trained_on_weighs_nothing():
    there = TRAINED[TRAINED != 2]
    wanted = compute_class_weight("balanced", classes=np.array([0, 1, 3]), y=there.numpy())
    assert losses.balanced(there, 5).tolist() == pytest.approx([wanted[0], wanted[1], 0, wanted[2], 0], rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_weighted_cross_entropy(smoothing):
    logits, targets = given()
    weights = compute_class_weight("balanced", classes=np.arange(4), y=TRAINED.numpy())
    above = below = 0.0
    for row, target in zip(logits.tolist(), targets.tolist(), strict=True):
        below += weights[target]
        for label, share in enumerate(shares(row)):
            above -= weights[label] * ((1 - smoothing) * (label == target) + smoothing / 4) * math.log(share)
    found = losses.of(Training(**PLAN, class_weights="balanced", label_smoothing=smoothing), TRAINED)(logits, targets)
    assert float(found) == pytest.approx(above / below, rel=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"class_weights": "balanced", "loss": "l1_onehot"},
        {"class_weights": "balanced", "loss": "l1"},
        {"sampling": "balanced", "loss": "ccc"},
    ],
)
def test_balance_where_it_means_nothing_is_refused(options):
    with pytest.raises(ValidationError, match=r"class_weights weigh emotions|as many items of each emotion"):
        Training(**PLAN, **options)


def test_l1_onehot():
    logits, targets = given()
    wanted = 0.0
    for row, target in zip(logits.tolist(), targets.tolist(), strict=True):
        wanted += sum(abs(share - (label == target)) for label, share in enumerate(shares(row))) / 20
    found = losses.of(Training(**PLAN, loss="l1_onehot"))(logits, targets)
    assert float(found) == pytest.approx(wanted, rel=1e-5)


def test_smoothing_belongs_to_the_cross_entropy():
    with pytest.raises(ValueError, match="not those of l1_onehot"):
        Training(**PLAN, loss="l1_onehot", label_smoothing=0.1)


def test_losses_of_values_by_hand():
    draw = torch.Generator().manual_seed(1)
    values, targets = torch.randn(6, 1, generator=draw), torch.randn(6, generator=draw)
    x, y = values[:, 0].tolist(), targets.tolist()
    apart = [a - b for a, b in zip(x, y, strict=True)]
    mean_x, mean_y = sum(x) / 6, sum(y) / 6
    shared = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / 6
    spread = sum((a - mean_x) ** 2 for a in x) / 6 + sum((b - mean_y) ** 2 for b in y) / 6
    wanted = {
        "l1": sum(map(abs, apart)) / 6,
        "l2": sum(each**2 for each in apart) / 6,
        "ccc": 1 - 2 * shared / (spread + (mean_x - mean_y) ** 2),
    }
    for loss, value in wanted.items():
        assert float(losses.of(Training(**PLAN, loss=loss))(values, targets)) == pytest.approx(value, rel=1e-5)


def test_ccc_of_what_does_not_vary_has_a_gradient():
    values = torch.full((4, 1), 0.5, requires_grad=True)
    losses.ccc(values, torch.full((4,), 0.5)).backward()
    assert values.grad.isfinite().all()
