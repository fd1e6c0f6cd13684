"""The bits of a scale mask: one for each CLEAN scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skerry.errors import SkerryError
from skerry.planes.computed import Computed, pixelwise
from skerry.planes.mask_types import MaskArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skerry.planes.plane import Plane

__all__ = ["UnknownBitError", "mask_of_scale", "plane_of_scale"]


class UnknownBitError(SkerryError):
    """A scale mask has a bit that belongs to no scale; the message does not name the file."""


def mask_of_scale(scale_mask: MaskArray, n: int) -> NDArray[np.uint8]:
    """Take the mask of a scale out of a scale mask.

    Parameters
    ----------
    scale_mask : ndarray of integers, shape (ny, nx)
        With a bit for each scale.
    n : int
        The bit, from 0.

    Returns
    -------
    ndarray of uint8, shape (ny, nx)
        1 where the bit is set, otherwise 0.

    Examples
    --------
    >>> import numpy as np
    >>> mask_of_scale(np.array([[0, 1, 2, 3]], np.uint8), 1)
    array([[0, 0, 1, 1]], dtype=uint8)
    """
    return ((scale_mask >> n) & 1).astype(np.uint8)


def plane_of_scale(scale_mask: Plane, n: int, count: int, seen: list[int] | None = None) -> Computed:
    """Compute what `mask_of_scale` does, band by band, and see that there are no bits but those of the scales.

    Parameters
    ----------
    scale_mask : Plane of integers, shape (ny, nx)
        With a bit for each scale.
    n : int
        The bit, from 0.
    count : int
        How many scales there are.
    seen : list of int, optional
        Gets, for all rows that are computed, the bits that any of their pixels has.

    Returns
    -------
    Computed
        Plane of uint8, shape (ny, nx). Its rows raise an `UnknownBitError` if a pixel has a higher bit.
    """

    def bit(bits: MaskArray) -> NDArray[np.uint8]:
        if bits.max(initial=0) >= 1 << count:
            raise UnknownBitError(f"has more bits than its {count} scales; make the scale mask again")
        if seen is not None:
            seen.append(int(np.bitwise_or.reduce(bits, axis=None)))
        return mask_of_scale(bits, n)

    return pixelwise(bit, scale_mask, dtype=np.uint8)
