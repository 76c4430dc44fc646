"""What the libraries beneath would print of themselves is not heard: neither beside a result nor in place of an error."""

import subprocess
import sys

import numpy as np
import onnx
import pytest
import soundfile as sf
from onnx import TensorProto, helper


def told(*command, cwd=None):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=300, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def model():
    """An ONNX graph; what serkit wants of one does not matter where it cannot be opened."""
    graph = helper.make_graph(
        [helper.make_node("Add", ["samples", "weights"], ["logits"])],
        "some",
        [helper.make_tensor_value_info("samples", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor("weights", TensorProto.FLOAT, [3], [0.0] * 3)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


@pytest.fixture
def clip(tmp_path):
    sf.write(tmp_path / "clip.wav", np.zeros(1600, np.float32), 16000)
    return tmp_path / "clip.wav"


DAMAGE = {
    "no UTF-8": lambda data: data.replace(b"samples", b"\xff\xfemples").replace(b"logits", b"\xff\xfegits"),
    "an end": lambda data: data[: len(data) // 2],
    "nothing": lambda _: b"",
    "text": lambda _: b"no model",
    "zeros": lambda data: bytes(len(data)),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("form", ["json", "table"])
def test_a_damaged_model_is_one_line_on_standard_error(tmp_path, clip, damage, form):
    (tmp_path / "model.onnx").write_bytes(damage(model().SerializeToString()))
    status, out, err = told(sys.executable, "-m", "serkit", "predict", clip, "-m", tmp_path / "model.onnx", "-f", form)
    assert (status, out) == (2, "")
    assert err.startswith(f"serkit: error: {tmp_path / 'model.onnx'}: ")
    assert err.count("\n") == 1


def test_a_model_of_an_impossible_size_is_one_line(tmp_path, clip):
    made = helper.make_model(
        helper.make_graph(
            [helper.make_node("Identity", ["names"], ["told"])],
            "some",
            [],
            [helper.make_tensor_value_info("told", TensorProto.STRING, ["n"])],
            [helper.make_tensor("names", TensorProto.STRING, [1], [b"a"])],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=8,
    )
    made.graph.initializer[0].dims[0] = 2**61 + 2
    (tmp_path / "model.onnx").write_bytes(made.SerializeToString())
    status, out, err = told(sys.executable, "-m", "serkit", "predict", clip, "-m", tmp_path / "model.onnx")
    assert (status, out, err.count("\n")) == (2, "", 1)


TRAINING = """
import sys
from dataclasses import replace
from pathlib import Path
from serkit import corpora, experiment
from serkit.cli import main

folder, root, recipe, *more = sys.argv[1:]
ids = tuple(path.stem for path in Path(root).rglob("*.wav"))
corpora.CORPORA["emodb"] = replace(corpora.EMODB, ids=ids)
given = experiment.Machine.resolve
sys.argv = ["serkit", "train", recipe, "--corpus", f"emodb={root}", "--out", folder, "--set", "training.epochs=2", *more]
main()
"""


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_training_says_its_own_lines_alone(tmp_path, small_emodb, tiny_recipe, precision):
    """The export and, with half of the digits, the arithmetic of Lightning are in it."""
    more = ("--set", f"training.precision={precision}", "--threads", "1", "--seed", "0", "--seed", "1")
    status, out, err = told(sys.executable, "-c", TRAINING, tmp_path / "run", small_emodb, tiny_recipe, *more)
    assert status == 0, err
    for line in err.splitlines():
        assert line.startswith(("serkit: note: ", "fold ", f"{tiny_recipe}: 2 trainings")), line
    assert "Warning" not in out + err
    assert onnx.load(tmp_path / "run" / "folds" / "holdout-0" / "model.onnx")


def test_a_classifier_that_does_not_converge_is_a_note(tmp_path):
    """Of scikit-learn, whose warnings would name its own files."""
    program = """
import sys
import numpy as np
from serkit import cli
from serkit.recipe.baseline import LogisticRegression
from serkit.train import classical

def app(*_, **__):
    rng = np.random.default_rng(0)
    part = classical.Part(rng.standard_normal((60, 5)) * 1e8, rng.integers(0, 3, 60))
    classical.MOST_STEPS = 2
    classical.fit(LogisticRegression(type="logistic_regression"), part, 3, [1.0, 1e8])

cli.app = app
cli.main()
"""
    status, out, err = told(sys.executable, "-c", program, cwd=tmp_path)
    assert (status, out) == (0, "")
    assert err.splitlines() == [
        f"serkit: note: logistic_regression with cost {cost} was stopped after 2 steps, before its weights stood still"
        for cost in ("1", "1e+08")
    ]
