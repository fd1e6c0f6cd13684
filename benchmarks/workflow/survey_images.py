"""Make the images of a simulated survey field: many beams that see one sky, each with noise of its own.

The beams stand on a square grid, 0.15 of an image's side apart, as 36 beams of ASKAP do with images of 10 000 pixels of
2.5": 1.04 deg. Each sees the sky through a Gaussian primary beam and has noise that is the same all over its image,
correlated as the restoring beam. Sources, pixels and headers are those of benchmarks.steps.images; an image of 10 000 a
side takes some seconds and 0.2 GB of memory. The same survey gives the same bytes.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from benchmarks.steps.images import (
    NOISE,
    PIXEL,
    TILE,
    Floats,
    Source,
    add_sources,
    half_widths,
    header,
    noise_band,
    noise_tile,
    rows_reached,
    sources,
)

CENTRE = (60.0, -45.0)  # RA, Dec, degrees
SPACING = 0.15  # of the side of an image
PRIMARY_BEAM = 0.166  # FWHM, of the side of an image
FAINTEST = 0.01  # sigma: what is fainter in a beam is left out


@dataclass(frozen=True)
class Survey:
    """A field of many beams, by their number and the side of their images in pixels."""

    beams: int
    size: int

    @property
    def names(self) -> list[str]:
        """Beams, as written in the names of files."""
        digits = max(2, len(str(self.beams - 1)))
        return [f"{beam:0{digits}d}" for beam in range(self.beams)]

    @property
    def columns(self) -> int:
        """Beams in a row of the grid."""
        return math.ceil(math.sqrt(self.beams))

    @property
    def side(self) -> int:
        """Pixels a side of a square round all images, about."""
        return self.size + math.ceil((self.columns - 1) * SPACING * self.size)

    @property
    def fwhm(self) -> float:
        """Of the primary beam, degrees."""
        return PRIMARY_BEAM * self.size * PIXEL

    @cached_property
    def centres(self) -> NDArray[np.float64]:
        """RA and Dec of the beams in degrees, shape (beams, 2)."""
        row, column = np.divmod(np.arange(self.beams), self.columns)
        offsets = (np.stack([column, row]) - (self.columns - 1) / 2) * SPACING * self.size
        return np.stack(celestial(self.side, CENTRE).all_pix2world(*(offsets + self.side // 2), 0), axis=1)

    @cached_property
    def sky(self) -> tuple[list[Source], NDArray[np.float64], NDArray[np.float64]]:
        """All sources, and their RA and Dec in degrees."""
        found = sources(np.random.default_rng(1), self.side)
        x, y = (np.array([getattr(source, axis) for source in found]) for axis in "xy")
        return found, *celestial(self.side, CENTRE).all_pix2world(x, y, 0)


def celestial(size: int, centre: tuple[float, float]) -> WCS:
    """Coordinates of an image."""
    cards = header(size, centre)
    del cards["DATE-OBS"]  # which astropy would warn that it has understood
    return WCS(cards).celestial


def seen(survey: Survey, beam: int) -> Iterator[Source]:
    """Sources in the image of a beam, as bright as its primary beam makes them."""
    found, ra, dec = survey.sky
    place = survey.centres[beam]
    x, y = celestial(survey.size, (place[0], place[1])).all_world2pix(ra, dec, 0)
    distance = np.hypot(x - survey.size // 2, y - survey.size // 2) * PIXEL
    response = np.exp(-4 * math.log(2) * (distance / survey.fwhm) ** 2)
    for n in np.flatnonzero(response * [source.peak for source in found] > FAINTEST * NOISE):
        source = found[n]._replace(y=float(y[n]), x=float(x[n]), peak=found[n].peak * float(response[n]))
        dy, dx = half_widths(source)
        if -dy < source.y < survey.size + dy and -dx < source.x < survey.size + dx:
            yield source


def bands(survey: Survey, beam: int, k: int) -> Iterator[Floats]:
    """Rows of the image of round `k` of a beam, from the first on; rounds differ in their noise."""
    random = np.random.default_rng([2, k, beam])
    tile, sky = noise_tile(random), list(seen(survey, beam))
    rows = rows_reached(sky)
    for top in range(0, survey.size, TILE):
        band = noise_band(random, tile, min(TILE, survey.size - top), survey.size) * np.float32(NOISE)
        add_sources(band, top, sky, rows)
        yield band


def image_path(directory: Path, beam: str, k: int) -> Path:
    return directory / f"beam{beam}.round{k}.fits"


def make_round(directory: Path, survey: Survey, k: int) -> list[Path]:
    """Make the images of round `k` that are not there yet; gives the names of all. None is ever there in part."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = [image_path(directory, beam, k) for beam in survey.names]
    for beam, path in enumerate(paths):
        if path.exists():
            continue
        part, place = path.with_suffix(".part"), survey.centres[beam]
        part.unlink(missing_ok=True)
        stream = fits.StreamingHDU(str(part), header(survey.size, (place[0], place[1])))
        for band in bands(survey, beam, k):
            stream.write(band)
        stream.close()
        part.rename(path)
    return paths


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the images of one round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, help="where to write the images")
    parser.add_argument("--beams", type=int, default=36)
    parser.add_argument("--size", type=int, default=10_000, help="side of an image, pixels")
    parser.add_argument("--round", type=int, default=0)
    given = parser.parse_args(arguments)
    for path in make_round(given.directory, Survey(given.beams, given.size), given.round):
        print(path)


if __name__ == "__main__":
    main()
