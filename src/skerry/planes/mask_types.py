"""The integer types that the pixels of a mask may have."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["MaskArray", "smallest_mask_type"]

MaskArray: TypeAlias = NDArray[np.integer[Any]]
"""Pixels of a mask: uint8, int16 or int32."""


def smallest_mask_type(largest: int) -> type[np.uint8 | np.int16 | np.int32]:
    """Smallest integer type for masks.

    Parameters
    ----------
    largest : int
        Largest of their values.

    Returns
    -------
    type
        Never uint16: FITS stores it with a BZERO that WSClean rejects.

    Examples
    --------
    >>> smallest_mask_type(255).__name__, smallest_mask_type(256).__name__
    ('uint8', 'int16')
    """
    if largest <= np.iinfo(np.uint8).max:
        return np.uint8
    return np.int16 if largest <= np.iinfo(np.int16).max else np.int32
