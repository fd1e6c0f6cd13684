"""Fields of a kind, made once: visibilities, and images as a pipeline without masks of ours has them, and the truth.

A field is a directory KIND/seedN with `field.json`, `catalogue.csv` and, in round0, round1 and round2, for each beam
`beam00.ms`, `beam00.image.fits` (cleaned with WSClean's auto-mask) and `beam00.truth.fits` (the noise-free sky with the
same restoring beam); of several beams also `mosaic.fits`, `mosaic.truth.fits` and `mosaic.weight.fits`. A field is
made again if what its kind says has changed.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zlib
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.demo.model_quality import robust_rms
from benchmarks.quality.arrays import antennas_of
from benchmarks.quality.cleaning import AUTO_MASK, Request, Visibilities, clean
from benchmarks.quality.gain_errors import GAIN_ERRORS, Errors, antenna_gains, facet_gains, facet_of
from benchmarks.quality.kind_table import KINDS, Kind
from benchmarks.quality.models import Catalogue, read_catalogue
from benchmarks.quality.observed import restored
from benchmarks.quality.skies import BEAM, SKIES, Field
from skerry.demo.demo_field import BANDWIDTH, CENTRE, FIELD, FREQUENCY, catalogue_text, image_header, primary_beam_fwhm
from skerry.demo.measurement_set import write_measurement_set
from skerry.demo.sky import ARCSEC, Sky, beam_offsets, direction_cosines, primary_beam, project
from skerry.demo.visibilities import Observation, corrupt, point_at, receiver_noise, sky_visibilities
from skerry.io.fits import read_image, write_products
from skerry.io.headers import Provenance, value_header
from skerry.io.products import Product
from skerry.sky.beam import read_beam
from skerry.steps.mosaic import make_mosaic

__all__ = ["FieldOfKind"]

Gains = NDArray[np.complex128]

_FIELD_WIDTHS = 0.75
"""Width of a beam's field in widths of its image: the image reaches where the primary beam lets nothing bright be."""
_MOSAIC_WIDTHS = 1.5
_CORRELATIONS = 2
_WORSE_NOISE, _WORSE_ERRORS = 5.0, 3.0
_ONCE = "-niter 1"
_TRIALS, _TRIALS_OF_RATIO = 2, 4
"""Until the beam is that which is wanted, and where its ratio of axes is wanted too."""
_FORMAT = 1
"""To be raised when the same kind gives other fields."""


@dataclass(frozen=True)
class _Sizes:
    """What a beam follows from."""

    scale: float
    """Pixel, radians, that `point_at` sizes the array by."""
    ratio: float
    """By which the array is narrower one way."""
    noise: float
    """Of an image of visibilities with a noise of 1 Jy in the real and in the imaginary part, Jy/beam."""


@dataclass(frozen=True)
class FieldOfKind:
    """A field of a kind.

    Attributes
    ----------
    name : str
        Of the kind, in `KINDS`.
    seed : int
        Of all that is random.
    base : Path
        Where fields are kept.
    """

    name: str
    seed: int
    base: Path

    @property
    def kind(self) -> Kind:
        """What is observed."""
        return KINDS[self.name]

    @property
    def directory(self) -> Path:
        """Of this field."""
        return self.base / self.name / f"seed{self.seed}"

    @property
    def pixel(self) -> float:
        """Width of a pixel, radians: beams are as wide on the sky for all kinds."""
        return BEAM / self.kind.beam

    @property
    def width(self) -> float:
        """Width of a beam's field, radians."""
        return _FIELD_WIDTHS * self.kind.size * self.pixel

    @property
    def primary_beam_fwhm(self) -> float:
        """Radians."""
        return primary_beam_fwhm(self.width)

    @property
    def image_arguments(self) -> str:
        """Of WSClean, for the images that masks are made of."""
        return f"{AUTO_MASK} -multiscale" if self.kind.multiscale else AUTO_MASK

    @cached_property
    def history(self) -> str:
        """What the visibilities follow from, wherever they lie."""
        plain = Kind("")
        changed = {name: value for name, value in vars(self.kind).items() if value != getattr(plain, name)}
        changed.pop("about")
        return f"{_FORMAT} {self.name} {changed} {self.seed}"

    def place(self, k: int) -> Path:
        """Directory of a round."""
        return self.directory / f"round{k}"

    def visibilities(self, k: int, beam: int) -> Visibilities:
        """Of a beam in a round."""
        path = self.place(k) / f"beam{beam:02d}.ms"
        return Visibilities(path, "DATA", self.kind.size, self.pixel / ARCSEC, f"{self.history} {k} {beam}")

    def image(self, k: int, beam: int) -> Request:
        """Clean that the image of a beam is of."""
        return Request(self.visibilities(k, beam), self.image_arguments)

    def noise(self, beam: int) -> float:
        """Thermal noise of a beam, Jy/beam."""
        return self.kind.noise * (_WORSE_NOISE if beam == self.kind.worse else 1)

    def errors(self, beam: int) -> Errors:
        """Of calibration in a beam."""
        return self.kind.errors.times(_WORSE_ERRORS) if beam == self.kind.worse else self.kind.errors

    @property
    def self_calibrates(self) -> bool:
        """Whether antennas have gains that self-calibration can find: directions have none, and there is a signal."""
        return self.kind.errors.directions == 0 and self.kind.sky != "faint"

    def gains(self, k: int, beam: int) -> Gains:
        """True gains of the antennas, shape (times, antennas)."""
        antennas = len(antennas_of(self.kind.array, self._rng(1)))
        return antenna_gains(self._rng(2, beam), self.errors(beam), self.kind.integrations, antennas, GAIN_ERRORS[k])

    def catalogue(self, beam: int | None) -> Catalogue:
        """Components, as a beam receives them."""
        return read_catalogue(self.directory / "catalogue.csv", beam)

    def _rng(self, *what: int) -> np.random.Generator:
        """Random numbers of a part of the field: no two kinds have the same."""
        return np.random.default_rng([self.seed, zlib.crc32(self.name.encode()), *what])

    def made(self, k: int) -> bool:
        """Whether a round is there, made as the kind says now."""
        about = self.place(k) / "about.json"
        return about.exists() and bool(json.loads(about.read_text())["history"] == self.history)

    def make(self, k: int) -> Path:
        """Make a round, unless it is there; returns its directory."""
        if not self.made(k):
            shutil.rmtree(self.place(k), ignore_errors=True)
            self.place(k).mkdir(parents=True)
            self._observe(k)
            for beam in range(self.kind.beams):
                self._show(k, beam)
            if self.kind.beams > 1:
                self._co_add(k)
            _write_text(self.place(k) / "about.json", json.dumps(self._about(k), indent=1))
        return self.place(k)

    def _about(self, k: int) -> dict[str, Any]:
        return {
            "kind": self.name,
            "about": self.kind.about,
            "seed": self.seed,
            "round": k,
            "thermal_noise": [self.noise(beam) for beam in range(self.kind.beams)],
            "primary_beam_fwhm_deg": float(np.rad2deg(self.primary_beam_fwhm)),
            "history": self.history,
        }

    def _observe(self, k: int) -> None:
        """Write the measurement sets of a round, and the catalogue."""
        offsets = beam_offsets(self.kind.beams, self.width)
        sky = SKIES[self.kind.sky](self._rng(0), Field(self.width, offsets, self.kind.noise))
        sizes, responses = self._sizes(), []
        for beam, (east, north) in enumerate(offsets):
            ra, dec = project(east, north, CENTRE)
            pointing = (float(ra), float(dec))
            place = direction_cosines(*project(sky.east, sky.north, CENTRE), pointing)
            responses.append(primary_beam(np.arcsin(np.hypot(*place)), self.primary_beam_fwhm))
            observation, noise = self._observation(pointing, sizes), self.noise(beam) / sizes.noise
            seen = Sky(*place, sky.flux * responses[-1], sky.major, sky.minor, sky.angle, sky.kind)
            data = corrupt(
                self._measured(seen, beam, observation),
                self.gains(k, beam),
                observation.first,
                observation.second,
            )
            data = data[..., None] + self._receiver_noise(data.shape, noise, beam)
            path = self.visibilities(k, beam).path
            write_measurement_set(path, observation, data, noise=noise, field=FIELD, overwrite=True)
        _write_text(self.directory / "catalogue.csv", catalogue_text(sky, np.array(responses)))

    def _measured(self, sky: Sky, beam: int, observation: Observation) -> NDArray[np.complex128]:
        """Visibilities of the apparent sky, with the errors that a direction has."""
        errors, rng = self.errors(beam), self._rng(3, beam)
        facets = facet_of(rng, sky.east, sky.north, self.width) if errors.directions else np.zeros(sky.flux.size, int)
        gains = facet_gains(rng, errors, self.kind.integrations, len(observation.positions))
        data = np.zeros(observation.shape, dtype=np.complex128)
        for n in np.unique(facets):
            part = Sky(**{name: values[facets == n] for name, values in vars(sky).items()})
            perfect = sky_visibilities(part, part.flux, part.east, part.north, observation.uvw, observation.frequencies)
            data += corrupt(perfect, gains[n], observation.first, observation.second)
        return data

    def _receiver_noise(self, shape: tuple[int, ...], rms: float, beam: int) -> NDArray[np.complex128]:
        """The same in every round."""
        return receiver_noise(self._rng(4, beam), (*shape, _CORRELATIONS), rms)

    def _observation(self, pointing: tuple[float, float], sizes: _Sizes) -> Observation:
        kind, rng = self.kind, self._rng(1)
        array = antennas_of(kind.array, rng, sizes.ratio, np.deg2rad(kind.angle))
        return point_at(
            rng,
            pointing,
            CENTRE[0],
            pixel=sizes.scale,
            frequency=FREQUENCY,
            bandwidth=BANDWIDTH,
            antennas=len(array),
            integrations=kind.integrations,
            channels=kind.channels,
            array=array,
            hours=kind.hours,
        )

    def _sizes(self) -> _Sizes:
        """Sizes of the array for the beam that is wanted, and the noise of an image of it.

        WSClean's beam and noise depend on the array and the weights in a way that is measured rather than known.
        """
        trial, asked = self.directory / "trial.json", self.history
        if trial.exists():
            made = json.loads(trial.read_text())
            if made.pop("history") == asked:
                return _Sizes(**made)
        sizes = _Sizes(BEAM / 3.3, self.kind.ratio, 1.0)
        for _ in range(_TRIALS_OF_RATIO if self.kind.ratio > 1 else _TRIALS):
            sizes = self._tried(sizes)
        _write_text(trial, json.dumps({"history": asked, **asdict(sizes)}))
        return sizes

    def _tried(self, sizes: _Sizes) -> _Sizes:
        """What would have given the beam that is wanted, by an image of noise alone."""
        observation = self._observation(CENTRE, sizes)
        noise = self._receiver_noise(observation.shape, 1.0, 0)
        with tempfile.TemporaryDirectory(dir=self.directory) as place:
            data = Visibilities(Path(place) / "noise.ms", "DATA", self.kind.size, self.pixel / ARCSEC)
            write_measurement_set(data.path, observation, noise, noise=1.0, field=FIELD)
            image = read_image(f"{clean(Request(data, _ONCE), Path(place))}-image.fits")
        beam = read_beam(image.header)
        scale = sizes.scale * BEAM / float(np.deg2rad(np.sqrt(beam.bmaj * beam.bmin)))
        ratio = sizes.ratio * self.kind.ratio * beam.bmin / beam.bmaj if self.kind.ratio > 1 else 1.0
        return _Sizes(scale, max(1.0, ratio), robust_rms(image.data))

    def _show(self, k: int, beam: int) -> None:
        """Image a beam, and render the truth beside it."""
        prefix, place = clean(self.image(k, beam), self.place(k) / "cleaned"), self.place(k)
        os.link(f"{prefix}-image.fits", place / f"beam{beam:02d}.image.fits")
        image = read_image(f"{prefix}-image.fits")
        truth = restored(self.catalogue(beam), image.header, read_beam(image.header), self.kind.size)
        _write_image(place / f"beam{beam:02d}.truth.fits", truth.data, truth.header)

    def _co_add(self, k: int) -> None:
        """Mosaic of the beams, and the truth on its grid."""
        place, wide = self.place(k), round(_MOSAIC_WIDTHS * self.kind.size)
        images = [place / f"beam{beam:02d}.image.fits" for beam in range(self.kind.beams)]
        of_beam = read_image(images[0]).header
        header = image_header(CENTRE, wide)
        for axis in (1, 2):
            header[f"CDELT{axis}"] = of_beam[f"CDELT{axis}"]
        truth = restored(self.catalogue(None), header, read_beam(of_beam), wide)
        _write_image(place / "mosaic.truth.fits", truth.data, truth.header)
        make_mosaic(
            images,
            output=place / "mosaic.fits",
            primary_beam_fwhm=float(np.rad2deg(self.primary_beam_fwhm)),
            like=place / "mosaic.truth.fits",
            weight_output=place / "mosaic.weight.fits",
            overwrite=True,
        )


def _write_image(path: Path, data: NDArray[np.float32], header: Any) -> None:
    write_products([Product(path, data, value_header(header, Provenance("benchmark")), data.shape)], overwrite=True)


def _write_text(path: Path, text: str) -> None:
    """Other processes may write the same at the same time."""
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
