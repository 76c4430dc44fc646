"""A recipe and a system small enough to train many times."""

import torch

from serkit.recipe import build, schema
from serkit.train.store import Store

LABELS = ("neutral", "happy", "sad", "angry")
RATE = 8000


def recipe_of(copies=0, augmentation=None, **training):
    """A recipe whose network has 200 parameters or so, without dropout."""
    plan = {"epochs": 2, "batch_size": 4, "optimizer": {"type": "sgd", "learning_rate": 0.05}} | training
    return schema.parse(
        {
            "title": "synthetic",
            "budget": "demo",
            "rate": RATE,
            "corpus": {"name": "emodb"},
            "cut": {"mode": "windows", "seconds": 0.2, "hop": 0.1},
            "features": {"mfcc": {"coefficients": 8, "bands": 16, "n_fft": 256, "window": 0.02, "hop": 0.01}},
            "normalization": {"mfcc": "per_coefficient"},
            "noise": {"copies": copies},
            "augmentation": augmentation or {},
            "model": {
                "type": "cnn_transformer",
                "cnns": 1,
                "channels": [4, 4, 4],
                "pools": [2, 2, 2],
                "cnn_dropout": 0.1,
                "layers": 1,
                "heads": 2,
                "feedforward": 8,
                "transformer_dropout": 0.1,
            },
            "protocol": {"type": "k_fold"},
            "training": plan | {"precision": "float32"},
        },
        "synthetic",
    )


def staged_recipe_of(**training):
    """A recipe whose network has two modules that are trained one after the other."""
    values = recipe_of().model_dump(mode="json", exclude_none=True)
    mfcc = values["features"]["mfcc"]
    return schema.parse(
        values
        | {
            "features": {"lld": mfcc, "mel": mfcc},
            "normalization": {"lld": "per_coefficient", "mel": "per_coefficient"},
            "model": {"type": "amsnet", "hidden": 6, "filters": [8, 6, 4], "ratio": 2, "dense": [32, 16], "dropout": 0.1},
            "training": values["training"] | {"pretrain": ["frlm", "urlm"]} | training,
        },
        "staged",
    )


def system_of(recipe, seed=0):
    torch.manual_seed(seed)
    return build.system(recipe, len(LABELS))


def store_of(recipe, seed=0, system=None, kept_in=None):
    return Store(recipe, system or system_of(recipe), LABELS, seed, kept_in)
