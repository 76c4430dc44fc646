"""Ratios and spectra are measured in NumPy on what was added."""

from collections import Counter

import numpy as np
import pytest
import torch

from serkit.augment import NoiseConfig, add_noise, noisy_copies


def speechlike(n=48000, padding=8000):
    """Tones that swell, then zeros."""
    time = np.arange(n) / 16000
    samples = 0.2 * np.sin(2 * np.pi * 210 * time) * np.abs(np.sin(3 * time)) + 0.05 * np.sin(2 * np.pi * 1730 * time)
    samples[n - padding :] = 0
    return torch.from_numpy(samples.astype(np.float32))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def added(samples, noisy):
    return noisy.double().numpy() - samples.double().numpy()


def measured(samples, noisy):
    """The signal-to-noise ratio in dB over all samples, zeros too."""
    signal, noise = samples.double().numpy(), added(samples, noisy)
    return 10 * np.log10((signal**2).mean() / (noise**2).mean())


@pytest.mark.parametrize("snr", [-10, 0, 15, 22.5, 29, 60])
def test_the_ratio_is_exact(snr):
    samples = speechlike()
    assert measured(samples, add_noise(samples, snr, generator())) == pytest.approx(snr, abs=1e-3)


def test_the_level_does_not_matter():
    samples = speechlike() * 1e-3
    assert measured(samples, add_noise(samples, 20, generator())) == pytest.approx(20, abs=1e-3)


def test_one_seed_gives_one_noise():
    samples = speechlike()
    assert torch.equal(add_noise(samples, 20, generator(5)), add_noise(samples, 20, generator(5)))
    assert not torch.equal(add_noise(samples, 20, generator(5)), add_noise(samples, 20, generator(6)))
    one = generator(5)
    assert not torch.equal(add_noise(samples, 20, one), add_noise(samples, 20, one))


def test_nothing_is_drawn_from_the_global_generator():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    noisy_copies(speechlike(), NoiseConfig(), generator())
    assert torch.equal(torch.get_rng_state(), before)


def test_the_samples_themselves_stay():
    samples = speechlike()
    before = samples.clone()
    noisy = add_noise(samples, 15, generator())
    assert torch.equal(samples, before)
    assert noisy.dtype == torch.float32
    assert noisy.shape == samples.shape


def test_the_noise_is_white():
    """Power in 32 bands of equal width: each mean is of 3000 exponential values, so that 5 sigma are 9 %."""
    samples = torch.ones(2**17 * 3 // 2)
    noise = added(samples, add_noise(samples, 0, generator(3)))
    power = np.abs(np.fft.rfft(noise)[1:]) ** 2
    bands = np.array([band.mean() for band in np.array_split(power, 32)]) / power.mean()
    assert np.abs(bands - 1).max() < 5 / np.sqrt(len(power) / 32)
    correlation = [(noise[lag:] * noise[:-lag]).mean() for lag in range(1, 20)] / (noise**2).mean()
    assert np.abs(correlation).max() < 5 / np.sqrt(len(noise))


def test_the_noise_is_gaussian():
    samples = torch.ones(200_000)
    noise = added(samples, add_noise(samples, 0, generator(4)))
    noise /= noise.std()
    assert abs(noise.mean()) < 5 / np.sqrt(len(noise))
    assert abs((noise**3).mean()) < 5 * np.sqrt(6 / len(noise)) + 5 * 3 / np.sqrt(len(noise))
    assert (noise**4).mean() == pytest.approx(3, abs=5 * np.sqrt(24 / len(noise)))
    for bound, share in [(1, 0.682689), (2, 0.954500), (3, 0.997300)]:
        assert (np.abs(noise) < bound).mean() == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / len(noise)))


def test_zeros_at_the_end_get_noise_too():
    samples = speechlike(padding=8000)
    noise = added(samples, add_noise(samples, 20, generator()))
    assert noise[-8000:].std() == pytest.approx(noise[:-8000].std(), rel=0.05)


def test_silence_stays_silence():
    silence = torch.zeros(1000)
    assert torch.equal(add_noise(silence, 20, generator()), silence)
    copies = noisy_copies(silence, NoiseConfig(), generator())
    assert torch.equal(copies, torch.zeros(3, 1000))


def test_copies_share_a_ratio_and_no_noise():
    samples = speechlike()
    copies = noisy_copies(samples, NoiseConfig(copies=4), generator(11))
    assert copies.shape == (4, len(samples))
    assert copies.dtype == torch.float32
    ratios = [measured(samples, copy) for copy in copies]
    assert max(ratios) - min(ratios) < 1e-3
    noises = np.stack([added(samples, copy) for copy in copies])
    between = np.corrcoef(noises)[np.triu_indices(4, 1)]
    assert np.abs(between).max() < 5 / np.sqrt(len(samples))


def test_one_generator_gives_the_same_copies():
    one, other = (noisy_copies(speechlike(), NoiseConfig(), generator(8)) for _ in range(2))
    assert torch.equal(one, other)
    assert not torch.equal(one, noisy_copies(speechlike(), NoiseConfig(), generator(9)))


def test_the_ratio_is_uniform_in_whole_decibels_from_end_to_end():
    samples = speechlike(400, padding=0)
    draws = 6000
    config = NoiseConfig(copies=1, snr_low=15, snr_high=29)
    ratios = np.array([measured(samples, noisy_copies(samples, config, generator(seed))[0]) for seed in range(draws)])
    assert np.abs(ratios - ratios.round()).max() < 0.01
    counts = Counter(ratios.round().astype(int).tolist())
    assert set(counts) == set(range(15, 30))
    expected = draws / 15
    chi_square = sum((count - expected) ** 2 / expected for count in counts.values())
    assert chi_square < 42.6  # the 0.01 % point of 14 degrees of freedom


def test_one_ratio_is_possible():
    samples = speechlike()
    copies = noisy_copies(samples, NoiseConfig(copies=2, snr_low=7, snr_high=7), generator())
    assert [round(measured(samples, copy), 2) for copy in copies] == [7, 7]


def test_no_copies():
    assert noisy_copies(speechlike(), NoiseConfig(copies=0), generator()).shape == (0, 48000)


def test_defaults_are_the_papers_and_the_notebooks():
    config = NoiseConfig()
    assert (config.copies, config.snr_low, config.snr_high) == (3, 15, 29)


@pytest.mark.parametrize("settings", [{"copies": -1}, {"snr_low": 30, "snr_high": 29}, {"snr": 3}, {"copies": 1.5}])
def test_impossible_settings_raise(settings):
    with pytest.raises(ValueError):
        NoiseConfig(**settings)
