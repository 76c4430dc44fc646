"""What a training makes small."""

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor

from serkit.recipe.training import Training

Loss = Callable[[Tensor, Tensor], Tensor]
"""Logits (batch, classes) and targets (batch,) to one number."""


def of(plan: Training) -> Loss:
    """The loss that a recipe asks for."""
    if plan.loss == "l1_onehot":
        return l1_onehot
    return partial(F.cross_entropy, label_smoothing=plan.label_smoothing)


def l1_onehot(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean absolute difference between probabilities and one-hot targets.

    The literal reading of "L1 loss" in Xu et al. 2024, Section 3.1, where nothing else is said of the loss.
    """
    return F.l1_loss(logits.softmax(dim=1), F.one_hot(targets, logits.shape[1]).to(logits.dtype))
