"""Real imagers clean where a mask of skerry's says: WSClean, tclean through config/imagers/tclean.py, and DDFacet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from conftest import REPOSITORY
from imagers.real_imagers import CELL, TCLEAN, CannotImage, Grid, Imager, Made, installed
from numpy.typing import NDArray
from scipy import ndimage

from skerry.cli import main
from skerry.demo.demo_sets import make_demo_sets
from skerry.demo.measurement_set import write_measurement_set
from skerry.demo.sky import Sky
from skerry.demo.visibilities import noise_per_visibility, point_at, receiver_noise, sky_visibilities

POINTING = SkyCoord(60, -45, unit="deg")
CENTRE = POINTING.directional_offset_by(40 * u.deg, 6 * u.arcmin)
"""Of the images, which is not where the array points."""
PLACES = [(50, 70), (-30, 60), (25, -74), (-54, -45), (7, -12)]
"""Of the sources, pixels east and north of the images' centre; none lies where another does when turned or flipped."""
FLUXES = [0.5, 0.4, 0.3, 0.2, 0.05]
"""Jy; the last, in the middle, is left out of the mask."""
NOISE = 1e-4
NAMES = ["wsclean of the PATH", "wsclean", "casa", "ddfacet"]

Mask = NDArray[np.uint8]


@pytest.fixture(scope="module", params=NAMES)
def imager(request: pytest.FixtureRequest) -> Imager:
    if request.param == NAMES[0]:
        request.getfixturevalue("wsclean")
    return installed(request.param)


@pytest.fixture(scope="module")
def corners(tmp_path_factory: pytest.TempPathFactory, casacore_tables: ModuleType) -> Path:
    """A measurement set of point sources, one in each corner of the images and one in the middle."""
    path = tmp_path_factory.mktemp("corners") / "corners.ms"
    rng = np.random.default_rng(3)
    pointing = (float(POINTING.ra.rad), float(POINTING.dec.rad))
    observation = point_at(
        rng,
        pointing,
        pointing[0],
        pixel=np.deg2rad(CELL / 3600),
        frequency=1.367e9,
        bandwidth=4e6,
        antennas=20,
        integrations=12,
        channels=4,
    )
    turn = sources().ra.rad - pointing[0]
    declination = sources().dec.rad
    east = np.cos(declination) * np.sin(turn)
    north = np.sin(declination) * np.cos(pointing[1]) - np.cos(declination) * np.sin(pointing[1]) * np.cos(turn)
    flux, zeros = np.array(FLUXES), np.zeros(len(FLUXES))
    sky = Sky(east, north, flux, zeros, zeros, zeros, np.full(len(FLUXES), "compact"))
    perfect = sky_visibilities(sky, flux, east, north, observation.uvw, observation.frequencies)
    noise = noise_per_visibility(NOISE, 2 * perfect.size)
    data = perfect[..., None] + receiver_noise(rng, (*perfect.shape, 2), noise)
    write_measurement_set(path, observation, data, noise=noise, field="corners")
    return path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, casacore_tables: ModuleType) -> Path:
    """A measurement set of the demo, with the errors of its gains and sources of all kinds."""
    directory = tmp_path_factory.mktemp("demo")
    make_demo_sets(directory, beams=1, size=256, antennas=20, integrations=12, channels=2, gain_errors=0.1)
    return directory / "ms" / "DEMO_0400-45.beam00.ms"


def sources() -> SkyCoord:
    east, north = np.array(PLACES).T * CELL * u.arcsec
    return CENTRE.directional_offset_by(np.arctan2(east, north), np.hypot(east, north))


def grid_of(imager: Imager, planes: int = 1) -> Grid:
    return Grid(*((126, 176) if imager.even else (125, 175)), planes, CENTRE)


@pytest.fixture(scope="module")
def mask(imager: Imager, corners: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mask that skerry makes of the imager's first image, without the island in the middle."""
    directory = tmp_path_factory.mktemp("mask")
    first = imager.image(corners, directory / "first", grid_of(imager), sigma=10).image
    path = directory / "corners.mask.fits"
    assert main(["mask", str(first), "-o", str(path)]) == 0
    x, y = places(path)
    with fits.open(path, mode="update") as opened:
        labels, _ = ndimage.label(opened[0].data[0, 0], np.ones((3, 3)))
        kept = [labels[round(y[n]), round(x[n])] for n in range(4)]
        opened[0].data[0, 0] = np.isin(labels, kept) & (labels > 0)
    return path


def places(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the sources are in an image, pixels from 0."""
    return WCS(fits.getheader(path), fix=False).celestial.world_to_pixel(sources())


def judge(made: Made, mask: Path, *, planes: int = 1, sources: tuple[int, ...] = (0, 1, 2, 3)) -> None:
    """Fail unless every plane of the model has the sources of the mask in their places, and nothing outside it."""
    model, allowed = made.model(), fits.getdata(mask)[0, 0] > 0
    assert len(model) == planes
    assert not model[:, ~allowed].any()
    rows, columns = np.indices(allowed.shape)
    for n, (x, y) in enumerate(zip(*places(made.models[0]), strict=True)):
        flux = model[:, np.hypot(columns - x, rows - y) < 3].sum(axis=1)
        assert flux == pytest.approx([FLUXES[n] if n in sources else 0] * planes, rel=0.05), f"source {n}"


def rewrite(mask: Path, path: Path, pixels: Mask) -> Path:
    """Write a mask with other pixels, of which axes in front may be missing."""
    fits.writeto(path, pixels.reshape((1,) * (4 - pixels.ndim) + pixels.shape), fits.getheader(mask))
    return path


def test_islands_are_cleaned_where_they_are(imager: Imager, corners: Path, mask: Path, tmp_path: Path) -> None:
    made = imager.image(corners, tmp_path / "clean", grid_of(imager, planes=2), mask, sigma=3)
    judge(made, mask, planes=1 if imager.program[0].endswith("DDF.py") else 2)  # DDFacet writes the mean of its bands


@pytest.mark.parametrize("change", [np.fliplr, np.flipud, np.transpose])
def test_a_mask_that_is_turned_would_be_seen(
    imager: Imager, corners: Path, mask: Path, tmp_path: Path, change: Callable[[Mask], Mask]
) -> None:
    turned = rewrite(mask, tmp_path / "turned.mask.fits", change(fits.getdata(mask)[0, 0]))
    with pytest.raises((AssertionError, CannotImage)):
        judge(imager.image(corners, tmp_path / "clean", grid_of(imager), turned, sigma=3), mask)


EXPORT = {"wsclean": [], "casa": ["--like", "own.residual"], "ddfacet": ["--npix", "256"]}


@pytest.mark.parametrize("name", NAMES[1:])
@pytest.mark.parametrize("step", ["extract-beam", "export"])
def test_components_are_those_of_wsclean(
    name: str, step: str, wsclean: str, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the islands of one mask, which is put onto each imager's grid: the flux in each of them is compared."""
    monkeypatch.chdir(tmp_path)
    imager, first = installed(name), installed(NAMES[0])
    grid = Grid(*((256, 256) if imager.even else (245, 245)))
    known = first.image(demo, tmp_path / "known", Grid(256, 256), sigma=5)
    assert main(["mask", str(known.image), "-o", str(tmp_path / "known.mask.fits")]) == 0
    own = imager.image(demo, tmp_path / "own", grid, sigma=50).image
    mask = tmp_path / ("mask.im" if (name, step) == ("casa", "export") else "mask.fits")
    arguments = (
        [str(own), "known.mask.fits"] if step == "extract-beam" else ["known.mask.fits", "--to", name, *EXPORT[name]]
    )
    assert main([step, *arguments, "-o", mask.name]) == 0
    expected = first.image(demo, tmp_path / "expected", Grid(256, 256), tmp_path / "known.mask.fits", sigma=2)
    made = imager.image(demo, tmp_path / "made", grid, mask, sigma=2)
    edge = (256 - grid.width + 1) // 2  # the reference pixel of n pixels is n // 2
    cut = (slice(edge, edge + grid.height), slice(edge, edge + grid.width))
    islands, number = ndimage.label(fits.getdata(tmp_path / "known.mask.fits").squeeze()[cut], np.ones((3, 3)))
    assert number > 5
    assert not made.model()[0][islands == 0].any()
    index = np.arange(1, number + 1)
    fluxes = [ndimage.sum_labels(model, islands, index) for model in (expected.model()[0][cut], made.model()[0])]
    noise = 1.4826 * float(np.median(np.abs(fits.getdata(known.image))))
    assert fluxes[1] == pytest.approx(fluxes[0], abs=5 * noise, rel=0.01)


@pytest.fixture(scope="module")
def casa() -> Imager:
    return installed("casa")


@pytest.fixture(scope="module")
def image_of_casa(casa: Imager, corners: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return casa.image(corners, tmp_path_factory.mktemp("casa") / "first", grid_of(casa), sigma=50).image


PLACES_OF_PLANES = ((0, 0), (0, 1), (1, 2), (1, 3))
"""Planes and the sources that their masks hold."""


def write_planes(path: Path, image: Path, frequency_axis: int) -> Mask:
    """Write a mask of two planes, each of which holds two of the sources; gives its pixels (plane, y, x)."""
    header, (x, y) = fits.getheader(image), np.rint(places(image)).astype(int)
    planes = np.zeros((2, header["NAXIS2"], header["NAXIS1"]), dtype=np.uint8)
    for plane, source in PLACES_OF_PLANES:
        planes[plane, y[source] - 2 : y[source] + 3, x[source] - 2 : x[source] + 3] = 1
    if (frequency_axis == 4) is (header["CTYPE3"] == "FREQ"):
        header = exchanged(header)
    fits.writeto(path, planes[None] if frequency_axis == 3 else planes[:, None], header)
    return planes


def judge_planes(made: Made, planes: Mask, image: Path) -> None:
    """Fail unless each plane of the model has the sources of its own mask, and nothing outside it."""
    cleaned, (x, y) = made.model(), np.rint(places(image)).astype(int)
    assert cleaned.shape == planes.shape
    assert not cleaned[planes == 0].any()
    for plane, source in PLACES_OF_PLANES:
        near = cleaned[plane, y[source] - 2 : y[source] + 3, x[source] - 2 : x[source] + 3]
        assert near.sum() == pytest.approx(FLUXES[source], rel=0.1)


@pytest.mark.parametrize("frequency_axis", [3, 4])
def test_planes_of_a_mask_are_those_of_tcleans_cube(
    casa: Imager, corners: Path, image_of_casa: Path, tmp_path: Path, frequency_axis: int
) -> None:
    """In either order of the axes: tclean itself drops a mask with FREQ before STOKES."""
    path = tmp_path / "planes.mask.fits"
    planes = write_planes(path, image_of_casa, frequency_axis)
    made = casa.image(corners, tmp_path / "clean", grid_of(casa, planes=2), path, sigma=3)
    judge_planes(made, planes, image_of_casa)


@pytest.mark.parametrize("frequency_axis", [3, 4])
@pytest.mark.parametrize("name", ["casa", "wsclean"])
def test_planes_that_were_exported_are_those_of_the_channels(
    name: str, corners: Path, tmp_path: Path, frequency_axis: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    imager = installed(name)
    grid = grid_of(imager, planes=2)._replace(apart=True)
    own = imager.image(corners, tmp_path / "own", grid, sigma=50).image
    planes = write_planes(tmp_path / "planes.mask.fits", own, frequency_axis)
    mask = tmp_path / ("mask.im" if name == "casa" else "mask.fits")
    like = ["--like", "own.residual"] if name == "casa" else []
    assert main(["export", "planes.mask.fits", "--to", name, *like, "-o", mask.name]) == 0
    judge_planes(imager.image(corners, tmp_path / "clean", grid, mask, sigma=3), planes, own)


def test_wsclean_takes_the_first_plane_for_the_lowest_channel(corners: Path, tmp_path: Path) -> None:
    """Whatever the frequencies in the mask's header: what `check` says of planes whose frequencies fall."""
    imager = installed("wsclean")
    grid = grid_of(imager, planes=2)._replace(apart=True)
    own = imager.image(corners, tmp_path / "own", grid, sigma=50).image
    path = tmp_path / "planes.mask.fits"
    planes = write_planes(path, own, 3)
    fits.setval(path, "CDELT3", value=-abs(fits.getval(path, "CDELT3")))
    judge_planes(imager.image(corners, tmp_path / "clean", grid, path, sigma=3), planes, own)


def exchanged(header: fits.Header) -> fits.Header:
    """The header with its third and fourth axes exchanged."""
    other = header.copy()
    for word in ("CTYPE", "CRVAL", "CRPIX", "CDELT", "CUNIT"):
        for here, there in ((3, 4), (4, 3)):
            if f"{word}{there}" in header:
                other[f"{word}{here}"] = header[f"{word}{there}"]
    return other


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (np.zeros((176, 126)), "tclean was stopped by an empty mask\n.*wrong.mask.fits: tclean saw no pixel of a mask"),
        (np.ones((176, 125)), r"wrong.mask.fits: is 125 x 176 x 1 x 1 .* tclean's image 126 x 176 x 1 x 1"),
        (np.ones((3, 176, 126)), r"wrong.mask.fits: is 126 x 176 x 1 x 3 .* tclean's image 126 x 176 x 1 x 1"),
    ],
    ids=["empty", "narrower", "three planes"],
)
def test_what_tclean_would_clean_nothing_in_is_an_error(
    casa: Imager, corners: Path, image_of_casa: Path, tmp_path: Path, pixels: Mask, said: str
) -> None:
    wrong = tmp_path / "wrong.mask.fits"
    pixels = pixels.astype(np.uint8).reshape(1, -1, *pixels.shape[-2:])
    fits.writeto(wrong, pixels, fits.getheader(image_of_casa))
    with pytest.raises(CannotImage, match=said):
        casa.image(corners, tmp_path / "clean", grid_of(casa), wrong, sigma=3)


PLAIN_TCLEAN = """
import sys
from casatasks import tclean
ms, mask = sys.argv[1:]
done = tclean(ms, imagename="plain", imsize=[126, 176], cell="8arcsec", niter=100, usemask="user", mask=mask)
print("stopcode", done["stopcode"], "iterations", done["iterdone"])
"""


def test_tclean_itself_takes_no_mask_in_fits_form(
    casa: Imager, corners: Path, image_of_casa: Path, tmp_path: Path
) -> None:
    """What the documentation warns of."""
    header = fits.getheader(image_of_casa)
    mask = tmp_path / "ones.mask.fits"
    fits.writeto(mask, np.ones((1, 1, header["NAXIS2"], header["NAXIS1"]), np.uint8), header)
    said = casa.call(tmp_path / "plain", "-c", PLAIN_TCLEAN, corners, mask)
    assert "does not contain CASA region text file" in said
    assert "stopcode 7 iterations 0" in said


@pytest.mark.parametrize("example", ["casa", "ddfacet"])
def test_the_example_runs_from_the_visibilities_to_the_last_round(
    example: str, casacore_tables: ModuleType, tmp_path: Path
) -> None:
    """config/casa.yaml and config/ddfacet.yaml, on a smaller field of the demo."""
    imager = installed(example)
    make_demo_sets(tmp_path / "demo-ms", beams=1, size=128, antennas=20, integrations=12, channels=2)
    text = (REPOSITORY / "config" / f"{example}.yaml").read_text().replace("config/imagers", str(TCLEAN.parent))
    for there, here in (('"00-03"', '"00"'), ("512", "128"), ("100000", "2000")):
        assert there in text
        text = text.replace(there, here)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "field.yaml").write_text(text)
    environment = os.environ | dict(imager.environment)
    environment |= {"CASA_PYTHON": imager.program[0], "OPENBLAS_NUM_THREADS": "1"}
    environment["PATH"] += os.pathsep + str(Path(imager.program[0]).parent)
    command = [sys.executable, "-m", "skerry", "run", "config/field.yaml", "--cores", "2"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (model,) = tmp_path.glob("results/*/*/round2/images/beam00*.model.fits")
    (mask,) = tmp_path.glob("results/*/*/round2/beam00.mask.fits")
    cleaned, allowed = fits.getdata(model).squeeze(), fits.getdata(mask).squeeze() > 0
    assert allowed.any()
    assert not cleaned[~allowed].any()
    assert cleaned.sum() > 0.5
