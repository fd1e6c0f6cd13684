"""What the demo field is, whether its images or its visibilities are simulated: its grid, its truth and its YAML file.

Both kinds share these, so that a mask made on one can be judged like a mask made on the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.demo.sky import ARCSEC, Beam, Sky, beam_offsets, direction_cosines, primary_beam, project, render
from skerry.demo.sources import demo_sky
from skerry.demo.telescope import TELESCOPE
from skerry.errors import SkerryError
from skerry.io.headers import Provenance, value_header
from skerry.io.outputs import check_outputs
from skerry.io.whole_files import whole_files

__all__ = [
    "BANDWIDTH",
    "CENTRE",
    "FIELD",
    "FREQUENCY",
    "NOISE",
    "PIXEL",
    "RESTORING_BEAM",
    "BeamView",
    "DemoField",
    "catalogue_text",
    "image_header",
    "primary_beam_fwhm",
    "truth_path",
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
_RANGES = (("beams", 1, 100), ("rounds", 1, 100), ("size", 64, 4096), ("seed", 0, 2**63 - 1))

FloatArray = NDArray[np.float64]

_MASKING_YAML = """\
source: mosaic                   # masks are made on the mosaic and cut out for every beam; or beam
mask_rounds: all
# preset: {{1: early-round, 2: late-round}}   # how masks are made: the default; masking: has what is to differ
report: true                     # a run ends with a report of the field, for a browser
output: results/{name}  # in the directory where the command runs; a demo in another directory has its own
"""
"""The part of a field's YAML file that both kinds have."""


class BeamView(NamedTuple):
    """The sky as a beam sees it."""

    pointing: tuple[float, float]
    """Right ascension and declination of its centre, radians."""
    east: FloatArray
    """Direction cosines of the components from there, shape (n,)."""
    north: FloatArray
    response: FloatArray
    """Of the primary beam to each component, shape (n,)."""


@dataclass(frozen=True)
class DemoField:
    """A demo field and its files.

    Attributes
    ----------
    directory : Path
        Where it is.
    beams, rounds, size, seed : int
        Beams; rounds of images or of self-calibration; width of an image, pixels; seed of all random numbers.
    size_in_beam : float
        Width of the field of a beam, in widths of its image.
    scatter : bool
        Whether the bright and the extended sources move from seed to seed.

    Raises
    ------
    SkerryError
        If a number is out of its range.
    """

    directory: Path
    beams: int
    rounds: int
    size: int
    seed: int
    size_in_beam: float = 1.0
    scatter: bool = False

    def __post_init__(self) -> None:
        for name, least, most in _RANGES:
            value = getattr(self, name)
            if not least <= value <= most:
                problem = f"{self.directory}: {name} must be {least} to {most}, not {value}"
                raise SkerryError(f"{problem}; give another `{name}`")

    @property
    def yaml(self) -> Path:
        """The file that runs the workflow on it."""
        return self.directory / "field.yaml"

    @property
    def catalogue(self) -> Path:
        """File of the components of the sky."""
        return self.directory / "truth" / "catalogue.csv"

    @property
    def width(self) -> float:
        """Width of the field of a beam, radians."""
        return self.size_in_beam * self.size * PIXEL

    @cached_property
    def sky(self) -> Sky:
        """The sources, which are the same for all beams and rounds."""
        rng, size = np.random.default_rng([self.seed, 0]), round(self.size_in_beam * self.size)
        return demo_sky(rng, size, self.width, self._offsets, RESTORING_BEAM, scatter=self.scatter)

    @cached_property
    def views(self) -> list[BeamView]:
        """The sky as each beam sees it."""
        views = []
        for east, north in self._offsets:
            ra, dec = project(east, north, CENTRE)
            pointing = (float(ra), float(dec))
            there = direction_cosines(*project(self.sky.east, self.sky.north, CENTRE), pointing)
            response = primary_beam(np.arcsin(np.hypot(*there)), primary_beam_fwhm(self.width))
            views.append(BeamView(pointing, *there, response))
        return views

    def truth(self, beam: int) -> Path:
        """File of a beam's noise-free restored image."""
        return truth_path(self.directory, beam)

    def restored(self, beam: int, size: int) -> FloatArray:
        """Noise-free restored image of a beam, `size` pixels wide, Jy/beam of apparent flux."""
        view = self.views[beam]
        return render(self.sky, self.sky.flux * view.response, view.east, view.north, RESTORING_BEAM, PIXEL, size)

    def header(self, beam: int, **options: Any) -> fits.Header:
        """Header of a beam's images, which names the arguments of the field and further options."""
        named = {"beams": self.beams, "rounds": self.rounds, "size": self.size, "seed": self.seed}
        provenance = Provenance("simulate", {**named, "scatter": self.scatter or None, **options})
        return value_header(image_header(self.views[beam].pointing, self.size), provenance)

    def check_outputs(self, files: Sequence[Path], overwrite: bool, directories: Sequence[Path] = ()) -> None:
        """Check that outputs, and the files that every field has, may be written, and make the directories for them.

        Parameters
        ----------
        files : sequence of Path
            What is written beside the files that every field has.
        overwrite : bool
            Whether they may be replaced.
        directories : sequence of Path
            Measurement sets, which are directories.

        Raises
        ------
        SkerryError
            If one is in the way, or a directory for them cannot be made.
        """
        of_every_field = [self.yaml, self.catalogue, *(self.truth(beam) for beam in range(self.beams))]
        check_outputs(
            [*of_every_field, *files],
            overwrite=overwrite,
            directories=directories,
            make_parents=True,
            instead="directory",
        )

    def write_texts(self, yaml: str, **numbers: Any) -> None:
        """Write the catalogue, and the YAML file: a template of what its kind has, and the numbers in it."""
        text = (yaml + _MASKING_YAML).format(
            field=FIELD,
            beams=self.beams,
            s="" if self.beams == 1 else "s",
            names='["00"]' if self.beams == 1 else f'"00-{self.beams - 1:02d}"',
            rounds=self.rounds,
            name=re.sub(r"[^A-Za-z0-9_+.-]", "_", self.directory.resolve().name).strip("-.") or "demo",
            fwhm=f"{np.rad2deg(primary_beam_fwhm(self.width)):.4f}",
            **numbers,
        )
        _write_text(self.catalogue, catalogue_text(self.sky, np.array([view.response for view in self.views])))
        _write_text(self.yaml, text)

    @cached_property
    def _offsets(self) -> FloatArray:
        return beam_offsets(self.beams, self.width)


def primary_beam_fwhm(width: float) -> float:
    """FWHM of the primary beam (radians) for a width of a beam's field (radians), rounded as the YAML file has it."""
    return float(np.deg2rad(round(float(np.rad2deg(_PRIMARY_BEAM_WIDTHS * width)), 4)))


def truth_path(directory: Path, beam: int) -> Path:
    """File of a beam's noise-free restored image."""
    return directory / "truth" / f"beam{beam:02d}.restored.fits"


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
    header["TELESCOP"] = TELESCOPE
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


def _write_text(path: Path, text: str) -> None:
    with whole_files(path) as (partial,):
        partial.write_text(text, encoding="utf-8", newline="\n")
