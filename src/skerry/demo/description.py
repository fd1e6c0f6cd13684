"""What the demo field is, whether its images or its visibilities are simulated: its grid, its truth and its YAML file.

Both kinds share these, so that a mask made on one can be judged like a mask made on the other.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.demo.sky import ARCSEC, Beam, Sky, direction_cosines, project
from skerry.errors import SkerryError

__all__ = [
    "BANDWIDTH",
    "CENTRE",
    "FIELD",
    "FREQUENCY",
    "MASKING_YAML",
    "NOISE",
    "PIXEL",
    "RESTORING_BEAM",
    "beam_names",
    "catalogue_text",
    "check_numbers",
    "from_beam",
    "image_header",
    "make_room",
    "primary_beam_fwhm",
    "truth_path",
    "write_text",
]

FIELD = "DEMO_0400-45"
CENTRE = (float(np.deg2rad(60.0)), float(np.deg2rad(-45.0)))
PIXEL = 8 * ARCSEC
RESTORING_BEAM = Beam(28 * ARCSEC, 22 * ARCSEC, float(np.deg2rad(72)))
FREQUENCY = 1.367e9
BANDWIDTH = 0.144e9
NOISE = 80e-6
"""Thermal, Jy/beam."""
_PRIMARY_BEAM_WIDTHS = 0.68
"""FWHM of the primary beam, in widths of the field of a beam."""
_LEAST_SIZE = 64

FloatArray = NDArray[np.float64]

MASKING_YAML = """\
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
"""The part of a field's YAML file that both kinds have."""


def check_numbers(directory: Path, *, beams: int, rounds: int, size: int, seed: int) -> None:
    """Check the arguments that both kinds have.

    Raises
    ------
    SkerryError
        If one is out of its range.
    """
    for name, value, least, most in (
        ("beams", beams, 1, 100),
        ("rounds", rounds, 1, 100),
        ("size", size, _LEAST_SIZE, 4096),
        ("seed", seed, 0, 2**63 - 1),
    ):
        if not least <= value <= most:
            raise SkerryError(f"{directory}: {name} must be {least} to {most}, not {value}; give another --{name}")


def primary_beam_fwhm(width: float) -> float:
    """FWHM of the primary beam (radians) for a width of a beam's field (radians), rounded as the YAML file has it."""
    return float(np.deg2rad(round(float(np.rad2deg(_PRIMARY_BEAM_WIDTHS * width)), 4)))


def truth_path(directory: Path, beam: int) -> Path:
    """File of a beam's noise-free restored image."""
    return directory / "truth" / f"beam{beam:02d}.restored.fits"


def beam_names(beams: int) -> str:
    """The beams, as the YAML file has them."""
    return '["00"]' if beams == 1 else f'"00-{beams - 1:02d}"'


def from_beam(sky: Sky, offset: FloatArray) -> tuple[tuple[float, float], FloatArray, FloatArray]:
    """Pointing of a beam in radians, and the direction cosines of the sources from there."""
    ra, dec = project(offset[0], offset[1], CENTRE)
    pointing = (float(ra), float(dec))
    return pointing, *direction_cosines(*project(sky.east, sky.north, CENTRE), pointing)


def image_header(pointing: tuple[float, float], size: int) -> fits.Header:
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


def catalogue_text(sky: Sky, responses: FloatArray) -> str:
    """Every component as a line of comma-separated values, with its primary-beam response in each beam."""
    names = ["ra_deg", "dec_deg", "flux_jy", "major_arcsec", "minor_arcsec", "pa_deg", "kind"]
    lines = [",".join([*names, *(f"response_beam{beam:02d}" for beam in range(len(responses)))])]
    ra, dec = np.rad2deg(project(sky.east, sky.north, CENTRE))
    for n in range(len(sky.flux)):
        shape = f"{sky.major[n] / ARCSEC:.2f},{sky.minor[n] / ARCSEC:.2f},{np.rad2deg(sky.angle[n]):.1f}"
        seen = ",".join(f"{response:.5f}" for response in responses[:, n])
        lines.append(f"{ra[n] % 360:.6f},{dec[n]:.6f},{sky.flux[n]:.6g},{shape},{sky.kind[n]},{seen}")
    return "\n".join(lines) + "\n"


def make_room(files: Sequence[Path], overwrite: bool, directories: Sequence[Path] = ()) -> None:
    """Check that no output, be it a file or a directory, is in the way, and make the directories for them.

    Raises
    ------
    SkerryError
        If one exists and `overwrite` is false, is not what it should be, or a directory cannot be made.
    """
    outputs = [*files, *directories]
    for path in outputs:
        if path in files and path.is_dir():
            raise SkerryError(f"{path}: is a directory where a file is to be written; choose another directory")
        if path.exists() and not overwrite:
            raise SkerryError(f"{path}: exists; give --overwrite to replace it, or choose another directory")
    for folder in sorted({path.parent for path in outputs}):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SkerryError(f"{folder}: cannot be made: {error.strerror or error}") from error


def write_text(path: Path, text: str) -> None:
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
