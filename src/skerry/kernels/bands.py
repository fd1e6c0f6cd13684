"""Bands of rows: the pieces in which an image is worked on, so that no temporary has its size.

They are small enough to stay in the cache, and in memory that the process has: fresh pages for every band cost several
times what the arithmetic does.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["row_bands"]

_PIXELS_PER_BAND = 1 << 18


def row_bands(shape: tuple[int, int], pixels: int | None = None, halo: int = 0) -> Iterator[slice]:
    """Slices of rows that cover an image in bands of about `pixels` pixels, but not thin beside a halo of rows."""
    ny, nx = shape
    step = max(1, (pixels or _PIXELS_PER_BAND) // max(nx, 1), 2 * halo)
    for start in range(0, ny, step):
        yield slice(start, min(start + step, ny))
