"""The network against one of torch's own layers in the notebook's order, and against the counts of its stored output."""

import copy

import pytest
import torch
from torch import nn

from serkit.frames import Frames
from serkit.models import CNNTransformer, CNNTransformerConfig
from serkit.models._layers import Dropout
from serkit.models.cnn_transformer import ConvolutionBlock, EncoderLayer

FRAMES, COEFFICIENTS, CLASSES = 282, 40, 8


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def model(seed=0, **settings):
    torch.manual_seed(seed)
    return CNNTransformer(CNNTransformerConfig(**settings), FRAMES, COEFFICIENTS, CLASSES)


def mfcc(batch=3, seed=1, frames=FRAMES, coefficients=COEFFICIENTS):
    values = torch.randn(batch, frames, coefficients, generator=torch.Generator().manual_seed(seed))
    return Frames(values, torch.full((batch,), frames))


def lived(network, seed=2):
    """Running statistics, scales and shifts of a network that has seen something."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.LayerNorm):
            module.weight.data = torch.randn(module.weight.shape, generator=generator)  # negative ones too
            module.bias.data = torch.randn(module.bias.shape, generator=generator)
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=generator))
            module.running_var.copy_(torch.rand(module.running_var.shape, generator=generator) + 0.5)
    return network


class Plain(nn.Module):
    """The notebook's network in torch's own layers: Conv, BatchNorm, ReLU, MaxPool, Dropout; post-norm encoder layers."""

    def __init__(self, cnns=2, layers=4, dropouts=(0.3, 0.4)):
        super().__init__()
        self.cnns = nn.ModuleList(self.cnn(dropouts[0]) for _ in range(cnns))
        self.pool = nn.MaxPool2d((1, 4), (1, 4))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(40, 4, 512, dropouts[1], activation="relu", norm_first=False) for _ in range(layers)
        )
        self.fc = nn.Linear(512 * cnns + (40 if layers else 0), CLASSES)

    @staticmethod
    def cnn(dropout):
        steps = []
        for before, after, pool in [(1, 16, 2), (16, 32, 4), (32, 64, 4)]:
            steps += [
                nn.Conv2d(before, after, 3, 1, 1),
                nn.BatchNorm2d(after),
                nn.ReLU(),
                nn.MaxPool2d(pool, pool),
                nn.Dropout(dropout),
            ]
        return nn.Sequential(*steps)

    def forward(self, values):
        image = values.transpose(1, 2)[:, None]  # (batch, 1, 40, 282)
        branches = [cnn(image).flatten(1) for cnn in self.cnns]
        if len(self.layers):
            steps = self.pool(image)[:, 0].permute(2, 0, 1)  # (70, batch, 40)
            for layer in self.layers:
                steps = layer(steps)
            branches.append(steps.mean(0))
        joined = torch.cat(branches, 1)
        return self.fc(joined), joined


def weights(module):
    return {name: value for name, value in module.state_dict().items() if "num_batches" not in name}


def plain_like(ours, **settings):
    """The plain network with the weights of ours, and pairs of corresponding parameters."""
    plain = Plain(len(ours.cnns), len(ours.encoder), **settings)
    pairs = []
    for theirs, mine in zip(plain.cnns, ours.cnns, strict=True):
        convolutions = [module for module in mine.modules() if isinstance(module, nn.Conv2d | nn.BatchNorm2d)]
        others = [module for module in theirs.modules() if isinstance(module, nn.Conv2d | nn.BatchNorm2d)]
        pairs += list(zip(others, convolutions, strict=True))
    pairs.append((plain.fc, ours.classifier))
    for theirs, mine in zip(plain.layers, ours.encoder, strict=True):
        pairs += [
            (theirs.self_attn.out_proj, mine.attention.project_out),
            (theirs.linear1, mine.widen),
            (theirs.linear2, mine.narrow),
            (theirs.norm1, mine.norm_attention),
            (theirs.norm2, mine.norm_feedforward),
        ]
    for theirs, mine in pairs:
        theirs.load_state_dict(mine.state_dict())
    parameters = [both for theirs, mine in pairs for both in zip(theirs.parameters(), mine.parameters(), strict=True)]
    for theirs, mine in zip(plain.layers, ours.encoder, strict=True):
        theirs.self_attn.in_proj_weight.data.copy_(mine.attention.project_in.weight)
        theirs.self_attn.in_proj_bias.data.copy_(mine.attention.project_in.bias)
        parameters.append((theirs.self_attn.in_proj_weight, mine.attention.project_in.weight))
        parameters.append((theirs.self_attn.in_proj_bias, mine.attention.project_in.bias))
    assert len(parameters) == len(list(ours.parameters())) == len(list(plain.parameters()))
    return plain, parameters


def test_parameters_are_the_notebooks():
    network = model()
    assert count(network) == 248_488
    assert [count(cnn) for cnn in network.cnns] == [23_520, 23_520]
    assert [count(layer) for layer in network.encoder] == [48_232] * 4
    assert count(network.classifier) == 8_520
    assert count(Plain()) == 248_488


def test_defaults():
    config = CNNTransformerConfig()
    assert (config.cnns, config.channels, config.pools) == (2, (16, 32, 64), (2, 4, 4))
    assert (config.layers, config.heads, config.feedforward, config.time_pool) == (4, 4, 512, 4)
    network = model()
    dropouts = {name: module.p for name, module in network.named_modules() if isinstance(module, Dropout)}
    assert {p for name, p in dropouts.items() if name.startswith("cnns")} == {0.3}
    assert {p for name, p in dropouts.items() if name.startswith("encoder")} == {0.4}
    assert len(dropouts) == 6 + 12


def test_shapes_of_every_block():
    network, shapes = model().eval(), {}
    for name, module in network.named_modules():
        if isinstance(module, ConvolutionBlock | EncoderLayer | nn.Flatten | nn.Linear):
            module.register_forward_hook(lambda _m, _i, out, name=name: shapes.update({name: tuple(out.shape)}))
    output = network(mfcc(5))
    for branch in (0, 1):
        assert shapes[f"cnns.{branch}.0"] == (5, 16, 20, 141)
        assert shapes[f"cnns.{branch}.1"] == (5, 32, 5, 35)
        assert shapes[f"cnns.{branch}.2"] == (5, 64, 1, 8)
        assert shapes[f"cnns.{branch}.3"] == (5, 512)
    for layer in range(4):
        assert shapes[f"encoder.{layer}"] == (5, 70, 40)
    assert shapes["encoder.0.widen"] == (5, 70, 512)
    assert output.embedding.shape == (5, 1064)
    assert output.logits.shape == (5, 8)


@pytest.mark.parametrize(("cnns", "layers"), [(2, 4), (1, 4), (0, 4), (2, 0), (1, 0), (0, 1)])
def test_evaluation_equals_plain_torch(cnns, layers):
    ours = lived(model(cnns=cnns, layers=layers)).eval()
    plain, _ = plain_like(ours)
    plain.eval()
    with torch.no_grad():
        found = ours(mfcc(4))
        logits, joined = plain(mfcc(4).values)
    torch.testing.assert_close(found.embedding, joined, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(found.logits, logits, rtol=1e-5, atol=1e-5)


def test_training_equals_plain_torch():
    """Values and gradients, though our blocks pool before the ReLU. In double precision, so that nothing hides."""
    ours = lived(model(cnn_dropout=0, transformer_dropout=0)).double().train()
    plain, pairs = plain_like(ours, dropouts=(0.0, 0.0))
    plain.double().train()
    for theirs, mine in pairs:
        theirs.data.copy_(mine.data)
    values = mfcc(6).values.double()
    one, other = values.clone().requires_grad_(), values.clone().requires_grad_()
    found = ours(Frames(one, torch.full((6,), FRAMES)))
    logits, _ = plain(other)
    torch.testing.assert_close(found.logits, logits, rtol=1e-9, atol=1e-9)
    targets = torch.tensor([0, 1, 2, 3, 4, 7])
    nn.functional.cross_entropy(found.logits, targets).backward()
    nn.functional.cross_entropy(logits, targets).backward()
    torch.testing.assert_close(one.grad, other.grad, rtol=1e-7, atol=1e-10)
    for theirs, mine in pairs:
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-7, atol=1e-9)
    for cnn, reference in zip(ours.cnns, plain.cnns, strict=True):
        norms = [module for module in cnn.modules() if isinstance(module, nn.BatchNorm2d)]
        others = [module for module in reference.modules() if isinstance(module, nn.BatchNorm2d)]
        for mine, theirs in zip(norms, others, strict=True):
            torch.testing.assert_close(mine.running_mean, theirs.running_mean)
            torch.testing.assert_close(mine.running_var, theirs.running_var)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("kind", ["random", "flat", "steps"])
def test_pooling_before_the_relu_changes_nothing(kind, layout):
    """Where a pool's values are equal (padding, silence) or all negative, too."""
    torch.manual_seed(0)
    block = lived(ConvolutionBlock(3, 8, 4, 0.0)).train()
    literal = nn.Sequential(copy.deepcopy(block[0]), copy.deepcopy(block[1]), nn.ReLU(), nn.MaxPool2d(4))
    x = torch.randn(4, 3, 21, 35)
    if kind == "flat":
        x[:, :, :, 10:] = 0
    elif kind == "steps":
        x = x.round()
    x = x.contiguous(memory_format=layout)
    one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    found, wanted = block(one), literal(other)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)
    assert (found == 0).any()
    weight = torch.randn(found.shape)
    (found * weight).sum().backward()
    (wanted * weight).sum().backward()
    torch.testing.assert_close(one.grad, other.grad, rtol=1e-5, atol=1e-6)
    for mine, theirs in zip(block.parameters(), literal.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-4, atol=1e-4)


def test_encoder_layer_drops_where_torchs_does():
    """Attention weights, its output, the inner layer and the outer: each with its own draws."""
    torch.manual_seed(0)
    layer = EncoderLayer(40, 4, 512, 0.4).train()
    calls = []
    for module in layer.modules():
        if isinstance(module, Dropout):
            module.register_forward_hook(lambda _m, _i, out: calls.append(tuple(out.shape)))
    layer(torch.randn(2, 9, 40))
    assert sorted(calls) == sorted([(2, 4, 9, 9), (2, 9, 40), (2, 9, 512), (2, 9, 40)])


def test_what_is_dropped_in_a_cnn_comes_after_pooling():
    torch.manual_seed(0)
    block = ConvolutionBlock(1, 16, 2, 0.3).train()
    kinds = [type(module).__name__ for module in block]
    assert kinds[-1] == "ReLUDropout"
    assert block(torch.randn(2, 1, 40, 282)).shape == (2, 16, 20, 141)


def test_training_moves_every_parameter():
    network = model().train()
    nn.functional.cross_entropy(network(mfcc(4)).logits, torch.tensor([0, 1, 2, 3])).backward()
    still = [name for name, parameter in network.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    # batch norm takes a convolution's bias away again, and the softmax does not see what all keys share: rounding alone
    assert not still


def test_items_are_independent_in_evaluation():
    network = lived(model()).eval()
    frames = mfcc(5)
    with torch.no_grad():
        together = network(frames)
        for item in range(5):
            own = network(Frames(frames.values[item : item + 1], frames.lengths[item : item + 1]))
            torch.testing.assert_close(own.logits[0], together.logits[item], rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(own.embedding[0], together.embedding[item], rtol=1e-5, atol=1e-5)


def test_the_two_cnns_have_their_own_weights():
    network = model()
    first, second = (weights(cnn) for cnn in network.cnns)
    assert not torch.equal(first["0.0.weight"], second["0.0.weight"])
    output = network.eval()(mfcc())
    assert not torch.equal(output.embedding[:, :512], output.embedding[:, 512:1024])


@pytest.mark.parametrize(
    ("settings", "width", "parameters"),
    [
        ({"cnns": 1}, 552, 23_520 + 192_928 + 552 * 8 + 8),
        ({"cnns": 0}, 40, 192_928 + 40 * 8 + 8),
        ({"layers": 0}, 1024, 47_040 + 1024 * 8 + 8),
        ({"cnns": 1, "layers": 0}, 512, 23_520 + 512 * 8 + 8),
        ({"layers": 1}, 1064, 47_040 + 48_232 + 8_520),
    ],
)
def test_ablations(settings, width, parameters):
    network = model(**settings).eval()
    assert count(network) == parameters
    assert network(mfcc()).embedding.shape == (3, width)


@pytest.mark.parametrize(
    ("settings", "frames", "coefficients"),
    [
        ({"cnns": 0, "layers": 0}, FRAMES, COEFFICIENTS),
        ({"channels": (16, 32)}, FRAMES, COEFFICIENTS),
        ({}, 31, COEFFICIENTS),
        ({}, FRAMES, 31),
        ({"heads": 3}, FRAMES, COEFFICIENTS),
        ({"time_pool": 300}, FRAMES, COEFFICIENTS),
        ({"channels": (), "pools": ()}, FRAMES, COEFFICIENTS),
        ({"pools": (2, 0, 4)}, FRAMES, COEFFICIENTS),
        ({"pools": (2, -4, -4)}, FRAMES, COEFFICIENTS),
        ({"channels": (16, 0, 64)}, FRAMES, COEFFICIENTS),
    ],
)
def test_impossible_sizes_raise(settings, frames, coefficients):
    """ValueError, of which pydantic's is one: `recipe.build` turns no other into a line for the user."""
    with pytest.raises(ValueError):
        CNNTransformer(CNNTransformerConfig(**settings), frames, coefficients, CLASSES)


@pytest.mark.parametrize(
    "settings",
    [{"cnns": 3}, {"cnns": -1}, {"layers": -1}, {"heads": 0}, {"cnn_dropout": 1}, {"transformer_dropout": -0.1}, {"width": 3}],
)
def test_impossible_settings_raise(settings):
    with pytest.raises(ValueError):
        CNNTransformerConfig(**settings)


def test_smallest_input():
    network = CNNTransformer(CNNTransformerConfig(), 32, 32, 5).eval()
    assert network(mfcc(2, frames=32, coefficients=32)).logits.shape == (2, 5)
