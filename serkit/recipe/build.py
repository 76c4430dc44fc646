"""From a recipe to the system that it describes."""

from serkit.errors import RecipeError
from serkit.features import Standardizer, front_end
from serkit.models import CNNTransformer
from serkit.recipe.schema import Recipe
from serkit.system import System
from serkit.windows import SHORTEST, sizes


def system(recipe: Recipe, classes: int) -> System:
    """The untrained system for that many classes. Draws its weights from torch's global generator.

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
        if set(front_ends) != {"mfcc"}:
            raise ValueError(f"cnn_transformer takes one feature named mfcc, not {', '.join(sorted(front_ends)) or 'none'}")
        if whole:
            raise ValueError("cnn_transformer takes windows of one length, not whole recordings")
        mfcc = front_ends["mfcc"]
        model = CNNTransformer(recipe.model, mfcc.frames(window), mfcc.dim, classes)
    except (ValueError, ArithmeticError, RuntimeError, MemoryError) as error:  # torch raises RuntimeError where memory ends
        raise RecipeError(
            f"recipe '{recipe.title}': {str(error).partition(chr(10))[0] or 'it does not fit into memory'}"
        ) from None
    return System(front_ends, normalizers, model)
