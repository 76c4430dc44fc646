"""Front-ends beside librosa and openSMILE over all of EmoDB, the export path, the cache, and memory over 100,000 clips."""

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import numpy.typing as npt
import onnxruntime
import opensmile
import torch

from benchmarks.measure import Line, interleaved
from serkit import audio, corpora, experiment
from serkit.cache import Cache
from serkit.features import (
    IS10LLD,
    MFCC,
    FrontEnd,
    Functionals,
    FunctionalsConfig,
    IS10LLDConfig,
    LogMel,
    LogMelConfig,
    MFCCConfig,
)
from serkit.features.opensmile import OpenSmileConfig, functionals
from serkit.recipe import build, schema
from serkit.train.extract import Work, fill
from serkit.train.store import Store
from serkit.types import Waveform

EMODB = Path("data/emodb")
CLIPS = 535
RECIPE = "cnn_transformer/emodb"
WORKERS = 2

Clips = list[npt.NDArray[np.float32]]


def front_ends(rounds: int) -> list[Line]:
    """All 535 clips, clip by clip, on one thread."""
    torch.set_num_threads(1)
    clips = [audio.read(path, 16000).samples for path in sorted((EMODB / "wav").glob("*.flac"))]
    assert len(clips) == CLIPS
    shared = {"sr": 16000, "n_fft": 512, "win_length": 400, "hop_length": 160, "pad_mode": "constant"}

    def mel() -> None:
        for clip in clips:
            librosa.power_to_db(librosa.feature.melspectrogram(y=clip, n_mels=64, window="hann", **shared))

    def mfcc() -> None:
        for clip in clips:
            librosa.feature.mfcc(y=clip, n_mfcc=40, n_mels=128, window="hamming", htk=True, **shared)

    grid = {"n_fft": 512, "window": 0.025, "hop": 0.010}
    lines = []
    for name, ours, theirs in (
        ("log-mel 64", LogMel(LogMelConfig(), 16000), mel),
        ("MFCC 40 of 128", MFCC(MFCCConfig(**grid), 16000), mfcc),
    ):
        graph = _graph(ours)
        contenders: dict[str, Callable[[], object]] = {
            "ours": lambda ours=ours: _run(ours, clips),
            "librosa": theirs,
            "graph": lambda graph=graph: [graph.run(None, {"samples": clip[None]}) for clip in clips],
        }
        found = {key: value / CLIPS for key, value in interleaved(contenders, rounds, warm=1).items()}
        lines += [
            Line(
                f"{name}, a clip of EmoDB, one thread", found["ours"], found["librosa"], "2, aim 2.5", "librosa, same settings"
            ),
            Line(f"{name}, the exported graph", found["graph"], found["librosa"], "", "librosa again"),
        ]
    return lines + _is10(clips[::20], rounds) + _functionals(clips[::20], rounds)


def _run(front_end: FrontEnd, clips: Clips) -> None:
    with torch.no_grad():
        for clip in clips:
            front_end(torch.from_numpy(clip)[None], torch.tensor([len(clip)]))


def _graph(front_end: FrontEnd) -> onnxruntime.InferenceSession:
    """The front-end alone, as it stands in an exported model."""

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.front_end = front_end

        def forward(self, samples: torch.Tensor) -> torch.Tensor:
            lengths = torch.full_like(samples[:, 0], samples.shape[1], dtype=torch.int64)
            return self.front_end(samples, lengths).values

    switched = [module for module in front_end.modules() if hasattr(module, "exporting")]
    for module in switched:
        module.exporting = True
    stream = io.BytesIO()
    torch.onnx.export(
        Whole().eval(), (torch.zeros(1, 48000),), stream, dynamo=False, opset_version=18, input_names=["samples"],
        dynamic_axes={"samples": {0: "batch", 1: "n"}},
    )  # fmt: skip
    for module in switched:
        module.exporting = False
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(stream.getvalue(), options, providers=["CPUExecutionProvider"])


def _is10(clips: Clips, rounds: int) -> list[Line]:
    """Our 76 values a frame beside openSMILE's 38, which it computes its 38 differences apart from."""
    ours = IS10LLD(IS10LLDConfig(), 16000)
    smile = opensmile.Smile(opensmile.FeatureSet.IS10, opensmile.FeatureLevel.LowLevelDescriptors)
    contenders: dict[str, Callable[[], object]] = {
        "ours": lambda: _run(ours, clips),
        "theirs": lambda: [smile.process_signal(clip, 16000) for clip in clips],
    }
    found = {key: value / len(clips) for key, value in interleaved(contenders, max(3, rounds // 2), warm=1).items()}
    return [Line("76 IS10 descriptors of a clip, one thread", found["ours"], found["theirs"], "3, aim 10", "openSMILE's 38")]


def _functionals(clips: Clips, rounds: int) -> list[Line]:
    """Ours of MPAF-CNN's descriptors beside openSMILE's sets, which hold other things: a scale, not a race."""
    ours = Functionals(FunctionalsConfig(), 16000)
    waveforms = [Waveform(clip, 16000) for clip in clips]
    lines = []
    for name in ("egemaps_v02", "is10", "compare_2016"):
        extract = functionals(OpenSmileConfig.model_validate({"set": name}))
        contenders: dict[str, Callable[[], object]] = {
            "ours": lambda: _run(ours, clips),
            "theirs": lambda extract=extract: [extract(each) for each in waveforms],
        }
        found = {key: value / len(clips) for key, value in interleaved(contenders, max(3, rounds // 3), warm=1).items()}
        note = f"openSMILE's {OpenSmileConfig.model_validate({'set': name}).dim} of {name}"
        lines.append(Line(f"{ours.dim} functionals of a clip", found["ours"], found["theirs"], "", note))
    return lines


def cache() -> list[Line]:
    """A cache filled by one process and by two; the features of an epoch out of it, and computed."""
    recipe = schema.load(RECIPE)
    assert isinstance(recipe, schema.Recipe)
    utterances = experiment.utterances_of(recipe, corpora.locate("emodb", EMODB))
    times: dict[int, list[float]] = {1: [], WORKERS: []}
    with tempfile.TemporaryDirectory() as name:
        for turn in range(3):
            for workers, own in times.items():
                work = Work(recipe, Path(name) / f"{turn}-{workers}", (0,))
                began = time.perf_counter()
                fill(work, utterances, workers, lambda: None)
                own.append(1e3 * (time.perf_counter() - began))
        filled = Cache(Path(name) / f"0-{WORKERS}")

        def epoch(kept_in: Cache | None) -> None:
            store = Store(recipe, build.system(recipe, 7), list(corpora.EMODB.counts), 0, kept_in)
            examples = store.examples(utterances, copies=True)
            for _ in examples.batches(recipe.training.batch_size, torch.device("cpu")):
                pass

        torch.set_num_threads(1)
        found = interleaved({"kept": lambda: epoch(filled), "computed": lambda: epoch(None)}, 3, warm=1)
    one, two = (float(np.median(times[workers])) for workers in (1, WORKERS))
    what = "EmoDB with three noisy copies"
    return [
        Line(f"cache of {what}, {WORKERS} processes", two, one, "", "one process; starting the two is in it"),
        Line(f"first epoch's features of {what}, kept", found["kept"], found["computed"], "", "computed"),
    ]


def first_epoch() -> list[Line]:
    """`serkit train` for one epoch from its start to its end, with a cache that is filled and without."""
    with tempfile.TemporaryDirectory() as name:
        folder, times = Path(name), {"cached": [], "computed": []}
        command = [sys.executable, "-m", "serkit", "train", "cnn_transformer/demo", "--set", "training.epochs=1"]

        def train(out: str, *options: str) -> float:
            began = time.perf_counter()
            subprocess.run([*command, "--out", str(folder / out), *options], check=True, capture_output=True)
            return 1e3 * (time.perf_counter() - began)

        kept_in = ("--cache", str(folder / "cache"))
        train("fill", *kept_in)
        for turn in range(3):
            times["cached"].append(train(f"cached-{turn}", *kept_in))
            times["computed"].append(train(f"computed-{turn}"))
    cached, computed = (float(np.median(times[name])) for name in ("cached", "computed"))
    return [
        Line("`serkit train cnn_transformer/demo`, one epoch, kept", cached, computed, "", "computed; import and epoch in both")
    ]


def memory() -> list[Line]:
    """The largest resident size after 10,000 and after 100,000 generated clips, in a process of its own; MB in place of ms."""
    done = subprocess.run([sys.executable, "-c", GENERATED], check=True, capture_output=True, text=True)
    early, late = map(float, done.stdout.split())
    return [Line("memory after 100,000 clips (MB)", late, early, "flat", "after 10,000")]


GENERATED = """
import resource, numpy as np, torch
from serkit.features import LogMel, LogMelConfig
torch.set_num_threads(1)
front_end, draw = LogMel(LogMelConfig(), 16000), np.random.default_rng(0)
for number in range(1, 100_001):
    clip = draw.standard_normal(draw.integers(200, 8000), dtype=np.float32)
    with torch.no_grad():
        front_end(torch.from_numpy(clip)[None], torch.tensor([len(clip)]))
    if number in (10_000, 100_000):
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
