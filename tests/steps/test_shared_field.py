"""The whole workflow on the field that WSClean imaged: what its masks hold of the true sky, and what of the artefacts.

Two runs between them take both kinds of mosaics (given, co-added), both statistics (minimum absolute clip, S/N), an
override for a round and scale masks. The truth is the sky from which the visibilities were computed.
"""

from __future__ import annotations

import csv
import fcntl
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from astropy.io import fits
from astropy.wcs import WCS
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from scipy import ndimage

from skerry.masking.noise import noise_maps

FIELD = "SIM_0400-45"
BEAMS = ("00", "01", "02", "03")
ROUNDS = (1, 2, 3)
THERMAL_NOISE = 8e-5
"""Jy/beam, where the weight of the mosaic is 1."""

BY_MINIMUM = {
    "flood_fill": True,
    "flood_fill_use_mac": True,
    "flood_fill_positive_seed_clip": 1.5,
    "flood_fill_positive_flood_clip": 0.8,
    "flood_fill_use_mac_adaptive_max_depth": 3,
    "beam_shape_erode": True,
}
"""By the minimum absolute clip, with a box that grows."""
BY_SIGMA = {
    "flood_fill": True,
    "flood_fill_use_mac": False,
    "flood_fill_positive_seed_clip": 5,
    "flood_fill_positive_flood_clip": 1.5,
    "beam_shape_erode": True,
}

# What is used today, on the same mosaics: the S/N flood 5/1.5 has 24, 24, 19 false islands and covers 83, 87, 87 per
# cent; the minimum absolute clip 1.5/1.2 has 3, 2, 5 and covers 46, 53, 55. The S/N figures are those of noise measured
# in boxes of 64 pixels; ours are half as wide and see more of the artefacts, which may cost 5 per cent of coverage.
MOST_FALSE = {"given": (3, 24, 5), "coadded": (24, 24, 19)}
LEAST_COVERED = {"given": (46, 82, 55), "coadded": (78, 82, 82)}


class Run(NamedTuple):
    """The results of a run, and which mosaic its grid is that of."""

    name: str
    results: Path

    def mosaic(self, round_: int, product: str) -> Path:
        return self.results / FIELD / f"round{round_}" / f"mosaic.{product}.fits"

    def beam(self, round_: int, beam: str, product: str = "mask") -> Path:
        return self.results / FIELD / f"round{round_}" / f"beam{beam}.{product}.fits"


class Truth(NamedTuple):
    """The true sky on the grid of the given mosaics."""

    sky: NDArray[np.float32]
    noise: NDArray[np.float32]
    """Thermal, Jy/beam."""
    wcs: WCS

    def resample(self, path: Path) -> NDArray:
        """Nearest pixels of a mosaic with another grid, by astropy alone."""
        return nearest(plane(path), celestial(path), self.wcs, self.sky.shape)

    def has_no_source(self, labels: NDArray, count: int) -> NDArray[np.bool_]:
        """Islands, numbered from 1, without a pixel of emission above 1.5 times the thermal noise."""
        return ndimage.maximum(self.sky > 1.5 * self.noise, labels, range(1, count + 1)) == 0


def plane(path: Path) -> NDArray:
    data = fits.getdata(path)
    return data.reshape(data.shape[-2:])


def celestial(path: Path) -> WCS:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # WSClean writes no MJD-OBS
        return WCS(fits.getheader(path)).celestial


def nearest(data: NDArray, data_wcs: WCS, wcs: WCS, shape: tuple[int, int]) -> NDArray:
    """Nearest pixel of `data` for every pixel of another grid, 0 where there is none, by astropy alone."""
    y, x = np.indices(shape)
    x, y = (np.rint(a).astype(int) for a in data_wcs.all_world2pix(*wcs.all_pix2world(x, y, 0), 0))
    inside = (x >= 0) & (y >= 0) & (x < data.shape[1]) & (y < data.shape[0])
    taken = np.zeros(shape + data.shape[2:], data.dtype)
    taken[inside] = data[y[inside], x[inside]]
    return taken


@pytest.fixture(scope="module")
def data(shared_data: Path) -> Path:
    return shared_data / "field"


@pytest.fixture(scope="module")
def truth(data: Path) -> Truth:
    sky = data / "truth.mosaic.restored.fits.gz"
    weight = fits.getdata(data / f"{FIELD}.linmos.weight.fits.gz")
    noise = THERMAL_NOISE / np.sqrt(np.maximum(weight, 1e-3))
    return Truth(plane(sky), noise, celestial(sky))


def run_workflow(name: str, factory: pytest.TempPathFactory, data: Path, **keys: Any) -> Run:
    """Run the field once, however many processes test it."""
    here = factory.getbasetemp()
    directory = (here.parent if "PYTEST_XDIST_WORKER" in os.environ else here) / f"shared-field-{name}"
    directory.mkdir(exist_ok=True)
    field = {
        "field": FIELD,
        "beams": list(BEAMS),
        "rounds": len(ROUNDS),
        "images": str(data / "{field}.beam{beam}.round{round}.i.MFS.image.fits"),
        "output": name,
        "keep_steps": True,  # islands are compared, and what is eroded
        **keys,
    }
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "done").exists():
            (directory / "field.yaml").write_text(yaml.safe_dump(field))
            command = [sys.executable, "-m", "skerry", "run", "field.yaml", "--cores", "2"]
            subprocess.run(command, cwd=directory, check=True, capture_output=True)
            (directory / "done").touch()
    return Run(name, directory / name)


@pytest.fixture(scope="module")
def given(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Given mosaics and the minimum absolute clip, but S/N in round 2."""
    return run_workflow(
        "given",
        tmp_path_factory,
        data,
        mosaic=str(data / "{field}.round{round}.i.MFS.linmos.fits"),
        preset="none",
        masking=BY_MINIMUM,
        masking_rounds={2: BY_SIGMA},
    )


@pytest.fixture(scope="module")
def coadded(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Co-added mosaics, S/N, and scale masks."""
    return run_workflow(
        "coadded",
        tmp_path_factory,
        data,
        mosaic={"primary_beam_fwhm": "1.15 deg"},
        preset="none",
        masking=BY_SIGMA | {"beam_shape_erode_scales": [0, 8, 16]},
    )


@pytest.fixture(params=["given", "coadded"])
def run(request: pytest.FixtureRequest) -> Run:
    return request.getfixturevalue(request.param)


def bright_sources(data: Path, least: float) -> NDArray[np.float64]:
    """Right ascension and declination, degrees, of the point sources of at least this flux in Jy."""
    with (data / "truth.catalogue.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["kind"] == "1" and float(r["flux_jy"]) >= least]
    return np.array([(float(r["ra_deg"]), float(r["dec_deg"])) for r in rows])


@pytest.mark.parametrize("round_", ROUNDS)
def test_few_islands_have_no_source(round_, run, truth):
    labels, count = ndimage.label(truth.resample(run.mosaic(round_, "islands")), np.ones((3, 3)))
    assert count > 40
    assert truth.has_no_source(labels, count).sum() <= MOST_FALSE[run.name][round_ - 1]


@pytest.mark.parametrize("round_", ROUNDS)
def test_islands_cover_the_detectable_emission(round_, run, truth, data):
    """Detectable: above 1.5 times the noise of the image, in an island with a pixel above 5 times."""
    image = plane(data / f"{FIELD}.round{round_ - 1}.i.MFS.linmos.fits")
    rms, _ = map(np.asarray, noise_maps(image, box_size=64))
    above = np.isfinite(image) & (truth.sky > 1.5 * rms)
    detectable = ndimage.binary_propagation(above & (truth.sky > 5 * rms), np.ones((3, 3)), mask=above)
    covered = truth.resample(run.mosaic(round_, "islands"))[detectable].mean()
    assert 100 * covered >= LEAST_COVERED[run.name][round_ - 1]


@pytest.mark.parametrize("round_", [1, 3])
def test_minimum_absolute_clip_masks_no_ring_round_the_brightest_source(round_, given, truth, data):
    """From 1 to 10 arcmin of the source of 3 Jy, whose artefacts are the brightest, all that is masked is emission."""
    (source,) = bright_sources(data, 3.0)
    x, y = truth.wcs.all_world2pix(*source, 0)
    rows, columns = np.indices(truth.sky.shape)
    distance = np.hypot(columns - x, rows - y) * 6 / 60
    mask = plane(given.mosaic(round_, "mask"))
    assert mask[round(float(y)), round(float(x))]
    ring = (distance >= 1) & (distance <= 10)
    assert not np.any(mask[ring] & (truth.sky < 1.5 * truth.noise)[ring])


@pytest.mark.parametrize("beam", BEAMS)
def test_beam_mask_is_the_mosaic_mask_at_the_same_sky(beam, run, data):
    product = "scalemask" if run.name == "coadded" else "mask"
    image = data / f"{FIELD}.beam{beam}.round0.i.MFS.image.fits"
    mosaics = np.dstack([plane(run.mosaic(k, product)) for k in ROUNDS])
    extracted = np.dstack([plane(run.beam(k, beam, product)) for k in ROUNDS])
    expected = nearest(mosaics, celestial(run.mosaic(1, product)), celestial(image), extracted.shape[:2])
    assert expected.any(axis=(0, 1)).all()
    assert_array_equal(extracted, expected)


@pytest.mark.parametrize("round_", ROUNDS)
@pytest.mark.parametrize("beam", BEAMS)
def test_bright_sources_are_masked_at_their_pixel_of_every_beam(beam, round_, run, data):
    """By the beam image's own WCS, so that a mask shifted by a few pixels would miss them."""
    mask = plane(run.beam(round_, beam))
    wcs = celestial(data / f"{FIELD}.beam{beam}.round0.i.MFS.image.fits")
    position = wcs.all_world2pix(bright_sources(data, 0.3), 0)
    column, row = np.rint(position).astype(int).T
    inside = (column >= 0) & (row >= 0) & (column < mask.shape[1]) & (row < mask.shape[0])
    assert inside.any()
    assert mask[row[inside], column[inside]].all()


@pytest.mark.parametrize("beam", BEAMS)
def test_beam_mask_has_the_axes_of_its_image(beam, run):
    assert fits.getdata(run.beam(1, beam)).shape == (1, 1, 1024, 1024)


@pytest.mark.parametrize("round_", ROUNDS)
def test_scale_masks_nest_and_their_union_is_the_mask(round_, coadded):
    for beam in BEAMS:
        bits = plane(coadded.beam(round_, beam, "scalemask"))
        assert set(np.unique(bits)) == {0, 1, 3, 7}
        assert_array_equal(plane(coadded.beam(round_, beam)), bits != 0)


def test_override_is_that_of_its_round_alone(given):
    comments = [fits.getheader(given.beam(k, "00")).comments["SKSEED"] for k in ROUNDS]
    assert ["MAC" in comment for comment in comments] == [True, False, True]
