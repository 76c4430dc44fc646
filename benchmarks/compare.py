"""`python -m benchmarks.compare ROW OTHER`: the paired difference of two published rows, folders below results/.

As `serkit publish` compares each row with a baseline: on random folds over the seeds that both have; bootstrap and permutation
over speakers where they are kept apart, else over utterances.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from serkit.report import _paired


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("row", type=Path)
    parser.add_argument("other", type=Path)
    given = parser.parse_args(arguments)
    folders = (given.row, given.other)
    if lacking := [each for each in folders if not (each / "row.json").is_file()]:
        parser.error(f"{lacking[0]}: no row of results, which has a row.json")
    row, other = (json.loads((each / "row.json").read_text(encoding="utf-8")) for each in folders)
    sources = {each["name"]: folder / "predictions.csv" for each, folder in zip((row, other), folders, strict=True)}
    found = _paired.difference(row, other, sources)
    if found is None or "why_not" in found:
        parser.error(f"not compared: {found['why_not'] if found else 'it is one row'}")
    of = f", seeds {' '.join(map(str, found['seeds']))}" if "seeds" in found else ""
    print(f"{row['name']} minus {other['name']}{of}:")
    for score, each in found.items():
        if isinstance(each, dict):
            value, low, high = (f"{100 * each[key]:+.1f}" for key in ("value", "low", "high"))
            print(f"  {score} {value} [{low}, {high}], p = {each['p']:.3g}")


if __name__ == "__main__":
    main()
