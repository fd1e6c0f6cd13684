#!/usr/bin/env bash
# astropy 8.0.2 and fitsio 1.4.2: a float mask of zeros and ones, tile-compressed by default, comes back without a one from
# the first, and without its zeros from the second.
#
# Tile compression of floats is lossy, but by a share of the noise, and a mask has none: one would expect both to give it back
# as it is, at least its zeros and ones. Each row is judged alone, by the differences between pixels near one another, and a
# row with an island counts as noisy. astropy, which does not dither, keeps 0 and turns every 1 into 0.9836 or 0.9968: "mask ==
# 1" is empty, and so is a cast to integers. fitsio, which dithers, spreads the row's zeros from -0.08 to 0.08: "mask != 0" holds
# the whole width of the image. Rows without an island are exact, and so are rows that are all ones.
#
# Seen: an island of 10 x 10 pixels in 64 x 64. astropy: 0 pixels equal 1, 0 after astype(int), 100 greater than 0.5. fitsio:
# 640 are not 0, about 370 greater than 0, 100 greater than 0.5. Of 10 x 1 pixels: 0, 0, 10; 640, 320, 10. Of 10 full rows: 640
# each.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile astropy==8.0.2 fitsio==1.4.2 numpy==2.4.6 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import fitsio
import numpy as np
from astropy.io import fits

seen = {}
for width in (1, 10, 64):
    mask = np.zeros((64, 64), np.float32)
    mask[10:20, (20 if width < 64 else 0) :][:, :width] = 1
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(mask)]).writeto("a.fits", overwrite=True)
    fitsio.write("f.fits", mask, compress="rice", clobber=True)
    by_astropy, by_fitsio = fits.getdata("a.fits", 1), fitsio.read("f.fits", ext=1)
    seen[width] = [
        int(n.sum())
        for n in (by_astropy == 1, by_astropy.astype(int), by_astropy > 0.5, by_fitsio != 0, by_fitsio > 0, by_fitsio > 0.5)
    ]
    print(f"10 x {width}: astropy == 1, as integers, > 0.5; fitsio != 0, > 0, > 0.5: {seen[width]}")
assert seen[64] == [640] * 6, "full rows are no longer exact"
for width in (1, 10):
    assert seen[width][:3] == [0, 0, 10 * width], "astropy's ones are back"
    assert seen[width][3] == 640 and seen[width][4] > 20 * width and seen[width][5] == 10 * width, "fitsio's zeros are back"
PY
