"""Counts against the binomial distribution, and torch's own attention with the same weights."""

import math
import statistics

import numpy as np
import pytest
import torch
from torch import nn

from serkit.models._layers import Dropout, MultiHeadAttention, ReLUDropout, keep_mask, normalize_and_pool

PROBABILITIES = (0.001, 0.1, 1 / 256, 0.3, 1 / 3, 0.4, 0.5, 0.7, 0.75, 255 / 256, 0.999)


def dropping(p, seed=0):
    torch.manual_seed(seed)
    return Dropout(p).train()


def within(count, n, p, sigmas=5):
    return abs(count - n * p) <= sigmas * math.sqrt(n * p * (1 - p)) + 1e-9


@pytest.mark.parametrize("p", PROBABILITIES)
def test_the_share_of_dropped_elements(p):
    """Above 10^7 draws 5 sigma are under 8e-4 for any p: the step of 1/256 of a byte alone would be seen."""
    n = 12_000_003
    kept = dropping(p)(torch.ones(n))
    dropped = n - int(torch.count_nonzero(kept))
    assert within(dropped, n, p)


@pytest.mark.parametrize("p", [0.3, 0.4])
def test_each_byte_of_a_word_drops_alike(p):
    n = 8_000_000
    torch.manual_seed(2)
    keep = keep_mask(n, p).view(-1, 8).double()
    dropped = (1 - keep).sum(0)
    assert all(within(float(count), n // 8, p) for count in dropped)
    # Two bytes of a word, and a byte and its neighbors in the next words, drop together as often as independent ones do.
    centered = keep - (1 - p)
    for shift in range(4):
        later = centered[shift:]
        products = centered[: len(later)].T @ later / (len(later) * p * (1 - p))
        if shift == 0:
            products.fill_diagonal_(0)
        assert products.abs().max() < 5.5 / math.sqrt(len(later))


@pytest.mark.parametrize("p", [0.3, 0.4, 0.9])
def test_neighbors_are_independent(p):
    n = 4_000_001
    torch.manual_seed(3)
    keep = keep_mask(n, p)
    for lag in (1, 2, 3, 7, 8, 9, 16, 64):
        together = int((~keep[lag:] & ~keep[:-lag]).sum())
        # pairs overlap, but under independence their indicators are all but uncorrelated
        variance = p**2 * (1 - p**2) + 2 * (p**3 - p**4)
        assert abs(together - (n - lag) * p**2) < 5 * math.sqrt((n - lag) * variance)


def test_runs_have_the_lengths_of_independent_draws():
    torch.manual_seed(4)
    keep = keep_mask(2_000_000, 0.4).numpy().astype(np.int8)
    edges = np.flatnonzero(np.diff(keep))
    lengths = np.diff(edges)[:: 2 if keep[edges[0] + 1] == 0 else 1]
    starts = keep[edges[:-1] + 1]
    drops = np.diff(edges)[starts == 0]
    for length in range(1, 7):
        share = 0.4 ** (length - 1) * 0.6
        assert within(int((drops == length).sum()), len(drops), share)
    assert len(lengths) > 1000


def test_two_calls_share_nothing():
    torch.manual_seed(5)
    one, other = keep_mask(1_000_000, 0.5), keep_mask(1_000_000, 0.5)
    assert within(int((one == other).sum()), 1_000_000, 0.5)


@pytest.mark.parametrize("p", [0.001, 0.3, 0.4, 0.5, 0.999])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_kept_is_scaled(p, dtype):
    x = torch.randn(100_001, dtype=dtype, generator=torch.Generator().manual_seed(1)) + 3
    out = dropping(p)(x)
    kept = out != 0
    assert 0 < int(kept.sum()) < x.numel()
    torch.testing.assert_close(out[kept], x[kept] / (1 - p))
    assert out.dtype == dtype


def test_bf16_keeps_its_type():
    x = torch.randn(1000, dtype=torch.bfloat16)
    out = dropping(0.4)(x)
    assert out.dtype == torch.bfloat16
    kept = out != 0
    torch.testing.assert_close(out[kept].float(), x[kept].float() / 0.6, rtol=2**-6, atol=0)


def test_mean_is_kept():
    out = dropping(0.3)(torch.ones(4_000_000))
    assert float(out.mean()) == pytest.approx(1, abs=5 * math.sqrt(0.3 / 0.7 / 4_000_000))


def test_evaluation_and_zero_change_nothing():
    x = torch.randn(10)
    assert Dropout(0.4).eval()(x) is x
    assert Dropout(0.0).train()(x) is x


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, float("nan")])
def test_impossible_probabilities_raise(p):
    with pytest.raises(ValueError, match="outside"):
        Dropout(p)


@pytest.mark.parametrize("shape", [(1001,), (3, 5, 7), (2, 16, 20, 11)], ids=["one axis", "three axes", "four axes"])
def test_the_gradient_has_the_same_mask(shape):
    x = (torch.rand(shape) + 1).requires_grad_()
    weights = torch.randn(shape)
    out = dropping(0.4)(x)
    (out * weights).sum().backward()
    mask = (out.detach() != 0).double()
    torch.testing.assert_close(x.grad.double(), mask * weights.double() / 0.6, rtol=1e-6, atol=1e-7)


def test_the_gradient_is_right_by_finite_differences():
    x = torch.rand(4, 3, 5, dtype=torch.float64, requires_grad=True)

    def function(value):
        torch.manual_seed(9)
        return Dropout(0.3).train()(value)

    assert torch.autograd.gradcheck(function, (x,))


def maps(batch=4, channels=16, height=20, width=31):
    return (torch.rand(batch, channels, height, width) + 1).to(memory_format=torch.channels_last)


def test_channels_last_stays_channels_last():
    x = maps().requires_grad_()
    out = dropping(0.3)(x)
    assert out.is_contiguous(memory_format=torch.channels_last)
    assert not out.is_contiguous()
    out.backward(torch.ones_like(out))
    assert torch.equal(x.grad != 0, out != 0)
    kept = out != 0
    torch.testing.assert_close(out[kept], x[kept] / 0.7)


@pytest.mark.parametrize("layout", ["channels last", "contiguous", "transposed"])
def test_no_axis_has_a_pattern(layout):
    """The share that is dropped along every axis, and between neighbors of each axis, is that of independent draws."""
    x = torch.ones(32, 32, 32, 32)
    if layout == "channels last":
        x = x.to(memory_format=torch.channels_last)
    elif layout == "transposed":
        x = x.permute(3, 1, 0, 2)
    dropped = (dropping(0.3, seed=7)(x) == 0).double()
    n = dropped.numel()
    for axis in range(4):
        along = dropped.mean(dim=[other for other in range(4) if other != axis])
        assert (along - 0.3).abs().max() < 5 * math.sqrt(0.21 / (n / 32))
        first, second = dropped.narrow(axis, 0, 31) - 0.3, dropped.narrow(axis, 1, 31) - 0.3
        assert abs(float((first * second).mean())) < 5 * 0.21 / math.sqrt(n)


@pytest.mark.parametrize(
    "made",
    [
        lambda: (torch.rand(40, 60) + 1)[:, ::2],
        lambda: (torch.rand(40, 1) + 1).expand(40, 30),
        lambda: (torch.rand(1, 1) + 1).expand(40, 30),
        lambda: (torch.rand(40, 31) + 1)[:, 1:],
        lambda: (torch.rand(30, 40) + 1).T,
        lambda: (torch.rand(2000) + 1)[800:].view(40, 30),
        lambda: (torch.rand(80, 30) + 1).as_strided((40, 30), (15, 1)),  # rows overlap
        lambda: (torch.rand(1, 40, 1, 30) + 1).to(memory_format=torch.channels_last),
    ],
    ids=["strided", "expanded", "a single number", "cut", "transposed", "offset", "overlapping", "axes of one"],
)
def test_layouts_that_are_not_dense(made):
    torch.manual_seed(1)
    x = made().requires_grad_()
    before = x.detach().clone()
    out = dropping(0.4, seed=3)(x)
    out.sum().backward()
    kept = out != 0
    assert out.shape == x.shape
    assert within(int((~kept).sum()), 1200, 0.4)
    torch.testing.assert_close(out[kept], x[kept] / 0.6)
    assert torch.equal(x.detach(), before)
    torch.testing.assert_close(x.grad, kept / 0.6)


def test_elements_of_an_expanded_tensor_drop_one_by_one():
    out = dropping(0.5)(torch.ones(1, 1).expand(1000, 1000)) == 0
    assert within(int(out.sum()), 10**6, 0.5)
    assert statistics.pvariance(out.double().mean(1).tolist()) == pytest.approx(0.25 / 1000, rel=0.3)


def test_the_seed_fixes_it():
    x = torch.ones(10_001)
    one, same, other = dropping(0.4, 1)(x), dropping(0.4, 1)(x), dropping(0.4, 2)(x)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 15, 16, 17, 63, 65, 1000])
def test_any_number_of_elements(n):
    seen = torch.zeros(n)
    layer = dropping(0.5)
    for _ in range(60):
        out = layer(torch.ones(n))
        assert out.shape == (n,)
        assert set(out.unique().tolist()) <= {0.0, 2.0}
        seen += out
    assert (seen > 0).all()
    assert (seen < 120).all()


def test_a_tensor_without_elements():
    for shape in ((0,), (3, 0, 5)):
        x = torch.zeros(shape, requires_grad=True)
        out = dropping(0.4)(x)
        assert out.shape == shape
        out.sum().backward()
        assert x.grad.shape == shape


def test_a_tensor_without_axes():
    assert dropping(0.4)(torch.tensor(1.0)).shape == ()


def test_it_says_its_probability():
    assert repr(Dropout(0.4)) == "Dropout(p=0.4)"


def pair(dim=40, heads=4, dropout=0.0, seed=0):
    """Ours and torch's, with the same weights; torch's biases are not left at zero."""
    torch.manual_seed(seed)
    theirs = nn.MultiheadAttention(dim, heads, dropout=dropout, batch_first=True)
    nn.init.normal_(theirs.in_proj_bias)
    nn.init.normal_(theirs.out_proj.bias)
    ours = MultiHeadAttention(dim, heads, dropout)
    with torch.no_grad():
        ours.project_in.weight.copy_(theirs.in_proj_weight)
        ours.project_in.bias.copy_(theirs.in_proj_bias)
        ours.project_out.weight.copy_(theirs.out_proj.weight)
        ours.project_out.bias.copy_(theirs.out_proj.bias)
    return ours, theirs


@pytest.mark.parametrize(("dim", "heads"), [(40, 4), (12, 1), (12, 12), (64, 8)])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_equals_torchs(dim, heads, masked):
    ours, theirs = pair(dim, heads)
    x = torch.randn(5, 17, dim)
    lengths = torch.tensor([17, 1, 9, 16, 4])
    real = torch.arange(17)[None] < lengths[:, None]
    one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    found = ours(one, real) if masked else ours(one)
    wanted, _ = theirs(other, other, other, key_padding_mask=~real if masked else None, need_weights=False)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)
    weights = torch.randn_like(found)
    (found * weights).sum().backward()
    (wanted * weights).sum().backward()
    torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-5)
    for mine, yours in [
        (ours.project_in.weight, theirs.in_proj_weight),
        (ours.project_in.bias, theirs.in_proj_bias),
        (ours.project_out.weight, theirs.out_proj.weight),
        (ours.project_out.bias, theirs.out_proj.bias),
    ]:
        torch.testing.assert_close(mine.grad, yours.grad, rtol=1e-4, atol=1e-4)


def test_masked_frames_are_not_attended_to():
    ours, _ = pair()
    x = torch.randn(2, 9, 40)
    real = torch.arange(9)[None] < torch.tensor([9, 5])[:, None]
    changed = x.clone()
    changed[1, 5:] += 100
    torch.testing.assert_close(ours(x, real)[1, :5], ours(changed, real)[1, :5])


def test_weights_of_attention_are_dropped_while_training():
    ours, _ = pair(dropout=0.5)
    x = torch.randn(2, 9, 40)
    ours.eval()
    assert torch.equal(ours(x), ours(x))
    ours.train()
    assert not torch.equal(ours(x), ours(x))
    # Constant values make every mixture the sum of the kept weights: it has mean 1 where dropout scales them.
    with torch.no_grad():
        ours.project_in.weight[80:] = 0
        ours.project_in.bias[80:] = 1
        ours.project_out.weight.copy_(torch.eye(40))
        ours.project_out.bias.zero_()
        sums = torch.stack([ours(x) for _ in range(200)])
    assert float(sums.std()) > 0.1
    assert float(sums.mean()) == pytest.approx(1, abs=0.02)


def test_attention_has_the_parameters_and_the_initialization_of_torchs():
    torch.manual_seed(0)
    ours, theirs = MultiHeadAttention(200, 4, 0.0), nn.MultiheadAttention(200, 4)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    for mine, yours in [(ours.project_in.weight, theirs.in_proj_weight), (ours.project_out.weight, theirs.out_proj.weight)]:
        assert float(mine.data.std()) == pytest.approx(float(yours.data.std()), rel=0.03)
        assert float(mine.data.abs().max()) == pytest.approx(float(yours.data.abs().max()), rel=0.01)
    assert not ours.project_in.bias.any()
    assert not ours.project_out.bias.any()


def test_heads_that_do_not_divide_the_width_raise():
    with pytest.raises(ValueError, match="do not divide"):
        MultiHeadAttention(40, 3, 0.0)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels last"])
@pytest.mark.parametrize(("size", "pool"), [((4, 3, 8, 12), 2), ((3, 5, 11, 18), 4), ((2, 1, 5, 7), 1)])
def test_normalizing_after_the_maximum_is_normalizing_before_it(size, pool, layout):
    """Value, running statistics and all gradients of torch's own modules; weights of both signs, and zero."""
    torch.manual_seed(6)
    plain = nn.BatchNorm2d(size[1], dtype=torch.float64)
    with torch.no_grad():
        plain.weight.copy_(torch.linspace(-1.5, 1.5, size[1]) if size[1] > 1 else torch.tensor([-0.7]))
        plain.bias.normal_()
        plain.running_mean.normal_()
    ours = nn.BatchNorm2d(size[1], dtype=torch.float64)
    ours.load_state_dict(plain.state_dict())
    x = (3 * torch.randn(size, dtype=torch.float64) + 2).to(memory_format=layout)
    given, wanted = x.clone().requires_grad_(), x.clone().requires_grad_()
    one, other = normalize_and_pool(given, ours, pool), nn.functional.max_pool2d(plain(wanted), pool)
    torch.testing.assert_close(one, other)
    weights = torch.randn(other.shape, dtype=torch.float64)
    (one * weights).sum().backward()
    (other * weights).sum().backward()
    # At a weight of zero all positions tie, and the two may choose different ones; the gradient of x is zero there anyway.
    torch.testing.assert_close(given.grad, wanted.grad)
    torch.testing.assert_close(ours.bias.grad, plain.bias.grad)
    sure = plain.weight != 0
    torch.testing.assert_close(ours.weight.grad[sure], plain.weight.grad[sure])
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels last"])
def test_relu_and_dropout_in_one_are_the_two_in_turn(layout):
    """The same draws, values and gradients as ReLU before `Dropout`."""
    x = torch.randn(2, 16, 20, 11).contiguous(memory_format=layout)
    one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    torch.manual_seed(7)
    found = ReLUDropout(0.3).train()(one)
    torch.manual_seed(7)
    wanted = Dropout(0.3).train()(torch.relu(other))
    assert torch.equal(found, wanted)
    weights = torch.randn(x.shape)
    (found * weights).sum().backward()
    (wanted * weights).sum().backward()
    assert torch.equal(one.grad, other.grad)
    assert torch.equal(ReLUDropout(0.3).eval()(x), torch.relu(x))
    assert torch.equal(ReLUDropout(0.0).train()(x), torch.relu(x))
