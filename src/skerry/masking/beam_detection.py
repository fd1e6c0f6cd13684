"""What a beam itself sees: pixels where its own image, smoothed by its restoring beam, stands out of its noise.

The mask of a mosaic holds sources that other beams see well and that lie so far out in the primary beam of this one
that they are below its noise. CLEAN fills such islands with noise and artefacts, so they are no use to this beam.
"""

from __future__ import annotations

from skerry.config.options import MaskingOptions
from skerry.masking.box_sizes import noise_box
from skerry.masking.noise import NoValidPixelError, noise_maps
from skerry.masking.signal import signal_image
from skerry.masking.smoothed_signal import smoothed_signal
from skerry.masking.threshold import snr_mask
from skerry.planes.computed import Computed
from skerry.planes.masks import valid_pixels
from skerry.planes.plane import Floats
from skerry.sky.beam import beam_fwhm

__all__ = ["detected_by_beam"]


def detected_by_beam(image: Floats, options: MaskingOptions, pixels_per_beam: float) -> Computed:
    """Pixels where an image, smoothed by its beam, exceeds a clip.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Of the beam, Jy/beam. Pixels that are invalid (NaN or infinite) or blank are never seen.
    options : MaskingOptions
        With `extract_beam_smoothed_clip`, in sigma of the smoothed noise, or every valid pixel counts as seen;
        the options called noise are of the noise and background that are measured. With `both_signs` negative pixels
        count as positive ones do.
    pixels_per_beam : float
        Area of the restoring beam.

    Returns
    -------
    Plane of bool, shape (ny, nx)
        The pixels.

    Notes
    -----
    The signal is smoothed by a round Gaussian of the beam's area (`skerry.masking.smoothed_signal`): noise is
    independent from beam to beam and emission is not.
    """
    if options.extract_beam_smoothed_clip is None:
        return valid_pixels(image)
    both_signs = bool(options.both_signs)
    try:
        box = noise_box(options, pixels_per_beam)
        rms, bkg = noise_maps(image, box_size=box, filter_size=options.noise_filter_size, both_signs=both_signs)
    except NoValidPixelError:
        return valid_pixels(image)
    smooth = smoothed_signal(signal_image(image, rms, bkg), beam_fwhm(pixels_per_beam), both_signs=both_signs)
    return snr_mask(smooth, options.extract_beam_smoothed_clip, both_signs=both_signs)
