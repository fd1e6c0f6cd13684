"""Planes kept on disk: what is costly to compute, needed several times, and as large as the image."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from skerry.io.file_bytes import read_at, write_at
from skerry.io.whole_files import telling_os_errors
from skerry.planes.bands import for_each_band
from skerry.planes.computed import Computed
from skerry.planes.plane import Plane

__all__ = ["kept_on_disk", "scratch_beside", "temporary_file"]

_directory: ContextVar[Path | None] = ContextVar("_directory", default=None)


@contextmanager
def scratch_beside(output: Path) -> Iterator[None]:
    """Have temporary files of this thread beside a file that is to be written, for the duration of a block."""
    token = _directory.set(output.absolute().parent)
    try:
        yield
    finally:
        _directory.reset(token)


@contextmanager
def temporary_file() -> Iterator[BinaryIO]:
    """Open a file without a name, beside the output if there is one and its directory exists, else in $TMPDIR.

    Yields
    ------
    file
        Empty; it is gone when the process is, however that ends.

    Raises
    ------
    SkerryError
        If there can be none.
    """
    directory = _directory.get()
    if directory is None or not directory.is_dir():
        directory = Path(tempfile.gettempdir())
    with ExitStack() as stack:
        with telling_os_errors(f"{directory}: cannot be written to", "name the output in another directory"):
            file = stack.enter_context(tempfile.TemporaryFile(dir=directory))
        yield file


@contextmanager
def kept_on_disk(plane: Plane, directory: Path) -> Iterator[Plane]:
    """Compute a plane once, and keep it in a file without a name for the duration of a block.

    Parameters
    ----------
    plane : Plane
        What to keep.
    directory : Path
        Where there is room for it; the file is gone when the process is, however that ends.

    Yields
    ------
    Plane
        The same rows.

    Raises
    ------
    SkerryError
        If the file cannot be written.
    """
    row_bytes = plane.shape[1] * plane.dtype.itemsize

    def put(rows: slice) -> None:
        write_at(descriptor, np.ascontiguousarray(plane[rows]), rows.start * row_bytes)

    def rows(start: int, stop: int) -> NDArray[Any]:
        band = np.empty((stop - start, plane.shape[1]), dtype=plane.dtype)
        read_at(descriptor, band, start * row_bytes)
        return band

    with ExitStack() as stack:
        with telling_os_errors(f"{directory}: cannot be written to", "name the output in another directory"):
            descriptor = stack.enter_context(tempfile.TemporaryFile(dir=directory)).fileno()
        problem = f"{directory}: cannot hold a temporary file of {plane.shape[0] * row_bytes / 1e9:.2g} GB"
        with telling_os_errors(problem, "make room, or name the output in another directory"):
            for_each_band(put, plane)
        yield Computed(plane.shape, plane.dtype, rows)
