#!/usr/bin/env bash
# pvextractor 0.5: the offset axis of a position-velocity slice is half a step low, so two opposite slices do not agree.
#
# Sample i is taken at (i + 0.5) steps along the path, or is the mean from i to i + 1 steps if the path has a width. The header
# (CRPIX1 = 1, CRVAL1 = 0) says that it is at i steps. One would expect a source to stand at its distance from the start of the
# path, at any spacing; it is half a step nearer, measured from either end, and a spacing of several pixels makes this worse.
#
# Seen: a path of 48 pixels of 2 arcsec, a source 36 pixels from one end and 12 from the other: 71.0 and 23.0 arcsec, which should
# be 72 and 24. With spacing=4: 68.0 and 20.0. A width of 5 pixels: the same.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile \
    pvextractor==0.5 spectral-cube==0.7.0 astropy==8.0.2 scipy==1.17.1 numpy==2.4.6 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import warnings

import numpy as np
from astropy.wcs import WCS
from pvextractor import Path, extract_pv_slice

warnings.simplefilter("ignore")
header = WCS(naxis=3)
header.wcs.ctype, header.wcs.cunit = ["RA---SIN", "DEC--SIN", "VRAD"], ["deg", "deg", "m/s"]
header.wcs.crval, header.wcs.cdelt, header.wcs.crpix = [60, 0, 0], [-2 / 3600, 2 / 3600, 1e3], [31, 21, 1]
down, across = np.indices((41, 61))
source = np.exp(-((across - 41) ** 2 + (down - 20) ** 2) / 2 / 3**2)
cube = np.repeat(source[None], 3, axis=0)


def offset(start, end, spacing, width):
    """Offset of the source in arcsec: of its centroid, by the header of the slice."""
    strip = extract_pv_slice(cube, Path([(start, 20), (end, 20)], width=width), wcs=header, spacing=spacing)
    sample = np.average(np.arange(strip.data.shape[1]), weights=strip.data[1])
    cards = strip.header
    return 3600 * (cards["CRVAL1"] + (sample + 1 - cards["CRPIX1"]) * cards["CDELT1"])


for spacing in (1, 4):
    for width in (None, 5):
        # the end at which the source is near is four sigma away, so little is cut off
        seen = offset(5, 53, spacing, width), offset(53, 5, spacing, width)
        print(f"spacing {spacing}, width {width}: {seen[0]:.2f} and {seen[1]:.2f} arcsec, expected 72 and 24")
        for value, right in zip(seen, (72, 24)):
            assert abs(value - (right - spacing)) < 0.05, "the offsets are no longer half a step low"
PY
