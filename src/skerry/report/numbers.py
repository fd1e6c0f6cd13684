"""Numbers as a report shows them: a column has one unit, with the prefix that suits most of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from skerry.planes.order_statistics import median

__all__ = ["Scale", "scale_for"]

_PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "\u00b5"), (1e-9, "n"))


class Scale(NamedTuple):
    """Unit of a column."""

    factor: float
    """Unit over the one that the values have."""
    unit: str

    def shown(self, value: float | None) -> str:
        """Give a value with three digits; nothing for None."""
        if value is None or not math.isfinite(value):
            return ""
        scaled = value / self.factor
        digits = 2 if not scaled else max(0, 2 - math.floor(math.log10(abs(scaled))))
        return f"{scaled:.{min(digits, 6)}f}"


def scale_for(values: Iterable[float | None], unit: str) -> Scale:
    """Unit that suits values.

    Parameters
    ----------
    values : iterable of float or None
        Of a column.
    unit : str
        That they have: of Jy and what begins with it, other prefixes may be taken.

    Returns
    -------
    Scale
        With the largest prefix in which their median is 1 at least.

    Examples
    --------
    >>> scale_for([2e-3, None, 0.4e-3, 3e-3], "Jy/beam").unit
    'mJy/beam'
    >>> scale_for([2e-3], "Jy/beam").shown(0.01234)
    '12.3'
    """
    known = np.array([abs(value) for value in values if value is not None and math.isfinite(value) and value])
    if not known.size or not unit.startswith("Jy"):
        return Scale(1.0, unit)
    middle = median(known)
    factor, prefix = next((one for one in _PREFIXES if middle >= one[0]), _PREFIXES[-1])
    return Scale(factor, prefix + unit)
