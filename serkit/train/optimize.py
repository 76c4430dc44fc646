"""Optimizers and learning rates of a recipe."""

import math
from collections.abc import Iterable

import torch
from torch import nn

from serkit.recipe.training import SGD, WHOLE, Adam, Constant, Step, Training


def optimizer(plan: Training, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """The recipe's optimizer."""
    chosen = plan.optimizer
    rate, decay = chosen.learning_rate, chosen.weight_decay
    if isinstance(chosen, SGD):
        return torch.optim.SGD(parameters, rate, chosen.momentum, weight_decay=decay)
    if isinstance(chosen, Adam):
        made = torch.optim.AdamW if chosen.decoupled else torch.optim.Adam
        return made(parameters, rate, chosen.betas, weight_decay=decay)
    return torch.optim.RMSprop(parameters, rate, chosen.alpha, momentum=chosen.momentum, weight_decay=decay)


def learning_rate(plan: Training, step: int, steps_per_epoch: int, stage: str = WHOLE) -> float:
    """The rate of one step of a stage (from 0): a function of the step alone, so that one that is resumed needs no state."""
    base, schedule = plan.optimizer.learning_rate, plan.schedule
    if isinstance(schedule, Constant):
        return base
    if isinstance(schedule, Step):
        return float(base * schedule.gamma ** (step // steps_per_epoch // schedule.every))
    total = plan.epochs_of(stage) * steps_per_epoch
    rise = schedule.warmup * total
    if step < rise:
        return base * (step + 1) / (rise + 1)
    return base * 0.5 * (1 + math.cos(math.pi * (step - rise) / (total - rise)))
