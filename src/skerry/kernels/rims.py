"""Rims of bright sources, taken off some rows of a mask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["Rims", "rimless_rows"]


class Rims(NamedTuple):
    """What is bright, and what stands above the artefacts round it."""

    clip: float
    """That bright pixels exceed."""
    factor: float
    """Of the level of the artefacts, that pixels which stay exceed."""
    reach: int
    """Pixels to either side in which artefacts are looked for, and have a say."""
    weights: NDArray[np.float32]
    """Of the Gaussian along an axis, as for `skerry.kernels.smoothing`; empty if nothing is smoothed."""
    least: float
    """Of all weight, on pixels that count: a mean of less is 0."""
    smooth_factor: float
    """Of the level of the smoothed signal."""

    @property
    def halo(self) -> int:
        """Rows above and below a pixel that decide about it."""
        # Depth reaches as far from a bright pixel as its box, and the box as far beyond. The box of a bright pixel
        # within reach may be one of means, each over pixels that do not exceed their level.
        return 4 * self.reach + len(self.weights) // 2 if self.weights.size else 2 * self.reach


def rimless_rows(signal: NDArray[np.float32], rows: slice, mask: NDArray[np.bool_], rims: Rims) -> NDArray[np.bool_]:
    """Pixels of some rows of a mask that stand above the artefacts round bright ones.

    Parameters
    ----------
    signal : ndarray of float32, shape (ny, nx)
        A band with the rows, and those round them that decide.
    rows : slice
        Of the band.
    mask : ndarray of bool, shape (rows, nx)
        The mask.
    rims : Rims
        What is bright, and what stands above.

    Returns
    -------
    ndarray of bool, shape (rows, nx)
        As `skerry.masking.bright_rims.without_bright_rims` says.
    """
    kept = np.array(mask)
    numbers = rims.clip, rims.factor, rims.reach, rims.weights, rims.least, rims.smooth_factor
    compiled.without_rims(np.ascontiguousarray(signal, np.float32), rows.start, *numbers, kept)
    return kept
