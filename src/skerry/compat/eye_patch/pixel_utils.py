"""The beam and the pixels of an image, as its header has them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from astropy.io import fits

from skerry.io.image_headers import read_header
from skerry.sky.beam import AREA_PER_FWHM2, PixelBeam, pixel_beam

__all__ = ["BeamShape", "beam_on_pixels", "get_beam_shape", "get_pixels_per_beam", "has_beam_parameters"]

_ARCSEC_PER_DEGREE = 3600


@dataclass(frozen=True)
class BeamShape:
    """A restoring beam as plain numbers."""

    bmaj_arcsec: float
    """FWHM of the major axis, arcsec."""
    bmin_arcsec: float
    """FWHM of the minor axis, arcsec."""
    bpa_deg: float
    """Position angle, degrees from north to east."""

    @classmethod
    def from_radio_beam(cls, radio_beam: Any) -> Self:
        """Take the numbers of a `radio_beam.Beam`."""
        major, minor, angle = radio_beam.major, radio_beam.minor, radio_beam.pa
        return cls(float(major.to_value("arcsec")), float(minor.to_value("arcsec")), float(angle.to_value("deg")))


def has_beam_parameters(fits_header: fits.Header) -> bool:
    """Whether a header has BMAJ, BMIN and BPA."""
    return all(keyword in fits_header for keyword in ("BMAJ", "BMIN", "BPA"))


def get_beam_shape(fits_path: Path) -> BeamShape | None:
    """Beam of an image, None if its header has none."""
    header = read_header(fits_path)
    if not has_beam_parameters(header):
        return None
    return BeamShape(header["BMAJ"] * _ARCSEC_PER_DEGREE, header["BMIN"] * _ARCSEC_PER_DEGREE, header["BPA"])


def get_pixels_per_beam(fits_path: Path) -> float | None:
    """Pixels of an ellipse whose half-axes are BMAJ and BMIN, which is what eye-patch gives.

    The area of the Gaussian, which turns Jy/beam into Jy, is smaller by 4 ln 2 = 2.77: `skerry.pixels_per_beam`.

    Parameters
    ----------
    fits_path : Path
        The image.

    Returns
    -------
    float or None
        Their area, pi BMAJ BMIN, over that of the reference pixel; None if the header has no beam.

    Raises
    ------
    KeyError
        If it has no size of a pixel.
    """
    header = read_header(fits_path)
    if not has_beam_parameters(header):
        return None
    if "CD1_1" in header:
        return beam_on_pixels(header).area * math.pi / AREA_PER_FWHM2
    return float(math.pi * header["BMAJ"] * header["BMIN"] / abs(header["CDELT1"] * header["CDELT2"]))


def beam_on_pixels(header: fits.Header) -> PixelBeam:
    """Restoring beam on the pixels of an image, whose header needs no more than BMAJ, BMIN, BPA, CDELT1 and CDELT2.

    Parameters
    ----------
    header : Header
        If it has celestial axes, they are taken as they are, rotation and all.

    Returns
    -------
    PixelBeam
        The beam.

    Raises
    ------
    KeyError
        If it has no size of a pixel.
    """
    if "CD1_1" not in header:
        for keyword in ("CDELT1", "CDELT2"):
            if keyword not in header:
                raise KeyError(f"the header has no {keyword}")
    if "CTYPE1" in header:
        return pixel_beam(header)
    on_sky = header.copy()
    on_sky["CTYPE1"], on_sky["CTYPE2"] = "RA---SIN", "DEC--SIN"
    return pixel_beam(on_sky)
