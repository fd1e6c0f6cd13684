"""The step that writes a mask in the form that an imager reads as it is meant.

Each imager has its own: tclean takes a CASA image on its very grid, DDFacet a FITS file of the size that it makes of
the one it is asked for, WSClean a FITS file without a card that it stumbles over. What they do with any other form is
told in docs/imaging.md, and seldom by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from skerry.errors import SkerryError
from skerry.io.casa_images import CasaGrid, check_casa_output, read_casa_grid, write_casa_image
from skerry.io.fits import OpenImage, StoredImage, open_stored
from skerry.io.headers import mask_header, mask_scales
from skerry.io.history import steps_of
from skerry.io.imager_headers import ImagerName, casa_header, header_for
from skerry.io.outputs import check_outputs
from skerry.io.products import Product
from skerry.masking.scale_bits import UnknownBitError, plane_of_scale
from skerry.planes.bits import BitMask
from skerry.planes.masks import cut_or_padded, set_pixels
from skerry.sky.ddfacet_size import ddfacet_size
from skerry.sky.image_axes import frequency_of
from skerry.steps.check_target import Target
from skerry.steps.checked_mask_file import CheckedFile
from skerry.steps.companions import check_same_grid
from skerry.steps.imager_traps import FILE_TRAPS, told_of
from skerry.steps.step_files import StepFiles

if TYPE_CHECKING:
    from astropy.io import fits


__all__ = ["make_exported_mask"]

_EXTRACT = "put it on that grid with 'skerry extract-beam {} {} -o NEW.fits'"


@dataclass(frozen=True)
class _Like:
    """An image of the imager: its grid, and whether it is one of CASA."""

    path: Path
    header: fits.Header
    size: tuple[int, int]
    casa: CasaGrid | None = None


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
    overwrite: bool = False,
) -> Path:
    """Write a mask as an imager reads it.

    Parameters
    ----------
    mask : Path
        Mask, or scale mask, of which the union is written.
    to : str
        The imager: "casa" for tclean, "ddfacet" or "wsclean".
    output : Path
        The result: a CASA image, which is a directory, or a FITS file.
    like : Path, optional
        An image that the imager made, FITS or CASA's, on whose grid the result has to lie. A CASA image gets its
        coordinates, and the mask in each of its planes; for DDFacet the mask is cut or padded to its size.
    npix : int, optional
        For DDFacet in place of `like`: the size that it is asked for, pixels.
    scale : int, optional
        Of a scale mask, the mask of this scale in place of the union.
    axes : int, optional
        Of a mask for WSClean: 2 or 4, the default.
    nonzero : bool
        Whether the mask may hold any values, as labels or 255: all but 0 are then masked.
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
    inputs = [mask, *([] if like is None else [like])]
    if to == "casa":
        check_casa_output(output, inputs, overwrite)
    else:
        check_outputs([output], inputs, overwrite)
    grid = None if like is None else _read_like(like)
    with StepFiles("export", [mask], [], overwrite) as files:
        subject = files.open_mask(mask, nonzero=nonzero)
        kept = _chosen(subject, scale, to)
        subject = replace(subject, data=kept)
        if not kept.any() and to != "ddfacet":
            files.warn(f"{mask.name}: is empty: nothing will be cleaned")
        if to == "casa":
            _write_for_casa(files, subject, grid, output)
            return output
        if to == "ddfacet":
            subject, npix = _of_ddfacet_size(files, subject, grid, npix)
        if grid is not None:
            _check_grid(grid, subject, mask)
        of_scales = mask_scales(subject.header) is not None or None
        options = {"to": to, "npix": npix, "scale": scale, "axes": axes, "of_scales": of_scales}
        facts = None if scale is None else {"SKSCALE": (scale, "[pix] CLEAN scale of this mask")}
        made = header_for(to, mask_header(subject.header, files.provenance(options, facts)), axes or 4)
        shape = (1,) * ((axes or 4) - 2) + (subject.data.shape[0], subject.data.shape[1])
        if to == "wsclean":
            _check_for_wsclean(mask, output, made, shape)
        files.write(Product(output, subject.data, made, shape))
    return output


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


def _read_like(path: Path) -> _Like:
    """Read the grid of an image of the imager; `read_casa_grid` says what a directory is that is none."""
    if path.is_dir():
        grid = read_casa_grid(path)
        return _Like(path, grid.header, (grid.shape[-2], grid.shape[-1]), grid)
    with open_stored(path) as stored:
        if len(stored.shape) < 2:
            raise SkerryError(f"{path}: has 1 axis; give an image that the imager made")
        return _Like(path, stored.meant, (stored.shape[-2], stored.shape[-1]))


def _chosen(subject: OpenImage, scale: int | None, to: str) -> BitMask:
    """Pixels of the union of a scale mask, or of one scale, or of a plain mask."""
    name, scales = subject.path, mask_scales(subject.header, str(subject.path))
    of_scale = scale if scale is not None else subject.header.get("SKSCALE")
    if to == "casa" and of_scale and _is_eroded_for_scales(subject.header):
        raise SkerryError(
            f"{name}: what it holds of the scale of {of_scale} pixels is eroded for that scale, and tclean erodes the "
            "mask for each scale by itself: it would leave the scale out; give the scale mask, of which it gets the "
            "union, without `scale`"
        )
    if scale is None:
        return BitMask.of(set_pixels(subject.data))
    if scales is None or scale not in scales:
        has = f"it has {', '.join(map(str, scales))}" if scales else "it is no scale mask"
        raise SkerryError(f"{name}: has no scale of {scale} pixels; {has}")
    try:
        return BitMask.of(set_pixels(plane_of_scale(subject.data, scales.index(scale), len(scales))))
    except UnknownBitError as error:
        raise SkerryError(f"{name}: {error}") from error


def _is_eroded_for_scales(header: fits.Header) -> bool:
    """Whether the masks of single scales are eroded ones; those of images that were smoothed are not."""
    return any(
        "beam_shape_erode_scales" in step.options and step.options.get("convolve_first") != "True"
        for step in steps_of(header)
        if step.command in ("erode", "mask")
    )


def _write_for_casa(files: StepFiles, subject: OpenImage, like: _Like | None, output: Path) -> None:
    if like is not None:
        _check_grid(like, subject, subject.path)
    coordinates = casa_header(subject.header if like is None else like.header)
    if frequency_of(coordinates) is None and (like is None or like.casa is None):
        raise SkerryError(
            f"{subject.path}: says nothing of its frequency, without which tclean takes no mask; give the image that "
            "tclean made as `like`"
        )
    stamped = mask_header(subject.header, files.provenance({"to": "casa"}))
    facts = {keyword.lower(): stamped[keyword] for keyword in ("SKVERS", "SKCMD")}
    casa = None if like is None else like.casa
    with files.stage("writing"):
        write_casa_image(output, subject.data, coordinates, casa, facts | {"skmask": subject.path.name})


def _of_ddfacet_size(
    files: StepFiles, subject: OpenImage, like: _Like | None, npix: int | None
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
            f"{_EXTRACT.format('DDFACET.fits', name)}"
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


def _check_grid(like: _Like, subject: OpenImage, mask: Path) -> None:
    """Check that the mask lies on the grid of an image of the imager."""
    nothing = np.broadcast_to(np.float32(0), like.size)
    image = OpenImage(like.path, nothing, like.header, like.size)
    try:
        check_same_grid(image, subject)
    except SkerryError as error:
        told = str(error).rpartition("; ")[0]
        raise SkerryError(f"{told}; {_EXTRACT.format(like.path, mask)}") from error


def _check_for_wsclean(mask: Path, output: Path, header: fits.Header, shape: tuple[int, ...]) -> None:
    """Refuse what WSClean would, of the name and the header of what is made."""
    known = header.copy()
    known["NAXIS"] = len(shape)
    made = StoredImage(known, known, shape, "primary", 1, output, None)
    checked = CheckedFile(output, made, Target(output.name, (shape[-1], shape[-2])))
    for trap in FILE_TRAPS:
        for told in told_of(checked, (trap,), "wsclean"):
            raise SkerryError(f"{output if trap.name == 'file-name' else mask}: {told.text}")
