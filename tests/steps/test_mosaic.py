"""The mosaic of a field has the true flux of what its beams see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from conftest import radio_header, write_fits
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from skerry.demo.sky import primary_beam
from skerry.errors import SkerryError, SkerryWarning
from skerry.sky.coadd import BeamImage, Mosaic, linear_mosaic
from skerry.sky.grid import celestial_wcs
from skerry.steps.mosaic import make_mosaic

FWHM = 0.4
PIXEL = 6.0 / 3600
SHAPE = (160, 160)


def summed(*args: object, **options: object) -> Mosaic:
    """Collect the linear mosaic as arrays."""
    found = linear_mosaic(*args, **options)
    return found._replace(image=np.asarray(found.image), weight=np.asarray(found.weight))


def separation(header: fits.Header, ra: float, dec: float) -> NDArray[np.float64]:
    """Degrees from a position, at every pixel."""
    wcs = WCS(header).celestial
    y, x = np.indices((header.get("NAXIS2", SHAPE[0]), header.get("NAXIS1", SHAPE[1])))
    lon, lat = wcs.wcs_pix2world(x.ravel(), y.ravel(), 0)
    return SkyCoord(lon, lat, unit="deg").separation(SkyCoord(ra, dec, unit="deg")).deg.reshape(x.shape)


def beam_image(path: Path, sources: dict[tuple[float, float], float], *, ndim: int = 2, **where: float) -> Path:
    """Write what a beam sees of sources of 30" FWHM (position: peak flux), each dimmed by its primary beam."""
    header = radio_header((1,) * (ndim - 2) + SHAPE, pixel=PIXEL, **where)
    pointing = SkyCoord(header["CRVAL1"], header["CRVAL2"], unit="deg")
    data = np.zeros(SHAPE, np.float32)
    for (ra, dec), flux in sources.items():
        gain = primary_beam(pointing.separation(SkyCoord(ra, dec, unit="deg")).deg, FWHM)
        data += gain * flux * primary_beam(separation(header, ra, dec), 30 / 3600)
    return write_fits(path, data.astype(np.float32), header, ndim=ndim)


def value_at(path: Path, ra: float, dec: float) -> float:
    """Value at a position, between the pixels."""
    x, y = WCS(fits.getheader(path)).wcs_world2pix(ra, dec, 0)
    column, row = int(x), int(y)
    around = fits.getdata(path)[row - 15 : row + 16, column - 15 : column + 16]
    return float(map_coordinates(around.astype(float), [[y - row + 15], [x - column + 15]], order=5)[0])


def test_sources_of_two_beams_have_their_true_flux(tmp_path: Path):
    sources = {(60.0, -45.0): 1.0, (60.16, -45.03): 2.0, (60.32, -45.0): 3.0}
    images = [
        beam_image(tmp_path / "a.fits", sources, ra=60.05),
        beam_image(tmp_path / "b.fits", sources, ra=60.25, ndim=4),
    ]
    written = make_mosaic(images, output=tmp_path / "mosaic.fits", primary_beam_fwhm=FWHM)
    for position, flux in sources.items():
        assert value_at(written, *position) == pytest.approx(flux, rel=0.005)


def test_the_mosaic_is_the_sum_of_p_image_over_the_sum_of_p_squared():
    headers = [radio_header(SHAPE, ra=60.0), radio_header(SHAPE, ra=60.1)]
    grid = celestial_wcs("grid", headers[0])
    images = [np.full(SHAPE, value, np.float32) for value in (1, 5)]
    beams = [BeamImage(i, celestial_wcs("beam", h)) for i, h in zip(images, headers, strict=True)]
    result = summed(beams, grid, SHAPE, primary_beam_fwhm=FWHM, primary_beam_cutoff=0.1)
    first, second = (primary_beam(separation(headers[0], ra, -45.0), FWHM) for ra in (60.0, 60.1))
    both = np.s_[20:140, 10:100]
    np.testing.assert_allclose(result.weight[both], (first**2 + second**2)[both], rtol=1e-4)
    expected = (first + 5 * second) / (first**2 + second**2)
    np.testing.assert_allclose(result.image[both], expected[both], rtol=1e-4)


def test_with_weights_it_is_the_sum_of_w_p_image_over_the_sum_of_w_p_squared():
    headers = [radio_header(SHAPE, ra=60.0), radio_header(SHAPE, ra=60.1)]
    grid = celestial_wcs("grid", headers[0])
    values, weights = (1, 5), (4.0, 0.25)
    beams = [
        BeamImage(np.full(SHAPE, value, np.float32), celestial_wcs("beam", header), np.full(SHAPE, weight, np.float32))
        for value, header, weight in zip(values, headers, weights, strict=True)
    ]
    result = summed(beams, grid, SHAPE, primary_beam_fwhm=FWHM, primary_beam_cutoff=0.1)
    first, second = (primary_beam(separation(headers[0], ra, -45.0), FWHM) for ra in (60.0, 60.1))
    there = np.s_[20:140, 10:100]
    total = 4 * first**2 + second**2 / 4
    np.testing.assert_allclose(result.weight[there], total[there], rtol=1e-4)
    np.testing.assert_allclose(result.image[there], ((4 * first + 5 * second / 4) / total)[there], rtol=1e-4)


def noisy(path: Path, level: float, sigma: float, seed: int, **where: float) -> Path:
    """Write an image of one level with noise."""
    data = level + np.random.default_rng(seed).normal(0, sigma, SHAPE)
    return write_fits(path, data.astype(np.float32), radio_header(SHAPE, pixel=PIXEL, **where))


def test_noise_weights_give_the_mean_by_the_noise_of_each_image(tmp_path: Path):
    """Levels 1 and 5 with noise 0.1 and 0.2 have weights 100 and 25: 1.8, with a noise of one over the root of 125."""
    images = [noisy(tmp_path / "a.fits", 1, 0.1, 1), noisy(tmp_path / "b.fits", 5, 0.2, 2)]
    weights = [write_fits(tmp_path / f"{name}.w.fits", np.ones(SHAPE, np.float32)) for name in "ab"]
    made = make_mosaic(
        images,
        output=tmp_path / "m.fits",
        weights=weights,
        noise_weights=True,
        like=images[0],
        weight_output=tmp_path / "sum.fits",
    )
    data = fits.getdata(made)
    assert data.mean() == pytest.approx(1.8, rel=0.03)
    assert data.std() == pytest.approx(125**-0.5, rel=0.05)
    np.testing.assert_allclose(fits.getdata(tmp_path / "sum.fits"), 125, rtol=0.15)
    assert fits.getheader(tmp_path / "sum.fits")["BUNIT"] == "(Jy/beam)^-2"


def test_noise_weights_go_with_the_primary_beam(tmp_path: Path):
    """A source has its true flux whatever the noise of the beams, and the mosaic nearly that of the better beam."""
    images = []
    for seed, (ra, sigma) in enumerate(((60.0, 0.02), (60.1, 0.2))):
        path = beam_image(tmp_path / f"{seed}.fits", {(60.05, -45.0): 2.0}, ra=ra)
        noise = np.random.default_rng(seed).normal(0, sigma, SHAPE)
        data = (fits.getdata(path) + noise).astype(np.float32)
        images.append(write_fits(tmp_path / f"{seed}.noisy.fits", data, fits.getheader(path)))
    noises = []
    for by_noise in (False, True):
        made = make_mosaic(
            images, output=tmp_path / "m.fits", primary_beam_fwhm=FWHM, noise_weights=by_noise, overwrite=True
        )
        assert value_at(made, 60.05, -45.0) == pytest.approx(2, abs=0.05 if by_noise else 0.5)
        y, x = (length // 2 for length in fits.getdata(made).shape)
        noises.append(np.std(fits.getdata(made)[y - 50 : y - 20, x - 50 : x + 50]))
        assert ("noise_weights = True" in str(fits.getheader(made)["HISTORY"])) == by_noise
    assert noises[1] < 0.5 * noises[0]


def test_noise_weights_do_not_depend_on_the_weights_of_whole_images(tmp_path: Path):
    """A factor on the weight of an image is a belief about its noise, which is measured."""
    images = [noisy(tmp_path / "a.fits", 1, 0.1, 1), noisy(tmp_path / "b.fits", 5, 0.2, 2)]
    made = []
    for factor in (1, 1000):
        weights = [
            write_fits(tmp_path / f"{name}.{factor}.fits", np.full(SHAPE, value, np.float32))
            for name, value in (("a", 1), ("b", factor))
        ]
        output = tmp_path / f"m{factor}.fits"
        made.append(fits.getdata(make_mosaic(images, output=output, weights=weights, noise_weights=True)))
    np.testing.assert_allclose(made[1], made[0], rtol=1e-4)


def test_an_image_without_noise_cannot_be_weighted_by_it(tmp_path: Path):
    data = np.zeros(SHAPE, np.float32)
    data[80, 80] = 2
    images = [write_fits(tmp_path / "a.fits", data), noisy(tmp_path / "b.fits", 0, 0.1, 1)]
    with pytest.raises(SkerryError, match=r"a\.fits: has no noise by which it could be weighted; .*`noise_weights`"):
        make_mosaic(images, output=tmp_path / "m.fits", primary_beam_fwhm=FWHM, noise_weights=True)


def test_noise_weights_leave_out_an_image_of_one_value(tmp_path: Path):
    images = [one(tmp_path / "a.fits", 3.0), noisy(tmp_path / "b.fits", 0, 0.1, 1)]
    with pytest.warns(SkerryWarning, match=r"a\.fits: has no valid pixels: all have the same value"):
        made = make_mosaic(images, output=tmp_path / "m.fits", primary_beam_fwhm=FWHM, noise_weights=True)
    assert np.nanmedian(fits.getdata(made)) == pytest.approx(0, abs=0.1)


def test_a_beam_is_not_used_below_the_cutoff():
    header = radio_header(SHAPE)
    wcs = celestial_wcs("beam", header)
    result = summed(
        [BeamImage(np.ones(SHAPE, np.float32), wcs)], wcs, SHAPE, primary_beam_fwhm=0.1, primary_beam_cutoff=0.5
    )
    radius = separation(header, 60.0, -45.0)
    assert np.isfinite(result.image[radius < 0.0499]).all()
    assert np.isnan(result.image[radius > 0.0501]).all()
    assert not result.weight[radius > 0.0501].any()


def test_weights_make_a_weighted_mean(tmp_path: Path):
    images, weights = [], []
    for name, value, weight in (("a", 1.0, 3.0), ("b", 5.0, 1.0)):
        images.append(write_fits(tmp_path / f"{name}.fits", np.full(SHAPE, value, np.float32)))
        weights.append(write_fits(tmp_path / f"{name}.w.fits", np.full(SHAPE, weight, np.float32)))
    written = make_mosaic(
        images, output=tmp_path / "m.fits", weights=weights, like=images[0], weight_output=tmp_path / "sum.fits"
    )
    np.testing.assert_allclose(fits.getdata(written), 2.0, rtol=1e-6)
    np.testing.assert_allclose(fits.getdata(tmp_path / "sum.fits"), 4.0, rtol=1e-6)
    assert "BUNIT" not in fits.getheader(tmp_path / "sum.fits")


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_a_pixel_without_weight_is_not_used(bad: float):
    wcs = celestial_wcs("beam", radio_header(SHAPE))
    image, weight = np.ones(SHAPE, np.float32), np.ones(SHAPE, np.float32)
    image[:, 80:], weight[:, 80:] = 1e6, bad
    result = summed([BeamImage(image, wcs, weight)], wcs, SHAPE)
    np.testing.assert_allclose(result.image[:, :80], 1.0)
    assert np.isnan(result.image[:, 80:]).all()
    np.testing.assert_array_equal(np.isnan(result.image), result.weight == 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 3e38, -2e36])
def test_an_invalid_pixel_harms_only_its_neighbours(bad: float):
    wcs, grid = (celestial_wcs("beam", radio_header(SHAPE, ra=ra)) for ra in (60.0, 60.001))
    image = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    whole = summed([BeamImage(image, wcs)], grid, SHAPE, primary_beam_fwhm=FWHM).image
    image[70, 90] = bad
    holed = summed([BeamImage(image, wcs)], grid, SHAPE, primary_beam_fwhm=FWHM).image
    lost = np.argwhere(np.isnan(holed) & np.isfinite(whole))
    assert 1 <= len(lost) <= 9
    assert np.abs(lost - lost.mean(axis=0)).max() <= 1
    y, x = np.indices(SHAPE)
    far = (np.abs(y - 70) > 12) | (np.abs(x - 90) > 12)
    np.testing.assert_allclose(holed[far], whole[far], rtol=0, atol=1e-5)


def test_a_blank_border_does_not_ring():
    wcs, grid = (celestial_wcs("beam", radio_header(SHAPE, ra=ra)) for ra in (60.0, 60.001))
    image = np.full(SHAPE, 7, np.float32)
    image[:, :40] = np.nan
    weight = np.ones(SHAPE, np.float32)
    result = summed([BeamImage(image, wcs, weight)], grid, SHAPE).image
    np.testing.assert_allclose(result[np.isfinite(result)], 7, rtol=1e-6)


def test_where_one_beam_is_blank_the_other_fills_in():
    wcs = celestial_wcs("beam", radio_header(SHAPE))
    holed, other = np.ones(SHAPE, np.float32), np.full(SHAPE, 3, np.float32)
    holed[50:60, 50:60] = np.nan
    result = summed([BeamImage(i, wcs, np.ones(SHAPE, np.float32)) for i in (holed, other)], wcs, SHAPE).image
    np.testing.assert_allclose(result[51:59, 51:59], 3, rtol=1e-6)
    np.testing.assert_allclose(result[:49], 2, rtol=1e-6)


def test_a_beam_larger_than_a_tile_has_no_seams():
    header = radio_header((1100, 600))
    grid = celestial_wcs("grid", radio_header((1100, 600), ra=60.001, dec=-44.999))
    image = np.random.default_rng(2).normal(size=(1100, 600)).astype(np.float32)
    from reproject import reproject_interp

    expected, _ = reproject_interp((image, celestial_wcs("beam", header)), grid, (1100, 600), order="bicubic")
    weight = np.ones((1100, 600), np.float32)
    result = summed([BeamImage(image, celestial_wcs("beam", header), weight)], grid, (1100, 600)).image
    np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("weighted", "options"), [(False, {"primary_beam_fwhm": FWHM}), (True, {}), (True, {"primary_beam_fwhm": FWHM})]
)
def test_the_mosaic_is_the_same_whatever_the_bands(
    band_rows: int, monkeypatch: pytest.MonkeyPatch, weighted: bool, options: dict[str, float]
):
    """Rows of tiles that several bands share are the same for each, and so is a row that is computed anew."""
    headers = [radio_header((300, 90), ra=ra) for ra in (60.0, 60.02)]
    grid, generator = celestial_wcs("grid", radio_header((300, 100))), np.random.default_rng(5)
    beams = []
    for header in headers:
        image = generator.normal(size=(300, 90)).astype(np.float32)
        image[:40, :30] = image[150, 40] = np.nan
        weight = generator.uniform(1, 2, (300, 90)).astype(np.float32) if weighted else None
        beams.append(BeamImage(image, celestial_wcs("beam", header), weight))
    found = summed(beams, grid, (300, 100), **options)
    monkeypatch.setattr("skerry.planes.bands._band_rows", lambda *_: (300, 1))
    whole = summed(beams, grid, (300, 100), **options)
    np.testing.assert_array_equal(found.image, whole.image)
    np.testing.assert_array_equal(found.weight, whole.weight)
    assert whole.contributes == [True, True]


def test_resampling_is_that_of_reproject():
    from reproject import reproject_interp

    header = radio_header((200, 180))
    grid = celestial_wcs("grid", radio_header((190, 170), ra=60.05, dec=-44.97, pixel=5 / 3600))
    image = np.random.default_rng(4).normal(size=(200, 180)).astype(np.float32)
    wcs = celestial_wcs("beam", header)
    expected, _ = reproject_interp((image, wcs), grid, (190, 170), order="bicubic", roundtrip_coords=False)
    found = summed([BeamImage(image, wcs, np.ones_like(image))], grid, (190, 170)).image
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_a_bright_source_is_within_a_small_part_of_the_noise_of_reproject():
    """Of 5000 sigma, by the mean of two beams with the response of their primary beams."""
    from reproject import reproject_interp

    headers = [radio_header((220, 200), ra=ra) for ra in (60.0, 60.02)]
    header_of_grid = radio_header((210, 190), ra=60.01, dec=-44.99, pixel=5.5 / 3600)
    header_of_grid.update({"NAXIS2": 210, "NAXIS1": 190})
    grid = celestial_wcs("grid", header_of_grid)
    rng, y, x = np.random.default_rng(8), *np.indices((220, 200))
    total, weight, beams = np.zeros((210, 190)), np.zeros((210, 190)), []
    for header in headers:
        sky = sum(5000 * np.exp(-((y - v) ** 2 + (x - u) ** 2) / 6) for v, u in rng.uniform(40, 160, (30, 2)))
        image, wcs = (sky + rng.normal(size=(220, 200))).astype(np.float32), celestial_wcs("beam", header)
        beams.append(BeamImage(image, wcs))
        expected, _ = reproject_interp((image.astype(float), wcs), grid, (210, 190), order="bicubic")
        there = separation(header_of_grid, *wcs.wcs.crval)
        response = np.where(np.isfinite(expected), primary_beam(there, FWHM), 0)
        total, weight = total + response * np.nan_to_num(expected), weight + response**2
    found = summed(beams, grid, (210, 190), primary_beam_fwhm=FWHM, primary_beam_cutoff=0).image
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(found, total / weight, rtol=0, atol=0.003)


def test_beams_on_both_sides_of_ra_0_make_one_small_mosaic(tmp_path: Path):
    sources = {(359.95, -45.0): 1.0, (0.05, -45.0): 2.0}
    images = [beam_image(tmp_path / f"{n}.fits", sources, ra=ra) for n, ra in enumerate((359.95, 0.05))]
    written = make_mosaic(images, output=tmp_path / "mosaic.fits", primary_beam_fwhm=FWHM)
    assert max(fits.getdata(written).shape) < 220
    for position, flux in sources.items():
        assert value_at(written, *position) == pytest.approx(flux, rel=0.005)


def test_beams_in_other_frames_and_projections_add_up(tmp_path: Path):
    position = SkyCoord(60.0, -45.0, unit="deg", frame="icrs")
    first = beam_image(tmp_path / "a.fits", {(60.0, -45.0): 1.0})
    header = radio_header(SHAPE, ra=position.galactic.l.deg, dec=position.galactic.b.deg)
    header["CTYPE1"], header["CTYPE2"] = "GLON-TAN", "GLAT-TAN"
    north = SkyCoord(60.0, -44.9, unit="deg", frame="icrs").galactic
    header["BPA"] += position.galactic.position_angle(north).deg
    y, x = np.indices(SHAPE) - 80
    source = primary_beam(np.hypot(x, y) * PIXEL, 30 / 3600).astype(np.float32)
    second = write_fits(tmp_path / "b.fits", source, header)
    written = make_mosaic([first, second], output=tmp_path / "mosaic.fits", primary_beam_fwhm=FWHM)
    assert value_at(written, 60.0, -45.0) == pytest.approx(1, rel=0.005)
    assert fits.getheader(written)["BPA"] == 60


def test_beams_that_agree_on_the_sky_are_one_though_each_has_its_own_north(tmp_path: Path):
    """At a declination of 89.5 degrees and 20 degrees of right ascension apart, north turns by nearly 20 degrees."""
    images = []
    for ra in (50.0, 60.0, 70.0):
        header = radio_header(SHAPE, ra=ra, dec=89.5, beam=(24 / 3600, 16 / 3600, 30.0 + (ra - 60.0)))
        images.append(write_fits(tmp_path / f"{ra:g}.fits", np.ones(SHAPE, np.float32), header))
    made = fits.getheader(make_mosaic(images, output=tmp_path / "mosaic.fits", primary_beam_fwhm=FWHM))
    assert made["BMAJ"] * 3600 == pytest.approx(24, rel=1e-3)
    assert made["BMIN"] * 3600 == pytest.approx(16, rel=1e-3)
    assert made["BPA"] == pytest.approx(30, abs=0.1)


def test_a_beam_wider_than_its_image_is_no_beam_of_a_mosaic(tmp_path: Path):
    good = beam_image(tmp_path / "a.fits", {(60.0, -45.0): 1.0})
    wide = write_fits(tmp_path / "b.fits", np.ones(SHAPE, np.float32), radio_header(SHAPE, beam=(22.0, 17.5, 60.0)))
    with pytest.warns(SkerryWarning, match=r"b.fits: a BMAJ of 22 degrees .* wider than the image.*from the others"):
        written = make_mosaic([wide, good], output=tmp_path / "mosaic.fits", primary_beam_fwhm=FWHM)
    assert fits.getheader(written)["BMAJ"] == 22.0 / 3600


def test_the_header_is_that_of_a_mask_wsclean_would_take(tmp_path: Path):
    header = radio_header((1, 1, *SHAPE), pixel=2 * PIXEL)
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
    coarse = write_fits(tmp_path / "a.fits", np.ones((1, 1, *SHAPE), np.float32), header)
    fine = beam_image(tmp_path / "b.fits", {(60.1, -45.0): 1.0}, ra=60.1)
    written = make_mosaic([coarse, fine], output=tmp_path / "mosaic.fits", primary_beam_fwhm=FWHM)
    made = fits.getheader(written)
    assert (made["CTYPE1"], made["CTYPE2"]) == ("RA---SIN", "DEC--SIN")
    assert made["CDELT1"] == pytest.approx(-PIXEL)
    assert made["CDELT2"] == pytest.approx(PIXEL)
    assert (made["NAXIS"], made["BITPIX"], made["BUNIT"]) == (2, -32, "Jy/beam")
    assert (made["BMAJ"], made["BMIN"], made["BPA"]) == (22.0 / 3600, 17.5 / 3600, 60.0)
    assert made["SKCMD"] == "mosaic"
    assert not [keyword for keyword in made if keyword.endswith(("3", "4"))]


def test_the_mosaic_holds_every_pixel_of_every_beam(tmp_path: Path):
    images, weights = [], []
    for name, ra, dec in (("a", 60.0, -45.0), ("b", 60.3, -45.2), ("c", 59.9, -44.8)):
        ones = np.ones(SHAPE, np.float32)
        images.append(write_fits(tmp_path / f"{name}.fits", ones, radio_header(SHAPE, ra=ra, dec=dec)))
        weights.append(write_fits(tmp_path / f"{name}.w.fits", ones, radio_header(SHAPE, ra=ra, dec=dec)))
    written = make_mosaic(images, output=tmp_path / "mosaic.fits", weights=weights)
    ny, nx = fits.getdata(written).shape
    mosaic = WCS(fits.getheader(written))
    for path in images:
        corners = WCS(fits.getheader(path)).wcs_pix2world([[0, 0], [0, 159], [159, 0], [159, 159]], 0)
        pixels = mosaic.wcs_world2pix(corners, 0)
        assert (pixels > -0.5).all()
        assert (pixels < [nx - 0.5, ny - 0.5]).all()
    assert nx * ny < 2.5 * 340**2


def test_a_mosaic_is_centred_on_its_beams_and_not_on_their_reference(tmp_path: Path):
    header = radio_header(SHAPE, ra=60.0, dec=-45.0)
    header["CRPIX2"] -= 12000
    image, weight = (write_fits(tmp_path / name, np.ones(SHAPE, np.float32), header) for name in ("a.fits", "w.fits"))
    written = make_mosaic([image], output=tmp_path / "mosaic.fits", weights=[weight])
    made = fits.getheader(written)
    assert made["CRVAL2"] == pytest.approx(WCS(header).wcs_pix2world(80, 80, 0)[1], abs=0.01)


def test_beams_that_differ_give_their_common_beam_with_a_warning(tmp_path: Path):
    for name, beam in (("a", (22.0, 17.0, 0.0)), ("b", (22.0, 17.0, 90.0))):
        degrees = (beam[0] / 3600, beam[1] / 3600, beam[2])
        write_fits(tmp_path / f"{name}.fits", np.ones(SHAPE, np.float32), radio_header(SHAPE, beam=degrees))
    images = [tmp_path / "a.fits", tmp_path / "b.fits"]
    with pytest.warns(SkerryWarning, match="common beam"):
        written = make_mosaic(images, output=tmp_path / "mosaic.fits", primary_beam_fwhm=FWHM)
    made = fits.getheader(written)
    assert made["BMAJ"] * 3600 == pytest.approx(22.0, rel=0.05)
    assert made["BMIN"] * 3600 == pytest.approx(22.0, rel=0.05)


def test_beams_that_agree_within_a_hundredth_give_the_first(tmp_path: Path):
    for name, bmaj in (("a", 22.0), ("b", 22.1)):
        header = radio_header(SHAPE, beam=(bmaj / 3600, 17.5 / 3600, 60.0))
        write_fits(tmp_path / f"{name}.fits", np.ones(SHAPE, np.float32), header)
    written = make_mosaic(
        [tmp_path / "a.fits", tmp_path / "b.fits"], output=tmp_path / "m.fits", primary_beam_fwhm=FWHM
    )
    assert fits.getheader(written)["BMAJ"] == 22.0 / 3600


def test_an_image_without_a_beam_is_named_in_a_warning(tmp_path: Path):
    write_fits(tmp_path / "a.fits", np.ones(SHAPE, np.float32), radio_header(SHAPE, beam=None))
    write_fits(tmp_path / "b.fits", np.ones(SHAPE, np.float32), radio_header(SHAPE))
    with pytest.warns(SkerryWarning, match=r"a\.fits: has no BMAJ"):
        written = make_mosaic(
            [tmp_path / "a.fits", tmp_path / "b.fits"], output=tmp_path / "m.fits", primary_beam_fwhm=FWHM
        )
    assert fits.getheader(written)["BMAJ"] == 22.0 / 3600


def test_the_same_images_give_the_same_bytes(tmp_path: Path):
    images = [beam_image(tmp_path / f"{n}.fits", {(60.0, -45.0): 1.0}, ra=60 + n / 20) for n in range(2)]
    first, second = (make_mosaic(images, output=tmp_path / f"m{n}.fits", primary_beam_fwhm=FWHM) for n in range(2))
    assert first.read_bytes() == second.read_bytes()


def one(path: Path, value: float = 1.0, **changes: object) -> Path:
    header = radio_header(SHAPE)
    header.update(changes)
    return write_fits(path, np.full(SHAPE, value, np.float32), header)


def test_units_that_differ_are_an_error(tmp_path: Path):
    images = [one(tmp_path / "a.fits"), one(tmp_path / "b.fits", BUNIT="K")]
    with pytest.raises(SkerryError, match=r"b\.fits: is in K, but .*a\.fits in Jy/beam"):
        make_mosaic(images, output=tmp_path / "m.fits", primary_beam_fwhm=FWHM)


def test_units_that_differ_in_case_are_the_same(tmp_path: Path):
    images = [one(tmp_path / "a.fits"), one(tmp_path / "b.fits", BUNIT="JY/BEAM ")]
    assert make_mosaic(images, output=tmp_path / "m.fits", primary_beam_fwhm=FWHM).exists()


def test_an_image_without_celestial_coordinates_is_an_error(tmp_path: Path):
    images = [one(tmp_path / "a.fits"), one(tmp_path / "b.fits", CTYPE1="LINEAR", CTYPE2="LINEAR")]
    with pytest.raises(SkerryError, match=r"b\.fits: has no usable celestial WCS"):
        make_mosaic(images, output=tmp_path / "m.fits", primary_beam_fwhm=FWHM)


def test_weights_that_are_zero_everywhere_are_an_error(tmp_path: Path):
    images = [one(tmp_path / "a.fits"), one(tmp_path / "b.fits")]
    weights = [one(tmp_path / "aw.fits"), one(tmp_path / "bw.fits", 0.0)]
    with pytest.raises(SkerryError, match=r"bw\.fits: has no pixel with a positive weight"):
        make_mosaic(images, output=tmp_path / "m.fits", weights=weights)


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_a_beam_without_a_valid_pixel_is_left_out(tmp_path: Path, value: float):
    images = [one(tmp_path / "a.fits", value, CRVAL1=62.0), one(tmp_path / "b.fits", 3.0)]
    with pytest.warns(SkerryWarning, match=r"a\.fits: has no valid pixels"):
        mosaic = make_mosaic(images, output=tmp_path / "m.fits", primary_beam_fwhm=FWHM)
    alone = make_mosaic(images[1:], output=tmp_path / "n.fits", primary_beam_fwhm=FWHM)
    np.testing.assert_array_equal(fits.getdata(mosaic), fits.getdata(alone))


def test_a_beam_without_a_valid_pixel_takes_its_weights_with_it(tmp_path: Path):
    images = [one(tmp_path / "a.fits", np.nan), one(tmp_path / "b.fits", 3.0)]
    weights = [one(tmp_path / "v.fits", 0.0), one(tmp_path / "w.fits", 2.0)]
    with pytest.warns(SkerryWarning, match=r"a\.fits: has no valid pixels"):
        mosaic = make_mosaic(images, output=tmp_path / "m.fits", weights=weights)
    assert np.nanmax(fits.getdata(mosaic)) == pytest.approx(3)


@pytest.mark.filterwarnings("ignore:.*no valid pixels")
def test_beams_without_any_valid_pixel_are_an_error(tmp_path: Path):
    images = [one(tmp_path / "a.fits", np.nan), one(tmp_path / "b.fits", 0.0)]
    with pytest.raises(SkerryError, match=r"a\.fits and 1 more: no image has a valid pixel"):
        make_mosaic(images, output=tmp_path / "m.fits", primary_beam_fwhm=FWHM)
    assert not (tmp_path / "m.fits").exists()


def test_a_beam_outside_a_given_grid_is_a_warning(tmp_path: Path):
    images = [one(tmp_path / "a.fits"), one(tmp_path / "b.fits", CRVAL2=20.0)]
    with pytest.warns(SkerryWarning, match=r"b\.fits: lies outside"):
        written = make_mosaic(images, output=tmp_path / "m.fits", primary_beam_fwhm=FWHM, like=images[0])
    assert np.nanmax(fits.getdata(written)) > 0


def test_beams_apart_from_each_other_are_fine(tmp_path: Path):
    images = [one(tmp_path / "a.fits"), one(tmp_path / "b.fits", CRVAL2=-46.0)]
    data = fits.getdata(make_mosaic(images, output=tmp_path / "m.fits", primary_beam_fwhm=FWHM))
    assert np.isnan(data[data.shape[0] // 2]).all()
    assert np.isfinite(data[[80, -80], 80]).all()


def test_beams_all_round_the_sky_are_an_error(tmp_path: Path):
    images = [one(tmp_path / f"{ra}.fits", CRVAL1=ra, CRVAL2=-5.0) for ra in (0.0, 120.0, 240.0)]
    with pytest.raises(SkerryError, match="too much of the sky"):
        make_mosaic(images, output=tmp_path / "m.fits", primary_beam_fwhm=FWHM)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "give `primary_beam_fwhm` for images of apparent flux, .* or `weights` .*; one of the two"),
        ({"primary_beam_fwhm": 1.0, "weights": 2}, "give `primary_beam_fwhm` .*, or `weights` .*; but not both"),
        ({"weights": 1}, "`weights`: there are 1, and 2 images"),
        ({"primary_beam_fwhm": 0.0}, "`primary_beam_fwhm` 0.0: give an angle above 0"),
        ({"primary_beam_fwhm": np.nan}, "`primary_beam_fwhm` nan: give"),
        ({"primary_beam_fwhm": 1.0, "primary_beam_cutoff": 1.0}, "`primary_beam_cutoff` 1.0: give 0 or more"),
    ],
)
def test_an_impossible_request_is_an_error(tmp_path: Path, request_: dict, message: str):
    images = [one(tmp_path / f"{n}.fits") for n in "ab"]
    if "weights" in request_:
        request_ = request_ | {"weights": images[: request_["weights"]]}
    with pytest.raises(SkerryError, match=message):
        make_mosaic(images, output=tmp_path / "m.fits", **request_)


def test_a_weight_image_of_another_size_is_an_error(tmp_path: Path):
    image = one(tmp_path / "a.fits")
    weight = write_fits(tmp_path / "w.fits", np.ones((50, 50), np.float32))
    with pytest.raises(SkerryError, match=r"w\.fits: has 50 x 50 pixels"):
        make_mosaic([image], output=tmp_path / "m.fits", weights=[weight])


def test_the_mosaic_of_a_field_is_that_of_linmos(shared_data: Path, tmp_path: Path):
    field = shared_data / "field"
    images = [field / f"SIM_0400-45.beam0{beam}.round2.i.MFS.image.fits" for beam in range(4)]
    given = field / "SIM_0400-45.round2.i.MFS.linmos.fits"
    antenna = np.degrees(1.1 * 299792458 / 1367e6 / 12)
    make_mosaic(
        images,
        output=tmp_path / "m.fits",
        primary_beam_fwhm=antenna,
        like=given,
        weight_output=tmp_path / "weight.fits",
    )
    np.testing.assert_allclose(fits.getdata(tmp_path / "m.fits"), fits.getdata(given), rtol=0, atol=1e-6)
    weight = fits.getdata(field / "SIM_0400-45.linmos.weight.fits.gz")
    np.testing.assert_allclose(fits.getdata(tmp_path / "weight.fits"), weight, rtol=0, atol=1e-4)
