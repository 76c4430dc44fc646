"""What a training makes small."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from serkit.recipe.training import Training

Loss = Callable[[Tensor, Tensor], Tensor]
"""Logits (batch, classes), or values (batch, 1), and targets (batch,) to one number."""


def of(plan: Training, trained: Tensor | None = None) -> Loss:
    """The loss that a recipe asks for; class weights come from `trained` (items,), the targets of all training items."""
    match plan.loss:
        case "l1_onehot":
            return l1_onehot
        case "l1":
            return l1
        case "l2":
            return l2
        case "ccc":
            return ccc
    if plan.class_weights == "balanced":
        assert trained is not None  # whoever trains has them
        return partial(weighted, trained=trained, label_smoothing=plan.label_smoothing)
    return partial(F.cross_entropy, label_smoothing=plan.label_smoothing)


def weighted(logits: Tensor, targets: Tensor, trained: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """The cross-entropy in which each class weighs as much as the rest, by its share of `trained`; see `balanced`."""
    weights = balanced(trained, logits.shape[1]).to(logits)
    return F.cross_entropy(logits, targets, weight=weights, label_smoothing=label_smoothing)


def balanced(targets: Tensor, classes: int) -> Tensor:
    """Weights (classes,) for targets (items,): items / (classes that occur * items of the class), 0 where it does not occur.

    Those of scikit-learn's `compute_class_weight("balanced", ...)`, after King and Zeng 2001.
    """
    counts = torch.bincount(targets, minlength=classes)
    weights = len(targets) / ((counts > 0).sum() * counts.clamp(min=1))
    return torch.where(counts > 0, weights, 0.0)


def l1_onehot(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean absolute difference between probabilities and one-hot targets.

    The literal reading of "L1 loss" in Xu et al. 2024, Section 3.1, where nothing else is said of the loss.
    """
    return F.l1_loss(logits.softmax(dim=1), F.one_hot(targets, logits.shape[1]).to(logits.dtype))


def l1(values: Tensor, targets: Tensor) -> Tensor:
    """The mean absolute difference."""
    return F.l1_loss(values[:, 0], targets)


def l2(values: Tensor, targets: Tensor) -> Tensor:
    """The mean squared difference."""
    return F.mse_loss(values[:, 0], targets)


def ccc(values: Tensor, targets: Tensor) -> Tensor:
    """One minus the concordance correlation coefficient (Lin 1989, equation 2) of the batch, in [0, 2]."""
    x, y = values[:, 0], targets
    apart_x, apart_y = x - x.mean(), y - y.mean()
    below = (apart_x**2).mean() + (apart_y**2).mean() + (x.mean() - y.mean()) ** 2
    return 1 - 2 * (apart_x * apart_y).mean() / below.clamp(min=1e-8)
