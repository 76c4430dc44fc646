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
    costs: tuple[Cost, ...] = Field(COSTS, min_length=1)


class LogisticRegression(Config):
    """Multinomial logistic regression with an L2 penalty of 1 / C; the first of `costs` with the best validation accuracy."""

    type: Literal["logistic_regression"]
    costs: tuple[Cost, ...] = Field(COSTS, min_length=1)


Classifier = Majority | LinearSVM | LogisticRegression


class OwnFunctionals(FunctionalsConfig):
    """Statistics over the frames of one of our front-ends, which hears recordings at `rate` Hz."""

    rate: int = Field(16000, ge=1000, le=768000)  # Hz


AnyFunctionals = OpenSmileConfig | OwnFunctionals


class Baseline(BaseRecipe):
    """A classifier on functionals.

    The functionals are standardized by the training part. The cost is chosen on the validation part; with `refit` the
    classifier that is tested has then learned from both parts, as others use it.
    """

    functionals: Annotated[AnyFunctionals, Field(discriminator="type")]
    classifier: Annotated[Classifier, Field(discriminator="type")]
    refit: bool = True

    @model_validator(mode="after")
    def _emotions(self) -> "Baseline":
        if self.corpus.target:
            raise ValueError(f"{self.classifier.type} tells emotions apart; it learns no values of {self.corpus.target}")
        return self

    @property
    def system(self) -> str:
        """The classifier's type."""
        return self.classifier.type

    @property
    def selection(self) -> str:
        """What chose the cost."""
        return "nothing to choose" if isinstance(self.classifier, Majority) else "the cost with the best validation accuracy"
