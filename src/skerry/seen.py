"""What a beam itself sees: pixels where its own image, smoothed by its restoring beam, stands out of its noise.

The mask of a mosaic holds sources that other beams see well and that lie so far out in the primary beam of this one
that they are below its noise. CLEAN fills such islands with noise and artefacts, so they are no use to this beam.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.expected import beam_fwhm
from skerry.floor import smoothed_signal
from skerry.noise import estimate_noise
from skerry.options import MaskingOptions
from skerry.signal import signal_image
from skerry.threshold import snr_mask

__all__ = ["seen_by_beam"]


def seen_by_beam(image: NDArray[np.float32], options: MaskingOptions, pixels_per_beam: float) -> NDArray[np.bool_]:
    """Pixels where an image, smoothed by its beam, exceeds a clip.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Of the beam, Jy/beam. Pixels that are invalid (NaN or infinite) or blank are never seen.
    options : MaskingOptions
        With `extract_beam_smoothed_clip`, in sigma of the smoothed noise, or every valid pixel counts as seen;
        `noise_box_size` and `noise_filter_size` are of the noise and background that are measured.
    pixels_per_beam : float
        Area of the restoring beam.

    Returns
    -------
    ndarray of bool, shape (ny, nx)

    Notes
    -----
    The signal is smoothed by a round Gaussian of the beam's area (`skerry.floor.smoothed_signal`): noise is independent
    from beam to beam and emission is not.
    """
    valid = np.isfinite(image)
    if options.extract_beam_smoothed_clip is None or not valid.any():
        return valid
    rms, bkg = estimate_noise(image, box_size=options.noise_box_size, filter_size=options.noise_filter_size)
    signal = signal_image(image, rms, bkg)
    # Smoothing needs as much memory again.
    del rms, bkg
    return snr_mask(smoothed_signal(signal, beam_fwhm(pixels_per_beam)), options.extract_beam_smoothed_clip)
