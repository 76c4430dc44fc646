"""The plain networks: layers by hand, masks, every parameter trained."""

import numpy as np
import pytest
import torch
from networks import count, lived
from torch import nn

from serkit.frames import Frames
from serkit.models import CNN, BiLSTMAttention, BiLSTMAttentionConfig, CNNConfig

BANDS, CLASSES = 12, 4


def made(kind, seed=0, **settings):
    torch.manual_seed(seed)
    if kind == "cnn":
        return CNN(CNNConfig(**{"channels": (3, 4)} | settings), BANDS, CLASSES)
    return BiLSTMAttention(BiLSTMAttentionConfig(**{"hidden": 5} | settings), BANDS, CLASSES)


def mel_of(lengths, seed=1):
    draw = torch.Generator().manual_seed(seed)
    items = [torch.randn(length, BANDS, generator=draw) for length in lengths]
    return Frames(nn.utils.rnn.pad_sequence(items, batch_first=True), torch.tensor(lengths))


@pytest.mark.parametrize("kind", ["cnn", "bilstm"])
def test_a_recording_is_the_same_alone_and_behind_any_padding(kind):
    network = lived(made(kind))
    mel = mel_of([23, 9, 2])
    together = network(mel).logits
    longer = network(Frames(nn.functional.pad(mel.values, (0, 0, 0, 7)), mel.lengths)).logits
    torch.testing.assert_close(longer, together, atol=1e-5, rtol=0)
    for item, length in enumerate([23, 9, 2]):
        alone = network(Frames(mel.values[item : item + 1, :length], mel.lengths[item : item + 1]))
        torch.testing.assert_close(alone.logits[0], together[item], atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["cnn", "bilstm"])
def test_every_parameter_is_trained(kind):
    network = made(kind).train()
    network(mel_of([20, 11, 13, 20])).logits.square().sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in network.parameters())


def test_the_attention_by_loops():
    network = made("bilstm").eval().requires_grad_(False)
    network.attention.weight.data *= 5
    mel = mel_of([7, 4])
    found = network(mel)
    u = network.attention.weight.numpy()[0]
    lstm = network.recurrent[0]
    for item, length in enumerate([7, 4]):
        frames = mel.values[item : item + 1, :length]
        states = torch.cat([lstm.onward(frames)[0], lstm.back(frames.flip(1))[0].flip(1)], dim=2)[0].numpy()
        weights = np.array([np.exp(u @ state) for state in states])
        mean = sum(weight * state for weight, state in zip(weights / weights.sum(), states, strict=True))
        np.testing.assert_allclose(found.embedding[item], mean, atol=1e-5)
        wanted = network.classifier.weight.numpy() @ mean + network.classifier.bias.numpy()
        np.testing.assert_allclose(found.logits[item], wanted, atol=1e-5)


def test_the_convolutions_are_torchs():
    """Of one item that the pools divide: convolution, batch norm, ReLU, maximum, twice, then the mean over time."""
    network = lived(made("cnn")).requires_grad_(False)
    mel = mel_of([16])
    x = mel.values[:, None]
    for block in network.blocks:
        x = nn.functional.max_pool2d(block.norm(block.convolution(x)).relu(), 2)
    mean = x.mean(2).flatten(1)
    torch.testing.assert_close(network(mel).embedding, mean)
    torch.testing.assert_close(network(mel).logits, network.classifier(mean))


def test_counts():
    """Convolutions and batch norm; four gates of each direction with two biases, u, and one map."""
    convolutions = sum(9 * a * b + 3 * b for a, b in ((1, 16), (16, 32), (32, 64), (64, 128)))
    assert count(CNN(CNNConfig(), 64, 7)) == convolutions + (512 + 1) * 7 == 101_223
    assert count(BiLSTMAttention(BiLSTMAttentionConfig(), 64, 7)) == 2 * 4 * 128 * (64 + 128 + 2) + 256 + 257 * 7 == 200_711
    assert count(made("bilstm", layers=2)) > count(made("bilstm"))


def test_bands_that_the_pools_use_up():
    with pytest.raises(ValueError, match="leave none"):
        made("cnn", pool=4)
