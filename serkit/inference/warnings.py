"""What makes an answer doubtful, told from how the recording sounds."""

from serkit.audio.quality import GATE
from serkit.types import NO_SPEECH, Quality, Spec

NARROW = 0.75
"""Of the band that a model was trained on: a narrower recording lacks what the model listens to."""

LOUDEST = 2.0
"""A sample beyond this is no overshoot of a resampler: the recording was scaled wrongly, or is made to be turned down."""

CLIPPED = 0.01
"""The share of loud samples at full scale that can be heard."""

PAUSE, LONG = 0.2, 5.0
"""Less speech than this share of a recording of more than so many seconds is mostly pause."""


def warnings_of(quality: Quality, spec: Spec, duration: float) -> tuple[str, ...]:
    """What makes an answer doubtful: each a kind, a colon, and the figures behind it."""
    return tuple(_warnings(quality, spec, duration))


def _warnings(quality: Quality, spec: Spec, duration: float) -> list[str]:
    found = []
    if quality.peak > LOUDEST:
        found.append(f"beyond full scale: samples of up to {quality.peak:.3g}, where full scale is 1")
    if quality.level is None:
        return [*found, f"{NO_SPEECH}: nothing is louder than {-GATE:g} dB below full scale"]
    if quality.clipped > CLIPPED:
        found.append(f"clipped: {100 * quality.clipped:.0f} % of the loud samples lie at full scale")
    if quality.speech < PAUSE and duration > LONG:
        found.append(f"mostly pause: {quality.speech * duration:.1f} of {duration:.1f} s are loud enough to be speech")
    if quality.band is not None and spec.band is not None and quality.band < NARROW * spec.band:
        found.append(
            f"narrow band: nothing above {quality.band / 1000:.1f} kHz, and the model was trained on {spec.band / 1000:.1f} kHz"
        )
    return found
