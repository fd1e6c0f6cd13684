"""The highest and the lowest pixel of an image, and how many of its pixels are valid."""

from __future__ import annotations

from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.kernels import pixels
from skerry.planes.bands import map_bands
from skerry.planes.bits import BitMask
from skerry.planes.masks import inverted, valid_pixels
from skerry.planes.plane import Floats, copy_rows, needs_of
from skerry.planes.rolling import chunks

__all__ = ["Survey", "Surveyed", "highest_and_valid"]

_ROWS_AT_ONCE = 16
"""In which invalid pixels are looked for."""


class Survey(NamedTuple):
    """What is known of the valid pixels of an image."""

    valid: int
    """How many there are."""
    highest: float
    """Minus infinity if there is none."""
    place: tuple[int, int] | None
    """Row and column of the first of the highest ones in raster order."""
    lowest: float
    """Infinity if there is none."""


class Surveyed:
    """A plane that looks at each of its rows when it is first read, so that a survey of it costs no pass of its own.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        The pixels.
    keeps_invalid : bool
        Whether `invalid` is asked for later: what it gives is then kept as the rows are read.
    """

    def __init__(self, image: Floats, *, keeps_invalid: bool = False) -> None:
        self.image = image
        """The pixels, without a look at them."""
        self.shape = (image.shape[0], image.shape[1])
        self.dtype = image.dtype
        self.needs = needs_of(image)
        self._seen = np.zeros(self.shape[0], dtype=bool)
        self._lock = Lock()
        self._found: list[tuple[slice, int, float, float]] = []
        self._keeps_invalid = keeps_invalid
        self._invalid: BitMask | None = None

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        band: NDArray[Any] = self.image[rows]
        start, stop, _ = rows.indices(self.shape[0])
        self._look_at(start, stop, band)
        return band

    def into(self, start: int, stop: int, out: NDArray[Any]) -> None:
        """Put rows from `start` up to `stop` into an array."""
        copy_rows(self.image, start, stop, out)
        self._look_at(start, stop, out)

    def _look_at(self, start: int, stop: int, band: NDArray[Any]) -> None:
        with self._lock:
            fresh = np.flatnonzero(~self._seen[start:stop])
            self._seen[start:stop] = True
        if not fresh.size:
            return
        # Windows overlap, and so what is new is one piece, or a few.
        is_one = fresh[-1] - fresh[0] + 1 == fresh.size
        for piece in [fresh] if is_one else np.split(fresh, np.flatnonzero(np.diff(fresh) > 1) + 1):
            first, last = int(piece[0]), int(piece[-1]) + 1
            there, fresh_rows = slice(start + first, start + last), band[first:last]
            highest, lowest, valid = pixels.extremes_and_valid(fresh_rows)
            if self._keeps_invalid and valid < fresh_rows.size:
                kept = self._kept_invalid()
                for some in chunks(there, _ROWS_AT_ONCE):
                    kept[some] = ~np.isfinite(band[some.start - start : some.stop - start])
            with self._lock:
                self._found.append((there, valid, highest, lowest))

    @property
    def all_seen(self) -> bool:
        """Whether all rows were looked at."""
        return bool(self._seen.all())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """The whole image, for `numpy.asarray`."""
        return np.asarray(self[:], dtype)

    def survey(self) -> Survey:
        """What is known of the valid pixels; reads the rows that were not read before."""
        if not self.all_seen:
            for _ in map_bands(self._read_unseen, self.image):
                pass
        found = sorted(self._found, key=lambda look: (-look[2], look[0].start))
        if not found or not np.isfinite(found[0][2]):
            return Survey(0, -np.inf, None, np.inf)
        rows, _, highest, _ = found[0]
        band = self.image[rows]
        row, column = divmod(int(np.argmax(band == np.float32(highest))), self.shape[1])
        valid, lowest = sum(look[1] for look in found), min(look[3] for look in found)
        return Survey(valid, highest, (rows.start + row, column), lowest)

    def invalid(self) -> BitMask:
        """Pixels that are not valid, to be read only; reads the rows that were not read before, or all."""
        if not self._keeps_invalid:
            return BitMask.of(inverted(valid_pixels(self)))
        self.survey()
        return BitMask(self.shape) if self._invalid is None else self._invalid

    def _kept_invalid(self) -> BitMask:
        """Where invalid pixels are kept, from the first one on."""
        with self._lock:
            if self._invalid is None:
                self._invalid = BitMask(self.shape)
            return self._invalid

    def deepest(self) -> tuple[float, tuple[int, int] | None]:
        """Lowest of the valid pixels, and row and column of the first of them; reads its rows again."""
        lowest = self.survey().lowest
        if not np.isfinite(lowest):
            return lowest, None
        rows = min((look[0] for look in self._found if look[3] == lowest), key=lambda rows: rows.start)
        row, column = divmod(int(np.argmax(self.image[rows] == np.float32(lowest))), self.shape[1])
        return lowest, (rows.start + row, column)

    def _read_unseen(self, rows: slice) -> None:
        if not self._seen[rows].all():
            self[rows]


def highest_and_valid(image: Floats) -> tuple[float, int]:
    """Highest of the valid pixels of an image, minus infinity if there is none, and how many there are."""
    if isinstance(image, Surveyed):
        survey = image.survey()
        return survey.highest, survey.valid

    def look(rows: slice) -> tuple[float, float, int]:
        return pixels.extremes_and_valid(image[rows])

    found = list(map_bands(look, image))
    return max((highest for highest, _, _ in found), default=-np.inf), sum(valid for _, _, valid in found)
