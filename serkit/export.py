"""From a trained system to one self-describing ONNX file: windows of samples in, logits and embedding out, front-end inside."""

import io
import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from serkit import files, windows
from serkit.errors import ExportError, ModelError, Notice
from serkit.inference.checksum import sealed
from serkit.inference.graph import INPUT, METADATA_KEY, OUTPUTS, TIME, Graph
from serkit.system import System
from serkit.types import Spec, Waveform

OPSET = 18
TOLERANCE = 1e-4
"""The largest difference in a logit or an embedding, relative to the largest value of the system's, that an export may show."""

TIED = 4
"""One clip in so many may differ by more, where that comes of the front-end alone: see `onnx_file`."""

TRACED = 3
"""Seconds of the example that a graph for recordings of any length is drawn from; that it fits others is checked."""


class _Windows(nn.Module):
    """A system whose windows are full: (batch, n) samples to logits and embedding."""

    def __init__(self, system: System) -> None:
        super().__init__()
        self.system = system

    def forward(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        lengths = torch.full_like(samples[:, 0], samples.shape[1], dtype=torch.int64)
        output = self.system(samples, lengths)
        return output.logits, output.embedding


def onnx_file(system: System, spec: Spec, path: Path, clips: Sequence[Waveform]) -> float:
    """Write the system to `path`, whole or not at all, and return the largest difference to it on the clips' windows.

    Every clip goes through ONNX Runtime as a batch of its windows, so that clips of several lengths are batches of several
    sizes. The system is left in evaluation mode. Raises ExportError, and writes nothing, where a difference is above 1e-4, or
    where there is no graph for what the system does.

    A front-end decides, such as which of two peaks is the pitch, and where both are equal but for rounding, spectra by
    transform and by convolution may decide otherwise in a frame. So a clip in four may differ by more, with a Notice, if the
    graph is within 1e-4 of the system with spectra by convolution, as the graph has them.
    """
    if not clips:
        raise ExportError(f"{path}: an export has to be checked on real clips, and there are none")
    system.eval()
    length, _ = windows.sizes(spec.cut, spec.rate)
    whole = spec.cut.mode == "whole"
    try:
        data = _trace(system, min(length, TRACED * spec.rate) if whole else length, whole)
    except torch.onnx.errors.OnnxExporterError as error:
        raise ExportError(f"{path}: the system cannot be written as a graph: {str(error).partition(chr(10))[0]}") from None
    model = onnx.load_model_from_string(data)
    _tell(model, spec)
    onnx.checker.check_model(model)
    with files.replacing(path) as temporary:
        temporary.write_bytes(sealed(model.SerializeToString()))
        graph = Graph(temporary)
        differences = [_difference(system, graph, clip) for clip in clips]
        worst = float(np.max(differences))  # unlike Python's, it keeps NaN
        differ = [clip for clip, each in zip(clips, differences, strict=True) if not each <= TOLERANCE]
        few = TIED * len(differ) <= len(clips)
        if not (few and all(_difference(system, graph, clip, by_convolution=True) <= TOLERANCE for clip in differ)):
            raise ExportError(
                f"{path}: the exported graph differs from the system by {worst:.2g} where {TOLERANCE:g} is allowed"
            )
    if differ:
        warnings.warn(
            f"{path}: in {len(differ)} of {len(clips)} clips a decision of the front-end hangs on rounding, and the graph "
            f"differs from the system by {worst:.2g}",
            Notice,
            stacklevel=2,
        )
    return worst


def rescored(spec: Spec, path: Path) -> bool:
    """Put the scores of `spec` into the model that lies at `path`; False, and nothing done, where it says anything else.

    The graph, which was compared with its system when it was written, stays as it is, and so does what the model says of the
    recordings behind it.
    """
    try:
        told = Graph(path).spec
    except ModelError:
        return False
    if replace(told, scores=spec.scores, recordings=spec.recordings, band=spec.band) != spec:
        return False
    model = onnx.load(path)
    _tell(model, replace(told, scores=spec.scores))
    files.write(path, sealed(model.SerializeToString()))
    return True


def _tell(model: onnx.ModelProto, spec: Spec) -> None:
    """Make the specification the model's only metadata: a checksum is of the bytes before, and is no longer theirs."""
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(spec.to_dict(), ensure_ascii=False)})


def _trace(system: System, length: int, any_length: bool) -> bytes:
    """The graph's bytes. The TorchScript exporter: the one that keeps recurrent layers dynamic (docs/export.md)."""
    buffer = io.BytesIO()
    with _exporting(system), warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer warns of every size that it takes for a constant, rightly here
        torch.onnx.export(
            _Windows(system).eval(),  # the exporter puts the mode it finds back, everywhere
            (torch.zeros(2, length),),
            buffer,  # type: ignore[arg-type]  # the stubs know the other exporter's files alone
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_axes={INPUT: {0: "batch"} | ({1: TIME} if any_length else {})} | {name: {0: "batch"} for name in OUTPUTS},
        )
    return buffer.getvalue()


@contextmanager
def _exporting(parts: nn.Module) -> Iterator[None]:
    """Spectra by convolution, and recurrent layers as operators, while the block runs."""
    switched = [module for module in parts.modules() if hasattr(module, "exporting")]
    for module in switched:
        module.exporting = True  # type: ignore[assignment]
    try:
        yield
    finally:
        for module in switched:
            module.exporting = False  # type: ignore[assignment]


def _difference(system: System, graph: Graph, clip: Waveform, *, by_convolution: bool = False) -> float:
    """The largest difference between graph and system on one clip, relative to the system's largest value or 1."""
    samples = np.stack([window.samples for window in windows.stream([clip.samples], graph.spec.cut, clip.rate)])
    with torch.no_grad():
        with _exporting(system.front_ends) if by_convolution else nullcontext():
            features = system.features(torch.from_numpy(samples), torch.full((len(samples),), samples.shape[1]))
        expected = system.logits(features)
    pairs = zip(graph(samples), expected, strict=True)
    return float(
        np.max([np.abs(found - wanted.numpy()).max() / max(1.0, float(wanted.abs().max())) for found, wanted in pairs])
    )
