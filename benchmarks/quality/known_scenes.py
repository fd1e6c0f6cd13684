"""Images of fields of a kind with what is known of them: to try a mask on, without an imager.

from benchmarks.quality.known_scenes import known_scene, known_scenes
scene = known_scene("FIELDS/directions/seed1/round2")
judge_mask(mask, scene.known)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.models import Catalogue, read_catalogue
from benchmarks.quality.scores import Known, know
from skerry.demo.sky import direction_cosines, primary_beam
from skerry.io.fits import Image, read_image
from skerry.sky.beam import read_beam
from skerry.sky.grid import celestial_wcs, pixel_to_sky

__all__ = ["KnownScene", "known_scene", "known_scenes", "mosaic_noise"]

_LEAST_WEIGHT = 1e-3


class KnownScene(NamedTuple):
    """An image of a field, and the truth."""

    image: Image
    """As a pipeline has it that cleans with WSClean's auto-mask; `path` is the file."""
    round: int
    known: Known
    """What masks are judged by (`scores.judge_mask`)."""
    truth: Image
    """The noise-free apparent sky, restored with the beam of the image."""
    thermal: float | NDArray[np.float32]
    """Thermal noise, Jy/beam; of a mosaic, shape (ny, nx)."""
    catalogue: Catalogue
    """Components as the beam receives them; of a mosaic, as they are."""
    kind: str
    seed: int
    about: dict[str, Any]
    """What about.json says."""


def known_scene(path: str | Path, name: str = "beam00") -> KnownScene:
    """Read an image and what is known of it.

    Parameters
    ----------
    path : path
        Directory of a round, KIND/seedN/roundK.
    name : str
        `beam00`, or another beam of a field with four, or `mosaic`.
    """
    place = Path(path)
    about = json.loads((place / "about.json").read_text())
    of_mosaic = name == "mosaic"
    image = read_image(place / ("mosaic.fits" if of_mosaic else f"{name}.image.fits"))
    truth = read_image(place / f"{name}.truth.fits")
    beam = read_beam(image.header)
    pixels = float(np.sqrt(beam.bmaj * beam.bmin)) / abs(image.header["CDELT2"])
    number = None if of_mosaic else int(name.removeprefix("beam"))
    thermal: float | NDArray[np.float32] = about["thermal_noise"][number or 0]
    if of_mosaic:
        thermal = mosaic_noise(place, image, about)
    everywhere = np.broadcast_to(np.asarray(thermal, dtype=np.float32), image.data.shape)
    return KnownScene(
        image,
        about["round"],
        know(image.data, truth.data, everywhere, pixels),
        truth,
        thermal,
        read_catalogue(place.parent / "catalogue.csv", number),
        about["kind"],
        about["seed"],
        about,
    )


def known_scenes(base: Path, kinds: Sequence[str], seeds: Sequence[int], rounds: Sequence[int]) -> Iterator[KnownScene]:
    """Those that are there, of beam 0 and of the mosaic where there is one, in this order of kinds and seeds."""
    for kind in kinds:
        for seed in seeds:
            for k in rounds:
                place = base / kind / f"seed{seed}" / f"round{k}"
                names = [name for name in ("beam00", "mosaic") if (place / f"{name}.truth.fits").exists()]
                if (place / "about.json").exists():
                    yield from (known_scene(place, name) for name in names)


def mosaic_noise(place: Path, mosaic: Image, about: dict[str, Any]) -> NDArray[np.float32]:
    """Thermal noise of a mosaic whose beams are weighted by theirs, the least that there can be; Jy/beam, (ny, nx)."""
    y, x = np.indices(mosaic.data.shape)
    ra, dec = np.deg2rad(pixel_to_sky(celestial_wcs(mosaic.path, mosaic.header), x.ravel(), y.ravel()))
    weight = np.zeros(ra.shape)
    for beam, noise in enumerate(about["thermal_noise"]):
        header = read_image(place / f"beam{beam:02d}.image.fits").header
        east, north = direction_cosines(ra, dec, (np.deg2rad(header["CRVAL1"]), np.deg2rad(header["CRVAL2"])))
        response = primary_beam(np.arcsin(np.hypot(east, north)), np.deg2rad(about["primary_beam_fwhm_deg"]))
        weight += (response / noise) ** 2
    least = _LEAST_WEIGHT / min(about["thermal_noise"]) ** 2
    return np.asarray(1 / np.sqrt(np.maximum(weight, least)), dtype=np.float32).reshape(mosaic.data.shape)
