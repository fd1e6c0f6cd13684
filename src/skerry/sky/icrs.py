"""Positions of pixels in ICRS, whatever the frame of an image, and the pixels of such positions.

What is told of islands, and what is written of them for other programs, is in one frame, so that nobody has to ask.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skerry.sky.grid import Positions, frame_change, pixel_to_sky, sky_to_pixel

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["IcrsGrid"]

_AT_ONCE = 1 << 20
"""Positions: what is made of each on the way takes some ten times its own memory."""


class IcrsGrid:
    """The pixels of an image in ICRS.

    Parameters
    ----------
    wcs : WCS
        Of the image, from `skerry.sky.grid.celestial_wcs`; in any frame.
    shape : tuple of int
        (ny, nx): where a position has several pixels, as in a map of the whole sky, that in the image is taken.
    """

    def __init__(self, wcs: WCS, shape: tuple[int, ...]) -> None:
        self._wcs, self._shape = wcs, (shape[0], shape[1])
        icrs = _icrs()
        self._to_icrs, self._from_icrs = frame_change(wcs, icrs), frame_change(icrs, wcs)

    @property
    def smallest_pixel(self) -> float:
        """Shorter side of a pixel, degrees."""
        return float(np.hypot(*np.asarray(self._wcs.pixel_scale_matrix)).min())

    @property
    def pixel_size(self) -> float:
        """Side of a square of the area of a pixel, degrees."""
        return math.sqrt(abs(np.linalg.det(self._wcs.pixel_scale_matrix)))

    def positions(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> Positions:
        """Right ascension (0 to 360) and declination, degrees, of 0-based pixels, shape (n,); NaN off the sky."""
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        ra, dec = np.empty(x.shape), np.empty(x.shape)
        for start in range(0, x.size, _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            lon, lat = pixel_to_sky(self._wcs, x[some], y[some])
            ra[some], dec[some] = (lon, lat) if self._to_icrs is None else self._to_icrs(lon, lat)
        return np.mod(ra, 360, out=ra), dec

    def pixels(self, ra: NDArray[np.float64], dec: NDArray[np.float64], *, in_image: bool = True) -> Positions:
        """Pixels of positions.

        Parameters
        ----------
        ra, dec : ndarray of float64, shape (n,)
            Degrees.
        in_image : bool
            Whether of several pixels that in the image is taken; otherwise it is that of the projection by itself.

        Returns
        -------
        tuple of ndarray, shape (n,)
            0-based x and y; NaN where the projection does not reach.
        """
        lon, lat = np.asarray(ra, np.float64), np.asarray(dec, np.float64)
        if self._from_icrs is not None:
            lon, lat = self._from_icrs(lon, lat)
        return sky_to_pixel(self._wcs, lon, lat, self._shape if in_image else (0, 0))


def _icrs() -> WCS:
    """Any grid in ICRS."""
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.radesys = ["RA---TAN", "DEC--TAN"], "ICRS"
    wcs.wcs.set()
    return wcs
