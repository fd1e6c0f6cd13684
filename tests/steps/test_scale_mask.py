"""The files of a scale mask made scale by scale."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from known_images import emission
from numpy.testing import assert_array_equal

from skerry import (
    MaskingOptions,
    SkerryError,
    make_scale_mask,
)
from skerry.io.headers import mask_scales

OPTIONS = MaskingOptions(
    convolve_first=True,
    beam_shape_erode_scales=(0, 8, 16),
    flood_fill_positive_seed_clip=1.5,
    flood_fill_positive_flood_clip=1.2,
    flood_fill_use_mac_box_size=60,
)


def test_the_files_are_a_scale_mask_and_the_mask_of_its_union(tmp_path, rng):
    image = write_fits(tmp_path / "x.fits", emission(rng), radio_header((1, 1, 160, 160)), ndim=4)
    made = make_scale_mask(image, OPTIONS)
    mask, scale_mask = made.mask, made.scale_mask
    assert (scale_mask.name, mask.name) == ("x.scalemask.fits", "x.mask.fits")
    bits, header = fits.getdata(scale_mask, header=True)
    assert bits.shape == (1, 1, 160, 160)
    assert mask_scales(header) == (0, 8, 16)
    assert_array_equal(fits.getdata(mask), bits != 0)


def test_scales_are_needed(tmp_path):
    image = write_fits(tmp_path / "x.fits", np.zeros((20, 20), np.float32))
    with pytest.raises(SkerryError, match="scales"):
        make_scale_mask(image, MaskingOptions())


def test_an_image_without_a_beam_is_an_error(tmp_path):
    image = write_fits(tmp_path / "x.fits", np.zeros((20, 20), np.float32), radio_header(beam=None))
    with pytest.raises(SkerryError, match=r"x\.fits: has no BMAJ"):
        make_scale_mask(image, OPTIONS)
