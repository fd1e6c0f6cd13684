"""The minimum absolute clip (MAC): pixels brighter than the deepest pixel in a box round them is deep.

It needs no noise map, for it takes the deepest negative pixel nearby as the measure of what is not sky: there is no
negative emission, and artefacts are about as bright as they are deep.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.expected import beam_fwhm, box_minimum_depth
from skerry.kernels.bands import row_bands
from skerry.kernels.boxes import box_minimum, is_skewed
from skerry.options import MaskingOptions

__all__ = [
    "create_boxcar_skew_mask",
    "exceeds_level",
    "mac_level",
    "minimum_absolute_clip",
    "minimum_absolute_level",
]


_SHALLOWEST_OF_NOISE = 0.75
"""Of the median depth of the minimum of a box: of noise alone, one in 1000 boxes of 20 beams (FWHM) is shallower."""
_BOXES_AROUND = 9


def create_boxcar_skew_mask(image: NDArray[np.float32], skew_delta: float, box_size: int) -> NDArray[np.bool_]:
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
    if not 0 < skew_delta < 0.5:
        raise SkerryError(f"skew_delta: {skew_delta} is not between 0 and 0.5")
    return is_skewed(image, _checked_box(box_size), 0.5 + skew_delta)


def minimum_absolute_level(
    image: NDArray[np.float32],
    box_size: int,
    *,
    adaptive_max_depth: int | None = None,
    adaptive_box_step: float = 2.0,
    adaptive_skew_delta: float = 0.2,
) -> NDArray[np.float32]:
    """Absolute value of the minimum in the box round every pixel.

    The adaptive box grows, up to `adaptive_max_depth` times, while it is too small somewhere (see
    `create_boxcar_skew_mask`), and the pixels where it is take the minimum of the larger one.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Zero mean, any unit; invalid pixels (NaN or infinite) do not count.
    box_size : int
        Pixels a side. The box is cut at the edges of the image.
    adaptive_max_depth : int, optional
        Times the box may grow; None or 0 keeps one box.
    adaptive_box_step : float
        Factor by which the box grows.
    adaptive_skew_delta : float
        As in `create_boxcar_skew_mask`.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        In the unit of the image; infinite where no pixel of the box is valid.

    Notes
    -----
    In a bright plateau wider than the box the minimum is itself emission, and a mask made with it has a hole; the
    option `flood_fill_mac_plateaus` mends that without a larger box.
    """
    level = _minimum(image, box_size, adaptive_max_depth, adaptive_box_step, adaptive_skew_delta)
    return np.abs(level, out=level)


def mac_level(
    image: NDArray[np.float32], options: MaskingOptions, pixels_per_beam: float | None
) -> NDArray[np.float32]:
    """Absolute minimum round every pixel as the options ask for it, by `minimum_absolute_level`.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Zero mean, any unit; invalid pixels (NaN or infinite) do not count.
    options : MaskingOptions
        The options called flood_fill_use_mac, and the unit of the clips.
    pixels_per_beam : float
        Area of the beam, needed if the clips are in sigma.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        In the unit of the image, and of one unit of the clips: where they are in sigma, the minimum is divided by its
        depth in sigma.
    """
    level = _minimum(
        image,
        options.flood_fill_use_mac_box_size,
        options.flood_fill_use_mac_adaptive_max_depth,
        options.flood_fill_use_mac_adaptive_step_factor,
        options.flood_fill_use_mac_adaptive_skew_delta,
    )
    if options.flood_fill_mac_plateaus:
        _raise_to_noise(np.negative(level, out=level), options.flood_fill_use_mac_box_size)
    else:
        np.abs(level, out=level)
    if options.mac_in_sigma:
        level /= np.float32(sigma_of_minimum(options, pixels_per_beam))
    return level


def _minimum(
    image: NDArray[np.float32], box_size: int, max_depth: int | None, box_step: float, skew_delta: float
) -> NDArray[np.float32]:
    """Minimum round every pixel, with its sign; parameters as of `minimum_absolute_level`."""
    if box_step <= 1:
        raise SkerryError(f"adaptive_box_step: {box_step} is not above 1")
    box = _checked_box(box_size)
    minimum = box_minimum(image, box)
    for _ in range(max_depth or 0):
        skewed = create_boxcar_skew_mask(image, skew_delta, box)
        if not skewed.any():
            break
        holds_image = box > 2 * max(image.shape)
        box = max(box + 1, int(box * box_step))
        np.copyto(minimum, box_minimum(image, box), where=skewed)
        if holds_image:
            break
    return minimum


def _raise_to_noise(depth: NDArray[np.float32], box: int) -> None:
    """Raise depths that are none of noise to the least that noise has, in place; infinite ones stay infinite.

    What noise has is a share of the median of the boxes around that have a negative pixel, for the noise of a mosaic is
    not the same everywhere; of the whole image where there are none.
    """
    np.copyto(depth, np.inf, where=np.isneginf(depth))
    sample = depth[box // 2 :: box, box // 2 :: box] if min(depth.shape) > box // 2 else depth[:1, :1]
    sample = np.where(np.isfinite(sample) & (sample > 0), sample, np.float32(np.nan))
    if np.isnan(sample).all():
        np.maximum(depth, 0, out=depth)
        return
    half = _BOXES_AROUND // 2
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(sample, half, constant_values=np.nan), (_BOXES_AROUND, _BOXES_AROUND)
    )
    least = np.full(sample.shape, np.nanmedian(sample), np.float32)
    for row, across in enumerate(windows):
        known = np.isfinite(across).any(axis=(1, 2))
        least[row, known] = np.nanmedian(across[known], axis=(1, 2))
    least *= np.float32(_SHALLOWEST_OF_NOISE)
    rows, columns = (np.minimum(np.arange(depth.shape[n]) // box, least.shape[n] - 1) for n in (0, 1))
    for band in row_bands(depth.shape):
        np.maximum(depth[band], least[np.ix_(rows[band], columns)], out=depth[band])


def sigma_of_minimum(options: MaskingOptions, pixels_per_beam: float | None, smoothing: float = 0.0) -> float:
    """Depth in sigma that the minimum of the box has in noise, which a Gaussian of so many beams may have smoothed."""
    if pixels_per_beam is None:
        raise SkerryError("flood_fill_mac_unit: sigma needs the area of the beam, which is not known here")
    fwhm = beam_fwhm(pixels_per_beam) * math.hypot(1, smoothing)
    return box_minimum_depth(options.flood_fill_use_mac_box_size, fwhm)


def exceeds_level(image: NDArray[np.float32], level: NDArray[np.float32], factor: float) -> NDArray[np.bool_]:
    """Valid pixels of `image` above `factor` times `level`, both float32 of shape (ny, nx)."""
    mask = np.empty(image.shape, dtype=bool)
    for rows in row_bands(image.shape):
        # A factor of 0 times the infinite level of an empty box is no number, and no pixel exceeds it.
        with np.errstate(invalid="ignore", over="ignore"):
            mask[rows] = (image[rows] > np.float32(factor) * level[rows]) & np.isfinite(image[rows])
    return mask


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
    return exceeds_level(image, level, increase_factor)


def _checked_box(box_size: int) -> int:
    if box_size < 1:
        raise SkerryError(f"box_size: {box_size} is not a number of pixels above 0")
    return int(box_size)
