"""Make the images of the benchmarks: a mosaic with its NaN border, and beams that overlap it.

What costs time in a mask is how many islands there are, how large they are, and how the noise is correlated; so these
are as in a survey image, and the rest is cheap. The noise is one tile repeated with random shifts, so that an image of
any size is made in bands of rows. The same size gives the same bytes.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]

PIXEL = 0.000694444444444444  # degrees
BEAM = (0.00340540107886635, 0.00283268735470751, 74.6618858613889)  # BMAJ, BMIN, BPA, degrees
NOISE = 80e-6  # Jy/beam in the centre; twice that in the middle of an edge
TILE = 1024
POINT_SOURCES, EXTENDED_SOURCES = 2000, 20  # in 16 Mpixel
FAINTEST, BRIGHTEST = 4.0, 4000.0  # peaks of point sources, sigma
FWHM_PER_SIGMA = math.sqrt(8 * math.log(2))


class Source(NamedTuple):
    """An elliptical Gaussian on the pixel grid."""

    y: float
    x: float
    peak: float
    covariance: NDArray[np.float64]
    """In pixels, order (y, x)."""


def beam_covariance() -> NDArray[np.float64]:
    """Covariance of the restoring beam in pixels, order (y, x); east is towards lower x."""
    major, minor = (axis / PIXEL / FWHM_PER_SIGMA for axis in BEAM[:2])
    return ellipse(major, minor, math.radians(BEAM[2]))


def ellipse(major: float, minor: float, angle: float) -> NDArray[np.float64]:
    """Covariance of a Gaussian of the given sigmas; the angle is from north (y) through east (-x)."""
    along, across = (
        np.array([math.cos(angle), -math.sin(angle)]),
        np.array([math.sin(angle), math.cos(angle)]),
    )
    return major**2 * np.outer(along, along) + minor**2 * np.outer(across, across)


def noise_tile(random: np.random.Generator) -> Floats:
    """Periodic noise of unit rms, correlated as the beam."""
    ky, kx = np.fft.fftfreq(TILE)[:, np.newaxis], np.fft.rfftfreq(TILE)
    c = beam_covariance()
    transfer = np.exp(-2 * math.pi**2 * (c[0, 0] * ky**2 + 2 * c[0, 1] * ky * kx + c[1, 1] * kx**2))
    white = np.fft.rfft2(random.standard_normal((TILE, TILE)))
    tile = np.fft.irfft2(white * transfer, s=(TILE, TILE))
    return np.asarray(tile / tile.std(), dtype=np.float32)


def noise_band(random: np.random.Generator, tile: Floats, rows: int, size: int) -> Floats:
    """The next rows of noise, at most as many as a tile has: tiles side by side, each shifted at random."""
    band = np.empty((rows, size), dtype=np.float32)
    for left in range(0, size, TILE):
        shifted = np.roll(tile, random.integers(TILE, size=2), axis=(0, 1))
        band[:, left : left + TILE] = shifted[:rows, : size - left]
    return band


def sources(random: np.random.Generator, size: int) -> list[Source]:
    """Point sources with counts N(> S) as 1 / S, and extended ones of 20 to 300 pixels."""
    area = (size / 4096) ** 2
    beam = beam_covariance()
    found = []
    for _ in range(round(POINT_SOURCES * area)):
        y, x, share = random.random(3) * (size, size, 1)
        peak = FAINTEST / (share + (1 - share) * FAINTEST / BRIGHTEST)
        found.append(Source(y, x, peak * NOISE, beam))
    for _ in range(max(1, round(EXTENDED_SOURCES * area))):
        y, x, width, ratio, angle, strength = random.random(6) * (size, size, 1, 1, math.pi, 1)
        sigma = min(20 * 15**width, size / 8) / FWHM_PER_SIGMA
        shape = beam + ellipse(sigma, sigma * (0.3 + 0.7 * ratio), angle)
        found.append(Source(y, x, 2 * 15**strength * NOISE, shape))
    return found


def half_widths(source: Source) -> tuple[int, int]:
    """Pixels (y, x) to either side beyond which a source is fainter than a hundredth of the noise."""
    reach = math.sqrt(2 * math.log(max(source.peak / (0.01 * NOISE), 2)))
    y, x = (math.ceil(reach * math.sqrt(source.covariance[n, n])) for n in (0, 1))
    return y, x


def add_source(band: Floats, top: int, source: Source) -> None:
    """Add what a source has in the rows of a band that begins at row `top`."""
    half_y, half_x = half_widths(source)
    first, last = max(int(source.y) - half_y - top, 0), min(int(source.y) + half_y + 1 - top, band.shape[0])
    left, right = max(int(source.x) - half_x, 0), min(int(source.x) + half_x + 1, band.shape[1])
    if first >= last or left >= right:
        return
    y, x = np.ogrid[first:last, left:right]
    y, x = y + top - source.y, x - source.x
    inverse = np.linalg.inv(source.covariance)
    exponent = inverse[0, 0] * y**2 + 2 * inverse[0, 1] * y * x + inverse[1, 1] * x**2
    band[first:last, left:right] += (source.peak * np.exp(-0.5 * exponent)).astype(np.float32)


def rows_reached(sky: Sequence[Source]) -> NDArray[np.int64]:
    """First and last row of each source, shape (sources, 2)."""
    reach = [(int(source.y) - half_widths(source)[0], int(source.y) + half_widths(source)[0]) for source in sky]
    return np.array(reach, dtype=np.int64).reshape(-1, 2)


def add_sources(band: Floats, top: int, sky: Sequence[Source], rows: NDArray[np.int64]) -> None:
    """Add what sources have in a band that begins at row `top`, given their first and last rows."""
    for n in np.flatnonzero((rows[:, 0] < top + len(band)) & (rows[:, 1] >= top)):
        add_source(band, top, sky[n])


def header(size: int, centre: tuple[float, float]) -> fits.Header:
    """Header as WSClean writes it: 4-D, SIN, the reference in the middle."""
    axes = (
        ("RA---SIN", size // 2 + 1, centre[0], -PIXEL, "deg"),
        ("DEC--SIN", size // 2 + 1, centre[1], PIXEL, "deg"),
        ("FREQ", 1, 1367e6, 288e6, "Hz"),
        ("STOKES", 1, 1, 1, ""),
    )
    cards = fits.Header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 4})
    cards.update({"NAXIS1": size, "NAXIS2": size, "NAXIS3": 1, "NAXIS4": 1, "EXTEND": True})
    cards.update({"BSCALE": 1.0, "BZERO": 0.0, "BUNIT": "JY/BEAM"})
    cards.update(zip(("BMAJ", "BMIN", "BPA"), BEAM, strict=True))
    cards.update({"EQUINOX": 2000.0, "BTYPE": "Intensity", "TELESCOP": "ASKAP", "ORIGIN": "WSClean"})
    for n, values in enumerate(axes, start=1):
        cards.update(zip((f"{key}{n}" for key in ("CTYPE", "CRPIX", "CRVAL", "CDELT", "CUNIT")), values, strict=True))
    cards.update({"SPECSYS": "TOPOCENT", "DATE-OBS": "2020-05-30T19:59:59.9"})
    return cards


def write_image(path: Path, size: int, centre: tuple[float, float], seed: int, *, nan_border: bool) -> None:
    """Write one image, band of rows by band of rows."""
    random = np.random.default_rng(seed)
    tile, sky = noise_tile(random), sources(random, size)
    rows = rows_reached(sky)
    distance = (np.arange(size, dtype=np.float32) - (size - 1) / 2) / (size / 2)
    path.unlink(missing_ok=True)
    stream = fits.StreamingHDU(str(path), header(size, centre))
    for top in range(0, size, TILE):
        v, u = distance[top : top + TILE, np.newaxis], distance
        band = noise_band(random, tile, len(v), size)
        for row, height in zip(band, v.flat, strict=True):
            row *= np.float32(NOISE) * (1 + u**2 + height**2)
        add_sources(band, top, sky, rows)
        if nan_border:
            # A square with round corners, about the shape of a mosaic of 36 beams.
            for row, height in zip(band, v.flat, strict=True):
                row[u**4 + height**4 > 0.9] = np.nan
        stream.write(band)
    stream.close()


def make_images(directory: Path, size: int) -> tuple[Path, list[Path]]:
    """Make a mosaic of `size` pixels a side, and two beams of half of that; returns their names.

    The beams have pixels of the same size, but their pointings are off by no whole number of pixels.
    """
    directory.mkdir(parents=True, exist_ok=True)
    ra, dec = 60.0, -45.0
    mosaic = directory / f"image{size}.fits"
    beams = [directory / f"beam{size // 2}.{n}.fits" for n in range(2)]
    offset = size * PIXEL / 8
    write_image(mosaic, size, (ra, dec), 1, nan_border=True)
    for n, beam in enumerate(beams):
        side = (offset if n else -offset) / math.cos(math.radians(dec))
        write_image(beam, size // 2, (ra + side, dec + 0.31 * offset), 2 + n, nan_border=False)
    return mosaic, beams


def make_whole_image(directory: Path, size: int) -> Path:
    """Make one image without a blank border, which not every program knows; returns its name."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"whole{size}.fits"
    write_image(path, size, (60.0, -45.0), 1, nan_border=False)
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the images and print their names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, help="where to write the images")
    parser.add_argument("--size", type=int, default=8192, help="side of the mosaic, pixels (default 8192)")
    parser.add_argument("--whole", action="store_true", help="make one image only, without a blank border")
    given = parser.parse_args(arguments)
    if given.whole:
        print(make_whole_image(given.directory, given.size))
        return
    mosaic, beams = make_images(given.directory, given.size)
    for path in (mosaic, *beams):
        print(path)


if __name__ == "__main__":
    main()
