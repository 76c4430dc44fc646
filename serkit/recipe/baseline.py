"""What the recipe of a baseline may say: functionals of whole utterances and a classifier that is no network."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from serkit.config import Config
from serkit.features.functionals import FunctionalsConfig
from serkit.features.opensmile import OpenSmileConfig
from serkit.recipe.base import BaseRecipe

Cost = Annotated[float, Field(gt=0, lt=1e9)]

COSTS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


class Majority(Config):
    """The shares of the emotions in training, for every utterance: what a score means that knows nothing."""

    type: Literal["majority"]


class LinearSVM(Config):
    """A linear support vector machine, one against one; the first of `costs` with the best validation accuracy."""

    type: Literal["linear_svm"]
    costs: tuple[Cost, ...] = Field(COSTS, min_length=1, max_length=100)


class LogisticRegression(Config):
    """Multinomial logistic regression with an L2 penalty of 1 / C; the first of `costs` with the best validation accuracy."""

    type: Literal["logistic_regression"]
    costs: tuple[Cost, ...] = Field(COSTS, min_length=1, max_length=100)


class Constant(Config):
    """The median of the training values, for every utterance: what an error means that knows nothing."""

    type: Literal["constant"]


class Ridge(Config):
    """Linear regression with an L2 penalty; the first of `penalties` with the smallest mean absolute validation error."""

    type: Literal["ridge"]
    penalties: tuple[Cost, ...] = Field((1e2, 1e3, 1e4, 1e5, 1e6), min_length=1, max_length=100)


Classifier = Majority | LinearSVM | LogisticRegression | Constant | Ridge
"""The last two are of values."""

UNINFORMED = (Majority, Constant)
"""What has heard nothing."""


class OwnFunctionals(FunctionalsConfig):
    """Statistics over the frames of one of our front-ends, which hears recordings at `rate` Hz."""

    rate: int = Field(16000, ge=1000, le=768000)  # Hz


AnyFunctionals = OpenSmileConfig | OwnFunctionals


class Baseline(BaseRecipe):
    """A classifier, or a regression, on functionals.

    The functionals are standardized by the training part. The cost is chosen on the validation part; with `refit` the
    classifier that is tested has then learned from both parts, as others use it.
    """

    functionals: Annotated[AnyFunctionals, Field(discriminator="type")]
    classifier: Annotated[Classifier, Field(discriminator="type")]
    refit: bool = True

    @model_validator(mode="after")
    def _of_its_kind(self) -> "Baseline":
        if (self.task == "regression") != isinstance(self.classifier, Constant | Ridge):
            wanted = "constant or ridge" if self.corpus.target else "majority, linear_svm or logistic_regression"
            asked = f"values of {self.corpus.target}" if self.corpus.target else "emotions"
            raise ValueError(f"classifier.type {self.classifier.type}: for {asked} take {wanted}")
        return self

    @property
    def system(self) -> str:
        """The classifier's type."""
        return self.classifier.type

    @property
    def selection(self) -> str:
        """What chose the cost."""
        if isinstance(self.classifier, UNINFORMED):
            return "nothing to choose"
        if isinstance(self.classifier, Ridge):
            return "the penalty with the smallest validation error"
        return "the cost with the best validation accuracy"
