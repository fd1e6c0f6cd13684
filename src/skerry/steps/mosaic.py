"""The step that writes the mosaic of a field: one image of all its beams, on a grid that holds them all.

Masks made on it see the same sky in every beam, and the faint sources that only the sum of the beams shows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skerry.errors import SkerryError, SkerryWarning
from skerry.io.fits import OpenImage
from skerry.io.headers import value_header
from skerry.io.image_headers import read_header, read_shape
from skerry.io.pixel_units import unit_of
from skerry.io.products import Product
from skerry.planes.bands import each_band
from skerry.planes.computed import Computed
from skerry.planes.plane import Plane
from skerry.planes.sample import sampled_rows
from skerry.sky.beam import beam_fwhm, pixels_per_beam
from skerry.sky.coadd import BeamImage, Mosaic, linear_mosaic
from skerry.sky.grid import celestial_wcs
from skerry.sky.mosaic_grid import TooWideError, mosaic_grid
from skerry.sky.restoring_beam import UnknownBeamError
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.companions import in_unit, require_image
from skerry.steps.each_plane import of_each_plane
from skerry.steps.image_warnings import BOTH_SIGNS, stokes_of
from skerry.steps.mosaic_headers import (
    BeamHeaders,
    mosaic_beam,
    mosaic_header,
    put_axes,
    read_beam_headers,
    weight_header,
)
from skerry.steps.step_files import StepFiles

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["make_mosaic"]


@of_each_plane
def make_mosaic(
    images: Sequence[Path],
    *,
    output: Path,
    primary_beam_fwhm: float | None = None,
    weights: Sequence[Path] | None = None,
    primary_beam_cutoff: float = 0.1,
    noise_weights: bool = False,
    like: Path | None = None,
    weight_output: Path | None = None,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the linear mosaic of the images of a field's beams.

    Parameters
    ----------
    images : sequence of Path
        One a beam, in one unit or units that differ by a factor, of any size, projection and frame. One without valid
        pixels is left out with a `SkerryWarning`.
    output : Path
        2-D float32, in SIN projection (WSClean takes no other as mask), in the frame of the first image, with the
        smallest pixels of all, round all beams; or on the grid of `like`.
    primary_beam_fwhm : float, optional
        FWHM of the Gaussian primary beam, degrees; the images are then apparent flux.
    weights : sequence of Path, optional
        One a beam, on its grid; the images are then corrected for the primary beam. Give either these or the FWHM.
    primary_beam_cutoff : float
        Level of the primary beam below which a beam is not used.
    noise_weights : bool
        Whether beams are also weighted by one over the square of their local noise, which is measured with their
        artefacts, on the image times the root of `weights` where these are given
        (`skerry.masking.noise_weights`). An image that has the same value everywhere is left out, as one
        without valid pixels.
    like : Path, optional
        Image with the grid to use.
    weight_output : Path, optional
        Also write the sum of the weights here: of the squared primary beams, or of `weights`; with `noise_weights`
        one over the square of the noise that is to be expected of the mosaic, in its unit.
    planes : PlaneChoice, optional
        Of cubes, which planes; by default all. A plane without valid pixels in any of them is NaN.
    overwrite : bool
        Whether outputs may be replaced.

    Returns
    -------
    Path
        `output`; its header has the beams' restoring beam, or their common one where they differ by more than 1 %.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, has no celestial WCS, contributes nothing or is in another unit than
        flux per beam, if no image has valid pixels, if one has no noise by which it could be weighted, or if
        not exactly one of `primary_beam_fwhm` and `weights` is given.
    """
    images, weights = list(images), None if weights is None else list(weights)
    _check_request(images, primary_beam_fwhm, weights, primary_beam_cutoff)
    used = {"primary_beam_fwhm": primary_beam_fwhm, "weights": None if weights is None else "images"}
    if weights is None:
        used["primary_beam_cutoff"] = primary_beam_cutoff
    if noise_weights:
        used["noise_weights"] = True
    outputs = [output, weight_output]
    with StepFiles("mosaic", [*images, *(weights or []), like], outputs, overwrite, planes=planes) as files:
        given = read_beam_headers(images)
        field, beams = _seen(given, files, weights, noise_weights=noise_weights)
        # All planes of a cube have one grid, whichever beams are blank in each of them.
        wcs, shape = _grid_of(like) if like is not None else _grid_round(given if files.works_on_cubes else field)
        result = _blank_mosaic(shape)
        contributes = [False] * len(beams)
        if beams:
            result = linear_mosaic(
                beams, wcs, shape, primary_beam_fwhm=primary_beam_fwhm, primary_beam_cutoff=primary_beam_cutoff
            )
            contributes = result.contributes
            _check_contributions(field, contributes, like)
        beam = mosaic_beam(field, contributes, wcs, shape)
        roles = {"weights": weights, "like": like}
        header = mosaic_header(given if files.works_on_cubes else field, wcs, beam)
        in_file = (*put_axes(header, given.headers[0], files.works_on_cubes), *shape)
        header = value_header(header, files.provenance(used, roles=roles))
        products = [Product(output, result.image, header, in_file)]
        if weight_output is not None:
            unit = f"({given.unit})^-2" if noise_weights and given.unit else None
            products.append(Product(weight_output, result.weight, weight_header(header, unit), in_file))
        files.write(*products)
    return output


def _check_request(images: Sequence[Path], fwhm: float | None, weights: Sequence[Path] | None, cutoff: float) -> None:
    """Refuse what cannot be a mosaic before any file is read."""
    if not images:
        raise SkerryError("mosaic: there are no images; give at least one")
    if (fwhm is None) == (weights is None):
        both = "but not both" if weights is not None else "one of the two says how much of each beam to take"
        raise SkerryError(
            "mosaic: give `primary_beam_fwhm` for images of apparent flux, as WSClean makes them, or `weights` for "
            f"images that are corrected for the primary beam, a weight image each; {both}"
        )
    if weights is not None and len(weights) != len(images):
        raise SkerryError(
            f"`weights`: there are {len(weights)}, and {len(images)} images; give one for each image, in order"
        )
    if fwhm is not None and not 0 < fwhm < math.inf:
        raise SkerryError(f"`primary_beam_fwhm` {fwhm}: give an angle above 0")
    if not 0 <= cutoff < 1:
        raise SkerryError(f"`primary_beam_cutoff` {cutoff}: give 0 or more, and less than 1")


def _seen(
    field: BeamHeaders, files: StepFiles, weights: Sequence[Path] | None, *, noise_weights: bool
) -> tuple[BeamHeaders, list[BeamImage]]:
    """Open the images; those without valid pixels are left out, as if they had not been given."""
    numbers = range(len(field.paths))
    opened = [_open_beam(files, field, number, weights, noise_weights=noise_weights) for number in numbers]
    if all(beam is None for beam in opened) and not files.works_on_cubes:
        names = f"{field.paths[0]} and {len(opened) - 1} more" if len(opened) > 1 else str(field.paths[0])
        raise SkerryError(f"{names}: no image has a valid pixel, so there is no mosaic; give images that have")
    chosen = [number for number, beam in enumerate(opened) if beam is not None]
    seen = BeamHeaders(*([part[number] for number in chosen] for part in field))  # type: ignore[arg-type]
    return seen, [beam for beam in opened if beam is not None]


def _open_beam(
    files: StepFiles, field: BeamHeaders, number: int, weights: Sequence[Path] | None, *, noise_weights: bool
) -> BeamImage | None:
    """Open an image, and its weights if there are any; None if it has no valid pixels, or no noise to weight it by."""
    path, wcs = field.paths[number], field.wcs[number]
    image = files.open_image(path)
    if image.level:
        zeros = not any((band != 0).any() for _, band in each_band(image.data))
        if zeros or noise_weights:
            what = "all are zero" if zeros else "all have the same value"
            warnings.warn(f"{path}: has no valid pixels: {what}", SkerryWarning, stacklevel=4)
            return None
    if image.empty:
        return None
    require_image(image, "give the image itself")
    data = in_unit(image, unit_of(field.headers[0]), field.paths[0])
    weight = None if weights is None else _open_weights(files, weights[number], image)
    if noise_weights:
        weight = _by_noise(image, data, weight)
    return BeamImage(data, wcs, weight)


def _open_weights(files: StepFiles, path: Path, image: OpenImage) -> Plane:
    """Open the weights of an image."""
    weight = files.open_companion(path, image)
    if not any((band > 0).any() for _, band in each_band(weight.data)):
        raise SkerryError(f"{path}: has no pixel with a positive weight; leave out {image.path}, or mend it")
    if (sampled_rows(weight.data) < 0).any():
        raise SkerryError(f"{path}: has negative pixels, and is no weight image; give that of {image.path}")
    return weight.data


def _by_noise(image: OpenImage, data: Plane, weight: Plane | None) -> Plane:
    """Weights of an image by its noise."""
    # Imported here: without these weights no noise is measured.
    from skerry.masking.noise_weights import noise_weight

    try:
        fwhm = beam_fwhm(pixels_per_beam(image.header, name=str(image.path)))
    except UnknownBeamError:
        fwhm = None
    found = noise_weight(data, fwhm, weight, both_signs=stokes_of(image.header) in BOTH_SIGNS)
    if not any((band > 0).any() for _, band in each_band(found)):
        advice = "leave it out, or make the mosaic without `noise_weights`"
        raise SkerryError(f"{image.path}: has no noise by which it could be weighted; {advice}")
    return found


def _grid_round(field: BeamHeaders) -> tuple[WCS, tuple[int, int]]:
    """Grid that holds all beams."""
    try:
        return mosaic_grid(field.wcs, field.shapes)
    except TooWideError as error:
        names = f"{field.paths[0]} and {len(field.paths) - 1} more" if len(field.paths) > 1 else str(field.paths[0])
        raise SkerryError(f"{names}: {error}; make several, or give `like`, an image with the grid to use") from error


def _grid_of(path: Path) -> tuple[WCS, tuple[int, int]]:
    """Grid of an image."""
    ny, nx = read_shape(path)[-2:]
    return celestial_wcs(path, read_header(path)), (ny, nx)


def _blank_mosaic(shape: tuple[int, int]) -> Mosaic:
    """Mosaic of no beam."""

    def filled(value: float) -> Computed:
        width, dtype = shape[1], np.dtype(np.float32)
        return Computed(shape, dtype, lambda start, stop: np.full((stop - start, width), value, dtype))

    return Mosaic(filled(np.nan), filled(0.0), [])


def _check_contributions(field: BeamHeaders, contributes: Sequence[bool], like: Path | None) -> None:
    """Tell of beams of which nothing is in the mosaic."""
    for path, does in zip(field.paths, contributes, strict=True):
        if does:
            continue
        if like is None or not any(contributes):
            raise SkerryError(
                f"{path}: contributes nothing to the mosaic: no valid pixel of it has a weight there; leave it out"
            )
        warnings.warn(f"{path}: lies outside {like} and contributes nothing to the mosaic", SkerryWarning, stacklevel=3)
