"""Stand-in for an imager: `MEASUREMENT_SET PREFIX [-fits-mask MASK] [-j THREADS] [--noise JY] [--model KIND] [--fail]`.

The image is a compact and a wide source and noise, which is different for every measurement set, and what the mask
holds adds a little to it; so the images of a round tell which mask they were made with. Of data that begin with
"flagged" no pixel is valid. It leaves a model in the measurement set, as WSClean does, and the whole command line in
PREFIX-arguments.json. With `--model` there is a model image, too: `mask` has components in the mask, `empty` none,
`outside` all others, and of `diverged` it says what WSClean says.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from astropy.io import fits

SIZE = 48


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("measurement_set", type=Path)
    parser.add_argument("prefix")
    parser.add_argument("-fits-mask", dest="mask")
    parser.add_argument("-j", type=int)
    parser.add_argument("--noise", type=float, default=1e-3)
    parser.add_argument("--fail", action="store_true")
    parser.add_argument("--model", choices=["mask", "empty", "outside", "diverged"])
    given = parser.parse_args()
    Path(f"{given.prefix}-arguments.json").write_text(json.dumps(sys.argv[1:]))
    if given.fail:
        sys.exit("the imager could not go on")
    visibilities = given.measurement_set / "DATA"
    rng = np.random.default_rng(list(visibilities.read_bytes()))
    y, x = np.mgrid[:SIZE, :SIZE]
    image = rng.normal(0, given.noise, (SIZE, SIZE))
    image += 0.2 * np.exp(-((x - 16) ** 2 + (y - 14) ** 2) / 6) + 0.05 * np.exp(-((x - 26) ** 2 + (y - 30) ** 2) / 50)
    if visibilities.read_bytes().startswith(b"flagged"):
        image[:] = np.nan
    if given.mask:
        image += 1e-4 * fits.getdata(given.mask).reshape(SIZE, SIZE)
    header = fits.Header({"BUNIT": "Jy/beam", "BMAJ": 30 / 3600, "BMIN": 25 / 3600, "BPA": 20.0})
    for axis, (kind, value, step) in enumerate((("RA---SIN", 60.0, -8 / 3600), ("DEC--SIN", -45.0, 8 / 3600)), start=1):
        header[f"CTYPE{axis}"], header[f"CRVAL{axis}"], header[f"CRPIX{axis}"] = kind, value, SIZE // 2 + 1
        header[f"CDELT{axis}"], header[f"CUNIT{axis}"] = step, "deg"
    fits.writeto(f"{given.prefix}-image.fits", image.astype(np.float32), header, overwrite=True)
    if given.mask and given.model:
        components = fits.getdata(given.mask).reshape(SIZE, SIZE).astype(np.float32)
        components = {"empty": 0 * components, "outside": 1 - components}.get(given.model, components)
        fits.writeto(f"{given.prefix}-model.fits", components, header, overwrite=True)
        if given.model == "diverged":
            print("Stopping clean because of divergence!")
    model = given.measurement_set / "MODEL_DATA"
    model.unlink(missing_ok=True)
    model.write_text(given.prefix)


if __name__ == "__main__":
    main()
