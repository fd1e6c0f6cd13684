"""What a beam itself sees: pixels where its own image, smoothed by its restoring beam, stands out of its noise.

The mask of a mosaic holds sources that other beams see well and that lie so far out in the primary beam of this one
that they are below its noise. CLEAN fills such islands with noise and artefacts, so they are no use to this beam.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.masking.noise import NoValidPixelError, noise_planes
from skerry.masking.signal import signal_plane
from skerry.masking.smoothed_signal import smoothed_signal
from skerry.masking.threshold import snr_mask
from skerry.planes.computed import Computed
from skerry.planes.plane import Floats
from skerry.sky.beam import beam_fwhm

__all__ = ["detected_by_beam"]


def detected_by_beam(image: Floats, options: MaskingOptions, pixels_per_beam: float) -> Computed:
    """Pixels where an image, smoothed by its beam, exceeds a clip.

    Parameters
    ----------
    image : plane of float32, shape (ny, nx)
        Of the beam, Jy/beam. Pixels that are invalid (NaN or infinite) or blank are never seen.
    options : MaskingOptions
        With `extract_beam_smoothed_clip`, in sigma of the smoothed noise, or every valid pixel counts as seen;
        `noise_box_size` and `noise_filter_size` are of the noise and background that are measured.
    pixels_per_beam : float
        Area of the restoring beam.

    Returns
    -------
    plane of bool, shape (ny, nx)

    Notes
    -----
    The signal is smoothed by a round Gaussian of the beam's area (`skerry.masking.smoothed_signal`): noise is
    independent from beam to beam and emission is not.
    """
    if options.extract_beam_smoothed_clip is None:
        return _valid(image)
    try:
        rms, bkg = noise_planes(image, box_size=options.noise_box_size, filter_size=options.noise_filter_size)
    except NoValidPixelError:
        return _valid(image)
    smooth = smoothed_signal(signal_plane(image, rms, bkg), beam_fwhm(pixels_per_beam))
    return snr_mask(smooth, options.extract_beam_smoothed_clip)


def _valid(image: Floats) -> Computed:
    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        return np.isfinite(image[start:stop])

    return Computed(image.shape, np.bool_, rows, [image], cost=1)
