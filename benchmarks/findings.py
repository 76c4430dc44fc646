"""`python -m benchmarks.findings RUN... --write results/benchmarks/findings.md`: figures behind docs/reproduction.

What the attention of trained systems does, MPAF-CNN's and the Bi-GRU system's, over the validation utterances of each training
of some Runs; and how much of EmoDB is silence where its sentences are filled to a length.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from serkit import audio, corpora
from serkit.frames import Frames
from serkit.models.bigru_mha import BiGRUMHA
from serkit.models.mpaf_cnn import MPAFCNN, AttentionLayer
from serkit.recipe import build, schema
from serkit.recipe.schema import Recipe
from serkit.runs import Result, Run
from serkit.system import System
from serkit.train import checkpoint
from serkit.train.store import Store

RATE = 16000


def trained(run: Run) -> Iterator[tuple[Result, System, Iterator[dict[str, Frames]]]]:
    """Each training of a Run whose weights are there: its system, and its validation utterances one by one."""
    recipe = schema.load(str(run.recipe_file))
    assert isinstance(recipe, Recipe)
    corpus = recipe.corpus.corpus
    utterances = {each.id: each for each in corpus.read(corpora.locate(recipe.corpus.name, None))}
    for result in run.results():
        state = checkpoint.load(
            run.fold(result.fold, result.seed) / "checkpoint", f"{run.info.fingerprint}/{result.fold}-{result.seed}"
        )
        if state is None:
            continue
        system = build.system(recipe, len(run.info.labels))
        system.load_state_dict(state.best)
        rows = [row for row in run.predictions("validation") if (row.fold, row.seed) == (result.fold, result.seed)]
        store = Store(recipe, system, run.info.labels, result.seed, None)
        examples = store.examples([utterances[row.utterance] for row in rows], copies=False)
        yield result, system.eval(), (features for features, _ in examples.batches(1, torch.device("cpu")))


@torch.no_grad()
def kept(system: System, items: Iterator[dict[str, Frames]]) -> dict[str, float]:
    """By branch and block of MPAF-CNN, the share of M's deviation over time that is left in X (equation 1), median of items."""
    shares: dict[str, list[float]] = {}

    def hook(name: str) -> Any:
        def note(_module: nn.Module, given: tuple[Tensor, ...], found: tuple[Tensor, ...]) -> None:
            before, after = (each.float().std(dim=2).mean().item() for each in (given[0], found[0]))
            shares.setdefault(name, []).append(after / before if before > 1e-6 else 0.0)

        return note

    model = system.model
    assert isinstance(model, MPAFCNN)
    for name, module in model.named_modules():
        if isinstance(module, AttentionLayer):
            module.register_forward_hook(hook(name))
    for features in items:
        system.logits(features)
    return {name: float(np.median(own)) for name, own in shares.items()}


@torch.no_grad()
def entropy(system: System, items: Iterator[dict[str, Frames]]) -> float:
    """The mean entropy of the Bi-GRU system's attention, as a share of that of a uniform one."""
    model = system.model
    assert isinstance(model, BiGRUMHA)
    assert model.attention is not None
    found = []

    def note(_module: nn.Module, given: tuple[Tensor, ...]) -> None:
        weights = given[0][0]  # what the dropout behind the softmax sees of one sentence: (heads, frames, frames)
        true = weights[..., weights[0, 0] > 0]  # a frame of padding may stand at the end
        found.append(float(-(true * true.log()).sum(-1).mean()) / math.log(true.shape[-1]))

    model.attention.dropout.register_forward_pre_hook(note)
    for features in items:
        system.logits(features)
    return float(np.mean(found))


def silence(seconds: float) -> list[str]:
    """How much of EmoDB is silence, and how much is cut off, where every sentence is filled or cut to a length."""
    utterances = corpora.get("emodb").read(corpora.locate("emodb", None))
    length = round(seconds * RATE)
    sizes = np.array([len(audio.read(each.path, RATE).samples) for each in utterances])
    labels = np.array([each.label for each in utterances])
    filled, cut = np.maximum(length - sizes, 0), np.maximum(sizes - length, 0)
    short, silent, gone = (sizes < length).mean(), filled.sum() / (length * len(sizes)), cut.sum() / sizes.sum()
    lines = [
        f"Of EmoDB's {len(sizes)} sentences {100 * short:.0f} % are shorter than {seconds:g} s. Filled and cut to that, "
        f"{100 * silent:.1f} % of all samples are silence, and {100 * gone:.1f} % of the sound is gone.",
        "",
        "| emotion | silence, % |",
        "|---|---|",
    ]
    shares = {label: 100 * filled[labels == label].mean() / length for label in sorted(set(labels))}
    return [*lines, *(f"| {label} | {share:.1f} |" for label, share in sorted(shares.items(), key=lambda each: -each[1]))]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.findings", description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args(arguments)
    time, attention = [], []
    for folder in given.runs:
        run = Run(folder)
        for result, system, items in trained(run):
            name = f"| `{run.info.recipe}` | {run.info.id} | {result.fold} | {result.seed} |"
            if isinstance(system.model, MPAFCNN):
                shares = kept(system, items)
                mel, lld = (
                    [f"{100 * each:.1f}" for key, each in shares.items() if key.startswith(f"{branch}.")]
                    for branch in ("mel", "lld")
                )
                time.append(f"{name} {', '.join(mel)} | {', '.join(lld)} |")
            else:
                attention.append(f"{name} {100 * entropy(system, items):.1f} |")
    lines = [
        "# What trained attention does, and what filling costs",
        "",
        f"`python -m benchmarks.findings {' '.join(map(str, given.runs))}`, over the validation utterances of each training.",
        "",
        "## MPAF-CNN: what is left of time",
        "",
        "X's deviation over time as a share of M's (equations 1 to 4), in percent, block by block; the median of segments.",
        "",
        "| recipe | Run | fold | seed | mel | descriptors |",
        "|---|---|---|---|---|---|",
        *time,
        "",
        "## Bi-GRU and multi-head attention: how even attention is",
        "",
        "The entropy of attention as a share of that of a uniform one, in percent.",
        "",
        "| recipe | Run | fold | seed | entropy |",
        "|---|---|---|---|---|",
        *attention,
        "",
        "## EmoDB filled to 3 s",
        "",
        *silence(3.0),
    ]
    text = "\n".join(lines) + "\n"
    if given.write:
        given.write.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
