"""The bits of a scale mask: one for each CLEAN scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skerry.planes.mask_types import MaskArray

if TYPE_CHECKING:
    from numpy.typing import NDArray


__all__ = ["mask_of_scale"]


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
    """
    return ((scale_mask >> n) & 1).astype(np.uint8)
