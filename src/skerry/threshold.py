"""Thresholds: which pixels are significant, by signal to noise.

Pixels at a seed clip may start islands, and pixels above a clip are a mask of their own; `skerry.minimum` has the
statistic that needs no noise map.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.beam import pixels_per_beam
from skerry.errors import SkerryError, SkerryWarning
from skerry.expected import with_raised_seeds
from skerry.fits import Image, read_image, same_grid_size, write_products
from skerry.headers import Provenance, mask_header
from skerry.kernels.bands import row_bands
from skerry.minimum import exceeds_level, mac_level
from skerry.options import MaskingOptions
from skerry.products import Product, check_outputs, default_output
from skerry.signal import read_signal

__all__ = [
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
    used = options.used_by("snr-mask", seeded=seeds)
    output = default_output(signal, "seeds" if seeds else "mask") if output is None else output
    inputs = [path for path in (signal, rms, bkg, image) if path is not None]
    check_outputs([output], inputs, overwrite)
    _check_statistic(signal, rms, image, options)
    subject, significance = read_signal(signal, rms, bkg)
    if seeds:
        options = with_raised_seeds(significance, options, beam_area(subject, options))
    clip = options.flood_fill_positive_seed_clip if seeds else options.base_snr_clip
    if options.statistic == "both":
        brightness = subject if image is None else read_image(image)
        same_grid_size(subject, brightness)
        level = mac_level(brightness.data, options, beam_area(subject, options))
        mask = exceeds_level(brightness.data, level, options.flood_fill_mac_seed_factor)
        mask &= snr_mask(significance, clip, inclusive=seeds)
    elif seeds:
        mask, clip = seed_mask(significance, clip, allow_empty=options.flood_fill_allow_empty)
    else:
        mask = snr_mask(significance, clip)
    facts = {"SKSEED": (clip, "[sigma] seed clip used")}
    header = mask_header(subject.header, Provenance("snr-mask", used, inputs, facts))
    write_products([Product(output, mask.astype(np.uint8), header, subject.shape)], overwrite)
    return output


def beam_area(image: Image, options: MaskingOptions) -> float | None:
    """Area of the beam of an image in pixels, if the options need it."""
    return pixels_per_beam(image.header, name=str(image.path)) if options.needs_beam_area else None


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
