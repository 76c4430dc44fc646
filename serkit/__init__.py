"""serkit recognizes emotion in speech.

    import serkit
    recognizer = serkit.load("runs/demo")
    recognizer("clip.wav")

Importing it takes neither torch nor anything else that recognizing does not need.
"""

from serkit.errors import SerkitError
from serkit.inference import Recognizer, load
from serkit.types import Prediction, Segment, Spec

__all__ = ["Prediction", "Recognizer", "Segment", "SerkitError", "Spec", "load"]
