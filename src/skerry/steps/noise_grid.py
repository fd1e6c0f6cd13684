"""The noise of an image in a small file: what was measured serves until the image or the options of the noise change.

The file holds the values of the boxes from which the maps are drawn, so that these come out bit for bit as they were,
and says what it was measured of and how. It is no input of what is made with it: the same is made without.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits

from skerry import __version__
from skerry.errors import SkerryError
from skerry.io.checksums import sha256_of
from skerry.io.fits import OpenImage
from skerry.io.small_images import read_small_image, write_small_image
from skerry.masking.noise import grid_and_maps, maps_of_grid
from skerry.masking.noise_boxes import BoxGrid
from skerry.masking.noise_grid import NoiseGrid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from skerry.planes.plane import Plane

__all__ = ["maps_by_grid"]

_MADE_BY = "noise-grid"
"""SKCMD of these files."""


def maps_by_grid(image: OpenImage, path: Path, how: Mapping[str, Any]) -> tuple[Plane, Plane]:
    """Noise of an image by what its file keeps of it, or measured and written to the file.

    Parameters
    ----------
    image : OpenImage
        The image.
    path : Path
        The file. It serves if it is of an image of the same bytes, measured likewise by this version of skerry; any
        other such file is replaced.
    how : mapping of str to object
        Arguments of `skerry.masking.noise.noise_maps`.

    Returns
    -------
    rms : Plane of float32, shape (ny, nx)
        As of `noise_maps`, the same in both cases.
    bkg : Plane of float32, shape (ny, nx)
        Likewise.

    Raises
    ------
    SkerryError
        If there is a file of another kind, or it cannot be written; or as of `noise_maps`.
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
        kept = _grid_of(*known, image.data.shape)
        if kept is not None and known[0].get("SKIMAGE") == sha256_of(Path(image.path)):
            return maps_of_grid(image.data, kept)
    grid, maps = grid_and_maps(image.data, **how)
    _write(path, grid, cards | {"SKIMAGE": sha256_of(Path(image.path))}, image.unit.text)
    return maps


def _read(path: Path) -> tuple[fits.Header, NDArray[np.float32]] | None:
    """Header and values of a file of noise; None if there is none."""
    found = read_small_image(path)
    if found is not None and found[0].get("SKCMD") != _MADE_BY:
        raise SkerryError(f"{path}: is no noise grid of skerry; give another name as `noise_grid`, or remove it")
    return found


def _grid_of(header: fits.Header, values: NDArray[np.float32], shape: tuple[int, ...]) -> NoiseGrid | None:
    """Grid that a file keeps of an image of a shape; None if its header and values do not fit this or each other."""
    height, width, blank = (header.get(key) for key in ("SKBOXY", "SKBOXX", "SKBLANK"))
    if not isinstance(blank, bool) or not all(isinstance(n, int) and n > 0 for n in (height, width)):
        return None
    boxes = BoxGrid(shape, height, width)
    return NoiseGrid(boxes, values[0], values[1], blank) if values.shape == (2, *boxes.mesh) else None


def _write(path: Path, grid: NoiseGrid, cards: Mapping[str, Any], unit: str) -> None:
    header = fits.Header()
    header["BUNIT"] = unit
    comments = {
        "SKVERS": "version of skerry",
        "SKBOX": "[pix] box that was asked for",
        "SKFILTER": "median filter across the boxes, in boxes",
        "SKSIGNS": "whether sources may be negative",
    }
    for key, value in cards.items():
        header[key] = (value, comments.get(key, ""))
    header["SKBOXX"], header["SKBOXY"] = (grid.boxes.width, "[pix] box as it is"), (grid.boxes.height, "[pix]")
    header["SKBLANK"] = (grid.has_blank, "whether a part of the image is blank")
    header.add_comment("SKIMAGE is the SHA-256 of the image.")
    header.add_comment("Planes: rms, background; a pixel is a box of the image, from its lower left.")
    write_small_image(path, np.array([grid.rms, grid.level]), header)
