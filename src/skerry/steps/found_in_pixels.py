"""What the pixels of a mask are that an imager reads otherwise than they were meant; as `found_in_headers`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from skerry.io.cube_axes import in_ranges
from skerry.io.mask_cards import spectral_axis
from skerry.steps.checked_mask_file import CheckedFile, Found

__all__ = [
    "apart_planes",
    "emptiness",
    "falling_planes",
    "fullness",
    "infinite_pixels",
    "joined_planes",
    "negative_pixels",
    "nothing_masked",
    "other_values",
    "scale_masks",
    "unread_planes",
    "without_values",
]


def without_values(mask: CheckedFile) -> Iterator[Found]:
    """Find NaN, or BLANK integers."""
    if mask.pixels.nan:
        yield Found(f"{_pixels(mask.pixels.nan)} {'BLANK' if mask.header['BITPIX'] > 0 else 'NaN'}")


def infinite_pixels(mask: CheckedFile) -> Iterator[Found]:
    """Find pixels that are infinite."""
    if mask.pixels.infinite:
        yield Found(f"{_pixels(mask.pixels.infinite)} infinite")


def negative_pixels(mask: CheckedFile) -> Iterator[Found]:
    """Find pixels below zero."""
    if mask.pixels.negative:
        yield Found(f"{_pixels(mask.pixels.negative)} negative, down to {mask.pixels.lowest:g}")


def other_values(mask: CheckedFile) -> Iterator[Found]:
    """Find values that no mask has: fractions, and numbers that stand for nothing."""
    contents = mask.pixels
    if contents.unexpected:
        low, high = contents.unexpected_range
        wanted = "neither 0 nor 1" if contents.largest == 1 else f"no whole numbers from 0 to {contents.largest}"
        values = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        mend = "write 0 and 1" if contents.largest == 1 else "make the scale mask again"
        if contents.largest == 1 and high.is_integer():
            mend += ", or give `nonzero` if that is meant"
        yield Found(f"{_pixels(contents.unexpected)} {wanted} ({values})", mend)


def emptiness(mask: CheckedFile) -> Iterator[Found]:
    """Find planes in which nothing is masked, unless that is meant."""
    if not mask.allow_empty:
        for found in nothing_masked(mask):
            yield Found(found.what, "lower the clips of the mask, or give `allow_empty` if that is meant")


def nothing_masked(mask: CheckedFile) -> Iterator[Found]:
    """Find planes in which nothing is masked."""
    empty = mask.pixels.empty_planes
    if empty:
        yield Found(f"no pixel{_of_planes(empty, len(mask.pixels.masked))} is masked")


def fullness(mask: CheckedFile) -> Iterator[Found]:
    """Find planes in which all is masked."""
    full = mask.pixels.full_planes
    if full:
        of = _of_planes(full, len(mask.pixels.masked))
        yield Found(f"every pixel{of} is masked, which is the same as no mask")


def scale_masks(mask: CheckedFile) -> Iterator[Found]:
    """Find the bits of scales."""
    if mask.scales is not None:
        yield Found("is a scale mask")


def joined_planes(mask: CheckedFile) -> Iterator[Found]:
    """Find channels that differ where they are cleaned jointly."""
    if mask.pixels.planes_differ and mask.use.joined:
        yield Found("its planes differ")


def apart_planes(*, certain: bool) -> Callable[[CheckedFile], Iterator[Found]]:
    """Find channels that differ, cleaned apart by a WSClean that is older than 3.3, or may be."""

    def found(mask: CheckedFile) -> Iterator[Found]:
        use = mask.use
        if mask.pixels.planes_differ and not use.joined and use.is_before((3, 3)) and bool(use.version) is certain:
            yield Found("its planes differ")

    return found


def falling_planes(mask: CheckedFile) -> Iterator[Found]:
    """Find channels that differ, of which the first one is the highest, where they are cleaned apart."""
    axis = spectral_axis(mask.header)
    if mask.pixels.planes_differ and axis in mask.lengths and not mask.use.joined:
        step = mask.header.get(f"CDELT{axis}")
        if isinstance(step, int | float) and step < 0:
            yield Found("its planes differ, and their frequencies fall")


def unread_planes(mask: CheckedFile) -> Iterator[Found]:
    """Find planes of DDFacet's first axis, the last one of FITS, that are not as the first one."""
    if mask.pixels.planes_differ and 4 in mask.lengths:
        yield Found(f"its {mask.lengths[4]} planes differ")


def _pixels(number: int) -> str:
    return "1 pixel is" if number == 1 else f"{number} pixels are"


def _of_planes(planes: list[int], count: int) -> str:
    if count == 1:
        return ""
    return f" of plane{'s' if len(planes) > 1 else ''} {in_ranges(planes)}"
