"""How far the work on an image has come, for whoever shows it while it goes on.

Work is counted in passes over the whole image. How many a step makes depends on what it finds, so what is left is an
estimate: whoever watches says how many are usual, and what makes many more says so when it knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

__all__ = ["Progress", "advance", "expect", "in_words", "name_subject", "watched"]

_LEAST_LEFT = 0.02
"""Of all work, while it goes on."""


class Progress:
    """Passes over an image that were made, and those that are to come.

    Parameters
    ----------
    passes : float
        As many as the work usually takes.
    """

    def __init__(self, passes: float) -> None:
        self._lock = Lock()
        self._expected = passes
        self._images = 1
        self._pixels = 0.0
        self.shape = (0, 0)
        """Height and width of the largest image there is work on, pixels; 0 before that begins."""
        self.subject: tuple[int, int] | None = None
        """Height and width of the image that the work is said to be of, pixels, whatever larger ones it reads."""

    @property
    def share(self) -> float:
        """What is done of all work: at least 0, and never 1, for its end is seen otherwise."""
        with self._lock:
            all_pixels = self.shape[0] * self.shape[1] * self._images * self._expected
            done = self._pixels / all_pixels if all_pixels else 0.0
        return min(done, 1 - _LEAST_LEFT)

    def expect(self, *, passes: float = 0, images: int = 1) -> None:
        """Add passes to those that are to come, or say that there are so many images of that size."""
        with self._lock:
            self._expected += passes
            self._images = max(self._images, images)

    def advance(self, shape: tuple[int, ...], rows: int, weight: float = 1) -> None:
        """Count rows of a pass over an image of a shape, and of this weight, as done."""
        with self._lock:
            ny, nx = shape[:2]
            if ny * nx > self.shape[0] * self.shape[1]:
                self.shape = (ny, nx)
            self._pixels += rows * nx * weight


_watching: Progress | None = None


@contextmanager
def watched(progress: Progress) -> Iterator[Progress]:
    """Count the work of all threads of the process for the duration of a block."""
    global _watching
    before, _watching = _watching, progress
    try:
        yield progress
    finally:
        _watching = before


def name_subject(shape: tuple[int, int]) -> None:
    """Tell who watches, if anyone does, the height and width of the image that the work is of, in pixels."""
    if _watching is not None:
        _watching.subject = shape


def expect(*, passes: float = 0, images: int = 1) -> None:
    """Tell who watches, if anyone does, as `Progress.expect`."""
    if _watching is not None:
        _watching.expect(passes=passes, images=images)


def advance(shape: tuple[int, ...], rows: int, weight: float = 1) -> None:
    """Tell who watches, if anyone does, as `Progress.advance`."""
    if _watching is not None:
        _watching.advance(shape, rows, weight)


def in_words(seconds: float) -> str:
    """A time as it is told.

    Parameters
    ----------
    seconds : float
        The time.

    Returns
    -------
    str
        In seconds, minutes or hours, as many digits as matter.

    Examples
    --------
    >>> in_words(7.4), in_words(200), in_words(7300)
    ('7 s', '3 min', '2.0 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
