"""The axes of a cube behind those of its planes: which are of Stokes parameters and which of channels.

A plane is named by the number of its channel and of its Stokes parameter, from 0, whatever the order of the axes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["CubeAxes", "CubePlane", "cube_axes", "in_ranges"]


class CubePlane(NamedTuple):
    """A plane of a cube."""

    channel: int
    """Its number among those of one Stokes parameter."""
    stokes: int
    """Number of its Stokes parameter."""


@dataclass(frozen=True)
class CubeAxes:
    """The axes of an image behind its first two.

    Attributes
    ----------
    lengths : tuple of int
        Their lengths in the order of the array: of the last axis first.
    stokes_axis : int or None
        Which of them is that of the Stokes parameters.
    """

    lengths: tuple[int, ...]
    stokes_axis: int | None

    @property
    def stokes(self) -> int:
        """How many Stokes parameters there are."""
        return 1 if self.stokes_axis is None else self.lengths[self.stokes_axis]

    @property
    def channels(self) -> int:
        """How many planes there are of each Stokes parameter."""
        return math.prod(self.lengths) // self.stokes

    @property
    def _of_channels(self) -> tuple[int, ...]:
        return tuple(n for n in range(len(self.lengths)) if n != self.stokes_axis)

    def planes(self) -> list[CubePlane]:
        """All planes in the order in which they lie in the file."""
        return [self.plane_at(index) for index in np.ndindex(self.lengths)]

    def plane_at(self, index: tuple[int, ...]) -> CubePlane:
        """Plane of an index in the array."""
        lengths = [self.lengths[n] for n in self._of_channels]
        channel = int(np.ravel_multi_index([index[n] for n in self._of_channels], lengths)) if lengths else 0
        return CubePlane(channel, 0 if self.stokes_axis is None else int(index[self.stokes_axis]))

    def index(self, plane: CubePlane) -> tuple[int, ...]:
        """Index of a plane in the array.

        Parameters
        ----------
        plane : CubePlane
            The plane, maybe of another file.

        Returns
        -------
        tuple of int
            For each axis; where a file has one channel, or one Stokes parameter, that one is for all.

        Raises
        ------
        IndexError
            If there is no such plane.
        """
        index = [0] * len(self.lengths)
        if self.stokes > 1:
            index[self.stokes_axis or 0] = plane.stokes
        if self.channels > 1:
            of_channels = [self.lengths[n] for n in self._of_channels]
            if plane.channel >= self.channels:
                raise IndexError
            for n, at in zip(self._of_channels, np.unravel_index(plane.channel, of_channels), strict=True):
                index[n] = int(at)
        if any(at >= length for at, length in zip(index, self.lengths, strict=True)):
            raise IndexError
        return tuple(index)

    def number_of_axis(self, place: int) -> int:
        """Number in the header, from 1, of an axis by its place in `lengths`."""
        return len(self.lengths) + 2 - place

    def number(self, index: tuple[int, ...]) -> int:
        """How many planes lie before one in the file."""
        return int(np.ravel_multi_index(index, self.lengths)) if self.lengths else 0

    def header_of(self, header: fits.Header, index: tuple[int, ...]) -> fits.Header:
        """Header of a plane, as if it had been cut out of the cube.

        Parameters
        ----------
        header : Header
            Of the cube.
        index : tuple of int
            Of the plane in the array.

        Returns
        -------
        Header
            A new one: axes of length 1, whose reference pixels lie where they lay; of the Stokes parameter it is that
            of the plane.
        """
        plane = header.copy()
        for place, at in enumerate(index):
            axis = self.number_of_axis(place)
            if f"NAXIS{axis}" in plane:
                plane[f"NAXIS{axis}"] = 1
            if at and place == self.stokes_axis:
                plane[f"CRVAL{axis}"] = plane.get(f"CRVAL{axis}", 0.0) + at * plane.get(f"CDELT{axis}", 1.0)
            elif at and (f"CTYPE{axis}" in plane or f"CRPIX{axis}" in plane):
                plane[f"CRPIX{axis}"] = plane.get(f"CRPIX{axis}", 0.0) - at
        return plane


def cube_axes(header: fits.Header, shape: tuple[int, ...]) -> CubeAxes:
    """Axes of an image behind its first two.

    Parameters
    ----------
    header : Header
        Of the image.
    shape : tuple of int
        Of its array: (..., ny, nx).

    Returns
    -------
    CubeAxes
        Of CTYPE STOKES the first that is longer than 1, or the first; all others are of channels.
    """
    lengths = tuple(shape[:-2])
    named = [
        n for n in range(len(lengths)) if str(header.get(f"CTYPE{len(shape) - n}", "")).strip().upper() == "STOKES"
    ]
    longer = [n for n in named if lengths[n] > 1]
    return CubeAxes(lengths, next(iter(longer or named), None))


def in_ranges(numbers: Sequence[int]) -> str:
    """Write ascending numbers as ranges.

    Parameters
    ----------
    numbers : sequence of int
        As of planes.

    Returns
    -------
    str
        Runs of them by their ends.

    Examples
    --------
    >>> in_ranges([3, 4, 5, 9])
    '3-5, 9'
    """
    runs = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    ends = [(run[0][1], run[-1][1]) for run in (list(pairs) for _, pairs in runs)]
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ends)
