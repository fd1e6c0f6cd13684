"""Shapes of region files, as whoever drew them means them: on the sky, or in pixels.

A shape knows no image. Where its pixels lie in one is told by `skerry.sky.region_pixels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from astropy.coordinates import BaseCoordinateFrame

__all__ = ["PIXEL_FRAMES", "SKY_FRAMES", "Region", "Shape", "frame_named"]

PIXEL_FRAMES = ("image", "physical")
"""Pixels of the image, counted from 0, and those of the image that it was cut out of, by its LTM and LTV."""
SKY_FRAMES = ("icrs", "fk5", "fk4", "fk4-vla", "galactic", "supergalactic", "ecliptic", "wcs")
"""Frames of the sky; `wcs` is that of the image, whatever it is."""


@dataclass(frozen=True)
class Shape:
    """An ellipse, a box or a polygon; a circle is an ellipse, a ring one with a hole.

    Attributes
    ----------
    kind : str
        `corners` is a box with sides along the pixels, by two corners that lie opposite each other.
    frame : str
        Of `points`: one of PIXEL_FRAMES or SKY_FRAMES.
    points : ndarray of float, shape (n, 2)
        The centre, or the corners: 0-based pixels, or longitude and latitude in degrees.
    outer, inner : tuple of float
        Half of the size along the first and the second axis of an ellipse or a box, degrees or pixels. What lies
        within the inner one is left out; 0 where nothing is.
    in_pixels : bool
        Whether these are pixels.
    angle : float
        From x in pixels, from west on the sky, to the first axis, degrees: anti-clockwise where east is left of north.
    by_image : bool
        Whether west is that in the middle of the image, as DS9 has it, instead of that at the centre of the shape.
    """

    kind: Literal["ellipse", "box", "polygon", "corners"]
    frame: str
    points: NDArray[np.float64]
    outer: tuple[float, float] = (0.0, 0.0)
    inner: tuple[float, float] = (0.0, 0.0)
    in_pixels: bool = False
    angle: float = 0.0
    by_image: bool = False

    @property
    def reach(self) -> float:
        """How far an ellipse or a box reaches from its centre."""
        return float(np.hypot(*self.outer)) if self.kind == "box" else max(self.outer)

    @property
    def is_outline(self) -> bool:
        """Whether it is given by its corners."""
        return self.kind in ("polygon", "corners")

    def holds(self, along: NDArray[np.float64], across: NDArray[np.float64], slack: float) -> NDArray[np.bool_]:
        """Which places lie in an ellipse or a box.

        Parameters
        ----------
        along, across : ndarray of float
            Distances from the centre along the first and the second axis, in the unit of `outer`; NaN is outside.
        slack : float
            What counts as on the edge, and so as inside, on either side of it; in the same unit.

        Returns
        -------
        ndarray of bool
            In their shape.
        """
        inside = self._within(along, across, self.outer, slack)
        if max(self.inner) > 0:
            inside &= ~self._within(along, across, self.inner, -slack)
        return inside

    def holds_cells(
        self,
        least: tuple[NDArray[np.float64], NDArray[np.float64]],
        most: tuple[NDArray[np.float64], NDArray[np.float64]],
        slack: float,
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which cells lie wholly in an ellipse or a box, and which wholly outside of it.

        Parameters
        ----------
        least, most : tuple of ndarray of float
            Along the first and along the second axis the least and the greatest distance in a cell from the other one.
        slack : float
            Distances from an edge of which nothing is said.

        Returns
        -------
        tuple of ndarray of bool
            Neither where they are NaN.
        """
        inside = self._within(*most, self.outer, -slack)
        outside = ~self._within(*least, self.outer, slack) & np.isfinite(least[0]) & np.isfinite(least[1])
        if max(self.inner) > 0:
            inside &= ~self._within(*least, self.inner, slack)
            outside |= self._within(*most, self.inner, -slack)
        return inside, outside

    def _within(self, along: Any, across: Any, half: tuple[float, float], slack: float) -> NDArray[np.bool_]:
        # Sizes in ratio to each other do not overflow, whatever they are.
        first, second = (max(size + slack, 0.0) for size in half)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore", under="ignore"):
            if self.kind == "box":
                inside = (np.abs(along) <= first) & (np.abs(across) <= second)
            else:
                inside = (along / first) ** 2 + (across / second) ** 2 <= 1
        return np.asarray(inside)


@dataclass(frozen=True)
class Region:
    """A region of a file.

    Attributes
    ----------
    line : int
        In the file, from 1.
    text : str
        As it stands there.
    shape : Shape
        What is in it.
    include : bool
        False for one whose pixels are to be taken out.
    channels : tuple of float, optional
        The first and last channel that it is for, counted from 0; None for all.
    for_all : str
        What its file says of planes or polarizations, and is not kept to; empty for nothing.
    """

    line: int
    text: str
    shape: Shape
    include: bool = True
    channels: tuple[float, float] | None = None
    for_all: str = ""


def frame_named(name: str) -> BaseCoordinateFrame:
    """Frame of astropy that one of SKY_FRAMES other than `wcs` means."""
    from astropy import coordinates

    if name == "fk4-vla":
        return coordinates.FK4(equinox="B1950", obstime="B1979.9")
    kinds = {"fk5": "FK5", "fk4": "FK4", "galactic": "Galactic", "supergalactic": "Supergalactic"}
    return getattr(coordinates, {**kinds, "icrs": "ICRS", "ecliptic": "BarycentricMeanEcliptic"}[name])()
