"""From a recipe to the system that it describes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from serkit.errors import RecipeError
from serkit.features import FrontEnd, Standardizer, front_end
from serkit.features._spectrum import Spectrum
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
        for name, each in front_ends.items():
            _check_frames(name, each, window, recipe.rate)
        with _few_parameters():
            model = _model(recipe, front_ends, window, classes)
        _stages(recipe, model)
    except (ValueError, ArithmeticError, RuntimeError, MemoryError) as error:  # torch raises RuntimeError where memory ends
        raise RecipeError(
            f"recipe '{recipe.title}': {str(error).partition(chr(10))[0] or 'it does not fit into memory'}"
        ) from None
    return System(front_ends, normalizers, model, Destandardizer() if recipe.task == "regression" else None)


MOST_VALUES = 2**28
"""Of one window, in the spectra or the frames of one front-end: 1 GB."""

MOST_PARAMETERS = 500_000_000
"""Of a network: 2 GB, and several times that in training."""


def _check_frames(name: str, made: FrontEnd, window: int, rate: int) -> None:
    """Raises ValueError for a front-end whose frames of one window would take all memory."""
    spectra = [(each.n_fft, each.grid.count(window)) for each in made.modules() if isinstance(each, Spectrum)]
    for wide, frames in [(made.dim, made.frames(window)), *spectra]:
        if frames * wide > MOST_VALUES:
            raise ValueError(
                f"{name}: {window / rate:g} s are {frames} frames of {wide} values, which do not fit into memory; "
                "choose a longer hop or a shorter window"
            )


@contextmanager
def _few_parameters() -> Iterator[None]:
    """Raises ValueError as soon as the networks that are made in the block have more than `MOST_PARAMETERS`.

    They are counted when a layer takes them, before it fills them: until then they are addresses and no memory.
    """
    count = 0

    def counted(_module: nn.Module, _name: str, given: nn.Parameter) -> None:
        nonlocal count
        count += given.numel()
        if count > MOST_PARAMETERS:
            raise ValueError(f"a network of more than {MOST_PARAMETERS:,} parameters does not fit into memory")

    hook = register_module_parameter_registration_hook(counted)
    try:
        yield
    finally:
        hook.remove()


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
