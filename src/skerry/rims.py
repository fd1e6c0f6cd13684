"""Rims of bright sources: masked pixels near them that do not stand above their artefacts.

CLEAN puts flux wherever a mask lets it, and beside a bright source the artefacts alone pass any clip in sigma. There is
no negative sky, so the deepest negative pixel round a bright one tells how bright they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.expected import beam_fwhm
from skerry.kernels.bands import row_bands
from skerry.kernels.boxes import box_maximum, box_minimum
from skerry.options import MaskingOptions
from skerry.products import MaskArray

__all__ = ["without_rims"]


def without_rims(
    mask: NDArray[np.bool_] | MaskArray,
    signal: NDArray[np.float32],
    options: MaskingOptions,
    pixels_per_beam: float,
) -> NDArray[np.bool_]:
    """Mask without the pixels near bright ones that do not stand above the artefacts there.

    The depth at a bright pixel is that of the deepest pixel of a box round it, and the level of any pixel the greatest
    depth of the bright pixels in the same box round that pixel; it is 0 where none is near. A pixel stays where the
    level is 0, or where it exceeds a factor of the level.

    Parameters
    ----------
    mask : ndarray, shape (ny, nx)
        Set where not 0.
    signal : ndarray of float32, shape (ny, nx)
        In sigma, zero mean. Invalid pixels (NaN or infinite) are neither bright nor deep; masked, they stay only where
        the level is 0.
    options : MaskingOptions
        The options called beam_shape_erode_rims; what is bright, the factor, and the reach of the box.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    kept: NDArray[np.bool_] = np.not_equal(mask, 0)
    reach = round(options.beam_shape_erode_rims_beams * beam_fwhm(pixels_per_beam))
    factor = np.float32(options.beam_shape_erode_rims_factor)
    for rows in row_bands(signal.shape, halo=2 * reach):
        if not kept[rows].any():
            continue
        level = _level(signal, rows, options.beam_shape_erode_rims_clip, reach)
        if level is not None:
            band = signal[rows]
            kept[rows] &= (level == 0) | (np.isfinite(band) & (band > factor * level))
    return kept


def _level(signal: NDArray[np.float32], rows: slice, clip: float, reach: int) -> NDArray[np.float32] | None:
    """Depth of the artefacts of bright pixels for some rows of an image; None where it is 0 everywhere."""
    # Depth reaches as far from a bright pixel as its box, and the box as far beyond.
    first = max(0, rows.start - 2 * reach)
    band = signal[first : rows.stop + 2 * reach]
    bright = np.isfinite(band) & (band > clip)
    if not bright.any():
        return None
    depth = np.negative(box_minimum(band, 2 * reach + 1))
    np.maximum(depth, 0, out=depth)
    depth[~bright] = 0
    return box_maximum(depth, 2 * reach + 1)[rows.start - first : rows.stop - first]
