#!/usr/bin/env bash
# astro-tigger-lsm 1.8.0: tigger-restore makes every source too narrow along right ascension, by the cosine of its declination.
#
# One would expect a point source of 1 Jy, restored with the beam of the header, to be that beam wherever it is in the sky: its
# pixels, divided by the area of the beam, add up to 1 Jy. They do on the equator. At a declination of -30 degrees the
# restored beam of 12" x 12" is 10.4" wide from east to west, and at -60 degrees 6": its size in pixels is taken from
# CDELT1 as if that were a step of right ascension, and not of the sky. The peak stays 1 Jy/beam, so that a mask made of
# it, or the residual of image and restored model, lacks both flanks of each source. Resolved sources lose the same.
#
# Seen: 1.000, 0.866 and 0.500 Jy of 1 Jy at declinations of 0, -30 and -60 degrees.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet astro-tigger-lsm==1.8.0 numpy==1.26.4 2>/dev/null
cd "$work"
"$work/venv/bin/python" - <<'PY'
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
from astropy.io import fits

beam = 12 / 3600
step = 2 / 3600
program = Path(sys.executable).with_name("tigger-restore")
for declination in (0, -30, -60):
    header = fits.Header()
    for axis, (name, centre, sign) in enumerate((("RA---SIN", 10.0, -1), ("DEC--SIN", float(declination), 1)), start=1):
        header[f"CTYPE{axis}"], header[f"CRVAL{axis}"], header[f"CRPIX{axis}"] = name, centre, 51.0
        header[f"CDELT{axis}"], header[f"CUNIT{axis}"] = sign * step, "deg"
    header["BMAJ"], header["BMIN"], header["BPA"], header["BUNIT"] = beam, beam, 0.0, "Jy/beam"
    fits.writeto("empty.fits", np.zeros((101, 101), np.float32), header, overwrite=True)
    Path("sky.txt").write_text(f"#format: name ra_d dec_d i\nA 10.0 {declination:.1f} 1.0\n")
    subprocess.run([program, "-f", "empty.fits", "sky.txt", "restored.fits"], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    restored = fits.getdata("restored.fits").squeeze().astype(float)
    flux = restored.sum() / (math.pi / (4 * math.log(2)) * (beam / step) ** 2)
    print(f"declination {declination}: peak {restored.max():.3f} Jy/beam, {flux:.3f} Jy")
    assert abs(restored.max() - 1) < 1e-3
    assert abs(flux - math.cos(math.radians(declination))) < 0.01, "the flux is no longer that of the cosine"
PY
