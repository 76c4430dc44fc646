"""A model file: an ONNX graph from windows of samples to logits and embeddings, and the Spec that it carries."""

import json
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from serkit.errors import ModelError
from serkit.inference.checksum import KEY, is_sealed
from serkit.types import SPEC_VERSION, Samples, Spec
from serkit.windows import sizes

METADATA_KEY = "serkit"
INPUT = "samples"
TIME = "n"
"""The name of the input's second axis where it has no fixed length."""
OUTPUTS = ("logits", "embedding")

_LARGEST = 2**31  # bytes: what Protocol Buffers, and so ONNX without files beside it, can hold


class Graph:
    """One `.onnx` file of serkit's, opened. `spec` is its contract.

    `threads` for one call, 0 for as many as there are cores. Raises ModelError where the file is missing, damaged, changed
    since it was written, or not ours.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self.path, self.threads = path, threads
        data = _read(path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that wait by spinning take the cores from whatever else runs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4
        try:
            # Without the fallback ONNX Runtime prints what was wrong to standard output, and tries the same again.
            self._session = onnxruntime.InferenceSession(data, options, ["CPUExecutionProvider"], enable_fallback=0)
        except Exception as error:  # ONNX Runtime's exceptions share no base class
            raise ModelError(f"{path}: not a readable ONNX model ({_line(error)})") from None
        self.spec = self._read_spec(is_sealed(data))
        self._check_sizes()

    def __call__(self, samples: npt.NDArray[np.float32]) -> tuple[Samples, Samples]:
        """Logits (batch, classes) and embeddings (batch, dim) of windows (batch, n). Raises ModelError where it cannot run.

        A graph whose batch is fixed at 1 gets them one after another.
        """
        try:
            parts = np.split(samples, len(samples)) if self._alone else [samples]
            logits, embeddings = zip(*(self._session.run(OUTPUTS, {INPUT: part}) for part in parts), strict=True)
            return np.concatenate(logits), np.concatenate(embeddings)
        except Exception as error:
            raise ModelError(f"{self.path}: cannot be run on windows of shape {samples.shape} ({_line(error)})") from None

    def _check_sizes(self) -> None:
        """Refuse a graph that is not what its specification says, before the first recording does."""
        length, _ = sizes(self.spec.cut, self.spec.rate)
        whole = self.spec.cut.mode == "whole"
        batches = {each.shape[0] if each.shape else 0 for each in self._session.get_inputs()}
        self._alone = batches == {1}
        taken = {each.name: each.shape[1:] for each in self._session.get_inputs()}
        given = {each.name: each.shape[1:] for each in self._session.get_outputs()}
        any_batch = self._alone or not any(isinstance(size, int) for size in batches)
        fits = any_batch and set(taken) == {INPUT} and (taken[INPUT] == [TIME] if whole else taken[INPUT] == [length])
        if not fits or set(given) != set(OUTPUTS) or given["logits"] != [len(self.spec.labels)]:
            said = f"{'any number of' if whole else f'windows of {length}'} samples and {len(self.spec.labels)} labels"
            raise ModelError(f"{self.path}: its specification says {said}; the graph takes {taken} and gives outputs {given}")

    def _read_spec(self, intact: bool) -> Spec:
        try:
            metadata = self._session.get_modelmeta().custom_metadata_map
        except UnicodeDecodeError as error:
            raise ModelError(f"{self.path}: its metadata is damaged ({_line(error)})") from None
        if METADATA_KEY not in metadata:
            raise ModelError(f"{self.path}: an ONNX model, but not one of serkit's: it carries no specification")
        try:
            values = json.loads(metadata[METADATA_KEY])
            version = values["version"]
            if not isinstance(version, int) or not 1 <= version <= SPEC_VERSION:
                raise ModelError(
                    f"{self.path}: its specification has version {version!r:.40}, this serkit reads 1 to {SPEC_VERSION}"
                )
            if not intact and (version > 1 or KEY in metadata):
                raise ModelError(
                    f"{self.path}: damaged, or changed since it was written: it does not agree with its checksum; "
                    "copy it again, or export it again with 'serkit train'"
                )
            return Spec.from_dict(values)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ModelError(f"{self.path}: its specification is damaged ({_line(error)})") from None


def _read(path: Path) -> bytes:
    """The file's bytes. A model has no other files beside it: given as bytes it cannot name any."""
    try:
        if not path.is_file():
            what = (
                "no file, but a device, a pipe, a folder or a link to nowhere"
                if os.path.lexists(path)
                else "no such model file"
            )
            raise ModelError(f"{path}: {what}; 'serkit train' makes one")
        if (size := path.stat().st_size) >= _LARGEST:
            raise ModelError(f"{path}: {size} bytes are more than an ONNX file has")
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise ModelError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _line(error: Exception) -> str:
    """What an exception says, on one line that a terminal shows whole."""
    said = " ".join(str(error).split()) or "no reason given"
    text = said if not isinstance(error, KeyError) else f"it has no {said}"
    return text if len(text) <= 300 else f"{text[:300]} ..."
