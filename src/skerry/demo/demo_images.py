"""Make a small field of beams and rounds that looks like a real one, with the truth beside it.

It lets a newcomer run the whole workflow without data of their own, and judge a mask against the true sky; its
artefacts come from simulated antenna gains, not from drawn patterns, so that masks fail on it as they do in earnest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from skerry.demo.demo_field import CENTRE, FIELD, NOISE, PIXEL, RESTORING_BEAM, DemoField
from skerry.demo.sky import Sky
from skerry.demo.telescope import Coverage, artefacts, log_gains, observe, thermal_noise
from skerry.io.fits import write_products
from skerry.io.products import Product
from skerry.planes.progress import expect

__all__ = ["field_sky", "make_demo_images"]

GAIN_ERRORS = (1.0, 0.30, 0.08)
"""By round, over those before self-calibration; later rounds gain the factor of the second."""
FloatArray = NDArray[np.float64]

_FIELD_YAML = """\
# A simulated field: {beams} beam{s}, each imaged before self-calibration and after every round of it but the last.
field: {field}
beams: {names}
rounds: {rounds}                        # masks for rounds 1 to {rounds}, from the images of rounds 0 to {last}
images: images/{{field}}.beam{{beam}}.round{{round}}.i.MFS.image.fits
mosaic: {{primary_beam_fwhm: {fwhm} deg}}   # co-add the beams of a round, weighted by their primary beams
"""


def make_demo_images(
    directory: str | Path,
    *,
    beams: int = 4,
    rounds: int = 3,
    size: int = 512,
    seed: int = 2045,
    scatter: bool = False,
    overwrite: bool = False,
) -> Path:
    """Make the images of a demo field, the truth, and the YAML file that runs the workflow on them.

    Restored images of apparent flux in Jy/beam, 4-D like WSClean's: the sky convolved with the restoring beam, the
    artefacts of antenna gains whose errors shrink from round to round, and correlated noise of 80 uJy/beam. Both are
    made on the sampled (u,v) cells (`skerry.demo.telescope`), after Thompson, Moran & Swenson, Interferometry and
    Synthesis in Radio Astronomy (2017). The same arguments give the same bytes.

    Parameters
    ----------
    directory : path
        Where; it is made if it does not exist. It gets `field.yaml`, `images/`, and `truth/` with the noise-free
        images and `catalogue.csv`.
    beams : int
        Beams of the field, 1 to 100.
    rounds : int
        Rounds of images, 1 to 100.
    size : int
        Width of an image, pixels, 64 to 4096. The beams move together in a smaller field, and extended sources shrink.
    seed : int
        Seed of all random numbers, not negative.
    scatter : bool
        Whether the bright and the extended sources move from seed to seed, and change in brightness: for statistics
        over several fields.
    overwrite : bool
        Whether files of an earlier field may be replaced.

    Returns
    -------
    Path
        The field's YAML file.

    Raises
    ------
    SkerryError
        If an argument is out of its range, a file exists and `overwrite` is false, or a file cannot be written.
    """
    field = DemoField(Path(directory), beams, rounds, size, seed, scatter=scatter)
    images = [[_image_path(field.directory, k, beam) for k in range(rounds)] for beam in range(beams)]
    field.check_outputs([path for paths in images for path in paths], overwrite)
    expect(images=beams * (rounds + 1))
    # Twice as wide, for sources outside the image leave artefacts in it too.
    coverage = observe(np.random.default_rng([seed, 1]), 2 * size, PIXEL, RESTORING_BEAM, CENTRE[1])
    for beam in range(beams):
        truth = field.restored(beam, 2 * size)
        observed = _observed_rounds(np.random.default_rng([seed, 2, beam]), truth, coverage, rounds)
        paths, header = [field.truth(beam), *images[beam]], field.header(beam)
        write_products(
            [
                Product(path, _centre(image), header, (1, 1, size, size))
                for path, image in zip(paths, [truth, *observed], strict=True)
            ],
            overwrite,
        )
    field.write_texts(_FIELD_YAML, last=rounds - 1)
    return field.yaml


def field_sky(*, beams: int, size: int, seed: int, scatter: bool = False) -> Sky:
    """Sky of `make_demo_images` with the same arguments, for those who want its truth on another grid."""
    return DemoField(Path(), beams, 1, size, seed, scatter=scatter).sky


def _observed_rounds(
    rng: np.random.Generator, truth: FloatArray, coverage: Coverage, rounds: int
) -> Iterator[FloatArray]:
    """Images of a beam, round by round: the same noise, and the same pattern of gain errors ever smaller."""
    gains = log_gains(rng, coverage.conjugate.shape[0])
    noise = thermal_noise(rng, coverage, NOISE)
    sky = fft.rfft2(truth, workers=1)
    for k in range(rounds):
        last = len(GAIN_ERRORS) - 1
        scale = GAIN_ERRORS[min(k, last)] * GAIN_ERRORS[1] ** max(0, k - last)
        yield truth + artefacts(sky, coverage, scale * gains) + noise


def _centre(image: FloatArray) -> NDArray[np.float32]:
    """Inner half of an image."""
    half = image.shape[0] // 2
    inner = slice(half - half // 2, half - half // 2 + half)
    return image[inner, inner].astype(np.float32)


def _image_path(directory: Path, k: int, beam: int) -> Path:
    return directory / "images" / f"{FIELD}.beam{beam:02d}.round{k}.i.MFS.image.fits"
