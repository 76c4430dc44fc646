"""The network of An and Ruan 2021 as one would write it first: torch's own modules, float32, and nothing else."""

import torch
from torch import Tensor, nn

from serkit.frames import Frames, Output


class Plain(nn.Module):
    """(batch, coefficients, frames) to logits."""

    def __init__(self, frames: int, coefficients: int = 40, classes: int = 8) -> None:
        super().__init__()
        self.cnns = nn.ModuleList(self._cnn() for _ in range(2))
        layer = nn.TransformerEncoderLayer(coefficients, 4, 512, 0.4, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 4)
        self.pool = nn.MaxPool1d(4)
        self.classifier = nn.Linear(2 * 64 * (coefficients // 32) * (frames // 32) + coefficients, classes)

    @staticmethod
    def _cnn() -> nn.Sequential:
        blocks: list[nn.Module] = []
        for before, after, pool in ((1, 16, 2), (16, 32, 4), (32, 64, 4)):
            blocks += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(pool)]
            blocks += [nn.Dropout(0.3)]
        return nn.Sequential(*blocks, nn.Flatten())

    def forward(self, mfcc: Tensor) -> Tensor:
        return self.classify(mfcc)[0]

    def classify(self, mfcc: Tensor) -> tuple[Tensor, Tensor]:
        maps = mfcc[:, None]
        steps = self.encoder(self.pool(mfcc).transpose(1, 2)).mean(dim=1)
        embedding = torch.cat([*(cnn(maps) for cnn in self.cnns), steps], dim=1)
        return self.classifier(embedding), embedding


class PlainModel(nn.Module):
    """The same where a serkit model stands."""

    def __init__(self, frames: int, coefficients: int, classes: int) -> None:
        super().__init__()
        self.plain = Plain(frames, coefficients, classes)

    def forward(self, mfcc: Frames) -> Output:
        return Output(*self.plain.classify(mfcc.values.transpose(1, 2)))
