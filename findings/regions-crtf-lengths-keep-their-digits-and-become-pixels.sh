#!/usr/bin/env bash
# regions 0.12: a length in a CRTF file with an exponent, or a unit that the reader does not know, is cut off and becomes pixels.
#
# CASA's lengths are numbers with a unit, and Python and Fortran programs write numbers as 1.5e1. Of what stands behind the first
# digits everything is taken for the unit; one that is none of the six known is dropped without a word. 1e1pix is a radius of 1
# pixel, not 10; 5mas is 5 pixels; 1.5e+01arcsec on a sky position is an error, and with it the whole file is lost.
#
# Seen: radii 1.0, 1.5, 5.0 and 5.0 pixels for 1e1pix, 1.5e1pix, 5mas and '5 parsec'; the sky circle raises "'radius' must have angular units".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile regions==0.12 astropy==8.0.2 numpy==2.4.6 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
from regions import Regions


def radius(length):
    (circle,) = Regions.parse(f"#CRTF\ncircle [[60pix,45pix],{length}]", format="crtf")
    return circle.radius


seen = {length: radius(length) for length in ("1e1pix", "1.5e1pix", "5mas", "5 parsec", "10pix")}
print(seen)
assert seen == {"1e1pix": 1.0, "1.5e1pix": 1.5, "5mas": 5.0, "5 parsec": 5.0, "10pix": 10.0}, "read otherwise now"
lines = "#CRTF\ncircle [[60deg,-45deg],20arcsec], coord=J2000\ncircle [[60deg,-45deg],1.5e+01arcsec], coord=J2000"
try:
    found = Regions.parse(lines, format="crtf")
except ValueError as error:
    print(error)
else:
    raise SystemExit(f"read now: {found}")
PY
