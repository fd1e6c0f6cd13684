"""Images whose true sky is known: mosaics of a field that is given, and of fields that are simulated.

A simulated field has its bright and extended sources at random places, for constants that suit one arrangement prove
nothing; some seeds are kept aside from those that constants are chosen with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.scores import Known, know
from skerry.demo.demo_field import CENTRE, FIELD, NOISE, PIXEL, RESTORING_BEAM, image_header, primary_beam_fwhm
from skerry.demo.demo_images import field_sky, make_demo_images
from skerry.demo.sky import render
from skerry.io.fits import Image, read_image, write_products
from skerry.io.headers import Provenance, value_header
from skerry.io.products import Product
from skerry.sky.beam import read_beam
from skerry.steps.mosaic import make_mosaic

__all__ = ["SEEDS_ASIDE", "SEEDS_TO_CHOOSE", "Scene", "given_field", "simulated_field"]

SEEDS_TO_CHOOSE = (1, 2, 3, 4)
"""Fields that may be looked at while constants are chosen."""
SEEDS_ASIDE = (101, 102, 103, 104)
"""Fields that may not: they say what the constants are worth."""
BEAMS = 4
_MOSAIC_WIDTHS = 1.5
"""Width of the mosaic of four beams, in widths of a beam's image."""
_LEAST_WEIGHT = 1e-3


class Scene(NamedTuple):
    """An image and what is known of it."""

    image: Image
    round: int
    known: Known


def given_field(directory: Path, rounds: Sequence[int]) -> Iterator[Scene]:
    """Mosaics in a directory like `data/field`: *.round0.*.linmos.fits, with weights and truth beside them."""
    truth = read_image(directory / "truth.mosaic.restored.fits.gz").data
    (weights,) = directory.glob("*.linmos.weight.fits.gz")
    for k in rounds:
        (mosaic,) = directory.glob(f"*.round{k}.*.linmos.fits")
        yield _scene(mosaic, k, truth, weights)


def simulated_field(directory: Path, seed: int, size: int, rounds: Sequence[int]) -> Iterator[Scene]:
    """Mosaics of a field that `skerry simulate` makes, with its bright and extended sources scattered.

    The truth is rendered on the grid of the mosaic: resampled from the beams it would be wrong by more than the noise
    round the brightest source.
    """
    wide = round(_MOSAIC_WIDTHS * size)
    sky = field_sky(beams=BEAMS, size=size, seed=seed, scatter=True)
    truth = render(sky, sky.flux, sky.east, sky.north, RESTORING_BEAM, PIXEL, wide).astype(np.float32)
    if not all(_beam_images(directory, k) for k in rounds):
        make_demo_images(
            directory, beams=BEAMS, rounds=max(rounds) + 1, size=size, seed=seed, scatter=True, overwrite=True
        )
    grid, weights = directory / "truth" / "mosaic.restored.fits", directory / "mosaic.weight.fits"
    header = value_header(image_header(CENTRE, wide), Provenance("simulate"))
    write_products([Product(grid, truth, header, truth.shape)], overwrite=True)
    for k in rounds:
        mosaic = make_mosaic(
            _beam_images(directory, k),
            output=directory / f"mosaic.round{k}.fits",
            primary_beam_fwhm=float(np.rad2deg(primary_beam_fwhm(size * PIXEL))),
            like=grid,
            weight_output=weights,
            overwrite=True,
        )
        yield _scene(mosaic, k, truth, weights)


def _beam_images(directory: Path, k: int) -> list[Path]:
    return sorted((directory / "images").glob(f"{FIELD}.beam*.round{k}.*.fits"))


def _scene(mosaic: Path, k: int, truth: NDArray[np.float32], weights: Path) -> Scene:
    image = read_image(mosaic)
    thermal = (NOISE / np.sqrt(np.maximum(read_image(weights).data, _LEAST_WEIGHT))).astype(np.float32)
    beam = read_beam(image.header, str(mosaic))
    pixels = float(np.sqrt(beam.bmaj * beam.bmin)) / abs(image.header["CDELT2"])
    return Scene(image, k, know(image.data, truth, thermal, pixels))
