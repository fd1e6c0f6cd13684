#!/usr/bin/env bash
# spectral-cube 0.7.0: convolve_to() changes the beam of the cube that it is called on.
#
# It returns a new cube of the new beam, and the old one's pixels stay as they were; but planes taken out of the old one from
# then on carry the new beam. They are written with its BMAJ, turned into kelvin with its area, and not convolved when asked
# to be ("identical to the current beam"), while old.beam itself still gives the old beam. With dask or without. One would
# expect the old cube to be as before.
#
# Seen: a cube of 10 arcsec x 8 arcsec, convolved to 20 arcsec: BMAJ of its first plane, written after that, is 20 arcsec
# (pixels as before); its peak in kelvin is 5.0 times lower than before the call. cube.beam: 10 arcsec x 8 arcsec.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile \
    spectral-cube==0.7.0 radio-beam==0.3.10 astropy==8.0.2 numpy==2.4.6 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import warnings

import numpy as np
from astropy import units as u
from astropy.io import fits
from radio_beam import Beam
from spectral_cube import SpectralCube

warnings.simplefilter("ignore")
size = 65
old, new = Beam(10 * u.arcsec, 8 * u.arcsec, 30 * u.deg), Beam(20 * u.arcsec, 20 * u.arcsec, 0 * u.deg)
source = old.as_kernel(2.5 * u.arcsec, x_size=size, y_size=size).array
header = fits.Header({"BMAJ": 10 / 3600, "BMIN": 8 / 3600, "BPA": 30.0, "BUNIT": "Jy/beam"})
axes = (("RA---SIN", 60, -2.5 / 3600, 33), ("DEC--SIN", -45, 2.5 / 3600, 33), ("FREQ", 1.4e9, 1e6, 1))
for n, (kind, *values) in enumerate(axes, 1):
    header[f"CTYPE{n}"] = kind
    for card, value in zip(("CRVAL", "CDELT", "CRPIX"), values):
        header[f"{card}{n}"] = float(value)
header["CUNIT1"], header["CUNIT2"], header["CUNIT3"] = "deg", "deg", "Hz"
fits.writeto("cube.fits", np.stack([source / source.max()] * 2).astype("f4"), header)

for dask in (False, True):
    cube = SpectralCube.read("cube.fits", use_dask=dask)

    def plane():
        cube[0].write("plane.fits", overwrite=True)
        pixels, cards = fits.getdata("plane.fits", header=True)
        return pixels, cards["BMAJ"] * 3600, float(cube[0].to(u.K, freq=1.4 * u.GHz).value.max())

    pixels, major, kelvin = plane()
    cube.convolve_to(new)
    pixels_after, major_after, kelvin_after = plane()
    print(f"dask {dask}: BMAJ {major:.1f} -> {major_after:.1f}, peak {kelvin:.0f} K -> {kelvin_after:.0f} K, {cube.beam}")
    assert abs(major - 10) < 1e-6 and (pixels == pixels_after).all() and abs(cube.beam.major.to_value("arcsec") - 10) < 1e-6
    assert abs(major_after - 20) < 1e-6 and abs(kelvin / kelvin_after - 5) < 0.01, "the cube keeps its beam"
PY
