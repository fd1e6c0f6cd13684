"""Arrays as people have them, from a FITS file or a notebook, as the planes that all else is written for.

WSClean's images have axes of frequency and polarisation, of length 1 each; FITS is big-endian; sums are doubles.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skerry.errors import SkerryError
from skerry.planes.plane import Flags, Floats, Plane

__all__ = ["flag_plane", "image_plane", "one_plane"]


def one_plane(array: Plane | ArrayLike) -> Plane:
    """Plane of an array that has more axes, of length 1, in front of rows and columns; other planes as they are.

    Parameters
    ----------
    array : Plane or array_like, shape (ny, nx), (1, ny, nx) or (1, 1, ny, nx)
        Of any type.

    Returns
    -------
    Plane, shape (ny, nx)
        A view of the array.

    Raises
    ------
    SkerryError
        If the array has several planes, or is none.

    Examples
    --------
    >>> import numpy as np
    >>> one_plane(np.zeros((1, 1, 3, 4))).shape
    (3, 4)
    """
    if hasattr(array, "needs"):
        return cast(Plane, array)
    pixels: NDArray[Any] = np.asarray(array)
    if pixels.ndim == 2:
        return pixels
    if pixels.ndim < 2 or pixels.shape[:-2] != (1,) * (pixels.ndim - 2):
        raise SkerryError(f"an array of shape {pixels.shape} is no image of a single plane; give one of its planes")
    return pixels.reshape(pixels.shape[-2:])


def image_plane(array: Floats | ArrayLike) -> Floats:
    """Plane of an image, float32; parameters and errors as of `one_plane`, which converts an array of another type."""
    plane = one_plane(array)
    return plane.astype(np.float32, copy=False) if isinstance(plane, np.ndarray) else plane


def flag_plane(array: Plane | ArrayLike) -> Flags:
    """Plane of a mask, bool, set where it is neither 0 nor NaN; parameters and errors as of `one_plane`."""
    plane = one_plane(array)
    if not isinstance(plane, np.ndarray):
        return plane
    return plane if plane.dtype.kind == "b" else (plane != 0) & (plane == plane)
