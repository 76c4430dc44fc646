"""SpecAugment and mixup by hand."""

import numpy as np
import pytest
import torch

from serkit.augment import SpecAugment, mask, mix
from serkit.frames import Frames


def frames(lengths=(50, 30), dim=20, value=1.0):
    made = Frames(torch.full((len(lengths), max(lengths), dim), value), torch.tensor(lengths))
    return Frames(torch.where(made.mask()[..., None], made.values, 0.0), made.lengths)


def drawn(seed=0):
    return torch.Generator().manual_seed(seed)


def runs(hidden):
    """How many stretches of True."""
    return int((np.diff(np.concatenate([[False], hidden]).astype(int)) == 1).sum())


def test_masks_are_stretches_of_frames_and_of_values():
    config = SpecAugment(time_masks=2, time_width=0.2, dim_masks=1, dim_width=0.25)
    seen = set()
    for seed in range(50):
        found = mask({"mel": frames()}, config, drawn(seed))["mel"]
        for values, length in zip(found.values, (50, 30), strict=True):
            gone_frames = (values[:length] == 0).all(1).numpy()
            gone_values = (values[:length] == 0).all(0).numpy()
            assert runs(gone_frames) <= 2
            assert gone_frames.sum() <= 2 * 0.2 * length
            assert runs(gone_values) <= 1
            assert gone_values.sum() <= 0.25 * 20
            rest = values[:length][~gone_frames][:, ~gone_values]
            assert (rest == 1).all()
            seen.add((int(gone_frames.sum()), int(gone_values.sum())))
    assert len(seen) > 15


def test_items_have_masks_of_their_own():
    found = mask({"mel": frames((50, 50))}, SpecAugment(), drawn())["mel"].values
    assert not torch.equal(found[0], found[1])
    assert torch.equal(found, mask({"mel": frames((50, 50))}, SpecAugment(), drawn())["mel"].values)


def test_no_mask_changes_nothing():
    given = frames()
    assert torch.equal(mask({"mel": given}, SpecAugment(time_masks=0, dim_masks=0), drawn())["mel"].values, given.values)


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_mixtures(alpha):
    features = {
        "mel": Frames(torch.randn(8, 10, 3, generator=drawn(1)), torch.arange(3, 11)),
        "lld": Frames(torch.randn(8, 5, 2, generator=drawn(2)), torch.full((8,), 5)),
    }
    mixed, other, share = mix(features, alpha, drawn())
    assert 0 <= share <= 1
    assert sorted(other.tolist()) == list(range(8))
    for name, (values, lengths) in features.items():
        for item in range(8):
            wanted = share * values[item] + (1 - share) * values[other[item]]
            torch.testing.assert_close(mixed[name].values[item], wanted)
            assert mixed[name].lengths[item] == max(lengths[item], lengths[other[item]])


def test_shares_are_beta_distributed():
    generator = drawn()
    shares = [mix({"x": frames()}, 0.4, generator)[2] for _ in range(400)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)
    assert np.var(shares) == pytest.approx(1 / (4 * (2 * 0.4 + 1)), abs=0.03)
