"""Steps on cubes: each plane by itself, as if it were an image of its own, several of them side by side.

A step knows planes alone. It is called once for each plane of a cube: what it opens is that plane of its files, and
what it writes is a plane of a file that appears whole at the end.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from skerry.errors import SkerryError, SkerryNote, SkerryWarning, heard, hearing
from skerry.io.checksums import begin_checksums
from skerry.io.cube_axes import CubeAxes
from skerry.io.cube_files import OpenCubes, PlaneInWork, working_on
from skerry.io.cube_writer import CubeWriter
from skerry.io.image_headers import read_axes
from skerry.planes.limits import RESERVED, current_limits, use_limits
from skerry.planes.progress import expect
from skerry.steps.chosen_planes import ChosenPlanes, PlaneChoice
from skerry.steps.made_mask import MadeMask
from skerry.steps.planes_report import facts_of_planes, report_of_planes, report_of_union

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["cards_of_union", "made_of_cube", "of_first_plane"]

Made = TypeVar("Made")
Found = TypeVar("Found")

_BYTES_OF_PLANE = 150_000_000
"""Memory that a plane is given beside others at least, with two bytes for each of its pixels."""


@dataclass(frozen=True)
class _MadePlane:
    """What a step made of a plane."""

    result: Any
    told: Sequence[SkerryWarning]
    kept: Sequence[str]
    """Warnings that the header keeps."""
    inputs: tuple[Path, ...]


def made_of_cube(step: Callable[[], Made], image: Path, given: Mapping[str, Any]) -> Made:
    """Do a step for each plane of a cube that was chosen.

    Parameters
    ----------
    step : callable
        The step, with all that it is given.
    image : Path
        The cube that it is about.
    given : mapping of str to object
        What it is given by its parameters, of which `planes` says which planes are chosen.

    Returns
    -------
    object
        What it made of the first plane; of a `MadeMask` with the report of all.

    Raises
    ------
    SkerryError
        If there are no such planes, or as the step does of a plane, which the message names.
    """
    choice = given.get("planes") or PlaneChoice()
    if given.get("noise_grid") is not None:
        told = f"{given['noise_grid']}: keeps the noise of one plane, and is neither read nor written for a cube"
        warnings.warn(told, SkerryNote, stacklevel=4)
    cube, headers = read_axes(image)
    chosen = ChosenPlanes.of(image, cube, headers, choice)
    axes = _axes_of_file(image, chosen, headers[0], given.get("axes"))
    begin_checksums(_files_in(given.values()))
    expect(images=len(chosen.planes))
    with ExitStack() as stack:
        planes: list[_MadePlane] = []
        # Whatever happens, the user is told of what was seen; outside of what hears warnings.
        stack.callback(_tell, chosen, image, planes)
        stack.enter_context(hearing())
        cubes = stack.enter_context(OpenCubes())
        writer = stack.enter_context(
            CubeWriter(axes, bool(given.get("overwrite")), union=choice.union and len(chosen.planes) > 1)
        )
        pixels = int(headers[0].get("NAXIS1", 0)) * int(headers[0].get("NAXIS2", 0))
        for made in _each(chosen, pixels, partial(_of_plane, step, chosen, image, cubes, writer)):
            planes.append(made)
        kept = _grouped(chosen, image, [plane.kept for plane in planes])
        cards = cards_of_union(chosen, headers) if choice.union and axes.lengths else {}
        writer.finish(cards, kept, planes[0].inputs)
    result = planes[0].result
    if isinstance(result, MadeMask):
        reports = [plane.result.report for plane in planes]
        facts = facts_of_planes(chosen, headers[0], writer.beams())
        of_all = report_of_planes(facts, reports, tuple(kept))
        result = replace(result, report=report_of_union(result.mask, of_all) if choice.union else of_all)
    made_of_all: Made = result
    return made_of_all


def of_first_plane(image: Path, choice: PlaneChoice | None, found: Callable[[], Found | None]) -> Found | None:
    """Look at planes of a cube until one of them shows what is looked for.

    Parameters
    ----------
    image : Path
        The cube.
    choice : PlaneChoice, optional
        Which planes.
    found : callable
        Looks at the plane that is worked on; gives None where there is nothing.

    Returns
    -------
    object, or None
        What was found first.
    """
    chosen = ChosenPlanes.of(image, *read_axes(image), choice or PlaneChoice())
    with OpenCubes() as cubes:
        for plane in chosen.planes:
            with working_on(PlaneInWork(plane, cubes)):
                if (seen := found()) is not None:
                    return seen
    return None


def _files_in(values: Iterable[Any]) -> Iterator[Path]:
    """Names of files among what a step is given."""
    for value in values:
        if isinstance(value, Path):
            yield value
        elif isinstance(value, list | tuple):
            yield from _files_in(value)


def _of_plane(
    step: Callable[[], Any], chosen: ChosenPlanes, image: Path, cubes: OpenCubes, writer: CubeWriter, number: int
) -> _MadePlane:
    work = PlaneInWork(chosen.planes[number], cubes, writer, number if writer.unites else chosen.place(number))
    with working_on(work), heard() as told:
        try:
            result = step()
        except SkerryError as error:
            raise SkerryError(_with_planes(str(error), image, chosen.in_words([number]))) from error
    return _MadePlane(result, told, work.warned, work.inputs)


def _each(chosen: ChosenPlanes, pixels: int, made: Callable[[int], _MadePlane]) -> Iterator[_MadePlane]:
    """Go through the planes in order: the first one alone, which begins the files, the others side by side."""
    yield made(0)
    count, limits = len(chosen.planes) - 1, current_limits()
    available = limits.memory - RESERVED
    workers = max(1, min(count, limits.threads, available // (_BYTES_OF_PLANE + 2 * pixels)))
    if workers == 1:
        yield from map(made, range(1, count + 1))
        return
    with (
        use_limits(RESERVED + available // workers, max(1, limits.threads // workers)),
        ThreadPoolExecutor(workers) as pool,
    ):
        try:
            yield from pool.map(made, range(1, count + 1))
        finally:
            pool.shutdown(cancel_futures=True)


def _axes_of_file(image: Path, chosen: ChosenPlanes, header: fits.Header, wanted: int | None) -> CubeAxes:
    """Axes of the files where two or four are wanted, as `skerry.io.products.of_axes` gives them to the headers."""
    kinds = [str(header.get(f"CTYPE{n}", "")).strip().partition("-")[0] for n in (3, 4)]
    axes = chosen.axes
    if wanted is None or (wanted == 4 and len(axes.lengths) == 2 and set(kinds) == {"FREQ", "STOKES"}):
        return axes
    if wanted == 2 and math.prod(axes.lengths) > 1:
        raise SkerryError(f"{image}: has several planes, and two axes are for one; leave `axes` out, or give `union`")
    if wanted == 4 and len(chosen.planes) > 1 and (len(axes.lengths) != 1 or kinds[0] not in ("FREQ", "STOKES")):
        raise SkerryError(f"{image}: has planes on other axes than FREQ and STOKES alone; leave `axes` out")
    return CubeAxes(() if wanted == 2 else (axes.stokes, axes.channels), None if wanted == 2 else 0)


def cards_of_union(chosen: ChosenPlanes, headers: Sequence[fits.Header]) -> dict[str, Any]:
    """Cards of the axes of a union: one pixel that is as long as the planes together.

    Parameters
    ----------
    chosen : ChosenPlanes
        The planes.
    headers : sequence of Header
        Of the first plane of each Stokes parameter.

    Returns
    -------
    dict
        By keyword, with the numbers of the axes of the cube.
    """
    channels = [plane.channel for plane in chosen.planes]
    first, count, header = min(channels), max(channels) + 1 - min(channels), headers[0]
    cards: dict[str, Any] = {}
    for n, length in enumerate(chosen.cube.lengths):
        axis = len(chosen.cube.lengths) + 2 - n
        keys = [f"{key}{axis}" for key in ("CRVAL", "CRPIX", "CDELT")]
        if n == chosen.cube.stokes_axis or length == 1 or not all(key in header for key in keys):
            continue
        value, pixel, step = (header[key] for key in keys)
        cards |= {keys[0]: value + (first + (count + 1) / 2 - pixel) * step, keys[1]: 1.0, keys[2]: step * count}
    return cards


def _tell(chosen: ChosenPlanes, image: Path, planes: Sequence[_MadePlane]) -> None:
    """Warn of what the planes were warned of, once where several are told the same."""
    for category in (SkerryWarning, SkerryNote):
        told = [
            [str(one) for one in plane.told if isinstance(one, SkerryNote) == (category is SkerryNote)]
            for plane in planes
        ]
        for text in _grouped(chosen, image, told):
            warnings.warn(text, category, stacklevel=4)


def _grouped(chosen: ChosenPlanes, image: Path, told: Sequence[Sequence[str]]) -> list[str]:
    """What was told of planes, each with the names of all of which it was told."""
    places: dict[str, list[int]] = {}
    for place, texts in enumerate(told):
        for text in texts:
            places.setdefault(text, []).append(place)
    return [_with_planes(text, image, chosen.in_words(where)) for text, where in places.items()]


def _with_planes(text: str, image: Path, named: str) -> str:
    """Message that says of which planes it is, behind the name of the image."""
    for name in (str(image), image.name):
        if text.startswith(f"{name}: "):
            return f"{name}: {named}: {text.removeprefix(f'{name}: ')}"
    return f"{image.name}: {named}: {text}"
