#!/usr/bin/env bash
# astropy 8.0.2: the WCS of an image in ecliptic coordinates is said to be in ICRS, so positions are off by tens of degrees.
#
# wcs_to_celestial_frame tells GLON/GLAT from RA/DEC, but not ELON/ELAT, which the FITS standard has beside them: it looks at
# RADESYS alone, and answers ICRS, or FK5, FK4. Whatever goes through it is off without a word: SkyCoord.to_pixel,
# WCS.world_to_pixel and pixel_to_world, reproject, photutils, regions. The header is read by wcslib as it should be.
#
# Seen: ELON-TAN/ELAT-TAN at longitude 38.4, latitude -63.2 (RA 60, Dec -45): frame ICRS; world_to_pixel puts RA 60, Dec -45 a
# thousand pixels of 0.01 degrees and more from the reference pixel, where it is.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile astropy==8.0.2 numpy==2.4.6 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import numpy as np
from astropy.coordinates import BarycentricMeanEcliptic, SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame

place = SkyCoord(60, -45, unit="deg")
true = place.transform_to(BarycentricMeanEcliptic())
for kind, at, right in (("E", true, False), ("GA", place.galactic, True), ("RA", place, True)):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = {"E": ("ELON-TAN", "ELAT-TAN"), "GA": ("GLON-TAN", "GLAT-TAN"), "RA": ("RA---TAN", "DEC--TAN")}[kind]
    wcs.wcs.crval = at.spherical.lon.deg, at.spherical.lat.deg
    wcs.wcs.cdelt, wcs.wcs.crpix, wcs.wcs.radesys = (-0.01, 0.01), (1, 1), "ICRS"
    off = float(np.hypot(*wcs.world_to_pixel(place)))
    print(wcs.wcs.ctype[0], type(wcs_to_celestial_frame(wcs)).__name__, f"pixels off: {off:.1f}")
    assert (off < 0.01) == right, "otherwise now"
    assert right or off > 1000
PY
