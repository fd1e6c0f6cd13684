#!/usr/bin/env bash
# spimple 0.0.3: an image convolved to a beam with spimple-imconv has a wider beam than its header says, and lower peaks.
#
# The Gaussian that it makes for given widths falls off with exp(-2.355 r^2 / FWHM^2). The factor is the one between a width and
# its sigma, sqrt(8 ln 2), where 4 ln 2 = 2.773 belongs; so every beam is 8.5 % too wide, and by the ratio of two of these the
# image is convolved. One would expect the sources to have the BMAJ that was asked for, and point sources to keep their peak. A
# model (without a beam) comes out 8.5 % too wide too, at the right peak, so with 18 % more flux. The newer 0.0.5 has the same
# factor; its spimple-imconv stops with an error when it writes, hence 0.0.3 here.
#
# Seen: a point source of 1 Jy/beam at 20 x 12 arcsec convolved to 40 x 40: BMAJ = BMIN = 40 arcsec in the header, 43.1 x 42.6
# in the image, with a peak of 0.872. A pixel of 1 Jy convolved to 10 pixels: 10.85 wide, 1.177 Jy.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile spimple==0.0.3 codex-africanus==0.4.5 dask-ms==0.2.32 dask==2026.8.0 \
    xarray==2026.9.0 python-casacore==3.8.1 numba==0.68.1 ducc0==0.42.0 katbeam==0.1 pyscilog==0.1.2 omegaconf==2.4.0 \
    astropy==8.0.2 numpy==2.4.6 scipy==1.17.1 2>/dev/null
cd "$work"
cat > sky.py <<'PY'
import numpy as np
from astropy.io import fits

size, cell = 256, 2 / 3600
header = fits.Header({"BUNIT": "Jy/beam", "BMAJ": 10 * cell, "BMIN": 6 * cell, "BPA": 30.0})
axes = (("RA---SIN", 60, -cell, 129), ("DEC--SIN", -45, cell, 129), ("FREQ", 1.4e9, 1e6, 1), ("STOKES", 1, 1, 1))
for n, (kind, value, step, pixel) in enumerate(axes, 1):
    header[f"CTYPE{n}"], header[f"CRVAL{n}"], header[f"CDELT{n}"], header[f"CRPIX{n}"] = kind, float(value), step, float(pixel)
north, west = np.indices((size, size)) - 100
turn = np.radians(30)
along, beside = north * np.cos(turn) - west * np.sin(turn), north * np.sin(turn) + west * np.cos(turn)
sky = np.exp(-4 * np.log(2) * (along**2 / 10**2 + beside**2 / 6**2))
fits.writeto("sky.fits", sky[None, None].astype("f4"), header)
PY
venv/bin/python sky.py
venv/bin/spimple-imconv -image sky.fits -o wide -pp 0.01111111111 0.01111111111 0 -nthreads 1 >log 2>&1 || { cat log; exit 1; }
venv/bin/python - <<'PY'
import numpy as np
from astropy.io import fits
from spimple.utils import convolve2gaussres


def widths(image):
    places = np.indices(image.shape).reshape(2, -1)
    return np.sqrt(8 * np.log(2) * np.linalg.eigvalsh(np.cov(places, aweights=image.clip(0).ravel(), ddof=0)))


before, after = (fits.getdata(name).squeeze().astype(float) for name in ("sky.fits", "wide.convolved.fits"))
header = fits.getheader("wide.convolved.fits")
says = np.array([header["BMIN"], header["BMAJ"]]) * 3600
is_ = widths(after) * 2
print("before:", widths(before) * 2, "arcsec; header:", says, "image:", is_, "peak:", after.max())
assert np.allclose(widths(before) * 2, (12, 20), atol=0.1) and np.allclose(says, 40, atol=1e-3)
assert np.allclose(is_, (42.6, 43.1), atol=0.2) and abs(after.max() - 0.872) < 0.005, "the image has the beam of its header"

x = np.arange(-128, 128)
model = np.zeros((1, 256, 256))
model[0, 140, 120] = 1
image, _ = convolve2gaussres(model, *np.meshgrid(x, x, indexing="ij"), (10.0, 10.0, 0.0), 1)
flux = image.sum() / (np.pi / 4 / np.log(2) * 10 * 10)
print("a pixel convolved to 10 pixels:", widths(image[0]), "flux:", flux)
assert np.allclose(widths(image[0]), 10.85, atol=0.05) and abs(flux - 1.177) < 0.005, "a Gaussian has the width that was asked for"
PY
