"""What makes an answer doubtful, told from how the recording sounds."""

from serkit.audio.quality import GATE, SHORTEST_SPEECH
from serkit.types import NO_SPEECH, Quality, Spec

NARROW = 0.75
"""Of the band that a model was trained on: a narrower recording lacks what the model listens to."""

LOUDEST = 2.0
"""A sample beyond this is no overshoot of a resampler: the recording was scaled wrongly, or is made to be turned down."""

CLIPPED = 0.01
"""The share of loud samples at full scale that can be heard."""

PAUSE, LONG = 0.2, 5.0
"""Less speech than this share of a recording of more than so many seconds is mostly pause."""


def warnings_of(quality: Quality, spec: Spec, duration: float, *, silent: bool) -> tuple[str, ...]:
    """Each kind of doubt about an answer, a colon, and the figures behind it. `silent` is whether no window holds speech."""
    found = []
    if quality.peak > LOUDEST:
        found.append(f"beyond full scale: samples of up to {quality.peak:.3g}, where full scale is 1")
    if silent:
        found.append(f"{NO_SPEECH}: nothing is louder than {-GATE:g} dB below full scale for {SHORTEST_SPEECH:g} s")
        return tuple(found)
    if quality.clipped > CLIPPED:
        found.append(f"clipped: {100 * quality.clipped:.0f} % of the loud samples lie at full scale")
    if quality.speech < PAUSE and duration > LONG:
        found.append(f"mostly pause: {quality.speech * duration:.1f} of {duration:.1f} s are loud enough to be speech")
    if quality.band is not None and spec.band is not None and quality.band < NARROW * spec.band:
        found.append(
            f"narrow band: nothing above {quality.band / 1000:.1f} kHz, and the model was trained on {spec.band / 1000:.1f} kHz"
        )
    return tuple(found)
