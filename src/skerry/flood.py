"""Flood: islands of emission, grown from their significant pixels down to the edge of the noise.

A high seed clip keeps noise out and a low floor takes in the faint wings of what is real; the two are joined by
growing every seed through the pixels above the floor, corners included, as far as they reach.
"""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.artefacts import artefact_level, stands_above, without_mirrored
from skerry.errors import SkerryError, SkerryNote, SkerryWarning
from skerry.expected import with_raised_seeds
from skerry.fits import OpenImage, open_image, open_mask, same_grid_size, write_products
from skerry.headers import Provenance, mask_header
from skerry.kernels.islands import count_islands, grow_marked
from skerry.low_snr import low_snr_islands
from skerry.marks import Marks, above_artefacts, flood_marks
from skerry.options import MaskingOptions
from skerry.planes import BitMask, Computed, Flags, Floats, Plane, any_set, set_pixels
from skerry.products import Product, check_outputs, default_output
from skerry.signal import open_signal, require_signal
from skerry.threshold import beam_area, reachable_clip

__all__ = ["Islands", "flood_fill", "flood_planes", "flood_step", "reverse_negative_flood_fill"]


class Islands(NamedTuple):
    """A flooded mask and the clips that made it."""

    mask: Flags
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
    """Find islands as `flood_planes` does, of arrays; the mask is an array of bool."""
    islands = flood_planes(image, options, signal=signal, seeds=seeds, pixels_per_beam=pixels_per_beam)
    return islands._replace(mask=np.asarray(islands.mask))


def flood_planes(
    image: Floats,
    options: MaskingOptions,
    *,
    signal: Floats | None = None,
    seeds: Flags | None = None,
    pixels_per_beam: float | None = None,
) -> Islands:
    """Islands grown from seeds, and large islands of low significance, less artefacts, if the options ask for them.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        In sigma; with the minimum absolute clip, any unit. Invalid pixels (NaN or infinite) are never masked.
    options : MaskingOptions
        The options called flood_fill, grow_low_snr_island and suppress_artefacts.
    signal : Plane of float32, shape (ny, nx), optional
        In sigma, for both statistics at once, for islands of low significance and for artefacts; by default `image`,
        which must then be in sigma.
    seeds : Plane of bool, shape (ny, nx), optional
        Used in place of the pixels at or above the seed clip.
    pixels_per_beam : float, optional
        Area of the beam, needed if the floor is smoothed, if the MAC is in sigma, and for artefacts, a size in beams or
        a number of false islands.

    Returns
    -------
    Islands
        With a `BitMask`.
    """
    if seeds is None:
        judged = image if signal is None or options.statistic == "mac" else signal
        options = with_raised_seeds(judged, options, pixels_per_beam)
    significance = image if signal is None else signal
    artefacts = artefact_level(significance, options, pixels_per_beam) if options.suppress_artefacts else None
    marks = flood_marks(image, significance, options, seeds, pixels_per_beam)
    mask = _grown(marks, significance, artefacts, options)
    seed_clip = options.flood_fill_positive_seed_clip if seeds is None else None
    has_seeds = mask.any() or any_set(marks.seeds)
    if not has_seeds and seed_clip is not None:
        if options.statistic == "snr":
            seed_clip = reachable_clip(image, seed_clip, allow_empty=options.flood_fill_allow_empty)
        else:
            warnings.warn(f"no pixel exceeds {_clips(options)}; the mask is empty", SkerryWarning, stacklevel=2)
        if seed_clip < options.flood_fill_positive_seed_clip:
            lowered = options.model_copy(update={"flood_fill_positive_seed_clip": seed_clip})
            mask, has_seeds = _grown(flood_marks(image, significance, lowered), significance, artefacts, options), True
    if options.grow_low_snr_island:
        faint = None if artefacts is None else _among_artefacts(significance, artefacts, options)
        mask.add(low_snr_islands(significance, options, pixels_per_beam, faint))
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
        count = count_islands(mask)
        told = f"{count} islands; by the same clips the negative image has {negative}, and about as many may be false"
        warnings.warn(told, SkerryNote, stacklevel=2)
    return Islands(mask, seed_clip, options.flood_fill_positive_flood_clip, negative)


def _grown(marks: Marks, signal: Floats, artefacts: Floats | None, options: MaskingOptions) -> BitMask:
    plane = marks.plane if artefacts is None else above_artefacts(marks.plane, signal, artefacts, options)
    return grow_marked(plane)


def _among_artefacts(signal: Floats, level: Floats, options: MaskingOptions) -> Computed:
    """Pixels that are too faint for a seed beside the artefacts of bright sources."""
    above = stands_above(signal, level, options.suppress_artefacts_seed_factor)
    return Computed(signal.shape, bool, lambda start, stop: ~above[start:stop], [above], cost=1)


def _clips(options: MaskingOptions) -> str:
    """What a seed has to exceed, in words, where the minimum absolute clip is used."""
    unit, seed_clip = "sigma of" if options.mac_in_sigma else "times", options.flood_fill_positive_seed_clip
    if options.statistic == "both":
        factor = options.flood_fill_mac_seed_factor
        return f"{seed_clip:.3g} sigma and {factor:g} {unit} the minimum absolute clip"
    return f"{seed_clip:.3g} {unit} the minimum absolute clip"


def _negative_islands(
    mask: Flags, image: Floats, signal: Floats | None, options: MaskingOptions, pixels_per_beam: float | None
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

    def negated(values: Floats) -> Computed:
        def rows(start: int, stop: int) -> NDArray[np.float32]:
            opposite: NDArray[np.float32] = np.negative(values[start:stop])
            opposite[mask[start:stop]] = np.nan
            return opposite

        return Computed(values.shape, np.float32, rows, [values, mask])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        found = flood_planes(
            negated(image),
            options.model_copy(update=alike),
            signal=None if signal is None else negated(signal),
            pixels_per_beam=pixels_per_beam,
        )
    return count_islands(found.mask)


def reverse_negative_flood_fill(
    base_image: NDArray[np.float32], masking_options: MaskingOptions, pixels_per_beam: float | None = None
) -> NDArray[np.bool_]:
    """Islands of an image in sigma, or of any image with the minimum absolute clip; see `flood_planes`.

    Parameters
    ----------
    base_image : ndarray of float32, shape (ny, nx)
        The image; must be in sigma for islands of low significance and for artefacts.
    masking_options : MaskingOptions
        The options called flood_fill, grow_low_snr_island and suppress_artefacts.
    pixels_per_beam : float, optional
        Area of the beam, as for `flood_planes`.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    image = np.asarray(base_image, dtype=np.float32)
    return np.asarray(flood_planes(image, masking_options, pixels_per_beam=pixels_per_beam).mask)


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
    with ExitStack() as stack:
        subject, base, significance = _open_images(stack, image, signal, rms, bkg, options)
        seed_file = None if seeds is None else stack.enter_context(open_mask(seeds))
        if seed_file is not None:
            same_grid_size(subject, seed_file)
        used = options.used_by("flood", seeded=seeds is not None)
        if seed_file is not None and "SKSEED" in seed_file.header:
            # By which the islands of the negative image are counted.
            options = options.model_copy(update={"flood_fill_positive_seed_clip": float(seed_file.header["SKSEED"])})
        islands = flood_planes(
            base,
            options,
            signal=significance,
            seeds=None if seed_file is None else set_pixels(seed_file.data),
            pixels_per_beam=beam_area(subject, options),
        )
        header = mask_header(
            subject.header,
            Provenance("flood", used, inputs, clip_facts(islands, options)),
            made_from=None if seed_file is None else seed_file.header,
        )
        write_products([Product(output, islands.mask, header, subject.shape)], overwrite)
    return output


def clip_facts(islands: Islands, options: MaskingOptions) -> dict[str, tuple[float, str]]:
    """Facts for a `Provenance`: the clips that were used, and the islands of the negative image."""
    facts = {"SKFLOOR": (islands.flood_clip, f"[{options.clip_unit}] flood clip used")}
    if islands.seed_clip is not None:
        facts["SKSEED"] = (islands.seed_clip, f"[{options.clip_unit}] seed clip used")
    if islands.negative is not None:
        facts["SKNEG"] = (islands.negative, "islands of the negative image")
    return facts


def _open_images(
    stack: ExitStack, image: Path, signal: Path | None, rms: Path | None, bkg: Path | None, options: MaskingOptions
) -> tuple[OpenImage, Plane, Plane | None]:
    """Open the image, what to flood of it, and its signal if that is another plane and needed."""
    if signal is not None and rms is not None:
        raise SkerryError(f"{rms}: give either --signal or --rms, not both")
    if not options.uses_mac:
        if signal is not None:
            raise SkerryError(f"{signal}: without --use-mac the signal image is the one to flood; give it alone")
        subject, base = stack.enter_context(open_signal(image, rms, bkg))
        return subject, base, None
    if options.statistic == "mac" and not (options.grow_low_snr_island or options.suppress_artefacts):
        for unused in (signal, rms, bkg):
            if unused is not None:
                flags = "--grow-low-snr-island or --suppress-artefacts"
                raise SkerryError(f"{unused}: has no use with --use-mac, unless with {flags}")
        subject = stack.enter_context(open_image(image))
        return subject, subject.data, None
    if rms is not None or bkg is not None:
        subject, significance = stack.enter_context(open_signal(image, rms, bkg))
        return subject, subject.data, significance
    subject = stack.enter_context(open_image(image))
    if signal is None:
        by_mac = "islands of low significance" if options.grow_low_snr_island else "artefacts"
        what = "both statistics" if options.statistic == "both" else by_mac
        require_signal(subject, f"{what} need --signal, or --rms")
        return subject, subject.data, subject.data
    significant = stack.enter_context(open_image(signal))
    require_signal(significant, "give a signal image, made with 'skerry signal'")
    same_grid_size(subject, significant)
    return subject, subject.data, significant.data
