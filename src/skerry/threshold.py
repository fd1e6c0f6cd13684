"""Thresholds: which pixels are significant, by signal to noise.

Pixels at a seed clip may start islands, and pixels above a clip are a mask of their own; `skerry.minimum` has the
statistic that needs no noise map.
"""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.beam import pixels_per_beam
from skerry.errors import SkerryError, SkerryWarning
from skerry.expected import with_raised_seeds
from skerry.fits import OpenImage, open_image, same_grid_size, write_products
from skerry.headers import Provenance, mask_header
from skerry.kernels.islands import highest_and_valid
from skerry.minimum import exceeds_level, mac_level
from skerry.options import MaskingOptions
from skerry.planes import Computed, Flags, Floats
from skerry.products import Product, check_outputs, default_output
from skerry.signal import open_signal

__all__ = ["both", "reachable_clip", "seed_mask", "snr_mask", "snr_mask_step"]

LOWERED_SEED_FRACTION = 0.9


class Seeds(NamedTuple):
    """Seeds of islands and how they were found."""

    mask: Computed
    """Pixels that may start an island, shape (ny, nx)."""
    clip: float
    """The seed clip that was used, in sigma."""


def snr_mask(signal: Floats, clip: float, *, inclusive: bool = False) -> Computed:
    """Pixels above a clip.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never masked.
    clip : float
        In sigma.
    inclusive : bool
        Whether pixels that are exactly at the clip count, as they do for seeds.

    Returns
    -------
    Plane of bool, shape (ny, nx)
    """
    least = np.float32(clip)

    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        band = signal[start:stop]
        mask: NDArray[np.bool_] = band >= least if inclusive else band > least
        # No valid pixel is infinite, and NaN is above nothing.
        mask &= band < np.float32(np.inf)
        return mask

    return Computed(signal.shape, bool, rows, [signal], cost=2)


def seed_mask(signal: Floats, clip: float, *, allow_empty: bool = False) -> Seeds:
    """Pixels at or above the seed clip.

    If no pixel is, the clip is lowered to 0.9 of the maximum with a `SkerryWarning`, for a field without any mask
    would not be cleaned at all. A maximum that is not positive leaves no seeds.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
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
    used = reachable_clip(signal, clip, allow_empty=allow_empty)
    return Seeds(snr_mask(signal, used, inclusive=True), used)


def reachable_clip(signal: Floats, clip: float, *, allow_empty: bool = False) -> float:
    """Seed clip of `seed_mask`, which says when it is lowered; parameters as there."""
    highest, _ = highest_and_valid(signal)
    if highest >= np.float32(clip):
        return clip
    if allow_empty or highest <= 0:
        warnings.warn(f"no pixel reaches the seed clip of {clip:g} sigma; no seeds", SkerryWarning, stacklevel=2)
        return clip
    lowered = LOWERED_SEED_FRACTION * highest
    warnings.warn(
        f"no pixel reaches the seed clip of {clip:g} sigma; it is lowered to {lowered:.3g} sigma, "
        f"{LOWERED_SEED_FRACTION:g} of the maximum",
        SkerryWarning,
        stacklevel=2,
    )
    return lowered


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
    with open_signal(signal, rms, bkg) as (subject, significance), ExitStack() as stack:
        if seeds:
            options = with_raised_seeds(significance, options, beam_area(subject, options))
        clip = options.flood_fill_positive_seed_clip if seeds else options.base_snr_clip
        if options.statistic == "both":
            brightness = subject if image is None else stack.enter_context(open_image(image))
            same_grid_size(subject, brightness)
            level = mac_level(brightness.data, options, beam_area(subject, options))
            above = exceeds_level(brightness.data, level, options.flood_fill_mac_seed_factor)
            mask = both(above, snr_mask(significance, clip, inclusive=seeds))
        elif seeds:
            mask, clip = seed_mask(significance, clip, allow_empty=options.flood_fill_allow_empty)
        else:
            mask = snr_mask(significance, clip)
        facts = {"SKSEED": (clip, "[sigma] seed clip used")}
        header = mask_header(subject.header, Provenance("snr-mask", used, inputs, facts))
        write_products([Product(output, mask, header, subject.shape)], overwrite)
    return output


def both(mask: Flags, other: Flags) -> Computed:
    """Pixels of two masks of the same shape."""
    return Computed(mask.shape, bool, lambda start, stop: mask[start:stop] & other[start:stop], [mask, other], cost=1)


def beam_area(image: OpenImage, options: MaskingOptions) -> float | None:
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
