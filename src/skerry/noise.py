"""Local noise and background: the rms and mean level of an image in boxes, interpolated to every pixel.

The boxes are measured by `sep` (docs/noise.md says why), again and again: what the first maps show to be emission is
left out of the next, so that an extended source is taken neither for noise nor for background.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import sep
from numpy.typing import NDArray
from scipy import ndimage

from skerry.blank import blank_regions
from skerry.errors import SkerryError
from skerry.fits import read_image, write_products
from skerry.headers import Provenance, value_header
from skerry.kernels.bands import row_bands
from skerry.kernels.islands import grow_seeds
from skerry.options import MaskingOptions
from skerry.products import Product, check_outputs, default_output

__all__ = ["estimate_noise", "noise_step"]

Floats: TypeAlias = NDArray[np.float32]
Flags: TypeAlias = NDArray[np.bool_]

_DEFAULTS = MaskingOptions()
_LEAST_VALID = 0.5  # of a box, as in sep
_CLIPPED_SIGMA = 0.9848  # of Gaussian noise of sigma 1 that is clipped at 3 sigma until nothing is left to clip
_SOURCE_SEED, _SOURCE_FLOOR = 5.0, 3.0  # sigma
_SOURCE_MARGIN = 2  # pixels: the wings of a source below the floor
_PASSES = 3


def estimate_noise(
    image: NDArray[np.float32],
    *,
    box_size: int = _DEFAULTS.noise_box_size,
    filter_size: int = _DEFAULTS.noise_filter_size,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Local rms and background of an image.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Jy/beam; NaN and infinite pixels are invalid. It is not changed.
    box_size : int
        Side of the boxes, pixels. They are made up to twice as wide where the last one of a row or column would
        otherwise be thinner than half of the others, and no larger than the image.
    filter_size : int
        Median filter across the boxes, in boxes; 1 for none. Boxes at the edge of the image have a smaller filter.

    Returns
    -------
    rms, bkg : ndarray of float32, shape (ny, nx)
        Jy/beam; NaN where the image is invalid. The rms is zero where the image is blank, see
        `skerry.blank.blank_regions`, which no other value uses. A box with less than half of its pixels valid takes
        the values of its nearest neighbour.

    Raises
    ------
    SkerryError
        If the image has no valid pixel.

    Notes
    -----
    The method of SExtractor (Bertin & Arnouts 1996, A&AS 117, 393) as implemented by `sep` (Barbary 2016, JOSS 1, 58),
    applied three times: pixels above 3 sigma in islands that reach 5 sigma are left out of the next estimate. The rms
    is corrected for what clipping takes from Gaussian noise.
    """
    invalid = ~np.isfinite(image)
    if invalid.all():
        raise SkerryError("the image has no valid pixel, so it has no noise; give an image that is not all NaN")
    blank = blank_regions(image)
    unusable = invalid | blank
    if unusable.all():
        rms, bkg = np.zeros_like(image), np.full_like(image, np.median(image[~invalid]))
    else:
        rms, bkg = _whole_maps(image, unusable, box_size, filter_size)
    rms[blank] = 0
    rms[invalid] = np.nan
    bkg[invalid] = np.nan
    return rms, bkg


def noise_step(
    image: Path,
    *,
    rms_output: Path | None = None,
    bkg_output: Path | None = None,
    options: MaskingOptions = _DEFAULTS,
    overwrite: bool = False,
) -> tuple[Path, Path]:
    """Write the local rms and background of a FITS image.

    Parameters
    ----------
    image : path
        The image.
    rms_output, bkg_output : path, optional
        X.rms.fits and X.bkg.fits beside X.fits if not given.
    options : MaskingOptions
        Of which `noise_box_size` and `noise_filter_size` are used.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    rms_output, bkg_output : Path
        The files written, with the dimensions and the unit of the image.

    Raises
    ------
    SkerryError
        If the image cannot be read or has no valid pixel, or an output cannot be written.
    """
    rms_output = default_output(image, "rms") if rms_output is None else rms_output
    bkg_output = default_output(image, "bkg") if bkg_output is None else bkg_output
    check_outputs([rms_output, bkg_output], [image], overwrite)
    source = read_image(image)
    box_size, filter_size = options.noise_box_size, options.noise_filter_size
    try:
        rms, bkg = estimate_noise(source.data, box_size=box_size, filter_size=filter_size)
    except SkerryError as error:
        raise SkerryError(f"{image}: {error}") from error
    provenance = Provenance("noise", {"box_size": box_size, "filter_size": filter_size}, [image])
    header = value_header(source.header, provenance)
    write_products(
        [Product(rms_output, rms, header, source.shape), Product(bkg_output, bkg, header, source.shape)], overwrite
    )
    return rms_output, bkg_output


@dataclass(frozen=True)
class _Boxes:
    """Height and width of the boxes in pixels, and the median filter across them in boxes."""

    height: int
    width: int
    filter_size: int

    @classmethod
    def over(cls, shape: tuple[int, ...], box_size: int, filter_size: int) -> _Boxes:
        return cls(_box_length(shape[0], box_size), _box_length(shape[1], box_size), filter_size)

    def measure(self, data: Floats, unusable: Flags) -> Any:
        height, width, size = self.height, self.width, self.filter_size
        return sep.Background(data, mask=unusable, bw=width, bh=height, fw=size, fh=size)

    def usable(self, unusable: Flags) -> Flags:
        """Tell which boxes have enough usable pixels to be measured, shape (boxes down, boxes across)."""
        starts = [np.arange(0, n, step) for n, step in zip(unusable.shape, (self.height, self.width), strict=True)]
        bad = np.add.reduceat(unusable, starts[0], axis=0, dtype=np.int32)
        bad = np.add.reduceat(bad, starts[1], axis=1)
        sides = [np.diff(s, append=n) for s, n in zip(starts, unusable.shape, strict=True)]
        return bad <= (1 - _LEAST_VALID) * np.outer(*sides)

    def pixels(self, row: int, column: int) -> tuple[slice, slice]:
        """Pixels of a box."""
        return (
            slice(row * self.height, (row + 1) * self.height),
            slice(column * self.width, (column + 1) * self.width),
        )


def _box_length(length: int, box_size: int) -> int:
    """Shortest box of at least `box_size` pixels that leaves no last box thinner than half of the others.

    A sliver of a box has too few beams for a statistic, and at the edge `sep` filters it with no neighbour.
    """
    if box_size >= length:
        return length
    return next(n for n in range(box_size, length + 1) if length % n == 0 or length % n > n // 2)


def _whole_maps(image: Floats, invalid: Flags, box_size: int, filter_size: int) -> tuple[Floats, Floats]:
    """Maps of rms and background that say something everywhere, invalid pixels too."""
    boxes = _Boxes.over(image.shape, box_size, filter_size)
    usable = boxes.usable(invalid)
    if not usable.any():
        values = np.ascontiguousarray(image[~invalid], dtype=np.float32)[np.newaxis]
        whole = sep.Background(values, bw=values.size, bh=1)
        rms, bkg = whole.globalrms / _CLIPPED_SIGMA, whole.globalback
        return np.full(image.shape, rms, np.float32), np.full(image.shape, bkg, np.float32)

    data = np.where(invalid, np.float32(0), image).astype(np.float32, copy=False)
    if not usable.all():
        invalid = invalid.copy()
        _fill_boxes(data, invalid, boxes, usable)
    measured = boxes.measure(data, invalid)
    for _ in range(_PASSES - 1):
        sources = _sources(data, measured.globalback, _rms_map(measured, boxes, image.shape))
        if not sources.any():
            break
        unusable = sources | invalid
        if not boxes.usable(unusable).any():
            break
        measured = boxes.measure(data, unusable)
    return _rms_map(measured, boxes, image.shape), measured.back()


def _fill_boxes(data: Floats, invalid: Flags, boxes: _Boxes, usable: Flags) -> None:
    """Copy the nearest usable box into those that are not, in place.

    `sep` does the same with the result of a box, but looks at every box for each: minutes, for the corners of a large
    mosaic.
    """
    nearest = ndimage.distance_transform_edt(~usable, return_distances=False, return_indices=True)
    for row, column in np.argwhere(~usable):
        target = boxes.pixels(row, column)
        source = boxes.pixels(*nearest[:, row, column])
        height, width = np.minimum(data[target].shape, data[source].shape)
        data[target][:height, :width] = data[source][:height, :width]
        invalid[target][:height, :width] = invalid[source][:height, :width]


def _sources(data: Floats, level: float, rms: Floats) -> Flags:
    """Find what is emission beyond doubt, with its wings.

    The level is one number because the first local background has taken up part of the extended emission.
    """
    floor, seeds = np.empty(data.shape, dtype=bool), np.empty(data.shape, dtype=bool)
    for rows in row_bands(data.shape):
        excess = data[rows] - np.float32(level)
        np.greater(excess, np.float32(_SOURCE_FLOOR) * rms[rows], out=floor[rows])
        floor[rows] &= rms[rows] > 0
        np.greater(excess, np.float32(_SOURCE_SEED) * rms[rows], out=seeds[rows])
    sources = grow_seeds(seeds, floor).view(np.uint8)
    wide = ndimage.maximum_filter(sources, size=2 * _SOURCE_MARGIN + 1, mode="constant")
    return np.asarray(wide, dtype=bool)


def _rms_map(measured: Any, boxes: _Boxes, shape: tuple[int, ...]) -> Floats:
    """Interpolated rms, kept within that of the boxes around.

    The spline of `sep` goes through the centres of the boxes, and swings below zero beside a box of high rms.
    """
    rms: Floats = measured.rms()
    centres = _at_centres(_at_centres(rms, boxes.height, boxes.height / 2, 0), boxes.width, (boxes.width - 1) / 2, 1)
    lowest = np.maximum(ndimage.minimum_filter(centres, size=3, mode="nearest"), 0)
    highest = np.maximum(ndimage.maximum_filter(centres, size=3, mode="nearest"), 0)
    columns = np.arange(shape[1]) // boxes.width
    for row in range(centres.shape[0]):
        band = rms[row * boxes.height : (row + 1) * boxes.height]
        np.clip(band, lowest[row, columns], highest[row, columns], out=band)
        band /= np.float32(_CLIPPED_SIGMA)
    return rms


def _at_centres(rms: Floats, step: int, first: float, axis: int) -> Floats:
    """Values along an axis where the spline has its nodes: sep puts them half a pixel apart in x and y."""
    last = rms.shape[axis] - 1
    before = np.minimum(np.arange(math.floor(first), last + 1, step), last)
    after = np.minimum(before + math.ceil(first) - math.floor(first), last)
    return np.asarray((rms.take(before, axis) + rms.take(after, axis)) / 2, dtype=np.float32)
