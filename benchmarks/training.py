"""A training step, and folds side by side."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from benchmarks.measure import Line, interleaved
from benchmarks.plain import Plain
from serkit.frames import Frames
from serkit.models import CNNTransformer, CNNTransformerConfig


def step(rounds: int) -> list[Line]:
    """Batch 32 of 40 x 282: forward, loss, backward, SGD; one thread."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    mfcc, targets = torch.randn(32, 40, 282), torch.randint(0, 8, (32,))
    frames = Frames(mfcc.transpose(1, 2).contiguous(), torch.full((32,), 282))
    ours = CNNTransformer(CNNTransformerConfig(), 282, 40, 8).train().to(memory_format=torch.channels_last)
    plain, last = Plain(282).train(), Plain(282).train().to(memory_format=torch.channels_last)

    def stepping(model: torch.nn.Module, given: object) -> object:
        optimizer = torch.optim.SGD(model.parameters(), 0.01, 0.9, weight_decay=1e-4)

        def run() -> None:
            output = model(given)
            loss = F.cross_entropy(output if isinstance(output, torch.Tensor) else output.logits, targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        return run

    contenders = {"ours": stepping(ours, frames), "plain": stepping(plain, mfcc), "channels last": stepping(last, mfcc)}
    found = interleaved(contenders, rounds)
    what = "training step, batch 32 of 40 x 282, one thread"
    return [
        Line(what, found["ours"], found["plain"], "1.7, aim 2.2", "the same network in plain torch, float32"),
        Line(what, found["ours"], found["channels last"], "", "the plain network in torch's channels_last layout"),
    ]


def folds() -> list[Line]:
    """Two seeds of the demo with four epochs each, whole commands: two processes of a thread, and one of two."""
    times = {}
    for name, options in (("beside", ("--jobs", "2", "--threads", "1")), ("after", ("--jobs", "1", "--threads", "2"))):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "serkit", "train", "cnn_transformer/demo", "--seed", "0", "--seed", "1"]
            command += ["--set", "training.epochs=4", "--out", str(Path(folder) / "run"), *options]
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times[name] = 1e3 * (time.perf_counter() - began)
    note = "against one after another on two threads; reading, export and start of the processes included"
    return [Line("two trainings of 4 epochs side by side, a thread each", times["beside"], times["after"], "", note)]
