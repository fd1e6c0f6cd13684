"""Region files of polygons, for DS9 (.reg) and for CASA and CARTA (.crtf), written one region at a time.

Corners are in ICRS, in so many digits that rounding moves none by a hundredth of a pixel. A region of which a corner
has no place on the sky, and all of an image without celestial coordinates, are in pixels.
"""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.io.whole_files import telling_os_errors

__all__ = ["REGION_SUFFIXES", "Polygon", "RegionFile"]

REGION_SUFFIXES = (".reg", ".crtf")
_DS9_HEAD = """# Region file format: DS9 version 4.1
# {said}
global color=green width=1 font="helvetica 10 normal roman" select=1 edit=1 move=1 delete=1 include=1
"""
_CRTF_HEAD = """#CRTFv0 CASA Region Text Format version 0
# {said}
"""


_CORNERS_AT_ONCE = 1 << 14


class Polygon(NamedTuple):
    """A polygon on an image."""

    label: str
    """What stands beside it, of printable ASCII without quotes and brackets."""
    group: str | None
    """What it belongs to, for instance a plane; None for nothing."""
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    """Corners in pixels, the centre of the first being 0."""
    ra: NDArray[np.float64] | None = None
    dec: NDArray[np.float64] | None = None
    """The same in degrees; NaN off the sky."""


class RegionFile:
    """A region file that is being written.

    Parameters
    ----------
    path : Path
        Its name, whose suffix says the format if `like` does not.
    said : str
        A line about it.
    pixel : float
        Size of the smallest pixel, degrees; by it coordinates have their digits.
    like : Path, optional
        The name that it will have.
    """

    def __init__(self, path: Path, said: str, pixel: float = 1e-4, like: Path | None = None) -> None:
        suffix = (like or path).suffix.lower()
        if suffix not in REGION_SUFFIXES:
            raise SkerryError(f"{like or path}: its suffix says no format of regions; give .reg or .crtf")
        self._is_ds9 = suffix == ".reg"
        self._digits = max(6, math.ceil(2 - math.log10(pixel)))
        self._named = like or path
        with telling_os_errors(f"{self._named}: cannot be written"):
            self._file = path.open("w", encoding="ascii", newline="\n")
        self._write((_DS9_HEAD if self._is_ds9 else _CRTF_HEAD).format(said=said))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, polygon: Polygon) -> None:
        """Write a polygon."""
        ra, dec = polygon.ra, polygon.dec
        first = 1 if self._is_ds9 else 0  # As DS9 and as CASA counts pixels.
        x, y, on_sky = polygon.x + first, polygon.y + first, False
        if ra is not None and dec is not None and np.isfinite(ra).all() and np.isfinite(dec).all():
            x, y, on_sky = ra, dec, True
        if self._is_ds9:
            tag = "" if polygon.group is None else f" tag={{{polygon.group}}}"
            system, form = (
                ("icrs", f"{{:.{self._digits}f}},{{:.{self._digits}f}}") if on_sky else ("image", "{:.2f},{:.2f}")
            )
            head, between, tail = f"{system};polygon(", ",", f") # text={{{polygon.label}}}{tag}\n"
        else:
            label = polygon.label if polygon.group is None else f"{polygon.group}: {polygon.label}"
            of_sky = f"[{{:.{self._digits}f}}deg, {{:.{self._digits}f}}deg]"
            form, system = (of_sky, "coord=ICRS, ") if on_sky else ("[{:.2f}pix, {:.2f}pix]", "")
            head, between, tail = "poly [", ", ", f'] {system}label="{label}"\n'
        self._write(head)
        for start in range(0, len(polygon.x), _CORNERS_AT_ONCE):
            some = slice(start, start + _CORNERS_AT_ONCE)
            corners = between.join(map(form.format, x[some].tolist(), y[some].tolist()))
            self._write(f"{between if start else ''}{corners}")
        self._write(tail)

    def _write(self, text: str) -> None:
        with telling_os_errors(f"{self._named}: cannot be written"):
            self._file.write(text)
