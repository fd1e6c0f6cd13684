"""A scale mask taken apart into a plain mask for each CLEAN scale."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal

from skerry import SkerryError, SkerryWarning
from skerry.cli import main
from skerry.io.headers import mask_scales, scale_facts
from skerry.io.outputs import default_output
from skerry.masking.scale_bits import mask_of_scale
from skerry.steps.check import check_mask
from skerry.steps.split_scales import make_masks_of_scales

BITS = np.array([[0, 1, 3], [7, 6, 4]], np.uint8)
OF_SCALE = {0: [[0, 1, 1], [1, 0, 0]], 8: [[0, 0, 1], [1, 1, 0]], 16: [[0, 0, 0], [1, 1, 1]]}


@pytest.fixture
def scale_mask(tmp_path):
    """Scale mask of scales 0, 8 and 16 pixels."""
    header = radio_header((1, 1, 2, 3), unit=None)
    header.update(scale_facts((0, 8, 16)))
    return write_fits(tmp_path / "x.scalemask.fits", BITS, header, ndim=4)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, ">i2", ">i4"])
def test_a_bit_is_a_mask(dtype):
    for n, expected in enumerate(OF_SCALE.values()):
        mask = mask_of_scale(BITS.astype(dtype), n)
        assert_array_equal(mask, expected)
        assert mask.dtype == np.uint8


def test_the_highest_bit_is_a_mask():
    assert_array_equal(mask_of_scale(np.array([[2**30, 2**30 - 1]], np.int32), 30), [[1, 0]])


def test_the_scale_mask_is_not_changed():
    bits = BITS.copy()
    mask_of_scale(bits, 1)
    assert_array_equal(bits, BITS)


def test_there_is_a_mask_for_each_scale(scale_mask):
    paths = make_masks_of_scales(scale_mask)
    assert [path.name for path in paths] == ["x.scale0.mask.fits", "x.scale8.mask.fits", "x.scale16.mask.fits"]
    for path, (scale, expected) in zip(paths, OF_SCALE.items(), strict=True):
        data, header = fits.getdata(path, header=True)
        assert data.dtype == np.uint8
        assert_array_equal(data, [[expected]])
        assert header["SKSCALE"] == scale
        assert header["SKCMD"] == "split-scales"


def test_bands_do_not_show(tmp_path, rng, band_rows):
    header = radio_header((11, 13), unit=None)
    header.update(scale_facts(tuple(range(0, 36, 4))))
    bits = rng.integers(0, 512, (11, 13), dtype=np.int16)
    paths = make_masks_of_scales(write_fits(tmp_path / "x.scalemask.fits", bits, header))
    assert len(paths) == 9
    for n, path in enumerate(paths):
        assert_array_equal(fits.getdata(path), bits >> n & 1)


def test_a_mask_of_a_scale_is_no_scale_mask(scale_mask):
    path = make_masks_of_scales(scale_mask, scale=8)[0]
    header = fits.getheader(path)
    assert mask_scales(header) is None
    assert not [keyword for keyword in header if keyword.startswith("SKBIT")]


def mask_with(path, scales, bits):
    header = radio_header((2, 3), unit=None)
    header.update(scale_facts(scales))
    return write_fits(path, np.array(bits, np.uint8), header)


def test_a_scale_of_which_nothing_is_masked_is_warned_of_where_its_mask_is_made(tmp_path):
    path = mask_with(tmp_path / "x.fits", (0, 4, 8, 16), [[0, 1, 3], [3, 2, 0]])
    with pytest.warns(SkerryWarning, match=r"x\.fits: nothing may be cleaned at a scale of 8, 16 pixels"):
        make_masks_of_scales(path)
    with pytest.warns(SkerryWarning, match="at a scale of 16 pixels"):
        make_masks_of_scales(path, scale=16, overwrite=True)
    make_masks_of_scales(path, scale=4, overwrite=True)


def test_a_scale_mask_that_is_empty_is_warned_of(tmp_path):
    with pytest.warns(SkerryWarning, match=r"x\.fits: is empty"):
        make_masks_of_scales(mask_with(tmp_path / "x.fits", (0, 8), np.zeros((2, 3))))


@pytest.mark.parametrize("scale", [None, 0, 8])
def test_zeros_and_ones_where_the_header_has_several_scales_are_warned_of(tmp_path, scale):
    path = mask_with(tmp_path / "x.fits", (0, 8, 16), [[0, 1, 1], [1, 0, 0]])
    with pytest.warns(SkerryWarning, match="0 and 1 only, .* scales of 0, 8, 16 pixels: those from 8 on are empty"):
        make_masks_of_scales(path, scale=scale)


def test_zeros_and_ones_of_a_single_scale_are_a_scale_mask(tmp_path):
    paths = make_masks_of_scales(mask_with(tmp_path / "x.fits", (4,), [[0, 1, 1], [1, 0, 0]]))
    assert_array_equal(fits.getdata(paths[0]), [[0, 1, 1], [1, 0, 0]])


def test_an_imager_takes_the_mask_of_a_scale(scale_mask):
    """Without the warning that a scale mask gives, for warnings are errors here."""
    path = make_masks_of_scales(scale_mask, scale=0)[0]
    assert check_mask(path, image=scale_mask).fraction == 0.5


def test_one_scale_has_the_name_that_is_wanted(scale_mask, tmp_path):
    assert make_masks_of_scales(scale_mask, scale=16, output=tmp_path / "y.fits") == [tmp_path / "y.fits"]
    assert_array_equal(fits.getdata(tmp_path / "y.fits"), [[OF_SCALE[16]]])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.scalemask.fits", "y.fits"]


def test_what_is_made_from_it_is_not_of_that_scale(scale_mask, tmp_path):
    mask = make_masks_of_scales(scale_mask, scale=8)[0]
    small = ["--bmaj", "6arcsec", "--bmin", "6arcsec", "--bpa", "0"]
    assert main(["erode", str(mask), "-o", str(tmp_path / "e.fits"), *small]) == 0
    assert "SKSCALE" not in fits.getheader(tmp_path / "e.fits")


def test_products_of_two_scales_have_different_names():
    assert default_output("x.scale8.mask.fits", "eroded").name == "x.scale8.eroded.fits"
    assert default_output("x.scale8.seeds.fits", "mask").name == "x.scale8.mask.fits"


def without_scales(path):
    write_fits(path, BITS, radio_header((2, 3)))


def without_a_bit(path):
    header = radio_header((2, 3))
    header["SKNSCALE"] = 3
    write_fits(path, BITS, header)


def with_more_bits(path):
    header = radio_header((2, 3))
    header.update(scale_facts((0, 8)))
    write_fits(path, BITS, header)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (without_scales, "is not a scale mask"),
        (without_a_bit, "not an SKBIT for each scale"),
        (with_more_bits, "has more bits than its 2 scales"),
    ],
)
def test_what_is_no_scale_mask_is_named(tmp_path, make, says):
    make(tmp_path / "bad.fits")
    with pytest.raises(SkerryError, match=rf"bad\.fits: .*{says}"):
        make_masks_of_scales(tmp_path / "bad.fits")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.fits"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--scale 5", "x.scalemask.fits: has no scale of 5 pixels; it has 0, 8, 16"),
        ("-o y.fits", "--output y.fits: names one file for 3 scales; give --scale too"),
    ],
)
def test_a_wrong_use_gets_one_line(scale_mask, tmp_path, words, says, capsys):
    assert main(["split-scales", str(scale_mask), *words.split()]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.scalemask.fits"]


def test_none_is_written_if_one_exists(scale_mask, tmp_path):
    (tmp_path / "x.scale8.mask.fits").touch()
    with pytest.raises(SkerryError, match=r"x\.scale8\.mask\.fits: exists; give `overwrite`"):
        make_masks_of_scales(scale_mask)
    assert len(list(tmp_path.iterdir())) == 2
    assert len(make_masks_of_scales(scale_mask, overwrite=True)) == 3


def test_the_command_tells_the_names(scale_mask, capsys):
    assert main(["split-scales", str(scale_mask)]) == 0
    names = [line.rsplit("/", 1)[-1] for line in capsys.readouterr().out.splitlines()]
    assert names == ["x.scale0.mask.fits", "x.scale8.mask.fits", "x.scale16.mask.fits"]
