"""Experiments: recipe x protocol x seeds -> Run."""

from serkit.experiment.plan import Machine, Plan, resume, start, utterances_of
from serkit.experiment.train import score_test, train

__all__ = ["Machine", "Plan", "resume", "score_test", "start", "train", "utterances_of"]
