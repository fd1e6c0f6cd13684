"""Make the visibilities of a small field of beams, with the truth beside them, and the YAML file of the whole loop.

A real imager makes the images of every round from them, and `skerry.demo.selfcal` calibrates them: what a mask
does to the sky model, and the model to the gains, is then no longer simulated.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skerry.demo.demo_field import BANDWIDTH, CENTRE, FIELD, FREQUENCY, NOISE, PIXEL, DemoField
from skerry.demo.measurement_set import casacore_tables, write_measurement_set
from skerry.demo.sky import ARCSEC
from skerry.demo.telescope import ANTENNAS, log_gains
from skerry.demo.visibilities import (
    Observation,
    corrupt,
    noise_per_visibility,
    point_at,
    receiver_noise,
    sky_visibilities,
)
from skerry.errors import SkerryError
from skerry.io.fits import write_products
from skerry.io.products import Product

__all__ = ["make_demo_sets", "simulated_gains"]

_FIELD_WIDTHS = 0.75
"""Width of a beam's field in widths of its image: the image reaches so far out in the primary beam that no bright
source lies beyond its edge, where it could not be cleaned."""
_CORRELATIONS = 2

_FIELD_YAML = """\
# A simulated field: {beams} measurement set{s}, imaged by WSClean, calibrated against the model, and imaged again.
field: {field}
beams: {names}
rounds: {rounds}                        # images of rounds 0 to {rounds}, masks for rounds 1 to {rounds}
measurement_sets: ms/{{field}}.beam{{beam}}.ms
imager:
  command: >-
    wsclean -j {{threads}} -name {{prefix}} -size {size} {size} -scale {scale:g}asec -use-wgridder -weight briggs 0
    -mgain 0.8 -niter 100000 -nmiter 15 {{mask_argument}} {{extra}} {{ms}}
  extra: -auto-threshold 1       # deep, for the mask says where
  extra_rounds: {{0: -auto-threshold 5}}   # without a mask, bright sources only
  threads: 2
calibrate:                       # before the imaging of rounds 1 to {rounds}; your own program for real data
  command: python -m skerry.demo.selfcal {{ms}} {{calibrated}} {{extra}}
  extra: --amplitude
  extra_rounds: {{1: --interval 0}}        # phases only, while the model is poor; a solution for every integration
mosaic: {{primary_beam_fwhm: {fwhm} deg}}   # co-add the beams of a round, weighted by their primary beams
"""


def make_demo_sets(
    directory: str | Path,
    *,
    beams: int = 4,
    rounds: int = 3,
    size: int = 512,
    seed: int = 2045,
    antennas: int = ANTENNAS,
    integrations: int = 30,
    channels: int = 4,
    gain_errors: float = 1.0,
    image_noise: float = NOISE,
    scatter: bool = False,
    overwrite: bool = False,
) -> Path:
    """Make a measurement set for each beam of a demo field, the truth, and the YAML file of the whole loop.

    The sky, the primary beams and the gain errors are those of `skerry.demo.demo_images.make_demo_images` before
    self-calibration, on a field of three quarters of the image. The same arguments give the same visibilities.

    Parameters
    ----------
    directory : path
        Where; it is made if it does not exist. It gets `field.yaml`, `ms/`, and `truth/` with the noise-free images,
        which have the restoring beam of `make_demo_images` rather than the imager's, and `catalogue.csv`.
    beams : int
        As of `make_demo_images`.
    rounds : int
        Rounds of self-calibration that the YAML file asks for, 1 to 100.
    size : int
        Width of the images that the imager shall make, pixels of 8 arcsec, even, 64 to 4096.
    seed : int
        As of `make_demo_images`.
    antennas, integrations, channels : int
        Of the array; at least 4 antennas, so that self-calibration has an answer.
    gain_errors : float
        Factor of the gain errors, 10 % in amplitude and 20 degrees in phase (rms); 0 for a perfect telescope.
    image_noise : float
        Thermal noise of an image with Briggs weights of robustness 0, Jy/beam.
    scatter : bool
        As of `make_demo_images`.
    overwrite : bool
        Whether the files of an earlier field may be replaced.

    Returns
    -------
    Path
        The field's YAML file.

    Raises
    ------
    SkerryError
        If python-casacore is absent, an argument is out of its range, a file exists and `overwrite` is false, or a file
        cannot be written.
    """
    casacore_tables()
    field = DemoField(Path(directory), beams, rounds, size, seed, _FIELD_WIDTHS, scatter)
    sets = [field.directory / "ms" / f"{FIELD}.beam{beam:02d}.ms" for beam in range(beams)]
    _check_array(field.directory, size=size, antennas=antennas, integrations=integrations, channels=channels)
    field.check_outputs([], overwrite, directories=sets)
    for beam, view in enumerate(field.views):
        truth = field.restored(beam, size).astype(np.float32)
        header = field.header(beam, measurement_sets=True)
        write_products([Product(field.truth(beam), truth, header, (1, 1, size, size))], overwrite)
        observation = point_at(
            np.random.default_rng([seed, 1]),
            view.pointing,
            CENTRE[0],
            pixel=PIXEL,
            frequency=FREQUENCY,
            bandwidth=BANDWIDTH,
            antennas=antennas,
            integrations=integrations,
            channels=channels,
        )
        flux = field.sky.flux * view.response
        perfect = sky_visibilities(field.sky, flux, view.east, view.north, observation.uvw, observation.frequencies)
        noise = noise_per_visibility(image_noise, perfect.size * _CORRELATIONS)
        data = _measure(_rng_of_beam(seed, beam), perfect, observation, gain_errors, noise)
        write_measurement_set(sets[beam], observation, data, noise=noise, field=FIELD, overwrite=overwrite)
    field.write_texts(_FIELD_YAML, size=size, scale=PIXEL / ARCSEC)
    return field.yaml


def simulated_gains(
    *, seed: int, beam: int, antennas: int = ANTENNAS, integrations: int = 30, gain_errors: float = 1.0
) -> NDArray[np.complex128]:
    """Gains of the antennas in a beam of `make_demo_sets`, for a judge of calibration.

    Parameters
    ----------
    seed : int
        As of `make_demo_sets`.
    beam : int
        Number of the beam, from 0.
    antennas, integrations : int
        As of `make_demo_sets`.
    gain_errors : float
        As of `make_demo_sets`.

    Returns
    -------
    ndarray of complex, shape (integrations, antennas)
        1 is right.
    """
    return _gains(_rng_of_beam(seed, beam), integrations, antennas, gain_errors)


def _check_array(directory: Path, *, size: int, antennas: int, integrations: int, channels: int) -> None:
    if size % 2:
        raise SkerryError(f"{directory}: size must be even for WSClean, not {size}; give `size` {size + 1}")
    for name, value, least in (("antennas", antennas, 4), ("integrations", integrations, 1), ("channels", channels, 1)):
        if value < least:
            raise SkerryError(f"{directory}: {name} must be at least {least}, not {value}")


def _rng_of_beam(seed: int, beam: int) -> np.random.Generator:
    """Source of a beam's gains, and then of its noise."""
    return np.random.default_rng([seed, 2, beam])


def _gains(rng: np.random.Generator, times: int, antennas: int, gain_errors: float) -> NDArray[np.complex128]:
    logarithms = log_gains(rng, times, antennas)
    # A calibrator has set the flux scale, which self-calibration cannot find: fluxes compare with the truth.
    gains: NDArray[np.complex128] = np.exp(gain_errors * (logarithms - logarithms.real.mean()))
    return gains


def _measure(
    rng: np.random.Generator,
    perfect: NDArray[np.complex128],
    observation: Observation,
    gain_errors: float,
    noise: float,
) -> NDArray[np.complex128]:
    """Both correlations of an unpolarised sky, with wrong gains and noise."""
    gains = _gains(rng, len(observation.times), len(observation.positions), gain_errors)
    measured = corrupt(perfect, gains, observation.first, observation.second)
    return measured[..., None] + receiver_noise(rng, (*perfect.shape, _CORRELATIONS), noise)
