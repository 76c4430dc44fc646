"""Scores and their uncertainty: of emotions WA, UA and macro F1, of values MAE, Pearson and CCC; intervals over speakers."""

from serkit.metrics.bootstrap import FEW_SPEAKERS, Estimate, Scores, Unit, score
from serkit.metrics.caution import beats_chance, chance, doubts, limits, only_answer, value_doubts, value_limits
from serkit.metrics.classification import confusion, macro_f1, recalls, ua, wa, weighted_f1
from serkit.metrics.paired import Difference, Predictions, difference, error_difference
from serkit.metrics.regression import (
    ValueScores,
    ccc,
    mae,
    pearson,
    score_values,
    sums_of,
    value_keys,
    value_name,
    value_text,
)
from serkit.metrics.sentiment import clips

__all__ = [
    "FEW_SPEAKERS",
    "Difference",
    "Estimate",
    "Predictions",
    "Scores",
    "Unit",
    "ValueScores",
    "beats_chance",
    "ccc",
    "chance",
    "clips",
    "confusion",
    "difference",
    "doubts",
    "error_difference",
    "limits",
    "macro_f1",
    "mae",
    "only_answer",
    "pearson",
    "recalls",
    "score",
    "score_values",
    "sums_of",
    "ua",
    "value_doubts",
    "value_keys",
    "value_limits",
    "value_name",
    "value_text",
    "wa",
    "weighted_f1",
]
