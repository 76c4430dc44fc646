"""MPAF-CNN's descriptors against librosa, and the energies against loops."""

import itertools

import librosa
import numpy as np
import pytest
import torch

from serkit.features import MFCC, MFCCConfig, Prosody, ProsodyConfig


def alone(front_end, samples):
    return front_end(torch.from_numpy(samples)[None], torch.tensor([len(samples)])).values[0].numpy()


def test_two_seconds_are_42_values_in_201_frames(sentences):
    front_end = Prosody(ProsodyConfig(), 16000)
    assert alone(front_end, np.resize(sentences[0], 32000)).shape == (201, 42)
    assert front_end.names[:4] == ("zero_crossing_rate", "log_energy", "energy", "mfcc_0")
    assert front_end.names[16] == "mfcc_0_de"
    assert front_end.names[-1] == "mfcc_12_dede"


def test_zero_crossings_equal_librosas(speech):
    samples, rate = speech
    n_fft = 512 if rate == 16000 else 2048
    window, hop = round(0.025 * rate), round(0.010 * rate)
    wanted = librosa.feature.zero_crossing_rate(samples, frame_length=window, hop_length=hop)[0]
    found = alone(Prosody(ProsodyConfig(n_fft=n_fft), rate), samples)[:, 0]
    assert wanted.max() > 0.2
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize(("padding", "mode"), [("zeros", "constant"), ("reflect", "reflect")])
def test_energy_equals_the_square_of_librosas_root(sentences, padding, mode):
    found = alone(Prosody(ProsodyConfig(padding=padding), 16000), sentences[1])
    wanted = (
        librosa.feature.rms(y=sentences[1].astype(np.float64), frame_length=400, hop_length=160, pad_mode=mode)[0].astype(
            np.float64
        )
        ** 2
    )
    np.testing.assert_allclose(found[:, 2], wanted, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(found[:, 1], np.log(wanted + 1e-10), atol=1e-3)


def test_frames_inside_the_clip_by_a_loop(sentences):
    samples = sentences[2][:16000]
    found = alone(Prosody(ProsodyConfig(padding="none"), 16000), samples)
    frames = [samples[start : start + 400].astype(np.float64) for start in range(0, 16000 - 400 + 1, 160)]
    assert len(found) == len(frames)
    crossings = [sum((one < 0) != (two < 0) for one, two in itertools.pairwise(frame)) / 400 for frame in frames]
    np.testing.assert_allclose(found[:, 0], crossings, atol=1e-6)
    np.testing.assert_allclose(found[:, 2], [np.mean(frame**2) for frame in frames], rtol=1e-5)


def test_coefficients_equal_librosas(speech):
    samples, rate = speech
    n_fft = 512 if rate == 16000 else 2048
    found = alone(Prosody(ProsodyConfig(n_fft=n_fft), rate), samples)[:, 3:16]
    grid = {"n_fft": n_fft, "win_length": round(0.025 * rate), "hop_length": round(0.010 * rate), "window": "hamming"}
    bands = librosa.feature.melspectrogram(
        y=samples.astype(np.float64), sr=rate, n_mels=64, htk=True, pad_mode="constant", **grid
    )
    wanted = librosa.feature.mfcc(S=librosa.power_to_db(bands, top_db=None), n_mfcc=13).T
    distance = np.abs(found - wanted)
    assert (distance <= 1e-4 + 1e-4 * np.abs(wanted)).mean() > 0.99
    assert distance.max() < 0.01


@pytest.mark.parametrize("reach", [1, 2, 4])
def test_differences_equal_librosas(sentences, reach):
    config = MFCCConfig(coefficients=13, bands=64, n_fft=512, window=0.025, hop=0.010, deltas=2, delta_reach=reach)
    found = alone(MFCC(config, 16000), sentences[0])
    plain = found[:, :13].T.astype(np.float64)
    first = librosa.feature.delta(plain, width=2 * reach + 1, mode="nearest")
    second = librosa.feature.delta(first, width=2 * reach + 1, mode="nearest")
    np.testing.assert_allclose(found[:, 13:26].T, first, atol=1e-3)
    np.testing.assert_allclose(found[:, 26:].T, second, atol=1e-3)
    assert np.abs(second).max() > 1


def test_differences_of_a_ramp_are_its_slope():
    from serkit.features._deltas import deltas
    from serkit.frames import Frames

    ramp = torch.arange(20.0)[None, :, None].repeat(2, 1, 1) * 3
    found = deltas(Frames(ramp, torch.tensor([20, 9])), 2).values
    assert torch.allclose(found[0, 2:-2], torch.tensor(3.0))
    # At an item's own end its last frame is repeated: (1 (8 - 7) + 2 (8 - 6)) / 10 of a slope of 3.
    assert found[1, 8].item() == pytest.approx(3 * (1 + 4) / 10)
    assert not found[1, 9:].any()
