"""What a recipe may say. Unknown keys are refused with the nearest name, and all faults are told at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from serkit.augment import Augmentation, NoiseConfig
from serkit.config import Config
from serkit.errors import RecipeError
from serkit.features import FEATURE_TYPES, AnyFeature
from serkit.features.standardize import Mode
from serkit.models import AnyModel
from serkit.recipe import catalogue
from serkit.recipe._faults import explain
from serkit.recipe.base import BaseRecipe
from serkit.recipe.baseline import Baseline
from serkit.recipe.training import VALUE_LOSSES, Training
from serkit.types import LONGEST_WINDOW, SHORTEST_HOP, SHORTEST_WINDOW, Cut

MOST_OVER = 100
"""Windows that may hold the same moment: all of a recording are in memory at once."""


class CutConfig(Config):
    """See `serkit.types.Cut`."""

    mode: Literal["whole", "fixed", "windows"]
    seconds: float = Field(ge=SHORTEST_WINDOW, le=LONGEST_WINDOW)
    hop: float = Field(ge=SHORTEST_HOP, le=LONGEST_WINDOW)
    at: Literal["end", "both_ends"] = "end"

    @model_validator(mode="after")
    def _overlapping(self) -> "CutConfig":
        if self.hop > self.seconds:
            raise ValueError(f"a hop of {self.hop:g} s leaves gaps between windows of {self.seconds:g} s")
        if self.seconds > MOST_OVER * self.hop:
            raise ValueError(f"a hop of {self.hop:g} s puts more than {MOST_OVER} windows of {self.seconds:g} s over a moment")
        return self

    def cut(self) -> Cut:
        """The plain value."""
        return Cut(self.mode, self.seconds, self.hop, self.at)


class Recipe(BaseRecipe):
    """One system on one corpus."""

    rate: int = Field(ge=1000, le=768000)  # Hz
    cut: CutConfig
    features: dict[str, AnyFeature]
    normalization: dict[str, Mode] = Field(default_factory=dict)
    noise: NoiseConfig = NoiseConfig(copies=0)
    augmentation: Augmentation = Augmentation()
    model: AnyModel
    training: Training

    @field_validator("features", mode="before")
    @classmethod
    def _type_by_name(cls, features: Any) -> Any:
        """A feature that is named for its type need not say it twice."""
        if not isinstance(features, Mapping):
            return features
        return {
            name: {"type": name} | table if isinstance(table, dict) and name in FEATURE_TYPES else table
            for name, table in features.items()
        }

    @property
    def system(self) -> str:
        """The system's name."""
        return self.model.type

    @property
    def selection(self) -> str:
        """What chose the epoch whose weights are kept."""
        return self.training.select

    @model_validator(mode="after")
    def _names_agree(self) -> "Recipe":
        if unknown := set(self.normalization) - set(self.features):
            raise ValueError(f"normalization of {', '.join(sorted(unknown))}, which no front-end makes")
        if self.augmentation.copies and self.noise.placement != "train":
            raise ValueError(f"augmentation.copies beside noise.placement {self.noise.placement}: copies of copies")
        if (self.task == "regression") != (self.training.loss in VALUE_LOSSES):
            asked = (
                f"corpus.target {self.corpus.target} asks for" if self.corpus.target else "without corpus.target there are no"
            )
            raise ValueError(f"training.loss {self.training.loss}: {asked} values, which l1, l2 and ccc are losses of")
        if "samples" in self.features:
            raise ValueError("a feature cannot be named samples: they are what it is made of")
        return self


AnyRecipe = Recipe | Baseline

MOST_PARTS = 32
"""Tables in tables that an override may name."""


def epochs_of(recipe: AnyRecipe) -> int:
    """Its most epochs, over all stages; none for a baseline."""
    return sum(map(recipe.training.epochs_of, recipe.training.stages)) if isinstance(recipe, Recipe) else 0


def precision_of(recipe: AnyRecipe) -> str:
    """What it asks for; baselines are computed in double precision."""
    return recipe.training.precision if isinstance(recipe, Recipe) else "float64"


def load(name: str, overrides: Sequence[str] = ()) -> AnyRecipe:
    """A recipe by name or path, with `overrides` such as "training.epochs=30" put over it.

    Raises RecipeError with every fault and its place.
    """
    return resolve(catalogue.load(name), name, overrides)


def resolve(values: dict[str, Any], name: str, overrides: Sequence[str] = ()) -> AnyRecipe:
    """The recipe with these values and with `overrides` put over them, which `values` then holds. Raises RecipeError."""
    for override in overrides:
        _override(values, override)
    return parse(values, name)


def load_file(path: Path) -> AnyRecipe:
    """A recipe from any file."""
    return parse(catalogue.read(path), str(path))


def parse(values: Mapping[str, Any], name: str) -> AnyRecipe:
    """Check the values of a recipe, a baseline's where it names a classifier.

    Raises RecipeError with every fault and its place.
    """
    kind: type[Recipe] | type[Baseline] = Baseline if "classifier" in values else Recipe
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise RecipeError(f"recipe {name}: {explain(error.errors(include_url=False), kind, values)}") from None


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    *parents, last = parts = [part.strip() for part in key.split(".")]
    if not equals or not all(parts) or len(parts) > MOST_PARTS:
        raise RecipeError(f"--set {override}: write it as KEY=VALUE, for example training.epochs=30")
    at = values
    for parent in parents:
        at = at.setdefault(parent, {})
        if not isinstance(at, dict):
            raise RecipeError(f"--set {override}: '{parent}' holds a value, not a table")
    at[last] = _value(override, text.strip())


def _value(override: str, text: str) -> Any:
    """What TOML says that the text is; a bare word is a string."""
    if not text:
        raise RecipeError(f"--set {override}: no value behind the '='; an empty text is written as {override.strip()}'\"\"'")
    try:
        parsed = catalogue.parse(f"value = {text}")
    except ValueError as error:
        if text[0] in "[{\"'":
            raise RecipeError(f"--set {override}: what is behind the '=' is not TOML: {error}") from None
        parsed = {}
    return parsed["value"] if len(parsed) == 1 else text
