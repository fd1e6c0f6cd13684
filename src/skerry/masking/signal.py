"""The signal image: how many sigma every pixel stands above the background.

Clips in sigma then mean the same everywhere, whatever the local noise is.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.filters.brightest_pixel import Surveyed
from skerry.kernels.mesh import are_of_same_boxes, signal_over
from skerry.kernels.signal import signal_to_noise
from skerry.masking.drawn_noise import DrawnMap
from skerry.planes.arrays import image_plane
from skerry.planes.computed import Computed, pixelwise
from skerry.planes.plane import Floats

__all__ = ["DrawnSignal", "signal_image", "signal_of_rows"]


def signal_image(image: Floats, rms: Floats, bkg: Floats | None = None) -> Computed:
    """Compute (image - bkg) / rms.

    Parameters
    ----------
    image, rms, bkg : Plane of float32, shape (ny, nx)
        In the same unit. No background means 0.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        In sigma; NaN where a pixel of any of the three is invalid (NaN or infinite), or the rms not positive.

    Raises
    ------
    SkerryError
        If the shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> image, rms = np.array([[3.0, np.nan]], np.float32), np.array([[0.5, 0.5]], np.float32)
    >>> np.asarray(signal_image(image, rms))
    array([[ 6., nan]], dtype=float32)
    """
    planes = [image_plane(plane) for plane in (image, rms, bkg) if plane is not None]
    shape = planes[0].shape
    for plane in planes:
        if plane.shape != shape:
            raise SkerryError(f"noise and background have the shape of the image, {shape}, not {plane.shape}")
    if isinstance(rms, DrawnMap) and isinstance(bkg, DrawnMap) and _are_beside(rms, bkg):
        return DrawnSignal(planes[0], rms, bkg)
    return pixelwise(signal_to_noise, *planes, dtype=np.float32, at_once=True)


class DrawnSignal(Computed):
    """Signal of an image over maps of the same boxes; parameters as of `signal_image`."""

    def __init__(self, image: Floats, rms: DrawnMap, bkg: DrawnMap) -> None:
        self.image, self._rms, self._bkg = image, rms, bkg
        sources = [image] if rms.blank is None else [image, rms.blank]
        rows = partial(_of_drawn, image, rms, bkg)
        super().__init__(image.shape, np.float32, rows, sources, into=rows)

    def over(self, image: Floats) -> DrawnSignal:
        """The same signal, made of a plane that has the rows of the image."""
        return DrawnSignal(image, self._rms, self._bkg)


def signal_of_rows(signal: Floats, image: Floats, rows: Floats) -> Floats:
    """Signal made of rows of its image that are there for something else, if it is made of that image at all.

    Parameters
    ----------
    signal, image : Plane of float32, shape (ny, nx)
        As given by, and to, `signal_image`.
    rows : Plane of float32, shape (ny, nx)
        Has the rows of the image.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        The signal itself if it is not known to be made of the image, or is to be looked at as it is read.
    """
    made = signal.image if isinstance(signal, Surveyed) and signal.all_seen else signal
    return made.over(rows) if isinstance(made, DrawnSignal) and made.image is image else signal


def _are_beside(rms: DrawnMap, bkg: DrawnMap) -> bool:
    """Whether two maps are those of one measurement, but for what is blank in the first."""
    return rms.valid is bkg.valid and bkg.blank is None and are_of_same_boxes(rms.spline, bkg.spline)


def _of_drawn(
    image: Floats, rms: DrawnMap, bkg: DrawnMap, start: int, stop: int, out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Signal of some rows over maps of the same boxes, which are drawn a row at a time."""
    signal = signal_over(rms.spline, bkg.spline, start, image[start:stop], rms.valid_rows(start, stop), out)
    if rms.blank is not None:
        signal[rms.blank[start:stop]] = np.nan
    return signal
