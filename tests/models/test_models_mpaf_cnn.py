"""Each equation against loops by hand, shapes and counts of the specification, and every ablation of Table 2."""

import numpy as np
import pytest
import torch
from networks import count, inputs_of, lived, share_dropped
from torch import nn

from serkit.frames import Frames
from serkit.models import MPAFCNN, MPAFCNNConfig
from serkit.models.mpaf_cnn import AttentionLayer, Branch, FineGrainedFusion, MultiscaleLayer

SMALL = {"channels": (4, 8), "pools": (2, 2), "lld_channels": 32, "hidden": 6}
FRAMES, BANDS, VALUES = 11, 16, 5


def made(seed=0, **settings):
    torch.manual_seed(seed)
    return MPAFCNN(MPAFCNNConfig(**SMALL | settings), (FRAMES, BANDS), (FRAMES, VALUES), 4)


def given(batch=3, seed=1):
    draw = torch.Generator().manual_seed(seed)
    lengths = torch.full((batch,), FRAMES)
    values = (torch.randn(batch, FRAMES, dim, generator=draw) for dim in (BANDS, VALUES))
    return dict(zip(("mel", "lld"), (Frames(each, lengths) for each in values), strict=True))


def softmax(x):
    shares = np.exp(x - x.max())
    return shares / shares.sum()


def numbers(parameter):
    return parameter.detach().numpy()


def test_equations_1_to_4():
    torch.manual_seed(0)
    layer = AttentionLayer(6, mixes=True)
    layer.W_Q.data *= 10
    layer.W_K.data *= 10
    layer.requires_grad_(False)
    M = torch.randn(2, 6, 5)
    X, Q, K = (each.detach().numpy() for each in layer(M))
    for item in range(2):
        q = [sum(float(M[item, d, i] * layer.W_Q[d, 0]) for d in range(6)) for i in range(5)]
        k = [sum(float(M[item, d, i] * layer.W_K[d, 0]) for d in range(6)) for i in range(5)]
        np.testing.assert_allclose(Q[item, :, 0], q, atol=1e-5)
        np.testing.assert_allclose(K[item, :, 0], k, atol=1e-5)
        for i in range(5):
            shares = softmax(np.array([q[i] * k[j] for j in range(5)]))
            wanted = sum(shares[j] * M[item, :, j].numpy() for j in range(5))
            np.testing.assert_allclose(X[item, :, i], wanted, atol=1e-5)


def test_without_attention_frames_stay_and_q_and_k_do_too():
    torch.manual_seed(0)
    layer, M = AttentionLayer(6, mixes=False), torch.randn(2, 6, 5)
    X, Q, K = layer(M)
    assert torch.equal(X, M)
    assert Q.shape == K.shape == (2, 5, 1)


@pytest.mark.parametrize("dimensions", [1, 2])
def test_a_multiscale_layer_by_torchs_own(dimensions):
    torch.manual_seed(0)
    layer = lived(MultiscaleLayer(3, 8, (3, 5), dimensions, residual=True))
    x = torch.randn(2, 3, 6, 7) if dimensions == 2 else torch.randn(2, 3, 7)
    convolve = nn.functional.conv2d if dimensions == 2 else nn.functional.conv1d
    scales = []
    for scale, kernel in zip(layer.scales, (3, 5), strict=True):
        convolution, norm, _ = scale
        assert convolution.weight.shape[2:] == (kernel,) * dimensions
        scales.append(norm(convolve(x, convolution.weight, convolution.bias, padding=kernel // 2)).clamp(min=0))
    convolution, norm = layer.skip
    wanted = torch.cat(scales, dim=1) + norm(convolve(x, convolution.weight, convolution.bias))
    torch.testing.assert_close(layer(x), wanted)
    same = lived(MultiscaleLayer(8, 8, (3, 5), dimensions, residual=True))
    wide = torch.randn(2, 8, 6, 7) if dimensions == 2 else torch.randn(2, 8, 7)
    torch.testing.assert_close(same(wide), torch.cat([scale(wide) for scale in same.scales], dim=1) + wide)


@pytest.mark.parametrize("dimensions", [1, 2])
def test_equations_5_to_7_are_summed_over_blocks(dimensions):
    """Two blocks step by step, with the branch's own layers."""
    torch.manual_seed(0)
    branch = lived(Branch(MPAFCNNConfig(**SMALL), BANDS, FRAMES, dimensions))
    x = torch.randn(2, BANDS, FRAMES)
    X, tdgr, overall = branch(x)
    wanted_tdgr, wanted_overall = torch.zeros(2, FRAMES, 1), torch.zeros(2, 32)
    x = x[:, None] if dimensions == 2 else x
    for number in range(2):
        x = branch.layers[number](x)
        if dimensions == 2:
            x = x.reshape(2, x.shape[1], x.shape[2] // 2, 2, FRAMES).amax(3)  # the larger of two neighboring bins
        mixed, Q, K = branch.attention[number](x.reshape(2, 32, FRAMES))
        for frame in range(FRAMES):
            wanted_tdgr[:, frame] += (Q[:, frame] + K[:, frame]) / 2
            wanted_overall += mixed[:, :, frame] * branch.over_time[number][frame, 0]
        x = mixed.reshape(x.shape)
    torch.testing.assert_close(tdgr, wanted_tdgr)
    torch.testing.assert_close(overall, wanted_overall)
    torch.testing.assert_close(X, mixed.transpose(1, 2))


@pytest.mark.parametrize("rectified", [False, True])
@pytest.mark.parametrize("axis", ["text", "keys"])
def test_equations_10_to_15_with_other_numbers_of_frames(axis, rectified):
    torch.manual_seed(0)
    T_1, T_2, d_a, d_b = 4, 6, 3, 5
    fusion = FineGrainedFusion(MPAFCNNConfig(fusion_axis=axis, fusion_relu=rectified), d_a, d_b)
    X_a, X_b = torch.randn(2, T_1, d_a), torch.randn(2, T_2, d_b)
    Y_1, Y_2 = (each.detach().numpy() for each in fusion(X_a, X_b))
    weight = {name: numbers(getattr(fusion, name).weight) for name in ("query_a", "key_a", "query_b", "key_b", "W_Y1", "W_Y2")}

    def along(x, name):
        found = np.array([float(weight[name][0] @ frame) for frame in x])
        return np.maximum(found, 0) if rectified else found

    def normalized(scores):
        """Each column sums to one, as the text says; or each row."""
        lines = scores.T if axis == "text" else scores
        found = np.array([softmax(line) for line in lines])
        return found.T if axis == "text" else found

    for item in range(2):
        a, b = X_a[item].numpy(), X_b[item].numpy()
        Q_a, K_a, Q_b, K_b = along(a, "query_a"), along(a, "key_a"), along(b, "query_b"), along(b, "key_b")
        A_1 = normalized(np.array([[K_a[i] * Q_b[j] for j in range(T_2)] for i in range(T_1)]))
        A_2 = normalized(np.array([[K_b[i] * Q_a[j] for j in range(T_1)] for i in range(T_2)]))
        for i in range(T_1):
            wanted = weight["W_Y1"] @ sum(A_1[i, j] * b[j] for j in range(T_2)) + a[i]
            np.testing.assert_allclose(Y_1[item, i], wanted, atol=1e-5)
        for i in range(T_2):
            wanted = weight["W_Y2"] @ sum(A_2[i, j] * a[j] for j in range(T_1)) + b[i]
            np.testing.assert_allclose(Y_2[item, i], wanted, atol=1e-5)


@pytest.mark.parametrize("of", ["branch", "all"])
def test_the_whole_from_its_parts(of):
    """Equations 8 and 9 append TDGR to the frames; the classifier sees the last states of both directions and all vectors."""
    network = lived(made(tdgr_of=of))
    inputs = given()
    X_MS, tdgr_ms, fdgr = network.mel(inputs["mel"].values.transpose(1, 2))
    X_llds, tdgr_llds, cdgr = network.lld(inputs["lld"].values.transpose(1, 2))
    to_a, to_b = (tdgr_ms, tdgr_llds) if of == "branch" else (tdgr_ms + tdgr_llds,) * 2
    X_a, X_b = torch.cat([X_MS, to_a], dim=2), torch.cat([X_llds, to_b], dim=2)
    joined = torch.cat(network.fuse(X_a, X_b), dim=2)
    states, _ = network.bilstm(joined)
    last = torch.cat([states[:, -1, :6], states[:, 0, 6:]], dim=1)
    embedding = torch.cat([last, fdgr + cdgr], dim=1)
    found = network(**inputs)
    torch.testing.assert_close(found.embedding, embedding)
    torch.testing.assert_close(found.logits, embedding @ network.classifier.weight.T + network.classifier.bias)


TABLE_2 = {
    "M1": {},
    "M2": {"branches": "mel"},
    "M3": {"branches": "lld"},
    "M4": {"multiscale": False, "attention": False, "tdgr": False, "global_vectors": False},
    "M5": {"multiscale": False},
    "M5 with residual": {"multiscale": False, "keep_residual": True},
    "M6": {"attention": False},
    "M7": {"tdgr": False},
    "M8": {"global_vectors": False},
    "M9": {"fusion": False},
    "sum": {"join": "sum"},
    "keys": {"fusion_axis": "keys"},
    "one TDGR": {"tdgr_of": "all"},
    "apart": {"attention_init": "apart"},
}


@pytest.mark.parametrize("settings", TABLE_2.values(), ids=TABLE_2)
def test_every_parameter_of_every_ablation_is_trained(settings):
    network = made(**settings).train()
    network(**given(8)).logits.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        # What stands before a batch norm has no use for a bias.
        assert parameter.grad.abs().max() > 0 or name.endswith("0.bias"), name


def test_what_each_ablation_leaves_out():
    whole = made()
    assert made(branches="mel").lld is None
    assert made(branches="lld").mel is None
    assert made(branches="mel").fuse is None
    assert len(made(multiscale=False).mel.layers[0].scales) == 1
    assert not made(multiscale=False).mel.layers[0].residual
    assert made(multiscale=False, keep_residual=True).mel.layers[0].residual
    assert count(made(attention=False)) == count(whole)  # W_Q and W_K stay for TDGR
    assert made(tdgr=False).bilstm.input_size == whole.bilstm.input_size - 2
    assert made(global_vectors=False).classifier.in_features == 12
    assert made(fusion=False).fuse is None
    assert made(fusion=False).bilstm.input_size == whole.bilstm.input_size
    assert made(join="sum").bilstm.input_size == 33
    plain = made(**TABLE_2["M4"])
    assert not plain.mel.attends
    assert [name for name, _ in plain.mel.named_parameters() if "layers" not in name] == []


@pytest.mark.parametrize("settings", TABLE_2.values(), ids=TABLE_2)
def test_a_segment_is_the_same_alone(settings):
    network, inputs = lived(made(**settings)), given()
    together = network(**inputs).logits
    for item in range(3):
        alone = {name: Frames(values[item : item + 1], lengths[:1]) for name, (values, lengths) in inputs.items()}
        torch.testing.assert_close(network(**alone).logits[0], together[item], atol=1e-5, rtol=0)


def test_m5_has_one_convolution_of_the_first_kernel():
    for branch, dimensions in ((made(multiscale=False).mel, 2), (made(multiscale=False).lld, 1)):
        for layer in branch.layers:
            assert [scale[0].kernel_size for scale in layer.scales] == [(3,) * dimensions]
    assert [scale[0].kernel_size for scale in made().lld.layers[0].scales] == [(3,), (5,)]


@pytest.mark.parametrize(("init", "deviation"), [("even", 1 / 4096), ("apart", 1 / 64)])
def test_how_attention_begins(init, deviation):
    torch.manual_seed(0)
    layer = AttentionLayer(4096, True, init)
    for weights in (layer.W_Q, layer.W_K):
        assert float(weights.detach().std()) == pytest.approx(deviation, rel=0.1)
    assert made().mel.attention[0].W_Q.std() < made(attention_init="apart").mel.attention[0].W_Q.std()


def test_dropout_stands_before_the_classifier():
    network = made(hidden=512).eval().requires_grad_(False)
    before = inputs_of(network.classifier, lambda: network(**given()))
    network.dropout.train()
    after = inputs_of(network.classifier, lambda: network(**given()))
    assert share_dropped(before, after) == pytest.approx(0.5, abs=0.05)


def test_sizes_of_the_specification():
    network = MPAFCNN(MPAFCNNConfig(), (201, 64), (201, 42), 4)
    parts = {"mel": 49, "lld": 582, "fuse": 133, "bilstm": 659, "classifier": 2}  # thousands, one of them rounded down
    for name, wanted in parts.items():
        assert count(getattr(network, name)) / 1000 == pytest.approx(wanted, abs=1.3), name
    first = 42 * 128 * (3 + 5) + 2 * 128 + 2 * 256 + 42 * 256 + 256 + 2 * 256
    others = 256 * 128 * (3 + 5) + 2 * 128 + 2 * 256
    assert count(network.lld) == first + 2 * others + 3 * (2 * 256 + 201)
    assert round(count(network) / 1e6, 2) == 1.43
    shapes = []
    for layer in (*network.mel.layers, *network.lld.layers):
        layer.register_forward_hook(lambda _module, _given, found: shapes.append(tuple(found.shape[1:])))
    lengths = torch.tensor([201])
    found = network(Frames(torch.randn(1, 201, 64), lengths), Frames(torch.randn(1, 201, 42), lengths))
    assert shapes == [(16, 64, 201), (32, 16, 201), (64, 8, 201), (256, 201), (256, 201), (256, 201)]
    assert found.embedding.shape == (1, 512)
    assert count(MPAFCNN(MPAFCNNConfig(), (201, 64), (201, 42), 7)) == 1_428_611


def test_settings_that_do_not_fit_raise():
    with pytest.raises(ValueError, match="do not pair up"):
        made(pools=(2,))
    with pytest.raises(ValueError, match="do not share"):
        made(kernels=(3, 5, 7))
    with pytest.raises(ValueError, match="cannot be summed"):
        made(channels=(4, 4))
    with pytest.raises(ValueError, match="different sizes"):
        made(lld_channels=16)
    with pytest.raises(ValueError, match="concatenate them"):
        made(lld_channels=16, global_vectors=False, join="sum")
    with pytest.raises(ValueError, match="too few for pools"):
        made(pools=(16, 16))
    for settings in ({"tdgr": False}, {"branches": "mel"}):
        with pytest.raises(ValueError, match="here are not two"):
            made(tdgr_of="all", **settings)
    with pytest.raises(ValueError, match="for M5"):
        made(keep_residual=True)
    with pytest.raises(ValueError, match="one hop"):
        MPAFCNN(MPAFCNNConfig(), (201, 64), (101, 42), 4)
