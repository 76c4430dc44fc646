"""What the tests of several networks need."""

import torch
from torch import nn


def count(module):
    """How many parameters it has."""
    return sum(parameter.numel() for parameter in module.parameters())


def lived(network, seed=2):
    """A network with the running statistics, scales and shifts of one that has seen something, in evaluation mode."""
    draw = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.weight.data = torch.randn(module.weight.shape, generator=draw)  # negative ones too
            module.bias.data = torch.randn(module.bias.shape, generator=draw)
            module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=draw))
            module.running_var.copy_(torch.rand(module.running_var.shape, generator=draw) + 0.5)
    return network.eval()


def inputs_of(module, run):
    """What a module is given while `run` runs."""
    found = []
    handle = module.register_forward_pre_hook(lambda _module, given: found.append(given[0].detach().clone()))
    run()
    handle.remove()
    return torch.cat(found)


def share_dropped(before, after):
    """The share of the values of `before` that `after` lacks; asserts that all others are there, scaled as dropout scales."""
    kept, there = after != 0, before != 0
    share = float((there & ~kept).sum() / there.sum())
    assert not (kept & ~there).any()
    scales = (after / before)[kept]
    torch.testing.assert_close(scales, scales[:1].expand_as(scales))
    assert abs(float(scales[0]) - 1 / (1 - share)) < 0.1
    return share
