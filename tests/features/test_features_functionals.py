"""Statistics against NumPy and SciPy, item by item."""

import numpy as np
import pytest
import scipy.stats
import torch

from serkit.features import Functionals, FunctionalsConfig, HertzGridConfig, LogMelConfig, MFCCConfig, ProsodyConfig

PERCENTILES = (1.0, 25.0, 50.0, 75.0, 99.0)


def by_hand(contours, hop):
    """All statistics of (frames, contours), in the order of the default settings."""
    contours = contours.astype(np.float64)
    steps = np.diff(contours, axis=0)
    at = np.arange(len(contours)) * hop
    return np.concatenate(
        [
            contours.mean(0),
            contours.std(0),
            contours.min(0),
            contours.max(0),
            np.ptp(contours, axis=0),
            *np.percentile(contours, PERCENTILES, axis=0),
            [scipy.stats.linregress(at, contour).slope for contour in contours.T],
            (steps > 0).mean(0),
            (steps < 0).mean(0),
        ]
    )


@pytest.mark.parametrize("of", [ProsodyConfig(), LogMelConfig(bands=20), MFCCConfig(window=0.025, coefficients=13)])
def test_every_statistic(sentences, of):
    front_end = Functionals(FunctionalsConfig(of=of), 16000)
    lengths = [len(each) for each in sentences]
    batch = torch.full((3, max(lengths)), 0.7)
    for row, each in zip(batch, sentences, strict=True):
        row[: len(each)] = torch.from_numpy(each)
    found = front_end(batch, torch.tensor(lengths))
    assert found.values.shape == (3, 1, front_end.dim)
    assert found.lengths.tolist() == [1, 1, 1]
    assert len(set(front_end.names)) == front_end.dim == 13 * front_end.of.dim
    for number, each in enumerate(sentences):
        contours = front_end.of(torch.from_numpy(each)[None], torch.tensor([len(each)])).values[0].numpy()
        wanted = by_hand(contours, front_end.hop)
        np.testing.assert_allclose(found.values[number, 0].numpy(), wanted, rtol=2e-3, atol=2e-3)


def test_speech_of_three_corpora(speech):
    samples, rate = speech
    front_end = Functionals(FunctionalsConfig(of=LogMelConfig(bands=20, n_fft=2048)), rate)
    given = torch.from_numpy(samples)[None], torch.tensor([len(samples)])
    wanted = by_hand(front_end.of(*given).values[0].numpy(), front_end.hop)
    np.testing.assert_allclose(front_end(*given).values[0, 0].numpy(), wanted, rtol=2e-3, atol=2e-3)


def test_names_say_which_value_is_which(sentences):
    front_end = Functionals(FunctionalsConfig(statistics=("percentiles", "mean"), percentiles=(50.0,)), 16000)
    assert front_end.names[:2] == ("zero_crossing_rate_percentile_50", "log_energy_percentile_50")
    assert front_end.names[42] == "zero_crossing_rate_mean"
    samples = torch.from_numpy(sentences[0])[None]
    length = torch.tensor([samples.shape[1]])
    found, contours = front_end(samples, length).values[0, 0], front_end.of(samples, length).values[0]
    np.testing.assert_allclose(found[42].item(), contours[:, 0].mean().item(), rtol=1e-5)
    np.testing.assert_allclose(found[1].item(), np.percentile(contours[:, 1].numpy(), 50), rtol=1e-5)


def test_a_single_frame_has_no_slope_and_no_steps():
    front_end = Functionals(FunctionalsConfig(of=HertzGridConfig(), statistics=("slope", "rises", "falls", "deviation")), 16000)
    found = front_end(torch.rand(1, 500, generator=torch.Generator().manual_seed(0)), torch.tensor([500]))
    assert not found.values.any()


@pytest.mark.parametrize(
    "settings", [{"statistics": ()}, {"statistics": ("median",)}, {"percentiles": (101.0,)}, {"percentiles": ()}]
)
def test_settings_that_mean_nothing_raise(settings):
    with pytest.raises(ValueError):
        FunctionalsConfig(**settings)


def test_what_rounding_leaves_of_silence_neither_rises_nor_falls():
    made = Functionals(FunctionalsConfig(statistics=("rises", "falls")), 16000)
    for length in (320, 4800):
        assert not made(torch.zeros(1, length), torch.tensor([length])).values.any()
