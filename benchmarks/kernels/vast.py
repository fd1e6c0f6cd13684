"""A mask, and its islands, of an image of more than 2^32 pixels: sparse, for the disk holds but the tiles with sources.

`skerry flood --suppress-artefacts`, or `skerry mask`, and `skerry stats` are run on it, and the peaks have to be where
the sources are.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits

from benchmarks.timing import SKERRY, run

HALF = 100
"""Pixels of a tile to either side of its source; the rest of the image is 0, and so no sky."""


def make(path: Path, side: int) -> list[tuple[int, int]]:
    """Write the image; gives rows and columns of its sources, from 1."""
    numbers = {"SIMPLE": True, "BITPIX": -32, "NAXIS": 2, "NAXIS1": side, "NAXIS2": side, "BUNIT": "sigma"}
    numbers |= {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN", "CRVAL1": 60.0, "CRVAL2": -30.0, "CUNIT1": "deg"}
    numbers |= {"CUNIT2": "deg", "CRPIX1": side / 2, "CRPIX2": side / 2, "CDELT1": -1e-4, "CDELT2": 1e-4}
    header = fits.Header(numbers | {"BMAJ": 5e-4, "BMIN": 5e-4, "BPA": 0.0}).tostring().encode()
    places = [(HALF, HALF), (side // 2, side // 2), (side - 2 * HALF, side - HALF - 1), (side - HALF - 1, 2 * HALF)]
    rng, (y, x) = np.random.default_rng(1), np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1]
    with path.open("wb") as file:
        file.write(header)
        file.truncate(-(-(len(header) + 4 * side * side) // 2880) * 2880)
        for row, column in places:
            tile = (rng.normal(size=y.shape) + 50 * np.exp(-(y**2 + x**2) / 8)).astype(">f4")
            for offset, pixels in enumerate(tile, start=row - HALF):
                file.seek(len(header) + 4 * (offset * side + column - HALF))
                file.write(pixels.tobytes())
    return [(row + 1, column + 1) for row, column in places]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=66_000, help="pixels")
    parser.add_argument("--step", choices=("flood", "mask"), default="flood", help="what makes the mask")
    parser.add_argument("--memory", default="4.4GB")
    parser.add_argument("--directory", type=Path, help="where the files are made, and left; default a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = given.directory or Path(temporary)
        image, mask, table = (str(place / name) for name in ("image.fits", "mask.fits", "islands.json"))
        places = make(Path(image), given.side)
        clips = ("--suppress-artefacts", "--seed-clip", "6", "--flood-clip", "2")
        more = ("--no-preset", "--flood-fill", "--erode") if given.step == "mask" else ()
        commands = [
            (given.step, image, *more, "-o", mask, "--overwrite", *clips, "--memory", given.memory),
            ("stats", mask, "--image", image, "--noise", "1", "-o", table, "--overwrite", "--memory", given.memory),
        ]
        for command in commands:
            used = run([SKERRY, *command])
            print(f"{command[0]}: {used.wall:.0f} s, {used.cpu:.0f} CPU s, {used.peak:.2f} GB", flush=True)
        islands = json.loads(Path(table).read_text())["islands"]
    found = sorted((int(island["peak_y"]), int(island["peak_x"])) for island in islands)
    print(f"{given.side} x {given.side} pixels: peaks at {found}")
    sys.exit(f"sources are at {sorted(places)}" if found != sorted(places) else 0)


if __name__ == "__main__":
    main()
