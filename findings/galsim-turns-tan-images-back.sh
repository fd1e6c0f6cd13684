#!/usr/bin/env bash
# galsim 2.8.5: FitsWCS() leaves out LONPOLE and CROTA2 of a TAN image, so a turned image has its sources in the wrong place.
#
# For TAN, STG, ZEA and ARC it prefers a reader of its own, GSFitsWCS, which looks at PC and CD matrices, but at neither of these
# keywords, and says nothing. Other projections go to astropy and are right: SIN with the same keywords is. One would expect the
# same place on the sky whichever reader is taken, or that FitsWCS() goes on to astropy. CROTA2 is the old form, and what AIPS
# and the surveys reduced in it have; PC and CD do the same by any newer program.
#
# Seen: 5 arcmin pixels, a pixel 5 to the right and 3 up of the reference pixel. No turn, or by PC: 0.0 arcsec off astropy; CROTA2
# = 30 degrees, or LONPOLE = 150: 905.5 arcsec. The same in SIN: 0.0 throughout.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile galsim==2.8.5 astropy==8.0.2 scipy==1.17.1 numpy==2.3.5 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import galsim
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

turn = np.radians(30)
pc = {"PC1_1": np.cos(turn), "PC1_2": -np.sin(turn), "PC2_1": np.sin(turn), "PC2_2": np.cos(turn)}
turns = {"none": {}, "PC": pc, "CROTA2": {"CROTA2": 30.0}, "LONPOLE": {"LONPOLE": 150.0}}
for projection in ("TAN", "ZEA", "SIN"):
    for name, cards in turns.items():
        header = fits.Header({"NAXIS": 2, "NAXIS1": 16, "NAXIS2": 16, "RADESYS": "ICRS"})
        for n, kind, value, step in ((1, "RA---", 60.0, -5 / 60), (2, "DEC--", 30.0, 5 / 60)):
            header[f"CTYPE{n}"], header[f"CRVAL{n}"], header[f"CDELT{n}"] = kind + projection, value, step
            header[f"CRPIX{n}"], header[f"CUNIT{n}"] = 9.0, "deg"
        header.update(cards)
        reader = galsim.FitsWCS(header=galsim.FitsHeader(header))
        # FITS counts pixels from 1, astropy's functions from 0
        place = reader.toWorld(galsim.PositionD(14, 12))
        place = SkyCoord(place.ra.rad, place.dec.rad, unit=u.rad)
        off = place.separation(WCS(header).pixel_to_world(13, 11)).arcsec
        print(f"{projection}, turned by {name}: {type(reader).__name__}, {off:.1f} arcsec off")
        if projection == "SIN" or name in ("none", "PC"):
            assert off < 1e-3
        else:
            assert abs(off - 905.5) < 0.2, "the turn is kept"
PY
