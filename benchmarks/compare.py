"""`python -m benchmarks.compare ROW OTHER`: the paired difference of two published rows, folders below results/.

Over the seeds that both have; bootstrap and permutation over speakers where both keep them apart, else over utterances.
"""

import csv
import json
import sys
from pathlib import Path

from serkit.metrics import Predictions, difference
from serkit.protocols.copies import without_copy


def row(folder: Path) -> tuple[bool, list[str], list[dict[str, str]]]:
    """Whether speakers are kept apart, the emotions, and the tested predictions of a row."""
    about = json.loads((folder / "row.json").read_text(encoding="utf-8"))
    with (folder / "predictions.csv").open(newline="", encoding="utf-8") as stream:
        tested = [line for line in csv.DictReader(stream) if line["part"] == "test"]
    return about["speaker_independent"], about["labels"], tested


def predictions(labels: list[str], lines: list[dict[str, str]], seeds: set[str], by_speaker: bool) -> Predictions:
    own = [line for line in lines if line["seed"] in seeds]
    return Predictions(
        true=[labels.index(line["true"]) for line in own],
        predicted=[max(range(len(labels)), key=lambda at: float(line[f"p_{labels[at]}"])) for line in own],
        utterances=[line["utterance"] for line in own],
        groups=[line["speaker"] if by_speaker else without_copy(line["utterance"]) for line in own],
        seeds=[int(line["seed"]) for line in own],
    )


def main(one: Path, other: Path) -> None:
    (apart, labels, ours), (apart_too, labels_too, theirs) = row(one), row(other)
    if labels != labels_too:
        raise SystemExit("the rows have other emotions")
    by_speaker = apart and apart_too
    seeds = {line["seed"] for line in ours} & {line["seed"] for line in theirs}
    first, second = (predictions(labels, lines, seeds, by_speaker) for lines in (ours, theirs))
    found = difference(first, second, len(labels))
    print(f"{one.name} minus {other.name}, seeds {' '.join(sorted(seeds))}, over {'speakers' if by_speaker else 'utterances'}:")
    for name, each in zip(("WA", "UA"), found, strict=True):
        value, low, high = (f"{100 * number:+.1f}" for number in (each.value, each.low, each.high))
        print(f"  {name} {value} [{low}, {high}], p = {each.p:.3g}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
