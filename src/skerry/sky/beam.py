"""The restoring beam in pixels: its covariance, its area, and the shape by which masks are eroded.

A beam is kept as the covariance matrix of its Gaussian in pixel coordinates. The WCS turns the sky into pixels there,
rotation and unequal pixels included, and convolution with the Gaussian of a CLEAN scale is a sum of covariances.
"""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.errors import SkerryError, SkerryWarning

__all__ = ["PixelBeam", "RestoringBeam", "beam_fwhm", "beam_shape", "pixel_beam", "pixels_per_beam", "read_beam"]

FWHM_PER_SIGMA = math.sqrt(8 * math.log(2))


AREA_PER_FWHM2 = math.pi / (4 * math.log(2))


class RestoringBeam(NamedTuple):
    """An elliptical Gaussian on the sky."""

    bmaj: float
    """FWHM of the major axis, degrees."""
    bmin: float
    """FWHM of the minor axis, degrees."""
    bpa: float
    """Position angle of the major axis, degrees from north through east."""

    def checked(self, name: str = "beam") -> RestoringBeam:
        """Return the beam, or raise a `SkerryError` that names `name` if its axes are not those of a beam."""
        if not all(map(math.isfinite, self)) or not 0 < self.bmin <= self.bmaj:
            raise SkerryError(
                f"{name}: BMAJ {self.bmaj}, BMIN {self.bmin}, BPA {self.bpa} are not a beam; "
                "they must be degrees with BMAJ >= BMIN > 0"
            )
        return self


def read_beam(header: fits.Header, name: str = "header") -> RestoringBeam:
    """Read the restoring beam from a FITS header.

    Parameters
    ----------
    header : Header
        With BMAJ, BMIN and BPA in degrees; AIPS's HISTORY will do in their place. Without BPA it counts as 0, with a
        `SkerryWarning`.
    name : str
        What to call the header in messages, for instance its file.

    Returns
    -------
    RestoringBeam
        The beam.

    Raises
    ------
    SkerryError
        If there is no beam, or it is none.
    """
    if "BMAJ" not in header and any("CLEAN BMAJ" in str(line) for line in header.get("HISTORY", [])):
        from radio_beam import Beam

        found = Beam.from_fits_history(header)
        return RestoringBeam(*(float(q.to_value("deg")) for q in (found.major, found.minor, found.pa))).checked(name)
    missing = [keyword for keyword in ("BMAJ", "BMIN") if not isinstance(header.get(keyword), int | float)]
    if missing:
        raise SkerryError(
            f"{name}: has no {' and no '.join(missing)}, so the restoring beam is unknown; "
            "give `beam`, an image that has one, or `bmaj`, `bmin` and `bpa`"
        )
    bpa = header.get("BPA")
    if not isinstance(bpa, int | float):
        warnings.warn(f"{name}: has no BPA; taken as 0", SkerryWarning, stacklevel=2)
        bpa = 0.0
    return RestoringBeam(float(header["BMAJ"]), float(header["BMIN"]), float(bpa)).checked(name)


def pixel_matrix(header: fits.Header, name: str = "header") -> NDArray[np.float64]:
    """Matrix from pixel offsets (x, y) to sky offsets (east, north) in degrees, from CDELT, CD or PC."""
    from astropy.wcs import WCS, FITSFixedWarning

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FITSFixedWarning)
            wcs = WCS(header, naxis=2)
        if not wcs.has_celestial or wcs.naxis != 2:
            raise ValueError("axes 1 and 2 are not longitude and latitude")
        matrix = np.asarray(wcs.pixel_scale_matrix)[[wcs.wcs.lng, wcs.wcs.lat]]
        if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) == 0:
            raise ValueError("the pixels have no size")
    except (ValueError, KeyError, MemoryError) as error:
        reason = " ".join(str(error).split())
        raise SkerryError(f"{name}: has no usable celestial coordinates ({reason}); mend its WCS") from error
    return matrix


class PixelBeam(NamedTuple):
    """A restoring beam on the pixels of an image."""

    covariance: NDArray[np.float64]
    """Of its Gaussian in pixels, shape (2, 2), order (x, y)."""

    @property
    def area(self) -> float:
        """Area in pixels: the integral of a Gaussian of peak 1."""
        return 2 * math.pi * math.sqrt(np.linalg.det(self.covariance))

    def shape(self, minimum_response: float, scale_fwhm: float = 0.0) -> NDArray[np.bool_]:
        """Pixels where the beam exceeds a fraction of its peak.

        Parameters
        ----------
        minimum_response : float
            The fraction, between 0 and 1.
        scale_fwhm : float
            FWHM in pixels of a circular Gaussian with which the beam is convolved first.

        Returns
        -------
        ndarray of bool, odd shape
            Symmetric about its central pixel; its size follows from the beam.
        """
        return gaussian_shape(self.covariance + np.eye(2) * (scale_fwhm / FWHM_PER_SIGMA) ** 2, minimum_response)


def pixel_beam(header: fits.Header, beam: RestoringBeam | None = None, name: str = "header") -> PixelBeam:
    """Restoring beam on the pixels of an image.

    Parameters
    ----------
    header : Header
        With the WCS, and the beam if `beam` is not given.
    beam : RestoringBeam, optional
        Used in place of the header's.
    name : str
        What to call the header in messages.

    Returns
    -------
    PixelBeam
        As the WCS turns the sky into pixels at the reference position.

    Raises
    ------
    SkerryError
        If there is no beam or no WCS.
    """
    beam = read_beam(header, name) if beam is None else beam.checked(name)
    angle = math.radians(beam.bpa)
    along = np.array([math.sin(angle), math.cos(angle)])
    across = np.array([math.cos(angle), -math.sin(angle)])
    on_sky = (beam.bmaj**2 * np.outer(along, along) + beam.bmin**2 * np.outer(across, across)) / FWHM_PER_SIGMA**2
    to_pixels = np.linalg.inv(pixel_matrix(header, name))
    return PixelBeam(np.asarray(to_pixels @ on_sky @ to_pixels.T))


def pixels_per_beam(header: fits.Header, beam: RestoringBeam | None = None, name: str = "header") -> float:
    """Area of the beam in pixels; parameters as of `pixel_beam`."""
    return pixel_beam(header, beam, name).area


def gaussian_shape(covariance: NDArray[np.float64], minimum_response: float) -> NDArray[np.bool_]:
    """Pixels where a Gaussian exceeds a fraction of its peak.

    Parameters
    ----------
    covariance : ndarray, shape (2, 2)
        In pixels, order (x, y).
    minimum_response : float
        The fraction, between 0 and 1.

    Returns
    -------
    ndarray of bool
        Sampled on an odd grid centred on a pixel, just large enough.
    """
    if not 0 < minimum_response < 1:
        raise SkerryError(f"minimum_response: {minimum_response} is not between 0 and 1")
    squared_radius = -2 * math.log(minimum_response)
    half_x, half_y = (math.floor(math.sqrt(squared_radius * covariance[n, n])) for n in (0, 1))
    y, x = np.ogrid[-half_y : half_y + 1, -half_x : half_x + 1]
    inverse = np.linalg.inv(covariance)
    distance = inverse[0, 0] * x**2 + 2 * inverse[0, 1] * x * y + inverse[1, 1] * y**2
    return np.asarray(distance < squared_radius)


def beam_shape(
    fits_header: fits.Header,
    *,
    minimum_response: float = 0.6,
    pixel_scale: float | None = None,
    beam: RestoringBeam | None = None,
) -> NDArray[np.bool_]:
    """Shape of the restoring beam, for the erosion of masks.

    Parameters
    ----------
    fits_header : Header
        With a celestial WCS, and BMAJ, BMIN and BPA in degrees if `beam` is not given.
    minimum_response : float
        The shape is where the beam exceeds this fraction of its peak.
    pixel_scale : float, optional
        FWHM in pixels of a circular Gaussian with which the beam is convolved first.
    beam : RestoringBeam, optional
        Used in place of the header's.

    Returns
    -------
    ndarray of bool, odd shape
        The shape, symmetric about its central pixel; its size follows from the beam.

    Raises
    ------
    SkerryError
        If there is no beam or no WCS, or `minimum_response` is not between 0 and 1.
    """
    return pixel_beam(fits_header, beam).shape(minimum_response, pixel_scale or 0.0)


def beam_fwhm(pixels_per_beam: float) -> float:
    """FWHM in pixels of a round beam of an area in pixels: the geometric mean of the axes of one that is not round.

    Parameters
    ----------
    pixels_per_beam : float
        The area, pixels.

    Returns
    -------
    float
        The FWHM, pixels.

    Examples
    --------
    >>> print(f"{beam_fwhm(28.3):.1f}")
    5.0
    """
    return math.sqrt(pixels_per_beam / AREA_PER_FWHM2)
