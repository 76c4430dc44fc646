"""Protocols that split clips at random, stratified by emotion: a speaker stands on both sides."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from serkit.protocols.base import BaseProtocol, Fold, by_emotion, fold_of
from serkit.types import Utterance


class RandomHoldout(BaseProtocol):
    """One random split, stratified by emotion: the seed moves it.

    Of the n clips of an emotion, floor(n * train) are for training, those up to floor(n * (train + validation)) for
    validation, the rest for test: the rule of the notebook behind the parallel CNN + Transformer paper
    (github.com/IliaZenkov/transformer-cnn-emotion-recognition), which makes 1147/143/150 clips of RAVDESS where a clip that
    the corpus holds twice is not kept together.
    """

    type: Literal["random_holdout"] = "random_holdout"
    train: float = Field(default=0.8, gt=0, lt=1)
    validation: float = Field(default=0.1, gt=0, lt=1)
    test: float = Field(default=0.1, gt=0, lt=1)
    speaker_independent: ClassVar[bool] = False

    @model_validator(mode="after")
    def _sums_to_one(self) -> "RandomHoldout":
        total = self.train + self.validation + self.test
        if not math.isclose(total, 1):
            raise ValueError(f"the shares of train, validation and test sum to {total:g}; make it 1")
        return self

    def _title(self) -> str:
        shares = "/".join(f"{100 * share:g}" for share in (self.train, self.validation, self.test))
        return f"random hold-out {shares} stratified by emotion"

    def _split(self, utterances: list[Utterance], seed: int) -> list[Fold]:
        train, validation, test = list[Utterance](), list[Utterance](), list[Utterance]()
        for clips in by_emotion(utterances, str(seed)):
            first, second = share_of(clips, self.train), share_of(clips, self.train, self.validation)
            train += clips[:first]
            validation += clips[first:second]
            test += clips[second:]
        return [fold_of("holdout", train, validation, test)]


class KFold(BaseProtocol):
    """k random folds, stratified by emotion: every clip is tested once, and the seed moves the folds.

    Papers with "5-fold cross-validation" train on four folds and name no validation part. Giving up a whole fold for it would
    train on three; here it is `validation`, a share of each emotion's clips in the other k - 1 folds (rounded down).
    """

    type: Literal["k_fold"] = "k_fold"
    k: int = Field(default=5, ge=2)
    validation: float = Field(default=0.1, gt=0, lt=1)
    speaker_independent: ClassVar[bool] = False

    def _title(self) -> str:
        return f"random {self.k}-fold stratified by emotion"

    def _split(self, utterances: list[Utterance], seed: int) -> list[Fold]:
        # Dealing emotion after emotion without starting again at fold 1 keeps the folds equal as well, not only the emotions.
        dealt = [clip for clips in by_emotion(utterances, str(seed)) for clip in clips]
        folds = []
        for number in range(self.k):
            train, validation = list[Utterance](), list[Utterance]()
            others = [clip for position, clip in enumerate(dealt) if position % self.k != number]
            for clips in by_emotion(others, f"{seed} {number}"):
                first = share_of(clips, self.validation)
                validation += clips[:first]
                train += clips[first:]
            folds.append(fold_of(str(number + 1), train, validation, dealt[number :: self.k]))
        return folds


def share_of(clips: Sequence[Utterance], *shares: float) -> int:
    """The sum of the shares of `clips`, rounded down; exact in decimals (29 % of 100 is 29, in floats it would be 28)."""
    return math.floor(len(clips) * sum(Fraction(str(share)) for share in shares))
