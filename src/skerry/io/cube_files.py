"""The plane of a cube that a step works on: what it opens is this plane of the file, and what it writes goes there.

So a step knows planes alone. Which one is set for a thread, by `working_on`; where none is, files have a single plane.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skerry.errors import SkerryError
from skerry.io.beam_table import BeamTable, beam_table
from skerry.io.cube_axes import CubeAxes, CubePlane, cube_axes
from skerry.io.meant_header import header_without_table
from skerry.io.pixel_values import PixelValues, pixel_values

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.io.cube_writer import CubeWriter
    from skerry.sky.restoring_beam import RestoringBeam

__all__ = ["CubeFile", "OpenCubes", "PlaneInWork", "SeveralPlanesError", "plane_in_work", "working_on"]


class SeveralPlanesError(SkerryError):
    """A file has several planes where it is to have one."""

    def __init__(self, path: Path, planes: int) -> None:
        super().__init__(f"{path}: has {planes} planes; give an image of a single plane")
        self.path = path


@dataclass(frozen=True)
class CubeFile:
    """An open file whose planes are read side by side."""

    hdu: Any
    hdus: fits.HDUList
    file: Any
    axes: CubeAxes
    header: fits.Header
    """As it is meant, but for a beam that stands in a table."""
    beams: BeamTable | None
    values: PixelValues


class OpenCubes(ExitStack):
    """Files that are open for all planes, each opened once."""

    def __init__(self) -> None:
        super().__init__()
        self._files: dict[tuple[Path, RestoringBeam | None], CubeFile] = {}
        self._lock = threading.Lock()

    def get(
        self, path: Path, beam: RestoringBeam | None, opened: Callable[[Path], AbstractContextManager[tuple[Any, ...]]]
    ) -> CubeFile:
        """Open a file, or find it open.

        Parameters
        ----------
        path : Path
            The file.
        beam : RestoringBeam, optional
            Used in place of whatever the file says.
        opened : callable
            Opens it: gives the HDU of its image, its file and all HDUs.

        Returns
        -------
        CubeFile
            Open for as long as this is.
        """
        with self._lock:
            if (path, beam) not in self._files:
                hdu, file, hdus = self.enter_context(opened(path))
                header = header_without_table(hdu, hdus, path, beam)
                axes = cube_axes(header, tuple(int(n) for n in hdu.shape))
                beams = None if beam is not None else beam_table(hdus, path)
                values = self.enter_context(pixel_values(path, hdu))
                self._files[path, beam] = CubeFile(hdu, hdus, file, axes, header, beams, values)
            return self._files[path, beam]


@dataclass
class PlaneInWork:
    """A plane that a step works on."""

    plane: CubePlane
    cubes: OpenCubes
    writer: CubeWriter | None = None
    """Where it is written, if it is."""
    place: int = 0
    """How many planes lie before it in what is written."""
    warned: tuple[str, ...] = ()
    """Warnings that the header keeps."""
    inputs: tuple[Path, ...] = ()
    """Files that the step read."""

    def index_in(self, path: Path, axes: CubeAxes) -> tuple[int, ...]:
        """Index of the plane in a file.

        Parameters
        ----------
        path : Path
            The file, for messages.
        axes : CubeAxes
            Its axes.

        Returns
        -------
        tuple of int
            In its array, without the axes of the plane.

        Raises
        ------
        SkerryError
            If it has no such plane.
        """
        try:
            return axes.index(self.plane)
        except IndexError:
            has = f"{axes.channels} channels and {axes.stokes} Stokes parameters"
            told = f"{path}: has {has}, and no plane for this one"
            raise SkerryError(f"{told}; give a file of one plane, or of as many as the image has") from None


_in_work: ContextVar[PlaneInWork | None] = ContextVar("_in_work", default=None)


def plane_in_work() -> PlaneInWork | None:
    """The plane that this thread works on; None where files have a single plane."""
    return _in_work.get()


@contextmanager
def working_on(plane: PlaneInWork) -> Iterator[PlaneInWork]:
    """Let files be this plane of theirs for the duration of a block."""
    token = _in_work.set(plane)
    try:
        yield plane
    finally:
        _in_work.reset(token)
