"""A system: front-ends, normalizers and model as one `nn.Module`, from samples to logits."""

import warnings
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from serkit.features import FrontEnd, Standardizer
from serkit.frames import Frames, Output


class Destandardizer(nn.Module):
    """A model's values, z-scores of the training targets, in the units of their scale: value * deviation + mean.

    Without it a network that begins near 0 has to find the level of a scale from 0 to 100 by its weights, and finds nothing
    else. Deviations are population ones (ddof 0); a deviation of 0 becomes 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("deviation", torch.ones(()))
        self.mean: Tensor
        self.deviation: Tensor

    def fit(self, targets: Tensor) -> None:
        """Take mean and deviation from the training targets (items,), and from nothing else."""
        deviation, mean = torch.std_mean(targets.double(), correction=0)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation if deviation > 0 else torch.ones(()))

    def forward(self, values: Tensor) -> Tensor:
        """Z-scores of any shape to values."""
        return values * self.deviation + self.mean

    def undo(self, values: Tensor) -> Tensor:
        """Values of any shape to z-scores."""
        return (values - self.mean) / self.deviation


class System(nn.Module):
    """Samples (batch, n) to `Output`; `front_ends`, `normalizers` and the model's keywords share the recipe's feature names.

    `features` and `logits` are the two halves of `forward`: what lies between them depends on the recording alone, so it can be
    kept and used again. A feature without a normalizer goes to the model as it is. The values of a regression, its only
    logits, come through `destandardizer`.
    """

    def __init__(
        self,
        front_ends: Mapping[str, FrontEnd],
        normalizers: Mapping[str, Standardizer],
        model: nn.Module,
        destandardizer: Destandardizer | None = None,
    ) -> None:
        super().__init__()
        self.front_ends = nn.ModuleDict(dict(front_ends))
        self.normalizers = nn.ModuleDict(dict(normalizers))
        self.model = model
        self.destandardizer = destandardizer

    def features(self, samples: Tensor, lengths: Tensor) -> dict[str, Frames]:
        """Every front-end's frames of (batch, n) samples, `lengths` (batch,) of which are true."""
        return {name: front_end(samples, lengths) for name, front_end in self.front_ends.items()}

    def fit_normalizers(self, batches: Iterable[Mapping[str, Frames]]) -> None:
        """Take the normalizers' statistics from training features, and from nothing else."""
        normalizers = {name: cast(Standardizer, each) for name, each in self.normalizers.items()}
        sums = {name: each.sums() for name, each in normalizers.items()}
        for features in batches:
            for name, own in sums.items():
                own.add(features[name])
        for name, own in sums.items():
            normalizers[name].take(own)

    def normalized(self, features: Mapping[str, Frames]) -> dict[str, Frames]:
        """The features as the model takes them."""
        return {
            name: self.normalizers[name](frames) if name in self.normalizers else frames for name, frames in features.items()
        }

    def in_units(self, output: Output) -> Output:
        """The model's output, values in the units of their scale."""
        if self.destandardizer is None:
            return output
        return output._replace(logits=self.destandardizer(output.logits))

    def logits(self, features: Mapping[str, Frames]) -> Output:
        """The output for raw features."""
        return self.in_units(self.model(**self.normalized(features)))

    def forward(self, samples: Tensor, lengths: Tensor) -> Output:
        """`features` and `logits` in one."""
        return self.logits(self.features(samples, lengths))


def parameters(module: nn.Module) -> int:
    """How many numbers training moves."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def multiply_adds(system: System, samples: int) -> int:
    """Multiplications with additions of the network, in matrix products and convolutions, for one window of `samples`."""
    training = system.training
    system.eval()
    # The fused recurrent layers of oneDNN are one operator, which the counter does not know; switching them off warns of TF32.
    with torch.no_grad(), warnings.catch_warnings(action="ignore"), torch.backends.mkldnn.flags(enabled=False):
        features = system.features(torch.zeros(1, samples), torch.tensor([samples]))
        with FlopCounterMode(display=False) as counter:
            system.logits(features)
    system.train(training)
    return int(counter.get_total_flops() // 2)


class Block(NamedTuple):
    """One block of a system: `output` is its shape for one item, "-" where it is none or the block was not met.

    `source` is where its paper describes it, empty where that is silent.
    """

    name: str
    kind: str
    output: str
    parameters: int
    source: str


def describe(system: System, samples: int) -> list[Block]:
    """Every block in the order in which data meets it, for one window of `samples`; then those that it does not meet.

    A block that is met twice has its parameters counted once: they sum to those of the system.
    """
    blocks: list[Block] = []
    counted: set[str] = set()
    handles = []

    def watch(name: str, module: nn.Module, own: int) -> None:
        def note(_module: nn.Module, _inputs: object, output: object) -> None:
            value = output[0] if isinstance(output, tuple) else output
            shape = " x ".join(str(size) for size in value.shape[1:]) if isinstance(value, Tensor) else "-"
            blocks.append(Block(name, type(module).__name__, shape, own if name not in counted else 0, _source(system, name)))
            counted.add(name)

        handles.append(module.register_forward_hook(note))

    found = {name: (module, _own(module)) for name, module in system.named_modules() if _is_block(name, module)}
    for name, (module, own) in found.items():
        watch(name, module, own)
    training = system.training
    system.eval()
    with torch.no_grad():
        system(torch.zeros(1, samples), torch.tensor([samples]))
    system.train(training)
    for handle in handles:
        handle.remove()
    unmet = [(name, *each) for name, each in found.items() if name not in counted and each[1]]
    return blocks + [Block(name, type(module).__name__, "-", own, _source(system, name)) for name, module, own in unmet]


def _is_block(name: str, module: nn.Module) -> bool:
    """Whether it is shown: what has no parts, or weights of its own beside them. Lists of weights count to what holds them."""
    if not name or isinstance(module, nn.ParameterList):
        return False
    return not list(module.children()) or _own(module) > 0


def _own(module: nn.Module) -> int:
    """Its parameters without those of its parts."""
    lists = [each for each in module.children() if isinstance(each, nn.ParameterList)]
    return sum(each.numel() for part in (module, *lists) for each in part.parameters(recurse=False))


def _source(system: System, name: str) -> str:
    """Where the model's paper describes a block: the first of the model's patterns that fits the name."""
    sections: Mapping[str, str] = getattr(system.model, "sections", {})
    return next((section for pattern, section in sections.items() if fnmatchcase(name, pattern)), "")
