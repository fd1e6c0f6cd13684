"""The headers of the images of a mosaic, and what its own says of them: unit, axes, restoring beam."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from astropy.io import fits

from skerry.errors import SkerryError, SkerryWarning
from skerry.io.image_headers import read_header, read_shape
from skerry.io.pixel_units import unit_of
from skerry.sky.beam import RestoringBeam, read_beam
from skerry.sky.common_beam import SAME_BEAM, common_beam, same_beam
from skerry.sky.grid import celestial_wcs
from skerry.sky.restoring_beam import UnknownBeamError
from skerry.sky.turned_beam import turned_beam
from skerry.steps.image_warnings import stokes_of

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["BeamHeaders", "mosaic_beam", "mosaic_header", "put_axes", "read_beam_headers", "weight_header"]

_KEPT_KEYWORDS = ("OBJECT", "TELESCOP", "INSTRUME", "OBSERVER", "DATE-OBS", "BTYPE", "RESTFRQ")


class BeamHeaders(NamedTuple):
    """What the headers say of the beams."""

    paths: Sequence[Path]
    headers: list[fits.Header]
    shapes: list[tuple[int, int]]
    wcs: list[WCS]

    @property
    def unit(self) -> str | None:
        """Of the mosaic, as BUNIT has it."""
        return unit_of(self.headers[0]).text or None


def read_beam_headers(images: Sequence[Path]) -> BeamHeaders:
    """Read the headers and check that the images can be added."""
    headers = [read_header(path) for path in images]
    _check_stokes(images, headers)
    shapes = [read_shape(path)[-2:] for path in images]
    wcs = [celestial_wcs(path, header) for path, header in zip(images, headers, strict=True)]
    return BeamHeaders(images, headers, [(ny, nx) for ny, nx in shapes], wcs)


def _check_stokes(images: Sequence[Path], headers: Sequence[fits.Header]) -> None:
    """Refuse images of different Stokes parameters; one that does not say is let pass."""
    said = [(stokes, path) for path, header in zip(images, headers, strict=True) if (stokes := stokes_of(header))]
    for stokes, path in said:
        if stokes != said[0][0]:
            other = f"is Stokes {stokes}, but {said[0][1]} is {said[0][0]}"
            raise SkerryError(f"{path}: {other}; give images of one Stokes parameter")


def mosaic_header(field: BeamHeaders, wcs: WCS, beam: RestoringBeam | None) -> fits.Header:
    """Header with the grid of the mosaic, and the unit and restoring beam of the images."""
    first = field.headers[0]
    header = wcs.to_header()
    header.remove("MJDREF", ignore_missing=True)
    for keyword in (*_KEPT_KEYWORDS, "BUNIT"):
        if keyword in first:
            header[keyword] = (first[keyword], first.comments[keyword])
    # The grid has no Stokes axis, which tells the masks of the mosaic whether its sources are of both signs.
    stokes = stokes_of(first)
    if stokes not in (None, "I"):
        header["STOKES"] = (stokes, "Stokes parameter of the images")
    if beam is not None:
        header["BMAJ"], header["BMIN"], header["BPA"] = beam
    return header


def weight_header(header: fits.Header, unit: str | None) -> fits.Header:
    """Header of the weights: that of the mosaic, without the beam, and with their own unit if they have one."""
    bare = header.copy()
    for keyword in ("BUNIT", "BTYPE", "BMAJ", "BMIN", "BPA"):
        bare.remove(keyword, ignore_missing=True)
    if unit is not None:
        bare["BUNIT"] = (unit, "one over the square of the noise")
    return bare


def mosaic_beam(
    field: BeamHeaders, contributes: Sequence[bool], wcs: WCS, shape: tuple[int, int]
) -> RestoringBeam | None:
    """Restoring beam of the mosaic: the first one's if all agree on its grid, otherwise their common beam."""
    beams, turned = [], []
    for *of_image, does in zip(field.paths, field.headers, field.wcs, field.shapes, contributes, strict=True):
        if not does:
            continue
        path, header, own, size = of_image
        try:
            beam = read_beam(header, str(path))
            turned.append(turned_beam(beam, header, own, size, wcs, shape, str(path)))
            beams.append(beam)
        except UnknownBeamError as error:
            warnings.warn(f"{error.problem}; the mosaic's beam is taken from the others", SkerryWarning, stacklevel=4)
    if not beams:
        return None
    if all(same_beam(beams[0], beam) for beam in turned):
        return beams[0]
    if all(same_beam(turned[0], beam) for beam in turned):
        return turned[0]
    common = common_beam(turned)
    warnings.warn(
        f"{field.paths[0]} and others: restoring beams differ by more than {SAME_BEAM:.0%}; the mosaic's header has "
        f"their common beam, BMAJ {common.bmaj:.6g} BMIN {common.bmin:.6g} BPA {common.bpa:.4g}",
        SkerryWarning,
        stacklevel=4,
    )
    return common


def put_axes(header: fits.Header, first: fits.Header, of_cube: bool) -> tuple[int, ...]:
    """Give the mosaic of a plane of cubes the axes of these behind those of the sky; gives their lengths."""
    axes = range(3, int(first.get("NAXIS", 2)) + 1) if of_cube else range(0)
    for axis in axes:
        for keyword in ("CTYPE", "CUNIT", "CRPIX", "CRVAL", "CDELT"):
            if f"{keyword}{axis}" in first:
                header[f"{keyword}{axis}"] = (first[f"{keyword}{axis}"], first.comments[f"{keyword}{axis}"])
    if axes:
        header["WCSAXES"] = 2 + len(axes)
        header.remove("STOKES", ignore_missing=True)
    return (1,) * len(axes)
