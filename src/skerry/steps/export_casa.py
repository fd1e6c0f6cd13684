"""A mask as the CASA image that tclean reads as it is meant: each plane in the channel that it is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skerry.errors import SkerryError
from skerry.io.casa_images import CasaGrid, PlanesOfImage, write_casa_image
from skerry.io.cube_axes import cube_axes
from skerry.io.headers import mask_header
from skerry.io.imager_headers import casa_header
from skerry.sky.image_axes import frequency_of
from skerry.steps.exported_planes import ExportedPlane, ExportedPlanes, Like, check_like

if TYPE_CHECKING:
    from skerry.steps.step_files import StepFiles

__all__ = ["write_for_casa"]


def write_for_casa(files: StepFiles, planes: ExportedPlanes, like: Like | None, output: Path) -> None:
    """Write planes of a mask as a CASA image.

    Parameters
    ----------
    files : StepFiles
        What reads them.
    planes : ExportedPlanes
        One, which serves all planes of `like`, or one for each of its channels.
    like : Like, optional
        An image that tclean made.
    output : Path
        The image to make.

    Raises
    ------
    SkerryError
        If it cannot be written, or tclean would not read it as it is meant.
    """
    casa = None if like is None else like.casa
    places: list[list[tuple[int, ...]]] = [[(0, 0)]] if casa is None else _places(planes, casa)
    if planes.number > 1 and casa is None:
        raise SkerryError(
            f"{planes.mask}: has {planes.number} planes, which lie in tclean's channels only if their frequencies are "
            "its own to the last digit; give the CASA image that tclean made as `like`, or give `union`"
        )
    first = planes.opened(files)
    if like is not None:
        check_like(like, first, planes.mask)
    coordinates = casa_header(first.header if like is None else like.header)
    if frequency_of(coordinates) is None and casa is None:
        raise SkerryError(
            f"{planes.mask}: says nothing of its frequency, without which tclean takes no mask; give the image that "
            "tclean made as `like`"
        )
    stamped = mask_header(first.header, files.provenance({"to": "casa"}))
    facts = {keyword.lower(): stamped[keyword] for keyword in ("SKVERS", "SKCMD")}
    empty: list[int] = []
    with files.stage("writing"):
        pixels = _pixels(files, planes, first, places, empty)
        write_casa_image(output, pixels, planes.size, coordinates, casa, facts | {"skmask": planes.mask.name})
    if empty:
        files.warn(planes.of_emptiness(empty))


def _pixels(
    files: StepFiles,
    planes: ExportedPlanes,
    first: ExportedPlane,
    places: list[list[tuple[int, ...]]],
    empty: list[int],
) -> Iterator[PlanesOfImage]:
    """Pixels of each plane, and where they go; notes which are empty."""
    for place, where in enumerate(places):
        subject = first if place == 0 else planes.opened(files, place)
        empty += [] if subject.data.any() else [place]
        yield where, subject.data


def _places(planes: ExportedPlanes, casa: CasaGrid) -> list[list[tuple[int, ...]]]:
    """Planes of a CASA image that each of the mask's is for: of its channel and Stokes parameter, where it has several.

    Raises
    ------
    SkerryError
        If the image has not as many, or its channels are others.
    """
    axes = cube_axes(casa.header, casa.shape)
    for name, has, number in (
        ("channels", planes.axes.channels, axes.channels),
        ("Stokes parameters", planes.axes.stokes, axes.stokes),
    ):
        if has not in (1, number):
            raise SkerryError(
                f"{planes.mask}: has {has} {name}, but {casa.path} has {number}; choose `planes` or `stokes`, or give "
                "`union`"
            )
    if planes.axes.channels > 1:
        planes.check_channels(casa.path, casa.header)
    wanted = [(index, axes.plane_at(index)) for index in np.ndindex(axes.lengths)]
    return [
        [
            index
            for index, plane in wanted
            if (planes.axes.channels == 1 or plane.channel == own.channel)
            and (planes.axes.stokes == 1 or plane.stokes == own.stokes)
        ]
        for own in map(planes.plane, range(planes.number))
    ]
