"""A system's predictions for whole utterances: probabilities of windows, averaged as a recognizer averages them."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

from serkit import windows
from serkit.frames import Frames, Output
from serkit.runs import Part, Row
from serkit.train.examples import Examples
from serkit.types import Utterance


class Recognizing(Protocol):
    """A system, or a stage of its training: what has logits for raw features."""

    def eval(self) -> object:
        """Into evaluation mode."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """Any of them tells the device."""

    def logits(self, features: dict[str, Frames]) -> Output:
        """The output for raw features."""


@torch.no_grad()
def probabilities(system: Recognizing, examples: Examples, batch_size: int = 64) -> tuple[npt.NDArray[np.float64], float]:
    """(utterances, classes) probabilities, and the mean cross-entropy over windows. Leaves the system in evaluation mode."""
    system.eval()
    device = next(system.parameters()).device
    logits = torch.cat([system.logits(batch).logits.float().cpu() for batch, _ in examples.batches(batch_size, device)])
    loss = float(F.cross_entropy(logits, examples.targets))
    by_window = windows.softmax(logits.numpy())
    owners = examples.owners.numpy()
    by_utterance = [windows.aggregate(by_window[owners == number]) for number in range(len(examples.utterances))]
    return np.stack(by_utterance), loss


@torch.no_grad()
def values(system: Recognizing, examples: Examples, batch_size: int = 64) -> npt.NDArray[np.float64]:
    """(utterances, 1) values, means over windows. Leaves the system in evaluation mode."""
    system.eval()
    device = next(system.parameters()).device
    found = torch.cat([system.logits(batch).logits.float().cpu() for batch, _ in examples.batches(batch_size, device)]).numpy()
    owners = examples.owners.numpy()
    return np.stack([windows.aggregate(found[owners == number]) for number in range(len(examples.utterances))])


def rows(
    found: npt.NDArray[np.float64], utterances: Sequence[Utterance], labels: Sequence[str], fold: str, seed: int, part: Part
) -> list[Row]:
    """Rows of predictions.csv for (utterances, classes) probabilities, or (utterances, 1) values of the one scale."""
    if found.shape != (len(utterances), len(labels)):
        raise ValueError(f"{found.shape} probabilities for {len(utterances)} utterances and {len(labels)} labels")

    def truth(each: Utterance) -> str:
        return each.label if len(labels) > 1 else f"{each.values[labels[0]]:.9g}"

    return [
        Row(each.id, each.corpus, each.speaker, fold, seed, part, truth(each), tuple(map(float, own)))
        for each, own in zip(utterances, found, strict=True)
    ]
