#!/usr/bin/env bash
# radio-beam 0.3.10: the average of beams whose position angles lie on both sides of north is at right angles to all of them,
# and spectral-cube 0.7.0 writes it into moment maps.
#
# The angles are averaged around a full turn. A beam turned by half a turn is the same beam, so the mean of 179 and 1 degrees
# should be 0; Beams.average_beam() says 90. A cube with a beam for each channel (CASA's table BEAMS) is summed with it:
# moment0() and mean() put it in their header as BMAJ, BMIN, BPA, though all beams were found near enough to the average. An
# imager writes BPA between 0 and 180 or from -90 to 90, so cubes whose beam is close to north, or to east, have both kinds.
#
# Seen: 10 arcsec x 6 arcsec at 179, 1, 179, 1 degrees: BPA 90 in both maps; at 89 and -89: 0; at 29 and 31: 30.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile \
    spectral-cube==0.7.0 radio-beam==0.3.10 astropy==8.0.2 scipy==1.17.1 numpy==2.4.6 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import warnings

import numpy as np
from astropy import units as u
from astropy.io import fits
from radio_beam import Beams
from spectral_cube import SpectralCube

warnings.simplefilter("ignore")
header = fits.Header({"BUNIT": "Jy/beam", "CASAMBM": True, "RESTFRQ": 1.42e9})
axes = (("RA---SIN", 60, -0.001, 9, "deg"), ("DEC--SIN", -45, 0.001, 9, "deg"), ("VRAD", 0, 1e3, 1, "m/s"))
for n, (kind, value, step, pixel, unit) in enumerate(axes, 1):
    header[f"CTYPE{n}"], header[f"CRVAL{n}"], header[f"CDELT{n}"] = kind, float(value), step
    header[f"CRPIX{n}"], header[f"CUNIT{n}"] = float(pixel), unit


def maps(angles):
    beams = [np.full(4, 10.0), np.full(4, 6.0), np.array(angles), np.arange(4), np.zeros(4)]
    names = (("BMAJ", "E", "arcsec"), ("BMIN", "E", "arcsec"), ("BPA", "E", "deg"), ("CHAN", "J", None), ("POL", "J", None))
    columns = [fits.Column(name, kind, unit=unit, array=values) for (name, kind, unit), values in zip(names, beams)]
    table = fits.BinTableHDU.from_columns(columns, name="BEAMS")
    table.header["NCHAN"], table.header["NPOL"] = 4, 1
    fits.HDUList([fits.PrimaryHDU(np.ones((4, 16, 16), "f4"), header), table]).writeto("cube.fits", overwrite=True)
    cube = SpectralCube.read("cube.fits")
    assert np.allclose(cube.beams.pa.to_value("deg"), angles)
    return [plane.header["BPA"] for plane in (cube.moment0(), cube.mean(axis=0))]


for pair, average, right in (((29.0, 31.0), 30, 30), ((179.0, 1.0), 90, 0), ((89.0, -89.0), 0, 90)):
    beams = Beams(major=[10, 10] * u.arcsec, minor=[6, 6] * u.arcsec, pa=pair * u.deg)
    seen = [beams.average_beam().pa.to_value("deg"), *maps(pair * 2)]
    print(f"position angles {pair}: radio-beam {seen[0]:.1f}, moment 0 {seen[1]:.1f}, mean {seen[2]:.1f}, expected {right}")
    assert np.allclose(seen, average, atol=1e-3), "the average no longer goes around a full turn"
PY
