"""Flood: islands of emission, grown from their significant pixels down to the edge of the noise.

A high seed clip keeps noise out and a low floor takes in the faint wings of what is real; the two are joined by
growing every seed through the pixels above the floor, corners included, as far as they reach.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import NamedTuple

import numpy as np

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryNote, SkerryWarning, heard
from skerry.filters.flood_marks import KeptMarks
from skerry.filters.islands import count_islands, seeded_islands
from skerry.masking.artefact_depth import artefact_level, stands_above
from skerry.masking.diffuse_islands import diffuse_islands
from skerry.masking.diffuse_scales import grown_by_scales
from skerry.masking.false_islands import with_raised_seed_clip
from skerry.masking.flood_statistic import above_artefacts, marks_by_statistic
from skerry.masking.kept_values import KeptValues
from skerry.masking.mask_stages import MaskStages, NoStages
from skerry.masking.mirror_images import without_mirrored
from skerry.masking.notable_pixels import NotablePixels
from skerry.masking.signs import absolute, each_sign
from skerry.masking.smoothed_floor import floor_smoothing
from skerry.masking.taken_away import Taken, taken_away
from skerry.masking.threshold import reachable_clip
from skerry.planes.arrays import flag_plane, image_plane
from skerry.planes.bits import BitMask, check_masks_of
from skerry.planes.computed import Computed, pixelwise
from skerry.planes.masks import any_set, inverted
from skerry.planes.plane import Flags, Floats, Plane
from skerry.sky.beam import PixelBeam

__all__ = ["FloodMask", "flood_mask"]


class FloodMask(NamedTuple):
    """A flooded mask and the clips that made it."""

    mask: BitMask
    """Shape (ny, nx)."""
    seed_clip: float | None
    """Used for the seeds: sigma, or a factor of the MAC; None if the seeds were given."""
    flood_clip: float
    """Used for the floor: sigma, or a factor of the MAC."""
    negative: int | None = None
    """Islands of the negative image by the same clips, if they were counted."""
    suppressed: Taken | None = None
    """What the suppression of artefacts took away, if they were suppressed."""


def flood_mask(
    image: Floats,
    options: MaskingOptions,
    *,
    signal: Floats | None = None,
    seeds: Flags | None = None,
    pixels_per_beam: float | None = None,
    beam: PixelBeam | None = None,
    stages: MaskStages | None = None,
) -> FloodMask:
    """Islands grown from seeds, and large islands of low significance, less artefacts, if the options ask for them.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        In sigma; with the minimum absolute clip, any unit. Invalid pixels (NaN or infinite) are never masked.
    options : MaskingOptions
        The options called flood_fill, grow_low_snr_island and suppress_artefacts. With `both_signs` positive seeds grow
        through positive pixels and negative ones through negative pixels, by signal to noise alone.
    signal : Plane of float32, shape (ny, nx), optional
        In sigma, for both statistics at once, for islands of low significance and for artefacts; by default `image`,
        which must then be in sigma.
    seeds : Plane of bool, shape (ny, nx), optional
        Used in place of the pixels at or above the seed clip.
    pixels_per_beam : float, optional
        Area of the beam, needed if the floor is smoothed, if the MAC is in sigma, and for artefacts, a size in beams or
        a number of false islands.
    beam : PixelBeam, optional
        The beam on the pixels of the image, which says the area too; by default a round one of that area.
    stages : MaskStages, optional
        Gets the seeds, the floor, and the islands before artefacts are suppressed.

    Returns
    -------
    FloodMask
        The mask, and the clips that were used.

    Examples
    --------
    Of two islands above the floor only the one with a seed is kept.

    >>> import numpy as np
    >>> from skerry.config.options import MaskingOptions
    >>> signal = np.array([[0, 2, 6, 2, 0, 2, 3, 0]], np.float32)
    >>> islands = flood_mask(signal, MaskingOptions(flood_fill_positive_seed_clip=5))
    >>> np.asarray(islands.mask).astype(int)
    array([[0, 1, 1, 1, 0, 0, 0, 0]])
    >>> islands.seed_clip, islands.flood_clip
    (5.0, 1.5)
    """
    pixels_per_beam = pixels_per_beam if beam is None else beam.area
    stages = stages or NoStages()
    image = image_plane(image)
    check_masks_of(image.shape, 4 if options.suppress_artefacts else 3)
    signal = None if signal is None else image_plane(signal)
    seeds = None if seeds is None else flag_plane(seeds)
    if options.both_signs:
        return _flood_of_both_signs(image if signal is None else signal, options, seeds, pixels_per_beam, beam, stages)
    significance = image if signal is None else signal
    # First: whatever counts the pixels of the signal has then seen them.
    smoothing = floor_smoothing(significance, options, pixels_per_beam) if options.smooths_floor else None
    sample = None if smoothing is None else smoothing.sample
    notable = NotablePixels.of(significance, options, sample) if options.suppress_artefacts else None
    if seeds is None:
        judged = image if signal is None or options.statistic == "mac" else signal
        options = with_raised_seed_clip(judged, options, pixels_per_beam)
    artefacts = None if notable is None else artefact_level(significance, options, pixels_per_beam, notable)
    kept = None if notable is None or smoothing is None else KeptValues(significance.shape)
    found = marks_by_statistic(image, significance, options, seeds, pixels_per_beam, beam, smoothing, kept)
    mask, whole = _grown(found.marks, significance, artefacts, options)
    seed_clip = options.flood_fill_positive_seed_clip if seeds is None else None
    has_seeds = mask.any() or any_set(found.seeds)
    stages.has_marks(found.marks)
    del found  # Bits of the whole image.
    if not has_seeds and seed_clip is not None:
        if options.statistic == "snr":
            seed_clip = reachable_clip(image, seed_clip, allow_empty=options.flood_fill_allow_empty)
        else:
            warnings.warn(
                f"no pixel exceeds {_words_for_clips(options)}; the mask is empty", SkerryWarning, stacklevel=2
            )
        if seed_clip < options.flood_fill_positive_seed_clip:
            lowered = options.model_copy(update={"flood_fill_positive_seed_clip": seed_clip})
            found = marks_by_statistic(image, significance, lowered)
            mask, whole = _grown(found.marks, significance, artefacts, options)
            stages.has_marks(found.marks)
            del found
            has_seeds = True
    if options.grow_low_snr_island:
        faint = None if artefacts is None else _among_artefacts(significance, artefacts, options)
        _add(diffuse_islands(significance, options, pixels_per_beam, faint), mask, whole)
    if options.flood_fill_diffuse_beams is not None:
        mask = grown_by_scales(image, mask, options, pixels_per_beam)
        _add(mask, whole)
    suppressed = None
    stages.has_flooded(mask if whole is None else whole)
    if whole is not None:
        mask = without_mirrored(mask, significance, options, pixels_per_beam, notable, kept)
        suppressed = taken_away("suppression", whole, mask)
    if not mask.any() and has_seeds:
        reason = "above the floor and no artefact" if options.suppress_artefacts else "above the floor"
        _warn_of_seeds_off_the_floor(reason, options)
    counts = options.flood_fill_count_negative
    negative = _negative_islands(mask, image, signal, options, pixels_per_beam, beam) if counts else None
    return FloodMask(mask, seed_clip, options.flood_fill_positive_flood_clip, negative, suppressed)


def _flood_of_both_signs(
    signal: Floats,
    options: MaskingOptions,
    seeds: Flags | None,
    pixels_per_beam: float | None,
    beam: PixelBeam | None,
    stages: MaskStages,
) -> FloodMask:
    """Islands of each sign, by signal to noise alone: a flood of the signal, and one of its negative."""
    if seeds is None:
        options = with_raised_seed_clip(signal, options, pixels_per_beam)
    mask, has_seeds = _grown_on_each_side(signal, options, seeds, pixels_per_beam, beam, stages)
    seed_clip = options.flood_fill_positive_seed_clip if seeds is None else None
    if seed_clip is not None and not has_seeds:
        if options.statistic == "snr":
            seed_clip = reachable_clip(absolute(signal), seed_clip, allow_empty=options.flood_fill_allow_empty)
        else:
            warnings.warn(f"no pixel reaches {seed_clip:.3g} sigma; the mask is empty", SkerryWarning, stacklevel=3)
        if seed_clip < options.flood_fill_positive_seed_clip:
            options = options.model_copy(update={"flood_fill_positive_seed_clip": seed_clip})
            mask, has_seeds = _grown_on_each_side(signal, options, None, pixels_per_beam, beam, stages)
    if options.grow_low_snr_island:
        for side in each_sign(signal):
            mask.add(diffuse_islands(side, options, pixels_per_beam))
    stages.has_flooded(mask)
    if not mask.any() and has_seeds:
        _warn_of_seeds_off_the_floor("above the floor", options)
    return FloodMask(mask, seed_clip, options.flood_fill_positive_flood_clip)


def _grown_on_each_side(
    signal: Floats,
    options: MaskingOptions,
    seeds: Flags | None,
    pixels_per_beam: float | None,
    beam: PixelBeam | None,
    stages: MaskStages,
) -> tuple[BitMask, bool]:
    """Islands of both signs, none of which has pixels of the other; and whether there are seeds."""
    mask, has_seeds = BitMask(signal.shape), False
    for side in each_sign(signal):
        marks, seed_pixels = marks_by_statistic(side, side, options, seeds, pixels_per_beam, beam)
        grown = seeded_islands(marks)
        has_seeds = has_seeds or grown.any() or any_set(seed_pixels)
        mask.add(grown)
        stages.has_marks(marks)
    return mask, has_seeds


def _warn_of_seeds_off_the_floor(reason: str, options: MaskingOptions) -> None:
    if options.smooths_floor:
        reason += " in an area of it as wide as the beam"
    warnings.warn(f"no seed is {reason}; the mask is empty", SkerryWarning, stacklevel=3)


def _grown(
    marks: Plane, signal: Floats, artefacts: Floats | None, options: MaskingOptions
) -> tuple[BitMask, BitMask | None]:
    """Islands of the floor that have a seed, both above the artefacts of bright sources; and those without artefacts.

    The second are what the first would be if nothing were suppressed, and None if nothing is.
    """
    if artefacts is None:
        return seeded_islands(marks), None
    kept = KeptMarks.of(marks)
    whole = seeded_islands(kept)
    # No other island has a seed above artefacts either.
    return seeded_islands(above_artefacts(KeptMarks(whole, kept.seeds), signal, artefacts, options)), whole


def _add(more: BitMask, *masks: BitMask | None) -> None:
    for mask in masks:
        if mask is not None:
            mask.add(more)


def _among_artefacts(signal: Floats, level: Floats, options: MaskingOptions) -> Computed:
    """Pixels that are too faint for a seed beside the artefacts of bright sources."""
    factor = options.suppress_artefacts_seed_factor
    return inverted(pixelwise(partial(stands_above, factor=factor), signal, level, dtype=bool))


def _words_for_clips(options: MaskingOptions) -> str:
    """What a seed has to exceed, in words, where the minimum absolute clip is used."""
    unit, seed_clip = "sigma of" if options.mac_in_sigma else "times", options.flood_fill_positive_seed_clip
    if options.statistic == "both":
        factor = options.flood_fill_mac_seed_factor
        return f"{seed_clip:.3g} sigma and {factor:g} {unit} the minimum absolute clip"
    return f"{seed_clip:.3g} {unit} the minimum absolute clip"


def _negative_islands(
    mask: Flags,
    image: Floats,
    signal: Floats | None,
    options: MaskingOptions,
    pixels_per_beam: float | None,
    beam: PixelBeam | None,
) -> int:
    """Count the islands of the negative image, and tell how many there are beside those of the mask.

    What is masked counts as invalid there, for the minimum of its boxes would else be emission: noise and artefacts
    are to be compared with noise and artefacts, as they are in the image itself.
    """
    alike = {
        "flood_fill_count_negative": False,
        "flood_fill_allow_empty": True,
        "flood_fill_false_islands": None,
        "suppress_artefacts": False,
    }
    with heard():
        found = flood_mask(
            _negated(image, mask),
            options.model_copy(update=alike),
            signal=None if signal is None else _negated(signal, mask),
            pixels_per_beam=pixels_per_beam,
            beam=beam,
        )
    count, negative = count_islands(mask).islands, count_islands(found.mask).islands
    told = f"{count} islands; by the same clips the negative image has {negative}, and about as many may be false"
    warnings.warn(told, SkerryNote, stacklevel=3)
    return negative


def _negated(values: Floats, masked: Flags) -> Computed:
    """The negative of an image, NaN where it is masked."""
    return pixelwise(lambda pixels, mask: np.where(mask, np.float32(np.nan), -pixels), values, masked, dtype=np.float32)
