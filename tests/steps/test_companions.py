"""Maps that go with an image are compared with it by grid and by unit; a file in the wrong place is told."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import gaussian_filter

from skerry import MaskingOptions, SkerryError
from skerry.errors import SkerryNote, SkerryWarning
from skerry.steps.check import check_mask
from skerry.steps.extract_beam import make_beam_mask
from skerry.steps.flood import make_flood_mask
from skerry.steps.mask import make_mask
from skerry.steps.mosaic import make_mosaic
from skerry.steps.noise import make_noise_maps
from skerry.steps.signal import make_signal_image
from skerry.steps.snr_mask import make_snr_mask
from skerry.steps.split_scales import make_masks_of_scales

SHAPE = (96, 128)
PIXEL = 6 / 3600
NOISE = 1e-4


def sky(noise: float = NOISE) -> np.ndarray:
    """Three sources of 50 sigma in noise that is correlated by the beam."""
    rng = np.random.default_rng(3)
    image = gaussian_filter(rng.normal(size=SHAPE), 1.4)
    image *= noise / image.std()
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    for row, column in ((20, 30), (60, 80), (70, 20)):
        image += 50 * noise * np.exp(-((x - column) ** 2 + (y - row) ** 2) / 2 / 1.4**2)
    return image.astype(np.float32)


def head(without: tuple[str, ...] = (), **cards) -> fits.Header:
    header = radio_header(SHAPE)
    header.update(cards)
    for card in without:
        header.remove(card)
    return header


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return write_fits(tmp_path / "image.fits", sky(), head())


def rms_map(directory: Path, value: object = NOISE, header: fits.Header | None = None) -> Path:
    pixels = np.broadcast_to(np.asarray(value, np.float32), SHAPE).copy()
    return write_fits(directory / "given.fits", pixels, header or head())


def significant(image: Path, rms: Path) -> np.ndarray:
    """Pixels above 5 sigma of the given noise."""
    return fits.getdata(make_snr_mask(image, MaskingOptions(base_snr_clip=5), rms=rms).mask)


# Grids.


@pytest.mark.parametrize(
    ("cards", "told"),
    [
        (
            {"CRVAL2": -44.0},
            r"lies in another part of the sky than .*image\.fits, their centres 1 deg apart on the sky",
        ),
        ({"CRVAL2": -45 + 3 * PIXEL}, r"is shifted: up to 3 pixels .*image\.fits, their centres 18 arcsec apart"),
        ({"CDELT1": -2 * PIXEL}, "is shifted, or has pixels of another size, angle or projection"),
        ({"CRPIX1": 66.0}, "is shifted: up to 1 pixels"),
        ({"CTYPE1": "GLON-SIN", "CTYPE2": "GLAT-SIN"}, "lies in another part of the sky"),
    ],
)
def test_a_map_of_another_grid_is_refused(image, tmp_path, cards, told):
    with pytest.raises(SkerryError, match=rf"given\.fits: {told}.*; give files of the same grid$"):
        make_signal_image(image, rms=rms_map(tmp_path, header=head(**cards)))
    assert not (tmp_path / "image.signal.fits").exists()


@pytest.mark.parametrize(
    "header",
    [
        head(CRPIX1=65.01, CRVAL1=60.0000001),
        head(RADESYS="FK5", EQUINOX=2000.0),
        head(CUNIT1="DEG", CUNIT2="DEG"),
        head(NAXIS=2, CTYPE3="FREQ", CRVAL3=1.4e9, CDELT3=1e6, CRPIX3=1.0, CTYPE4="STOKES", CRVAL4=1.0, CDELT4=1.0),
        head(("CTYPE1", "CTYPE2", "BUNIT")),
        fits.Header(),
        head(("BUNIT", "BMAJ", "BMIN", "BPA")),
    ],
    ids=["rounded", "frame said", "unit in capitals", "axes left over", "no coordinates", "no header", "no unit"],
)
def test_maps_as_other_programs_write_them_pass(image, tmp_path, header):
    with warnings.catch_warnings():
        warnings.simplefilter("error", SkerryWarning)
        mask = significant(image, rms_map(tmp_path, header=header))
    assert_array_equal(mask, sky() / np.float32(NOISE) > 5)


def test_coordinates_are_not_imported_for_maps_whose_headers_agree(tmp_path):
    header = head(CTYPE1="GLON-CAR", CTYPE2="GLAT-CAR")
    write_fits(tmp_path / "image.fits", sky(), header)
    rms_map(tmp_path, header=header)
    code = (
        "import sys; from pathlib import Path; from skerry.steps.signal import make_signal_image;"
        "make_signal_image(Path('image.fits'), rms=Path('given.fits'));"
        "sys.exit('astropy.wcs' in sys.modules or 'astropy.coordinates' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0


def test_seeds_of_another_field_are_refused(image, tmp_path):
    seeds = write_fits(tmp_path / "s.fits", np.ones(SHAPE, np.uint8), head(CRVAL1=61.0))
    with pytest.raises(SkerryError, match=r"s\.fits: lies in another part of the sky than .*image\.fits"):
        make_flood_mask(image, rms=rms_map(tmp_path), seeds=seeds)


# Units.


@pytest.mark.parametrize(("unit", "factor"), [("mJy/beam", 1e3), ("beam-1 uJy", 1e6), ("JY/BEAM", 1), ("Jy beam-1", 1)])
def test_noise_in_another_multiple_of_a_jansky_is_converted(image, tmp_path, unit, factor):
    plain = rms_map(tmp_path)
    expected = significant(image, plain)
    other = write_fits(tmp_path / "other.fits", np.full(SHAPE, NOISE * factor, np.float32), head(BUNIT=unit))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make_snr_mask(image, MaskingOptions(base_snr_clip=5), rms=other, output=tmp_path / "m.fits")
    assert expected.sum() > 30
    assert_array_equal(fits.getdata(tmp_path / "m.fits"), expected)
    notes = [str(w.message) for w in caught if issubclass(w.category, SkerryNote)]
    assert len(notes) == (factor != 1)
    assert all(f"other.fits: is converted from {unit} to Jy/beam" in note for note in notes)


def test_background_in_millijansky_is_converted(image, tmp_path):
    bkg = write_fits(tmp_path / "b.fits", np.full(SHAPE, 0.2, np.float32), head(BUNIT="mJy/beam"))
    with pytest.warns(SkerryNote, match="converted"):
        signal = make_signal_image(image, rms=rms_map(tmp_path), bkg=bkg)
    assert_allclose(fits.getdata(signal), (sky() - 2e-4) / 1e-4, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("unit", ["K", "Jy/pixel"])
def test_noise_in_another_kind_of_unit_is_refused(image, tmp_path, unit):
    with pytest.raises(
        SkerryError, match=rf"given\.fits: is in {unit}, but .*image\.fits in Jy/beam; bring them to one"
    ):
        make_signal_image(image, rms=rms_map(tmp_path, header=head(BUNIT=unit)))


def test_a_signal_image_is_no_noise(image, tmp_path):
    with pytest.raises(SkerryError, match=r"given\.fits: is a signal image, in sigma; give the noise map"):
        make_signal_image(image, rms=rms_map(tmp_path, header=head(BUNIT="sigma")))


def test_noise_without_a_unit_that_is_off_by_a_thousand_is_warned_of(tmp_path):
    pixels = sky()
    pixels[50, 50] = 1
    image = write_fits(tmp_path / "image.fits", pixels, head())
    with pytest.warns(SkerryWarning, match=r"the scatter of .* is 0\.00\d+ of this noise; are the two in one"):
        make_signal_image(image, rms=rms_map(tmp_path, NOISE * 300, header=head(("BUNIT",))))


def test_images_of_a_mosaic_in_two_units_are_co_added_in_the_first(image, tmp_path):
    milli = write_fits(tmp_path / "milli.fits", sky() * 1e3, head(BUNIT="mJy/beam"))
    with pytest.warns(SkerryNote, match=r"milli\.fits: is converted from mJy/beam to Jy/beam"):
        mixed = make_mosaic([image, milli], output=tmp_path / "mixed.fits", primary_beam_fwhm=1.0)
    alone = make_mosaic([image], output=tmp_path / "alone.fits", primary_beam_fwhm=1.0)
    assert_allclose(fits.getdata(mixed), fits.getdata(alone), rtol=1e-5, atol=1e-9)
    assert fits.getheader(mixed)["BUNIT"] == "Jy/beam"


def test_images_of_a_mosaic_in_two_spellings_are_co_added(image, tmp_path):
    other = write_fits(tmp_path / "other.fits", sky(), head(BUNIT="beam-1 Jy"))
    assert make_mosaic([image, other], output=tmp_path / "m.fits", primary_beam_fwhm=1.0).exists()


def test_a_signal_image_may_say_that_it_is_in_sigma(tmp_path):
    signal = write_fits(tmp_path / "s.fits", sky(1.0), head(BUNIT="sigma"))
    assert_array_equal(fits.getdata(make_snr_mask(signal, MaskingOptions(base_snr_clip=5)).mask), sky(1.0) > 5)


def test_an_image_without_a_unit_as_signal_is_warned_of(tmp_path):
    signal = write_fits(tmp_path / "s.fits", sky(), head(("BUNIT",)))
    with pytest.warns(SkerryWarning, match=r"s\.fits: has no unit, and a scatter of 0\.0001, .* or give `rms`"):
        make_snr_mask(signal, MaskingOptions(base_snr_clip=1e-3))


# What is no noise map.


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, r"is no noise map: it is above zero in no valid pixel of .*image\.fits"),
        (-NOISE, "is no noise map: 1e\\+02 % of its pixels are negative; is it the background"),
        (1.0, r"is larger than every pixel of .*image\.fits"),
        (np.nan, "is no noise map: it is above zero in no valid pixel"),
        (np.where(np.arange(SHAPE[1]) < 120, 0, NOISE), "is no noise map: it is above zero in only 5.5 %"),
        (np.where(np.arange(SHAPE[1]) < 120, NOISE, -NOISE), "is no noise map: 5.5 % of its pixels are negative"),
    ],
)
def test_a_map_that_is_no_noise_is_refused(image, tmp_path, value, told):
    with pytest.raises(SkerryError, match=rf"given\.fits: {told}.*; give its noise map, as 'skerry noise' makes it$"):
        make_signal_image(image, rms=rms_map(tmp_path, value))


def test_the_image_its_copy_and_its_background_are_no_noise(image, tmp_path):
    _, bkg = make_noise_maps(image)
    copy = write_fits(tmp_path / "copy.fits", np.abs(sky()), head())
    positive = write_fits(tmp_path / "positive.fits", np.abs(sky()), head())
    for subject, rms, given, told in (
        (image, image, None, r"image\.fits: is given as image and as its noise map"),
        (positive, copy, None, r"copy\.fits: has the pixels of .*positive\.fits"),
        (image, bkg, None, r"bkg\.fits: is no noise map: .* negative; is it the background"),
        (image, copy, copy, r"copy\.fits: is given as `rms` and as `bkg`"),
        (image, copy, image, r"image\.fits: is given as image and as `bkg`"),
    ):
        with pytest.raises(SkerryError, match=told):
            make_signal_image(subject, rms=rms, bkg=given, output=tmp_path / "x.fits")


def test_noise_that_is_zero_or_missing_outside_is_taken(image, tmp_path):
    outside = np.arange(SHAPE[1]) < 40
    for number, blank in enumerate((0, np.nan)):
        rms = write_fits(
            tmp_path / f"{number}.fits", np.where(outside, blank, np.full(SHAPE, NOISE, np.float32)), head()
        )
        signal = fits.getdata(make_signal_image(image, rms=rms, output=tmp_path / f"s{number}.fits"))
        assert np.isnan(signal[:, outside]).all()
        assert np.isfinite(signal[:, ~outside]).all()


def test_noise_that_is_zero_over_most_of_the_image_is_warned_of(image, tmp_path):
    rms = rms_map(tmp_path, np.where(np.arange(SHAPE[1]) < 90, 0, NOISE))
    with pytest.warns(
        SkerryWarning, match=r"given\.fits: is above zero in only 29 % of the valid pixels of .*image\.fits"
    ):
        assert make_signal_image(image, rms=rms).exists()


def test_noise_of_an_image_that_is_mostly_blank_is_taken(tmp_path):
    pixels = np.zeros(SHAPE, np.float32)
    pixels[:, :32] = sky()[:, :32]
    image = write_fits(tmp_path / "image.fits", pixels, head())
    rms, bkg = make_noise_maps(image)
    assert make_signal_image(image, rms=rms, bkg=bkg).exists()


def test_a_background_of_zeros_is_taken(image, tmp_path):
    bkg = write_fits(tmp_path / "b.fits", np.zeros(SHAPE, np.float32), head())
    assert_allclose(fits.getdata(make_signal_image(image, rms=rms_map(tmp_path), bkg=bkg)), sky() / 1e-4, rtol=1e-5)


def test_a_signal_image_is_not_divided_again(image, tmp_path):
    rms = rms_map(tmp_path)
    signal = make_signal_image(image, rms=rms)
    said = write_fits(tmp_path / "said.fits", sky(1.0), head(BUNIT="sigma"))
    for subject in (signal, said):
        with pytest.raises(SkerryError, match=r"is a signal image, in sigma; it is divided by its noise already"):
            make_mask(subject, rms=rms, output=tmp_path / "m.fits")


# Masks and images.


def test_an_image_and_a_mask_in_each_others_place_are_told(image, tmp_path):
    mask = write_fits(tmp_path / "m.fits", (sky() > 5 * NOISE).astype(np.uint8), head())
    with pytest.raises(
        SkerryError, match=r"image\.fits: is an image, and .*m\.fits a mask; give the beam's image first"
    ):
        make_beam_mask(mask, image, output=tmp_path / "x.fits")
    with pytest.raises(SkerryError, match=r"image\.fits: is an image, not a mask, .*; it is .*m\.fits that is a mask"):
        check_mask(image, image=mask)
    with pytest.raises(SkerryError, match=r"image\.fits: is an image, not a mask, .*; give the mask there"):
        check_mask(image, image=image)


def test_a_plain_mask_is_no_scale_mask(tmp_path):
    mask = write_fits(tmp_path / "m.fits", (sky() > 5 * NOISE).astype(np.uint8), head())
    with pytest.raises(SkerryError, match=r"m\.fits: is a mask, but not a scale mask"):
        make_masks_of_scales(mask)


def test_a_mask_in_floats_of_another_program_is_a_mask(tmp_path):
    mask = write_fits(tmp_path / "m.fits", (sky() > 5 * NOISE).astype(np.float32), head())
    with pytest.raises(SkerryError, match=r"m\.fits: is a mask, for its pixels are 0 and 1 only; give the image there"):
        make_mask(mask)


def test_an_image_of_ones_with_invalid_pixels_is_no_mask(image, tmp_path):
    pixels = np.ones(SHAPE)
    pixels[:9] = np.nan
    unit_noise = write_fits(tmp_path / "r.fits", pixels.astype(np.float32), head(BUNIT="sigma"))
    strong = write_fits(tmp_path / "i.fits", sky(1.0), head(("BUNIT",)))
    assert make_signal_image(strong, rms=rms_map(tmp_path, pixels)).exists()
    with pytest.raises(SkerryError, match=r"r\.fits: is a signal image"):
        make_signal_image(image, rms=unit_noise)


def test_a_sparse_mask_larger_than_the_sample_is_a_mask(tmp_path):
    pixels = np.zeros((1500, 1000), np.float32)
    pixels[701, 20] = 1
    with pytest.raises(SkerryError, match="is a mask, for its pixels are 0 and 1 only"):
        make_noise_maps(write_fits(tmp_path / "m.fits", pixels))
    pixels[701, 20] = 0.9
    make_noise_maps(write_fits(tmp_path / "i.fits", pixels))


# Warnings of the image.


@pytest.mark.parametrize(
    ("cards", "told"),
    [
        ({"CTYPE4": "STOKES", "CRVAL4": 5.0, "CDELT4": 1.0, "CRPIX4": 1.0}, "is Stokes PPOL, not I: its noise is not"),
        ({"CTYPE3": "STOKES", "CRVAL3": -5.0}, "is XX, not Stokes I"),
        ({"STOKES": "RR"}, "is RR, not Stokes I"),
        ({"BUNIT": "Jy/pixel"}, "its unit is Jy/pixel, not one per beam"),
        ({"BUNIT": "K"}, "its unit is K, not one per beam"),
    ],
)
@pytest.mark.parametrize("make", [make_noise_maps, make_mask])
def test_an_image_of_another_kind_is_warned_of_once(tmp_path, make, cards, told):
    image = write_fits(tmp_path / "image.fits", sky(), head(**cards))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make(image)
    # The note that a mask leaves out an axis at which WSClean would stop is another matter.
    (warned,) = (str(w.message) for w in caught if w.category is not SkerryNote)
    assert told in warned


@pytest.mark.parametrize("cards", [{"CTYPE3": "STOKES", "CRVAL3": 1.0}, {"CTYPE3": "STOKES", "CRVAL3": 0.0}, {}])
@pytest.mark.parametrize("unit", ["Jy/beam", "beam-1 mJy", "", "W/m2/Hz/beam"])
def test_a_restored_image_of_stokes_i_is_not_warned_of(tmp_path, cards, unit):
    image = write_fits(tmp_path / "image.fits", sky(), head(BUNIT=unit, **cards))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_noise_maps(image)
