"""Whether an image has padding that is not NaN, told by some of its rows, so that an image without it costs nothing.

Noise differs from pixel to pixel, everywhere and on both sides of zero. Padding differs from itself by next to nothing,
over many pixels on end, and leaves the rest to be noise: long rows of it, on both sides of the value of the padding. By
the last two it is told from the true zeros of a model, of a clipped residual, or of an image of few levels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.planes.bands import check_rows
from skerry.planes.order_statistics import median, quantile
from skerry.planes.plane import Floats, needs_of
from skerry.planes.sample import few_rows

__all__ = ["Sample"]

_ROWS, _COSTLY_ROWS = 128, 16
_BYTES_A_PIXEL = 24
"""Of a row, of its steps and of what is told of them."""
_DIFFERENCES = 1 << 16

_FLAT = 1e-3
_ROUNDING = 1e-6
_QUIET = 1e-5
_TOP = 0.98

_FLAT_RUN, _SURELY_LONG = 8, 64
_COARSE, _CHANCE = 0.05, 20
_LEAST_STRIP = 3
"""Pixels on end at the value of the padding that are none of the noise: strips of it may be narrower than a run."""
_NOISE_RUN = 48
_NOISE_SHARE = 0.25
_LEAST_SIDE, _APART = 0.02, 0.3
_MARGIN = 4


class Sample(NamedTuple):
    """Rows of an image, evenly spaced, with the first and the last of them."""

    pixels: NDArray[np.float32]
    """Shape (rows, nx)."""
    steps: NDArray[np.float32]
    """From each pixel to the next one, absolute, shape (rows, nx - 1); NaN or infinite beside invalid pixels."""

    @classmethod
    def of(cls, image: Floats) -> Sample:
        """Take the sample; fewer rows of an image whose rows are costly, for compressed ones come in tiles."""
        ny = image.shape[0]
        costly = not isinstance(image, np.ndarray) and needs_of(image).again is not None
        check_rows(image, cost=_BYTES_A_PIXEL)
        number = few_rows(image.shape, _COSTLY_ROWS if costly else _ROWS)
        rows = np.linspace(0, ny - 1, number).round().astype(int)
        pixels = np.concatenate([np.asarray(image[row : row + 1], np.float32) for row in rows])
        with np.errstate(invalid="ignore", over="ignore"):
            steps = np.abs(pixels[:, 1:] - pixels[:, :-1])
        return cls(pixels, steps)

    @property
    def all_valid(self) -> bool:
        """Whether none of the pixels is NaN or infinite; of an image of one column the rows themselves are asked."""
        return bool(np.isfinite(self.steps if self.steps.size else self.pixels).all())

    @property
    def is_level(self) -> bool:
        """Whether no pixel differs from the next one."""
        return not (self.steps > 0).any()

    def flat_limit(self) -> float | None:
        """Range of 3 x 3 pixels up to which they are padding.

        Returns
        -------
        float or None
            In the unit of the image; None if the image has no padding.

        Notes
        -----
        The limit is a thousandth of the typical step: no noise of one image differs by as much, be it a mosaic of beams
        of a hundredth of the noise of others, and no 8 pixels of noise on end are that near to each other. Where most
        of the image is a residue of padding, that is its typical step. So if some hundredths of the image have steps a
        hundred thousand times as large, those are typical. They may be a bright source in place of noise, which has
        a millionth of its peak round it: but a source is small, or positive.

        Padding is taken for such only if what is left looks like noise. It stands in long rows, where the sources of a
        model without noise, or what a clip has left of a residual, are short ones among zeros. And it is on both sides
        of the value of the padding, where a model is on one; or keeps away from it, as from a padding of -999. Strips
        of fewer than 8 columns are padding beside others, and not told alone.
        """
        told = self._told()
        if not told.size:
            return None
        typical = _typical(told)
        limit = _FLAT * typical
        runs = _long_runs(self.steps, limit)
        if not runs.size:
            return None
        flat = np.zeros(self.pixels.shape, bool)
        for row, start, stop in runs:
            flat[row, start : stop + 1] = True
        level = median(self.pixels[flat])
        with np.errstate(invalid="ignore", over="ignore"):
            at_level = np.abs(self.pixels - np.float32(level)) <= limit
        for row, start, stop in _runs(at_level, _LEAST_STRIP):
            flat[row, start:stop] = True
        rest = np.isfinite(self.pixels) & ~flat
        return limit if _in_long_rows(rest) and _looks_like_noise(self.pixels, rest, level) else None

    def _told(self) -> NDArray[np.float32]:
        """Some of the steps, those that are more than rounding and not the edge of a constant."""
        stride = max(1, self.steps.size // _DIFFERENCES) | 1
        before, steps, after = (self.steps[:, n : self.steps.shape[1] - 2 + n : stride] for n in range(3))
        pixels = self.pixels[:, 1:-2:stride]
        with np.errstate(invalid="ignore"):
            rounding = np.float32(_ROUNDING) * np.abs(pixels)
            told = (before > rounding) & (steps > rounding) & (after > rounding) & (steps < np.float32(np.inf))
        return np.asarray(steps[told])


def _typical(steps: NDArray[np.float32]) -> float:
    """Typical step of what is not padding."""
    middle, top = median(steps), quantile(steps, _TOP)
    return median(steps[steps > _FLAT * top]) if middle < _QUIET * top else middle


def _long_runs(steps: NDArray[np.float32], limit: float) -> NDArray[np.intp]:
    """Runs of steps up to a limit that are longer than chance makes them, as `_runs` gives them.

    In an image of few levels neighbours are often equal. If a share s of the steps is level, runs of so many steps that
    none of them is the last one are as rare as exp(-n (1 - s)).
    """
    flat = steps <= limit
    runs = _runs(flat, _FLAT_RUN - 1)
    if not runs.size:
        return runs
    lengths = runs[:, 2] - runs[:, 1]
    level, others = np.count_nonzero(flat) - lengths.sum(), np.count_nonzero(np.isfinite(steps)) - lengths.sum()
    if level <= _COARSE * others:
        return runs
    short = lengths[lengths < _SURELY_LONG].sum()
    share = (level + short) / (others + short)
    return np.asarray(runs[lengths >= _CHANCE / max(1 - share, _CHANCE / steps.shape[1])])


def _runs(mask: NDArray[np.bool_], least: int) -> NDArray[np.intp]:
    """Runs of at least so many set pixels in rows of a mask, as (row, start, stop), shape (runs, 3)."""
    places = np.flatnonzero(np.pad(mask, ((0, 0), (0, 1))))
    if places.size < least or not (places[least - 1 :] - places[: places.size - least + 1] == least - 1).any():
        return np.empty((0, 3), np.intp)
    breaks = np.flatnonzero(np.diff(places) > 1)
    starts, stops = places[np.r_[0, breaks + 1]], places[np.r_[breaks, places.size - 1]] + 1
    long = stops - starts >= least
    row, start = np.divmod(starts[long], mask.shape[1] + 1)
    return np.stack([row, start, start + (stops - starts)[long]], axis=1)


def _in_long_rows(rest: NDArray[np.bool_]) -> bool:
    """Whether a pixel of the rest has many others beside it in its row, on average."""
    runs = _runs(rest, 1)
    lengths = (runs[:, 2] - runs[:, 1]).astype(float)
    least = min(_NOISE_RUN, _NOISE_SHARE * rest.shape[1])
    return bool(lengths.size and (lengths**2).sum() >= least * lengths.sum())


def _looks_like_noise(pixels: NDArray[np.float32], rest: NDArray[np.bool_], level: float) -> bool:
    """Whether pixels lie on both sides of a level, or about as far from it as each other."""
    inner = rest[:, 2 * _MARGIN :] & rest[:, _MARGIN:-_MARGIN] & rest[:, : -2 * _MARGIN]
    values = pixels[:, _MARGIN:-_MARGIN][inner]
    if not values.size:
        return False
    below, above = (float(np.mean(side)) for side in (values < level, values > level))
    distance = np.abs(values - np.float32(level))
    return min(below, above) >= _LEAST_SIDE or quantile(distance, 0.01) > _APART * median(distance)
