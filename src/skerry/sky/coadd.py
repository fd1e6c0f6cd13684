"""Sum of the beams of a field on one grid, weighted so that the noise is least.

It is computed tile by tile, each from the cuts of the beams that lie under it, in the order of the beams: memory holds
a few rows of tiles, whatever the number of beams and their size. Tiles have a fixed place, so the result depends on
nothing but the images.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from concurrent.futures import Future
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs.utils import wcs_to_celestial_frame

from skerry.planes.computed import Computed
from skerry.planes.limits import RESERVED, current_limits
from skerry.sky.grid import covered_window, pixel_map, sky_map
from skerry.sky.spline_resampling import slowly_varying, spline_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from astropy.wcs import WCS
    from numpy.typing import NDArray

    from skerry.planes.plane import Floats
    from skerry.sky.spline_resampling import Window

__all__ = ["BeamImage", "Mosaic", "linear_mosaic", "primary_beam"]

_TILE = (256, 1024)
"""Rows and columns: low, for whole rows of tiles are kept."""
_POSITION_ERROR = 1e-6
"""Pixels."""
_RESPONSE_ERROR = 1e-9
_SHARE_OF_MEMORY = 1 / 8
"""For rows of tiles that are kept."""
_SHARE_OF_TILES = 0.4
_BYTES_A_TILE = 40_000_000
"""That are taken while a tile is computed, beside the rows of the beam under it."""
_BYTES_OF_SUMS = 8
"""Of values and of weights, for a pixel of a row of tiles."""


class BeamImage(NamedTuple):
    """One beam, ready to be added."""

    image: Floats
    """Shape (ny, nx); NaN and infinite pixels are invalid."""
    wcs: WCS
    """From `skerry.sky.grid.celestial_wcs`; its reference is the pointing centre."""
    weight: Floats | None = None
    """Shape as the image; a pixel is invalid where it is not positive. With a primary beam it is one over the square of
    the noise, without one all of the weight."""


class Mosaic(NamedTuple):
    """The sum of the beams, computed when it is asked for."""

    image: Computed
    """Float32, shape (ny, nx), in the beams' unit; NaN where no beam reaches."""
    weight: Computed
    """Float32, shape (ny, nx), the sum of the weights."""
    contributes: list[bool]
    """Whether each beam contributes to any pixel, in their order."""


def linear_mosaic(
    beams: Sequence[BeamImage],
    wcs: WCS,
    shape: tuple[int, int],
    *,
    primary_beam_fwhm: float | None = None,
    primary_beam_cutoff: float = 0.1,
) -> Mosaic:
    """Add beams with the weights that give the least noise.

    With a primary beam P it is sum(w P image) / sum(w P^2), the mean of the corrected images image / P with the weights
    w P^2 (Sault et al. 1996, A&AS 120, 375), where w is one over the square of the noise, or 1 for equal noise; without
    a primary beam it is sum(w image) / sum(w).

    The images are resampled by a bicubic spline. Measured on a beam with 6" pixels and a 22" x 17" restoring beam,
    bilinear interpolation lowers the noise by 2 to 13 % in a pattern that follows the two grids, and the brightest peak
    by 8 %; the spline lowers both by 0.3 %.

    Parameters
    ----------
    beams : sequence of BeamImage
        Their rows are read as they are needed. With the FWHM they are apparent flux, with weights for all of them or
        for none; otherwise they need weights and are corrected already.
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
    layers = [_Layer(beam, wcs, shape, primary_beam_fwhm, primary_beam_cutoff) for beam in beams]
    sums = _TiledSums(layers, shape)
    # The sums of the rows of tiles under a band are kept, and those of the band are copied.

    return Mosaic(
        Computed(shape, np.float32, sums.mean_rows, cost=2 * _BYTES_OF_SUMS + 1),
        Computed(shape, np.float32, sums.weight_rows, cost=2 * _BYTES_OF_SUMS - 4),
        [layer.contributes() for layer in layers],
    )


def primary_beam(separation: NDArray[np.float64], fwhm: float) -> NDArray[np.float64]:
    """Response of a Gaussian primary beam, 1 in the centre; separation and FWHM in the same unit."""
    return np.asarray(np.exp(-4 * math.log(2) * (separation / fwhm) ** 2))


class _Layer:
    """One beam on the grid of the mosaic."""

    def __init__(self, beam: BeamImage, wcs: WCS, shape: tuple[int, int], fwhm: float | None, cutoff: float) -> None:
        ny, nx = beam.image.shape
        self.width = nx
        self._image, self._weight = beam.image, beam.weight
        self._fwhm, self._cutoff = fwhm, cutoff
        self._to_beam = pixel_map(wcs, beam.wcs, (ny, nx))
        self._haversine = _haversine_from_centre(beam.wcs, wcs)
        self.window = covered_window(pixel_map(beam.wcs, wcs, shape), slice(0, ny), slice(0, nx), shape, margin=4)

    def tile(self, tile: Window) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Values on a tile of the mosaic times their scale, and the weight that goes with it; None if it has none.

        Both are the weight that was given, or 1; the scale times the response of the primary beam, the weight times
        its square.
        """
        size = (tile[0].stop - tile[0].start, tile[1].stop - tile[1].start)
        response, used = None, np.ones(size, dtype=bool)
        if self._fwhm is not None:
            response = self._response(tile, self._fwhm)
            used = response > self._cutoff
            if not used.any():
                return None
        x, y = slowly_varying(self._to_beam, tile, _POSITION_ERROR)
        used &= np.isfinite(x) & np.isfinite(y)
        found, scale = spline_values(self._image, self._weight, (x[used], y[used]))
        if not scale.any():
            return None
        weight = scale
        if response is not None:
            scale = scale * response[used]
            weight = scale * response[used]
        values, weights = np.zeros(size), np.zeros(size)
        values[used] = np.where(scale > 0, found * scale, 0)
        weights[used] = weight
        return values, weights

    def contributes(self) -> bool:
        """Whether any pixel of the mosaic takes anything of this beam; the middle of the beam most likely does."""
        if self.window is None:
            return False
        middle = [(extent.start + extent.stop) / 2 for extent in self.window]

        def distance(tile: Window) -> float:
            rows, columns = ((extent.start + extent.stop) / 2 for extent in tile)
            return float(max(abs(rows - middle[0]), abs(columns - middle[1])))

        tiles = [tile for row in _extents(self.window[0], _TILE[0]) for tile in self.tiles(row)]
        return any(self.tile(tile) is not None for tile in sorted(tiles, key=distance))

    def tiles(self, rows: slice) -> Iterator[Window]:
        """Tiles that the beam may reach in some rows of the mosaic."""
        if self.window is None:
            return
        reached = slice(max(rows.start, self.window[0].start), min(rows.stop, self.window[0].stop))
        if reached.start < reached.stop:
            yield from ((reached, columns) for columns in _extents(self.window[1], _TILE[1]))

    def _response(self, tile: Window, fwhm: float) -> NDArray[np.float64]:
        """Primary beam on a tile; 0 where the sky position is undefined."""
        tolerance = _RESPONSE_ERROR * math.radians(fwhm) ** 2
        (haversine,) = slowly_varying(self._haversine, tile, tolerance)
        separation = np.degrees(2 * np.arcsin(np.sqrt(np.clip(haversine, 0, 1))))
        return np.nan_to_num(primary_beam(separation, fwhm), nan=0.0)


class _TiledSums:
    """Rows of tiles of the sums, each computed once as long as few are asked for at a time."""

    def __init__(self, layers: Sequence[_Layer], shape: tuple[int, int]) -> None:
        self._layers, self._shape = layers, shape
        self._lock = threading.Lock()
        self._found: OrderedDict[int, Future[tuple[NDArray[np.float32], NDArray[np.float32]]]] = OrderedDict()
        limits = current_limits()
        affordable = int(limits.memory * _SHARE_OF_MEMORY) // (_TILE[0] * max(shape[1], 1) * _BYTES_OF_SUMS)
        self._most = max(2, min(2 * limits.threads, affordable))
        a_tile = _BYTES_A_TILE + 16 * _TILE[0] * max((layer.width for layer in layers), default=0)
        self._in_progress = threading.Semaphore(max(1, int((limits.memory - RESERVED) * _SHARE_OF_TILES) // a_tile))

    def mean_rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Sum of the values over that of the weights; NaN where there is no weight."""
        total, weight = self.rows(start, stop)
        return np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)

    def weight_rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Sum of the weights."""
        return self.rows(start, stop)[1]

    def rows(self, start: int, stop: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Sum of the values and of the weights."""
        total = np.empty((stop - start, self._shape[1]), np.float32)
        weight = np.empty_like(total)
        for number in range(start // _TILE[0], -(-stop // _TILE[0])):
            top = number * _TILE[0]
            first, last = max(start, top), min(stop, top + _TILE[0])
            for whole, part in zip((total, weight), self._tile_row(number), strict=True):
                whole[first - start : last - start] = part[first - top : last - top]
        return total, weight

    def _tile_row(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        with self._lock:
            future = self._found.get(number)
            mine = future is None
            if future is None:
                future = self._found[number] = Future()
            self._found.move_to_end(number)
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        if mine:
            try:
                future.set_result(self._sum(number))
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()

    def _sum(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        top, (ny, nx) = number * _TILE[0], self._shape
        rows = slice(top, min(top + _TILE[0], ny))
        total, weight = (np.zeros((rows.stop - top, nx), np.float32) for _ in range(2))
        for layer in self._layers:
            for tile in layer.tiles(rows):
                with self._in_progress:
                    found = layer.tile(tile)
                if found is None:
                    continue
                place = slice(tile[0].start - top, tile[0].stop - top), tile[1]
                total[place] += found[0]
                weight[place] += found[1]
        return total, weight


def _extents(whole: slice, size: int) -> list[slice]:
    """Parts of an extent between multiples of a size."""
    edges = [whole.start, *range((whole.start // size + 1) * size, whole.stop, size), whole.stop]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _haversine_from_centre(
    beam_wcs: WCS, wcs: WCS
) -> Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64]]]:
    """Haversine of the separation of the mosaic's pixels from the pointing centre of a beam.

    It is exact for small angles, where the cosine of the separation is not.
    """
    centre = SkyCoord(
        beam_wcs.wcs.crval[beam_wcs.wcs.lng],
        beam_wcs.wcs.crval[beam_wcs.wcs.lat],
        unit="deg",
        frame=wcs_to_celestial_frame(beam_wcs),
    ).transform_to(wcs_to_celestial_frame(wcs))
    lon0, lat0 = centre.spherical.lon.rad, centre.spherical.lat.rad
    to_sky = sky_map(wcs)

    def haversine(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64]]:
        lon, lat = map(np.radians, to_sky(x, y))
        return (np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2,)

    return haversine
