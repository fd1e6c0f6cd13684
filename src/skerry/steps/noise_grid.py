"""The noise of an image in a small file: what was measured serves until the image or the options of the noise change.

The file holds the values of the boxes from which the maps are drawn, so that these come out bit for bit as they were,
and says what it was measured of and how. It is no input of what is made with it: the same is made without.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits

from skerry import __version__
from skerry.errors import SkerryError
from skerry.io.checksums import sha256_of
from skerry.io.fits import OpenImage
from skerry.io.whole_files import whole_files
from skerry.masking.noise import MeasuredNoise, blank_regions, measure_noise
from skerry.masking.noise_boxes import BoxGrid, NoiseSplines

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["noise_by_grid"]

_MADE_BY = "noise-grid"
"""SKCMD of these files."""


def noise_by_grid(image: OpenImage, path: Path, how: Mapping[str, Any]) -> MeasuredNoise:
    """Noise of an image out of its file, or measured and written to it.

    Parameters
    ----------
    image : OpenImage
        The image.
    path : Path
        The file. It serves if it is of an image of the same bytes, measured likewise by this version of skerry; any
        other such file is replaced.
    how : mapping of str to object
        Arguments of `skerry.masking.noise.measure_noise`.

    Returns
    -------
    MeasuredNoise
        The same in both cases.

    Raises
    ------
    SkerryError
        If there is a file of another kind, or it cannot be written; or as of `measure_noise`.
    """
    cards = {
        "SKCMD": _MADE_BY,
        "SKVERS": __version__,
        "SKBOX": how["box_size"],
        "SKFILTER": how["filter_size"],
        "SKSIGNS": how["both_signs"],
    }
    known = _read(path)
    if known is not None and all(known[0].get(key) == value for key, value in cards.items()):
        header, boxes = known
        if header.get("SKIMAGE") == sha256_of(Path(image.path)):
            grid = BoxGrid(image.data.shape, header["SKBOXY"], header["SKBOXX"])
            blank = blank_regions(image.data) if header["SKBLANK"] else None
            return MeasuredNoise(NoiseSplines.of_boxes(grid, boxes), blank)
    measured = measure_noise(image.data, **how)
    _write(path, measured, cards | {"SKIMAGE": sha256_of(Path(image.path))}, image)
    return measured


def _read(path: Path) -> tuple[fits.Header, np.ndarray] | None:
    """Header and values of a file of noise; None if there is no whole one."""
    if not path.exists():
        return None
    try:
        with warnings.catch_warnings(), fits.open(path, memmap=False) as hdus:
            warnings.simplefilter("ignore")
            header, data = hdus[0].header, np.array(hdus[0].data, np.float32)
    except (OSError, ValueError, TypeError):
        header, data = fits.Header(), np.empty(0, np.float32)
    if header.get("SKCMD") != _MADE_BY:
        raise SkerryError(f"{path}: is no noise grid of skerry; give another name as `noise_grid`, or remove it")
    return header, data


def _write(path: Path, measured: MeasuredNoise, cards: Mapping[str, Any], image: OpenImage) -> None:
    boxes, grid = measured.splines.boxes, measured.splines.grid
    header = fits.Header()
    header["BUNIT"] = image.unit.text
    comments = {
        "SKVERS": "version of skerry",
        "SKBOX": "[pix] box that was asked for",
        "SKFILTER": "median filter across the boxes, in boxes",
        "SKSIGNS": "whether sources may be negative",
    }
    for key, value in cards.items():
        header[key] = (value, comments.get(key, ""))
    header["SKBOXX"], header["SKBOXY"] = (grid.width, "[pix] box as it is"), (grid.height, "[pix]")
    header["SKBLANK"] = (measured.blank is not None, "whether a part of the image is blank")
    header.add_comment("SKIMAGE is the SHA-256 of the image.")
    header.add_comment("Planes: rms, background; a pixel is a box of the image, from its lower left.")
    with whole_files(path) as (partial,):
        fits.PrimaryHDU(boxes, header).writeto(partial)
