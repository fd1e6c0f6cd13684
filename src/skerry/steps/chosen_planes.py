"""Which planes of a cube a step works on, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.errors import SkerryError
from skerry.io.cube_axes import CubeAxes, CubePlane, in_ranges
from skerry.steps.image_warnings import stokes_of

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["ChosenPlanes", "PlaneChoice"]


@dataclass(frozen=True)
class PlaneChoice:
    """Which planes of a cube are wanted.

    Attributes
    ----------
    planes : (int, int) or None
        The first and the last of the channels, from 0; all by default.
    stokes : str or None
        The Stokes parameter; all by default.
    union : bool
        Whether they make one mask rather than one each.
    """

    planes: tuple[int, int] | None = None
    stokes: str | None = None
    union: bool = False

    @classmethod
    def of(cls, planes: str | None = None, stokes: str | None = None, *, union: bool = False) -> PlaneChoice | None:
        """Choice as a user writes it.

        Parameters
        ----------
        planes : str, optional
            A number, or the first and the last with a hyphen between.
        stokes : str, optional
            As I, or XX.
        union : bool
            Whether the planes make one mask.

        Returns
        -------
        PlaneChoice, or None
            None where nothing is chosen.

        Raises
        ------
        SkerryError
            If `planes` are no such numbers.

        Examples
        --------
        >>> PlaneChoice.of("3-7").planes, PlaneChoice.of("4").planes
        ((3, 7), (4, 4))
        """
        if planes is None and stokes is None and not union:
            return None
        found = None if planes is None else re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", planes)
        if planes is not None and found is None:
            raise SkerryError(f"`planes` {planes!r}: is not a plane or a range of them; write it as 4 or 3-7")
        first, last = (0, 0) if found is None else (int(found[1]), int(found[2] or found[1]))
        if last < first:
            raise SkerryError(f"`planes` {planes}: ends before it begins; give the lower number first")
        return cls(None if planes is None else (first, last), None if stokes is None else stokes.upper(), union)

    def as_options(self) -> dict[str, str | bool | None]:
        """Options for the record."""
        planes = None if self.planes is None else "-".join(map(str, self.planes))
        return {"planes": planes, "stokes": self.stokes, "union_of_planes": self.union or None}


@dataclass(frozen=True)
class ChosenPlanes:
    """Planes of a cube that were chosen.

    Attributes
    ----------
    planes : list of CubePlane
        In the order in which they lie in the file.
    axes : CubeAxes
        Of a file of just these planes, with as many axes.
    cube : CubeAxes
        Of the cube.
    names : tuple of str
        Of its Stokes parameters.
    """

    planes: list[CubePlane]
    axes: CubeAxes
    cube: CubeAxes
    names: tuple[str, ...]

    @classmethod
    def of(cls, path: Path, cube: CubeAxes, headers: Sequence[fits.Header], choice: PlaneChoice) -> ChosenPlanes:
        """Find the planes that are wanted.

        Parameters
        ----------
        path : Path
            The cube, for messages.
        cube : CubeAxes
            Its axes.
        headers : sequence of Header
            Of the first plane of each of its Stokes parameters.
        choice : PlaneChoice
            What is wanted.

        Returns
        -------
        ChosenPlanes
            Those.

        Raises
        ------
        SkerryError
            If there are no such planes.
        """
        names = tuple(stokes_of(header) or f"parameter {n}" for n, header in enumerate(headers))
        stokes = _chosen_stokes(path, names, choice.stokes)
        channels = _chosen_channels(path, cube, choice.planes)
        planes = [plane for plane in cube.planes() if plane.channel in channels and plane.stokes in stokes]
        lengths = list(cube.lengths)
        for n, length in enumerate(lengths):
            if choice.union:
                lengths[n] = 1
            elif n == cube.stokes_axis:
                lengths[n] = len(stokes)
            elif length > 1 and len(channels) < cube.channels:
                lengths[n] = len(channels)
        return cls(planes, CubeAxes(tuple(lengths), cube.stokes_axis), cube, names)

    def in_words(self, places: Iterable[int]) -> str:
        """What some of the planes are called.

        Parameters
        ----------
        places : iterable of int
            Which of them.

        Returns
        -------
        str
            For instance "planes 3-7, 12 of Stokes I".
        """
        places = sorted(set(places))
        if len(places) == len(self.planes) > 1:
            return "all planes"
        chosen = sorted((self.planes[place] for place in places), key=lambda plane: (plane.stokes, plane.channel))
        words = []
        for stokes, planes in groupby(chosen, key=lambda plane: plane.stokes):
            of_stokes = f"Stokes {self.names[stokes]}"
            if self.cube.channels == 1:
                words.append(of_stokes if self.cube.stokes > 1 else "plane 0")
                continue
            numbers = [plane.channel for plane in planes]
            named = f"plane{'s' if len(numbers) > 1 else ''} {in_ranges(numbers)}"
            words.append(f"{named} of {of_stokes}" if self.cube.stokes > 1 else named)
        return " and ".join(words)


def _chosen_stokes(path: Path, names: Sequence[str], wanted: str | None) -> range:
    if wanted is None:
        return range(len(names))
    if wanted not in names:
        has = "does not say of which Stokes parameter it is" if "parameter 0" in names else f"has {', '.join(names)}"
        raise SkerryError(f"{path}: {has}; leave `stokes` {wanted} out, or give one that it has")
    return range(names.index(wanted), names.index(wanted) + 1)


def _chosen_channels(path: Path, cube: CubeAxes, wanted: tuple[int, int] | None) -> range:
    if wanted is None:
        return range(cube.channels)
    first, last = wanted
    if last >= cube.channels:
        has = "has a single plane, 0" if cube.channels == 1 else f"has planes 0 to {cube.channels - 1}"
        raise SkerryError(f"{path}: {has}; give `planes` within them")
    long = [length for n, length in enumerate(cube.lengths) if length > 1 and n != cube.stokes_axis]
    if len(long) > 1 and len(range(first, last + 1)) < cube.channels:
        raise SkerryError(f"{path}: has several axes of planes; leave `planes` out")
    return range(first, last + 1)
