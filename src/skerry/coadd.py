"""Sum of the beams of a field on one grid, weighted so that the noise is least.

It goes beam by beam and tile by tile, each tile from the cut of the beam that lies under it: memory holds the mosaic,
its weights and one beam, whatever their number, and the result depends on nothing but the images.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs.utils import wcs_to_celestial_frame

from skerry.grid import POSITIONS_PER_BAND, covered_window, pixel_map, pixel_to_sky
from skerry.kernels.bands import row_bands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from astropy.wcs import WCS
    from numpy.typing import NDArray

__all__ = ["BeamImage", "Mosaic", "linear_mosaic", "primary_beam"]

_TILE = 512
# The prefilter of a cubic spline forgets a pixel by a factor 0.27 per pixel: 1e-9 of it is left beyond the margin.
_MARGIN = 16


class BeamImage(NamedTuple):
    """One beam, ready to be added."""

    image: NDArray[np.float32]
    """Shape (ny, nx); NaN and infinite pixels are invalid."""
    wcs: WCS
    """From `skerry.grid.celestial_wcs`; its reference is the pointing centre."""
    weight: NDArray[np.float32] | None = None
    """Shape as the image; a pixel is invalid where it is not positive."""


class Mosaic(NamedTuple):
    """The sum of the beams."""

    image: NDArray[np.float32]
    """Shape (ny, nx), in the beams' unit; NaN where no beam reaches."""
    weight: NDArray[np.float32]
    """Shape (ny, nx), the sum of the weights."""
    pixels: list[int]
    """How many pixels each beam contributed to, in their order."""


def linear_mosaic(
    beams: Iterable[BeamImage],
    wcs: WCS,
    shape: tuple[int, int],
    *,
    primary_beam_fwhm: float | None = None,
    primary_beam_cutoff: float = 0.1,
) -> Mosaic:
    """Add beams with the weights that give the least noise.

    With a primary beam P it is sum(P image) / sum(P^2), which is the mean of the corrected images image / P with the
    weights P^2 (Sault et al. 1996, A&AS 120, 375, for equal noise); with weight images it is sum(w image) / sum(w).

    The images are resampled by `reproject.reproject_interp` with a bicubic spline. Measured on a beam with 6" pixels
    and a 22" x 17" restoring beam, bilinear interpolation lowers the noise by 2 to 13 % in a pattern that follows the
    two grids, and the brightest peak by 8 %; the spline lowers both by 0.3 %.

    Parameters
    ----------
    beams : iterable of BeamImage
        Taken one at a time, so that they need not be in memory together. With the FWHM they are apparent flux and
        their weights are not used; otherwise they need weights and are corrected already.
    wcs, shape : WCS, tuple of int
        Grid of the mosaic.
    primary_beam_fwhm : float, optional
        FWHM of the Gaussian primary beam round each image's reference position, degrees.
    primary_beam_cutoff : float
        Level of the primary beam that must be exceeded.

    Returns
    -------
    Mosaic
        An output pixel for which an invalid pixel has more than 1 % of the weight in bilinear interpolation takes
        nothing from that beam.
    """
    total = np.zeros(shape, dtype=np.float32)
    weight = np.zeros(shape, dtype=np.float32)
    pixels = []
    for beam in beams:
        count = 0
        for tile in _tiles_of(beam, wcs, shape):
            response = None
            if primary_beam_fwhm is not None:
                response = _response(beam.wcs, wcs, tile, primary_beam_fwhm)
                if not (response > primary_beam_cutoff).any():
                    continue
            values, scale = _resample(beam, wcs, tile)
            if response is not None:
                scale = np.where((scale > 0) & (response > primary_beam_cutoff), response, 0)
            total[tile] += np.where(scale > 0, values * scale, 0)
            weight[tile] += scale if response is None else scale * scale
            count += int(np.count_nonzero(scale))
        pixels.append(count)
        del beam  # before the next one is read
    for rows in row_bands(shape, POSITIONS_PER_BAND):
        total[rows] = np.divide(
            total[rows], weight[rows], out=np.full_like(total[rows], np.nan), where=weight[rows] > 0
        )
    return Mosaic(total, weight, pixels)


def primary_beam(separation: NDArray[np.float64], fwhm: float) -> NDArray[np.float64]:
    """Response of a Gaussian primary beam, 1 in the centre; separation and FWHM in the same unit."""
    return np.asarray(np.exp(-4 * math.log(2) * (separation / fwhm) ** 2))


def _tiles_of(beam: BeamImage, wcs: WCS, shape: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    """Tiles of the mosaic that a beam may reach."""
    ny, nx = beam.image.shape
    window = covered_window(pixel_map(beam.wcs, wcs, shape), slice(0, ny), slice(0, nx), shape, margin=4)
    if window is None:
        return
    rows, columns = window
    for top in range(rows.start, rows.stop, _TILE):
        for left in range(columns.start, columns.stop, _TILE):
            yield slice(top, min(top + _TILE, rows.stop)), slice(left, min(left + _TILE, columns.stop))


def _response(beam_wcs: WCS, wcs: WCS, tile: tuple[slice, slice], fwhm: float) -> NDArray[np.float64]:
    """Primary beam of one image on a tile of the mosaic; 0 where the sky position is undefined."""
    columns, rows = (np.arange(extent.start, extent.stop, dtype=np.float64) for extent in reversed(tile))
    lon, lat = map(np.radians, pixel_to_sky(wcs, *np.meshgrid(columns, rows)))
    centre = SkyCoord(
        beam_wcs.wcs.crval[beam_wcs.wcs.lng],
        beam_wcs.wcs.crval[beam_wcs.wcs.lat],
        unit="deg",
        frame=wcs_to_celestial_frame(beam_wcs),
    ).transform_to(wcs_to_celestial_frame(wcs))
    lon0, lat0 = centre.spherical.lon.rad, centre.spherical.lat.rad
    # The haversine is exact for small angles, where the cosine of the separation is not.
    haversine = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    separation = np.degrees(2 * np.arcsin(np.sqrt(np.minimum(haversine, 1))))
    return np.nan_to_num(primary_beam(separation, fwhm), nan=0.0)


def _resample(beam: BeamImage, wcs: WCS, tile: tuple[slice, slice]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of a beam on a tile, and their weights: 0 where invalid, otherwise those given, or 1."""
    from reproject import reproject_interp

    size = (tile[0].stop - tile[0].start, tile[1].stop - tile[1].start)
    nothing = np.zeros(size), np.zeros(size)
    cut = covered_window(pixel_map(wcs, beam.wcs, beam.image.shape), *tile, beam.image.shape, margin=_MARGIN)
    if cut is None:
        return nothing
    image = beam.image[cut]
    given = None if beam.weight is None else beam.weight[cut]
    valid = np.isfinite(image)
    if given is not None:
        valid &= np.isfinite(given) & (given > 0)
    if not valid.any():
        return nothing
    # wcslib itself refuses the far side of the sphere, so the way back need not be tried.
    settings = {"shape_out": size, "roundtrip_coords": False, "return_footprint": False}
    source, target = beam.wcs[cut], wcs[tile]
    values = reproject_interp((_filled(image, valid), source), target, order="bicubic", **settings)
    scale = np.isfinite(values).astype(np.float64)
    if not valid.all():
        share = reproject_interp((valid.astype(np.float32), source), target, order="bilinear", **settings)
        scale *= np.nan_to_num(share) > 0.99
    if given is not None:
        spread = reproject_interp((_filled(given, valid), source), target, order="bilinear", **settings)
        scale *= np.nan_to_num(spread)
    return values, scale


def _filled(image: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give invalid pixels the value of the nearest valid one, so that the spline does not ring at a step."""
    if valid.all():
        return image
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    return np.asarray(image[tuple(nearest)])
