"""A sample of a plane: rows all over it, few enough to cost nothing beside the work on the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.planes.plane import Plane

__all__ = ["sampled_rows"]

_PIXELS = 1 << 18
_LEAST_ROWS = 16


def sampled_rows(plane: Plane) -> NDArray[Any]:
    """Rows at even distances, the first and the last among them; of a small plane all.

    Parameters
    ----------
    plane : Plane, shape (ny, nx)
        The same rows are taken of all planes of one shape.

    Returns
    -------
    ndarray, shape (n, nx)
        At most a quarter of a million pixels, but 16 rows at least.

    Examples
    --------
    >>> import numpy as np
    >>> sampled_rows(np.arange(6).reshape(3, 2)).shape, sampled_rows(np.zeros((2000, 1000))).shape
    ((3, 2), (262, 1000))
    """
    ny, nx = plane.shape
    number = max(_LEAST_ROWS, _PIXELS // max(nx, 1))
    if number >= ny:
        return np.asarray(plane[0:ny])
    chosen = np.linspace(0, ny - 1, number).astype(int)
    return np.concatenate([plane[n : n + 1] for n in chosen])
