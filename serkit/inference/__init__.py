"""Recognition: numpy and ONNX Runtime, never torch."""

from serkit.inference.graph import Graph
from serkit.inference.recognizer import Recognizer, load

__all__ = ["Graph", "Recognizer", "load"]
