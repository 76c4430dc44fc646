"""No recipe takes all memory: what would is refused by the schema, or when its system is put together, before it is made."""

import subprocess
import sys

import pytest
import torch

from serkit.errors import RecipeError
from serkit.recipe import build, schema

NAME = "cnn_transformer/emodb"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("cut.hop=1e-9", "cut.hop: input should be greater than or equal to 0.01"),
        ("cut.seconds=1e-9", "cut.seconds: input should be greater than or equal to 0.05"),
        (
            "cut={mode='windows', seconds=600, hop=0.01}",
            "cut: a hop of 0.01 s puts more than 100 windows of 600 s over a moment",
        ),
        *(
            (f"features.mfcc.{key}={value}", f"features.mfcc.{key}: ")
            for key in ("hop", "window")
            for value in ("1e-9", "0", "61")
        ),
        *((f"features.mfcc.{key}=1_000_000", f"features.mfcc.{key}: ") for key in ("n_fft", "bands", "coefficients")),
        *((f"training.{key}=10_000_000", f"training.{key}: ") for key in ("epochs", "batch_size", "whole_epochs")),
        ("noise.copies=10_000", "noise.copies: "),
        ("augmentation.copies=10_000", "augmentation.copies: "),
        ("features={mfcc={hop=0.0009}}", "features.mfcc.hop: "),
        ("features={f={type='functionals', of={type='log_mel', hop=1e-9}}}", "features.f.of.hop: "),
        ("features={g={type='hertz_grid', window=1e-9}}", "features.g.window: "),
        ("features={p={type='pitch', span=1e-9}}", "features.p.span: "),
    ],
)
def test_a_value_beyond_all_sense(override, said):
    with pytest.raises(RecipeError) as caught:
        schema.load(NAME, [override])
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["cut={mode='windows', seconds=600, hop=600}", "features.mfcc.hop=0.001", "features.mfcc.n_fft=8192"],
            "mfcc: 600 s are 600001 frames of 8192 values, which do not fit into memory; choose a longer hop",
        ),
        (["rate=768000", "features.mfcc.n_fft=16384", "features.mfcc.window=0.02"], "a DFT of length 16384 over 15360 samples"),
        (
            [
                "model={type='cnn', channels=[4096, 4096, 4096, 4096, 4096]}",
                "features={mel={type='log_mel'}}",
                "normalization={}",
            ],
            "500,000,000 parameters",
        ),
        (
            ["model={type='bigru_mha', hidden=4096, layers=16}", "features={spectrum={type='hertz_grid'}}", "normalization={}"],
            "500,000,000 parameters",
        ),
    ],
    ids=["frames", "spectrum", "convolutions", "recurrent"],
)
def test_a_system_that_would_not_fit(overrides, said):
    """In a process of its own, whose peak is looked at."""
    program = (
        "import resource, sys\n"
        "from serkit.recipe import build, schema\n"
        "from serkit.errors import RecipeError\n"
        f"recipe = schema.load({NAME!r}, sys.argv[1:])\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    build.system(recipe, 4)\n"
        "except RecipeError as error:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *overrides], capture_output=True, text=True, check=True, timeout=120)
    grown, _, message = done.stdout.partition(" ")
    assert said in message
    assert int(grown) < 2_500_000  # kB: no more than the most that is allowed


def test_counting_leaves_nothing_behind():
    """A network of the same seed has the same weights, and later ones may be as large as they like."""

    recipe = schema.load(NAME)
    torch.manual_seed(0)
    one = build.system(recipe, 4).state_dict()
    for _ in range(2):
        torch.manual_seed(0)
        assert all(torch.equal(value, one[name]) for name, value in build.system(recipe, 4).state_dict().items())
    torch.nn.Linear(1, 1)
