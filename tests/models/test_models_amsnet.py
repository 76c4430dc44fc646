"""Each equation against loops by hand, masks, counts of the specification, and the columns of Tables 4 and 5."""

import numpy as np
import pytest
import torch
from networks import count, inputs_of, lived, share_dropped
from torch import nn

from serkit.frames import Frames
from serkit.models import AMSNet, AMSNetConfig
from serkit.models.amsnet import FRLM, URLM, ConnectionAttention, SqueezeExcitation, TemporalBlock

SMALL = {"hidden": 6, "filters": (8, 6, 4), "ratio": 2, "dense": (7, 5)}
PARTS = ("connection", "concatenation", "frlm", "urlm", "early")


def made(seed=0, pretrain=("frlm", "urlm"), **settings):
    torch.manual_seed(seed)
    return AMSNet(AMSNetConfig(**SMALL | settings), 5, 9, 4, () if settings.get("parts") == "early" else pretrain)


def frames_of(lengths, dim, seed=1):
    draw = torch.Generator().manual_seed(seed)
    items = [torch.randn(length, dim, generator=draw) for length in lengths]
    return Frames(nn.utils.rnn.pad_sequence(items, batch_first=True), torch.tensor(lengths))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    shares = np.exp(x - x.max())
    return shares / shares.sum()


@pytest.mark.parametrize("directions", ["sum", "concatenation"])
def test_equations_1_to_4(directions):
    torch.manual_seed(0)
    module = FRLM(AMSNetConfig(**SMALL, directions=directions), 5).eval().requires_grad_(False)
    module.w.data *= 5
    given = frames_of([7, 4], 5)
    found = module(given)
    for item, length in enumerate([7, 4]):
        alone = given.values[item : item + 1, :length]
        onward = module.blstm.onward(alone)[0][0].numpy()
        back = module.blstm.back(alone.flip(1))[0][0].flip(0).numpy()
        H = [a + b if directions == "sum" else np.concatenate([a, b]) for a, b in zip(onward, back, strict=True)]
        alpha = softmax(np.array([float(module.w.numpy() @ np.tanh(h)) for h in H]))
        r = sum(share * h for share, h in zip(alpha, H, strict=True))
        wanted = module.dense.weight.numpy() @ r + module.dense.bias.numpy()
        np.testing.assert_allclose(found[item], wanted, atol=1e-5)


def test_equation_5_with_batch_norm_and_relu():
    """An even kernel looks three frames back and four ahead; padding is what lies beyond the end."""
    torch.manual_seed(0)
    block = lived(TemporalBlock(3, 4, 8, None)).requires_grad_(False)
    x, lengths = frames_of([9, 5], 3)
    mask = Frames(x, lengths).mask()
    found = block(x.transpose(1, 2), mask)
    V, b, norm = block.convolution.weight.numpy(), block.convolution.bias.numpy(), block.norm
    for item, length in enumerate([9, 5]):
        for t in range(length):
            R = b.copy()
            for step in range(8):
                at = t + step - 3
                if 0 <= at < length:
                    R += V[:, :, step] @ x[item, at].numpy()
            scaled = (R - norm.running_mean.numpy()) / np.sqrt(norm.running_var.numpy() + norm.eps)
            wanted = np.maximum(0, scaled * norm.weight.numpy() + norm.bias.numpy())
            np.testing.assert_allclose(found[item, :, t], wanted, atol=1e-5)
        assert not found[item, :, length:].any()


def test_batch_norm_learns_from_true_frames_alone():
    torch.manual_seed(0)
    block, norm = TemporalBlock(3, 4, 3, None), nn.BatchNorm1d(4)
    x, lengths = frames_of([9, 5], 3)
    mask = Frames(x, lengths).mask()
    mapped = block.convolution(nn.functional.pad(x.transpose(1, 2), (1, 1))).transpose(1, 2)[mask]
    torch.testing.assert_close(block(x.transpose(1, 2), mask).transpose(1, 2)[mask], norm(mapped).relu())
    torch.testing.assert_close(block.norm.running_var, norm.running_var)


def test_equations_6_to_8():
    torch.manual_seed(0)
    module = SqueezeExcitation(6, 2).requires_grad_(False)
    R, lengths = frames_of([7, 3], 6)
    found = module(R.transpose(1, 2), Frames(R, lengths).mask())
    W_1, W_2 = module.W_1.weight.numpy(), module.W_2.weight.numpy()
    assert (W_1.shape, W_2.shape) == ((3, 6), (6, 3))
    for item, length in enumerate([7, 3]):
        z = sum(R[item, t].numpy() for t in range(length)) / length
        s = sigmoid(W_2 @ np.maximum(0, W_1 @ z))
        for t in range(length):
            np.testing.assert_allclose(found[item, :, t], s * R[item, t].numpy(), atol=1e-6)


@pytest.mark.parametrize("weights", ["scalar", "vector"])
def test_equations_9_to_12(weights):
    torch.manual_seed(0)
    module = ConnectionAttention(weights).requires_grad_(False)
    h_1, h_2 = torch.randn(3, 128) * 3, torch.randn(3, 128) * 3
    found = module(h_1, h_2)
    W_f, b = module.W_f.weight.numpy(), module.W_f.bias.numpy()
    for item in range(3):
        beta = [np.tanh(W_f @ h[item].numpy() + b) for h in (h_1, h_2)]
        alpha = [np.exp(each) / (np.exp(beta[0]) + np.exp(beta[1])) for each in beta]
        assert all((each > 0.119).all() and (each < 0.881).all() for each in alpha)
        np.testing.assert_allclose(found[item], alpha[0] * h_1[item].numpy() + alpha[1] * h_2[item].numpy(), atol=1e-5)


def test_urlm_is_the_mean_of_its_last_block_through_a_dense_layer():
    module = lived(URLM(AMSNetConfig(**SMALL), 9)).requires_grad_(False)
    given = frames_of([8, 5], 9)
    last = []
    module.blocks[-1].register_forward_hook(lambda _module, _given, found: last.append(found.numpy()))
    found = module(given)
    for item, length in enumerate([8, 5]):
        mean = sum(last[0][item, :, t] for t in range(length)) / length
        wanted = module.dense.weight.numpy() @ mean + module.dense.bias.numpy()
        np.testing.assert_allclose(found[item], wanted, atol=1e-5)
    for block, kernel, squeezed in zip(URLM(AMSNetConfig(), 257).blocks, (8, 5, 3), (True, True, False), strict=True):
        assert block.convolution.kernel_size == (kernel,)
        assert (block.squeeze is not None) == squeezed


@pytest.mark.parametrize("parts", ["connection", "concatenation", "early"])
def test_the_classifier_of_section_4_3(parts):
    """Two rectified layers, then one value for each emotion."""
    network = lived(made(parts=parts)).requires_grad_(False)
    found = network(frames_of([12, 5], 5), frames_of([8, 4], 9))
    layers = [each for each in network.classifier if isinstance(each, nn.Linear)]
    assert [each.out_features for each in layers] == [7, 5, 4]
    for item in range(2):
        x = found.embedding[item].numpy()
        for number, layer in enumerate(layers):
            x = layer.weight.numpy() @ x + layer.bias.numpy()
            x = np.maximum(x, 0) if number < 2 else x
        np.testing.assert_allclose(found.logits[item], x, atol=1e-5)


def test_dropout_stands_between_attention_and_dense_layer_of_frlm():
    torch.manual_seed(0)
    module = FRLM(AMSNetConfig(hidden=512), 5).requires_grad_(False)
    given = frames_of([7] * 8, 5)
    before = inputs_of(module.dense, lambda: module.eval()(given))
    after = inputs_of(module.dense, lambda: module.train()(given))
    assert share_dropped(before, after) == pytest.approx(0.5, abs=0.05)


def test_convolutions_begin_as_section_4_3_says():
    """He et al. 2015, equation 10: a deviation of sqrt(2 / n)."""
    torch.manual_seed(0)
    for block in URLM(AMSNetConfig(), 257).blocks:
        weights = block.convolution.weight.detach()
        assert float(weights.std()) == pytest.approx((2 / weights[0].numel()) ** 0.5, rel=0.02)


@pytest.mark.parametrize("parts", PARTS)
def test_an_utterance_is_the_same_alone_and_behind_any_padding(parts):
    network = lived(made(parts=parts))
    lld, mel = frames_of([12, 5, 1], 5), frames_of([8, 4, 1], 9)
    together = network(lld, mel)
    longer = network(*(Frames(nn.functional.pad(each.values, (0, 0, 0, 6)), each.lengths) for each in (lld, mel)))
    torch.testing.assert_close(longer.logits, together.logits, atol=1e-5, rtol=0)
    for item in range(3):
        own = (Frames(each.values[item : item + 1, : each.lengths[item]], each.lengths[item : item + 1]) for each in (lld, mel))
        torch.testing.assert_close(network(*own).logits[0], together.logits[item], atol=1e-5, rtol=0)


@pytest.mark.parametrize("parts", PARTS)
def test_every_parameter_is_trained(parts):
    """The classifiers of the modules are trained in the stages before the whole."""
    network = made(parts=parts).train()
    given = frames_of([12] * 6, 5), frames_of([8] * 6, 9)
    network(*given).logits.square().sum().backward()
    if parts in ("connection", "concatenation"):
        assert network.frlm.head.weight.grad is network.urlm.head.weight.grad is None
        (network.frlm.alone(*given).logits.sum() + network.urlm.alone(*given).logits.square().sum()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_the_columns_of_tables_4_and_5():
    assert made(parts="frlm").urlm is None
    assert made(parts="urlm").frlm is None
    assert made(parts="early").frlm is None
    assert made(parts="early").urlm.blocks[0].convolution.in_channels == 5 + 9
    assert made(parts="concatenation").connect is None
    assert made(parts="concatenation").classifier[0].in_features == 256
    assert [each.out_features for each in made().classifier if isinstance(each, nn.Linear)] == [7, 5, 4]
    assert made(parts="frlm").classifier is made(parts="urlm").classifier is None
    assert made(parts="early").urlm.head is made(pretrain=()).urlm.head is made(pretrain=()).frlm.head is None
    assert all(made(parts=name, pretrain=()).get_submodule(name).head is not None for name in ("frlm", "urlm"))


def test_a_module_by_itself_is_the_module_of_the_whole():
    whole = lived(made())
    given = frames_of([12, 5], 5), frames_of([8, 4], 9)
    for name in ("frlm", "urlm"):
        alone = made(parts=name)
        alone.load_state_dict({key: value for key, value in whole.state_dict().items() if key.startswith(name)})
        found, module = alone.eval()(*given), whole.get_submodule(name)
        torch.testing.assert_close(found, module.alone(*given))
        torch.testing.assert_close(found.embedding, module(given[name == "urlm"]))
        torch.testing.assert_close(found.logits, found.embedding @ module.head.weight.T + module.head.bias)


def test_early_fusion_averages_the_descriptors_of_each_frame():
    network = lived(made(parts="early"))
    lld, mel = frames_of([11, 7], 5), frames_of([4, 3], 9)
    averaged = torch.zeros(2, 4, 5)
    for item, (of_lld, of_mel) in enumerate([(11, 4), (7, 3)]):
        for t in range(of_mel):
            around = [at for at in range(of_lld) if t * of_lld < (at + 1) * of_mel and at * of_mel < (t + 1) * of_lld]
            averaged[item, t] = lld.values[item, around].mean(0)
    both = Frames(torch.cat([mel.values, averaged], dim=2), mel.lengths)
    torch.testing.assert_close(network(lld, mel).embedding, network.urlm(both))


def test_counts_of_the_specification():
    """C34: millions of parameters of convolutions with batch norm, squeeze and excitation; of the recurrent layer."""
    for ratio, wanted in {2: 2.14, 4: 1.97, 8: 1.89, 16: 1.85, 32: 1.83}.items():
        assert round(count(URLM(AMSNetConfig(ratio=ratio), 257).blocks) / 1e6, 2) == wanted
    for hidden, wanted in {128: 0.21, 256: 0.68, 512: 2.42}.items():
        assert round(count(FRLM(AMSNetConfig(hidden=hidden), 76).blstm) / 1e6, 2) == wanted
    network = AMSNet(AMSNetConfig(), 76, 257, 4)
    assert round(count(network.classifier) / 1e3, 1) == 8.8
    shapes = []
    for block in network.urlm.blocks:
        block.register_forward_hook(lambda _module, _given, found: shapes.append(tuple(found.shape[1:])))
    found = network.eval()(frames_of([295], 76), frames_of([121], 257))
    assert shapes == [(512, 121), (256, 121), (128, 121)]
    assert found.embedding.shape == (1, 128)
    assert [each.out_features for each in network.classifier if isinstance(each, nn.Linear)] == [64, 8, 4]
    said = network.said(frames_of([295], 76), frames_of([121], 257))
    assert [tuple(each.shape) for each in said.values()] == [(1, 128), (1, 128)]
    assert network.frlm.blstm(torch.zeros(1, 295, 76), torch.tensor([295])).shape == (1, 295, 256)
    assert network.frlm.dense.in_features == 128
    assert count(AMSNet(AMSNetConfig(), 76, 257, 7)) == 2_104_598 - 2 * 7 * 129  # without the modules' own classifiers
    assert count(AMSNet(AMSNetConfig(), 76, 257, 7, ("frlm", "urlm"))) == 2_104_598


def test_a_ratio_that_does_not_divide_raises():
    with pytest.raises(ValueError, match="does not divide"):
        made(ratio=3)
