"""Thresholds: which pixels are significant.

Two statistics answer. Signal to noise needs a noise map; the minimum absolute clip (MAC) needs none, for it takes the
deepest negative pixel nearby as the measure of what is not sky: there is no negative emission, and artefacts are
about as bright as they are deep.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError, SkerryWarning
from skerry.fits import read_image, same_grid_size, write_products
from skerry.headers import Provenance, mask_header
from skerry.kernels.bands import row_bands
from skerry.kernels.boxes import box_minimum, is_skewed
from skerry.options import MaskingOptions
from skerry.products import Product, check_outputs, default_output
from skerry.signal import read_signal

__all__ = [
    "create_boxcar_skew_mask",
    "minimum_absolute_clip",
    "minimum_absolute_level",
    "seed_mask",
    "snr_mask",
    "snr_mask_step",
]

LOWERED_SEED_FRACTION = 0.9


class Seeds(NamedTuple):
    """Seeds of islands and how they were found."""

    mask: NDArray[np.bool_]
    """Pixels that may start an island, shape (ny, nx)."""
    clip: float
    """The seed clip that was used, in sigma."""


def snr_mask(signal: NDArray[np.float32], clip: float, *, inclusive: bool = False) -> NDArray[np.bool_]:
    """Pixels above a clip.

    Parameters
    ----------
    signal : ndarray of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never masked.
    clip : float
        In sigma.
    inclusive : bool
        Whether pixels that are exactly at the clip count, as they do for seeds.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    mask = signal >= np.float32(clip) if inclusive else signal > np.float32(clip)
    mask &= np.isfinite(signal)
    return mask


def seed_mask(signal: NDArray[np.float32], clip: float, *, allow_empty: bool = False) -> Seeds:
    """Pixels at or above the seed clip.

    If no pixel is, the clip is lowered to 0.9 of the maximum with a `SkerryWarning`, for a field without any mask
    would not be cleaned at all. A maximum that is not positive leaves no seeds.

    Parameters
    ----------
    signal : ndarray of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never seeds.
    clip : float
        In sigma.
    allow_empty : bool
        Leave the mask empty rather than lower the clip.

    Returns
    -------
    Seeds
        The mask, and the clip used.
    """
    highest = -math.inf
    for rows in row_bands(signal.shape):
        band = signal[rows]
        highest = max(highest, float(np.max(band, where=np.isfinite(band), initial=-np.inf)))
    if highest < np.float32(clip):
        if allow_empty or highest <= 0:
            warnings.warn(f"no pixel reaches the seed clip of {clip:g} sigma; no seeds", SkerryWarning, stacklevel=2)
        else:
            lowered = LOWERED_SEED_FRACTION * highest
            warnings.warn(
                f"no pixel reaches the seed clip of {clip:g} sigma; it is lowered to {lowered:.3g} sigma, "
                f"{LOWERED_SEED_FRACTION:g} of the maximum",
                SkerryWarning,
                stacklevel=2,
            )
            clip = lowered
    mask = signal >= np.float32(clip)
    mask &= np.isfinite(signal)
    return Seeds(mask, clip)


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
    In a bright plateau wider than the box the minimum is itself emission, and a mask made with it has a hole.
    """
    if adaptive_box_step <= 1:
        raise SkerryError(f"adaptive_box_step: {adaptive_box_step} is not above 1")
    box = _checked_box(box_size)
    level = box_minimum(image, box)
    for _ in range(adaptive_max_depth or 0):
        skewed = create_boxcar_skew_mask(image, adaptive_skew_delta, box)
        if not skewed.any():
            break
        holds_image = box > 2 * max(image.shape)
        box = max(box + 1, int(box * adaptive_box_step))
        np.copyto(level, box_minimum(image, box), where=skewed)
        if holds_image:
            break
    return np.abs(level, out=level)


def mac_level(image: NDArray[np.float32], options: MaskingOptions) -> NDArray[np.float32]:
    """Absolute minimum round every pixel, as `minimum_absolute_level`, with the box that the options ask for."""
    return minimum_absolute_level(
        image,
        options.flood_fill_use_mac_box_size,
        adaptive_max_depth=options.flood_fill_use_mac_adaptive_max_depth,
        adaptive_box_step=options.flood_fill_use_mac_adaptive_step_factor,
        adaptive_skew_delta=options.flood_fill_use_mac_adaptive_skew_delta,
    )


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


def snr_mask_step(
    signal: Path,
    *,
    rms: Path | None = None,
    bkg: Path | None = None,
    image: Path | None = None,
    output: Path | None = None,
    seeds: bool = False,
    options: MaskingOptions | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the mask of a signal image, or of an image with its noise.

    Parameters
    ----------
    signal : Path
        Signal image, or an image if `rms` is given.
    rms, bkg : Path, optional
        Noise and background of the image.
    image : Path, optional
        Image of the signal, for both statistics at once; without it `signal` must be an image with `rms`.
    output : Path, optional
        Default: X.mask.fits, or X.seeds.fits, for X.fits.
    seeds : bool
        Write the seeds for `flood`, at or above the seed clip, rather than the mask above the base clip.
    options : MaskingOptions, optional
        Gives the clips; the statistic is "snr" or "both".
    overwrite : bool
        Whether `output` may be replaced.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, the grids differ, or the image is not in sigma.
    """
    options = MaskingOptions() if options is None else options
    output = default_output(signal, "seeds" if seeds else "mask") if output is None else output
    inputs = [path for path in (signal, rms, bkg, image) if path is not None]
    check_outputs([output], inputs, overwrite)
    _check_statistic(signal, rms, image, options)
    subject, significance = read_signal(signal, rms, bkg)
    clip = options.flood_fill_positive_seed_clip if seeds else options.base_snr_clip
    if options.statistic == "both":
        brightness = subject if image is None else read_image(image)
        same_grid_size(subject, brightness)
        mask = exceeds_level(brightness.data, mac_level(brightness.data, options), options.flood_fill_mac_seed_factor)
        mask &= snr_mask(significance, clip, inclusive=seeds)
    elif seeds:
        mask, clip = seed_mask(significance, clip, allow_empty=options.flood_fill_allow_empty)
    else:
        mask = snr_mask(significance, clip)
    used = options.used_by("snr-mask", seeded=seeds)
    facts = {"SKSEED": (clip, "[sigma] seed clip used")}
    header = mask_header(subject.header, Provenance("snr-mask", used, inputs, facts))
    write_products([Product(output, mask.astype(np.uint8), header, subject.shape)], overwrite)
    return output


def _check_statistic(signal: Path, rms: Path | None, image: Path | None, options: MaskingOptions) -> None:
    """Check that what is given is what the statistic needs."""
    if options.statistic == "mac":
        raise SkerryError(f"{signal}: the minimum absolute clip is for an image; use 'skerry flood IMAGE --use-mac'")
    if options.statistic == "both" and (image is None) == (rms is None):
        raise SkerryError(
            f"{signal}: both statistics need the image of the signal, or an image with --rms; give --image"
        )
    if options.statistic == "snr" and image is not None:
        raise SkerryError(f"{image}: has no use without --statistic both")


def _checked_box(box_size: int) -> int:
    if box_size < 1:
        raise SkerryError(f"box_size: {box_size} is not a number of pixels above 0")
    return int(box_size)
