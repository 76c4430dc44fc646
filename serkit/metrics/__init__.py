"""Scores and their uncertainty: confusion matrices, WA, UA, macro F1, and bootstrap intervals over speakers."""

from serkit.metrics.bootstrap import FEW_SPEAKERS, Estimate, Scores, Unit, score
from serkit.metrics.classification import confusion, macro_f1, recalls, ua, wa
from serkit.metrics.paired import Difference, Predictions, difference

__all__ = [
    "FEW_SPEAKERS",
    "Difference",
    "Estimate",
    "Predictions",
    "Scores",
    "Unit",
    "confusion",
    "difference",
    "macro_f1",
    "recalls",
    "score",
    "ua",
    "wa",
]
