"""`make bench`: one table of everything, with ratios and the machine; --write keeps it in results/benchmarks/."""

import argparse
import sys
from pathlib import Path

from benchmarks import features, recognition, recurrent, threads, training
from benchmarks.measure import machine, table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="measurements of each (default 11)")
    parser.add_argument("--only", choices=("training", "features", "recurrent", "threads"), help="leave the others out")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write the table here")
    options = parser.parse_args()
    lines = []
    if options.only in (None, "training"):
        lines += training.step(options.rounds)
        lines += recognition.front_end(options.rounds)
        lines += recognition.recognition(options.rounds)
        lines += training.folds()
    if options.only in (None, "recurrent"):
        lines += recurrent.peepholes(options.rounds)
    if options.only in (None, "features"):
        lines += features.front_ends(options.rounds)
        lines += features.cache()
        lines += features.first_epoch()
        lines += features.memory()
    if options.only in (None, "threads"):
        lines += threads.threads(options.rounds)
    text = f"{machine()}\n\n{table(lines)}\n"
    sys.stdout.write(text)
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        half = f" --only {options.only}" if options.only else ""
        options.write.write_text(f"# Speed\n\nWritten by `python -m benchmarks{half}`. {text}", encoding="utf-8")


if __name__ == "__main__":
    main()
