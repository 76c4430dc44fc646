"""The front-end alone, one clip from samples to scores, and the command from its start."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import librosa
import numpy as np
import soundfile as sf
import torch

from benchmarks.measure import Line, interleaved
from serkit import audio, export
from serkit.features import MFCC
from serkit.inference import load
from serkit.recipe import build, schema
from serkit.types import Source, Spec

EMODB = Path("data/emodb/wav")
LABELS = ("neutral", "happy", "sad", "angry", "fearful", "disgust", "bored")


def front_end(rounds: int) -> list[Line]:
    """The MFCCs of 100 EmoDB clips, clip by clip, on one thread."""
    torch.set_num_threads(1)
    recipe = schema.load("cnn_transformer/emodb")
    mfcc = MFCC(recipe.features["mfcc"], recipe.rate)
    clips = [audio.read(path, recipe.rate).samples for path in sorted(EMODB.glob("*.flac"))[::5][:100]]
    tensors = [(torch.from_numpy(clip)[None], torch.tensor([len(clip)])) for clip in clips]
    spectrum = mfcc.mel.spectrum
    options = {"sr": recipe.rate, "n_mfcc": 40, "n_mels": 128, "n_fft": 1024, "htk": True, "window": "hamming"}
    options |= {"hop_length": spectrum.grid.hop, "win_length": round(0.025 * recipe.rate), "pad_mode": "constant"}

    def ours() -> None:
        with torch.no_grad():
            for samples, length in tensors:
                mfcc(samples, length)

    def theirs() -> None:
        for clip in clips:
            librosa.feature.mfcc(y=clip, **options)

    found = interleaved({"ours": ours, "librosa": theirs}, rounds)
    return [Line("MFCC of a clip, one thread", found["ours"] / 100, found["librosa"] / 100, "", "librosa 0.11, same settings")]


def recognition(rounds: int) -> list[Line]:
    """Three seconds at 16 kHz on one thread, and `serkit predict` as a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, clip = folder / "model.onnx", folder / "clip.wav"
        export_untrained(model)
        samples = np.random.default_rng(0).uniform(-0.3, 0.3, 48000).astype(np.float32)
        sf.write(clip, samples, 16000)
        recognizer = load(model, threads=1)
        clip_ms = interleaved({"ours": lambda: recognizer(samples, rate=16000)}, 10 * rounds)["ours"]
        command = [str(Path(sys.executable).with_name("serkit")), "predict", str(clip), "--model", str(model), "--threads", "1"]
        whole = interleaved({"ours": lambda: subprocess.run(command, check=True, capture_output=True)}, rounds)["ours"]
        parts = [json.loads(subprocess.run([sys.executable, "-c", PARTS, str(model), str(clip)], check=True,
                                           capture_output=True, text=True).stdout) for _ in range(rounds)]  # fmt: skip
    apart = ", ".join(f"{key} {np.median([part[key] for part in parts]):.0f}" for key in parts[0])
    return [
        Line("3 s at 16 kHz, samples to scores, one thread", clip_ms, None, "10 ms"),
        Line("serkit predict on one file, whole process", whole, None, "1000 ms", f"of which {apart} ms"),
    ]


PARTS = """
import sys, time, json
began = time.perf_counter()
import serkit
from serkit.inference import load
loaded = time.perf_counter()
recognizer = load(sys.argv[1], threads=1)
ready = time.perf_counter()
recognizer(sys.argv[2])
answered = time.perf_counter()
times = {"import": loaded - began, "model load": ready - loaded, "first answer": answered - ready}
print(json.dumps({key: 1e3 * value for key, value in times.items()}))
"""


def export_untrained(path: Path) -> None:
    """An untrained system of the EmoDB recipe: its speed is that of a trained one."""
    recipe = schema.load("cnn_transformer/emodb")
    torch.manual_seed(0)
    system = build.system(recipe, len(LABELS))
    waveforms = [audio.read(path, recipe.rate) for path in sorted(EMODB.glob("*.flac"))[:3]]
    windows = torch.stack([torch.from_numpy(np.resize(each.samples, 48000)) for each in waveforms])
    system.fit_normalizers([system.features(windows, torch.full((3,), 48000))])
    spec = Spec(
        system="cnn_transformer", recipe="cnn_transformer/emodb", fingerprint="0" * 64, task="classification", labels=LABELS,
        rate=recipe.rate, cut=recipe.cut.cut(), trained_on=(Source("emodb", "CC0-1.0", 0),), protocol="untrained", scores={},
    )  # fmt: skip
    export.onnx_file(system.eval(), spec, path, waveforms)
