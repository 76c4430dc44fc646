"""Changes to the graph of a model."""

from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Change = Callable[[onnx.ModelProto], None]


def _weights(change: Callable[[np.ndarray], np.ndarray]) -> Change:
    def do(model: onnx.ModelProto) -> None:
        for each in model.graph.initializer:
            array = numpy_helper.to_array(each)
            if array.dtype == np.float32:
                each.CopyFrom(numpy_helper.from_array(change(array).astype(np.float32), each.name))

    return do


def _external(location: str) -> Change:
    """The first weights outside of the file."""

    def do(model: onnx.ModelProto) -> None:
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.extend([onnx.StringStringEntryProto(key="location", value=location)])

    return do


def _shape(of: str, which: int, axis: int, size: int | str) -> Change:
    def do(model: onnx.ModelProto) -> None:
        dim = getattr(model.graph, of)[which].type.tensor_type.shape.dim[axis]
        dim.dim_param, dim.dim_value = "", 0
        setattr(dim, "dim_param" if isinstance(size, str) else "dim_value", size)

    return do


def _renamed_output(model: onnx.ModelProto) -> None:
    node = next(each for each in model.graph.node if model.graph.output[0].name in each.output)
    node.output[list(node.output).index(model.graph.output[0].name)] = "classes"
    model.graph.output[0].name = "classes"


def _more_inputs(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]))


def _no_output(model: onnx.ModelProto) -> None:
    del model.graph.output[1:]


def _unsorted(model: onnx.ModelProto) -> None:
    nodes = list(model.graph.node)[::-1]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _attribute(name: str, value: object) -> Change:
    return lambda model: setattr(model, name, value)


def _unknown_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "Telepathy"


def _later(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 999


def _no_metadata(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]


def _twice(model: onnx.ModelProto) -> None:
    model.metadata_props.append(model.metadata_props[0])


def _padded(model: onnx.ModelProto) -> None:
    model.metadata_props.append(onnx.StringStringEntryProto(key="padding", value="x" * 10_000_000))


CHANGES: dict[str, Change] = {
    "weights NaN": _weights(lambda array: array * np.nan),
    "weights outside, in /etc/passwd": _external("../../../../../../etc/passwd"),
    "weights 1e30 times as large": _weights(lambda array: array * 1e30),
    "weights zero": _weights(np.zeros_like),
    "weights infinite": _weights(lambda array: np.full_like(array, np.inf)),
    "weights outside, in a file that is missing": _external("weights.bin"),
    "weights outside, in /dev/zero": _external("/dev/zero"),
    "logits called classes": _renamed_output,
    "one more input": _more_inputs,
    "no embedding": _no_output,
    "windows of another length": _shape("input", 0, 1, 1000),
    "windows of any length": _shape("input", 0, 1, "n"),
    "a batch of one": _shape("input", 0, 0, 1),
    "logits of another number": _shape("output", 0, 1, 3),
    "nodes backwards": _unsorted,
    "an unknown operator": _unknown_operator,
    "a later opset": _later,
    "a later version of ONNX": _attribute("ir_version", 999),
    "no specification": _no_metadata,
    "the specification twice": _twice,
    "10 MB of other metadata": _padded,
    "weights of the other sign": _weights(np.negative),
}
