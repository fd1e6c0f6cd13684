"""The step that writes a mask in the form that an imager reads as it is meant.

Each imager has its own: tclean takes a CASA image on its very grid, DDFacet a FITS file of the size that it makes of
the one it is asked for, WSClean a FITS file without a card that it stumbles over. What they do with any other form is
told in docs/imaging.md, and seldom by themselves.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from skerry.config.imagers import ImagerUse
from skerry.errors import SkerryError
from skerry.io.casa_images import check_casa_output
from skerry.io.cube_axes import CubeAxes
from skerry.io.cube_writer import CubeWriter
from skerry.io.fits import OpenImage
from skerry.io.headers import mask_header, mask_scales
from skerry.io.imager_headers import ImagerName, header_for
from skerry.io.outputs import check_outputs
from skerry.io.products import Product
from skerry.io.stored_images import StoredImage
from skerry.planes.bits import BitMask
from skerry.planes.computed import pixelwise
from skerry.planes.masks import cut_or_padded
from skerry.sky.ddfacet_size import ddfacet_size
from skerry.steps.check_target import Target
from skerry.steps.checked_mask_file import CheckedFile
from skerry.steps.export_casa import write_for_casa
from skerry.steps.exported_planes import EXTRACT, ExportedPlanes, Like, check_like, read_like
from skerry.steps.imager_traps import FILE_TRAPS
from skerry.steps.step_files import StepFiles
from skerry.steps.traps import told_of

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.steps.chosen_planes import PlaneChoice


__all__ = ["make_exported_mask"]


def make_exported_mask(
    mask: Path,
    to: str,
    output: Path,
    *,
    like: Path | None = None,
    npix: int | None = None,
    scale: int | None = None,
    axes: int | None = None,
    nonzero: bool = False,
    float32: bool = False,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a mask as an imager reads it.

    Parameters
    ----------
    mask : Path
        Mask, or scale mask, of which the union is written; or a cube of such.
    to : str
        The imager: "casa" for tclean, "ddfacet" or "wsclean".
    output : Path
        The result: a CASA image, which is a directory, or a FITS file.
    like : Path, optional
        An image that the imager made, FITS or CASA's, on whose grid the result has to lie. A CASA image gets its
        coordinates, and the mask in each of its planes, or each plane of a cube in its own; for DDFacet the mask is cut
        or padded to its size.
    npix : int, optional
        For DDFacet in place of `like`: the size that it is asked for, pixels.
    scale : int, optional
        Of a scale mask, the mask of this scale in place of the union.
    axes : int, optional
        Of a mask for WSClean: 2 or 4, the default.
    nonzero : bool
        Whether the mask may hold any values, as labels or 255: all but 0 are then masked.
    float32 : bool
        Whether a FITS file has pixels of float32, as some programs want them, and not uint8.
    planes : PlaneChoice, optional
        Of a cube, which planes, and whether they are to be one mask; by default all, each for its channel.
    overwrite : bool
        Whether `output` may be replaced.

    Returns
    -------
    Path
        The output.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, the grids differ, the imager could not use the result, or python-casacore
        is not installed where it is needed.
    """
    _check_options(to, npix, axes, like)
    if float32 and to == "casa":
        raise SkerryError("`float32`: a CASA image has such pixels anyway; leave it out")
    inputs = [mask, *([] if like is None else [like])]
    if to == "casa":
        check_casa_output(output, inputs, overwrite)
    else:
        check_outputs([output], inputs, overwrite)
    grid = None if like is None else read_like(like)
    subject = ExportedPlanes(mask, to, planes, scale=scale, nonzero=nonzero)
    dtype = np.float32 if float32 else np.uint8
    with StepFiles("export", [mask], [], overwrite, planes=planes) as files:
        if to == "casa":
            write_for_casa(files, subject, grid, output)
        elif subject.number == 1:
            _write_plane(files, subject, grid, output, npix, axes or 4, dtype)
        else:
            _write_cube(files, subject, grid, output, axes or 4, dtype)
    return output


def _write_plane(
    files: StepFiles,
    planes: ExportedPlanes,
    like: Like | None,
    output: Path,
    npix: int | None,
    axes: int,
    dtype: type[np.generic],
) -> None:
    """Write a FITS file of one plane."""
    opened = planes.opened(files)
    subject: OpenImage = opened
    if planes.to == "ddfacet":
        subject, npix = _of_ddfacet_size(files, opened, like, npix)
    elif not opened.data.any():
        files.warn(planes.of_emptiness())
    if like is not None:
        check_like(like, subject, planes.mask)
    options = {"npix": npix, "axes": axes if planes.to == "wsclean" else None}
    shape = (1,) * (axes - 2) + (subject.data.shape[0], subject.data.shape[1])
    pixels = pixelwise(partial(np.not_equal, 0), subject.data, dtype=dtype)
    files.write(Product(output, pixels, _header(files, planes, subject, output, shape, options), shape))


def _write_cube(
    files: StepFiles,
    planes: ExportedPlanes,
    like: Like | None,
    output: Path,
    axes: int,
    dtype: type[np.generic],
) -> None:
    """Write a FITS file with a plane for each channel, which WSClean alone makes use of."""
    mask, number = planes.mask, planes.number
    if planes.to == "ddfacet":
        raise SkerryError(
            f"{mask}: has {number} planes, and DDFacet uses the first one for every channel; give `union`, or one of "
            "them as `planes`"
        )
    if axes == 2:
        raise SkerryError(f"{mask}: has {number} planes, and two axes are for one; give 4 as `axes`, or give `union`")
    planes.check_for_wsclean()
    shape = (1, number, *planes.size)
    empty = []
    with CubeWriter(CubeAxes(shape[:2], 0), files.overwrite) as writer:
        for place in range(number):
            subject = planes.opened(files, place)
            if place == 0 and like is not None:
                check_like(like, subject, mask)
            header = _header(files, planes, subject, output, shape, {}) if place == 0 else subject.header
            writer.write(
                [Product(output, pixelwise(partial(np.not_equal, 0), subject.data, dtype=dtype), header, shape)], place
            )
            empty += [] if subject.data.any() else [place]
        warned = [planes.of_emptiness(empty)] if empty else []
        writer.finish({}, warned, [mask])
    for text in warned:
        files.warn(text)


def _header(
    files: StepFiles,
    planes: ExportedPlanes,
    subject: OpenImage,
    output: Path,
    shape: tuple[int, ...],
    options: dict[str, int | None],
) -> fits.Header:
    """Header of a FITS file, of which WSClean would read all."""
    scale, to = planes.scale, planes.to
    of_scales = mask_scales(subject.header) is not None or None
    facts = None if scale is None else {"SKSCALE": (scale, "[pix] CLEAN scale of this mask")}
    provenance = files.provenance({"to": to, "scale": scale, "of_scales": of_scales} | options, facts)
    made = header_for(to, mask_header(subject.header, provenance), len(shape))
    if to == "wsclean":
        _check_for_wsclean(planes.mask, output, made, shape)
    return made


def _check_options(to: str, npix: int | None, axes: int | None, like: Path | None) -> None:
    """Refuse what another imager than the one chosen would need."""
    if to not in get_args(ImagerName):
        raise SkerryError(f"`to` {to}: is no imager that masks are written for; give casa, ddfacet or wsclean")
    if npix is not None and to != "ddfacet":
        raise SkerryError(f"`npix` {npix}: is for DDFacet, which makes another size than it is asked for; leave it out")
    if npix is not None and like is not None:
        raise SkerryError(f"`npix` {npix}: {like} says the size already; give one of them")
    if npix is not None and npix < 1:
        raise SkerryError(f"`npix` {npix}: must be above zero")
    if axes is not None and to != "wsclean":
        raise SkerryError(f"`axes` {axes}: masks for {to} have four axes; leave it out")
    if axes not in (None, 2, 4):
        raise SkerryError(f"`axes` {axes}: must be 2 or 4")


def _of_ddfacet_size(
    files: StepFiles, subject: OpenImage, like: Like | None, npix: int | None
) -> tuple[OpenImage, int]:
    """Cut or pad a mask about its reference pixel to the size of DDFacet's image, whose centre that is."""
    (my, mx), header, name = subject.data.shape, subject.header, subject.path
    reference = tuple(float(header.get(f"CRPIX{n}", _centre(size))) for n, size in ((2, my), (1, mx)))
    if like is not None:
        (ny, nx), centre = like.size, tuple(float(like.header.get(f"CRPIX{n}", 1.0)) for n in (2, 1))
    else:
        size = ddfacet_size(npix if npix is not None else mx)
        if npix is None and (size != mx or my != mx):
            raise SkerryError(
                f"{name}: has {mx} x {my} pixels, which no image of DDFacet has; give the size that DDFacet is asked "
                "for as `npix`, or an image that it made as `like`"
            )
        ny, nx, centre = size, size, ((size + 1) / 2,) * 2
    first = tuple(round(there - here) for there, here in zip(reference, centre, strict=True))
    if any(abs(there - here - n) > 0.1 for there, here, n in zip(reference, centre, first, strict=True)):
        raise SkerryError(
            f"{name}: its reference pixel {reference[1]:g}, {reference[0]:g} lies between pixels of DDFacet's image; "
            f"{EXTRACT.format('DDFACET.fits', name)}"
        )
    whole = BitMask.of(subject.data)
    placed = BitMask.of(cut_or_padded(whole, (ny, nx), (first[0], first[1])))
    _check_cut(files, whole, placed, name, (nx, ny))
    moved = header.copy()
    moved["CRPIX1"], moved["CRPIX2"] = reference[1] - first[1], reference[0] - first[0]
    return replace(subject, data=placed, header=moved, shape=(ny, nx)), nx


def _centre(size: int) -> float:
    """Centre pixel of an axis, from 1; of an even number the upper one, as imagers have it."""
    return size // 2 + 1


def _check_cut(files: StepFiles, whole: BitMask, placed: BitMask, name: Path, size: tuple[int, int]) -> None:
    """Refuse what DDFacet refuses, an empty mask, and tell of what is cut off."""
    before, after = whole.count(), placed.count()
    image = f"DDFacet's image of {size[0]} x {size[1]} pixels"
    if not before:
        raise SkerryError(f"{name}: is empty, and DDFacet takes no empty mask; lower the clips of the mask")
    if not after:
        raise SkerryError(f"{name}: nothing of it lies within {image}, and DDFacet takes no empty mask; ask for more")
    if after < before:
        files.warn(f"{name.name}: {before - after} of {before} masked pixels lie outside {image} and are left out")


def _check_for_wsclean(mask: Path, output: Path, header: fits.Header, shape: tuple[int, ...]) -> None:
    """Refuse what WSClean would, of the name and the header of what is made."""
    known = header.copy()
    known["NAXIS"] = len(shape)
    made = StoredImage(known, known, shape, "primary", 1, output, None)
    channels = ImagerUse(channels=shape[-3] if len(shape) > 2 else 1)
    checked = CheckedFile(output, made, Target(output.name, (shape[-1], shape[-2])), channels)
    for trap in FILE_TRAPS:
        for told in told_of(checked, (trap,), "wsclean"):
            raise SkerryError(f"{output if trap.name == 'file-name' else mask}: {told.text}")
