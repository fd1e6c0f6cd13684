#!/usr/bin/env bash
# casa-formats-io 0.3.1, which spectral-cube reads CASA images with: the slant of a projection is left out, so an image of an
# east-west array (NCP: WSRT, and the like) has its sources in the wrong place; so has any slant SIN.
#
# casacore keeps an NCP image as SIN with two parameters, and a CASA image made of it gives the same positions in casacore as
# astropy gives for the FITS file. Converted by coordsys_to_astropy_wcs() the axes are plain SIN, both parameters zero,
# without a warning. Near the centre nothing is seen: the error grows with the square of the distance.
#
# Seen: an image at declination 60 degrees in NCP: 0.0 arcsec off at the centre, 6.1 arcsec at 35 arcmin to the north, 12.3
# arcsec in the corner. The same image in SIN or TAN: 0.0 arcsec everywhere.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile \
    casa-formats-io==0.3.1 python-casacore==3.8.1 astropy==8.0.2 numpy==2.4.6 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import shutil

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from casa_formats_io import coordsys_to_astropy_wcs, getdesc
from casacore.images import image

for projection, slanted in (("SIN", False), ("TAN", False), ("NCP", True)):
    header = fits.Header({"RADESYS": "ICRS"})
    for n, kind, value, step in ((1, "RA---", 60.0, -5 / 60), (2, "DEC--", 60.0, 5 / 60)):
        header[f"CTYPE{n}"], header[f"CRVAL{n}"], header[f"CDELT{n}"] = kind + projection, value, step
        header[f"CRPIX{n}"], header[f"CUNIT{n}"] = 9.0, "deg"
    fits.writeto("in.fits", np.zeros((16, 16), "f4"), header, overwrite=True)
    shutil.rmtree("in.im", ignore_errors=True)
    image("in.fits").saveas("in.im")
    converted = coordsys_to_astropy_wcs(getdesc("in.im")["_keywords_"]["coords"])
    apart = []
    for pixel in ((8, 8), (8, 15), (15, 15)):
        right = WCS(header).pixel_to_world(*pixel)
        casacore = SkyCoord(*image("in.im").toworld(pixel[::-1])[::-1], unit=u.rad)
        assert right.separation(casacore).arcsec < 1e-3, "casacore does not agree with astropy"
        apart.append(right.separation(converted.pixel_to_world(*pixel)).arcsec)
    print(projection, "off by", *(f"{off:.1f}" for off in apart), "arcsec")
    if slanted:
        assert apart[0] < 1e-3 and abs(apart[1] - 6.1) < 0.1 and abs(apart[2] - 12.3) < 0.1, "the slant is kept"
    else:
        assert max(apart) < 1e-3, projection
PY
