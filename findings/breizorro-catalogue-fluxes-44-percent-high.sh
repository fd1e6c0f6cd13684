#!/usr/bin/env bash
# breizorro 0.2.0: the flux densities of its catalogue (--outcatalog) are 44 % too high, for every source and any beam.
#
# The pixels of an island are added up and divided by the beam in pixels. For that the beam is taken as an ellipse whose axes
# are BMAJ and BMIN, pi / 4 BMAJ BMIN, not as the Gaussian that has these widths, pi / (4 ln 2) BMAJ BMIN; the two differ by
# 1 / ln 2 = 1.443. One would expect Jy from an image in Jy/beam: a source of 1 Jy in the image to be one of 1 Jy in the list.
#
# Seen: three sources of 1 Jy, as wide as the beam (5 pixels), 20 and 40 pixels: 1.44, 1.44, 1.43 Jy. The same pixels over the
# Gaussian's beam: 1.00, 1.00, 0.99. (With photutils 1.13: the fit of a centre by 3.0 raises an error on such islands.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile breizorro==0.2.0 photutils==1.13.0 scikit-image==0.26.0 regions==0.12 \
    astropy==7.0.2 numpy==2.2.6 scipy==1.15.3 2>/dev/null
cd "$work"
cat > sky.py <<'PY'
import numpy as np
from astropy.io import fits
from scipy.ndimage import gaussian_filter

size, beam, cell = 256, 5, 2 / 3600
down, across = np.indices((size, size))
sky = gaussian_filter(np.random.default_rng(0).normal(0, 1, (size, size)), beam / 2.3548)
sky *= 1e-5 / sky.std()
for y, x, width in ((60, 60, 5), (180, 70, 20), (120, 190, 40)):
    sky += (beam / width) ** 2 * np.exp(-4 * np.log(2) * ((down - y) ** 2 + (across - x) ** 2) / width**2)
header = fits.Header({"BUNIT": "Jy/beam", "BMAJ": beam * cell, "BMIN": beam * cell, "BPA": 0.0})
axes = (("RA---SIN", 60, -cell, 129), ("DEC--SIN", -45, cell, 129), ("FREQ", 1.4e9, 1e6, 1), ("STOKES", 1, 1, 1))
for n, (kind, value, step, pixel) in enumerate(axes, 1):
    header[f"CTYPE{n}"], header[f"CRVAL{n}"], header[f"CDELT{n}"], header[f"CRPIX{n}"] = kind, value, step, pixel
fits.writeto("sky.fits", sky[None, None].astype("f4"), header)
PY
venv/bin/python sky.py
options=(-r sky.fits -t 20 -o mask.fits --outcatalog list.txt --ncpu 1)
timeout -k 5 120 venv/bin/breizorro "${options[@]}" >log 2>&1 || { cat log; exit 1; }
venv/bin/python - <<'PY'
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from scipy.ndimage import label

sky, header = fits.getdata("sky.fits").squeeze(), fits.getheader("sky.fits")
islands, count = label(fits.getdata("mask.fits").squeeze() > 0)
sources = [line.split() for line in open("list.txt") if line.startswith("src")]
assert count == len(sources) == 3
for source in sources:
    x, y = WCS(header, naxis=2).all_world2pix(float(source[1]), float(source[2]), 0)
    pixels = sky[islands == islands[round(float(y)), round(float(x))]].astype(float)
    right = pixels.sum() / (np.pi / 4 / np.log(2) * 5 * 5)
    ratio = float(source[3]) / right
    print(f"catalogue {float(source[3]):.3f} Jy, the same pixels over the Gaussian's beam {right:.3f} Jy: {ratio:.3f} times")
    assert abs(right - 1) < 0.03 and abs(ratio * np.log(2) - 1) < 0.01, "the fluxes are in Jy"
PY
