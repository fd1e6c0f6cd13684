"""The planes of a mask that is exported, one after the other, and the image on whose grid they are to lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skerry.errors import SkerryError
from skerry.io.casa_images import CasaGrid, read_casa_grid
from skerry.io.cube_axes import CubePlane
from skerry.io.cube_files import OpenCubes, PlaneInWork, working_on
from skerry.io.fits import OpenImage
from skerry.io.headers import mask_scales
from skerry.io.history import steps_of
from skerry.io.image_headers import read_axes
from skerry.io.mask_cards import spectral_axis
from skerry.io.stored_images import open_stored
from skerry.masking.scale_bits import UnknownBitError, plane_of_scale
from skerry.planes.bands import each_band
from skerry.planes.bits import BitMask
from skerry.planes.masks import set_pixels
from skerry.steps.chosen_planes import ChosenPlanes, PlaneChoice
from skerry.steps.companions import check_same_grid
from skerry.steps.cube_steps import cards_of_union

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.steps.step_files import StepFiles

__all__ = ["EXTRACT", "ExportedPlane", "ExportedPlanes", "Like", "check_like", "read_like"]

_BETWEEN_FRAMES = 2e-4
"""Of a frequency: what it may differ by between frames of velocity, at 60 km/s."""
EXTRACT = "put it on that grid with 'skerry extract-beam {} {} -o NEW.fits'"


@dataclass(frozen=True)
class Like:
    """An image of the imager: its grid, and whether it is one of CASA."""

    path: Path
    header: fits.Header
    size: tuple[int, int]
    casa: CasaGrid | None = None


def read_like(path: Path) -> Like:
    """Read the grid of an image of the imager.

    Parameters
    ----------
    path : Path
        A FITS file, or a CASA image.

    Returns
    -------
    Like
        Its grid.

    Raises
    ------
    SkerryError
        If it cannot be read; says what a directory is that is no CASA image.
    """
    if path.is_dir():
        grid = read_casa_grid(path)
        return Like(path, grid.header, (grid.shape[-2], grid.shape[-1]), grid)
    with open_stored(path) as stored:
        if len(stored.shape) < 2:
            raise SkerryError(f"{path}: has 1 axis; give an image that the imager made")
        return Like(path, stored.meant, (stored.shape[-2], stored.shape[-1]))


def check_like(like: Like, subject: OpenImage, mask: Path) -> None:
    """Check that a mask lies on the grid of an image of the imager.

    Parameters
    ----------
    like : Like
        The image.
    subject : OpenImage
        The mask, as it is to be written.
    mask : Path
        Its file, for what to do.

    Raises
    ------
    SkerryError
        If it lies elsewhere.
    """
    nothing = np.broadcast_to(np.float32(0), like.size)
    image = OpenImage(like.path, nothing, like.header, like.size)
    try:
        check_same_grid(image, subject)
    except SkerryError as error:
        told = str(error).rpartition("; ")[0]
        raise SkerryError(f"{told}; {EXTRACT.format(like.path, mask)}") from error


@dataclass(frozen=True)
class ExportedPlane(OpenImage):
    """A plane of which it is kept what is masked."""

    data: BitMask


class ExportedPlanes:
    """The planes of a mask that are written: those that were chosen, or their union.

    Parameters
    ----------
    mask : Path
        Mask, or scale mask.
    to : str
        The imager.
    choice : PlaneChoice, optional
        Of the planes of a cube.
    scale : int, optional
        Of a scale mask, the scale that is written in place of the union.
    nonzero : bool
        Whether all values but 0 are read as 1.

    Raises
    ------
    SkerryError
        If the mask cannot be read, or has no such planes.
    """

    def __init__(self, mask: Path, to: str, choice: PlaneChoice | None, *, scale: int | None, nonzero: bool) -> None:
        self.mask, self.to, self.scale, self._nonzero = mask, to, scale, nonzero
        self._cube, self._headers = read_axes(mask)
        self._chosen = ChosenPlanes.of(mask, self._cube, self._headers, choice or PlaneChoice())
        self.unites = choice is not None and choice.union and len(self._chosen.planes) > 1
        self.axes = self._chosen.axes
        """Of what is written."""
        self.number = 1 if self.unites else len(self._chosen.planes)
        """How many planes are written."""
        header = self._headers[0]
        self.size = int(header["NAXIS2"]), int(header["NAXIS1"])
        """Height and width, pixels."""

    def plane(self, place: int) -> CubePlane:
        """Which channel and Stokes parameter a plane is of those that are written."""
        return self.axes.plane_at(tuple(int(n) for n in np.unravel_index(place, self.axes.lengths or (1,))))

    def opened(self, files: StepFiles, place: int = 0) -> ExportedPlane:
        """Open a plane.

        Parameters
        ----------
        files : StepFiles
            What reads it.
        place : int
            How many planes lie before it.

        Returns
        -------
        ExportedPlane
            It.
        """
        if not self.unites:
            return self._opened(files, self._chosen.planes[place])
        first, *others = self._chosen.planes
        subject = self._opened(files, first)
        for plane in others:
            for rows, band in each_band(self._opened(files, plane).data):
                subject.data[rows] = subject.data[rows] | band
        header = subject.header.copy()
        header.update(cards_of_union(self._chosen, self._headers))
        return replace(subject, header=header)

    def _opened(self, files: StepFiles, plane: CubePlane) -> ExportedPlane:
        if self._cube.channels * self._cube.stokes == 1:
            return self._kept(files.open_mask(self.mask, nonzero=self._nonzero))
        with OpenCubes() as cubes, working_on(PlaneInWork(plane, cubes)):
            return self._kept(files.open_mask(self.mask, nonzero=self._nonzero))

    def _kept(self, subject: OpenImage) -> ExportedPlane:
        bits = _chosen_bits(subject, self.scale, self.to)
        return ExportedPlane(subject.path, bits, subject.header, subject.shape)

    def of_emptiness(self, places: Sequence[int] = ()) -> str:
        """Sentence on planes that are empty."""
        if self.number == 1:
            return f"{self.mask.name}: is empty: nothing will be cleaned"
        return f"{self.mask.name}: {self._chosen.in_words(places)}: empty: nothing will be cleaned there"

    def check_for_wsclean(self) -> None:
        """Refuse a cube whose planes WSClean would take for others."""
        if self.axes.stokes > 1:
            raise SkerryError(f"{self.mask}: has several Stokes parameters; choose one as `stokes`, or give `union`")
        header, axis = self._headers[0], self._axis_of_channels()
        kind = str(header.get(f"CTYPE{axis}", "")).strip()
        if axis is None or not kind.startswith("FREQ"):
            named = f" of {kind}" if kind else ""
            raise SkerryError(f"{self.mask}: has its planes on an axis{named}, not of FREQ; give `union`, or `planes`")
        if header.get(f"CDELT{axis}", 1.0) < 0:
            raise SkerryError(
                f"{self.mask}: its frequencies fall from plane to plane, and WSClean takes the first one for "
                "the lowest channel; turn their order, or give `union`"
            )

    def check_channels(self, like: Path, header: fits.Header) -> None:
        """Refuse channels that lie elsewhere than those of an image with as many.

        Parameters
        ----------
        like : Path
            The image, for messages.
        header : Header
            Its own.

        Raises
        ------
        SkerryError
            If the frequencies of both are known, and differ by more than frames of velocity and half a channel do.
        """
        first = self._chosen.planes[0].channel
        own = _frequencies(self._headers[0], self._axis_of_channels(), first, first + self.axes.channels - 1)
        wanted = _frequencies(header, spectral_axis(header), 0, self.axes.channels - 1)
        if own is None or wanted is None:
            return
        steps = np.array([own[1] - own[0], wanted[1] - wanted[0]]) / (self.axes.channels - 1)
        reach = abs(steps[1]) / 2 + _BETWEEN_FRAMES * abs(wanted[0])
        if steps.prod() < 0 or max(abs(a - b) for a, b in zip(own, wanted, strict=True)) > reach:
            mhz = [f"from {ends[0] / 1e6:.9g} to {ends[1] / 1e6:.9g} MHz" for ends in (own, wanted)]
            raise SkerryError(
                f"{self.mask}: its channels are {mhz[0]}, but those of {like} {mhz[1]}; give an image of the "
                "same channels"
            )

    def _axis_of_channels(self) -> int | None:
        """Number of the axis of the channels, if there is a single one."""
        lengths = self._cube.lengths
        axes = [len(lengths) + 2 - n for n, length in enumerate(lengths) if length > 1 and n != self._cube.stokes_axis]
        return axes[0] if len(axes) == 1 else None


def _frequencies(header: fits.Header, axis: int | None, *channels: int) -> list[float] | None:
    """Frequencies of channels, Hz; None if the header does not say them."""
    if axis is None or not str(header.get(f"CTYPE{axis}", "")).startswith("FREQ"):
        return None
    value, pixel, step = (header.get(f"{key}{axis}") for key in ("CRVAL", "CRPIX", "CDELT"))
    if None in (value, pixel, step) or str(header.get(f"CUNIT{axis}", "Hz")).strip() not in ("", "Hz"):
        return None
    return [float(value + (channel + 1 - pixel) * step) for channel in channels]


def _chosen_bits(subject: OpenImage, scale: int | None, to: str) -> BitMask:
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
