"""Headers, shapes and axes of FITS images, without their pixels."""

from __future__ import annotations

from pathlib import Path

from astropy.io import fits

from skerry.io.cube_axes import CubeAxes, CubePlane, cube_axes
from skerry.io.cube_files import plane_in_work
from skerry.io.image_hdus import check_axes, open_image_hdu, shape_of_plane
from skerry.io.meant_header import header_without_table, meant_header
from skerry.io.open_plane import open_plane

__all__ = ["read_axes", "read_header", "read_shape", "read_size"]


def read_header(path: str | Path) -> fits.Header:
    """Read the header of a FITS image of any number of planes, without its pixels.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    Header
        Of the first HDU that holds an image, as it is meant.

    Raises
    ------
    SkerryError
        If the file is missing or no FITS image, or a card that skerry needs cannot be read.
    """
    path = Path(path)
    if plane_in_work() is not None:
        with open_plane(path, None) as opened:
            return opened.header
    with open_image_hdu(path, pixels=False) as (hdu, _, hdus):
        return meant_header(hdu, hdus, path)


def read_shape(path: str | Path) -> tuple[int, ...]:
    """Shape of a single-plane FITS image, without reading its pixels; errors as in `read_image`."""
    if plane_in_work() is not None:
        with open_plane(Path(path), None) as opened:
            return opened.shape
    with open_image_hdu(Path(path), pixels=False) as (hdu, _, _):
        return shape_of_plane(Path(path), hdu)


def read_size(path: str | Path) -> tuple[int, int]:
    """Height and width of a FITS image of any number of planes; errors as of `read_header`."""
    header = read_header(path)
    return int(header.get("NAXIS2", 0)), int(header.get("NAXIS1", 0))


def read_axes(path: str | Path) -> tuple[CubeAxes, list[fits.Header]]:
    """Axes of a FITS image behind those of its planes.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    CubeAxes
        Its axes.
    list of Header
        Of the first plane of each of its Stokes parameters.

    Raises
    ------
    SkerryError
        As of `read_image`, but that it may have several planes.
    """
    path = Path(path)
    with open_image_hdu(path, pixels=False) as (hdu, _, hdus):
        header, shape = header_without_table(hdu, hdus, path), tuple(int(n) for n in hdu.shape)
        check_axes(path, shape)
        axes = cube_axes(header, shape)
        indices = [axes.index(CubePlane(0, stokes)) for stokes in range(axes.stokes)]
        return axes, [axes.header_of(header, index) for index in indices]
