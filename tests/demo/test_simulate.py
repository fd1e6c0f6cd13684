"""The demo field is a field of radio images: its beams agree on the sky, and its errors are those of a telescope."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
import yaml
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from skerry.config.default_presets import DEFAULT_STRATEGY
from skerry.demo.demo_images import field_sky, make_demo_images
from skerry.demo.sky import ARCSEC, Beam, Sky
from skerry.demo.telescope import artefacts, log_gains, observe, thermal_noise
from skerry.errors import SkerryError
from skerry.field.config import load_field

SIZE = 128
NOISE = 80e-6
IMAGE = "images/DEMO_0400-45.beam{:02d}.round{}.i.MFS.image.fits"


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("demo") / "new" / "field"
    make_demo_images(directory, size=SIZE)
    return directory


@pytest.fixture(scope="module")
def catalogue(field: Path) -> list[dict[str, str]]:
    with (field / "truth" / "catalogue.csv").open() as file:
        return list(csv.DictReader(file))


def plane(path: Path) -> NDArray[np.float64]:
    return fits.getdata(path)[0, 0].astype(float)


def error(field: Path, beam: int, k: int) -> NDArray[np.float64]:
    return plane(field / IMAGE.format(beam, k)) - plane(field / f"truth/beam{beam:02d}.restored.fits")


def checksums(directory: Path) -> dict[str, str]:
    files = sorted(p for p in directory.rglob("*") if p.is_file())
    return {str(p.relative_to(directory)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_a_field_is_four_beams_in_three_rounds_and_the_truth(field: Path) -> None:
    images = {IMAGE.format(beam, k) for beam in range(4) for k in range(3)}
    truth = {"truth/catalogue.csv", *(f"truth/beam{beam:02d}.restored.fits" for beam in range(4))}
    assert set(checksums(field)) == {"field.yaml"} | images | truth


def test_images_have_the_four_axes_of_wsclean(field: Path) -> None:
    with fits.open(field / IMAGE.format(3, 1)) as hdus:
        assert hdus[0].data.shape == (1, 1, SIZE, SIZE)
        assert hdus[0].data.dtype == np.dtype(">f4")
        assert np.isfinite(hdus[0].data).all()
        axes = [hdus[0].header[f"CTYPE{n}"] for n in range(1, 5)]
    assert axes == ["RA---SIN", "DEC--SIN", "FREQ", "STOKES"]


def test_headers_say_what_a_mask_needs(field: Path) -> None:
    header = fits.getheader(field / IMAGE.format(0, 0))
    assert header["BUNIT"] == "Jy/beam"
    assert header["BMAJ"] > header["BMIN"] > 2 * header["CDELT2"]
    assert header["BPA"] == pytest.approx(72)
    assert header["CUNIT1"] == header["CUNIT2"] == "deg"
    assert header["CDELT1"] == -header["CDELT2"]
    assert header["SPECSYS"] == "TOPOCENT"
    assert header["OBJECT"] == "DEMO_0400-45"
    assert header["SKCMD"] == "simulate"


def test_headers_hold_no_time(field: Path) -> None:
    header = fits.getheader(field / IMAGE.format(0, 0))
    assert not [keyword for keyword in header if keyword.startswith("DATE")]


def places(catalogue: list[dict[str, str]]) -> SkyCoord:
    return SkyCoord([float(s["ra_deg"]) for s in catalogue], [float(s["dec_deg"]) for s in catalogue], unit="deg")


def fit_isolated(field: Path, catalogue: list[dict[str, str]], beam: int) -> dict[int, tuple[SkyCoord, float]]:
    """Place and peak of the brightest sources that stand alone in a beam, from the Gaussian through 3 x 3 pixels."""
    path = field / f"truth/beam{beam:02d}.restored.fits"
    image, wcs, sky = plane(path), WCS(fits.getheader(path)).celestial, places(catalogue)
    apparent = np.array([float(s["flux_jy"]) * float(s[f"response_beam{beam:02d}"]) for s in catalogue])
    dx, dy = (offset.ravel() for offset in np.meshgrid([-1, 0, 1], [-1, 0, 1]))
    terms = np.stack([np.ones(9), dx, dy, dx**2, dx * dy, dy**2], axis=1)
    found = {}
    for n, (x, y) in enumerate(zip(*np.rint(wcs.world_to_pixel(sky)).astype(int), strict=True)):
        if apparent[n] < 5e-4 or not (1 <= x < SIZE - 1 and 1 <= y < SIZE - 1):
            continue
        around = sky[n].separation(sky).arcsec < 120
        if apparent[around].sum() > 1.001 * apparent[n]:
            continue
        a, b, c, d, e, f = np.linalg.lstsq(terms, np.log(image[y - 1 : y + 2, x - 1 : x + 2].ravel()), rcond=None)[0]
        shift = np.linalg.solve([[2 * d, e], [e, 2 * f]], [-b, -c])
        found[n] = (
            wcs.pixel_to_world(x + shift[0], y + shift[1]),
            float(np.exp(a + (b * shift[0] + c * shift[1]) / 2)),
        )
    return found


@pytest.mark.parametrize("beam", range(4))
def test_an_isolated_source_is_where_the_catalogue_says(
    field: Path, catalogue: list[dict[str, str]], beam: int
) -> None:
    sky, found = places(catalogue), fit_isolated(field, catalogue, beam)
    assert found
    assert max(place.separation(sky[n]).arcsec for n, (place, _) in found.items()) < 0.1


def test_beams_agree_on_a_source_but_for_their_primary_beams(field: Path, catalogue: list[dict[str, str]]) -> None:
    config = yaml.safe_load((field / "field.yaml").read_text())
    fwhm = float(config["mosaic"]["primary_beam_fwhm"].removesuffix(" deg"))
    found = [fit_isolated(field, catalogue, beam) for beam in range(4)]
    pairs = [(n, p, q) for p in range(4) for q in range(p) for n in found[p].keys() & found[q].keys()]
    assert pairs
    headers = [fits.getheader(field / IMAGE.format(beam, 0)) for beam in range(4)]
    centres = SkyCoord([h["CRVAL1"] for h in headers], [h["CRVAL2"] for h in headers], unit="deg")
    for n, p, q in pairs:
        place_p, peak_p = found[p][n]
        place_q, peak_q = found[q][n]
        assert place_p.separation(place_q).arcsec < 0.1
        responses = 2 ** -((2 * centres[[p, q]].separation(place_p).deg / fwhm) ** 2)
        assert peak_p / peak_q == pytest.approx(responses[0] / responses[1], rel=0.01)


def test_the_catalogue_gives_the_response_of_each_beam(field: Path, catalogue: list[dict[str, str]]) -> None:
    fwhm = float(yaml.safe_load((field / "field.yaml").read_text())["mosaic"]["primary_beam_fwhm"].split()[0])
    header = fits.getheader(field / IMAGE.format(2, 0))
    centre = SkyCoord(header["CRVAL1"], header["CRVAL2"], unit="deg")
    for source in catalogue[:20]:
        distance = centre.separation(SkyCoord(source["ra_deg"], source["dec_deg"], unit="deg")).deg
        assert float(source["response_beam02"]) == pytest.approx(2 ** (-((2 * distance / fwhm) ** 2)), abs=2e-4)


def test_the_brightest_source_is_in_the_first_beam(field: Path) -> None:
    peaks = [plane(field / f"truth/beam{beam:02d}.restored.fits").max() for beam in range(4)]
    assert peaks[0] > 1
    assert max(peaks[1:]) < 0.5


def test_artefacts_shrink_from_round_to_round_like_the_gain_errors(field: Path) -> None:
    rms = [np.sqrt(error(field, 0, k).var() - NOISE**2) for k in range(3)]
    assert rms[1] / rms[0] == pytest.approx(0.30, rel=0.1)
    assert rms[2] / rms[0] == pytest.approx(0.08, rel=0.15)


def test_artefacts_keep_their_pattern(field: Path) -> None:
    assert np.corrcoef(error(field, 0, 0).ravel(), error(field, 0, 1).ravel())[0, 1] > 0.9


def test_artefacts_are_strongest_near_the_bright_source_and_have_bowls(field: Path) -> None:
    truth, wrong = plane(field / "truth/beam00.restored.fits"), error(field, 0, 0)
    y, x = np.unravel_index(truth.argmax(), truth.shape)
    rows, columns = np.indices(truth.shape)
    distance = np.hypot(rows - y, columns - x)
    near, far = (distance > 6) & (distance < 25), distance > 50
    assert wrong[near].std() > 1.5 * wrong[far].std()
    assert wrong[near].min() < -0.005 * truth.max()


def test_after_many_rounds_thermal_noise_is_left_and_is_correlated(tmp_path: Path) -> None:
    make_demo_images(tmp_path, beams=1, rounds=6, size=SIZE)
    noise = error(tmp_path, 0, 5)
    assert noise.std() == pytest.approx(NOISE, rel=0.1)
    assert np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1] > 0.3
    assert abs(np.corrcoef(noise[:, 12:].ravel(), noise[:, :-12].ravel())[0, 1]) < 0.15


def test_perfect_gains_leave_no_artefacts(rng: np.random.Generator) -> None:
    coverage = observe(rng, 128, 8 * ARCSEC, Beam(28 * ARCSEC, 22 * ARCSEC, 1.0), -0.8)
    sky = np.fft.rfft2(rng.normal(size=(128, 128)))
    gains = np.zeros((coverage.conjugate.shape[0], 36), dtype=complex)
    assert not artefacts(sky, coverage, gains).any()


def test_one_wrong_amplitude_of_all_antennas_scales_the_dirty_beam(rng: np.random.Generator) -> None:
    """With gains of g everywhere a source is wrong by its dirty beam times g**2 - 1: that is exact."""
    beam = Beam(28 * ARCSEC, 22 * ARCSEC, 1.0)
    coverage = observe(rng, 128, 8 * ARCSEC, beam, -0.8)
    source = np.fft.irfft2(coverage.restoring, s=(128, 128))
    gains = np.full((coverage.conjugate.shape[0], 36), np.log(1.1), dtype=complex)
    wrong = artefacts(np.fft.rfft2(source), coverage, gains)
    assert source[0, 0] == pytest.approx(1)
    assert wrong[0, 0] == pytest.approx(1.1**2 - 1, rel=1e-6)
    assert wrong.max() == wrong[0, 0]


def test_a_phase_gradient_across_the_array_moves_a_source(rng: np.random.Generator) -> None:
    size, shift = 256, 3
    coverage = observe(rng, size, 8 * ARCSEC, Beam(28 * ARCSEC, 22 * ARCSEC, 1.0), -0.8)
    from_first = coverage.first == 0
    columns = (coverage.cells % (size // 2 + 1)).mean(axis=0)[:, from_first]
    east = np.where(coverage.conjugate[:, from_first], -columns, columns)
    gains = np.zeros((len(east), 36), dtype=complex)
    gains[:, 1:] = 2j * np.pi * shift * east / size
    moved = np.fft.irfft2(coverage.weights, s=(size, size)) + artefacts(coverage.restoring, coverage, gains)
    assert np.unravel_index(moved.argmax(), moved.shape) == (0, shift)


def test_noise_has_the_rms_that_is_asked_for(rng: np.random.Generator) -> None:
    coverage = observe(rng, 256, 8 * ARCSEC, Beam(28 * ARCSEC, 22 * ARCSEC, 1.0), -0.8)
    noise = thermal_noise(rng, coverage, 2.5)
    assert noise.std() == pytest.approx(2.5, rel=0.03)
    assert noise.mean() == pytest.approx(0, abs=1e-9)


def test_gain_errors_are_ten_percent_and_twenty_degrees() -> None:
    gains = np.concatenate([log_gains(np.random.default_rng(seed), 60) for seed in range(50)])
    assert gains.real.std() == pytest.approx(0.10, rel=0.05)
    assert np.rad2deg(gains.imag.std()) == pytest.approx(20, rel=0.05)


def test_the_same_seed_gives_the_same_bytes(field: Path, tmp_path: Path) -> None:
    make_demo_images(tmp_path / field.name, size=SIZE)
    assert checksums(tmp_path / field.name) == checksums(field)


def test_another_seed_gives_another_sky(field: Path, tmp_path: Path) -> None:
    make_demo_images(tmp_path, size=SIZE, seed=1)
    other, known = (plane(d / "truth/beam03.restored.fits") for d in (tmp_path, field))
    assert not np.allclose(other, known)


def leads(sky: Sky) -> NDArray[np.float64]:
    """Places and fluxes of the bright and extended sources that every demo field has, in one order."""
    chosen = np.flatnonzero(sky.kind != "faint")[10:]
    return np.stack([sky.east, sky.north, sky.flux])[:, chosen]


def test_bright_and_extended_sources_stay_from_seed_to_seed() -> None:
    one, other = (leads(field_sky(beams=4, size=SIZE, seed=seed)) for seed in (1, 2))
    np.testing.assert_array_equal(one, other)


def test_scattered_bright_and_extended_sources_all_move_from_seed_to_seed() -> None:
    one, other = (leads(field_sky(beams=4, size=SIZE, seed=seed, scatter=True)) for seed in (1, 2))
    assert (one != other).all()


def test_scattering_leaves_the_population_where_it_is() -> None:
    fixed, scattered = (field_sky(beams=4, size=SIZE, seed=1, scatter=scatter) for scatter in (False, True))
    faint = fixed.kind == "faint"
    assert faint.sum() > 20
    np.testing.assert_array_equal(fixed.east[faint], scattered.east[faint])
    np.testing.assert_array_equal(fixed.flux[faint], scattered.flux[faint])


@pytest.mark.parametrize("seed", range(5))
def test_a_scattered_field_has_its_brightest_source_in_the_first_beam(seed: int) -> None:
    sky = field_sky(beams=4, size=SIZE, seed=seed, scatter=True)
    brightest, width = sky.flux.argmax(), SIZE * 8 * ARCSEC
    assert 1 <= sky.flux[brightest] <= 4
    assert max(abs(sky.east[brightest] + 0.235 * width), abs(sky.north[brightest] + 0.235 * width)) < 0.2 * width


def test_images_of_a_scattered_field_show_its_sky(tmp_path: Path) -> None:
    make_demo_images(tmp_path, beams=1, rounds=1, size=SIZE, seed=3, scatter=True)
    sky = field_sky(beams=1, size=SIZE, seed=3, scatter=True)
    brightest = sky.flux.argmax()
    y, x = (round(SIZE // 2 + q[brightest] / (8 * ARCSEC)) for q in (sky.north, -sky.east))
    image = plane(tmp_path / "truth/beam00.restored.fits")
    assert image[y - 1 : y + 2, x - 1 : x + 2].max() == image.max()


def test_a_field_that_exists_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    make_demo_images(tmp_path, beams=1, rounds=1, size=64)
    (tmp_path / "field.yaml").unlink()
    before = checksums(tmp_path)
    with pytest.raises(SkerryError, match=r"truth/catalogue\.csv: exists; give `overwrite`"):
        make_demo_images(tmp_path, beams=2, rounds=2, size=64)
    assert checksums(tmp_path) == before


def test_overwrite_replaces_a_field(tmp_path: Path) -> None:
    make_demo_images(tmp_path, beams=1, rounds=1, size=64, seed=1)
    before = checksums(tmp_path)
    make_demo_images(tmp_path, beams=1, rounds=1, size=64, seed=2, overwrite=True)
    after = checksums(tmp_path)
    assert after.keys() == before.keys()
    assert after[IMAGE.format(0, 0)] != before[IMAGE.format(0, 0)]


def test_a_file_where_the_directory_should_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("notes")
    with pytest.raises(SkerryError, match=r"demo.*cannot be made") as caught:
        make_demo_images(tmp_path / "demo", size=64)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "demo").read_text() == "notes"


@pytest.mark.parametrize("wrong", [{"beams": 0}, {"rounds": 0}, {"size": 63}, {"seed": -1}, {"beams": 101}])
def test_a_number_out_of_range_is_refused_before_anything_is_made(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(SkerryError, match=f"{next(iter(wrong))} must be"):
        make_demo_images(tmp_path / "demo", **wrong)
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("beams", [1, 2, 4])
def test_field_yaml_names_files_that_exist(tmp_path: Path, beams: int) -> None:
    config = yaml.safe_load(make_demo_images(tmp_path, beams=beams, rounds=1, size=64).read_text())
    names = ["00"] if beams == 1 else [f"{n:02d}" for n in range(int(config["beams"].split("-")[1]) + 1)]
    assert len(names) == beams
    for beam in names:
        assert (tmp_path / config["images"].format(field=config["field"], beam=beam, round=0)).is_file()


@pytest.mark.parametrize(("directory", "word"), [("demo2", "demo2"), ("it's (2)", "it_s__2_"), ("--", "demo")])
def test_the_masks_of_a_demo_go_to_a_directory_of_its_own(tmp_path: Path, directory: str, word: str) -> None:
    made = load_field(make_demo_images(tmp_path / directory, beams=1, rounds=1, size=64))
    assert made.output == f"results/{word}"


def test_field_yaml_asks_for_masks_of_every_round(field: Path) -> None:
    config = yaml.safe_load((field / "field.yaml").read_text())
    assert (config["rounds"], config["mask_rounds"], config["source"]) == (3, "all", "mosaic")


def test_field_yaml_leaves_the_masks_to_the_default_presets(field: Path) -> None:
    config = yaml.safe_load((field / "field.yaml").read_text())
    assert not config.keys() & {"preset", "masking", "masking_rounds"}
    assert load_field(field / "field.yaml").preset == DEFAULT_STRATEGY


def test_no_half_written_file_is_left(field: Path) -> None:
    assert not [p for p in field.rglob("*") if p.name.endswith(".tmp")]
