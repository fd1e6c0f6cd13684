#!/usr/bin/env bash
# LSMTool 1.9.0: a source is looked up in a mask one pixel off if it lies left of or below a pixel's centre, and beyond the edge.
#
# Pixel coordinates are cut off where they should be rounded (pixel n reaches from n - 0.5 to n + 0.5), so select("m.fits == True")
# loses sources from the left and lower half of each border pixel of an island, and keeps those of half a pixel to its right and
# above. Components of a clean lie at the centres of pixels, so that rounding of their coordinates decides. group("m.fits") does
# the same, and takes a source outside the image, to the left of it or below, for one near the opposite edge.
#
# Seen: an island of one pixel, at column 50. Of sources at columns 49.6 to 50.9 it keeps 50.2, 50.4, 50.7 and 50.9, and loses
# 49.6 and 49.8. A source three columns left of the image is put into the patch of an island three columns from its right edge.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile \
    lsmtool==1.9.0 astropy==8.0.2 numpy==2.4.6 scipy==1.17.1 python-casacore==3.8.1 2>/dev/null
cd "$work"
venv/bin/python - 2>messages <<'PY' || { cat messages; exit 1; }
import lsmtool
import numpy as np
from astropy import units as u
from astropy.coordinates import Angle
from astropy.io import fits
from astropy.wcs import WCS

size = 101


def write_mask(name, row, column):
    """A mask of one pixel, counted from 0, with the axes of a radio image."""
    pixels = np.zeros((1, 1, size, size), "f4")
    pixels[0, 0, row, column] = 1
    axes = (("RA---SIN", 60.0, -0.01, 51.0), ("DEC--SIN", -45.0, 0.01, 51.0), ("FREQ", 1.4e9, 1e6, 1.0), ("STOKES", 1.0, 1.0, 1.0))
    header = fits.Header({"EQUINOX": 2000.0})
    for n, (kind, value, step, pixel) in enumerate(axes, 1):
        header[f"CTYPE{n}"], header[f"CRVAL{n}"], header[f"CDELT{n}"], header[f"CRPIX{n}"] = kind, value, step, pixel
    fits.writeto(name, pixels, header)
    return WCS(header).celestial


def sky_model(wcs, columns, row):
    """Point sources at these columns of a row."""
    lines = ["FORMAT = Name, Type, Ra, Dec, I, ReferenceFrequency='1.4e9'"]
    for n, column in enumerate(columns):
        place = wcs.pixel_to_world(column, row)
        ra = Angle(place.ra).to_string(u.hourangle, sep=":", precision=6)
        dec = Angle(place.dec).to_string(u.deg, sep=".", precision=5)
        lines.append(f"s{n}, POINT, {ra}, {dec}, 1.0, 1.4e9")
    with open("model.txt", "w") as file:
        file.write("\n".join(lines) + "\n")
    return lsmtool.load("model.txt")


columns = [49.6, 49.8, 50.2, 50.4, 50.7, 50.9]
wcs = write_mask("one.fits", 40, 50)
model = sky_model(wcs, columns, 40.1)
model.select("one.fits == True")
kept = [columns[int(name[1:])] for name in model.getColValues("Name")]
print("island at column 50; kept:", kept)
assert kept == [50.2, 50.4, 50.7, 50.9], "coordinates are rounded to the nearest pixel"

wcs = write_mask("right.fits", 40, size - 3)
model = sky_model(wcs, [size - 2.8, -3.4], 40.1)
model.group("right.fits")
patches = [str(name) for name in model.getColValues("Patch")]
print("patches of a source in the island and of one left of the image:", patches)
assert patches == ["Patch_patch_1", "Patch_patch_1"], "a source outside the image is in no island"
PY
