#!/usr/bin/env bash
# astropy 8.0.2: CompImageHDU with quantize_level=0, meant to switch the quantization of floats off, cuts them to integers.
#
# With the default RICE_1 (and HCOMPRESS_1, PLIO_1) each tile is then cast to 32-bit integers, without a word: 0.7 comes back as
# 0 and 5.9 as 5. What is left is read by astropy alone: CFITSIO (here within fitsio) takes the bits of these integers for
# floats, and finds 7e-45 for 5. GZIP_1 and GZIP_2 keep the values exactly. One would expect that of all of them, or an error.
#
# Seen: RICE_1: values 0, 0.7, 5.9 read by astropy as 0, 5, by CFITSIO as 0, 7e-45. GZIP_1: exact, for both.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile astropy==8.0.2 fitsio==1.4.2 numpy==2.4.6 2>/dev/null
cd "$work"
venv/bin/python - <<'PY'
import fitsio
import numpy as np
from astropy.io import fits

values = np.zeros((64, 64), "f4")
values[10:20, 10:20] = 0.7
values[30:40, 10:20] = 5.9


def stored(compression):
    plane = fits.CompImageHDU(values, compression_type=compression, quantize_level=0)
    fits.HDUList([fits.PrimaryHDU(), plane]).writeto("q.fits", overwrite=True)
    return fits.getdata("q.fits", 1), fitsio.read("q.fits", ext=1)


by_astropy, by_cfitsio = stored("RICE_1")
print("RICE_1:", np.unique(by_astropy), "by CFITSIO:", np.unique(by_cfitsio))
assert sorted(set(by_astropy.ravel().tolist())) == [0, 5], "floats are no longer cut to integers"
assert 0 < by_cfitsio.max() < 1e-40, "CFITSIO reads the file differently"
by_astropy, by_cfitsio = stored("GZIP_1")
assert (by_astropy == values).all() and (by_cfitsio == by_astropy).all(), "GZIP_1 is no longer exact"
PY
