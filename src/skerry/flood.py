"""Flood: islands of emission, grown from their significant pixels down to the edge of the noise.

A high seed clip keeps noise out and a low floor takes in the faint wings of what is real; the two are joined by
growing every seed through the pixels above the floor, corners included, as far as they reach.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.artefacts import artefact_level, stands_above, without_mirrored
from skerry.errors import SkerryError, SkerryNote, SkerryWarning
from skerry.expected import with_raised_seeds
from skerry.fits import Image, read_image, read_mask, same_grid_size, write_products
from skerry.floor import smoothed_floor
from skerry.headers import Provenance, mask_header
from skerry.kernels.islands import grow_seeds, label_islands
from skerry.low_snr import low_snr_islands
from skerry.minimum import exceeds_level, mac_level
from skerry.options import MaskingOptions
from skerry.products import Product, check_outputs, default_output
from skerry.signal import read_signal, require_signal
from skerry.threshold import beam_area, seed_mask, snr_mask

__all__ = ["Islands", "flood_fill", "flood_step", "reverse_negative_flood_fill"]


class Islands(NamedTuple):
    """A flooded mask and the clips that made it."""

    mask: NDArray[np.bool_]
    """Shape (ny, nx)."""
    seed_clip: float | None
    """Used for the seeds: sigma, or a factor of the MAC; None if the seeds were given."""
    flood_clip: float
    """Used for the floor: sigma, or a factor of the MAC."""
    negative: int | None = None
    """Islands of the negative image by the same clips, if they were counted."""


def flood_fill(
    image: NDArray[np.float32],
    options: MaskingOptions,
    *,
    signal: NDArray[np.float32] | None = None,
    seeds: NDArray[np.bool_] | None = None,
    pixels_per_beam: float | None = None,
) -> Islands:
    """Islands grown from seeds, and large islands of low significance, less artefacts, if the options ask for them.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        In sigma; with the minimum absolute clip, any unit. Invalid pixels (NaN or infinite) are never masked.
    options : MaskingOptions
        The options called flood_fill, grow_low_snr_island and suppress_artefacts.
    signal : ndarray of float32, shape (ny, nx), optional
        In sigma, for both statistics at once, for islands of low significance and for artefacts; by default `image`,
        which must then be in sigma.
    seeds : ndarray of bool, shape (ny, nx), optional
        Used in place of the pixels at or above the seed clip.
    pixels_per_beam : float, optional
        Area of the beam, needed if the floor is smoothed, if the MAC is in sigma, and for artefacts, a size in beams or
        a number of false islands.

    Returns
    -------
    Islands
    """
    if seeds is None:
        judged = image if signal is None or options.statistic == "mac" else signal
        options = with_raised_seeds(judged, options, pixels_per_beam)
    if options.statistic == "snr":
        chosen, seed_clip, floor = _by_signal(image, options, seeds)
    else:
        chosen, seed_clip, floor = _by_minimum(image, options, seeds, signal, pixels_per_beam)
    has_seeds = bool(chosen.any())
    significance = image if signal is None else signal
    artefacts = None
    if options.suppress_artefacts:
        chosen, floor, artefacts = _without_artefacts(chosen, floor, significance, options, pixels_per_beam)
    mask = grow_seeds(chosen & floor, floor)
    if options.grow_low_snr_island:
        mask |= low_snr_islands(significance, options, pixels_per_beam, artefacts)
    if options.suppress_artefacts:
        mask = without_mirrored(mask, significance, options, pixels_per_beam)
    if not mask.any() and has_seeds:
        reason = "above the floor and no artefact" if options.suppress_artefacts else "above the floor"
        if options.smooths_floor:
            reason += " in an area of it as wide as the beam"
        warnings.warn(f"no seed is {reason}; the mask is empty", SkerryWarning, stacklevel=2)
    negative = None
    if options.flood_fill_count_negative:
        negative = _negative_islands(mask, image, signal, options, pixels_per_beam)
        count = label_islands(mask)[1]
        told = f"{count} islands; by the same clips the negative image has {negative}, and about as many may be false"
        warnings.warn(told, SkerryNote, stacklevel=2)
    return Islands(mask, seed_clip, options.flood_fill_positive_flood_clip, negative)


def _negative_islands(
    mask: NDArray[np.bool_],
    image: NDArray[np.float32],
    signal: NDArray[np.float32] | None,
    options: MaskingOptions,
    pixels_per_beam: float | None,
) -> int:
    """Count the islands of the negative image.

    What is masked counts as invalid there, for the minimum of its boxes would else be emission: noise and artefacts
    are to be compared with noise and artefacts, as they are in the image itself.
    """
    alike = {
        "flood_fill_count_negative": False,
        "flood_fill_allow_empty": True,
        "flood_fill_false_islands": None,
        "suppress_artefacts": False,
    }

    def negated(values: NDArray[np.float32]) -> NDArray[np.float32]:
        opposite = np.negative(values)
        opposite[mask] = np.nan
        return opposite

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        found = flood_fill(
            negated(image),
            options.model_copy(update=alike),
            signal=None if signal is None else negated(signal),
            pixels_per_beam=pixels_per_beam,
        )
    return label_islands(found.mask)[1]


def _by_signal(
    signal: NDArray[np.float32], options: MaskingOptions, seeds: NDArray[np.bool_] | None
) -> tuple[NDArray[np.bool_], float | None, NDArray[np.bool_]]:
    """Seeds, the clip that made them, and the floor, by signal to noise."""
    floor = snr_mask(signal, options.flood_fill_positive_flood_clip)
    if seeds is not None:
        return seeds, None, floor
    found, clip = seed_mask(signal, options.flood_fill_positive_seed_clip, allow_empty=options.flood_fill_allow_empty)
    return found, clip, floor


def _by_minimum(
    image: NDArray[np.float32],
    options: MaskingOptions,
    seeds: NDArray[np.bool_] | None,
    signal: NDArray[np.float32] | None,
    pixels_per_beam: float | None,
) -> tuple[NDArray[np.bool_], float | None, NDArray[np.bool_]]:
    """Seeds, the clip that made them, and the floor, by the minimum absolute clip or by both statistics."""
    level = mac_level(image, options, pixels_per_beam)
    seed_clip, flood_clip = options.flood_fill_positive_seed_clip, options.flood_fill_positive_flood_clip
    if options.statistic == "mac":
        floor = exceeds_level(image, level, flood_clip)
        found = exceeds_level(image, level, seed_clip) if seeds is None else seeds
    else:
        signal = image if signal is None else signal
        found = exceeds_level(image, level, options.flood_fill_mac_seed_factor)
        found &= snr_mask(signal, seed_clip, inclusive=True) if seeds is None else seeds
        if options.smooths_floor:
            floor, extended = smoothed_floor(signal, options, pixels_per_beam)
            if seeds is None and extended is not None:
                found |= extended
        else:
            floor = exceeds_level(image, level, options.flood_fill_mac_flood_factor)
            floor &= snr_mask(signal, flood_clip)
    if seeds is not None:
        return found, None, floor
    if not found.any():
        unit = "sigma of" if options.mac_in_sigma else "times"
        clips = f"{seed_clip:.3g} {unit} the minimum absolute clip"
        if options.statistic == "both":
            factor = options.flood_fill_mac_seed_factor
            clips = f"{seed_clip:.3g} sigma and {factor:g} {unit} the minimum absolute clip"
        warnings.warn(f"no pixel exceeds {clips}; the mask is empty", SkerryWarning, stacklevel=2)
    return found, seed_clip, floor


def _without_artefacts(
    seeds: NDArray[np.bool_],
    floor: NDArray[np.bool_],
    signal: NDArray[np.float32],
    options: MaskingOptions,
    pixels_per_beam: float | None,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Seeds and floor that stand above the artefacts of bright sources, and pixels too faint for a seed there."""
    level = artefact_level(signal, options, pixels_per_beam)
    above = stands_above(signal, level, options.suppress_artefacts_seed_factor)
    return seeds & above, floor & stands_above(signal, level, options.suppress_artefacts_flood_factor), ~above


def reverse_negative_flood_fill(
    base_image: NDArray[np.float32], masking_options: MaskingOptions, pixels_per_beam: float | None = None
) -> NDArray[np.bool_]:
    """Islands of an image in sigma, or of any image with the minimum absolute clip; see `flood_fill`.

    Parameters
    ----------
    base_image : ndarray of float32, shape (ny, nx)
        The image; must be in sigma for islands of low significance and for artefacts.
    masking_options : MaskingOptions
        The options called flood_fill, grow_low_snr_island and suppress_artefacts.
    pixels_per_beam : float, optional
        Area of the beam, as for `flood_fill`.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    image = np.asarray(base_image, dtype=np.float32)
    return flood_fill(image, masking_options, pixels_per_beam=pixels_per_beam).mask


def flood_step(
    image: Path,
    *,
    seeds: Path | None = None,
    signal: Path | None = None,
    rms: Path | None = None,
    bkg: Path | None = None,
    output: Path | None = None,
    options: MaskingOptions | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the islands of a signal image, or of an image with the minimum absolute clip.

    Parameters
    ----------
    image : Path
        Signal image; an image if `rms` is given or the minimum absolute clip is used.
    seeds : Path, optional
        Mask of seeds, as `snr-mask` makes it.
    signal : Path, optional
        Signal image for islands of low significance and artefacts, where `image` is not in sigma.
    rms, bkg : Path, optional
        Noise and background of the image, in place of a signal image.
    output : Path, optional
        Default: X.mask.fits for X.fits.
    options : MaskingOptions, optional
        The options called flood_fill, grow_low_snr_island and suppress_artefacts.
    overwrite : bool
        Whether `output` may be replaced.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, the grids differ, or an image is in the wrong unit.
    """
    options = MaskingOptions() if options is None else options
    output = default_output(image, "mask") if output is None else output
    inputs = [path for path in (image, seeds, signal, rms, bkg) if path is not None]
    check_outputs([output], inputs, overwrite)
    subject, base, significance = _read_images(image, signal, rms, bkg, options)
    seed_file = None if seeds is None else read_mask(seeds)
    if seed_file is not None:
        same_grid_size(subject, seed_file)
    used = options.used_by("flood", seeded=seeds is not None)
    if seed_file is not None and "SKSEED" in seed_file.header:
        # By which the islands of the negative image are counted.
        options = options.model_copy(update={"flood_fill_positive_seed_clip": float(seed_file.header["SKSEED"])})
    islands = flood_fill(
        base,
        options,
        signal=significance,
        seeds=None if seed_file is None else seed_file.data != 0,
        pixels_per_beam=beam_area(subject, options),
    )
    header = mask_header(
        subject.header,
        Provenance("flood", used, inputs, clip_facts(islands, options)),
        made_from=None if seed_file is None else seed_file.header,
    )
    write_products([Product(output, islands.mask.astype(np.uint8), header, subject.shape)], overwrite)
    return output


def clip_facts(islands: Islands, options: MaskingOptions) -> dict[str, tuple[float, str]]:
    """Facts for a `Provenance`: the clips that were used, and the islands of the negative image."""
    facts = {"SKFLOOR": (islands.flood_clip, f"[{options.clip_unit}] flood clip used")}
    if islands.seed_clip is not None:
        facts["SKSEED"] = (islands.seed_clip, f"[{options.clip_unit}] seed clip used")
    if islands.negative is not None:
        facts["SKNEG"] = (islands.negative, "islands of the negative image")
    return facts


def _read_images(
    image: Path, signal: Path | None, rms: Path | None, bkg: Path | None, options: MaskingOptions
) -> tuple[Image, NDArray[np.float32], NDArray[np.float32] | None]:
    """Read the image, what to flood of it, and its signal if that is another array and needed."""
    if signal is not None and rms is not None:
        raise SkerryError(f"{rms}: give either --signal or --rms, not both")
    if not options.uses_mac:
        if signal is not None:
            raise SkerryError(f"{signal}: without --use-mac the signal image is the one to flood; give it alone")
        subject, base = read_signal(image, rms, bkg)
        return subject, base, None
    if options.statistic == "mac" and not (options.grow_low_snr_island or options.suppress_artefacts):
        for unused in (signal, rms, bkg):
            if unused is not None:
                flags = "--grow-low-snr-island or --suppress-artefacts"
                raise SkerryError(f"{unused}: has no use with --use-mac, unless with {flags}")
        subject = read_image(image)
        return subject, subject.data, None
    if rms is not None or bkg is not None:
        subject, significance = read_signal(image, rms, bkg)
        return subject, subject.data, significance
    subject = read_image(image)
    if signal is None:
        by_mac = "islands of low significance" if options.grow_low_snr_island else "artefacts"
        what = "both statistics" if options.statistic == "both" else by_mac
        require_signal(subject, f"{what} need --signal, or --rms")
        return subject, subject.data, subject.data
    significant = read_image(signal)
    require_signal(significant, "give a signal image, made with 'skerry signal'")
    same_grid_size(subject, significant)
    return subject, subject.data, significant.data
