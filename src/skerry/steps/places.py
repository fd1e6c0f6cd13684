"""Places of an image in words: by the sky, and by its pixels."""

from __future__ import annotations

import numpy as np

from skerry.errors import SkerryError
from skerry.io.fits import OpenImage

__all__ = ["place_in_words", "sky_in_words"]


def place_in_words(image: OpenImage, y: int, x: int) -> str:
    """Place of a pixel.

    Parameters
    ----------
    image : OpenImage
        The image.
    y, x : int
        Row and column, from 0.

    Returns
    -------
    str
        For instance "at RA 04:00:00.00, Dec -45:00:00.0 (pixel x 101, y 51)", with pixels from 1 as FITS counts them;
        without the first part if the image has no celestial WCS.
    """
    # The WCS is a fifth of a second of imports, and hardly ever needed.
    from skerry.sky.grid import celestial_wcs, pixel_to_sky

    pixel = f"pixel x {x + 1}, y {y + 1}"
    try:
        wcs = celestial_wcs(image.path, image.header)
        lon, lat = (float(value) for value in pixel_to_sky(wcs, np.array(float(x)), np.array(float(y))))
    except SkerryError:
        return f"at {pixel}"
    if not np.isfinite(lon) or not np.isfinite(lat):
        return f"at {pixel}"
    if str(wcs.wcs.lngtyp).strip() != "RA":
        return f"at {wcs.wcs.lngtyp.strip()} {lon:.4f}, {wcs.wcs.lattyp.strip()} {lat:.4f} deg ({pixel})"
    ra, dec = sky_in_words(lon, lat).split()
    return f"at RA {ra}, Dec {dec} ({pixel})"


def sky_in_words(ra: float, dec: float) -> str:
    """Right ascension and declination, degrees, in hours and degrees.

    Parameters
    ----------
    ra, dec : float
        Degrees; NaN off the sky.

    Returns
    -------
    str
        Both with a blank between; two hyphens off the sky.

    Examples
    --------
    >>> sky_in_words(60.0, -45.5)
    '04:00:00.00 -45:30:00.0'
    """
    if not np.isfinite(ra) or not np.isfinite(dec):
        return "- -"
    sign = "-" if dec < 0 else "+"
    return f"{_sexagesimal(ra % 360 / 15, 2)} {sign}{_sexagesimal(abs(dec), 1)}"


def _sexagesimal(value: float, digits: int) -> str:
    ticks = round(value * 3600 * 10**digits)
    whole, ticks = divmod(ticks, 3600 * 10**digits)
    minutes, ticks = divmod(ticks, 60 * 10**digits)
    return f"{whole:02d}:{minutes:02d}:{ticks / 10**digits:0{3 + digits}.{digits}f}"
