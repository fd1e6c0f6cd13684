"""The files of an eroded mask: where its beam comes from, and what lies beside it."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from known_images import askap_header, block
from numpy.testing import assert_allclose, assert_array_equal

from skerry import MaskingOptions, SkerryError, beam_erosion
from skerry.io.headers import mask_scales
from skerry.sky.beam import RestoringBeam, pixel_beam
from skerry.steps.erode import make_eroded_mask

SCALES = (0, 8, 16)
in_bands = pytest.mark.usefixtures("band_rows")


def eroded_by_beam(mask, **options):
    return np.asarray(beam_erosion(mask, pixel_beam(askap_header()), **options))


@pytest.fixture
def mask_file(tmp_path):
    header = askap_header((1, 1, 200, 200))
    del header["BUNIT"]
    return write_fits(tmp_path / "x.mask.fits", block(60).astype(np.uint8), header, ndim=4)


@in_bands
def test_the_file_needs_nothing_but_the_mask(mask_file):
    made = make_eroded_mask(mask_file)
    output, scale_output = made.mask, made.scale_mask
    assert output == mask_file.with_name("x.eroded.fits")
    assert scale_output is None
    assert fits.getdata(output).shape == (1, 1, 200, 200)
    assert_array_equal(fits.getdata(output)[0, 0], eroded_by_beam(block(60)))


@in_bands
def test_a_scale_mask_comes_with_the_mask_of_its_union(mask_file):
    made = make_eroded_mask(mask_file, options=MaskingOptions(beam_shape_erode_scales=SCALES))
    output, scale_output = made.mask, made.scale_mask
    union, bits = fits.getdata(output), fits.getdata(scale_output)
    assert scale_output == mask_file.with_name("x.scalemask.fits")
    assert set(np.unique(bits)) == {0, 1, 3, 7}
    assert_array_equal(union, bits != 0)
    assert mask_scales(fits.getheader(scale_output)) == SCALES
    assert mask_scales(fits.getheader(output)) is None


def test_without_a_beam_it_is_an_error_and_nothing_is_written(mask_file):
    with fits.open(mask_file, mode="update") as hdus:
        del hdus[0].header["BMAJ"]
    with pytest.raises(SkerryError, match=r"x\.mask\.fits: has no BMAJ"):
        make_eroded_mask(mask_file)
    assert [path.name for path in mask_file.parent.iterdir()] == ["x.mask.fits"]


def test_the_beam_may_come_from_an_image_or_be_given(mask_file):
    image = write_fits(
        mask_file.with_name("image.fits"), np.zeros((5, 5), np.float32), radio_header(beam=(0.01, 0.01, 0))
    )
    of_image = make_eroded_mask(mask_file, beam=image, output=mask_file.with_name("a.fits")).mask
    given_beam = make_eroded_mask(
        mask_file, beam=RestoringBeam(0.01, 0.01, 0), output=mask_file.with_name("b.fits")
    ).mask
    assert_array_equal(fits.getdata(of_image), fits.getdata(given_beam))
    assert fits.getdata(of_image).sum() < eroded_by_beam(block(60)).sum()
    assert_allclose(fits.getheader(given_beam)["BMAJ"], 0.01)


def test_a_scale_output_needs_scales(mask_file):
    with pytest.raises(SkerryError, match="`beam_shape_erode_scales`"):
        make_eroded_mask(mask_file, scale_output=mask_file.with_name("s.fits"))
