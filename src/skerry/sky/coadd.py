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

from skerry.kernels.resampling import SplinePart, Sums, add_spline
from skerry.planes.computed import Computed
from skerry.planes.limits import RESERVED, current_limits
from skerry.sky.grid import covered_window, frame_change, pixel_map, sky_map
from skerry.sky.spline_resampling import SlowlyVarying, reach, slowly_varying, spline_part, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from astropy.wcs import WCS
    from numpy.typing import NDArray

    from skerry.planes.plane import Floats
    from skerry.sky.spline_resampling import Window

__all__ = ["BeamImage", "Mosaic", "linear_mosaic"]

_TILE = (256, 1024)
"""Rows and columns: low, for whole rows of tiles are kept."""
_POSITION_ERROR = 1e-7
"""Pixels."""
_RESPONSE_ERROR = 1e-7
"""Of the logarithm."""
_STRIP = 16
"""Rows of a tile that are added at once."""
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
    """Shape (ny, nx); pixels that are NaN, infinite or beyond 1e36 are invalid."""
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
    # The sums of the rows of tiles under a band are kept, for it and for its neighbours.
    return Mosaic(
        Computed(shape, np.float32, sums.mean_rows, cost=_BYTES_OF_SUMS // 2),
        Computed(shape, np.float32, sums.weight_rows, cost=_BYTES_OF_SUMS // 2),
        [layer.contributes() for layer in layers],
    )


class _Layer:
    """One beam on the grid of the mosaic."""

    def __init__(self, beam: BeamImage, wcs: WCS, shape: tuple[int, int], fwhm: float | None, cutoff: float) -> None:
        ny, nx = beam.image.shape
        self.width = nx
        self._image, self._weight = beam.image, beam.weight
        self._cutoff = cutoff
        self._to_beam = pixel_map(wcs, beam.wcs, (ny, nx))
        self._exponent = None if fwhm is None else _primary_beam_exponent(beam.wcs, wcs, fwhm)
        self.window = covered_window(pixel_map(beam.wcs, wcs, shape), slice(0, ny), slice(0, nx), shape, margin=4)

    def add(self, tiles: Sequence[Window], sums: Sums, top: int) -> int:
        """Add what the beam has on some tiles, of the same rows of the mosaic, to sums whose first row is `top`.

        Weights are those that were given, or 1, times the square of the response of the primary beam, values times
        the response. Gives to how many pixels anything was added.
        """
        added, waiting = 0, []
        for tile in tiles:
            placed = self._place(tile)
            if placed is not None and placed.is_small:
                waiting.append(placed)
            elif placed is not None:
                added += self._add_group([placed], sums, top)
        return added + sum(self._add_group(group, sums, top) for group in _read_together(waiting))

    def contributes(self) -> bool:
        """Whether any pixel of the mosaic takes anything of this beam; the middle of the beam most likely does."""
        if self.window is None:
            return False
        middle = [(extent.start + extent.stop) / 2 for extent in self.window]

        def distance(tile: Window) -> float:
            rows, columns = ((extent.start + extent.stop) / 2 for extent in tile)
            return float(max(abs(rows - middle[0]), abs(columns - middle[1])))

        tiles = [tile for row in _extents(self.window[0], _TILE[0]) for tile in self.tiles(row)]
        for tile in sorted(tiles, key=distance):
            nothing = np.zeros((tile[0].stop - tile[0].start, tile[1].stop), np.float32)
            if self.add([tile], Sums(nothing, nothing.copy()), tile[0].start):
                return True
        return False

    def tiles(self, rows: slice) -> Iterator[Window]:
        """Tiles that the beam may reach in some rows of the mosaic."""
        if self.window is None:
            return
        reached = slice(max(rows.start, self.window[0].start), min(rows.stop, self.window[0].stop))
        if reached.start < reached.stop:
            yield from ((reached, columns) for columns in _extents(self.window[1], _TILE[1]))

    def _place(self, tile: Window) -> _Placed | None:
        """Where the pixels of a tile lie in the beam; None if they have nothing of it."""
        response = None
        if self._exponent is not None:
            (response,) = slowly_varying(self._exponent, tile, _RESPONSE_ERROR)
            if not response.may_exceed(math.log(self._cutoff) if self._cutoff > 0 else -math.inf):
                return None
        x, y = slowly_varying(self._to_beam, tile, _POSITION_ERROR)
        columns, rows = (reach(*axis) for axis in zip((x, y), self._image.shape[::-1], strict=True))
        return None if rows is None or columns is None else _Placed(tile, x, y, response, (rows, columns))

    def _add_group(self, group: Sequence[_Placed], sums: Sums, top: int) -> int:
        """Add what the beam has on some tiles; the rows under them are read at once."""
        size, added = (self._image.shape[0], self._image.shape[1]), 0
        reached = [placed.reach[0] for placed in group]
        rows = within(slice(min(r.start for r in reached), max(r.stop for r in reached)), size[0])
        image, weight = self._image[rows], None if self._weight is None else self._weight[rows]
        for placed in group:
            part = spline_part(image, weight, placed.reach, size, rows.start)
            if part is not None:
                added += self._add_part(placed, part, sums, top)
        return added

    def _add_part(self, placed: _Placed, part: SplinePart, sums: Sums, top: int) -> int:
        """Add the spline of a part of the beam to the sums, a few rows at a time, which stay in the cache of a core."""
        added, (rows, columns) = 0, placed.tile
        response = None if placed.response is None else placed.response.exponential()
        for first in range(0, rows.stop - rows.start, _STRIP):
            strip = first, min(first + _STRIP, rows.stop - rows.start)
            gain = None if response is None else response(*strip)
            place = slice(rows.start - top + strip[0], rows.start - top + strip[1])
            there = Sums(sums.total[place], sums.weight[place])
            x, y = placed.x.rows(*strip), placed.y.rows(*strip)
            added += add_spline(part, x, y, gain, self._cutoff, there, columns.start)
        return added


class _Placed(NamedTuple):
    """A tile of the mosaic on a beam."""

    tile: Window
    x: SlowlyVarying
    y: SlowlyVarying
    response: SlowlyVarying | None
    """Logarithm of the response of the primary beam."""
    reach: Window
    """Rows and columns of the beam that the spline is made of."""

    @property
    def is_small(self) -> bool:
        """Whether it is kept at nodes only."""
        return self.x.has_nodes and (self.response is None or self.response.has_nodes)


class _TiledSums:
    """Rows of tiles of the sums, each computed once as long as few are asked for at a time."""

    def __init__(self, layers: Sequence[_Layer], shape: tuple[int, int]) -> None:
        self._layers, self._shape = layers, shape
        self._lock = threading.Lock()
        self._found: OrderedDict[int, Future[Sums]] = OrderedDict()
        limits = current_limits()
        affordable = int(limits.memory * _SHARE_OF_MEMORY) // (_TILE[0] * max(shape[1], 1) * _BYTES_OF_SUMS)
        self._most = max(2, min(2 * limits.threads, affordable))
        a_tile = _BYTES_A_TILE + 24 * _TILE[0] * max((layer.width for layer in layers), default=0)
        self._in_progress = threading.Semaphore(max(1, int((limits.memory - RESERVED) * _SHARE_OF_TILES) // a_tile))

    def mean_rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Sum of the values over that of the weights; NaN where there is no weight."""
        mean = np.empty((stop - start, self._shape[1]), np.float32)
        with np.errstate(invalid="ignore"):
            for sums, place in self._parts(start, stop):
                np.divide(sums.total, sums.weight, out=mean[place])
        return mean

    def weight_rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Sum of the weights."""
        weight = np.empty((stop - start, self._shape[1]), np.float32)
        for sums, place in self._parts(start, stop):
            weight[place] = sums.weight
        return weight

    def _parts(self, start: int, stop: int) -> Iterator[tuple[Sums, slice]]:
        """Sums in some rows, row of tiles by row of tiles, and which of the rows each of them has."""
        for number in range(start // _TILE[0], -(-stop // _TILE[0])):
            top = number * _TILE[0]
            first, last = max(start, top), min(stop, top + _TILE[0])
            total, weight = (part[first - top : last - top] for part in self._tile_row(number))
            yield Sums(total, weight), slice(first - start, last - start)

    def _tile_row(self, number: int) -> Sums:
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

    def _sum(self, number: int) -> Sums:
        top, (ny, nx) = number * _TILE[0], self._shape
        rows = slice(top, min(top + _TILE[0], ny))
        sums = Sums(*(np.zeros((rows.stop - top, nx), np.float32) for _ in range(2)))
        for layer in self._layers:
            with self._in_progress:
                layer.add(list(layer.tiles(rows)), sums, top)
        return sums


def _extents(whole: slice, size: int) -> list[slice]:
    """Parts of an extent between multiples of a size."""
    edges = [whole.start, *range((whole.start // size + 1) * size, whole.stop, size), whole.stop]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _read_together(tiles: Sequence[_Placed]) -> list[Sequence[_Placed]]:
    """Tiles in groups whose rows are read at once: all of them, unless most of the rows would be in vain."""
    if not tiles:
        return []
    rows = [tile.reach[0] for tile in tiles]
    height = max(extent.stop for extent in rows) - min(extent.start for extent in rows)
    together = height <= 2 * max(extent.stop - extent.start for extent in rows)
    return [tiles] if together else [[tile] for tile in tiles]


def _primary_beam_exponent(
    beam_wcs: WCS, wcs: WCS, fwhm: float
) -> Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64]]]:
    """Logarithm of the response of a Gaussian primary beam at the pixels of the mosaic; NaN where the sky has none.

    The haversine of the separation from the pointing centre is exact for small angles, where its cosine is not.
    """
    lon, lat = (np.array([beam_wcs.wcs.crval[axis]]) for axis in (beam_wcs.wcs.lng, beam_wcs.wcs.lat))
    change = frame_change(beam_wcs, wcs)
    if change is not None:
        lon, lat = change(lon, lat)
    lon0, lat0 = np.radians(lon[0]), np.radians(lat[0])
    to_sky = sky_map(wcs)

    def exponent(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64]]:
        lon, lat = map(np.radians, to_sky(x, y))
        haversine = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
        separation = np.degrees(2 * np.arcsin(np.sqrt(np.clip(haversine, 0, 1))))
        return (-4 * math.log(2) * (separation / fwhm) ** 2,)

    return exponent
