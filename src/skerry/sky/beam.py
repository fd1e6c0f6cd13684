"""The restoring beam in pixels: its covariance, its area, and the shape by which masks are eroded.

A beam is kept as the covariance matrix of its Gaussian in pixel coordinates. The WCS turns the sky into pixels there,
rotation and unequal pixels included, and convolution with the Gaussian of a CLEAN scale is a sum of covariances.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.errors import SkerryError, heard
from skerry.filters.chords import Chords, chords_of
from skerry.sky.pixel_frame import pixel_matrix
from skerry.sky.restoring_beam import RestoringBeam, UnknownBeamError, read_beam

__all__ = [
    "HALF_POWER",
    "PixelBeam",
    "RestoringBeam",
    "beam_fwhm",
    "beam_of_covariance",
    "beam_shape",
    "pixel_beam",
    "pixels_per_beam",
    "read_beam",
    "round_beam",
]

FWHM_PER_SIGMA = math.sqrt(8 * math.log(2))
AREA_PER_FWHM2 = math.pi / (4 * math.log(2))
HALF_POWER = 0.5
"""Level of the beam, relative to its peak, at which it is as wide as its FWHM."""
_MOST_PIXELS = 1000
"""FWHM of a beam, far above any; one in arcsec that is read as degrees has 3600 times too many."""
_PIXELS_AT_ONCE = 1 << 18
"""Of a shape."""
_LIKE_ARCSEC = 0.2
"""Degrees; what is wider is likelier in arcsec, for there are beams of half a degree, but few."""


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

    def chords(self, minimum_response: float, within: tuple[int, ...], scale_fwhm: float = 0.0) -> Chords:
        """Chords of `shape`, as far as they matter to the erosion of a mask.

        Parameters
        ----------
        minimum_response : float
            As of `shape`.
        within : tuple of int
            (ny, nx) of the mask.
        scale_fwhm : float
            As of `shape`.

        Returns
        -------
        Chords
            What is further from the origin than the mask is high or wide never lies on it; in its place is a chord
            that lies outside wherever the origin is.
        """
        covariance = self.covariance + np.eye(2) * (scale_fwhm / FWHM_PER_SIGMA) ** 2
        return _gaussian_chords(covariance, minimum_response, within)


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
        As `skerry.sky.pixel_frame.pixel_matrix` turns the sky into pixels: by the north of the image's own centre.

    Raises
    ------
    UnknownBeamError
        If there is no beam, or one that is wider than the image.
    SkerryError
        If there is no WCS.
    """
    beam = read_beam(header, name) if beam is None else beam.checked(name)
    angle = math.radians(beam.bpa)
    along = np.array([math.sin(angle), math.cos(angle)])
    across = np.array([math.cos(angle), -math.sin(angle)])
    on_sky = (beam.bmaj**2 * np.outer(along, along) + beam.bmin**2 * np.outer(across, across)) / FWHM_PER_SIGMA**2
    to_pixels = np.linalg.inv(pixel_matrix(header, name))
    _check_width(header, beam, float(np.hypot(*(to_pixels @ along))) * beam.bmaj, name)
    return PixelBeam(np.asarray(to_pixels @ on_sky @ to_pixels.T))


def round_beam(pixels_per_beam: float) -> PixelBeam:
    """Round beam of an area in pixels."""
    return PixelBeam(np.eye(2) * pixels_per_beam / (2 * math.pi))


def beam_of_covariance(covariance: NDArray[np.float64]) -> RestoringBeam:
    """Beam on the sky of a covariance (east, north), shape (2, 2), in square degrees."""
    squares, axes = np.linalg.eigh(covariance)
    bmin, bmaj = FWHM_PER_SIGMA * np.sqrt(squares)
    bpa = math.degrees(math.atan2(axes[0, 1], axes[1, 1]))
    return RestoringBeam(float(bmaj), float(bmin), (bpa + 90) % 180 - 90)


def _check_width(header: fits.Header, beam: RestoringBeam, pixels: float, name: str) -> None:
    """Refuse a beam of so many pixels that it is wider than the image, or than any beam."""
    size = max((header.get(f"NAXIS{axis}", 0) for axis in (1, 2)), default=0) or math.inf
    if pixels <= min(size, _MOST_PIXELS):
        return
    than = f"the image, which has {size}" if pixels > size else f"any beam, which has at most {_MOST_PIXELS}"
    problem = f"{name}: a BMAJ of {beam.bmaj:.6g} degrees has {pixels:.0f} pixels and is wider than {than}"
    if beam.bmaj >= _LIKE_ARCSEC:
        problem += f"; BMAJ and BMIN are in degrees, and {beam.bmaj:.6g} arcsec would be {beam.bmaj / 3600:.6g}"
    raise UnknownBeamError(problem)


def pixels_per_beam(header: fits.Header, beam: RestoringBeam | None = None, name: str = "header") -> float:
    """Area of the beam in pixels, for which no position angle is needed; parameters as of `pixel_beam`."""
    with heard():
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
    half_y, half_x = _half_axes(covariance, minimum_response)
    return _is_within(covariance, minimum_response, slice(-half_y, half_y + 1), half_x)


def _half_axes(covariance: NDArray[np.float64], minimum_response: float) -> tuple[int, int]:
    """Rows and columns to either side of the peak of a Gaussian in which it exceeds a fraction of it."""
    if not 0 < minimum_response < 1:
        raise SkerryError(f"minimum_response: {minimum_response} is not between 0 and 1")
    squared_radius = -2 * math.log(minimum_response)
    half_x, half_y = (math.floor(math.sqrt(squared_radius * covariance[n, n])) for n in (0, 1))
    return half_y, half_x


def _is_within(covariance: NDArray[np.float64], minimum_response: float, rows: slice, half_x: int) -> NDArray[np.bool_]:
    """Pixels of some rows where a Gaussian exceeds a fraction of its peak, counted from there."""
    y, x = np.ogrid[rows, -half_x : half_x + 1]
    inverse = np.linalg.inv(covariance)
    distance = inverse[0, 0] * x**2 + 2 * inverse[0, 1] * x * y + inverse[1, 1] * y**2
    return np.asarray(distance < -2 * math.log(minimum_response))


def _gaussian_chords(covariance: NDArray[np.float64], minimum_response: float, within: tuple[int, ...]) -> Chords:
    """Chords as of `PixelBeam.chords`, found some rows at a time."""
    (half_y, half_x), (ny, nx) = _half_axes(covariance, minimum_response), within
    reaches_out = half_y > ny or half_x > nx
    half_y, half_x = min(half_y, ny), min(half_x, nx)
    step, parts = max(1, _PIXELS_AT_ONCE // (2 * half_x + 1)), []
    for top in range(-half_y, half_y + 1, step):
        rows = slice(top, min(top + step, half_y + 1))
        row, start, length = chords_of(_is_within(covariance, minimum_response, rows, half_x))
        parts.append(np.array([row + top, start - half_x, length]))
    if reaches_out:
        parts.append(np.array([[-ny, ny], [0, 0], [nx, nx]]))
    return Chords(*np.concatenate(parts, axis=1))


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
