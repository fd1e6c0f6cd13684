"""The plane of a file that is worked on: the only one of an image, or one of a cube, with the header of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from skerry.io.cube_files import plane_in_work
from skerry.io.fits_pixels import FilePlane
from skerry.io.image_hdus import check_axes, open_image_hdu
from skerry.io.meant_header import meant_header, set_beam
from skerry.io.pixel_values import PixelValues, pixel_values
from skerry.planes.bands import each_band
from skerry.sky.restoring_beam import RestoringBeam

__all__ = ["OpenPlane", "open_plane"]


@dataclass(frozen=True)
class OpenPlane:
    """The plane of an open file that is worked on."""

    path: Path
    hdu: Any
    file: Any
    header: fits.Header
    """Of the plane, as it is meant."""
    values: PixelValues
    leading: tuple[int, ...] | None = None

    @property
    def is_of_cube(self) -> bool:
        """Whether there may be other planes beside it."""
        return self.leading is not None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the plane, with the axes of its file."""
        shape = tuple(int(n) for n in self.hdu.shape)
        return (*(1 for _ in shape[:-2]), *shape[-2:])

    def pixels(self, dtype: type[np.generic]) -> FilePlane:
        """Its pixels, as numbers of a type."""
        shape = tuple(int(n) for n in self.hdu.shape)
        return FilePlane(self.path, self.hdu, self.file, self.values, shape, np.dtype(dtype), self.leading)


@contextmanager
def open_plane(path: Path, beam: RestoringBeam | None) -> Iterator[OpenPlane]:
    """Open the plane of an image: the only one, or that which is worked on."""
    work = plane_in_work()
    if work is not None:
        cube = work.cubes.get(path, beam, open_image_hdu)
        check_axes(path, tuple(cube.hdu.shape))
        index = work.index_in(path, cube.axes)
        opened = OpenPlane(path, cube.hdu, cube.file, cube.axes.header_of(cube.header, index), cube.values, index)
        if cube.beams is not None and cube.beams.rows.size:
            own = cube.beams.beam_at(*cube.axes.plane_at(index))
            # In a plane where all is flagged there is nothing that a beam matters to.
            blank = own is None and _is_blank(opened.pixels(np.float32))
            set_beam(opened.header, cube.beams.first if blank else own)
        yield opened
        return
    with open_image_hdu(path, single=True) as (hdu, file, hdus), pixel_values(path, hdu) as values:
        yield OpenPlane(path, hdu, file, meant_header(hdu, hdus, path, beam), values)


def _is_blank(plane: FilePlane) -> bool:
    """Whether no pixel is a number other than 0."""
    return not any(np.any(np.isfinite(band) & (band != 0)) for _, band in each_band(plane))
