"""Bands of rows: the pieces in which an image is worked on, so that no temporary has its size."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["row_bands"]

_PIXELS_PER_BAND = 1 << 22


def row_bands(shape: tuple[int, int], pixels: int = _PIXELS_PER_BAND) -> Iterator[slice]:
    """Slices of rows that cover an image in bands of about `pixels` pixels."""
    ny, nx = shape
    step = max(1, pixels // max(nx, 1))
    for start in range(0, ny, step):
        yield slice(start, min(start + step, ny))
