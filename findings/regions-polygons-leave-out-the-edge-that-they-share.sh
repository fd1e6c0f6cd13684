#!/usr/bin/env bash
# regions 0.12: polygons that share an edge leave out the pixels whose centres are on it.
#
# Sky is often cut into polygons (facets, tiles) whose corners are whole pixels. One would expect each pixel inside the outline
# to be in exactly one of them, as with most rules for points in polygons, or in both. A centre on any edge, upright, level or
# slanted, is in none: the union has a seam, through the middle of sources. Half a pixel further nothing is missing. DS9's
# rule, as pyregion 2.3.0 has it, takes these pixels into both.
#
# Seen: a square of 21 x 21 pixels cut along its diagonal into two triangles: 19 of the 19 inner pixels of the diagonal are in
# neither; cut upright: 19 of 19 of the column. With corners moved by 0.5 along x: 0. pyregion: 0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile regions==0.12 pyregion==2.3.0 astropy==8.0.2 numpy==2.4.6 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import numpy as np
import pyregion
from regions import PixCoord, PolygonPixelRegion

shape = (30, 30)


def by_regions(corners):
    return PolygonPixelRegion(PixCoord(*np.transpose(corners))).to_mask().to_image(shape) > 0


def by_pyregion(corners):
    text = ",".join(str(value + 1) for corner in corners for value in corner)
    return pyregion.parse(f"image;polygon({text})").get_mask(shape=shape)


def missing(shift, parts, take):
    union = np.logical_or.reduce([take([(x + shift, y) for x, y in part]) for part in parts])
    return int((~union[5:24, 5:24]).sum())


diagonal = [[(4, 4), (24, 4), (24, 24)], [(4, 4), (24, 24), (4, 24)]]
upright = [[(4, 4), (14, 4), (14, 24), (4, 24)], [(14, 4), (24, 4), (24, 24), (14, 24)]]
for name, parts in (("diagonal", diagonal), ("upright", upright)):
    seen = missing(0, parts, by_regions), missing(0.5, parts, by_regions), missing(0, parts, by_pyregion)
    print(name, "missing: regions, regions half a pixel on, pyregion", seen)
    assert seen == (19, 0, 0), "no seam, or another"
PY
