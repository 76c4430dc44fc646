"""`python -m benchmarks.is10 --write results/is10.md`: our INTERSPEECH 2010 descriptors beside openSMILE's."""

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import opensmile
import torch

from benchmarks.measure import machine
from serkit import audio
from serkit.features import IS10LLD, IS10LLDConfig

RATE = 16000
CLIPS = 100
CONTOURS = 38
Floats = npt.NDArray[np.float64]


def corpora() -> dict[str, list[Path]]:
    """A hundred recordings of each corpus, evenly from its list; those that SERKIT_DATA has, and EmoDB."""
    data = Path(os.environ.get("SERKIT_DATA", "nowhere"))
    found = {
        "EmoDB": sorted(Path("data/emodb/wav").glob("*.flac")),
        "RAVDESS": sorted((data / "ravdess").rglob("03-01-*")),
        "CREMA-D": sorted((data / "crema_d" / "AudioWAV").glob("*")),
    }
    return {
        name: [paths[at * len(paths) // CLIPS] for at in range(CLIPS)] for name, paths in found.items() if len(paths) >= CLIPS
    }


def clips(paths: list[Path]) -> Iterator[npt.NDArray[np.float32]]:
    """Samples at 16 kHz with 16 bits, as openSMILE reads them; without what is too short for a correlation."""
    for path in paths:
        samples = np.round(audio.read(path, RATE).samples * 32767) / 32768
        if len(samples) > RATE // 2:
            yield samples.astype(np.float32)


def compare(paths: list[Path]) -> dict[str, Floats]:
    """For each clip and contour correlation and median relative error, and for each clip gross and voicing errors of F0."""
    smile = opensmile.Smile(opensmile.FeatureSet.IS10, opensmile.FeatureLevel.LowLevelDescriptors)
    front_end = IS10LLD(IS10LLDConfig(), RATE)
    pitch = front_end.names.index("f0")
    correlations, errors, gross, voicing = [], [], [], []
    for samples in clips(paths):
        theirs = smile.process_signal(samples, RATE).to_numpy().astype(np.float64)
        with torch.no_grad():
            frames = front_end(torch.from_numpy(samples)[None], torch.tensor([len(samples)]))
        ours = frames.values[0, :, :CONTOURS].double().numpy()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            correlations.append([np.corrcoef(one, other)[0, 1] for one, other in zip(ours.T, theirs.T, strict=True)])
            errors.append([_relative(one, other) for one, other in zip(ours.T, theirs.T, strict=True)])
        on, other_on = ours[:, pitch] > 0, theirs[:, pitch] > 0
        both = on & other_on
        gross.append(float((np.abs(ours[both, pitch] / theirs[both, pitch] - 1) > 0.2).mean()) if both.any() else np.nan)
        voicing.append(float((on != other_on).mean()))
    return {
        "correlation": np.array(correlations),
        "error": np.array(errors),
        "gross": np.array(gross),
        "voicing": np.array(voicing),
    }


def _relative(ours: Floats, theirs: Floats) -> float:
    """The median distance where theirs is not 0, relative to its size."""
    there = theirs != 0
    return float(np.median(np.abs(ours[there] - theirs[there]) / np.abs(theirs[there]))) if there.any() else float("nan")


def table(found: dict[str, dict[str, Floats]], names: tuple[str, ...]) -> str:
    """Everything in Markdown."""
    heads = "".join(f" {name} median | 10th percentile | relative error |" for name in found)
    lines = [f"| contour |{heads}", "| --- |" + " --- | --- | --- |" * len(found)]
    for column, name in enumerate(names):
        cells = ""
        for each in found.values():
            own = each["correlation"][:, column]
            median, low = np.nanmedian(own), np.nanpercentile(own, 10)
            cells += f" {median:.4f} | {low:.4f} | {np.nanmedian(each['error'][:, column]):.1e} |"
        lines.append(f"| {name} |{cells}")
    lines += [
        "",
        "| F0 | frames with a gross error (> 20 %) of those that both call voiced | frames whose voicing differs |",
        "| --- | --- | --- |",
    ]
    for name, each in found.items():
        lines.append(f"| {name} | {100 * np.nanmean(each['gross']):.2f} % | {100 * np.mean(each['voicing']):.2f} % |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.is10", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write the table here")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = {name: compare(paths) for name, paths in corpora().items()}
    counts = ", ".join(f"{len(each['voicing'])} of {name}" for name, each in found.items())
    head = f"{TEXT}\nClips: {counts}. {machine()}, opensmile {opensmile.__version__}."
    text = f"{head}\n\n{table(found, IS10LLD.names[:CONTOURS])}\n"
    sys.stdout.write(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")


TEXT = """# The INTERSPEECH 2010 descriptors beside openSMILE's

Written by `python -m benchmarks.is10`: for each of the 38 smoothed contours of `serkit.features.IS10LLD` the correlation with
openSMILE's `FeatureSet.IS10` within a clip (median and 10th percentile over clips) and the median relative error. Samples are
at 16 kHz with 16 bits.

openSMILE's jitter and shimmer are of the one to three periods that are new in each frame: it carries their marks on from frame
to frame, and where there are none it holds the last value. Which of them it counts follows a threshold that its configuration
itself calls broken; a clip simulated with marks carried on agreed no better than ours, which are of each frame's first eight
periods, so that they stand in an exported graph. Voicing differs where two peaks of the subharmonic sum are nearly equal.
"""

if __name__ == "__main__":
    main()
