"""serkit recognizes emotion in speech.

    import serkit
    recognizer = serkit.load("runs/demo")
    recognizer("clip.wav")

Importing it takes neither torch nor anything else that recognizing does not need.
"""

from importlib import import_module
from typing import Any

from serkit.errors import MissingExtra, SerkitError
from serkit.inference import Recognizer, load
from serkit.types import Prediction, Segment, Spec

__all__ = ["Prediction", "Recognizer", "Segment", "SerkitError", "Spec", "fit", "load"]


def __getattr__(name: str) -> Any:
    """`fit` comes with everything that training needs, so it is fetched when it is asked for (PEP 562).

    Raises MissingExtra, which is an ImportError too, where that is not installed. Type checkers read `__init__.pyi`, which
    names it outright.
    """
    if name == "fit":
        try:
            return import_module("serkit.experiment.own").fit
        except ModuleNotFoundError as error:
            raise MissingExtra.behind(error) or error from None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
