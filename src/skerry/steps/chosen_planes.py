"""Which planes of a cube a step works on, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from skerry.errors import SkerryError
from skerry.io.cube_axes import CubeAxes, CubePlane, in_ranges
from skerry.steps.image_warnings import stokes_of

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["ChosenPlanes", "PlaneChoice"]

PlaneRange: TypeAlias = tuple[int, int | None]


@dataclass(frozen=True)
class PlaneChoice:
    """Which planes of a cube are wanted.

    Attributes
    ----------
    planes : (int, int), or sequence of (int, int or None), or None
        The first and the last of the channels, from 0, or of several ranges of them; None for the last of all there
        are. All by default.
    stokes : str or None
        The Stokes parameter; all by default.
    union : bool
        Whether they make one mask rather than one each.
    """

    planes: tuple[int, int] | Sequence[PlaneRange] | None = None
    stokes: str | None = None
    union: bool = False

    @classmethod
    def of(cls, planes: str | None = None, stokes: str | None = None, *, union: bool = False) -> PlaneChoice | None:
        """Choice as a user writes it.

        Parameters
        ----------
        planes : str, optional
            Numbers, or ranges: the first and the last with a hyphen between, the last of all if there is none.
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
        >>> PlaneChoice.of("3-7,9,12-").planes
        ((3, 7), (9, 9), (12, None))
        """
        if planes is None and stokes is None and not union:
            return None
        ranges = None if planes is None else tuple(_range(planes, word) for word in planes.split(","))
        return cls(ranges, None if stokes is None else stokes.upper(), union)

    @property
    def ranges(self) -> tuple[PlaneRange, ...] | None:
        """Ranges of the channels, be they one or several; None for all."""
        if self.planes is None:
            return None
        if len(self.planes) == 2 and isinstance(self.planes[0], int):
            first, last = self.planes
            return ((int(first), int(last)),)  # type: ignore[arg-type]
        return tuple(self.planes)  # type: ignore[arg-type]

    def as_options(self) -> dict[str, str | bool | None]:
        """Options for the record."""
        planes = None if self.ranges is None else ",".join(map(_in_short, self.ranges))
        return {"planes": planes, "stokes": self.stokes, "union_of_planes": self.union or None}


@dataclass(frozen=True)
class ChosenPlanes:
    """Planes of a cube that were chosen.

    Attributes
    ----------
    planes : list of CubePlane
        In the order in which they lie in the file.
    axes : CubeAxes
        Of a file from the first of these planes to the last, with as many axes: one from which some are left out could
        not tell their frequencies.
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
        channels = _chosen_channels(path, cube, choice.ranges)
        planes = [plane for plane in cube.planes() if plane.channel in channels and plane.stokes in stokes]
        lengths = list(cube.lengths)
        for n, length in enumerate(lengths):
            if choice.union:
                lengths[n] = 1
            elif n == cube.stokes_axis:
                lengths[n] = len(stokes)
            elif length > 1 and len(channels) < cube.channels:
                lengths[n] = max(channels) + 1 - min(channels)
        return cls(planes, CubeAxes(tuple(lengths), cube.stokes_axis), cube, names)

    def place(self, number: int) -> int:
        """How many planes lie before one of these in a file of `axes`."""
        first, plane = self.planes[0], self.planes[number]
        return self.axes.number(self.axes.index(CubePlane(plane.channel - first.channel, plane.stokes - first.stokes)))

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


def _chosen_channels(path: Path, cube: CubeAxes, wanted: Sequence[PlaneRange] | None) -> set[int]:
    everything = set(range(cube.channels))
    if wanted is None:
        return everything
    if any(max(first, last or 0) >= cube.channels for first, last in wanted):
        has = "has a single plane, 0" if cube.channels == 1 else f"has planes 0 to {cube.channels - 1}"
        raise SkerryError(f"{path}: {has}; give `planes` within them")
    ranges = (range(first, cube.channels if last is None else last + 1) for first, last in wanted)
    channels = set().union(*ranges)
    long = [length for n, length in enumerate(cube.lengths) if length > 1 and n != cube.stokes_axis]
    if len(long) > 1 and channels != everything:
        raise SkerryError(f"{path}: has several axes of planes; leave `planes` out")
    return channels


def _range(planes: str, word: str) -> PlaneRange:
    """A word of what a user writes."""
    found = re.fullmatch(r"\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?\s*)?", word)
    if found is None:
        raise SkerryError(f"`planes` {planes!r}: is not a plane or a range of them; write it as 4, 3-7 or 3-7,9,12-")
    first = int(found[1])
    last = int(found[3]) if found[3] else None if found[2] else first
    if last is not None and last < first:
        raise SkerryError(f"`planes` {planes}: ends before it begins; give the lower number first")
    return first, last


def _in_short(planes: PlaneRange) -> str:
    first, last = planes
    return str(first) if first == last else f"{first}-{'' if last is None else last}"
