"""What a recipe may say. Unknown keys are refused with the nearest name, and all faults are told at once."""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from serkit.augment import Augmentation, NoiseConfig
from serkit.config import Config
from serkit.errors import RecipeError
from serkit.features import FEATURE_TYPES, AnyFeature
from serkit.features.standardize import Mode
from serkit.models import AnyModel
from serkit.recipe import catalogue
from serkit.recipe.base import BaseRecipe
from serkit.recipe.baseline import Baseline
from serkit.recipe.training import VALUE_LOSSES, Training
from serkit.types import Cut


class CutConfig(Config):
    """See `serkit.types.Cut`."""

    mode: Literal["whole", "fixed", "windows"]
    seconds: float = Field(gt=0, le=600)
    hop: float = Field(gt=0, le=600)
    at: Literal["end", "both_ends"] = "end"

    @model_validator(mode="after")
    def _overlapping(self) -> "CutConfig":
        if self.hop > self.seconds:
            raise ValueError(f"a hop of {self.hop:g} s leaves gaps between windows of {self.seconds:g} s")
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
        faults = [_explain(fault, kind, values) for fault in error.errors(include_url=False)]
        raise RecipeError(f"recipe {name}: {'; '.join(faults)}") from None


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"--set {override}: write it as KEY=VALUE, for example training.epochs=30")
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        parsed = {}
    value = parsed["value"] if len(parsed) == 1 else text.strip()  # a bare word is a string
    *parents, last = key.strip().split(".")
    at = values
    for parent in parents:
        at = at.setdefault(parent, {})
        if not isinstance(at, dict):
            raise RecipeError(f"--set {override}: '{parent}' holds a value, not a table")
    at[last] = value


def _explain(fault: Any, kind: type[BaseModel], values: Mapping[str, Any]) -> str:
    """One fault as `place: what is wrong`."""
    tagged = [str(part) for part in fault["loc"]]
    place = _without_tags(tagged, values)
    if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        near = difflib.get_close_matches(tagged[-1], _keys_at(kind, tagged[:-1]), n=1, cutoff=0.5)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        return f"{'.'.join(place)}: unknown key{hint}"
    if fault["type"] == "union_tag_not_found":
        return f"{'.'.join(place)}: its type is missing"
    if fault["type"] == "union_tag_invalid":
        known = fault["ctx"]["expected_tags"].replace("'", "")
        return f"{'.'.join(place)}: no type '{fault['ctx']['tag']}'; known are {known}"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{'.'.join(place) or 'recipe'}: {message[:1].lower()}{message[1:]}"


def _without_tags(place: Sequence[str], values: Any) -> list[str]:
    """A place as the recipe's author wrote it.

    Pydantic puts the `type` of a table between the table and its keys, and what a plain value may be behind the value's key.
    """
    found: list[str] = []
    for part in place:
        if isinstance(values, str | int | float):
            break
        if isinstance(values, list | tuple):
            values = values[int(part)] if part.isdecimal() and int(part) < len(values) else None
        else:
            table = values if isinstance(values, Mapping) else {}
            if part not in table and part == table.get("type", found[-1] if found else None):
                continue
            values = table.get(part)
        found.append(part)
    return found


def _keys_at(kind: type[BaseModel], place: Sequence[str]) -> list[str]:
    """Every key that is known at a place; a discriminated union adds the chosen type's name to the place."""
    found: list[str] = []

    def walk(annotation: Any, rest: Sequence[str]) -> None:
        """Go down the rest of the place; types that are no models are looked into."""
        for inner in getattr(annotation, "__args__", ()):
            walk(inner, rest)
        if is_dataclass(annotation) and not rest:
            found.extend(each.name for each in fields(annotation))
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return
        if not rest:
            found.extend(annotation.model_fields)
        elif rest[0] in annotation.model_fields:
            walk(annotation.model_fields[rest[0]].annotation, rest[1:])
        else:
            walk(annotation, rest[1:])  # the name of a feature, or of a union's member

    walk(kind, place)
    return found
