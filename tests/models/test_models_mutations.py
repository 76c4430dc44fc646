"""Faults planted in the models, each of which the tests of its model have to notice."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FAULTS = {
    "amsnet": [
        ("H = sum(states.chunk(2, dim=2))", "H = states.chunk(2, dim=2)[0]"),
        ("S = H.tanh()", "S = H"),
        (".masked_fill(~lld.mask(), -torch.inf)", ""),
        ("scores.softmax(dim=1)", "scores.softmax(dim=0)"),
        ("(alpha[..., None] * H).sum(1)", "(alpha[..., None] * S).sum(1)"),
        ("self.dense(self.dropout(r))", "self.dense(r)"),
        ("z = R.sum(2) / mask.sum(1, keepdim=True)", "z = R.mean(2)"),
        ("self.W_2(F.relu(self.W_1(z)))", "self.W_2(self.W_1(z))"),
        ("((kernel - 1) // 2, kernel // 2)", "(kernel // 2, (kernel - 1) // 2)"),
        ("nn.init.kaiming_normal_(self.convolution.weight)", "pass"),
        ("self.dense(x.sum(2) / mask.sum(1, keepdim=True))", "self.dense(x.sum(2))"),
        ("(config.ratio, config.ratio, None)", "(config.ratio, None, None)"),
        ("alpha = beta.softmax(dim=0)", "alpha = beta.softmax(dim=1)"),
        ("alpha[0] * h_1 + alpha[1] * h_2", "alpha[1] * h_1 + alpha[0] * h_2"),
        ("[self.W_f(h_1).tanh(), self.W_f(h_2).tanh()]", "[self.W_f(h_1), self.W_f(h_2)]"),
        ("nn.ReLU(), nn.Linear(first, second)", "nn.Linear(first, second)"),
        ("super().forward(x) * mask[:, None].to(x.dtype)", "super().forward(x)"),
        ("first, end = t * L // T", "first, end = t * L.max() // T"),
    ],
    "mpaf_cnn": [
        ("M @ A.transpose(1, 2), Q, K", "M @ A, Q, K"),
        ("(Q @ K.transpose(1, 2)).softmax(dim=2)", "(Q @ K.transpose(1, 2)).softmax(dim=1)"),
        ("K = M.transpose(1, 2) @ self.W_K", "K = M.transpose(1, 2) @ self.W_Q"),
        ("config.kernels[:1]", "config.kernels[1:]"),
        ('1 / dim if init == "even"', '1 / dim if init != "even"'),
        ("return out + self.skip(x) if self.residual else out", "return out"),
        ("own = (Q + K) / 2", "own = Q + K"),
        ("tdgr = own if tdgr is None else tdgr + own", "tdgr = own"),
        ("overall = vector if overall is None else overall + vector", "overall = vector"),
        ("(K_a @ Q_b.transpose(1, 2)).softmax(dim=axis)", "(K_a @ Q_b.transpose(1, 2)).softmax(dim=3 - axis)"),
        ("A_2 = (K_b @ Q_a.transpose(1, 2))", "A_2 = (Q_b @ K_a.transpose(1, 2))"),
        ("self.W_Y1(A_1 @ X_b) + X_a", "self.W_Y1(A_1 @ X_b)"),
        ("F.relu(x) if self.config.fusion_relu else x", "x"),
        ("parts = [states.transpose(0, 1).flatten(1)]", "parts = [states.transpose(0, 1).flatten(1).flip(1)]"),
        ("parts.append(torch.stack(vectors).sum(0))", "parts.append(vectors[0])"),
        ("self.classifier(self.dropout(embedding))", "self.classifier(embedding)"),
    ],
    "bigru_mha": [
        ("query @ self.key(x)[:, None].transpose(2, 3) / math.sqrt(dim)", "query @ self.key(x)[:, None].transpose(2, 3)"),
        ("scores = scores.masked_fill(~key_mask[:, None, None, :], -math.inf)", "pass"),
        ("scores.softmax(dim=-1)", "scores.softmax(dim=-2)"),
        ("@ self.value(x)[:, None]", "@ self.key(x)[:, None]"),
        ("self.per_head(self.query(x))", "self.per_head(x)"),
        ("self.dropout = Dropout(dropout)", "self.dropout = Dropout(0.0)"),
        ("F.pad(values, (0, 0, 0, self.least - 1))", "values"),
        ("x = layer(x, lengths)", "x = layer(x, lengths * 0 + x.shape[1])"),
        ("self.attention(x + sines(x) if self.config.positions else x, mask)", "self.attention(x, mask)"),
        ("x + attended if self.config.residual else attended", "attended"),
        ("x = self.norm(x)", "pass"),
        ("x.masked_fill(~mask[..., None], -math.inf).amax(1)", "x.amax(1)"),
        ("mean = masked_mean(x, mask)", "mean = x.mean(1)"),
        ("self.classifier(self.activation(hidden))", "self.classifier(hidden)"),
        ("self.activation = ReLUDropout(config.output_dropout)", "self.activation = ReLUDropout(0.0)"),
    ],
    "_recurrent": [
        ("torch.where(at <= last, last - at, at)", "(frames - 1 - at).expand(len(lengths), frames)"),
        ("gate[:, 0::2].addcmul_(cell[:, None], to_i_and_f)", "gate[:, 0::2]"),
        ("o.addcmul_(next_cell, to_o)", "o.addcmul_(cell, to_o)"),
        ("torch.mul(f, cell, out=next_cell).addcmul_(i, new.tanh_())", "torch.mul(f, cell, out=next_cell).addcmul_(i, new)"),
        ("cell_by_cell = f + slopes[:, :, 0] * w_i", "cell_by_cell = f + slopes[:, :, 2] * w_i"),
        ("seen = torch.stack([earlier, cells, earlier], dim=2)", "seen = torch.stack([earlier, earlier, earlier], dim=2)"),
        ("slope_o = cells_tanh * o * (1 - o)", "slope_o = cells_tanh * o"),
        ("(reset * state) @ candidate.T", "reset * (state @ candidate.T)"),
        ("linear_before_reset_i=0", "linear_before_reset_i=1"),
    ],
}


def survives(folder, name, fault, replacement):
    """Whether the tests of a model pass with a fault in it."""
    path = folder / "serkit" / "models" / f"{name}.py"
    source = path.read_text(encoding="utf-8")
    assert fault in source, f"{name}: no longer there: {fault}"
    path.write_text(source.replace(fault, replacement), encoding="utf-8")
    tests = ["recurrent", "bigru_mha"] if name == "_recurrent" else [name]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += [f"tests/models/test_models_{each}.py" for each in tests]
    environment = os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    path.write_text(source, encoding="utf-8")
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    return ended.returncode == 0


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the package and of the tests of its models, which pass there."""
    folder = tmp_path_factory.mktemp("faults")
    shutil.copytree(ROOT / "serkit", folder / "serkit", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tests").mkdir()
    shutil.copytree(ROOT / "tests" / "models", folder / "tests" / "models", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in FAULTS:
        assert survives(folder, name, "import torch\n", "import torch\n")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_every_planted_fault_is_noticed(copied, name):
    assert [fault for fault, replacement in FAULTS[name] if survives(copied, name, fault, replacement)] == []
