"""Count the islands that presets make of nothing but noise, for beams of many shapes. Prints a table in Markdown.

Noise is Gaussian and correlated by the restoring beam, on images of a width that is given. All islands are false: on
average there may be as many as `flood_fill_false_islands` says, 0.1 an image with early-round and 0.3 with late-round.
A larger number, `--allowed 20`, tells the same of a few small images with a smaller error.

expected islands an image as the mask's report expects them: no more than are allowed, fewer where no clip is raised
clip     seed clip that was used, sigma
grown    islands an image as they are grown, and their standard error
left     islands an image after rims and erosion
empty    images without an island as grown, of all
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from scipy import fft

from benchmarks.timing import row
from skerry import MaskingOptions, SkerryWarning, make_mask
from skerry.config.presets import with_preset

BEAMS = ("2.5", "3.3", "5", "7", "11", "8x2.7", "12x4")
HEADS = ("preset", "beam", "expected", "clip", "grown", "left", "empty")
_PIXEL = 1 / 3600
_FWHM_PER_SIGMA = np.sqrt(8 * np.log(2))


class Beam(NamedTuple):
    """Axes of a beam (FWHM), pixels: up the image and across."""

    up: float
    across: float

    @classmethod
    def parse(cls, text: str) -> Beam:
        """Read the axes, as 12x4, or of a round beam, 3.3."""
        up, _, across = text.partition("x")
        return cls(float(up), float(across or up))


def beam_noise(seed: int, size: int, beam: Beam) -> NDArray[np.float32]:
    """Noise of rms 1 that a beam correlates, shape (size, size); it goes on beyond an edge at the opposite one."""
    white = np.random.default_rng(seed).standard_normal((size, size), np.float32)
    up, across = (axis / _FWHM_PER_SIGMA for axis in beam)
    ky, kx = fft.fftfreq(size)[:, None], fft.rfftfreq(size)[None, :]
    gaussian = np.exp(-2 * np.pi**2 * ((up * ky) ** 2 + (across * kx) ** 2)).astype(np.float32)
    noise = fft.irfft2(fft.rfft2(white) * gaussian, s=white.shape)
    return np.asarray(noise / noise.std(), np.float32)


def noise_header(size: int, beam: Beam) -> fits.Header:
    """Header of such an image, with north up."""
    cards = {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN", "CRVAL1": 60.0, "CRVAL2": -45.0, "BUNIT": "Jy/beam"}
    cards |= {"CRPIX1": size // 2 + 1.0, "CRPIX2": size // 2 + 1.0, "CDELT1": -_PIXEL, "CDELT2": _PIXEL}
    angle = 0.0 if beam.up >= beam.across else 90.0
    cards |= {"BMAJ": max(beam) * _PIXEL, "BMIN": min(beam) * _PIXEL, "BPA": angle}
    return fits.Header(cards)


def count(preset: str, text: str, size: int, images: int, allowed: float | None, directory: Path) -> tuple[str, ...]:
    """Make the masks of some images of noise; gives the row of the table."""
    # From a low clip on, for it is only ever raised.
    given = {} if allowed is None else {"flood_fill_false_islands": allowed, "flood_fill_positive_seed_clip": 3}
    options = with_preset(preset, MaskingOptions(**given))
    beam, path, mask = Beam.parse(text), directory / "noise.fits", directory / "mask.fits"
    grown, left, clip, expected = [], [], 0.0, 0.0
    for seed in range(images):
        fits.writeto(path, beam_noise(seed, size, beam), noise_header(size, beam), overwrite=True)
        for erodes, found in ((False, grown), (True, left)):
            used = options.model_copy(update={"beam_shape_erode": erodes})
            report = make_mask(path, used, output=mask, overwrite=True).report
            found.append(report.islands)
            clip, expected = report.seed_clip or clip, report.noise_islands or expected
    error = np.sqrt(max(sum(grown), 1)) / images
    empty = f"{grown.count(0)}/{images}"
    told = f"{np.mean(grown):.2f} ± {error:.2f}"
    return preset, text, f"{expected:.2f}", f"{clip:.2f}", told, f"{np.mean(left):.2f}", empty


def main() -> None:
    """Parse the command line, and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=["early-round", "late-round"])
    parser.add_argument("--beams", nargs="+", default=BEAMS, help="FWHM in pixels, 12x4 for one that is not round")
    parser.add_argument("--size", type=int, default=8192, help="width of an image, pixels (8192)")
    parser.add_argument("--images", type=int, default=10, help="of each beam (10)")
    parser.add_argument("--allowed", type=float, help="islands allowed an image, in place of the preset's")
    given = parser.parse_args()
    print(row(*HEADS), row(*["---"] * len(HEADS)), sep="\n")
    with tempfile.TemporaryDirectory() as directory, warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        for preset in given.presets:
            for beam in given.beams:
                print(row(*count(preset, beam, given.size, given.images, given.allowed, Path(directory))), flush=True)


if __name__ == "__main__":
    main()
