"""Front-end, normalizer and model as one: what `forward` does is done step by step by hand."""

from fnmatch import fnmatchcase

import pytest
import torch
from torch import nn

from serkit.features import MFCC, MFCCConfig, Standardizer
from serkit.frames import Frames, Output
from serkit.models import CNNTransformer, CNNTransformerConfig
from serkit.recipe import build, schema
from serkit.system import Destandardizer, System, describe, multiply_adds, parameters
from serkit.windows import sizes

RATE, WINDOW = 8000, 8000


class Mean(nn.Module):
    """A model that shows what reaches it: the mean over true frames of each feature by name."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.given = {}

    def forward(self, **features):
        self.given = features
        means = [frames.values.sum(1) / frames.lengths[:, None] for frames in features.values()]
        joined = torch.cat(means, 1) * self.weight
        return Output(joined[:, :2], joined)


def front_end(coefficients=20):
    return MFCC(MFCCConfig(coefficients=coefficients, bands=40, n_fft=512, window=0.025, hop=0.010), RATE)


def small(normalized=True):
    torch.manual_seed(0)
    mfcc = front_end()
    config = CNNTransformerConfig(channels=(4, 8), pools=(2, 4), layers=1, feedforward=32)
    model = CNNTransformer(config, mfcc.frames(WINDOW), mfcc.dim, 3)
    normalizers = {"mfcc": Standardizer("per_coefficient", mfcc.frames(WINDOW), mfcc.dim)} if normalized else {}
    return System({"mfcc": mfcc}, normalizers, model)


def samples(batch=4, seed=1):
    return torch.randn(batch, WINDOW, generator=torch.Generator().manual_seed(seed)) / 10


def full(batch=4):
    return torch.full((batch,), WINDOW)


def test_forward_is_its_two_halves():
    system = small().eval()
    system.fit_normalizers([system.features(samples(8, 2), full(8))])
    with torch.no_grad():
        features = system.features(samples(), full())
        one, other = system.logits(features), system(samples(), full())
    assert set(features) == {"mfcc"}
    assert torch.equal(one.logits, other.logits)
    assert torch.equal(one.embedding, other.embedding)
    assert isinstance(other, Output)
    assert other.logits.shape == (4, 3)


def test_features_are_raw_and_the_model_gets_z_scores():
    mfcc = front_end()
    system = System({"mfcc": mfcc}, {"mfcc": Standardizer("per_coefficient", 101, 20)}, Mean())
    raw = mfcc(samples(), full()).values
    system.fit_normalizers([system.features(samples(), full())])
    assert torch.equal(system.features(samples(), full())["mfcc"].values, raw)
    system(samples(), full())
    values = raw.double().reshape(-1, 20)
    wanted = (values - values.mean(0)) / values.std(0, correction=0)
    found = system.model.given["mfcc"].values.double().reshape(-1, 20)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


def test_features_go_by_name_and_only_some_are_normalized():
    system = System({"one": front_end(20), "two": front_end(13)}, {"two": Standardizer("per_coefficient", 101, 13)}, Mean())
    features = system.features(samples(), full())
    system.fit_normalizers([features])
    system.logits(features)
    assert torch.equal(system.model.given["one"].values, features["one"].values)
    assert not torch.equal(system.model.given["two"].values, features["two"].values)
    assert float(system.model.given["two"].values.mean().abs()) < 1e-4


def test_every_normalizer_is_fitted_from_all_batches_even_of_an_iterator():
    system = System(
        {"one": front_end(20), "two": front_end(13)},
        {"one": Standardizer("per_coefficient", 101, 20), "two": Standardizer("per_position", 101, 13)},
        Mean(),
    )
    batches = [system.features(samples(3, seed), full(3)) for seed in (1, 2)]
    system.fit_normalizers(iter(batches))
    for name, axes in (("one", (0, 1)), ("two", 0)):
        joined = torch.cat([batch[name].values for batch in batches]).double()
        normalizer = system.normalizers[name]
        torch.testing.assert_close(normalizer.mean.double(), joined.mean(axes), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(normalizer.deviation.double(), joined.std(axes, correction=0), rtol=1e-4, atol=1e-5)


def test_values_come_in_the_units_of_the_targets():
    targets = torch.tensor([10.0, 40.0, 70.0, 90.0])
    scale = Destandardizer()
    assert torch.equal(scale(targets), targets)  # before it is fitted
    scale.fit(targets)
    mean, deviation = targets.mean(), ((targets - targets.mean()) ** 2).mean().sqrt()
    torch.testing.assert_close(scale.undo(targets), (targets - mean) / deviation)
    torch.testing.assert_close(scale(scale.undo(targets)), targets)
    plain = System({"mfcc": front_end()}, {}, Mean())
    valued = System({"mfcc": front_end()}, {}, Mean(), scale)
    raw, found = plain(samples(), full()), valued(samples(), full())
    torch.testing.assert_close(found.logits, raw.logits * deviation + mean)
    torch.testing.assert_close(found.embedding, raw.embedding)
    scale.fit(torch.tensor([3.0, 3.0]))
    assert (float(scale.mean), float(scale.deviation)) == (3.0, 1.0)


def test_lengths_reach_the_front_end():
    system = System({"mfcc": front_end()}, {}, Mean())
    lengths = torch.tensor([WINDOW, 4000, 1, 799])
    frames = system.features(samples(), lengths)["mfcc"]
    assert isinstance(frames, Frames)
    assert frames.lengths.tolist() == [101, 51, 1, 10]
    assert frames.mask().sum(1).tolist() == [101, 51, 1, 10]
    assert not frames.values[~frames.mask()].any()


def test_what_is_saved_is_weights_and_statistics():
    system = small()
    system.fit_normalizers([system.features(samples(), full())])
    state = system.state_dict()
    assert {name for name in state if not name.startswith("model.")} == {"normalizers.mfcc.mean", "normalizers.mfcc.deviation"}
    other = small()
    other.load_state_dict(state)
    assert torch.equal(system.eval()(samples(), full()).logits, other.eval()(samples(), full()).logits)


def test_parameters_counts_what_training_moves():
    layer = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 2))
    assert parameters(layer) == 3 * 5 + 5 + 10 + 12
    layer[0].weight.requires_grad_(False)
    assert parameters(layer) == 5 + 10 + 12
    assert parameters(front_end()) == 0


@pytest.mark.parametrize("training", [True, False])
def test_describe(training):
    system = small().train(training)
    before = {name: value.clone() for name, value in system.state_dict().items()}
    rows = describe(system, WINDOW)
    assert system.training is training
    assert system.model.training is training
    assert all(torch.equal(value, before[name]) for name, value in system.state_dict().items())
    assert not any(module._forward_hooks for module in system.modules())
    assert sum(row[3] for row in rows) == parameters(system)
    named = {row.name: row[1:4] for row in rows}
    assert len(rows) - len(named) == 1  # the encoder layer's dropout is met twice
    assert named["front_ends.mfcc.mel.spectrum"] == ("Spectrum", "101 x 257", 0)
    assert named["normalizers.mfcc"] == ("Standardizer", "101 x 20", 0)
    assert named["model.cnns.0.0.0"] == ("Conv2d", "4 x 20 x 101", 40)
    assert named["model.cnns.1.1.2"] == ("MaxPool2d", "8 x 2 x 12", 0)
    assert named["model.encoder.0.widen"] == ("Linear", "25 x 32", 672)
    width = 2 * 8 * 2 * 12 + 20
    assert named["model.classifier"] == ("Linear", "3", width * 3 + 3)
    order = list(named)
    assert order.index("front_ends.mfcc.mel.spectrum") < order.index("normalizers.mfcc") < order.index("model.cnns.0.0.0")
    assert order[-1] == "model.classifier"
    assert {row.name: row.source for row in rows}["model.encoder.0.widen"].startswith("2.5")


@pytest.mark.parametrize(
    "names", [["amsnet/emodb"], ["bigru_mha/emodb", "bigru_mha/emodb/fast"], ["cnn_transformer/paper"], ["mpaf_cnn/emodb"]]
)
def test_blocks_add_up_and_say_where_they_are_described(names):
    """A pattern that fits no block of a system's readings would be of another network."""
    found = []
    for name in names:
        recipe = schema.load(name)
        system = build.system(recipe, 7)
        length, _ = sizes(recipe.cut.cut(), recipe.rate)
        blocks = describe(system, min(length, 3 * recipe.rate))
        assert sum(block.parameters for block in blocks) == parameters(system)
        weighty = [block for block in blocks if block.parameters and not block.name.endswith("head")]
        assert all(block.source for block in weighty)
        found += blocks
    assert all(any(fnmatchcase(block.name, pattern) for block in found) for pattern in system.model.sections)


def test_attention_of_algorithm_1_is_told_as_such():
    sources = {}
    for name in ("bigru_mha/emodb", "bigru_mha/emodb/fast"):
        blocks = describe(build.system(schema.load(name), 7), 48000)
        sources[name] = {block.source for block in blocks if block.parameters and block.name.startswith("model.attention")}
    assert sources == {"bigru_mha/emodb": {"2.3, eq. 6-7"}, "bigru_mha/emodb/fast": {"Algorithm 1"}}


def test_weights_of_a_block_with_parts_are_its_own():
    recipe = schema.load("amsnet/emodb")
    blocks = {block.name: block for block in describe(build.system(recipe, 7), 48000)}
    assert (blocks["model.frlm"].parameters, blocks["model.frlm"].source) == (128, "3.2, eq. 2-4")  # w
    assert blocks["model.frlm"].output == "128"
    assert (blocks["model.frlm.head"].parameters, blocks["model.frlm.head"].output) == (903, "-")


class Counted(nn.Module):
    """Layers whose products are counted by hand."""

    def __init__(self, dim):
        super().__init__()
        self.convolution = nn.Conv1d(dim, 6, 3, padding=1)
        self.lstm = nn.LSTM(6, 5, batch_first=True)
        self.gru = nn.GRU(5, 4, batch_first=True)
        self.linear = nn.Linear(4, 2)

    def forward(self, mfcc):
        frames = self.convolution(mfcc.values.transpose(1, 2)).transpose(1, 2)
        states = self.gru(self.lstm(frames)[0])[0]
        return Output(self.linear(states.mean(1)), states.mean(1))


def test_multiply_adds_by_hand():
    mfcc = front_end()
    system = System({"mfcc": mfcc}, {}, Counted(mfcc.dim)).train()
    frames = mfcc.frames(WINDOW)
    by_hand = 3 * mfcc.dim * 6 * frames + 4 * 5 * (6 + 5) * frames + 3 * 4 * (5 + 4) * frames + 4 * 2
    assert multiply_adds(system, WINDOW) == by_hand
    assert system.training
