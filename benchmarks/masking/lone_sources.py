"""What presets make of a single faint source in noise, and of noise alone. Prints tables in Markdown.

The noise is Gaussian, correlated as the restoring beam, and has an rms of 1; a source is the beam itself, with so many
sigma at its peak, at a random place within a pixel. There is nothing else in the image, so that no artefact can be to
blame, and whether a source is masked depends on the clips, the boxes and the erosion of a preset alone. Sources lie

alone        in the middle of the image
at the edge  a beam (FWHM) from it
cut          within half a pixel of the edge, by which they are cut in two
beside       10 beams from a source of 1000 sigma, which has no artefacts

and count as masked if a pixel is at which the beam, laid over the source, exceeds half its peak. Other islands, but for
that of the bright source, are false. The noise is the same for all places and levels, so that tables differ by these
alone.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from scipy import fft

from benchmarks.timing import row
from skerry.config.presets import preset_names
from skerry.demo.demo_field import CENTRE, PIXEL, image_header
from skerry.demo.sky import ARCSEC
from skerry.errors import SkerryWarning
from skerry.filters.islands import label_islands
from skerry.io.fits import read_mask, write_products
from skerry.io.headers import Provenance, value_header
from skerry.io.products import Product
from skerry.sky.beam import beam_fwhm, pixel_beam
from skerry.steps.mask import make_mask

__all__ = ["BEAMS", "PLACES", "BeamShape", "Found", "Image", "beam_noise", "judge", "noise_islands", "source_image"]

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

PLACES = ("alone", "at the edge", "cut", "beside")
LEVELS = (6.0, 7.0, 8.2, 10.0)
SHOWN_BY_BEAM = 8.2
SEEDS = 12
BRIGHT, BEAMS_TO_BRIGHT = 1000.0, 10.0
HALF = 0.5


class BeamShape(NamedTuple):
    """A restoring beam: FWHM of its axes in pixels, and its position angle in degrees."""

    major: float
    minor: float
    angle: float

    def __str__(self) -> str:
        """As the tables show it."""
        return f"{self.major:g} x {self.minor:g}" if self.major != self.minor else f"{self.major:g}"


BEAMS = (
    BeamShape(2.5, 2.5, 0),
    BeamShape(3.3, 3.3, 0),
    BeamShape(6, 5, 120),
    BeamShape(9, 3, 40),
    BeamShape(12.3, 4.75, 65),
)
"""The last is that of AMI's image in data/real."""


class Image(NamedTuple):
    """An image with a source."""

    pixels: Floats
    header: fits.Header
    source: Flags
    """Where the beam, laid over the source, exceeds half its peak."""
    bright: Flags
    """The same of the bright source, if there is one."""


class Found(NamedTuple):
    """What a mask has of an image."""

    source: bool
    false: int
    """Islands without a pixel of a source."""


def header_of(beam: BeamShape, size: int) -> fits.Header:
    """Header of a square image with a beam."""
    header = image_header(CENTRE, size)
    pixel = PIXEL / ARCSEC / 3600
    header["BMAJ"], header["BMIN"], header["BPA"] = beam.major * pixel, beam.minor * pixel, beam.angle
    return header


def beam_noise(rng: np.random.Generator, covariance: NDArray[np.float64], size: int) -> Floats:
    """Gaussian noise of rms 1, correlated as a Gaussian beam: white noise convolved with the beam.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the noise.
    covariance : ndarray, shape (2, 2)
        Of the beam in pixels, order (x, y).
    size : int
        Width, pixels.

    Returns
    -------
    ndarray of float32, shape (size, size)
        Its autocorrelation has twice the covariance of the beam, and wraps.
    """
    (xx, xy), (_, yy) = covariance
    kx, ky = fft.rfftfreq(size).astype(np.float32), fft.fftfreq(size).astype(np.float32)[:, None]
    response = np.exp(-2 * np.pi**2 * (xx * kx**2 + 2 * xy * kx * ky + yy * ky**2)).astype(np.float32)
    image = fft.irfft2(fft.rfft2(rng.standard_normal((size, size), dtype=np.float32)) * response, s=(size, size))
    # The sum over the whole plane of the transform, of which half is there.
    twice = np.full(kx.size, 2.0)
    twice[0] = 1
    if size % 2 == 0:
        twice[-1] = 1
    variance = float((response.astype(np.float64) ** 2 @ twice).sum()) / size**2
    return np.asarray(image / np.sqrt(variance), dtype=np.float32)


def source_image(beam: BeamShape, seed: int, level: float, place: str, size: int) -> Image:
    """Image of noise and a source of `level` sigma at one of the `PLACES`."""
    header = header_of(beam, size)
    covariance = pixel_beam(header).covariance
    rng = np.random.default_rng([seed, round(1000 * beam.major), round(1000 * beam.minor)])
    noise, within, angle = beam_noise(rng, covariance, size), rng.uniform(-0.5, 0.5, 2), rng.uniform(0, 2 * np.pi)
    fwhm = beam_fwhm(pixel_beam(header).area)
    middle = size // 2
    edge = {"at the edge": round(fwhm), "cut": 0}
    at = np.array([edge.get(place, middle), middle]) + within
    source = _beam_at(covariance, at, size)
    pixels = noise + np.float32(level) * source
    bright = np.zeros_like(source)
    if place == "beside":
        bright = _beam_at(covariance, at + BEAMS_TO_BRIGHT * fwhm * np.array([np.sin(angle), np.cos(angle)]), size)
        pixels = pixels + np.float32(BRIGHT) * bright
    return Image(pixels, header, source > HALF, bright > HALF)


def _beam_at(covariance: NDArray[np.float64], at: NDArray[np.float64], size: int) -> Floats:
    """Beam of peak 1 at a row and column."""
    y, x = np.arange(size)[:, None] - at[0], np.arange(size) - at[1]
    inverse = np.linalg.inv(covariance)
    squared = inverse[0, 0] * x**2 + 2 * inverse[0, 1] * x * y + inverse[1, 1] * y**2
    return np.asarray(np.exp(-squared / 2), dtype=np.float32)


def mask_of(pixels: Floats, header: fits.Header, preset: str) -> Flags:
    """Mask that `skerry mask` makes of an image with a preset."""
    with tempfile.TemporaryDirectory() as directory, warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        image = Path(directory) / "image.fits"
        write_products([Product(image, pixels, value_header(header, Provenance("benchmark")), (1, 1, *pixels.shape))])
        return np.asarray(read_mask(make_mask(image, preset=preset).mask).data != 0)


def judge(mask: Flags, image: Image) -> Found:
    """Compare a mask with the sources of its image."""
    labels, islands = label_islands(mask)
    true = np.unique(labels[mask & (image.source | image.bright)]).size
    return Found(bool((mask & image.source).any()), islands - true)


def masked(preset: str, beam: BeamShape, seed: int, level: float, place: str, size: int) -> Found:
    """Make an image with a source, and the mask of it."""
    image = source_image(beam, seed, level, place, size)
    return judge(mask_of(image.pixels, image.header, preset), image)


def noise_islands(preset: str, beam: BeamShape, seed: int, size: int) -> int:
    """Islands in the mask of nothing but noise."""
    header = header_of(beam, size)
    rng = np.random.default_rng([seed, size, round(1000 * beam.major), round(1000 * beam.minor)])
    return label_islands(mask_of(beam_noise(rng, pixel_beam(header).covariance, size), header, preset))[1]


def show_sources(pool: Executor, presets: Sequence[str], places: Iterable[str], seeds: int, size: int) -> None:
    """Print a table for each place: a row for each preset, a column for each level and for each beam."""
    levels = [f"{level:g}" for level in LEVELS]
    beams = [f"{SHOWN_BY_BEAM:g}: {beam}" for beam in BEAMS]
    for place in places:
        print(f"\nA source {place}: masked, of {seeds * len(BEAMS)} (by beam, of {seeds})\n")
        print(row("preset", *levels, *beams, "false"), row(*["---"] * (2 + len(levels) + len(beams))), sep="\n")
        for preset in presets:
            cases = list(product(LEVELS, BEAMS, range(seeds)))
            level_of, beam_of, seed_of = zip(*cases, strict=True)
            of_preset = partial(masked, preset, place=place, size=size)
            jobs = [pool.submit(of_preset, b, s, n) for n, b, s in zip(level_of, beam_of, seed_of, strict=True)]
            found = [job.result() for job in jobs]
            of = {case: one.source for case, one in zip(cases, found, strict=True)}
            by_level = [sum(hit for (n, _, _), hit in of.items() if n == level) for level in LEVELS]
            by_beam = [sum(hit for (n, b, _), hit in of.items() if (n, b) == (SHOWN_BY_BEAM, beam)) for beam in BEAMS]
            print(row(preset, *by_level, *by_beam, sum(one.false for one in found)), flush=True)


def show_noise(pool: Executor, presets: Sequence[str], images: int, size: int) -> None:
    """Print a table of the islands that presets find in noise."""
    print(f"\nNoise of {size} x {size} pixels: islands / images without any, of {images}\n")
    print(row("preset", *map(str, BEAMS)), row(*["---"] * (1 + len(BEAMS))), sep="\n")
    for preset in presets:
        jobs = [[pool.submit(noise_islands, preset, beam, seed, size) for seed in range(images)] for beam in BEAMS]
        counts = [[job.result() for job in of_beam] for of_beam in jobs]
        print(row(preset, *(f"{sum(found)} / {found.count(0)}" for found in counts)), flush=True)


def main() -> None:
    """Parse the command line, and judge the presets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", nargs="+", default=preset_names(), help="presets to judge (all)")
    parser.add_argument("--place", nargs="*", default=PLACES, choices=PLACES, help="where the source lies (all)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"images for each beam, place and level ({SEEDS})")
    parser.add_argument("--size", type=int, default=256, help="width of an image with a source, pixels (256)")
    parser.add_argument("--noise-images", type=int, default=10, help="images of noise for each beam, 0 for none (10)")
    parser.add_argument("--noise-size", type=int, default=2048, help="their width, pixels (2048)")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="(as many as there are cores)")
    given = parser.parse_args()
    with ProcessPoolExecutor(given.processes) as pool:
        show_sources(pool, given.preset, given.place, given.seeds, given.size)
        if given.noise_images:
            show_noise(pool, given.preset, given.noise_images, given.noise_size)


if __name__ == "__main__":
    main()
