"""What a recipe may say of the search for weights: optimizer, schedule, how long, and which epoch is kept."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from serkit.config import Config

Rate = Annotated[float, Field(gt=0, lt=1e38)]
"""A learning rate that float32 can hold."""


class SGD(Config):
    """Stochastic gradient descent."""

    type: Literal["sgd"]
    learning_rate: Rate
    momentum: float = Field(0.0, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)


class Adam(Config):
    """Adam; with `decoupled` its weight decay is AdamW's."""

    type: Literal["adam"]
    learning_rate: Rate
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.9, 0.999)
    weight_decay: float = Field(0.0, ge=0)
    decoupled: bool = False


class RMSprop(Config):
    """RMSprop."""

    type: Literal["rmsprop"]
    learning_rate: Rate
    alpha: float = Field(0.99, gt=0, lt=1)
    momentum: float = Field(0.0, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)


class Constant(Config):
    """One rate from first to last."""

    type: Literal["constant"] = "constant"


class Step(Config):
    """The rate times `gamma` every `every` epochs."""

    type: Literal["step"]
    every: int = Field(ge=1)
    gamma: float = Field(0.1, gt=0, lt=1)


class Cosine(Config):
    """A linear rise over the first `warmup` of all steps, then half a cosine to nothing."""

    type: Literal["cosine"]
    warmup: float = Field(0.0, ge=0, lt=1)


VALUE_LOSSES = ("l1", "l2", "ccc")
"""Losses of values; the others are of emotions."""

WHOLE = "whole"
"""The last stage of a training."""


class Training(Config):
    """How the weights are found.

    `select` chooses the epoch whose weights are kept: the best validation accuracy (the smaller loss where equal), or the
    last. `leaky_test` judges epochs by the test utterances in place of the validation ones, as papers do that score the part
    which chose: its scores are called leaky wherever they are printed, and are there to show what that is worth. Training
    stops after `patience` epochs without a better one. `precision` "auto" is bf16 where the machine computes with it, else
    float32; `drop_last` leaves out a last batch that is not full. `batches` puts items of about one length into a batch
    (`by_length`), so that little of it is padding, in an order that is drawn anew for each epoch; or any items (`shuffled`).

    `loss` is the cross-entropy, whose targets `label_smoothing` makes soft, or `l1_onehot`: the mean absolute difference
    between probabilities and 0 or 1. Validation tells the cross-entropy to hard targets in any case. Of values it is the mean
    absolute (`l1`) or squared (`l2`) difference, or one minus the concordance correlation coefficient of a batch (`ccc`);
    validation then tells it over all utterances, and the epoch with the smallest is the best.

    With `class_weights` "balanced" the cross-entropy of training, not that of validation, weighs each emotion by the number of
    training items / (emotions * items of that emotion), as scikit-learn's weights of that name. With `sampling` "balanced" an
    epoch draws, with replacement, the same number of items of each emotion, as many in all as there are, or a few more.

    `pretrain` names modules of the model that are trained first, each in a stage of its own with a classifier of its own, and
    are frozen after that, in evaluation mode, while the rest is trained. Each stage begins with the best weights of the one
    before it and has `epochs`, `patience`, optimizer and schedule to itself; the last one `whole_epochs`, where they are given.
    """

    epochs: int = Field(ge=1, le=100_000)
    batch_size: int = Field(ge=2, le=65_536)
    optimizer: Annotated[SGD | Adam | RMSprop, Field(discriminator="type")]
    schedule: Annotated[Constant | Step | Cosine, Field(discriminator="type")] = Constant()
    select: Literal["validation", "last", "leaky_test"] = "validation"
    patience: int | None = Field(None, ge=1)
    drop_last: bool = False
    batches: Literal["shuffled", "by_length"] = "shuffled"
    loss: Literal["cross_entropy", "l1_onehot", "l1", "l2", "ccc"] = "cross_entropy"
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    class_weights: Literal["none", "balanced"] = "none"
    sampling: Literal["shuffled", "balanced"] = "shuffled"
    precision: Literal["auto", "float32", "bf16"] = "auto"
    pretrain: tuple[str, ...] = ()
    whole_epochs: int | None = Field(None, ge=1, le=100_000)

    @model_validator(mode="after")
    def _smooth(self) -> "Training":
        if self.label_smoothing and self.loss != "cross_entropy":
            raise ValueError(f"label_smoothing softens the targets of the cross-entropy, not those of {self.loss}")
        return self

    @model_validator(mode="after")
    def _balanced(self) -> "Training":
        if self.class_weights == "balanced" and self.loss != "cross_entropy":
            raise ValueError(f"class_weights weigh emotions in the cross-entropy, not in {self.loss}")
        if self.sampling == "balanced" and self.loss in VALUE_LOSSES:
            raise ValueError(f"sampling balanced draws as many items of each emotion, and {self.loss} is a loss of values")
        return self

    @property
    def stages(self) -> tuple[str, ...]:
        """The modules that are trained by themselves, then `WHOLE`."""
        return (*self.pretrain, WHOLE)

    def epochs_of(self, stage: str) -> int:
        """The most epochs of a stage."""
        return self.whole_epochs or self.epochs if stage == WHOLE else self.epochs
