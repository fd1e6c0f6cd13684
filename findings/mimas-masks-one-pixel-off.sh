#!/usr/bin/env bash
# AegeanTools 2.3.5: MIMAS --maskimage applies a region one pixel off, in both axes, whatever the size of the pixels.
#
# It keeps the pixels within the region and blanks the others (so its manual; its --help says the reverse). Pixels are counted
# from 0, but their positions are looked up as if counted from 1, so each pixel gets the answer of its neighbour to the lower
# left. One would expect a circle to be centred where it was asked for, and a mask that is turned into a region (--mask2mim,
# which counts right) and applied to the same image to keep the pixels of the mask. With --negate it is as far off.
#
# Seen: a mask of rows 20 to 29 and columns 60 to 69 comes back as rows 21 to 30 and columns 61 to 70. A circle around the
# reference pixel (50, 50), 24 pixels in radius, is centred on (51, 51).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile \
    AegeanTools==2.3.5 astropy==8.0.2 healpy==1.20.1 numpy==2.4.6 scipy==1.17.1 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import subprocess

import numpy as np
from astropy.io import fits

size = 101


def mimas(*arguments):
    subprocess.run(["venv/bin/MIMAS", *arguments], check=True, capture_output=True)


def image(name, step, pixels):
    header = fits.Header({"CUNIT1": "deg", "CUNIT2": "deg"})
    for n, kind, value, cell in ((1, "RA---SIN", 60.0, -step / 3600), (2, "DEC--SIN", -45.0, step / 3600)):
        header[f"CTYPE{n}"], header[f"CRVAL{n}"], header[f"CDELT{n}"], header[f"CRPIX{n}"] = kind, value, cell, 51.0
    fits.writeto(name, pixels.astype("f4"), header)


def kept(name, region, *options):
    mimas("--maskimage", region, name, "cut.fits", *options)
    return np.isfinite(fits.getdata("cut.fits"))


mask = np.zeros((size, size), bool)
mask[20:30, 60:70] = True
image("mask.fits", 120, mask)
mimas("--mask2mim", "mask.fits", "mask.mim", "-depth", "12")
back = kept("mask.fits", "mask.mim")
print("mask: rows and columns", np.argwhere(mask)[[0, -1]].tolist(), "back:", np.argwhere(back)[[0, -1]].tolist())
assert (back == np.roll(mask, (1, 1), (0, 1))).all(), "a mask comes back as it was"
assert (kept("mask.fits", "mask.mim", "--negate") == ~back).all()

mimas("-o", "circle.mim", "-depth", "14", "+c", "60", "-45", "0.4")
image("sky.fits", 60, np.ones((size, size)))
centre = np.argwhere(kept("sky.fits", "circle.mim")).mean(axis=0)
print("circle around (50, 50): centre", centre.round(2).tolist())
assert np.allclose(centre, 51, atol=0.05), "the circle is where it was asked for"
PY
