"""Kinds of fields: what is observed, with what, and how wrong. A row of `KINDS` is a kind.

Constants may be chosen with the seeds 1, 2 and 3; 101, 102 and 103 are kept aside, to say what they are worth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.quality.gain_errors import Errors

__all__ = ["KINDS", "ROUNDS", "SEEDS_ASIDE", "SEEDS_TO_CHOOSE", "SOURCES", "Kind"]

SEEDS_TO_CHOOSE = (1, 2, 3)
SEEDS_ASIDE = (101, 102, 103)
ROUNDS = (0, 1, 2)
SOURCES = ("beam", "mosaic", "both")
"""What the mask of a beam is made of: its own image, the mosaic's, or either."""
ROUND_0 = Errors()


@dataclass(frozen=True)
class Kind:
    """A kind of field.

    Attributes
    ----------
    about : str
        What is special of it.
    beam : float
        FWHM of the restoring beam, geometric mean of its axes, pixels.
    ratio, angle : float
        The array is narrower by this factor along the position angle (degrees): the beam is longer by it.
    size : int
        Width of an image, pixels.
    array : str
        One of `arrays.ARRAYS`.
    hours, integrations, channels : float, int, int
        Length of the observation, and its samples.
    sky : str
        One of `skies.SKIES`.
    noise : float
        Thermal, of an image, Jy/beam.
    errors : Errors
        Of round 0.
    beams : int
        1 or 4; of four, beam 0 is judged.
    worse : int or None
        A beam with five times the noise and three times the errors of the others.
    multiscale : bool
        Whether to clean on several scales: the image, and besides Hogbom's clean also those that are judged.
    one_source : bool
        Whether the brightest source counts in the error of the model, for there is no other.
    """

    about: str
    beam: float = 3.3
    ratio: float = 1.0
    angle: float = 0.0
    size: int = 400
    array: str = "ASKAP-like"
    hours: float = 8.0
    integrations: int = 30
    channels: int = 6
    sky: str = "mixed"
    noise: float = 80e-6
    errors: Errors = ROUND_0
    beams: int = 1
    worse: int | None = None
    multiscale: bool = False
    one_source: bool = False


_MOSAIC = Kind("four beams, alike", size=320, beams=4)

KINDS: dict[str, Kind] = {
    "beam-2.5": Kind("a beam of 2.5 pixels", beam=2.5),
    "beam-3.3": Kind("a beam of 3.3 pixels"),
    "beam-5": Kind("a beam of 5 pixels", beam=5, size=448),
    "beam-7": Kind("a beam of 7 pixels", beam=7, size=512),
    "beam-11": Kind("a beam of 11 pixels", beam=11, size=512),
    "long": Kind("a beam three times as long as wide", beam=4.5, ratio=3, angle=35, hours=1),
    "long-fine": Kind("the same, other angle, 8 pixels", beam=8, ratio=3, angle=120, size=512, hours=1),
    "meerkat": Kind("64 antennas, most in a core", beam=4, array="MeerKAT-like", integrations=12, channels=4),
    "vla-snapshot": Kind(
        "a Y of 27 antennas, ten minutes", beam=4, array="VLA-like", hours=1 / 6, integrations=10, channels=16
    ),
    "lofar": Kind("a dense core and few far stations", beam=4, array="LOFAR-like"),
    "half-hour": Kind("half an hour of 36 antennas", hours=0.5, integrations=10, channels=12),
    "directions": Kind("errors by direction that stay", errors=Errors(directions=0.3)),
    "bad-antenna": Kind("one antenna five times worse", errors=Errors(bad_antenna=5)),
    "amplitude": Kind("amplitudes wrong by 30 %, phases right", errors=Errors(phase=0.1, amplitude=3)),
    "fast": Kind("gains that turn as fast as can be", errors=Errors(modes=15)),
    "mosaic": _MOSAIC,
    "mosaic-unequal": replace(_MOSAIC, about="four beams, a neighbour much worse", worse=1),
    "mosaic-worst": replace(_MOSAIC, about="four beams, the judged one much worse", worse=0),
    "compact": Kind("compact sources only", sky="compact"),
    "haloes": Kind("haloes and relics", sky="haloes"),
    "plane": Kind("shells, filaments and a ridge", sky="plane", integrations=20, channels=4, multiscale=True),
    "bright": Kind("one source alone, of 10 000 sigma", sky="bright", one_source=True),
    "faint": Kind("one source alone, of 8 sigma", sky="faint", one_source=True),
    "deep": Kind("a quarter of the noise", noise=20e-6),
    "shallow": Kind("five times the noise", noise=400e-6),
}
