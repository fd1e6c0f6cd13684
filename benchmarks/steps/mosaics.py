"""Co-add four beams: two builds in turn, and how far the mosaic is from one by reproject's bicubic.

    python -m benchmarks.steps.mosaics --build old=OLD/bin/skerry --build new=NEW/bin/skerry --size 4096 --rounds 5
    python -m benchmarks.steps.mosaics --reproject IMAGE... --fwhm 1.15

The beams lie in a square, overlap by half, and are off by no whole number of pixels. The difference to reproject is in
units of the local noise of the mosaic, which `skerry noise` measures; there the response of the primary beams and the
sums are those of every pixel, in double precision. Prints tables in Markdown.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.steps.compare import Build, Item, show
from benchmarks.steps.images import PIXEL, write_image
from benchmarks.steps.step_commands import PRIMARY_BEAM
from benchmarks.timing import machine, row

CUTOFF = 0.1
BAND = 512  # rows of the mosaic that reproject makes at once


def make_beams(directory: Path, size: int) -> list[Path]:
    """Make four beams of `size` pixels a side; those that are there already are kept."""
    offset, paths = size * PIXEL / 4, [directory / f"mosaic{size}.{n}.fits" for n in range(4)]
    for n, path in enumerate(paths):
        dec = -45 + (0.97 if n > 1 else -0.97) * offset
        ra = 60 + (offset if n % 2 else -offset) / math.cos(math.radians(dec))
        if not path.exists():
            write_image(path, size, (ra, dec), 10 + n, nan_border=False)
    return paths


def differences(paths: Sequence[Path], fwhm: float) -> NDArray[np.float64]:
    """Differences to the mosaic by reproject, over the local noise, where there is a mosaic."""
    from astropy.coordinates import angular_separation
    from reproject import reproject_interp

    from skerry.demo.sky import primary_beam
    from skerry.io.fits import read_image
    from skerry.masking.noise import noise_maps
    from skerry.sky.coadd import BeamImage, linear_mosaic
    from skerry.sky.grid import celestial_wcs, sky_map
    from skerry.sky.mosaic_grid import mosaic_grid

    images = [read_image(path) for path in paths]
    beams = [BeamImage(image.data, celestial_wcs(image.path, image.header)) for image in images]
    grid, shape = mosaic_grid([beam.wcs for beam in beams], [image.data.shape for image in images])
    found = np.asarray(linear_mosaic(beams, grid, shape, primary_beam_fwhm=fwhm, primary_beam_cutoff=CUTOFF).image)
    total, weight = np.zeros(shape), np.zeros(shape)
    for top in range(0, shape[0], BAND):
        part, band = grid.deepcopy(), slice(top, min(top + BAND, shape[0]))
        part.wcs.crpix = [grid.wcs.crpix[0], grid.wcs.crpix[1] - top]
        size = (band.stop - top, shape[1])
        lon, lat = sky_map(part)(*np.meshgrid(np.arange(size[1], dtype=float), np.arange(size[0], dtype=float)))
        for beam in beams:
            pointing = np.radians(beam.wcs.wcs.crval)
            distance = angular_separation(*pointing, np.radians(lon), np.radians(lat))
            response = primary_beam(np.degrees(distance), fwhm)
            image = np.asarray(beam.image, np.float64)
            values, _ = reproject_interp((image, beam.wcs), part, size, order="bicubic", roundtrip_coords=False)
            used = np.isfinite(values) & (response > CUTOFF)
            total[band][used] += (response * values)[used]
            weight[band][used] += (response**2)[used]
    noise, _ = noise_maps(found, box_size=100)
    there = weight > 0
    return np.asarray(np.abs(found[there] - total[there] / weight[there]) / np.asarray(noise)[there])


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Build.parse, action="append", default=[], metavar="NAME=PATH", help="twice")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=4096, help="side of a beam, pixels (default 4096)")
    parser.add_argument("--reproject", type=Path, nargs="*", metavar="IMAGE", help="default: the beams that are made")
    parser.add_argument("--fwhm", type=float, help="of the primary beam, degrees; default 0.6 of the side of a beam")
    parser.add_argument("--directory", type=Path, help="keep the beams here, and use those that are there already")
    given = parser.parse_args()
    if len(given.build) not in (0, 2) or (given.reproject is None and not given.build):
        parser.error("give two builds (--build), or --reproject, or both")
    fwhm = given.fwhm or PRIMARY_BEAM * given.size * PIXEL
    with tempfile.TemporaryDirectory() as temporary:
        directory = given.directory or Path(temporary)
        beams = [] if given.reproject and not given.build else make_beams(directory, given.size)
        if given.build:
            how = ["--primary-beam-fwhm", f"{fwhm:.6f} deg", "-o", "{out}", "--overwrite"]
            items = [Item(f"mosaic of 4 beams of {given.size}", ["mosaic", *map(str, beams), *how])]
            show(items, given.build, given.rounds, directory, machine(), may_differ=True)
        if given.reproject is not None:
            found = differences(given.reproject or beams, fwhm)
            print(row("pixels", "rms difference / noise", "largest", "above 0.003"), row(*["---"] * 4), sep="\n")
            print(row(found.size, float(np.sqrt(np.mean(found**2))), float(found.max()), int((found > 0.003).sum())))


if __name__ == "__main__":
    main()
