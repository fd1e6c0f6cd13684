"""The restoring beam of an image in the frame of another grid, for instance that of a mosaic.

Near a pole each image of a field has its own north, and a beam that is the same on the sky for all of them has another
position angle in each header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skerry.sky.beam import RestoringBeam, beam_of_covariance, pixel_beam
from skerry.sky.grid import pixel_map
from skerry.sky.pixel_frame import frame_matrix

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

__all__ = ["turned_beam"]


def turned_beam(
    beam: RestoringBeam,
    header: fits.Header,
    wcs: WCS,
    shape: tuple[int, int],
    target: WCS,
    target_shape: tuple[int, int],
    name: str,
) -> RestoringBeam:
    """Restoring beam of an image as it lies in the pixels of another grid, told by the north of that grid's middle.

    Parameters
    ----------
    beam : RestoringBeam
        As its header has it.
    header : Header
        Of the image.
    wcs, shape : WCS, tuple of int
        Of the image: from `skerry.sky.grid.celestial_wcs`, and (ny, nx).
    target, target_shape : WCS, tuple of int
        Of the grid.
    name : str
        What to call the header in messages, for instance its file.

    Returns
    -------
    RestoringBeam
        As the middle of the image lies on the grid; `beam` if the grid's projection does not reach there.

    Raises
    ------
    UnknownBeamError
        If it is wider than the image.
    """
    on_image = pixel_beam(header, beam, name).covariance
    x, y = (np.array([0, 1, -1, 0, 0]) + (shape[1] - 1) / 2, np.array([0, 0, 0, 1, -1]) + (shape[0] - 1) / 2)
    there = np.array(pixel_map(wcs, target, target_shape)(x, y))
    if not np.isfinite(there).all():
        return beam
    to_grid = np.stack([there[:, 1] - there[:, 2], there[:, 3] - there[:, 4]], axis=1) / 2
    to_sky = frame_matrix(target, target_shape) @ to_grid
    return beam_of_covariance(to_sky @ on_image @ to_sky.T)
