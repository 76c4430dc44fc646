"""What training does to a batch of normalized features, and to what is asked of it."""

from torch import Generator, Tensor

from serkit.augment import Augmentation, mask, mix
from serkit.frames import Frames
from serkit.train import losses


class Perturbation:
    """Masks and mixtures of one batch: called with its features, then asked for the loss that fits them."""

    def __init__(self, augmentation: Augmentation, generator: Generator) -> None:
        self.augmentation, self.generator = augmentation, generator
        self.other: Tensor | None = None
        self.share = 1.0

    def __call__(self, features: dict[str, Frames]) -> dict[str, Frames]:
        """Mixed, then masked, where the recipe says so."""
        if self.augmentation.mixup is not None:
            features, self.other, self.share = mix(features, self.augmentation.mixup, self.generator)
        if self.augmentation.spec_augment is not None:
            features = mask(features, self.augmentation.spec_augment, self.generator)
        return features

    def loss(self, logits: Tensor, targets: Tensor, criterion: losses.Loss) -> Tensor:
        """The loss to the targets; of mixed items to both their targets, by their shares."""
        own = criterion(logits, targets)
        if self.other is None:
            return own
        return self.share * own + (1 - self.share) * criterion(logits, targets[self.other.to(targets.device)])
