"""What the terminal says of values: every score beside the constant, and where values were clipped."""

import numpy as np
import pytest

from serkit import metrics
from serkit.cli._scores import show_values, values_json
from serkit.types import Scale

SIMS, MOSI = Scale(-1, 1, zero="negative"), Scale(-3, 3, zero="positive")


def scores(scale):
    true = np.linspace(-1, 1, 21)
    names = [f"u{number}" for number in range(21)]
    groups = [f"s{number % 7}" for number in range(21)]
    return metrics.score_values(true, 2 * true, utterances=names, groups=groups, seeds=[0] * 21, unit="speaker", scale=scale)


@pytest.mark.parametrize(("scale", "clipped"), [(SIMS, True), (MOSI, False), (Scale(0, 100), False), (None, False)])
def test_every_score_stands_beside_the_constant(capsys, scale, clipped):
    found = scores(scale)
    show_values(found, "test", "a protocol", "sentiment", scale)
    lines = capsys.readouterr().out.splitlines()
    ends = f" ({scale.low} to {scale.high})" if scale else ""
    assert lines[0] == f"test scores of sentiment{ends}: a protocol; 21 utterances, 1 seed"
    for line, (key, each) in zip(lines[2:], found.by_key.items(), strict=False):
        value, constant = (metrics.value_text(key, own) for own in (each.value, found.constant.get(key)))
        assert line.startswith(metrics.value_name(key))
        assert f" {value} " in line
        assert f" {constant} " in line.removeprefix(metrics.value_name(key)).replace(value, "", 1)
    assert ("count as the ends" in lines[-1]) is clipped
    assert values_json(found, "test", "a protocol", "sentiment", scale)["constant"] == found.constant
