"""Masks made scale by scale: smooth the image first, so that each CLEAN scale is judged at its own resolution.

For each scale compact sources are removed by a grey opening, the rest is smoothed as the scale smooths, and the islands
of the minimum absolute clip are eroded by the beam at that scale. Extended emission that is lost in the noise of
single pixels shows, and compact sources do not end up in the masks of large scales.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.beam import FWHM_PER_SIGMA, RestoringBeam, create_beam_mask_kernel, read_beam
from skerry.erode import WSCLEAN_FWHM_FACTOR
from skerry.errors import SkerryError
from skerry.fits import open_image, write_products
from skerry.headers import Provenance
from skerry.kernels.boxes import maximum_of_rows, minimum_of_rows, reach_of
from skerry.kernels.erosion import erode
from skerry.kernels.islands import FLOOR, SEED, fill_holes, grow_seeds
from skerry.kernels.smoothing import smoothed, smoothed_ahead
from skerry.minimum import mac_marks, minimum_absolute_level
from skerry.options import MaskingOptions
from skerry.planes import BitMask, Computed, Floats, Plane, bands, collect, in_order, rows_with_halo
from skerry.products import check_outputs, default_output, mask_products, smallest_mask_type

__all__ = [
    "convolve_image_by_scale",
    "convolved_erosion_mask",
    "create_convolved_erosion_mask",
    "grey_opening",
    "keep_marks",
    "opening_plane",
]

SCALE_0_LEAST_FLOOR = 0.8
_ROWS_PER_PIECE = 64


def grey_opening(image: NDArray[np.float32], box: int) -> NDArray[np.float32]:
    """Remove what is smaller than a box: the highest of the minima of all boxes that hold a pixel.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) do not count.
    box : int
        Pixels a side. Boxes are cut at the edges of the image.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Never above the image; NaN where that is invalid.
    """
    return np.asarray(collect(opening_plane(np.asarray(image, dtype=np.float32), box)))


def opening_plane(image: Floats, box: int) -> Computed:
    """Compute what `grey_opening` does, band by band."""
    before, after = reach_of(image.shape, box)
    ny = image.shape[0]

    def rows(start: int, stop: int) -> NDArray[np.float32]:
        # The boxes that hold a pixel of these rows are those of the rows from first to last.
        first, last = max(0, start - after), min(ny, stop + before)
        band, within = rows_with_halo(image, first, last, before, after)
        opened = maximum_of_rows(minimum_of_rows(band, within, box), slice(start - first, stop - first), box)
        # Boxes without a valid pixel have an infinite minimum, which the maximum passes over.
        top = within.start + start - first
        np.copyto(opened, np.float32(np.nan), where=~np.isfinite(band[top : top + stop - start]))
        return opened

    return Computed(image.shape, np.float32, rows, [image], halo=before + after, cost=5)


def convolve_image_by_scale(
    image_data: NDArray[np.float32], scale: float, *, scale_fwhm_factor: float = WSCLEAN_FWHM_FACTOR
) -> NDArray[np.float32]:
    """Smooth an image as a CLEAN scale does.

    Parameters
    ----------
    image_data : ndarray of float32, shape (ny, nx)
        Any unit. Invalid pixels (NaN or infinite) and those beyond the edge have no weight: each pixel is the
        weighted mean of the valid ones near it.
    scale : float
        In pixels.
    scale_fwhm_factor : float
        FWHM of the Gaussian over the scale; 0.45 is WSClean's.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        NaN where the image is invalid.
    """
    image = np.asarray(image_data, dtype=np.float32)
    return np.asarray(collect(smoothed(image, scale_fwhm_factor * scale / FWHM_PER_SIGMA)))


def convolved_erosion_mask(
    image: Floats, fits_header: fits.Header, options: MaskingOptions, *, beam: RestoringBeam | None = None
) -> Plane:
    """Mask of each CLEAN scale, from the image smoothed to that scale.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) are never masked. It is read several times for each scale, now.
    fits_header : Header
        As in `skerry.beam.create_beam_mask_kernel`.
    options : MaskingOptions
        With scales; the options called flood_fill and beam_shape_erode.
    beam : RestoringBeam, optional
        Used in place of the header's.

    Returns
    -------
    Plane of uint8, int16 or int32, shape (ny, nx)
        Bit n is the mask of the n-th scale.
    """
    scales = options.beam_shape_erode_scales
    if scales is None:
        raise SkerryError("a mask by scales needs scales, for instance 0,8,16")
    kernels = [
        create_beam_mask_kernel(
            fits_header,
            minimum_response=options.beam_shape_erode_minimum_response,
            pixel_scale=options.beam_shape_erode_scale_fwhm_factor * scale,
            beam=beam,
        )
        for scale in scales
    ]
    valid = BitMask.of(Computed(image.shape, bool, lambda a, b: np.isfinite(image[a:b]), [image], cost=1))
    masks = [
        _PackedMask(erode(_islands_at_scale(image, valid, scale, options), kernel))
        for scale, kernel in zip(scales, kernels, strict=True)
    ]
    dtype = np.dtype(smallest_mask_type(2 ** len(scales) - 1))

    def rows(start: int, stop: int) -> NDArray[Any]:
        bits = np.zeros((stop - start, image.shape[1]), dtype=dtype)
        for n, mask in enumerate(masks):
            if (found := mask[start:stop]) is not None:
                bits |= np.multiply(found, dtype.type(1 << n), dtype=dtype)
        return bits

    return Computed(image.shape, dtype, rows, cost=2 + 2 * dtype.itemsize)


def create_convolved_erosion_mask(
    fits_image_path: Path,
    masking_options: MaskingOptions,
    *,
    output: Path | None = None,
    mask_output: Path | None = None,
    overwrite: bool = False,
) -> tuple[Path, Path]:
    """Write the scale mask of an image, made scale by scale, and the plain mask of its union.

    Parameters
    ----------
    fits_image_path : Path
        Image whose header has the beam.
    masking_options : MaskingOptions
        With scales.
    output, mask_output : Path, optional
        The scale mask and the mask; default: X.scalemask.fits and X.mask.fits for X.fits.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    tuple of Path
        The scale mask, and the mask.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, there is no beam, or there are no scales.
    """
    image = Path(fits_image_path)
    output = default_output(image, "scalemask") if output is None else output
    mask_output = default_output(image, "mask") if mask_output is None else mask_output
    check_outputs([output, mask_output], [image], overwrite)
    with open_image(image) as subject:
        beam = read_beam(subject.header, str(image))
        bits = convolved_erosion_mask(subject.data, subject.header, masking_options, beam=beam)
        facts, scales = mac_facts(masking_options), masking_options.beam_shape_erode_scales
        provenance = Provenance("scale-mask", masking_options.used_by("scale-mask"), [image], facts)
        write_products(
            mask_products(bits, subject.header, subject.shape, provenance, mask_output, output, scales), overwrite
        )
    return output, mask_output


def mac_facts(options: MaskingOptions) -> dict[str, tuple[float, str]]:
    """Facts for a `Provenance`: the factors of the minimum absolute clip."""
    return {
        "SKSEED": (options.flood_fill_positive_seed_clip, "[factor of the MAC] seed clip used"),
        "SKFLOOR": (options.flood_fill_positive_flood_clip, "[factor of the MAC] flood clip used"),
    }


def keep_marks(marks: Plane) -> tuple[BitMask, BitMask]:
    """Floor and seeds of a plane of marks (`FLOOR`, `SEED`), as bits, from one computation of it."""
    floor, seeds = BitMask(marks.shape), BitMask(marks.shape)

    def keep(rows: slice) -> None:
        band = marks[rows]
        seeds[rows] = band & SEED
        floor[rows] = band & FLOOR

    for _ in in_order(keep, bands(marks), marks):
        pass
    return floor, seeds


def _islands_at_scale(image: Floats, valid: BitMask, scale: int, options: MaskingOptions) -> BitMask:
    flood_clip = options.flood_fill_positive_flood_clip
    if scale == 0:
        smooth, flood_clip = image, max(flood_clip, SCALE_0_LEAST_FLOOR)
    else:
        sigma = options.beam_shape_erode_scale_fwhm_factor * scale / FWHM_PER_SIGMA
        smooth = smoothed_ahead(opening_plane(image, scale), sigma, image)
    level = minimum_absolute_level(
        smooth,
        options.flood_fill_use_mac_box_size + scale,
        adaptive_max_depth=options.flood_fill_use_mac_adaptive_max_depth,
        adaptive_box_step=options.flood_fill_use_mac_adaptive_step_factor,
        adaptive_skew_delta=options.flood_fill_use_mac_adaptive_skew_delta,
    )
    floor, seeds = keep_marks(mac_marks(smooth, level, options.flood_fill_positive_seed_clip, flood_clip))
    floor = fill_holes(floor)
    np.bitwise_and(floor.bits, valid.bits, out=floor.bits)
    return grow_seeds(seeds, floor)


class _PackedMask:
    """A mask of few pixels, packed: there may be many of the size of the image."""

    def __init__(self, mask: BitMask) -> None:
        self._columns = mask.shape[1]
        self._pieces = [
            zlib.compress(piece.data, 1) if (piece := mask.bits[top : top + _ROWS_PER_PIECE]).any() else None
            for top in range(0, mask.shape[0], _ROWS_PER_PIECE)
        ]

    def __getitem__(self, rows: slice) -> NDArray[np.uint8] | None:
        """Pixels of some rows as 0 and 1; None if none is set in them or near them."""
        first, last = rows.start // _ROWS_PER_PIECE, -(-rows.stop // _ROWS_PER_PIECE)
        if all(piece is None for piece in self._pieces[first:last]):
            return None
        width = (self._columns + 7) // 8
        bits = np.zeros((last * _ROWS_PER_PIECE - first * _ROWS_PER_PIECE, width), dtype=np.uint8)
        for n, piece in enumerate(self._pieces[first:last]):
            if piece is not None:
                rows_of_piece = np.frombuffer(zlib.decompress(piece), dtype=np.uint8).reshape(-1, width)
                bits[n * _ROWS_PER_PIECE : n * _ROWS_PER_PIECE + len(rows_of_piece)] = rows_of_piece
        start = rows.start - first * _ROWS_PER_PIECE
        return np.unpackbits(bits[start : start + rows.stop - rows.start], axis=1, count=self._columns)
