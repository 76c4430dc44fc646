"""What a resumed training continues from: one safetensors file, its JSON in the file's own header, so that they cannot part."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from serkit import files
from serkit.runs import Epoch

NAME = "state.safetensors"


@dataclass(frozen=True, slots=True)
class State:
    """A training after some epochs: `weights` and `best` are state dicts, `moments` the optimizer's tensors by parameter."""

    history: tuple[Epoch, ...]
    best_epoch: int
    weights: dict[str, Tensor]
    best: dict[str, Tensor]
    moments: dict[int, dict[str, Tensor]]
    fingerprint: str


def save(folder: Path, state: State) -> None:
    """Write the state, whole or not at all, over the one before it."""
    tensors = {f"weights/{name}": value for name, value in state.weights.items()}
    tensors |= {f"best/{name}": value for name, value in state.best.items()}
    tensors |= {f"moments/{number}/{name}": value for number, own in state.moments.items() for name, value in own.items()}
    header = {
        "history": [asdict(epoch) for epoch in state.history],
        "best_epoch": state.best_epoch,
        "fingerprint": state.fingerprint,
    }
    copies = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    folder.mkdir(parents=True, exist_ok=True)
    files.write(folder / NAME, safetensors.torch.save(copies, {"serkit": json.dumps(header)}))


def load(folder: Path, fingerprint: str) -> State | None:
    """The state in a folder; None where there is none, it is damaged, or it belongs to another Run."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        with safetensors.safe_open(path, "pt") as stream:
            header: dict[str, Any] = json.loads(stream.metadata()["serkit"])
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 - no mapping
        if header["fingerprint"] != fingerprint:
            return None
        moments: dict[int, dict[str, Tensor]] = {}
        for name in [name for name in tensors if name.startswith("moments/")]:
            _, number, key = name.split("/", 2)
            moments.setdefault(int(number), {})[key] = tensors[name]
        return State(
            tuple(Epoch(**epoch) for epoch in header["history"]),
            header["best_epoch"],
            _part(tensors, "weights/"),
            _part(tensors, "best/"),
            moments,
            fingerprint,
        )
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError, RecursionError):
        return None


def moments(optimizer: torch.optim.Optimizer) -> dict[int, dict[str, Tensor]]:
    """The optimizer's tensors, by the number of their parameter."""
    return {
        number: {name: value for name, value in own.items() if isinstance(value, Tensor)}
        for number, own in optimizer.state_dict()["state"].items()
    }


def restore(optimizer: torch.optim.Optimizer, saved: dict[int, dict[str, Tensor]]) -> None:
    """Put the optimizer's tensors back."""
    optimizer.load_state_dict(optimizer.state_dict() | {"state": saved})


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
