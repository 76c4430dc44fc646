"""What one stage of a training trains: the whole model, or one of its modules by itself.

Stages and their order are the recipe's (`training.pretrain`): each module apart, then frozen, and the whole that joins them.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, Self, cast

import torch
from torch import Tensor

from serkit.augment import Augmentation
from serkit.cache import Entry
from serkit.frames import Frames, Output
from serkit.recipe.training import WHOLE
from serkit.system import System
from serkit.train.examples import Examples, Kept, Place


class Pretrainable(Protocol):
    """A module of a model that can be trained by itself."""

    def alone(self, **features: Frames) -> Output:
        """What it recognizes in the model's features, with a classifier of its own."""


class Joining(Protocol):
    """A model whose modules that may be trained beforehand say vectors, which the rest joins; `joins` are their names."""

    joins: tuple[str, ...]

    def said(self, **features: Frames) -> dict[str, Tensor]:
        """By module, what it says of the features: (batch, dim)."""

    def joined(self, **said: Tensor) -> Output:
        """What the rest makes of that."""


class Trained(torch.nn.Module):
    """What a stage trains, as a module of its own for Fabric to wrap: a module of the model by itself, or the whole.

    The rest is frozen: it gets no gradient and stays in evaluation mode, so that not even running statistics move. What it says
    of an item is then the same in every epoch, and can be remembered in place of the item's features.
    """

    def __init__(self, system: System, stage: str, pretrained: Sequence[str]) -> None:
        super().__init__()
        self.system, self.stage = system, stage
        model = system.model
        self.trained = model if stage == WHOLE else model.get_submodule(stage)
        self.frozen = [model.get_submodule(name) for name in pretrained] if stage == WHOLE else []
        self.joins_frozen = bool(self.frozen) and set(cast(Joining, model).joins) <= set(pretrained)
        self.remembered = False
        model.requires_grad_(False)
        self.trained.requires_grad_(True)
        for module in self.frozen:
            module.requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """Training or evaluation mode of what is trained; the rest stays in the latter."""
        self.training = mode
        self.system.eval()
        self.trained.train(mode)
        for module in self.frozen:
            module.eval()
        return self

    def logits(self, features: dict[str, Frames]) -> Output:
        """The stage's output for raw features, values in the units of their scale."""
        return self.system.in_units(self._output(self.system.normalized(features)))

    def forward(self, features: dict[str, Frames], perturb: Callable[[dict[str, Frames]], dict[str, Frames]]) -> Tensor:
        """Logits, or z-scores of values, for raw features; `perturb` changes these, normalized, on their way to the model."""
        return self._output(perturb(self.system.normalized(features))).logits

    def remembers(self, augmentation: Augmentation) -> bool:
        """Whether from now on items are what `heard` makes of them: where all that is joined hears the same in every epoch."""
        same = not (augmentation.fresh or augmentation.spec_augment or augmentation.mixup)
        self.remembered = self.joins_frozen and same
        return self.remembered

    @torch.no_grad()
    def heard(self, examples: Examples) -> Examples:
        """What the frozen modules say of the items, in place of these: features of one frame each, which none normalizes."""
        device, model = next(self.parameters()).device, cast(Joining, self.system.model)
        self.eval()
        batches = [model.said(**self.system.normalized(batch)) for batch, _ in examples.batches(64, device)]
        values = {name: torch.cat([batch[name] for batch in batches]).float().cpu().numpy() for name in batches[0]}
        places: list[Place] = [
            ({name: Kept((1,), Entry(own[item : item + 1], (1,)), None, name) for name, own in values.items()}, 0)
            for item in range(len(examples))
        ]
        return replace(examples, places=tuple(places))

    def _output(self, features: dict[str, Frames]) -> Output:
        model = self.system.model
        if self.remembered:
            return cast(Joining, model).joined(**{name: frames.values[:, 0] for name, frames in features.items()})
        given: Output = model(**features) if self.stage == WHOLE else cast(Pretrainable, self.trained).alone(**features)
        return given
