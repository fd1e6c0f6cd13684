#!/usr/bin/env bash
# bdsf 1.14.1 (PyBDSF): a dilated island mask is empty in the outermost pixels, and there smaller than the undilated one.
#
# export_image(img_type="island_mask", mask_dilation=N) clears the three rows and columns at the low edges and the two at the
# high edges of the image, for every N from 1 on, though islands were found there and the mask of mask_dilation=0 holds them.
# One would expect a dilated mask to hold the mask that it was made of.
#
# Seen: five sources, four of them 3 pixels from an edge. mask_dilation=0: islands reach all four edges. 1, 2, 5: nothing in
# rows and columns 0, 1, 2 and -1, -2, and the source at the low edge has fewer pixels (70 become 58 with N = 1).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile bdsf==1.14.1 astropy==8.0.2 numpy==2.4.6 scipy==1.17.1 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import bdsf
import numpy as np
from astropy.io import fits
from scipy.ndimage import gaussian_filter

size, sigma = 200, 10 / 2.5 / 2.3548
down, across = np.indices((size, size))
sky = gaussian_filter(np.random.default_rng(0).normal(0, 1, (size, size)), sigma)
sky *= 1e-3 / sky.std()
for y, x in ((3, 50), (100, 3), (196, 60), (140, 196), (100, 100)):
    sky += 0.2 * np.exp(-((down - y) ** 2 + (across - x) ** 2) / 2 / sigma**2)
header = fits.Header({"BMAJ": 10 / 3600, "BMIN": 10 / 3600, "BPA": 0.0, "BUNIT": "Jy/beam", "CUNIT1": "deg", "CUNIT2": "deg"})
axes = (("RA---SIN", 60, -2.5 / 3600, 101), ("DEC--SIN", -45, 2.5 / 3600, 101), ("FREQ", 1.4e9, 1e6, 1), ("STOKES", 1, 1, 1))
for n, (kind, *values) in enumerate(axes, 1):
    header[f"CTYPE{n}"] = kind
    for card, value in zip(("CRVAL", "CDELT", "CRPIX"), values):
        header[f"{card}{n}"] = float(value)
fits.writeto("sky.fits", sky[None, None].astype("f4"), header)
found = bdsf.process_image("sky.fits", rms_box=(50, 10), thresh_isl=4, thresh_pix=5, quiet=True, ncores=1)


def mask(dilation):
    found.export_image(outfile="mask.fits", img_type="island_mask", mask_dilation=dilation, clobber=True)
    return fits.getdata("mask.fits").squeeze() > 0


plain = mask(0)
edges = [int(edge.sum()) for edge in (plain[:3], plain[-2:], plain[:, :3], plain[:, -2:])]
print("islands:", found.nisl, "pixels at the edges:", edges)
assert found.nisl == 5 and min(edges) > 10
for dilation in (1, 2, 5):
    wide = mask(dilation)
    edges = [int(edge.sum()) for edge in (wide[:3], wide[-2:], wide[:, :3], wide[:, -2:])]
    next_to = [int(line.sum()) for line in (wide[3], wide[-3], wide[:, 3], wide[:, -3])]
    lost = int((plain & ~wide).sum())
    print(f"mask_dilation={dilation}: lost {lost}, at the edges {edges}, next to these {next_to}")
    assert edges == [0] * 4 and min(next_to) > 5 and lost > 50, "a dilated mask reaches the edges"
first = (slice(0, 14), slice(38, 63))
print("the source at the low edge:", int(plain[first].sum()), "->", int(mask(1)[first].sum()), "pixels")
assert mask(1)[first].sum() < plain[first].sum()
PY
