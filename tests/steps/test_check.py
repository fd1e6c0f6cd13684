"""A mask is checked as WSClean 3.1 reads it; what it rejects or misreads is told, all at once."""

from __future__ import annotations

import gzip
import sys
import warnings

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits

from skerry import SkerryError, SkerryWarning
from skerry.cli import main
from skerry.io.headers import scale_facts
from skerry.steps.check import check_mask

SIZE = (64, 48)
ARCSEC = 1 / 3600
PIXEL = 6 * ARCSEC


def wsclean_header(shape=(1, 1, 48, 64), **changes):
    """Header of an image of 64 x 48 pixels of 6 arcsec, with changed keywords; None takes one away."""
    header = radio_header(shape)
    for keyword, value in changes.items():
        if value is None:
            del header[keyword]
        else:
            header[keyword] = value
    return header


def islands(dtype=np.uint8):
    """Two islands that touch neither each other nor the edge."""
    data = np.zeros((48, 64), dtype)
    data[10:14, 10:15] = 1
    data[30, 40] = 1
    return data


@pytest.fixture
def image(tmp_path):
    noise = np.random.default_rng(1).normal(size=(1, 1, 48, 64)).astype(np.float32)
    return write_fits(tmp_path / "image.fits", noise, wsclean_header())


@pytest.fixture
def write_mask(tmp_path):
    """Write a mask for the image, with another header if keywords are given."""

    def write(data, **changes):
        path = tmp_path / "m.fits"
        data = data if data.ndim > 2 else data[np.newaxis, np.newaxis]
        return write_fits(path, data, wsclean_header(data.shape, **changes))

    return write


def problems(mask, **target):
    """List the problems with a mask; its warnings do not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        with pytest.raises(SkerryError) as error:
            check_mask(mask, **target)
    first, *lines = str(error.value).split("\n  ")
    assert first.startswith(f"{mask}: ")
    if not lines:
        return [first.removeprefix(f"{mask}: ")]
    assert first == f"{mask}: {len(lines)} problems"
    return lines


def only_problem(mask, **target):
    (problem,) = problems(mask, **target)
    assert "\n" not in problem
    return problem


def test_the_facts_of_a_good_mask(write_mask, image):
    facts = check_mask(write_mask(islands()), image=image)
    assert facts == ((64, 48), 1, "uint8", 2, 21 / (48 * 64))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64])
def test_types_that_wsclean_reads(write_mask, image, dtype):
    assert check_mask(write_mask(islands(dtype)), image=image).pixel_type == np.dtype(dtype).name


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.uint32, np.uint64])
def test_types_that_fits_stores_with_an_offset(write_mask, image, dtype):
    assert "pixels are scaled (BZERO = " in only_problem(write_mask(islands(dtype)), image=image)


@pytest.mark.parametrize("ndim", [2, 3, 4, 5])
def test_axes_of_length_one_are_of_no_concern(tmp_path, image, ndim):
    mask = write_fits(tmp_path / "m.fits", islands(), wsclean_header((48, 64)), ndim=ndim)
    assert check_mask(mask, image=image).planes == 1


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (np.nan, "3051 pixels are NaN: WSClean takes that for 'clean here'"),
        (np.inf, "3051 pixels are infinite"),
        (-1, "3051 pixels are negative, down to -1"),
        (0.5, "3051 pixels are neither 0 nor 1 (0.5)"),
        (1e-20, "3051 pixels are neither 0 nor 1 (1e-20)"),
        (2, "3051 pixels are neither 0 nor 1 (2)"),
    ],
)
def test_a_background_that_wsclean_would_clean(write_mask, image, value, says):
    data = islands(np.float32)
    data[data == 0] = value
    assert problems(write_mask(data), image=image)[0].startswith(says)


def test_one_pixel_is_enough(write_mask, image):
    data = islands(np.float32)
    data[0, 0] = np.nan
    assert only_problem(write_mask(data), image=image).startswith("1 pixel is NaN")


@pytest.mark.parametrize(("dtype", "blank"), [(np.uint8, 255), (np.int16, -32768), (np.int32, -(2**31))])
def test_blank_pixels_of_integers(write_mask, image, dtype, blank):
    data = islands(dtype)
    data[0, :5] = blank
    mask = write_mask(data)
    fits.setval(mask, "BLANK", value=blank)
    assert only_problem(mask, image=image).startswith("5 pixels are BLANK")


def test_negative_zero_is_zero(write_mask, image):
    data = islands(np.float32)
    data[data == 0] = -0.0
    assert check_mask(write_mask(data), image=image).islands == 2


def test_an_empty_mask_has_to_be_meant(write_mask, image):
    mask = write_mask(np.zeros((48, 64), np.uint8))
    assert only_problem(mask, image=image).startswith("no pixel is masked")
    assert check_mask(mask, image=image, allow_empty=True).fraction == 0


def test_the_empty_mask_of_a_beam_that_was_flagged_altogether_is_taken(write_mask, tmp_path):
    mask = write_mask(np.zeros((48, 64), np.uint8))
    for value in (0, np.nan):
        image = tmp_path / f"flagged{value}.fits"
        write_fits(image, np.full((1, 1, 48, 64), value, np.float32), wsclean_header())
        with pytest.warns(SkerryWarning, match=rf"m\.fits: is empty, for .*{image.name} has no valid pixel"):
            assert check_mask(mask, image=image).fraction == 0


def test_everything_masked_is_no_mask(write_mask, image):
    mask = write_mask(np.ones((48, 64), np.uint8))
    assert only_problem(mask, image=image).startswith("every pixel is masked")


def test_an_inverted_mask_is_suspected(write_mask, image):
    mask = write_mask(1 - islands())
    with pytest.warns(SkerryWarning, match=r"m\.fits: 99\.3 % of the pixels are masked; is it inverted\?"):
        assert check_mask(mask, image=image).islands == 1


def test_a_scale_mask_is_read_as_its_union(write_mask, image):
    mask = write_mask(islands() * 7, **scale_facts((0, 8, 16)))
    with pytest.warns(SkerryWarning, match="WSClean reads the union"):
        assert check_mask(mask, image=image).fraction == 21 / (48 * 64)


def test_a_scale_mask_has_no_bits_beyond_its_scales(write_mask, image):
    mask = write_mask(islands() * 8, **scale_facts((0, 8, 16)))
    assert only_problem(mask, image=image).startswith("21 pixels are no whole numbers from 0 to 7 (8)")


def test_a_scale_mask_names_its_scales(write_mask, image):
    assert "SKBIT" in only_problem(write_mask(islands(), SKNSCALE=3), image=image)


def test_a_gzipped_mask_is_read(write_mask, image):
    mask = write_mask(islands())
    packed = mask.with_suffix(".fits.gz")
    packed.write_bytes(gzip.compress(mask.read_bytes()))
    assert check_mask(packed, image=image).islands == 2


def test_an_image_in_an_extension(tmp_path, image):
    hdu = fits.ImageHDU(islands(), wsclean_header((48, 64)))
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "m.fits")
    assert only_problem(tmp_path / "m.fits", image=image).startswith("its image is in an extension")


def test_a_tile_compressed_image(tmp_path, image):
    hdu = fits.CompImageHDU(islands(), wsclean_header((48, 64)))
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "m.fits.fz")
    assert only_problem(tmp_path / "m.fits.fz", image=image).startswith("is tile-compressed")


@pytest.mark.parametrize("name", ["m[1].fits", "m.fits+1"])
def test_names_that_wsclean_takes_apart(write_mask, image, name):
    mask = write_mask(islands())
    mask = mask.rename(mask.with_name(name))
    assert "WSClean cannot open such a file" in only_problem(mask, image=image)


def test_a_spectrum_is_no_mask(tmp_path, image):
    mask = write_fits(tmp_path / "m.fits", np.ones(64, np.uint8), fits.Header())
    assert "has 1 axis" in only_problem(mask, image=image)


@pytest.mark.parametrize("content", [None, b"not FITS", "truncated"])
def test_a_file_that_cannot_be_read(write_mask, image, content):
    mask = write_mask(islands())
    whole = mask.read_bytes()
    mask.unlink()
    if content is not None:
        mask.write_bytes(whole[:4000] if content == "truncated" else content)
    with pytest.raises(SkerryError, match=r"m\.fits: (there is no such file|cannot be read|is truncated)"):
        check_mask(mask, image=image)


def test_width_and_height_are_not_exchanged(tmp_path, image):
    mask = write_fits(tmp_path / "m.fits", islands().T.copy(), wsclean_header((64, 48)))
    assert problems(mask, image=image)[0].startswith(f"has 48 x 64 pixels, but {image} has 64 x 48")


def cube(planes, **changes):
    """Planes of a mask along an axis of frequency."""
    data = np.stack([islands() * n for n in planes])[np.newaxis]
    return data, {"CTYPE3": "FREQ", "CRVAL3": 1.4e9, "CDELT3": 1e6, **changes}


def test_a_plane_for_each_channel(write_mask, image):
    data, keywords = cube([1, 1, 1])
    assert check_mask(write_mask(data, **keywords), image=image, channels=3).planes == 3


def test_a_plane_for_all_channels(write_mask, image):
    assert check_mask(write_mask(islands()), image=image, channels=3).planes == 1


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_planes_that_are_not_the_channels(write_mask, image, channels):
    data, keywords = cube([1, 1, 1])
    problem = only_problem(write_mask(data, **keywords), image=image, channels=channels)
    assert problem.startswith(f"has 3 planes, but the imager makes {channels} channel")


def test_stokes_planes_are_no_channels(write_mask, image):
    data, keywords = cube([1, 1, 1], CTYPE3="STOKES", CRVAL3=1.0)
    keywords |= {"CTYPE4": "FREQ"}
    assert "CTYPE3 = 'STOKES'" in only_problem(write_mask(data, **keywords), image=image, channels=3)


def test_planes_on_two_axes(write_mask, image):
    data = np.stack([np.stack([islands()] * 2)] * 2)
    assert "several planes on each of the axes 3 and 4" in only_problem(write_mask(data), image=image, channels=4)


def test_planes_that_differ(write_mask, image):
    data, keywords = cube([1, 1])
    data[0, 1, 30, 40] = 0
    with pytest.warns(SkerryWarning, match=r"before 3\.3, and any with -join-channels, uses the first plane"):
        check_mask(write_mask(data, **keywords), image=image, channels=2)


def test_an_empty_plane_is_named(write_mask, image):
    data, keywords = cube([0, 1, 1])
    problem = only_problem(write_mask(data, **keywords), image=image, channels=3)
    assert problem.startswith("no pixel of plane 0 is masked")


@pytest.mark.parametrize(
    "changes", [{"CRPIX1": 36.0}, {"CRVAL2": -45 + 3 * PIXEL}, {"CRVAL1": 60.0 + 3 * PIXEL / np.cos(np.radians(45))}]
)
def test_a_shifted_mask(write_mask, image, changes):
    problem = only_problem(write_mask(islands(), **changes), image=image)
    assert problem.startswith("is shifted: its pixels lie up to 3 pixels from")
    assert f"skerry extract-beam {image}" in problem


def test_a_hundredth_of_a_pixel_is_no_shift(write_mask, image):
    assert check_mask(write_mask(islands(), CRPIX1=33.01), image=image)


@pytest.mark.parametrize("changes", [{"CDELT1": -PIXEL * 1.1, "CDELT2": PIXEL * 1.1}, {"CROTA2": 5.0}])
def test_pixels_of_another_size_or_angle(write_mask, image, changes):
    assert "another size, angle or projection" in only_problem(write_mask(islands(), **changes), image=image)


def test_a_mask_of_another_field(write_mask, image):
    assert only_problem(write_mask(islands(), CRVAL1=200.0), image=image).startswith("lies in another part of the sky")


def test_right_ascension_goes_on_at_zero(tmp_path, write_mask):
    image = write_fits(tmp_path / "i.fits", np.zeros((48, 64), np.float32), radio_header((48, 64), ra=0.0))
    assert check_mask(write_mask(islands(), CRVAL1=360.0), image=image)


def test_corners_beyond_the_horizon(tmp_path):
    """An image of the whole sky has corners that are nowhere, and so has its mask."""
    header = radio_header((48, 64), pixel=3.0)
    image = write_fits(tmp_path / "i.fits", np.zeros((48, 64), np.float32), header)
    assert check_mask(write_fits(tmp_path / "m.fits", islands(), header), image=image)


def test_a_mask_of_which_no_pixel_is_on_the_sky(tmp_path):
    """Though its image says the same of its grid."""
    header = wsclean_header((48, 64), CRPIX2=1e6)
    image = write_fits(tmp_path / "i.fits", np.zeros((48, 64), np.float32), header)
    mask = write_fits(tmp_path / "m.fits", islands(), header)
    assert only_problem(mask, image=image).startswith("lies in another part of the sky")


def test_a_mask_without_a_place_on_the_sky(write_mask, image):
    problem = only_problem(write_mask(islands(), CTYPE1=None, CTYPE2=None), image=image)
    assert problem.startswith("has no usable celestial WCS")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}, "CTYPE1 is 'RA---TAN': WSClean rejects"),
        ({"EQUINOX": 1950.0}, "EQUINOX is 1950: WSClean rejects"),
        ({"CUNIT1": "DEG"}, "CUNIT1 is 'DEG': WSClean rejects"),
        ({"CDELT3": None}, "has CTYPE3 = 'FREQ' but no CDELT3: WSClean rejects"),
        ({"CRVAL4": 0.0}, "CRVAL4 = 0.0 is no STOKES parameter: WSClean rejects"),
    ],
)
def test_keywords_that_wsclean_rejects(tmp_path, write_mask, image, changes, says):
    mask = write_mask(islands(), **changes)
    assert any(problem.startswith(says) for problem in problems(mask, image=image))
    of_another_imager = write_fits(tmp_path / "other.fits", np.zeros((48, 64)), wsclean_header(**changes))
    assert check_mask(mask, image=of_another_imager).islands == 2


def test_wsclean_looks_at_axes_that_the_image_has_not(tmp_path, image):
    mask = write_fits(tmp_path / "m.fits", islands(), wsclean_header((48, 64), CTYPE3="FREQ"))
    assert "no CRVAL3 and no CDELT3" in only_problem(mask, image=image)


def test_every_problem_is_told(write_mask, image):
    data = islands(np.uint16)[:, :60].copy()
    data[0, 0], data[1, :2] = 9, 3
    mask = write_mask(data, CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL2=-44.99)
    found = problems(mask, image=image)
    for start in ("its pixels are scaled", "CTYPE1", "CTYPE2", "has 60 x 48", "is shifted", "3 pixels are neither"):
        assert sum(problem.startswith(start) for problem in found) == 1
    assert len(found) == 6


def test_without_an_image_size_and_scale_will_do(write_mask):
    assert check_mask(write_mask(islands()), size=SIZE, scale=PIXEL).islands == 2


def test_wsclean_makes_odd_sizes_even(write_mask):
    assert check_mask(write_mask(islands()), size=(63, 47), scale=PIXEL).islands == 2


@pytest.mark.parametrize(
    ("changes", "size", "says"),
    [
        ({}, (48, 64), "has 64 x 48 pixels, but an image of -size 48 64 has 48 x 64"),
        ({"CDELT1": -7 * ARCSEC, "CDELT2": 7 * ARCSEC}, SIZE, "its pixels are 7 x 7 arcsec, but `scale` is 6 arcsec"),
        ({"CDELT2": 7 * ARCSEC}, SIZE, "its pixels are 6 x 7 arcsec"),
        ({"CDELT1": PIXEL}, SIZE, "its axes are turned or flipped"),
        ({"CROTA2": 5.0}, SIZE, "its axes are turned or flipped"),
        ({"CRPIX1": 36.0}, SIZE, "its reference pixel is 36, 25, but an image of -size 64 48 has it at 33, 25"),
        ({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}, SIZE, "CTYPE1 is 'RA---TAN'"),
        ({"CTYPE1": None, "CTYPE2": None}, SIZE, "has no usable celestial WCS"),
    ],
)
def test_a_grid_that_is_not_of_that_size_and_scale(write_mask, changes, size, says):
    assert problems(write_mask(islands(), **changes), size=size, scale=PIXEL)[0].startswith(says)


def test_the_scale_counts_at_the_corners(write_mask, tmp_path):
    """A difference of 0.2 % is 0.08 pixels at the corners of a small image, and too much in a larger one."""
    assert check_mask(write_mask(islands()), size=SIZE, scale=PIXEL * 1.002)
    larger = write_fits(tmp_path / "larger.fits", np.eye(400, dtype=np.uint8))
    assert "arcsec" in only_problem(larger, size=(400, 400), scale=PIXEL * 1.002)


def test_reading_in_pieces_does_not_show(write_mask, image, monkeypatch):
    monkeypatch.setattr("skerry.io.fits_pixels._PIXELS_PER_READ", 100)
    data, keywords = cube([1, 1])
    mask = write_mask(data, **keywords)
    assert check_mask(mask, image=image, channels=2) == ((64, 48), 2, "uint8", 4, 21 / (48 * 64))


@pytest.mark.parametrize("target", ["image", "size"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"CRPIX1": 36.0},
        {"CRVAL2": -45 + 3 * PIXEL},
        {"CRVAL1": 200.0},
        {"CDELT1": -PIXEL * 1.1, "CDELT2": PIXEL * 1.1},
        {"CDELT1": PIXEL},
        {"CDELT1": 0.0},
        {"CRPIX2": 1e6},
        {"RADESYS": "FK5"},
        {"LONPOLE": 170.0},
    ],
)
def test_a_grid_of_wsclean_is_judged_as_any_other(write_mask, image, changes, target, monkeypatch):
    """Without coordinates where it can be, and with the same words."""
    target = {"image": image} if target == "image" else {"size": SIZE, "scale": PIXEL}
    mask = write_mask(islands(), **changes)
    found = []
    for plain in (True, False):
        if not plain:
            monkeypatch.setattr("skerry.sky.grid_difference._plain_grid", lambda *_: None)
        try:
            found.append(check_mask(mask, **target))
        except SkerryError as error:
            found.append(str(error))
    assert found[0] == found[1]


@pytest.mark.parametrize("words", ["--image {image}", "--size 64 48 --scale 6asec"])
def test_the_grid_of_wsclean_needs_no_coordinates(write_mask, image, words, monkeypatch):
    """Their import takes longer than the check of a large mask."""
    monkeypatch.setitem(sys.modules, "skerry.sky.grid", None)
    assert main(["check", str(write_mask(islands())), *words.format(image=image).split()]) == 0


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--size 64 48",
        "--scale 6asec",
        "--image {image} --size 64 48 --scale 6asec",
        "--image {image} --scale 6asec",
    ],
)
def test_it_has_to_be_said_which_image_the_mask_is_for(write_mask, image, words, capsys):
    mask = write_mask(islands())
    assert main(["check", str(mask), *words.format(image=image).split()]) == 2
    assert "give either --image, or --size and --scale" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--size 64 48 --scale 6furlongs", "'6furlongs' is not an angle"),
        ("--size 64 48 --scale 0", "must be above zero"),
        ("--size 0 48 --scale 6asec", "must be above zero"),
        ("--image {image} --channels 0", "--channels 0: must be 1 or more"),
        ("--image nowhere.fits", "nowhere.fits: there is no such file"),
    ],
)
def test_a_wrong_use_gets_one_line(write_mask, image, words, says, capsys):
    mask = write_mask(islands())
    assert main(["check", str(mask), *words.format(image=image).split()]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("scale", ["6asec", "0.1amin", "6 arcsec", f"{PIXEL:.12f}", f"{PIXEL:.12f}deg"])
def test_a_good_mask_gets_one_line_of_facts(write_mask, scale, capsys):
    mask = write_mask(islands())
    assert main(["check", str(mask), "--size", "64", "48", "--scale", scale]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{mask}: 64 x 48 pixels, uint8, 2 islands, 0.684 % masked\n"
    assert captured.err == ""


def test_a_bad_mask_gets_a_line_for_each_problem(write_mask, image, capsys):
    mask = write_mask(islands(np.uint16), CRPIX1=36.0)
    assert main(["check", str(mask), "--image", str(image)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    first, *lines = captured.err.splitlines()
    assert first == f"skerry: error: {mask}: 2 problems"
    assert [line[:13] for line in lines] == ["  its pixels ", "  is shifted:"]
