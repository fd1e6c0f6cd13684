"""The minimum absolute clip (MAC): pixels brighter than the deepest pixel in a box round them is deep.

It needs no noise map, for it takes the deepest negative pixel nearby as the measure of what is not sky: there is no
negative emission, and artefacts are about as bright as they are deep.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.boxes import adaptive_minimum, is_skewed
from skerry.kernels.boxes import reach_of
from skerry.kernels.levels import above_level, marks_above_level
from skerry.masking.noise_statistics import box_minimum_depth
from skerry.planes.bands import in_order
from skerry.planes.computed import Computed, collect, rows_with_halo
from skerry.planes.masks import any_set
from skerry.planes.plane import Floats, Plane
from skerry.sky.beam import beam_fwhm

__all__ = [
    "exceeds_level",
    "mac_level",
    "mac_marks",
    "minimum_absolute_clip",
    "minimum_absolute_level",
    "sigma_of_minimum",
    "skew_mask",
]

_Finish: TypeAlias = Callable[[NDArray[np.float32], int], None]
"""What changes rows of the minimum, and is given the number of the first."""
_SHALLOWEST_OF_NOISE = 0.75
"""Of the median depth of the minimum of a box: of noise alone, one in 1000 boxes of 20 beams (FWHM) is shallower."""
_BOXES_AROUND = 9


def skew_mask(image: NDArray[np.float32], skew_delta: float, box_size: int) -> NDArray[np.bool_]:
    """Pixels for which a box is too small a sample: too many of its pixels are positive.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Zero mean, any unit; invalid pixels (NaN or infinite) do not count.
    skew_delta : float
        The box is too small where more than 0.5 + `skew_delta` of its valid pixels are positive; between 0 and 0.5.
    box_size : int
        Pixels a side. The box is cut at the edges of the image.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    _check_skew(skew_delta)
    return np.asarray(collect(is_skewed(image, _checked_box(box_size), 0.5 + skew_delta)))


def minimum_absolute_level(
    image: Floats,
    box_size: int,
    *,
    adaptive_max_depth: int | None = None,
    adaptive_box_step: float = 2.0,
    adaptive_skew_delta: float = 0.2,
) -> Computed:
    """Absolute value of the minimum in the box round every pixel.

    The adaptive box grows, up to `adaptive_max_depth` times, while it is too small somewhere (see
    `skew_mask`), and the pixels where it is take the minimum of the larger one.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Zero mean, any unit; invalid pixels (NaN or infinite) do not count. With an adaptive box it is gone through at
        once, as far as there is nothing for which the box is too small.
    box_size : int
        Pixels a side. The box is cut at the edges of the image.
    adaptive_max_depth : int, optional
        Times the box may grow; None or 0 keeps one box.
    adaptive_box_step : float
        Factor by which the box grows.
    adaptive_skew_delta : float
        As in `skew_mask`.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        In the unit of the image; infinite where no pixel of the box is valid.

    Notes
    -----
    In a bright plateau wider than the box the minimum is itself emission, and a mask made with it has a hole; the
    option `flood_fill_mac_plateaus` mends that without a larger box.
    """
    boxes = _boxes(image, box_size, adaptive_max_depth, adaptive_box_step, adaptive_skew_delta)
    return _Level(image, boxes, 0.5 + adaptive_skew_delta, _absolute)


def mac_level(image: Floats, options: MaskingOptions, pixels_per_beam: float | None) -> Computed:
    """Absolute minimum round every pixel as the options ask for it, by `minimum_absolute_level`.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Zero mean, any unit; invalid pixels (NaN or infinite) do not count.
    options : MaskingOptions
        The options called flood_fill_use_mac, and the unit of the clips. If plateaus are to have no holes, the depth of
        the noise is found at once, which goes through the image.
    pixels_per_beam : float
        Area of the beam, needed if the clips are in sigma.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        In the unit of the image, and of one unit of the clips: where they are in sigma, the minimum is divided by its
        depth in sigma.
    """
    box, delta = options.flood_fill_use_mac_box_size, options.flood_fill_use_mac_adaptive_skew_delta
    boxes = _boxes(
        image,
        box,
        options.flood_fill_use_mac_adaptive_max_depth,
        options.flood_fill_use_mac_adaptive_step_factor,
        delta,
    )
    sigma = np.float32(sigma_of_minimum(options, pixels_per_beam)) if options.mac_in_sigma else None
    depth: _Finish = _absolute
    if options.flood_fill_mac_plateaus:
        depth = _raised_to_noise(_Level(image, boxes, 0.5 + delta, _unchanged), box)

    def finish(minimum: NDArray[np.float32], start: int) -> None:
        depth(minimum, start)
        if sigma is not None:
            minimum /= sigma

    return _Level(image, boxes, 0.5 + delta, finish)


class _Level(Computed):
    """A function of the minimum round the pixels of an image, which gives the rows of the image along with it.

    The minimum needs them already, and an image may be costly to compute or read.
    """

    def __init__(self, image: Floats, boxes: list[int], fraction: float, finish: _Finish) -> None:
        self.image = image
        self._boxes, self._fraction, self._finish = boxes, fraction, finish
        self._reach = reach_of(image.shape, boxes[-1])
        super().__init__(
            image.shape,
            np.float32,
            lambda start, stop: self.beside(start, stop)[1],
            [image],
            halo=self._reach[0],
            cost=2 if len(boxes) == 1 else 4,
        )

    def beside(self, start: int, stop: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Rows of the image, and of the plane."""
        band, within = rows_with_halo(self.image, start, stop, *self._reach)
        minimum = adaptive_minimum(band, within, self._boxes, self._fraction)
        self._finish(minimum, start)
        return band[within], minimum


def _unchanged(_minimum: NDArray[np.float32], _start: int) -> None:
    pass


def _absolute(minimum: NDArray[np.float32], _start: int) -> None:
    np.abs(minimum, out=minimum)


def _boxes(image: Floats, box_size: int, max_depth: int | None, box_step: float, skew_delta: float) -> list[int]:
    """Box, and those it grows to; parameters as of `minimum_absolute_level`."""
    if box_step <= 1:
        raise SkerryError(f"adaptive_box_step: {box_step} is not above 1")
    boxes = [_checked_box(box_size)]
    if max_depth:
        _check_skew(skew_delta)
    for _ in range(max_depth or 0):
        if not any_set(is_skewed(image, boxes[-1], 0.5 + skew_delta)):
            break
        boxes.append(max(boxes[-1] + 1, int(boxes[-1] * box_step)))
        if boxes[-2] > 2 * max(image.shape):
            break  # Every box holds the image, and so do all larger ones.
    return boxes


def _raised_to_noise(minimum: Computed, box: int) -> _Finish:
    """Find the depth that noise has, and give what turns rows of the minimum to depths that are none less.

    What noise has is a share of the median of the boxes around that have a negative pixel, for the noise of a mosaic is
    not the same everywhere; of the whole image where there are none. Infinite depths stay infinite.
    """
    ny, nx = minimum.shape
    first, step = (box // 2, box) if min(ny, nx) > box // 2 else (0, max(ny, nx))
    places = [slice(row, row + 1) for row in range(first, ny, step)]

    def sampled(row: slice) -> NDArray[np.float32]:
        return np.asarray(np.negative(minimum[row][:, first::step]))

    sample = np.concatenate(list(in_order(sampled, places, minimum)))
    known = np.isfinite(sample) & (sample > 0)
    least = _least_around(np.where(known, sample, np.float32(np.nan))) if known.any() else np.zeros((1, 1), np.float32)
    columns = np.minimum(np.arange(nx) // box, least.shape[1] - 1)

    def finish(rows: NDArray[np.float32], start: int) -> None:
        np.negative(rows, out=rows)
        np.copyto(rows, np.inf, where=np.isneginf(rows))
        for row, depth in enumerate(rows, start):
            np.maximum(depth, least[min(row // box, len(least) - 1)][columns], out=depth)

    return finish


def _least_around(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Least depth of noise at each place of a grid of depths, NaN where there is none; float32."""
    half = _BOXES_AROUND // 2
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(sample, half, constant_values=np.nan), (_BOXES_AROUND, _BOXES_AROUND)
    )
    least = np.full(sample.shape, np.nanmedian(sample), np.float32)
    for row, across in enumerate(windows):
        known = np.isfinite(across).any(axis=(1, 2))
        least[row, known] = np.nanmedian(across[known], axis=(1, 2))
    least *= np.float32(_SHALLOWEST_OF_NOISE)
    return least


def sigma_of_minimum(options: MaskingOptions, pixels_per_beam: float | None, smoothing: float = 0.0) -> float:
    """Depth in sigma that the minimum of the box has in noise, which a Gaussian of so many beams may have smoothed."""
    if pixels_per_beam is None:
        raise SkerryError("flood_fill_mac_unit: sigma needs the area of the beam, which is not known here")
    fwhm = beam_fwhm(pixels_per_beam) * math.hypot(1, smoothing)
    return box_minimum_depth(options.flood_fill_use_mac_box_size, fwhm)


def exceeds_level(image: Floats, level: Floats, factor: float) -> Computed:
    """Valid pixels of `image` above `factor` times `level`, both float32 of shape (ny, nx); bool."""

    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        return above_level(*_beside(image, level, start, stop), factor)

    return Computed(image.shape, bool, rows, _sources(image, level), cost=0)


def mac_marks(image: Floats, level: Floats, seed_clip: float, flood_clip: float) -> Computed:
    """Floor and seeds of the minimum absolute clip from one computation of the level.

    Parameters
    ----------
    image, level : Plane of float32, shape (ny, nx)
        The image, and its level as `mac_level` gives it.
    seed_clip, flood_clip : float
        Factors of the level.

    Returns
    -------
    Plane of uint8, shape (ny, nx)
        As `skerry.filters.islands.marked` gives it: `FLOOR` where `exceeds_level` says so for the flood clip, and
        `SEED` besides where it does for the seed clip too.
    """

    def rows(start: int, stop: int) -> NDArray[np.uint8]:
        return marks_above_level(*_beside(image, level, start, stop), seed_clip, flood_clip)

    return Computed(image.shape, np.uint8, rows, _sources(image, level), cost=0)


def _beside(image: Floats, level: Floats, start: int, stop: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Rows of an image and its level."""
    if isinstance(level, _Level) and level.image is image:
        return level.beside(start, stop)
    return image[start:stop], level[start:stop]


def _sources(image: Floats, level: Floats) -> list[Plane]:
    """What `_beside` takes memory for."""
    return [level] if isinstance(level, _Level) and level.image is image else [image, level]


def minimum_absolute_clip(
    image: NDArray[np.float32],
    increase_factor: float = 2.0,
    box_size: int = 100,
    adaptive_max_depth: int | None = None,
    adaptive_box_step: float = 2.0,
    adaptive_skew_delta: float = 0.2,
) -> NDArray[np.bool_]:
    """Pixels above a factor of the absolute minimum in the box round them (the minimum absolute clip, MAC).

    Meant for Stokes I with zero mean: noise and artefacts are as deep as they are bright, and emission is positive.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) are never masked and do not count.
    increase_factor : float
        The factor.
    box_size, adaptive_max_depth, adaptive_box_step, adaptive_skew_delta
        As in `minimum_absolute_level`.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    image = np.asarray(image, dtype=np.float32)
    level = minimum_absolute_level(
        image,
        box_size,
        adaptive_max_depth=adaptive_max_depth,
        adaptive_box_step=adaptive_box_step,
        adaptive_skew_delta=adaptive_skew_delta,
    )
    return np.asarray(collect(exceeds_level(image, level, increase_factor)))


def _check_skew(skew_delta: float) -> None:
    if not 0 < skew_delta < 0.5:
        raise SkerryError(f"skew_delta: {skew_delta} is not between 0 and 0.5")


def _checked_box(box_size: int) -> int:
    if box_size < 1:
        raise SkerryError(f"box_size: {box_size} is not a number of pixels above 0")
    return int(box_size)
