"""The mask of a beam out of the mask of a mosaic: each beam pixel takes the mosaic's nearest pixel.

Nothing is interpolated, so that every bit of a scale mask survives; and nothing is taken from where the mosaic is not,
because a zero costs a faint source while a wrong one lets CLEAN into the noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skerry.beam import pixels_per_beam
from skerry.errors import SkerryError
from skerry.fits import read_header, read_image, read_mask, read_shape, write_products
from skerry.grid import POSITIONS_PER_BAND, PixelMap, celestial_wcs, pixel_map
from skerry.headers import Provenance, mask_header, mask_scales, scale_facts
from skerry.kernels.bands import row_bands
from skerry.options import MaskingOptions
from skerry.products import MaskArray, Product, check_outputs, default_output
from skerry.seen import seen_by_beam

if TYPE_CHECKING:
    from pathlib import Path

    from astropy.io import fits
    from astropy.wcs import WCS
    from numpy.typing import NDArray

__all__ = ["extract_beam_mask_from_mosaic", "extract_nearest", "valid_part"]


def extract_beam_mask_from_mosaic(
    beam_image: Path,
    mosaic_mask: Path,
    *,
    output: Path | None = None,
    options: MaskingOptions | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the mask of a beam, on the grid of its image, from the mask of a mosaic.

    Parameters
    ----------
    beam_image : Path
        Image that the mask is for; its invalid pixels are never masked.
    mosaic_mask : Path
        Mask or scale mask, in any projection and frame.
    output : Path, optional
        By default X.mask.fits, or X.scalemask.fits, for X.fits.
    options : MaskingOptions, optional
        The options called extract_beam are used; with `extract_beam_smoothed_clip` also those called noise.
    overwrite : bool
        Whether the output may be replaced.

    Returns
    -------
    Path
        The output: with the WCS, the beam and the dimensions of the image, and the type and bits of the mask.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, has no celestial WCS, or the two have no pixel in common; if the image
        has no beam, and `extract_beam_smoothed_clip` needs it.
    """
    options = MaskingOptions() if options is None else options
    header, shape = read_header(beam_image), read_shape(beam_image)
    scales = mask_scales(read_header(mosaic_mask))
    if output is None:
        output = default_output(beam_image, "mask" if scales is None else "scalemask")
    check_outputs([output], [beam_image, mosaic_mask], overwrite)
    wcs = celestial_wcs(beam_image, header)
    area = None if options.extract_beam_smoothed_clip is None else _beam_area(beam_image, header)
    mosaic = read_mask(mosaic_mask)
    union, border = options.extract_beam_union, options.extract_beam_blank_border
    mosaic_wcs = celestial_wcs(mosaic_mask, mosaic.header)
    data, overlap = _extract(mosaic.data, mosaic_wcs, wcs, (shape[-2], shape[-1]), union=union, blank_border=border)
    if not overlap:
        raise SkerryError(
            f"{beam_image}: has no pixel in common with the mosaic {mosaic_mask}; give the mosaic of its own field"
        )
    image = read_image(beam_image).data
    data = valid_part(data, image)
    if area is not None:
        data *= seen_by_beam(image, options, area)
    facts = {} if scales is None else scale_facts(scales)
    used = {name.removeprefix("extract_beam_"): value for name, value in options.used_by("extract-beam").items()}
    provenance = Provenance("extract-beam", used, [beam_image, mosaic_mask], facts)
    product = Product(output, data, mask_header(header, provenance, made_from=mosaic.header), shape)
    write_products([product], overwrite)
    return output


def extract_nearest(
    mask: MaskArray, mask_wcs: WCS, wcs: WCS, shape: tuple[int, int], *, union: bool = False, blank_border: int = 0
) -> MaskArray:
    """Give each pixel of a grid the nearest pixel of a mask, with all its bits.

    Parameters
    ----------
    mask : ndarray of integers, shape (my, mx)
        Mask or scale mask.
    mask_wcs, wcs : WCS
        Of the mask and of the grid, from `skerry.grid.celestial_wcs`; projections and frames may differ.
    shape : tuple of int
        (ny, nx) of the grid.
    union : bool
        Also take the bits of every mask pixel whose centre lies in a pixel of the grid, so that islands of one pixel
        survive on a coarser grid.
    blank_border : int
        Outermost pixels of the mask to leave out.

    Returns
    -------
    ndarray, shape (ny, nx)
        Of the mask's type. 0 outside the mask, where the sky position is undefined, and where the two positions do
        not map to each other (the far side of the sphere).
    """
    return _extract(mask, mask_wcs, wcs, shape, union=union, blank_border=blank_border)[0]


def valid_part(mask: MaskArray, image: NDArray[np.float32]) -> MaskArray:
    """Mask without the pixels that are invalid (NaN or infinite) in an image of the same shape."""
    return np.where(np.isfinite(image), mask, mask.dtype.type(0))


def _beam_area(path: Path, header: fits.Header) -> float:
    """Area of the beam of an image in pixels; the error says what to do here, where no flag gives a beam."""
    try:
        return pixels_per_beam(header, name=str(path))
    except SkerryError as error:
        problem = str(error).rpartition("; ")[0]
        raise SkerryError(
            f"{problem}; write its beam into the header, or leave out extract_beam_smoothed_clip, which needs it"
        ) from error


def _extract(
    mask: MaskArray, mask_wcs: WCS, wcs: WCS, shape: tuple[int, int], *, union: bool, blank_border: int
) -> tuple[MaskArray, bool]:
    """Do the work of `extract_nearest`; tell also whether any pixel of the grid lies in the mask."""
    to_mask, to_grid = pixel_map(wcs, mask_wcs, mask.shape), pixel_map(mask_wcs, wcs, shape)
    inner = _inner_part(mask, blank_border)
    extracted = np.zeros(shape, dtype=mask.dtype)
    overlap = False
    for rows in row_bands(shape, POSITIONS_PER_BAND):
        x, y = np.meshgrid(np.arange(shape[1], dtype=np.float64), np.arange(rows.start, rows.stop, dtype=np.float64))
        there_x, there_y = to_mask(x, y)
        inside = _inside(there_x, there_y, mask.shape)
        overlap |= bool(inside.any())
        found = np.flatnonzero(inside)
        found = found[inner[_nearest(there_x.flat[found], there_y.flat[found])] != 0]
        found = found[_returns(to_grid, there_x.flat[found], there_y.flat[found], x.flat[found], y.flat[found])]
        extracted[rows].reshape(-1)[found] = inner[_nearest(there_x.flat[found], there_y.flat[found])]
    if union:
        _add_centres(extracted, inner, to_mask, to_grid)
    return extracted, overlap


def _add_centres(extracted: MaskArray, mask: MaskArray, to_mask: PixelMap, to_grid: PixelMap) -> None:
    """Add to each pixel the bits of the mask pixels whose centre it holds."""
    for rows in row_bands(mask.shape, POSITIONS_PER_BAND):
        y, x = np.nonzero(mask[rows])
        y += rows.start
        there_x, there_y = to_grid(x.astype(np.float64), y.astype(np.float64))
        inside = np.flatnonzero(_inside(there_x, there_y, extracted.shape))
        there_x, there_y, x, y = there_x[inside], there_y[inside], x[inside], y[inside]
        returned = _returns(to_mask, there_x, there_y, x, y)
        np.bitwise_or.at(extracted, _nearest(there_x[returned], there_y[returned]), mask[y[returned], x[returned]])


def _inner_part(mask: MaskArray, border: int) -> MaskArray:
    """Set the outermost pixels of a mask to 0."""
    if border <= 0:
        return mask
    inner = np.zeros_like(mask)
    kept = (slice(border, -border), slice(border, -border))
    inner[kept] = mask[kept]
    return inner


def _inside(x: NDArray[np.float64], y: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Whether positions lie in an image; NaN does not."""
    return (x >= -0.5) & (x < shape[1] - 0.5) & (y >= -0.5) & (y < shape[0] - 0.5)


def _nearest(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Index (row, column) of the pixels that hold the positions."""
    return np.floor(y + 0.5).astype(np.intp), np.floor(x + 0.5).astype(np.intp)


def _returns(
    back: PixelMap,
    there_x: NDArray[np.float64],
    there_y: NDArray[np.float64],
    x: NDArray[np.float64] | NDArray[np.intp],
    y: NDArray[np.float64] | NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Whether positions map back to where they came from, which those on the far side of the sphere do not."""
    back_x, back_y = back(there_x, there_y)
    return (np.abs(back_x - x) < 1) & (np.abs(back_y - y) < 1)
