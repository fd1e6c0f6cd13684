"""Valid pixels of an image: what is no sky is made NaN before any step looks at it, whatever it was in the file.

That is padding round an image that is constant, or next to nothing, in place of NaN; and stray pixels in the midst of
invalid ones. Taken for data, the first lowers the noise of what lies beside it, and both reach far through windows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands
from skerry.filters.dilation import dilated
from skerry.filters.flood_marks import flood_marks
from skerry.filters.island_tables import Sizes
from skerry.filters.islands import large_islands, seeded_islands
from skerry.masking.flat_regions import flat_with_neighbours
from skerry.masking.padding_sample import Sample
from skerry.planes.bands import map_bands
from skerry.planes.bits import BitMask
from skerry.planes.computed import pixelwise
from skerry.planes.masks import either, inverted, valid_pixels, without
from skerry.planes.plane import Flags, Floats

__all__ = ["ValidImage", "without_padding"]

_LEAST_PADDING = 64
_ROWS_AT_ONCE = 1024
_LEAST_VALID = 16
"""Pixels: fewer are no beam that is sampled as it should be, and no noise can be told from them."""


class ValidImage(NamedTuple):
    """An image whose valid pixels are sky."""

    plane: Floats
    """Float32, shape (ny, nx); NaN or infinite where it is invalid."""
    empty: bool
    """Whether no pixel is valid."""
    level: bool
    """Whether there are valid pixels, and all have the same value."""


def without_padding(image: Floats) -> ValidImage:
    """Make padding and stray pixels invalid.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Any unit.

    Returns
    -------
    ValidImage
        The image itself where it has neither, without going through it unless it has invalid pixels. NaN are

        - flat regions of at least 64 pixels that reach the edge of the image or invalid pixels, if there is padding by
          `skerry.masking.padding_sample`. Flat regions within the sky, as a saturated source or a blanked one, stay;
        - sets of fewer than 16 valid pixels that share no edge with another, unless there are no larger ones; where
          there are such, also single pixels that share but one edge with others.

        An image of a single value stays: it may be a grid to put a mask on, or a map of what is the same everywhere.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(1).normal(size=(128, 128)).astype(np.float32)
    >>> image[:, :50] = 0
    >>> plane = np.asarray(without_padding(image).plane)
    >>> bool(np.isnan(plane[:, :50]).all()), bool(np.isnan(plane[:, 50:]).any())
    (True, False)
    """
    sample = Sample.of(image)
    limit = sample.flat_limit()
    padding = None if limit is None else _padding(image, limit)
    if padding is None and sample.all_valid:
        return ValidImage(image, empty=False, level=sample.is_level and _is_level(image))
    valid: Flags = valid_pixels(image)
    sizes = Sizes()
    islands = Islands(valid if padding is None else without(valid, padding), [sizes], corners=False)
    large = sizes.by_label[0] >= _LEAST_VALID
    if not large[1:].any():
        large[1:] = True
    if padding is None and large[1:].all():
        empty = islands.count == 0
        return ValidImage(image, empty, level=not empty and sample.is_level and _is_level(image))
    kept = islands.select(large, last=True)
    if not large[1:].all():
        _drop_spikes(kept)
    return ValidImage(pixelwise(_invalid_without, image, kept, dtype=np.float32), not kept.any(), level=False)


def _padding(image: Floats, limit: float) -> BitMask | None:
    """Flat regions that reach the edge of the image or invalid pixels; None if there are none."""
    flat = flat_with_neighbours(image, limit)
    if not flat.any():
        return None
    large = large_islands(flat, _LEAST_PADDING)
    invalid = BitMask.of(inverted(valid_pixels(image)))
    outside = either(_edge(image.shape), dilated(invalid, 1))
    padding = seeded_islands(flood_marks(large, outside))
    return padding if padding.any() else None


def _drop_spikes(mask: BitMask) -> None:
    """Unset pixels that share less than two edges with others; what lies beyond the edge of the image counts as set.

    Of stray pixels some lie beside the sky by chance.
    """
    last = np.uint8(0x80 >> (mask.shape[1] - 1) % 8)
    beyond = np.full_like(mask.bits[:1], 0xFF)
    above = beyond
    for top in range(0, mask.shape[0], _ROWS_AT_ONCE):
        bits = mask.bits[top : top + _ROWS_AT_ONCE]
        after = mask.bits[top + _ROWS_AT_ONCE : top + _ROWS_AT_ONCE + 1]
        up = np.concatenate([above, bits[:-1]])
        down = np.concatenate([bits[1:], after if after.size else beyond])
        left, right = bits >> 1, bits << 1
        left[:, 1:] |= bits[:, :-1] << 7
        right[:, :-1] |= bits[:, 1:] >> 7
        left[:, 0] |= np.uint8(0x80)
        right[:, -1] |= last
        above = bits[-1:].copy()
        bits &= (up & down) | (left & right) | ((up | down) & (left | right))


def _edge(shape: tuple[int, ...]) -> BitMask:
    """First and last rows and columns."""
    edge = BitMask(shape)
    edge.bits[:, 0] |= 0x80
    edge.bits[:, -1] |= 0x80 >> (shape[1] - 1) % 8
    for row in (0, shape[0] - 1):
        edge[row : row + 1] = np.ones((1, shape[1]), np.bool_)
    return edge


def _is_level(image: Floats) -> bool:
    """Whether all valid pixels of an image are the same."""

    def extremes(rows: slice) -> tuple[float, float]:
        band = image[rows]
        pixels = band[np.isfinite(band)]
        return float(pixels.min(initial=np.inf)), float(pixels.max(initial=-np.inf))

    lowest, highest = zip(*map_bands(extremes, image, cost=5), strict=True)
    return bool(min(lowest) == max(highest))


def _invalid_without(image: NDArray[np.float32], kept: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.where(kept, image, np.float32(np.nan))
