"""What a mask of an image is worth, by what its header says of it: to be told by the step that starts from it."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.io.fits import OpenImage

__all__ = ["BOTH_SIGNS", "image_warnings", "stokes_of"]

_STOKES = {
    1: "I",
    2: "Q",
    3: "U",
    4: "V",
    -1: "RR",
    -2: "LL",
    -3: "RL",
    -4: "LR",
    -5: "XX",
    -6: "YY",
    -7: "XY",
    -8: "YX",
    5: "PPOL",
    6: "FPOL",
    7: "PANG",
}
_INTENSITY = ("I", "RR", "LL", "XX", "YY")
"""Which are positive where there is emission."""
BOTH_SIGNS = ("Q", "U", "V", "RL", "LR", "XY", "YX")
"""Which are as often negative, with noise of zero mean."""


def image_warnings(image: OpenImage) -> list[str]:
    """Say that an image is neither of Stokes I nor of a parameter of both signs, or not in a unit per beam.

    Parameters
    ----------
    image : OpenImage
        From which a mask or its noise is to be made; a signal image or one without a unit will do.

    Returns
    -------
    list of str
        A warning each, which begin with the name of the image.
    """
    found = (_stokes_warning(image.header), _unit_warning(image))
    return [f"{image.path.name}: {told}" for told in found if told is not None]


def _stokes_warning(header: fits.Header) -> str | None:
    stokes = stokes_of(header)
    if stokes is None or stokes == "I" or stokes in BOTH_SIGNS:
        return None
    if stokes in _INTENSITY:
        return f"is {stokes}, not Stokes I: polarised sources may be missing in the mask; make it from Stokes I"
    return (
        f"is Stokes {stokes}, not I: its noise is not that of a restored image, with zero mean, by which pixels are "
        "masked; make the mask from Stokes I, or from Q, U and V"
    )


def stokes_of(header: fits.Header) -> str | None:
    """Stokes parameter of the plane by its axis, or by a keyword; None if the header does not tell."""
    axes = (n for n in range(1, 8) if str(header.get(f"CTYPE{n}", "")).strip().upper() == "STOKES")
    for axis in axes:
        value, pixel, step = (header.get(f"{key}{axis}", 1) for key in ("CRVAL", "CRPIX", "CDELT"))
        if not all(isinstance(number, Real) for number in (value, pixel, step)):
            continue
        code = value + (1 - pixel) * step
        # Zero is a beam in AIPS, and what programs write that do not know.
        if code == code // 1 != 0:
            return _STOKES.get(int(code), f"code {int(code)}")
    word = header.get("STOKES")
    return word.strip().upper() if isinstance(word, str) and word.strip().upper() in _STOKES.values() else None


def _unit_warning(image: OpenImage) -> str | None:
    if image.unit.kind != "other":
        return None
    return (
        f"its unit is {image.unit}, not one per beam: masks are for restored images, in which noise and sources have "
        "the shape of the beam; a model, an image in K or a map of counts may be masked wrongly"
    )
