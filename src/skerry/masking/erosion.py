"""Erosion: masks cut back by the shape of the restoring beam, one shape or one for each CLEAN scale.

An island of a thresholded image is wider than the sky by the beam. Eroded by the beam's shape it holds only the
positions at which a whole component fits; for multi-scale CLEAN, those at which a component of that scale does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.config.scales import MAX_SCALES, WSCLEAN_FWHM_FACTOR
from skerry.errors import SkerryError
from skerry.filters.brightest_pixel import Surveyed
from skerry.filters.chords import Chords
from skerry.filters.erosion import eroded, eroded_by_each
from skerry.masking.kept_cores import cores_of_lost
from skerry.masking.signs import absolute
from skerry.planes.arrays import one_plane
from skerry.planes.bits import BitMask
from skerry.planes.mask_types import smallest_mask_type
from skerry.planes.masks import both, inverted, set_pixels, valid_pixels
from skerry.planes.plane import Floats, Plane
from skerry.sky.beam import PixelBeam

__all__ = ["ErodedMask", "beam_erosion", "binary_erosion", "eroded_islands", "scale_shapes"]


class ErodedMask(NamedTuple):
    """A mask eroded by the beam, and by the beam at each CLEAN scale."""

    union: BitMask
    """Shape (ny, nx). With scales that of the smallest one, for the shapes of scales nest."""
    by_scale: Plane | None
    """What `beam_erosion` gives by scales, if there are any; computed when it is asked for."""


def binary_erosion(mask: Plane, shape: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Binary erosion by a shape of any size.

    Parameters
    ----------
    mask : Plane, shape (ny, nx)
        Set where not 0. What is outside the image is not set.
    shape : ndarray, shape (ky, kx)
        Set where not 0; its origin is at index (ky // 2, kx // 2), as in `scipy.ndimage.binary_erosion`.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        Pixels at which the whole shape lies on set pixels.

    Raises
    ------
    SkerryError
        If no pixel of the shape is set.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.array([[0, 1, 1, 1, 0, 1, 1, 0]])
    >>> binary_erosion(mask, np.ones((1, 3))).astype(int)
    array([[0, 0, 1, 0, 0, 0, 0, 0]])
    """
    shape = np.asarray(shape) != 0
    if not shape.any():
        raise SkerryError("`shape`: has no pixel set")
    return np.asarray(eroded(set_pixels(one_plane(mask)), shape))


def beam_erosion(
    mask: Plane,
    beam: PixelBeam,
    minimum_response: float = 0.6,
    scales: Sequence[int] | None = None,
    *,
    scale_fwhm_factor: float = WSCLEAN_FWHM_FACTOR,
) -> Plane:
    """Erode a mask by the shape of the restoring beam, or by that of the beam convolved with each CLEAN scale.

    Parameters
    ----------
    mask : Plane, shape (ny, nx)
        Set where not 0. Of it only bits are kept.
    beam : PixelBeam
        The beam on the pixels of the mask.
    minimum_response : float
        Level of the (convolved) beam, relative to its peak, that bounds the shape.
    scales : sequence of int, optional
        In pixels, in any order: bits are counted from the smallest. The Gaussian of scale s has a FWHM of
        `scale_fwhm_factor` times s.
    scale_fwhm_factor : float
        The default is that of WSClean's Gaussians (`skerry.config.scales.WSCLEAN_FWHM_FACTOR`).

    Returns
    -------
    Plane of bool, shape (ny, nx)
        With scales, of uint8, int16 or int32: bit n is set where the mask eroded for the n-th smallest scale is. The
        bit of a scale is set only where those of all smaller scales are.

    Raises
    ------
    SkerryError
        If there are too few or too many scales, or `minimum_response` is not between 0 and 1.
    """
    flags = set_pixels(one_plane(mask))
    if scales is None:
        return eroded(flags, beam.chords(minimum_response, flags.shape))
    if not 1 <= len(scales) <= MAX_SCALES:
        raise SkerryError(f"`scales`: give 1 to {MAX_SCALES} of them, not {len(scales)}")
    shapes = scale_shapes(beam, minimum_response, sorted(scales), scale_fwhm_factor, flags.shape)
    return eroded_by_each(flags, shapes, smallest_mask_type(2 ** len(scales) - 1))


def eroded_islands(
    islands: BitMask,
    beam: PixelBeam,
    options: MaskingOptions,
    scales: Sequence[int] | None = None,
    *,
    rimless: BitMask | None = None,
    signal: Floats | None = None,
) -> ErodedMask:
    """Erode a mask as the options called beam_shape_erode ask for it.

    Parameters
    ----------
    islands : BitMask, shape (ny, nx)
        The mask.
    beam : PixelBeam
        The beam on its pixels.
    options : MaskingOptions
        How to erode.
    scales : sequence of int, optional
        As in `beam_erosion`.
    rimless : BitMask, shape (ny, nx), optional
        What is eroded of the mask: what is left of it without the rims of bright sources; by default all.
    signal : Plane of float32, shape (ny, nx), optional
        In sigma, with invalid pixels NaN or infinite. Needed to keep cores, and where nothing is eroded from the edge.

    Returns
    -------
    ErodedMask
        With cores kept, they have the bit of the smallest scale.
    """
    rimless = islands if rimless is None else rimless
    response, factor = options.beam_shape_erode_minimum_response, options.beam_shape_erode_scale_fwhm_factor
    sizes = [0] if scales is None else sorted(scales)
    shapes = scale_shapes(beam, response, sizes, factor, islands.shape)
    beyond = not options.beam_shape_erode_edge
    subject = rimless if signal is None or not beyond else _with_invalid(rimless, signal)
    union = eroded(subject, shapes[0], beyond=beyond)
    np.bitwise_and(union.bits, rimless.bits, out=union.bits)
    if scales is None:
        subject = rimless  # Bits of the whole image, of no more use.
    cores = None
    if options.beam_shape_erode_keep_cores and signal is not None:
        values = absolute(signal) if options.both_signs else signal
        cores = cores_of_lost(islands, union, values, beam, within=rimless)
    if cores is not None:
        union.add(cores)
    if scales is None:
        return ErodedMask(union, None)
    dtype = smallest_mask_type(2 ** len(scales) - 1)
    bits = eroded_by_each(subject, shapes, dtype, first=union, beyond=beyond)
    return ErodedMask(union, bits if subject is rimless else both(bits, rimless))


def _with_invalid(mask: BitMask, signal: Floats) -> BitMask:
    """Pixels of a mask, and those where a signal is invalid; the mask itself if none is."""
    invalid = signal.invalid() if isinstance(signal, Surveyed) else BitMask.of(inverted(valid_pixels(signal)))
    if not invalid.any():
        return mask
    found = mask.copy()
    found.add(invalid)
    return found


def scale_shapes(
    beam: PixelBeam,
    minimum_response: float,
    scales: Sequence[int],
    scale_fwhm_factor: float,
    within: tuple[int, ...],
) -> list[Chords]:
    """Shapes of the beam convolved with each CLEAN scale, for a mask of shape `within`; others as of `beam_erosion`."""
    return [beam.chords(minimum_response, within, scale_fwhm_factor * scale) for scale in scales]
