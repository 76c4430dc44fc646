"""From a recipe to the system that it describes."""

from collections.abc import Mapping

from torch import nn

from serkit.errors import RecipeError
from serkit.features import FrontEnd, Standardizer, front_end
from serkit.models import (
    CNN,
    MPAFCNN,
    AMSNet,
    AMSNetConfig,
    BiGRUMHA,
    BiGRUMHAConfig,
    BiLSTMAttention,
    BiLSTMAttentionConfig,
    CNNConfig,
    CNNTransformer,
    CNNTransformerConfig,
    MPAFCNNConfig,
)
from serkit.recipe.schema import Recipe
from serkit.system import Destandardizer, System
from serkit.windows import SHORTEST, sizes


def system(recipe: Recipe, classes: int) -> System:
    """The untrained system for that many classes, or for one value. Draws its weights from torch's global generator.

    Raises RecipeError where the parts do not fit together.
    """
    window, _ = sizes(recipe.cut.cut(), recipe.rate)
    try:
        front_ends = {name: front_end(config, recipe.rate) for name, config in recipe.features.items()}
        normalizers = {
            name: Standardizer(mode, front_ends[name].frames(window), front_ends[name].dim)
            for name, mode in recipe.normalization.items()
        }
        whole = recipe.cut.mode == "whole"
        if whole and "per_position" in recipe.normalization.values():
            raise ValueError(
                "per_position normalization needs windows of one length; take per_coefficient for whole recordings"
            )
        for name, each in front_ends.items():
            if whole and each.shortest > SHORTEST * recipe.rate:
                raise ValueError(f"{name}: its windows find no frame in {SHORTEST:g} s, the shortest whole recording; pad them")
        model = _model(recipe, front_ends, window, classes)
        _stages(recipe, model)
    except (ValueError, ArithmeticError, RuntimeError, MemoryError) as error:  # torch raises RuntimeError where memory ends
        raise RecipeError(
            f"recipe '{recipe.title}': {str(error).partition(chr(10))[0] or 'it does not fit into memory'}"
        ) from None
    return System(front_ends, normalizers, model, Destandardizer() if recipe.task == "regression" else None)


def _model(recipe: Recipe, front_ends: Mapping[str, FrontEnd], window: int, classes: int) -> nn.Module:
    """The untrained network. Raises ValueError where its features are not those that it takes."""
    match recipe.model:
        case CNNTransformerConfig():
            (mfcc,) = _inputs(recipe, front_ends, "mfcc")
            _one_length(recipe)
            return CNNTransformer(recipe.model, mfcc.frames(window), mfcc.dim, classes)
        case BiGRUMHAConfig():
            (spectrum,) = _inputs(recipe, front_ends, "spectrum")
            return BiGRUMHA(recipe.model, spectrum.dim, classes)
        case MPAFCNNConfig():
            mel, lld = _inputs(recipe, front_ends, "mel", "lld")
            _one_length(recipe)
            return MPAFCNN(recipe.model, (mel.frames(window), mel.dim), (lld.frames(window), lld.dim), classes)
        case AMSNetConfig():
            lld, mel = _inputs(recipe, front_ends, "lld", "mel")
            return AMSNet(recipe.model, lld.dim, mel.dim, classes, recipe.training.pretrain)
        case CNNConfig():
            (mel,) = _inputs(recipe, front_ends, "mel")
            return CNN(recipe.model, mel.dim, classes)
        case BiLSTMAttentionConfig():
            (mel,) = _inputs(recipe, front_ends, "mel")
            return BiLSTMAttention(recipe.model, mel.dim, classes)


def _stages(recipe: Recipe, model: nn.Module) -> None:
    """Raises ValueError where the model has no such module to train by itself."""
    for name in recipe.training.pretrain:
        if getattr(getattr(model, name, None), "head", None) is None:
            raise ValueError(f"training.pretrain: this {recipe.system} has no module '{name}' that can be trained alone")


def _one_length(recipe: Recipe) -> None:
    """Raises ValueError where items have several."""
    if recipe.cut.mode == "whole":
        raise ValueError(f"{recipe.system} takes windows of one length, not whole recordings")


def _inputs(recipe: Recipe, front_ends: Mapping[str, FrontEnd], *names: str) -> list[FrontEnd]:
    """The front-ends that a system takes, by the names of its inputs."""
    if set(front_ends) != set(names):
        wanted = f"one feature named {names[0]}" if len(names) == 1 else f"features named {' and '.join(names)}"
        raise ValueError(f"{recipe.system} takes {wanted}, not {', '.join(sorted(front_ends)) or 'none'}")
    return [front_ends[name] for name in names]
