"""Islands that were much brighter in the image of the round before: artefacts, which calibration makes fainter.

The sky does not fade from one round of self-calibration to the next, and sources keep their flux within some per cent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.filters.connected_pixels import Islands
from skerry.filters.island_tables import Peaks, Sums
from skerry.masking.companions import scatter
from skerry.masking.known_area import known_area
from skerry.planes.bits import BitMask
from skerry.planes.plane import Flags, Floats
from skerry.planes.sample import pixels_at
from skerry.sky.beam import beam_fwhm

__all__ = ["without_faded"]

_LEAST_FADING = 2.0
"""In sigma of the noise of the earlier image, which makes a faint source brighter there than it is."""
_REACH_BEAMS = 8
"""Half of the box in which that noise is measured, in beams (FWHM): 200 beams, a scatter of a twentieth."""


def without_faded(
    mask: Flags,
    image: Floats,
    earlier: Floats,
    options: MaskingOptions,
    pixels_per_beam: float | None,
    earlier_pixels_per_beam: float | None = None,
) -> BitMask:
    """Mask without the islands that were much brighter in the image of the round before.

    An island is left out if the earlier image is brighter by a factor at its highest pixel, there by more than twice
    its own noise too, and in sum over the island: a peak on diffuse emission may be an artefact, and the emission none.
    The noise is measured in a box round the pixel. Islands without a positive pixel, as of the negative sources of
    polarised emission, are not compared, and stay.

    Parameters
    ----------
    mask : Plane of bool, shape (ny, nx)
        Valid pixels of the image.
    image, earlier : Plane of float32, shape (ny, nx)
        In one unit. Islands stay of which the earlier image has invalid pixels (NaN or infinite).
    options : MaskingOptions
        Of which `flood_fill_fading_factor` is used; without it all islands stay.
    pixels_per_beam, earlier_pixels_per_beam : float, optional
        Areas of the beams. The first is needed; where the second is larger, the factor grows by as much, for so much
        brighter extended emission is in Jy/beam.

    Returns
    -------
    BitMask, shape (ny, nx)
        The islands that stay.

    Examples
    --------
    Of two islands the second was four times as bright.

    >>> import numpy as np
    >>> from skerry.config.options import MaskingOptions
    >>> image, earlier = np.zeros((2, 20, 20), np.float32)
    >>> image[5, 5] = image[15, 15] = 1
    >>> earlier[:] = np.tile(np.float32([0.1, -0.1]), (20, 10))
    >>> earlier[5, 5], earlier[15, 15] = 1.1, 4
    >>> kept = without_faded(image > 0, image, earlier, MaskingOptions(flood_fill_fading_factor=2.5), 2)
    >>> np.argwhere(kept)
    array([[5, 5]])
    """
    table, sums, sums_before = Peaks(image), Sums(image), Sums(earlier)
    islands = Islands(mask, [table, sums, sums_before])
    factor = options.flood_fill_fading_factor
    if factor is None or not islands.count:
        return islands.mask
    area = known_area(pixels_per_beam, "flood_fill_fading_factor")
    if earlier_pixels_per_beam is not None:
        factor *= max(1.0, earlier_pixels_per_beam / area)
    value, place = table.values_and_places()
    before = np.full(value.shape, np.nan, np.float32)
    before[1:] = pixels_at(earlier, place[1:, 0], place[1:, 1])
    with np.errstate(invalid="ignore"):
        faded = np.isfinite(before) & (value > 0) & (before > np.float32(factor) * value)
        faded &= np.isfinite(sums_before.by_label[0]) & (sums_before.by_label[0] > factor * sums.by_label[0])
    reach = max(1, round(_REACH_BEAMS * beam_fwhm(area)))
    for n in np.flatnonzero(faded):
        noise = _noise_round(earlier, place[n], reach)
        faded[n] = noise is not None and before[n] - value[n] > _LEAST_FADING * noise
    return islands.select(~faded, last=True)


def _noise_round(image: Floats, place: NDArray[np.intp], reach: int) -> float | None:
    """Noise in a box round a pixel; None where there are too few valid ones to tell."""
    y, x = (int(n) for n in place)
    return scatter(np.asarray(image[max(0, y - reach) : y + reach + 1])[:, max(0, x - reach) : x + reach + 1])
