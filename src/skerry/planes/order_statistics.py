"""Median and other quantiles of a sample, by a partition.

`numpy.median` and `numpy.percentile` ask for masked arrays, whose import takes longer than many a small step.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["median", "quantile"]


def median(values: NDArray[np.floating]) -> float:
    """Middle value of a sample, the mean of the two middle ones if their number is even.

    Parameters
    ----------
    values : ndarray of floating
        One or more, of any shape, none of them NaN.

    Returns
    -------
    float
        In the precision of the values.

    Examples
    --------
    >>> import numpy as np
    >>> median(np.array([3.0, 1.0, 2.0])), median(np.array([[4.0, 1.0], [2.0, 9.0]]))
    (2.0, 3.0)
    """
    middle = values.size // 2
    around = [middle] if values.size % 2 else [middle - 1, middle]
    return float(np.mean(np.partition(values, around, axis=None)[around]))


def quantile(values: NDArray[np.floating], share: float) -> float:
    """Value below which a share of a sample lies, interpolated between the two next to it.

    Parameters
    ----------
    values : ndarray of floating
        One or more, of any shape, none of them NaN.
    share : float
        0 to 1.

    Returns
    -------
    float
        In the unit of the values.

    Examples
    --------
    >>> import numpy as np
    >>> quantile(np.array([0.0, 10.0, 30.0]), 0.75)
    20.0
    """
    position = share * (values.size - 1)
    lower, upper = math.floor(position), math.ceil(position)
    ordered = np.partition(values, [lower, upper], axis=None)
    below, above = float(ordered[lower]), float(ordered[upper])
    return below + (above - below) * (position - lower)
