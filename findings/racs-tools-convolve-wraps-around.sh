#!/usr/bin/env bash
# racs-tools 4.5.0: an image convolved to a larger beam with beamcon_2D has sources near one edge also at the opposite edge.
#
# The convolution is a product of Fourier transforms of the image as it is, without a border, so what is spread across the left
# edge comes in again from the right. Nothing of it is cut off: the sum of the pixels is kept. One would expect a border of
# zeros, as if there were nothing outside. A wide blank (NaN) border, as survey images mostly have, hides it; a cut-out has none.
#
# Seen: 1 Jy/beam, 2 pixels from the left edge of 100 x 100 pixels of 2 arcsec, from 10 x 8 to 20 x 16 arcsec: a ghost of 0.68
# Jy/beam in the last column, where there was nothing (less than 1e-30). The same source in the middle: right within 1e-6.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile racs-tools==4.5.0 astropy==8.0.2 numpy==2.4.6 2>/dev/null
cd "$work"
cat >field.py <<'PY'
import numpy as np
from astropy.io import fits

SIZE, CELL = 100, 2.0


def field(column, major, minor, angle):
    """A point source of 1 Jy/beam in the middle row, seen with this beam (arcsec, degrees)."""
    down, across = np.indices((SIZE, SIZE))
    east, north, turn = -(across - column) * CELL, (down - SIZE // 2) * CELL, np.radians(angle)
    along = east * np.sin(turn) + north * np.cos(turn)
    beside = east * np.cos(turn) - north * np.sin(turn)
    return np.exp(-4 * np.log(2) * ((along / major) ** 2 + (beside / minor) ** 2))


def write(name, column):
    header = fits.Header({"BUNIT": "Jy/beam", "BMAJ": 10 / 3600, "BMIN": 8 / 3600, "BPA": 30.0})
    for n, kind, value, step in ((1, "RA---SIN", 60.0, -CELL), (2, "DEC--SIN", 30.0, CELL)):
        header[f"CTYPE{n}"], header[f"CRVAL{n}"], header[f"CDELT{n}"] = kind, value, step / 3600
        header[f"CRPIX{n}"], header[f"CUNIT{n}"] = SIZE / 2 + 1, "deg"
    fits.writeto(name, field(column, 10, 8, 30).astype("f4"), header)
PY
venv/bin/python -c 'import field; field.write("middle.fits", 50); field.write("edge.fits", 2)'
for name in middle edge; do
    venv/bin/beamcon_2D "$name.fits" --bmaj 20 --bmin 16 --bpa 70 -s smooth >/dev/null 2>&1
done
venv/bin/python - <<'PY'
import numpy as np
from astropy.io import fits
from field import field

for name, column in (("middle", 50), ("edge", 2)):
    smooth, header = fits.getdata(f"{name}.smooth.fits", header=True)
    before, right = fits.getdata(f"{name}.fits"), field(column, 20, 16, 70)
    assert abs(header["BMAJ"] * 3600 - 20) < 1e-6 and header["BUNIT"] == "Jy/beam"
    print(
        f"{name}: last column {before[:, -1].max():.1g} -> {smooth[:, -1].max():.2f}, expected {right[:, -1].max():.1g};"
        f" sum {smooth.sum() / before.sum():.2f} times"
    )
    if name == "middle":
        assert abs(smooth - right).max() < 1e-5
    else:
        assert before[:, -1].max() < 1e-30 and right[:, -1].max() < 1e-20
        assert abs(smooth[:, -1].max() - 0.68) < 0.01, "it no longer wraps around"
        assert np.isclose(smooth.sum() / before.sum(), 4, atol=0.01)
PY
