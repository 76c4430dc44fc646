"""serkit recognizes emotion in speech.

    import serkit
    recognizer = serkit.load("runs/demo")
    recognizer("clip.wav")

Importing it takes neither torch nor anything else that recognizing does not need.
"""

from typing import TYPE_CHECKING, Any

from serkit.errors import SerkitError
from serkit.inference import Recognizer, load
from serkit.types import Prediction, Segment, Spec

if TYPE_CHECKING:
    from serkit.runs import Run

__all__ = ["Prediction", "Recognizer", "Segment", "SerkitError", "Spec", "fit", "load"]


def fit(table: Any, system: str, **options: Any) -> "Run":
    """Train a system on people's own data and return its Run; the options are those of `serkit.experiment.own.fit`."""
    from serkit.experiment import own

    return own.fit(table, system, **options)
