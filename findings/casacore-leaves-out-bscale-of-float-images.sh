#!/usr/bin/env bash
# python-casacore 3.8.1: image() leaves out BSCALE and BZERO of a FITS image of floats, and takes them for integers.
#
# FITS allows both keywords for every BITPIX (for floats it only advises against them), and some files have an image turned from
# mJy into Jy by its header alone. astropy and CFITSIO (here within fitsio) scale; so does casacore where the pixels are integers.
# For BITPIX -32 and -64 it gives the stored values, without a warning, together with the BUNIT; tofits() and saveas() then write
# these values with BSCALE 1, so the factor is gone. One would expect the physical values.
#
# Seen: pixels stored as 3, BSCALE 0.001, BZERO 0.5, BUNIT Jy/beam. astropy, fitsio: 0.503 for 16-bit integers and for floats.
# casacore: 0.503 for integers, 3.0 for floats of 32 and 64 bits, and 3.0 in the file that it writes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile \
    python-casacore==3.8.1 fitsio==1.4.2 astropy==8.0.2 numpy==2.4.6 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import fitsio
import numpy as np
from astropy.io import fits
from casacore.images import image

header = fits.Header({"BUNIT": "Jy/beam"})
for n, kind, value, step in ((1, "RA---SIN", 60.0, -0.001), (2, "DEC--SIN", -45.0, 0.001)):
    header[f"CTYPE{n}"], header[f"CRVAL{n}"], header[f"CDELT{n}"] = kind, value, step
    header[f"CRPIX{n}"], header[f"CUNIT{n}"] = 9.0, "deg"
for bits, kind in ((16, "i2"), (-32, "f4"), (-64, "f8")):
    fits.writeto("in.fits", np.full((16, 16), 3, kind), header, overwrite=True)
    with fits.open("in.fits", mode="update", do_not_scale_image_data=True) as opened:
        opened[0].header["BSCALE"], opened[0].header["BZERO"] = 1e-3, 0.5
    cards = fits.getheader("in.fits")
    assert (cards["BITPIX"], cards["BSCALE"], cards["BZERO"]) == (bits, 1e-3, 0.5)
    by_casacore = image("in.fits")
    by_casacore.tofits("out.fits", overwrite=True)
    written, after = fits.getdata("out.fits", header=True)
    values = [
        float(pixels[8, 8])
        for pixels in (fits.getdata("in.fits"), fitsio.read("in.fits"), by_casacore.getdata(), written)
    ]
    print(f"BITPIX {bits}: astropy, fitsio, casacore, written by casacore:", *(f"{value:.4g}" for value in values))
    assert np.allclose(values[:2], 0.503) and after["BSCALE"] == 1 and after["BUNIT"] == "Jy/beam"
    assert np.allclose(values[2:], 0.503 if bits > 0 else 3), "floats are scaled by casacore too"
PY
