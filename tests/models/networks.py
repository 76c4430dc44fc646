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
