"""Smoothing by a Gaussian in which invalid pixels, and those beyond the edge, have no weight.

A wide Gaussian is two narrower ones, one after the other. What the first has smoothed need not be known at every pixel:
it is computed on a coarse grid, and the second one takes it from there to all pixels. That costs the same for every
width, far less than a transform of the image; and the grid has a fixed place, so no value depends on bands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.smoothing import shrink_rows, smooth_rows, spread_rows
from skerry.planes.bands import for_each_band
from skerry.planes.computed import Computed
from skerry.planes.limits import check_kept, current_limits
from skerry.planes.plane import Floats

__all__ = ["SmoothedSample", "gaussian_weights", "smoothed", "smoothed_ahead", "smoothed_sample"]

_SIGMAS_AT_ONCE = 5.0
_SIGMAS_IN_NARROW = 5.4
"""Of each of the two narrower Gaussians: what both leave out is no more than what a cut at 5 sigma does."""
_SIGMAS_PER_STEP = 1.25
"""Of the narrower Gaussians, over the step of the grid: a wave of any length comes back true to exp(-(pi 1.25)**2)."""
_TOGETHER = 16
"""Weights that the loop adds up before it adds to the sum."""
_BYTES_OF_WEIGHTS = 4
_BYTES_OF_TAPS = 450
"""Of the weights of a Gaussian for each pixel of its sigma, while they are computed; of a narrow one far less."""
_SHARE_HELD_AHEAD = 1 / 8
"""Of the memory, for a coarse grid of the whole image."""


def smoothed(image: Floats, sigma: float, unit: float = 1.0, *, radius: int | None = None) -> Computed:
    """Weighted mean of the valid pixels round every pixel.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) have no weight.
    sigma : float
        Of the Gaussian, pixels.
    unit : float
        By which the mean is divided.
    radius : int, optional
        Pixels along each axis at which the Gaussian is cut; by default where that makes no difference.

    Returns
    -------
    Computed of float32, shape (ny, nx)
        NaN where the image is invalid. A Gaussian below 3.5 pixels is cut at 5 sigma along each axis; a wider one is as
        good as without a cut. Errors are below 1e-6 of the largest absolute value that has weight, and of noise below
        4e-7.
    """
    gaussian = _Gaussian.of(sigma) if radius is None else _Gaussian.cut(sigma, radius)
    rows = partial(_rows_in_unit, image, gaussian, np.float32(unit))
    into = rows if gaussian.step == 1 else None
    return Computed(
        image.shape, np.float32, rows, [image], around=gaussian.around, cost_around=gaussian.cost, into=into
    )


def gaussian_weights(sigma: float, radius: int) -> NDArray[np.float32]:
    """Weights of a Gaussian along an axis, from `radius` pixels before its middle to as many after; their sum is 1."""
    _check_width(radius)
    return _weights(np.arange(-radius, radius + 1), sigma, radius)


def smoothed_ahead(image: Floats, sigma: float, valid: Floats) -> Computed:
    """Smooth as `smoothed` does an image that is costly to compute, and whose rows shall be computed only once.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        As for `smoothed`.
    sigma : float
        As for `smoothed`.
    valid : Plane of float32, shape (ny, nx)
        An image with the same invalid pixels that is cheap to read.

    Returns
    -------
    Computed of float32, shape (ny, nx)
        Bit for bit that of `smoothed`. If sigma is wide enough for a coarse grid of the whole image to be held, the
        image has been read, and rows are computed of the grid and of `valid` alone.
    """
    gaussian = _Gaussian.of(sigma)
    if gaussian.step == 1 or 8 * math.prod(gaussian.grid(image.shape)) > current_limits().memory * _SHARE_HELD_AHEAD:
        return smoothed(image, sigma)
    rows = partial(_spread, _shrunk(image, gaussian), gaussian, valid)
    return Computed(image.shape, np.float32, rows, [valid], cost=gaussian.cost_of_spreading)


def smoothed_sample(image: Floats, sigma: float, every: int) -> NDArray[np.float32]:
    """Every n-th pixel of every n-th row of what `smoothed` gives, computed now; no other rows are."""
    return SmoothedSample(image, sigma, every).values()


class SmoothedSample:
    """The pixels of `smoothed_sample`, which may be taken in a pass over the image that something else makes.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        As for `smoothed`.
    sigma : float
        As for `smoothed`.
    every : int
        Pixels and rows from one that is taken to the next.
    """

    def __init__(self, image: Floats, sigma: float, every: int) -> None:
        self._image, self._gaussian, self._every = image, _Gaussian.of(sigma), every
        self._taken: dict[int, NDArray[np.float32]] = {}
        self.around, self.cost_around = self._gaussian.around, self._gaussian.cost
        """Of a pass in which pixels are taken, as for `skerry.planes.bands.map_bands`."""

    def take(self, rows: slice, image: Floats) -> None:
        """Take those of a band, of the image or of a plane that has its rows as far as they are needed."""
        first = -(-rows.start // self._every) * self._every
        sample = _smoothed_rows(image, self._gaussian, first, rows.stop, self._every)
        self._taken[rows.start] = sample[:, :: self._every].copy()

    def values(self) -> NDArray[np.float32]:
        """All of them; the image is gone through if none were taken."""
        if not self._taken:
            take = partial(self.take, image=self._image)
            for_each_band(take, self._image, around=self.around, cost=8, cost_around=self.cost_around)
        return np.concatenate([self._taken[start] for start in sorted(self._taken)])


@dataclass(frozen=True)
class _Gaussian:
    """A Gaussian as weights: at once, or to a coarse grid and from there to the pixels."""

    taps: NDArray[np.float32]
    """To the grid, or of the whole Gaussian if the grid is that of the pixels."""
    step: int
    """Pixels from one point of the grid to the next."""
    between: NDArray[np.float32]
    """Shape (step, points): weights of the grid for each place in an interval of it."""

    @classmethod
    def of(cls, sigma: float) -> _Gaussian:
        _check_width(sigma)
        narrow = sigma / math.sqrt(2)
        step = int(narrow / _SIGMAS_PER_STEP)
        if step < 2:
            radius = math.floor(_SIGMAS_AT_ONCE * sigma + 0.5)
            return cls.cut(sigma, radius)
        radius = math.floor(_SIGMAS_IN_NARROW * narrow + 0.5)
        points = step * np.arange(-(radius // step), radius // step + 2)
        between = [_weights(points - place, narrow, radius) for place in range(step)]
        return cls(_weights(np.arange(-radius, radius + 1), narrow, radius), step, np.array(between))

    @classmethod
    def cut(cls, sigma: float, radius: int) -> _Gaussian:
        return cls(gaussian_weights(sigma, radius), 1, np.ones((1, 1), np.float32))

    @property
    def radius(self) -> int:
        return len(self.taps) // 2

    @property
    def pad(self) -> int:
        """Points of the grid before the first pixel."""
        return self.between.shape[1] // 2 - 1 if self.step > 1 else 0

    @property
    def around(self) -> int:
        """Rows of the image that are needed above and below those asked for."""
        return 2 * (self.radius + (self.step * (self.pad + 1) if self.step > 1 else 0))

    @property
    def cost(self) -> int:
        """Bytes that smoothing takes for each pixel, beyond the image and the result."""
        if self.step == 1:
            return _BYTES_OF_WEIGHTS
        # Sums of values and weights, at every pixel of the rows of the grid, and at its points.
        return -(-2 * _BYTES_OF_WEIGHTS * (self.step + 1) // self.step**2)

    @property
    def cost_of_spreading(self) -> int:
        """The same, from the grid alone."""
        return -(-2 * _BYTES_OF_WEIGHTS // self.step)

    def grid(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Shape of the grid for an image."""
        points = self.between.shape[1]
        return (shape[0] - 1) // self.step + points, (shape[1] - 1) // self.step + points

    def grid_row(self, row: int) -> int:
        """First row of the grid that lies on a row of the image or after it."""
        return -(-row // self.step) + self.pad


@dataclass(frozen=True)
class _Grid:
    """Values and weights on a coarse grid, from row `first` of it on."""

    first: int
    values: NDArray[np.float32]
    weights: NDArray[np.float32]

    @classmethod
    def covering(cls, image: Floats, gaussian: _Gaussian, first: int = 0, count: int | None = None) -> _Grid:
        """Room for some rows of the grid, by default for all."""
        ny, nx = gaussian.grid(image.shape)
        shape = (ny - first if count is None else count, nx)
        return cls(first, np.empty(shape, np.float32), np.empty(shape, np.float32))


def _rows_in_unit(
    image: Floats,
    gaussian: _Gaussian,
    unit: np.float32,
    start: int,
    stop: int,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    rows = _smoothed_rows(image, gaussian, start, stop, out=out)
    rows /= unit
    return rows


def _smoothed_rows(
    image: Floats,
    gaussian: _Gaussian,
    start: int,
    stop: int,
    every: int = 1,
    *,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Rows start, start + every, ... before stop; `start` is a multiple of `every`. In `out` if there is no grid."""
    ny, nx = image.shape
    if start >= stop:
        return np.empty((0, nx), np.float32)
    if gaussian.step == 1:
        count = -(-(stop - start) // every)
        first = max(0, start - gaussian.radius)
        band = _contiguous_rows(image, first, start + (count - 1) * every + gaussian.radius + 1)
        return smooth_rows(band, first, ny, gaussian.taps, every, start // every, count, out)
    top, points = start // gaussian.step, gaussian.between.shape[1]
    grid = _Grid.covering(image, gaussian, top, (stop - 1) // gaussian.step + points - top)
    _shrink(image, gaussian, top, grid.values, grid.weights)
    return _spread(grid, gaussian, image, start, stop, every)


def _shrunk(image: Floats, gaussian: _Gaussian) -> _Grid:
    """Compute the grid of a whole image, of which every row is read once."""
    grid, ny = _Grid.covering(image, gaussian), image.shape[0]

    def shrink(rows: slice) -> None:
        # Rows of the grid go with the band that they lie in; those beyond the image, with its first and last.
        first = 0 if rows.start == 0 else gaussian.grid_row(rows.start)
        last = grid.values.shape[0] if rows.stop == ny else gaussian.grid_row(rows.stop)
        _shrink(image, gaussian, first, grid.values[first:last], grid.weights[first:last])

    for_each_band(shrink, image, around=2 * gaussian.radius, cost_around=gaussian.cost)
    return grid


def _shrink(
    image: Floats, gaussian: _Gaussian, first: int, values: NDArray[np.float32], weights: NDArray[np.float32]
) -> None:
    """Compute rows of the grid from row `first` on."""
    ny, count = image.shape[0], len(values)
    if not count:
        return
    start = first - gaussian.pad
    top = min(ny, max(0, start * gaussian.step - gaussian.radius))
    bottom = max(top, (start + count - 1) * gaussian.step + gaussian.radius + 1)
    band = _contiguous_rows(image, top, bottom)
    shrink_rows(band, top, ny, gaussian.taps, gaussian.step, gaussian.pad, start, values, weights)


def _spread(
    grid: _Grid, gaussian: _Gaussian, valid: Floats, start: int, stop: int, every: int = 1
) -> NDArray[np.float32]:
    """Rows of the image from those of the grid; NaN where `valid` is invalid."""
    rows = _contiguous_rows(valid, start, stop)[::every]
    if not rows.size:
        return np.empty(rows.shape, np.float32)
    points, top = gaussian.between.shape[1], start // gaussian.step
    needed = slice(top - grid.first, (stop - 1) // gaussian.step + points - grid.first)
    values, weights = grid.values[needed], grid.weights[needed]
    return spread_rows(values, weights, top, gaussian.between, range(start, stop, every), np.ascontiguousarray(rows))


def _contiguous_rows(image: Floats, start: int, stop: int) -> NDArray[np.float32]:
    return np.ascontiguousarray(image[start : min(stop, image.shape[0])], dtype=np.float32)


def _check_width(sigma: float) -> None:
    """Refuse a Gaussian of which the weights alone would fill the memory, as no image is wide enough for."""
    told = f"the weights of a Gaussian of a sigma of {sigma:.6g} pixels"
    check_kept(_BYTES_OF_TAPS * sigma, told, "smooth by fewer beams or a smaller scale")


def _weights(distance: NDArray[np.int_], sigma: float, radius: int) -> NDArray[np.float32]:
    """Weights of a Gaussian at some distances in pixels, 0 beyond `radius`, with a sum of 1."""
    # A Gaussian far narrower than a pixel is that pixel.
    weights = np.exp(-0.5 * (distance / max(sigma, 1e-3)) ** 2) * (np.abs(distance) <= radius)
    exact: NDArray[np.float32] = (weights / weights.sum()).astype(np.float32)
    # The sum is to be 1 as the loop adds it up; what is missing goes to the highest weight with which it then is.
    for one in np.argsort(-weights):
        missing = 1 - _sum_as_added(exact)
        if not missing:
            break
        adjusted = exact.copy()
        adjusted[one] += missing
        if abs(1 - _sum_as_added(adjusted)) < abs(missing):
            exact = adjusted
    return exact


def _sum_as_added(weights: NDArray[np.float32]) -> float:
    """Sum in single precision, a few at a time."""
    parts = np.zeros(-(-len(weights) // _TOGETHER) * _TOGETHER, np.float32)
    parts[: len(weights)] = weights
    sums = np.cumsum(parts.reshape(-1, _TOGETHER), axis=1, dtype=np.float32)[:, -1]
    return float(np.cumsum(sums, dtype=np.float32)[-1])
