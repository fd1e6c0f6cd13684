"""The minimum absolute clip (MAC): pixels brighter than the deepest pixel in a box round them is deep.

It needs no noise map, for it takes the deepest negative pixel nearby as the measure of what is not sky: there is no
negative emission, and artefacts are about as bright as they are deep.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.boxes import is_skewed
from skerry.filters.growing_box import GrowingBox
from skerry.masking.box_sizes import mac_box
from skerry.masking.depth_of_noise import least_depth
from skerry.masking.known_area import known_area
from skerry.masking.minimum_level import MinimumLevel
from skerry.masking.noise_statistics import box_minimum_depth
from skerry.planes.arrays import image_plane
from skerry.planes.computed import collect
from skerry.planes.plane import Floats
from skerry.sky.beam import beam_fwhm

__all__ = ["mac_level", "minimum_absolute_clip", "minimum_absolute_level", "sigma_of_minimum", "skew_mask"]


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
        The pixels.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([[1.0, 1.0, 1.0, -1.0, -1.0]], np.float32)
    >>> skew_mask(image, skew_delta=0.2, box_size=3)
    array([[ True,  True, False, False, False]])
    """
    _check_skew(skew_delta)
    return np.asarray(collect(is_skewed(image_plane(image), _checked_box(box_size), 0.5 + skew_delta)))


def minimum_absolute_level(
    image: Floats,
    box_size: int,
    *,
    adaptive_max_depth: int | None = None,
    adaptive_box_step: float = 2.0,
    adaptive_skew_delta: float = 0.2,
) -> MinimumLevel:
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
    MinimumLevel
        In the unit of the image; infinite where no pixel of the box is valid.

    Notes
    -----
    In a bright plateau wider than the box the minimum is itself emission, and a mask made with it has a hole; the
    option `flood_fill_mac_plateaus` mends that without a larger box.
    """
    box = _growing_box(image, box_size, adaptive_max_depth, adaptive_box_step, adaptive_skew_delta)
    return MinimumLevel(image, box)


def mac_level(image: Floats, options: MaskingOptions, pixels_per_beam: float | None) -> MinimumLevel:
    """Absolute minimum round every pixel as the options ask for it, by `minimum_absolute_level`.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Zero mean, any unit; invalid pixels (NaN or infinite) do not count.
    options : MaskingOptions
        The options called flood_fill_use_mac, and the unit of the clips. If plateaus are to have no holes, the depth of
        the noise is found at once, which goes through the image.
    pixels_per_beam : float
        Area of the beam, needed if the clips are in sigma or the box is in beams.

    Returns
    -------
    MinimumLevel
        In the unit of the image, and of one unit of the clips: where they are in sigma, the minimum is divided by its
        depth in sigma.
    """
    size = mac_box(options, pixels_per_beam)
    box = _growing_box(
        image,
        size,
        options.flood_fill_use_mac_adaptive_max_depth,
        options.flood_fill_use_mac_adaptive_step_factor,
        options.flood_fill_use_mac_adaptive_skew_delta,
    )
    least = least_depth(box.minimum(image), size) if options.flood_fill_mac_plateaus else None
    unit = sigma_of_minimum(options, pixels_per_beam) if options.mac_in_sigma else None
    return MinimumLevel(image, box, unit, least)


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
    box_size : int
        As in `minimum_absolute_level`, as are those that follow.
    adaptive_max_depth : int, optional
        Times the box may grow.
    adaptive_box_step : float
        Factor by which it grows.
    adaptive_skew_delta : float
        Where it grows.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        The pixels.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([[1.0, -2.0, 3.0, 5.0, 1.0]], np.float32)
    >>> minimum_absolute_clip(image, increase_factor=2.0, box_size=5)
    array([[False, False, False,  True, False]])
    """
    level = minimum_absolute_level(
        image_plane(image),
        box_size,
        adaptive_max_depth=adaptive_max_depth,
        adaptive_box_step=adaptive_box_step,
        adaptive_skew_delta=adaptive_skew_delta,
    )
    return np.asarray(level.exceeded(increase_factor))


def sigma_of_minimum(options: MaskingOptions, pixels_per_beam: float | None, smoothing: float = 0.0) -> float:
    """Depth in sigma that the minimum of the box has in noise, which a Gaussian of so many beams may have smoothed."""
    fwhm = beam_fwhm(known_area(pixels_per_beam, "flood_fill_mac_unit")) * math.hypot(1, smoothing)
    return box_minimum_depth(mac_box(options, pixels_per_beam), fwhm)


def _growing_box(image: Floats, box_size: int, max_depth: int | None, box_step: float, skew_delta: float) -> GrowingBox:
    """Box, and those it grows to; parameters as of `minimum_absolute_level`."""
    if box_step <= 1:
        raise SkerryError(f"adaptive_box_step: {box_step} is not above 1")
    boxes = [_checked_box(box_size)]
    if max_depth:
        _check_skew(skew_delta)
    for _ in range(max_depth or 0):
        boxes.append(max(boxes[-1] + 1, int(boxes[-1] * box_step)))
        if boxes[-2] > 2 * max(image.shape):
            break  # Every box holds the image, and so do all larger ones.
    return GrowingBox.of(image, boxes, 0.5 + skew_delta)


def _check_skew(skew_delta: float) -> None:
    if not 0 < skew_delta < 0.5:
        raise SkerryError(f"skew_delta: {skew_delta} is not between 0 and 0.5")


def _checked_box(box_size: int) -> int:
    if box_size < 1:
        raise SkerryError(f"box_size: {box_size} is not a number of pixels above 0")
    return int(box_size)
