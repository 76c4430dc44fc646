"""Damaged models: bytes, specifications, graphs, and strangers under the name of a model."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from mutations import graphs, texts
from mutations.damage import DAMAGE
from mutations.mutation import Mutation, Rng, nth, rng_of

KIND, COUNT = "models", 100
KEY, SUM = "serkit", "serkit.sha256"


def mutation(number: int, original: bytes) -> Mutation:
    """Model `number` out of the bytes of a good one; `make` writes it and returns its path."""
    rng = rng_of(KIND, number)
    turn, place = divmod(number, 5)
    if place == 3 and turn < len(graphs.CHANGES):
        name, change = list(graphs.CHANGES.items())[turn]
        return _written(number, f"graph/{name}", edited(original, change))
    if place == 4 and turn < len(STRANGERS):
        name, make = list(STRANGERS.items())[turn]
        return Mutation(KIND, number, name, lambda folder: make(folder, original))
    if place in (1, 3):
        return _flipped(rng, number, turn, original)
    which = 2 * turn + place // 2
    if which < len(SPECS) and place != 4:
        name, edit = list(SPECS.items())[which]
        return _written(number, f"spec/{name}", with_text(original, edit(spec_of(original))))
    what, values = texts.changed(rng, spec_of(original), number)
    return _written(number, f"spec/{what}", with_text(original, values))


def _written(number: int, name: str, data: bytes) -> Mutation:
    def make(folder: Path) -> str:
        path = folder / "model.onnx"
        path.write_bytes(data)
        return str(path)

    return Mutation(KIND, number, name, make)


def _flipped(rng: Rng, number: int, turn: int, original: bytes) -> Mutation:
    """Bits in weights, graph or metadata, or damage as of any file."""
    if turn % 3 == 2:
        what, data = nth(DAMAGE, turn // 3)(rng, original)
        return _written(number, f"bytes/{what}", data)
    places = {"weights": _weights(rng, original), "metadata": _text(original), "graph": (len(original) * 3 // 4, len(original))}
    name = list(places)[turn % 5 % 3]
    low, high = places[name]
    changed = bytearray(original)
    count = int(rng.choice([1, 10]))
    for at in rng.integers(low, max(low + 1, high), count):
        changed[at] ^= 1 << int(rng.integers(8))
    return _written(number, f"{name}/{count} bits flipped", bytes(changed))


def _weights(rng: Rng, data: bytes) -> tuple[int, int]:
    """Where the values of some weights stand in the file."""
    every = [each.raw_data for each in onnx.load_model_from_string(data).graph.initializer if len(each.raw_data) >= 32]
    raw = every[int(rng.integers(len(every)))]
    begin = data.find(raw)
    return begin, begin + len(raw)


def _text(data: bytes) -> tuple[int, int]:
    """Where the specification stands in the file."""
    found = next(each.value for each in onnx.load_model_from_string(data).metadata_props if each.key == KEY).encode()
    begin = data.find(found)
    return begin, begin + len(found)


def spec_of(data: bytes) -> dict[str, Any]:
    """The specification that a model carries."""
    model = onnx.load_model_from_string(data)
    found: dict[str, Any] = json.loads(next(each.value for each in model.metadata_props if each.key == KEY))
    return found


def edited(data: bytes, change: graphs.Change) -> bytes:
    """The model, changed; with a sum that fits where the original has one that does, so that the change is what is judged."""
    model = onnx.load_model_from_string(data)
    summed = _summed(data)
    kept = [each for each in model.metadata_props if each.key != SUM]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    change(model)
    body = model.SerializeToString()
    return body + _entry(body) if summed else body


def _entry(body: bytes) -> bytes:
    """The metadata entry with the sum of what stands before it, as bytes of the file (field 14 of ModelProto)."""
    entry = onnx.StringStringEntryProto(key=SUM, value=hashlib.sha256(body).hexdigest()).SerializeToString()
    return b"\x72" + bytes([len(entry)]) + entry


def _summed(data: bytes) -> bool:
    """Whether the file ends with such an entry, and the sum is right."""
    size = len(_entry(b""))
    return _entry(data[:-size]) == data[-size:]


def with_text(data: bytes, values: dict[str, Any] | str) -> bytes:
    """The model with another specification: values, or the text itself."""
    text = values if isinstance(values, str) else json.dumps(values, default=str)

    def change(model: onnx.ModelProto) -> None:
        next(each for each in model.metadata_props if each.key == KEY).value = text.encode("utf-8", "replace").decode()

    return edited(data, change)


def _set(*place: Any, to: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda spec: texts.put(spec, place, to)


def _labels(change: Callable[[list[str]], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda spec: spec | {"labels": change(spec["labels"])}


def _without(key: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda spec: {each: value for each, value in spec.items() if each != key}


INF, NAN = float("inf"), float("nan")

SPECS: dict[str, Callable[[dict[str, Any]], dict[str, Any] | str]] = {
    "a label doubled": _labels(lambda labels: [labels[0], labels[0], *labels[2:]]),
    "a hop of 1e-9 s": _set("cut", "hop", to=1e-9),
    "deeply nested": lambda _: "[" * 100_000 + "]" * 100_000,
    "a temperature of NaN": _set("temperature", to=NAN),
    "an unknown field": lambda spec: spec | {"mood": "blue"},
    "no labels": _set("labels", to=[]),
    "one label": _labels(lambda labels: labels[:1]),
    "too few labels": _labels(lambda labels: labels[:-1]),
    "labels that are numbers": _labels(lambda labels: list(range(len(labels)))),
    "empty labels": _labels(lambda labels: [""] * len(labels)),
    "a rate as text": _set("rate", to="16000"),
    "a rate of 1e9": _set("rate", to=10**9),
    "a rate of 0": _set("rate", to=0),
    "a rate of -1": _set("rate", to=-1),
    "a rate of 16000.5": _set("rate", to=16000.5),
    "a rate that is true": _set("rate", to=True),
    "windows of 1e9 s": _set("cut", "seconds", to=1e9),
    "windows of NaN": _set("cut", "seconds", to=NAN),
    "windows of 0 s": _set("cut", "seconds", to=0),
    "a hop of 1e9 s": _set("cut", "hop", to=1e9),
    "a hop of NaN": _set("cut", "hop", to=NAN),
    "a hop of -1 s": _set("cut", "hop", to=-1),
    "a hop as text": _set("cut", "hop", to="0.08"),
    "a cut of unknown mode": _set("cut", "mode", to="slices"),
    "a cut that is a list": _set("cut", to=[1, 2]),
    "an infinite temperature": _set("temperature", to=INF),
    "a temperature of 0": _set("temperature", to=0),
    "a temperature of 1e-300": _set("temperature", to=1e-300),
    "a temperature as text": _set("temperature", to="1"),
    "version 0": _set("version", to=0),
    "version 99": _set("version", to=99),
    "a version as text": _set("version", to="1"),
    "without a version": _without("version"),
    "an unknown task": _set("task", to="ranking"),
    "a task of values": _set("task", to="regression"),
    "trained on a text": _set("trained_on", to="emodb"),
    "trained on unknown facts": _set("trained_on", to=[{"name": "emodb"}]),
    "scores as texts": _set("scores", to={"validation_wa": "high"}),
    "scores that are a list": _set("scores", to=[1]),
    "a scale without ends": _set("scale", to={}),
    "a scale upside down": _set("scale", to={"low": 1, "high": -1}),
    "10 MB of text": _set("protocol", to="x" * 10_000_000),
    "no JSON": lambda spec: json.dumps(spec)[:-20],
    "a list": lambda _: "[]",
    "a number": lambda _: "1",
    "null": lambda _: "null",
    "nothing": lambda _: "",
    "labels in one text": _set("labels", to="neutral"),
    "labels with line breaks": _labels(lambda labels: [f"{each}\n\x1b[31m" for each in labels]),
    "labels backwards": _labels(lambda labels: labels[::-1]),
}


def _file(data: bytes | Callable[[bytes], bytes], name: str = "model.onnx") -> Callable[[Path, bytes], str]:
    def make(folder: Path, original: bytes) -> str:
        path = folder / name
        path.write_bytes(data(original) if callable(data) else data)
        return str(path)

    return make


def _folder(prepare: Callable[[Path], object], given: str = "") -> Callable[[Path, bytes], str]:
    def make(folder: Path, _: bytes) -> str:
        prepare(folder)
        return str(folder / given)

    return make


def _foreign(_: bytes) -> bytes:
    """An ONNX model that somebody else made."""
    given, taken = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in ("x", "y"))
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "foreign", [given], [taken])
    model = helper.make_model(graph, producer_name="elsewhere", ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    data: bytes = model.SerializeToString()
    return data


STRANGERS: dict[str, Callable[[Path, bytes], str]] = {
    "another's ONNX model": _file(_foreign),
    "a text": _file(b"not a model\n" * 100),
    "nothing": _file(b""),
    "an empty folder": _folder(lambda _: None),
    "a Run folder without a model": _folder(lambda folder: (folder / "run.json").write_text("{}", encoding="utf-8")),
    "no such file": _folder(lambda _: None, "model.onnx"),
    "a pipe without a writer": _folder(lambda folder: os.mkfifo(folder / "model.onnx"), "model.onnx"),
    "a folder called model.onnx": _folder(lambda folder: (folder / "model.onnx").mkdir(), "model.onnx"),
    "a link in a circle": _folder(lambda folder: (folder / "model.onnx").symlink_to("model.onnx"), "model.onnx"),
    "a Git LFS pointer": _file(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 717071\n"),
    "the model twice": _file(lambda original: original * 2),
    "under a name of brackets and line breaks": _file(lambda original: original, "[red]\n'model'.onnx"),
    "under another ending": _file(lambda original: original, "model.bin"),
    "/dev/null": lambda *_: "/dev/null",
    "/dev/zero": lambda *_: "/dev/zero",
    "a pickle": _file(b"\x80\x04cos\nsystem\n(S'true'\ntR."),
    "zeros": _file(bytes(1_000_000)),
    "a torch archive": _file(b"PK\3\4" + bytes(5000)),
    "an empty path": lambda *_: "",
}
