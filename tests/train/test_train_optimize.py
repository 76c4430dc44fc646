"""Optimizers and learning rates against values by hand."""

import math

import pytest
import torch
from synthetic import recipe_of

from serkit.train.optimize import learning_rate, optimizer


def plan_of(schedule=None, epochs=4, **chosen):
    chosen = {"type": "sgd", "learning_rate": 0.1} | chosen
    return recipe_of(epochs=epochs, optimizer=chosen, schedule=schedule or {"type": "constant"}).training


def test_constant():
    plan = plan_of()
    assert {learning_rate(plan, step, 5) for step in range(20)} == {0.1}


def test_step():
    plan = plan_of({"type": "step", "every": 2, "gamma": 0.5}, epochs=6)
    by_epoch = [[learning_rate(plan, 3 * epoch + step, 3) for step in range(3)] for epoch in range(6)]
    assert by_epoch == [[0.1] * 3, [0.1] * 3, [0.05] * 3, [0.05] * 3, [0.025] * 3, [0.025] * 3]


def test_step_has_torchs_default_gamma():
    assert learning_rate(plan_of({"type": "step", "every": 1}), 1, 1) == pytest.approx(0.01)


def test_cosine_without_warmup():
    plan = plan_of({"type": "cosine"}, epochs=4)
    found = [learning_rate(plan, step, 1) for step in range(4)]
    half = math.sqrt(0.5)
    assert found == pytest.approx([0.1, 0.05 * (1 + half), 0.05, 0.05 * (1 - half)])


def test_cosine_with_warmup():
    # 8 steps, a quarter of them rising: 1/3, 2/3 of the rate, then half a cosine over the other six from its top
    plan = plan_of({"type": "cosine", "warmup": 0.25}, epochs=4)
    found = [learning_rate(plan, step, 2) for step in range(8)]
    falling = [0.05 * (1 + math.cos(math.pi * part / 6)) for part in range(6)]
    assert found == pytest.approx([0.1 / 3, 0.2 / 3, *falling])
    assert found[2] == pytest.approx(0.1)
    assert found[-1] == pytest.approx(0.05 * (1 - math.sqrt(0.75)))
    assert found.index(max(found)) == 2
    assert min(found) > 0


def made(**chosen):
    return optimizer(plan_of(**chosen), [torch.nn.Parameter(torch.zeros(3))])


def test_sgd():
    one = made(momentum=0.7, weight_decay=0.02)
    assert type(one) is torch.optim.SGD
    (group,) = one.param_groups
    assert (group["lr"], group["momentum"], group["weight_decay"], group["nesterov"]) == (0.1, 0.7, 0.02, False)
    assert group["dampening"] == 0


@pytest.mark.parametrize(("decoupled", "kind"), [(False, torch.optim.Adam), (True, torch.optim.AdamW)])
def test_adam(decoupled, kind):
    one = made(type="adam", betas=[0.8, 0.95], weight_decay=0.02, decoupled=decoupled)
    assert type(one) is kind
    (group,) = one.param_groups
    assert (group["lr"], group["betas"], group["weight_decay"], group["amsgrad"]) == (0.1, (0.8, 0.95), 0.02, False)
    assert made(type="adam").param_groups[0]["weight_decay"] == 0
    assert made(type="adam", decoupled=True).param_groups[0]["weight_decay"] == 0


def test_rmsprop():
    one = made(type="rmsprop", alpha=0.8, momentum=0.3, weight_decay=0.02)
    assert type(one) is torch.optim.RMSprop
    (group,) = one.param_groups
    assert (group["lr"], group["alpha"], group["momentum"], group["weight_decay"]) == (0.1, 0.8, 0.3, 0.02)


def test_every_parameter_is_handed_over():
    parameters = [torch.nn.Parameter(torch.ones(2)) for _ in range(3)]
    assert optimizer(plan_of(), iter(parameters)).param_groups[0]["params"] == parameters
