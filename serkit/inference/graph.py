"""A model file: an ONNX graph from windows of samples to logits and embeddings, and the Spec that it carries."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from serkit.errors import ModelError
from serkit.types import Samples, Spec
from serkit.windows import sizes

METADATA_KEY = "serkit"
SPEC_VERSION = 1
INPUT = "samples"
TIME = "n"
"""The name of the input's second axis where it has no fixed length."""
OUTPUTS = ("logits", "embedding")


class Graph:
    """One `.onnx` file of serkit's, opened. `spec` is its contract.

    `threads` for one call, 0 for as many as there are cores. Raises ModelError where the file is missing, damaged or not ours.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        self.path = path
        if not path.is_file():
            raise ModelError(f"{path}: no such model file; 'serkit train' makes one")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"], enable_fallback=0
            )
        except Exception as error:  # ONNX Runtime's exceptions share no base class
            raise ModelError(f"{path}: not a readable ONNX model ({' '.join(str(error).split())})") from None
        self.spec = self._read_spec()
        self._check_sizes()

    def __call__(self, samples: npt.NDArray[np.float32]) -> tuple[Samples, Samples]:
        """Logits (batch, classes) and embeddings (batch, dim) of windows (batch, n)."""
        logits, embedding = self._session.run(OUTPUTS, {INPUT: samples})
        return logits, embedding

    def _check_sizes(self) -> None:
        """Refuse a graph that is not what its specification says, before the first recording does."""
        length, _ = sizes(self.spec.cut, self.spec.rate)
        whole = self.spec.cut.mode == "whole"
        taken = {each.name: each.shape[1:] for each in self._session.get_inputs()}
        given = {each.name: each.shape[1:] for each in self._session.get_outputs()}
        fits = set(taken) == {INPUT} and (taken[INPUT] == [TIME] if whole else taken[INPUT] == [length])
        if not fits or set(given) != set(OUTPUTS) or given["logits"] != [len(self.spec.labels)]:
            said = f"{'any number of' if whole else f'windows of {length}'} samples and {len(self.spec.labels)} labels"
            raise ModelError(f"{self.path}: its specification says {said}; the graph takes {taken} and gives outputs {given}")

    def _read_spec(self) -> Spec:
        text = self._session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
        if text is None:
            raise ModelError(f"{self.path}: an ONNX model, but not one of serkit's: it carries no specification")
        try:
            values = json.loads(text)
            if values["version"] != SPEC_VERSION:
                raise ModelError(
                    f"{self.path}: its specification has version {values['version']}, this serkit reads {SPEC_VERSION}"
                )
            return Spec.from_dict(values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{self.path}: its specification is damaged ({error!r})") from None
