"""Make a small field of beams and rounds that looks like a real one, with the truth beside it.

It lets a newcomer run the whole workflow without data of their own, and judge a mask against the true sky; its
artefacts come from simulated antenna gains, not from drawn patterns, so that masks fail on it as they do in earnest.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from scipy import fft

from skerry.errors import SkerryError
from skerry.fits import write_products
from skerry.headers import Provenance, value_header
from skerry.products import Product
from skerry.simulation.sky import (
    ARCSEC,
    Beam,
    Sky,
    beam_offsets,
    demo_sky,
    direction_cosines,
    primary_beam,
    project,
    render,
)
from skerry.simulation.telescope import Coverage, artefacts, log_gains, observe, thermal_noise

__all__ = ["simulate_field"]

FIELD = "DEMO_0400-45"
CENTRE = (float(np.deg2rad(60.0)), float(np.deg2rad(-45.0)))
PIXEL = 8 * ARCSEC
RESTORING_BEAM = Beam(28 * ARCSEC, 22 * ARCSEC, float(np.deg2rad(72)))
FREQUENCY = 1.367e9
BANDWIDTH = 0.144e9
NOISE = 80e-6
"""Thermal, Jy/beam."""
GAIN_ERRORS = (1.0, 0.30, 0.08)
"""By round, over those before self-calibration; later rounds gain the factor of the second."""
_PRIMARY_BEAM_WIDTHS = 0.68
"""FWHM of the primary beam, in widths of an image."""
_LEAST_SIZE = 64

FloatArray = NDArray[np.float64]

_FIELD_YAML = """\
# A simulated field: {beams} beam{s}, each imaged before self-calibration and after every round of it but the last.
field: {field}
beams: {names}
rounds: {rounds}                        # masks for rounds 1 to {rounds}, from the images of rounds 0 to {last}
images: images/{{field}}.beam{{beam}}.round{{round}}.i.MFS.image.fits
mosaic: {{primary_beam_fwhm: {fwhm} deg}}   # co-add the beams of a round, weighted by their primary beams
source: mosaic                   # masks are made on the mosaic and cut out for every beam; or beam
mask_rounds: all
masking:
  flood_fill: true               # islands grow from seeds
  flood_fill_use_mac: true       # clips are factors of the deepest negative pixel nearby
  flood_fill_positive_seed_clip: 1.5   # an island needs a pixel this high
  flood_fill_positive_flood_clip: 0.8  # and grows down to here
  flood_fill_use_mac_adaptive_max_depth: 3  # the box grows where a source fills it
  beam_shape_erode: true         # take off the rim that the restoring beam adds
masking_rounds:
  {rounds}: {{flood_fill_positive_flood_clip: 0.5}}  # fainter rims, when calibration is good
output: results                  # in the directory where the command runs
"""


def simulate_field(
    directory: str | Path,
    *,
    beams: int = 4,
    rounds: int = 3,
    size: int = 512,
    seed: int = 2045,
    overwrite: bool = False,
) -> Path:
    """Make the images of a demo field, the truth, and the YAML file that runs the workflow on them.

    Restored images of apparent flux in Jy/beam, 4-D like WSClean's: the sky convolved with the restoring beam, the
    artefacts of antenna gains whose errors shrink from round to round, and correlated noise of 80 uJy/beam. The method
    is that of `skerry.simulation`: gain errors and noise on the sampled (u,v) cells, after Thompson, Moran & Swenson,
    Interferometry and Synthesis in Radio Astronomy (2017). The same arguments give the same bytes.

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
    directory = Path(directory)
    for name, value, least, most in (
        ("beams", beams, 1, 100),
        ("rounds", rounds, 1, 100),
        ("size", size, _LEAST_SIZE, 4096),
        ("seed", seed, 0, 2**63 - 1),
    ):
        if not least <= value <= most:
            raise SkerryError(f"{directory}: {name} must be {least} to {most}, not {value}; give another --{name}")
    field_yaml, catalogue = directory / "field.yaml", directory / "truth" / "catalogue.csv"
    images = [[_image_path(directory, beam, k) for k in range(rounds)] for beam in range(beams)]
    truths = [directory / "truth" / f"beam{beam:02d}.restored.fits" for beam in range(beams)]
    _make_room([field_yaml, catalogue, *truths, *(path for paths in images for path in paths)], overwrite)

    width = size * PIXEL
    fwhm = float(np.deg2rad(round(float(np.rad2deg(_PRIMARY_BEAM_WIDTHS * width)), 4)))
    offsets = beam_offsets(beams, width)
    sky = demo_sky(np.random.default_rng([seed, 0]), size, width, offsets, RESTORING_BEAM)
    coverage = observe(np.random.default_rng([seed, 1]), 2 * size, PIXEL, RESTORING_BEAM, CENTRE[1])
    provenance = Provenance("simulate", {"beams": beams, "rounds": rounds, "size": size, "seed": seed})
    responses = []
    for beam in range(beams):
        pointing, east, north = _from_beam(sky, offsets[beam])
        responses.append(primary_beam(np.arcsin(np.hypot(east, north)), fwhm))
        truth = render(sky, sky.flux * responses[-1], east, north, RESTORING_BEAM, PIXEL, 2 * size)
        header = value_header(_header(pointing, size), provenance)
        observed = _observed_rounds(np.random.default_rng([seed, 2, beam]), truth, coverage, rounds)
        write_products(
            [
                Product(path, _centre(image), header, (1, 1, size, size))
                for path, image in zip([truths[beam], *images[beam]], [truth, *observed], strict=True)
            ],
            overwrite,
        )
    _write_text(catalogue, _catalogue(sky, np.array(responses)))
    _write_text(field_yaml, _field_yaml(beams, rounds, fwhm))
    return field_yaml


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


def _from_beam(sky: Sky, offset: FloatArray) -> tuple[tuple[float, float], FloatArray, FloatArray]:
    """Pointing of a beam in radians, and the direction cosines of the sources from there."""
    ra, dec = project(offset[0], offset[1], CENTRE)
    pointing = (float(ra), float(dec))
    return pointing, *direction_cosines(*project(sky.east, sky.north, CENTRE), pointing)


def _centre(image: FloatArray) -> NDArray[np.float32]:
    """Inner half of an image made on a grid of twice the width, where sources outside the image leave artefacts too."""
    half = image.shape[0] // 2
    inner = slice(half - half // 2, half - half // 2 + half)
    return image[inner, inner].astype(np.float32)


def _header(pointing: tuple[float, float], size: int) -> fits.Header:
    """Header of a beam's image, in the order and with the axes of WSClean's."""
    header = fits.Header()
    header["BUNIT"] = ("Jy/beam", "unit of the pixels")
    header["BMAJ"] = (RESTORING_BEAM.major / ARCSEC / 3600, "[deg] major axis of the restoring beam, FWHM")
    header["BMIN"] = (RESTORING_BEAM.minor / ARCSEC / 3600, "[deg] minor axis of the restoring beam, FWHM")
    header["BPA"] = (float(np.rad2deg(RESTORING_BEAM.angle)), "[deg] position angle of the restoring beam")
    header["EQUINOX"] = 2000.0
    header["RADESYS"] = "FK5"
    header["BTYPE"] = "Intensity"
    header["TELESCOP"] = "simulated"
    header["OBJECT"] = FIELD
    header["ORIGIN"] = "skerry simulate"
    # A FITS card has a digit less for a negative number: pixels must stay square.
    pixel = round(PIXEL / ARCSEC / 3600, 15)
    for axis, (kind, centre, reference, step, unit) in enumerate(
        (
            ("RA---SIN", float(np.rad2deg(pointing[0])) % 360, size // 2 + 1.0, -pixel, "deg"),
            ("DEC--SIN", float(np.rad2deg(pointing[1])), size // 2 + 1.0, pixel, "deg"),
            ("FREQ", FREQUENCY, 1.0, BANDWIDTH, "Hz"),
            ("STOKES", 1.0, 1.0, 1.0, ""),
        ),
        start=1,
    ):
        header[f"CTYPE{axis}"], header[f"CRPIX{axis}"], header[f"CRVAL{axis}"] = kind, reference, centre
        header[f"CDELT{axis}"], header[f"CUNIT{axis}"] = step, unit
    header["SPECSYS"] = "TOPOCENT"
    return header


def _catalogue(sky: Sky, responses: FloatArray) -> str:
    """Every component as a line of comma-separated values, with its primary-beam response in each beam."""
    names = ["ra_deg", "dec_deg", "flux_jy", "major_arcsec", "minor_arcsec", "pa_deg", "kind"]
    lines = [",".join([*names, *(f"response_beam{beam:02d}" for beam in range(len(responses)))])]
    ra, dec = np.rad2deg(project(sky.east, sky.north, CENTRE))
    for n in range(len(sky.flux)):
        shape = f"{sky.major[n] / ARCSEC:.2f},{sky.minor[n] / ARCSEC:.2f},{np.rad2deg(sky.angle[n]):.1f}"
        seen = ",".join(f"{response:.5f}" for response in responses[:, n])
        lines.append(f"{ra[n] % 360:.6f},{dec[n]:.6f},{sky.flux[n]:.6g},{shape},{sky.kind[n]},{seen}")
    return "\n".join(lines) + "\n"


def _field_yaml(beams: int, rounds: int, fwhm: float) -> str:
    return _FIELD_YAML.format(
        field=FIELD,
        beams=beams,
        s="" if beams == 1 else "s",
        names='["00"]' if beams == 1 else f'"00-{beams - 1:02d}"',
        rounds=rounds,
        last=rounds - 1,
        fwhm=f"{np.rad2deg(fwhm):.4f}",
    )


def _image_path(directory: Path, beam: int, k: int) -> Path:
    return directory / "images" / f"{FIELD}.beam{beam:02d}.round{k}.i.MFS.image.fits"


def _make_room(outputs: list[Path], overwrite: bool) -> None:
    """Check that no output is in the way, and make the directories for them."""
    for path in outputs:
        if path.is_dir():
            raise SkerryError(f"{path}: is a directory where a file is to be written; choose another directory")
        if path.exists() and not overwrite:
            raise SkerryError(f"{path}: exists; give --overwrite to replace it, or choose another directory")
    for folder in sorted({path.parent for path in outputs}):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SkerryError(f"{folder}: cannot be made: {error.strerror or error}") from error


def _write_text(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old one or the whole new one."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise SkerryError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
