#!/usr/bin/env bash
# python-casacore 3.8.1: a cube that image() reads and tofits() writes has other channel frequencies, if its header has RESTFRQ.
#
# The frequency axis goes in, and an axis of optical velocity comes out (CTYPE3 VOPT, m/s), the default of tofits() for an image
# with a rest frequency. Optical velocity is not linear in frequency and the file's axis is, so only the first channel stays
# where it was; casacore warns in its log and writes it. casacore itself then reads the wrong frequencies from its file. Without
# RESTFRQ, or with velocity=False, the frequencies are right. An imager's continuum images often carry RESTFRQ.
#
# Seen: 288 channels of 1 MHz from 800 MHz, RESTFRQ 1420 MHz: the last channel, 1087.0 MHz, is at 1246.7 MHz. A mask of one
# plane at 1.4 GHz has CRVAL3 = 4.28e6 m/s, no frequency.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile python-casacore==3.8.1 astropy==8.0.2 numpy==2.4.6 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import numpy as np
from astropy.io import fits
from casacore.images import image


def header(frequency, rest):
    cards = fits.Header()
    axes = (("RA---SIN", 60, -0.001, 9), ("DEC--SIN", -45, 0.001, 9), ("FREQ", frequency, 1e6, 1), ("STOKES", 1, 1, 1))
    for n, (kind, *values) in enumerate(axes, 1):
        cards[f"CTYPE{n}"] = kind
        for card, value in zip(("CRVAL", "CDELT", "CRPIX"), values):
            cards[f"{card}{n}"] = float(value)
    cards["CUNIT1"] = cards["CUNIT2"] = "deg"
    cards["CUNIT3"], cards["SPECSYS"] = "Hz", "LSRK"
    if rest:
        cards["RESTFRQ"] = rest
    return cards


def last_channel(name, channels):
    return image(name).toworld([0, channels - 1, 8, 8])[1] / 1e6


def through_casacore(channels, frequency, rest, **options):
    fits.writeto("in.fits", np.zeros((1, channels, 16, 16), "f4"), header(frequency, rest), overwrite=True)
    image("in.fits").tofits("out.fits", overwrite=True, **options)
    out = fits.getheader("out.fits")
    print(
        f"RESTFRQ {rest}, {options or 'defaults'}: {out['CTYPE3']} {out['CRVAL3']:.6g},"
        f" last channel {last_channel('in.fits', channels):.1f} -> {last_channel('out.fits', channels):.1f} MHz"
    )
    return out["CTYPE3"], out["CRVAL3"], last_channel("out.fits", channels)


kind, value, last = through_casacore(288, 0.8e9, 1.42e9)
assert kind == "VOPT" and abs(last - 1246.7) < 0.1, "the cube keeps its frequencies"
kind, value, last = through_casacore(288, 0.8e9, None)
assert kind == "FREQ" and abs(last - 1087) < 1e-3
kind, value, last = through_casacore(288, 0.8e9, 1.42e9, velocity=False)
assert kind == "FREQ" and abs(last - 1087) < 1e-3
kind, value, last = through_casacore(1, 1.4e9, 1.42e9)
assert kind == "VOPT" and abs(value - 4.2827e6) < 1e3, "the plane keeps its frequency"
PY
