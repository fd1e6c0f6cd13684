"""What the pixels of a mask are, and what of it an imager would read otherwise than it was meant.

WSClean asks of a pixel only whether it is zero: NaN, a BLANK, -1 and 1e-20 all mean "clean here". A mask is read once,
band by band, and everything is counted on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skerry.planes.bits import BitMask

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MaskContents", "extent_problems", "extent_warnings", "take_stock", "value_problems"]

_ANY_NON_ZERO = "WSClean cleans wherever a pixel is not zero"


@dataclass
class MaskContents:
    """What the pixels of a mask are.

    Attributes
    ----------
    first_plane : BitMask, shape (ny, nx)
        Where the first plane is masked: valid and not zero.
    largest : int
        Largest value that the mask may have.
    planes_differ : bool
        Whether another plane is masked elsewhere.
    nan, infinite : int
        Invalid pixels.
    negative, unexpected : int
        Valid pixels below zero; above it, but larger than `largest` or not whole.
    lowest : float
        Of the negative values.
    unexpected_range : tuple of float
        Of the unexpected values.
    masked, unmasked : list of int
        Valid pixels that are not zero, and pixels that are, by plane.
    """

    first_plane: BitMask
    largest: int
    planes_differ: bool = False
    nan: int = 0
    infinite: int = 0
    negative: int = 0
    unexpected: int = 0
    lowest: float = 0.0
    unexpected_range: tuple[float, float] = (np.inf, -np.inf)
    masked: list[int] = field(default_factory=list)
    unmasked: list[int] = field(default_factory=list)

    @property
    def pixels(self) -> int:
        """Pixels in all planes."""
        return self.pixels_per_plane * len(self.masked)

    @property
    def pixels_per_plane(self) -> int:
        """Pixels in one plane."""
        ny, nx = self.first_plane.shape
        return ny * nx

    @property
    def fraction(self) -> float:
        """Masked pixels over all pixels."""
        return sum(self.masked) / self.pixels


def take_stock(
    planes: Iterable[Iterable[tuple[slice, NDArray[Any]]]], shape: tuple[int, int], largest: int = 1
) -> MaskContents:
    """Count what the pixels of a mask are.

    Parameters
    ----------
    planes : iterable
        For each plane, blocks of rows: the rows, and their values as an ndarray of any real type; NaN and infinite
        pixels are invalid.
    shape : tuple of int
        (ny, nx) of a plane.
    largest : int
        Largest value that the mask may have: 1, or all bits of a scale mask.

    Returns
    -------
    MaskContents
    """
    contents = MaskContents(BitMask(shape), largest)
    for n, plane in enumerate(planes):
        contents.masked.append(0)
        contents.unmasked.append(0)
        for rows, values in plane:
            masked = _add_block(contents, values)
            if n == 0:
                contents.first_plane[rows] = masked
            else:
                contents.planes_differ |= not np.array_equal(masked, contents.first_plane[rows])
    return contents


def _add_block(contents: MaskContents, values: NDArray[Any]) -> NDArray[np.bool_]:
    """Count a block of the last plane; returns where it is masked."""
    if values.dtype == np.uint8 and values.max(initial=0) <= 1:
        masked: NDArray[np.bool_] = np.ascontiguousarray(values).view(bool)
        on_count = int(np.count_nonzero(masked))
        contents.masked[-1] += on_count
        contents.unmasked[-1] += masked.size - on_count
        return masked
    valid = np.isfinite(values)
    masked = (values != 0) & valid
    invalid = values[~valid]
    nan = int(np.count_nonzero(np.isnan(invalid)))
    contents.nan += nan
    contents.infinite += invalid.size - nan
    on = values[masked]
    contents.masked[-1] += on.size
    contents.unmasked[-1] += values.size - on.size - invalid.size
    negative = on[on < 0]
    unexpected = on[(on > contents.largest) | ((on > 0) & (on != np.floor(on)))]
    if negative.size:
        contents.negative += negative.size
        contents.lowest = min(contents.lowest, float(negative.min()))
    if unexpected.size:
        contents.unexpected += unexpected.size
        low, high = contents.unexpected_range
        contents.unexpected_range = min(low, float(unexpected.min())), max(high, float(unexpected.max()))
    return masked


def value_problems(contents: MaskContents, *, integer: bool) -> list[str]:
    """Say which values an imager would not read as they were meant; NaN of an `integer` file is its BLANK."""
    problems = []
    for name, number in (("BLANK" if integer else "NaN", contents.nan), ("infinite", contents.infinite)):
        if number:
            problems.append(f"{_pixels(number)} {name}: WSClean takes that for 'clean here'; write 0 there")
    if contents.negative:
        lowest = f"negative, down to {contents.lowest:g}"
        problems.append(f"{_pixels(contents.negative)} {lowest}: {_ANY_NON_ZERO}; write 0 or 1 there")
    if contents.unexpected:
        low, high = contents.unexpected_range
        wanted = "neither 0 nor 1" if contents.largest == 1 else f"no whole numbers from 0 to {contents.largest}"
        values = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        mend = "write 0 and 1" if contents.largest == 1 else "make the scale mask again"
        problems.append(f"{_pixels(contents.unexpected)} {wanted} ({values}): {_ANY_NON_ZERO}; {mend}")
    return problems


def extent_problems(contents: MaskContents, *, allow_empty: bool) -> list[str]:
    """Say whether a mask, or a plane of it, masks nothing or everything."""
    problems = []
    counts = list(zip(contents.masked, contents.unmasked, strict=True))
    empty = [n for n, (masked, unmasked) in enumerate(counts, start=1) if masked == 0 and unmasked > 0]
    full = [n for n, (masked, _) in enumerate(counts, start=1) if masked == contents.pixels_per_plane]
    if empty and not allow_empty:
        problems.append(
            f"no pixel{_of_planes(empty, counts)} is masked: WSClean would clean nothing there and make an empty "
            "model without a word; lower the clips of the mask, or give --allow-empty if that is meant"
        )
    if full:
        problems.append(
            f"every pixel{_of_planes(full, counts)} is masked, which is the same as no mask: CLEAN may put components "
            "anywhere; write 0 where it may not"
        )
    return problems


def extent_warnings(contents: MaskContents) -> list[str]:
    """Say whether so much is masked that the mask may be inverted."""
    if not contents.pixels / 2 < sum(contents.masked) < contents.pixels:
        return []
    return [f"{100 * contents.fraction:.3g} % of the pixels are masked; is it inverted? 1 means 'clean here'"]


def _pixels(number: int) -> str:
    return "1 pixel is" if number == 1 else f"{number} pixels are"


def _of_planes(planes: list[int], of: list[tuple[int, int]]) -> str:
    if len(of) == 1:
        return ""
    return f" of plane{'s' if len(planes) > 1 else ''} {', '.join(map(str, planes))}"
