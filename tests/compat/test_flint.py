"""Scripts written for flint's masking module find its functions, their parameters and what they give."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal

import skerry
from skerry import MaskingOptions, make_beam_mask, make_mask, make_scale_mask
from skerry.compat import flint
from skerry.masking.erosion import beam_erosion
from skerry.masking.scale_masks import image_at_scale
from skerry.sky.beam import pixel_beam

PARAMETERS = {
    "beam_shape_erode": "mask fits_header minimum_response=0.6 scales=None * scale_fwhm_factor=0.45 beam=None",
    "consider_beam_mask_round": "current_round mask_rounds allow_beam_masks=True",
    "convolve_image_by_scale": "image_data scale * scale_fwhm_factor=0.45",
    "create_beam_mask_kernel": "fits_header * minimum_response=0.6 pixel_scale=None beam=None",
    "create_boxcar_skew_mask": "image skew_delta box_size",
    "create_convolved_erosion_mask": "fits_image_path masking_options * output=None mask_output=None overwrite=False",
    "create_multi_scale_erosion": "mask fits_header scales minimum_response=0.6 * scale_fwhm_factor=0.45 beam=None",
    "create_snr_mask_from_fits": "fits_image_path masking_options=None fits_rms_path=None fits_bkg_path=None "
    "* output=None scale_output=None overwrite=False",
    "extract_beam_mask_from_mosaic": "beam_image mosaic_mask * output=None options=None overwrite=False",
    "fft_binary_erosion": "mask kernel",
    "grow_low_snr_mask": "image=None rms=None background=None signal=None grow_low_snr=2.0 grow_low_island_size=512 "
    "region_mask=None",
    "minimum_absolute_clip": "image increase_factor=2.0 box_size=100 adaptive_max_depth=None adaptive_box_step=2.0 "
    "adaptive_skew_delta=0.2",
    "reverse_negative_flood_fill": "base_image masking_options pixels_per_beam=None",
}


def parameters(function) -> str:
    """Parameters of a function in a line: names, defaults, and a star before those that are keywords only."""
    words = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        default = "" if parameter.default is parameter.empty else f"={parameter.default}"
        words.append(f"{parameter.name}{default}")
    return " ".join(words)


def test_every_function_is_listed_here():
    assert set(flint.__all__) == set(PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("module", [flint, skerry])
def test_a_function_has_the_parameters_that_scripts_use(module, name):
    assert parameters(getattr(module, name)) == PARAMETERS[name]


@pytest.fixture
def image(tmp_path: Path, rng) -> Path:
    data = rng.normal(scale=1e-3, size=(120, 120)).astype(np.float32)
    data[50:60, 50:60] += 0.1
    return write_fits(tmp_path / "x.fits", data, radio_header((120, 120)))


def test_a_mask_of_a_file_is_that_of_the_step(image, tmp_path):
    rms = write_fits(tmp_path / "r.fits", np.full((120, 120), 1e-3, np.float32))
    bkg = write_fits(tmp_path / "b.fits", np.full((120, 120), 1e-2, np.float32))
    mask, scale_mask = skerry.create_snr_mask_from_fits(
        fits_image_path=image, masking_options=MaskingOptions(), fits_rms_path=rms, fits_bkg_path=bkg
    )
    expected = make_mask(image, MaskingOptions(), rms=rms, bkg=bkg, output=tmp_path / "m.fits").mask
    assert mask == tmp_path / "x.mask.fits"
    assert scale_mask is None
    assert mask.read_bytes() == expected.read_bytes()
    assert fits.getdata(mask).any()


def test_a_scale_mask_comes_before_the_mask_of_its_union(image, tmp_path):
    options = MaskingOptions(convolve_first=True, beam_shape_erode_scales=(0, 4))
    made = skerry.create_convolved_erosion_mask(image, options)
    assert [path.name for path in made] == ["x.scalemask.fits", "x.mask.fits"]
    named = skerry.create_convolved_erosion_mask(
        image, options, output=tmp_path / "s.fits", mask_output=tmp_path / "m.fits"
    )
    step = make_scale_mask(image, options, overwrite=True)
    assert [path.read_bytes() for path in named] == [path.read_bytes() for path in (step.scale_mask, step.mask)]
    assert fits.getdata(made[0]).max() == 3


def test_a_beam_is_cut_out_of_a_mosaic(image, tmp_path):
    mosaic = write_fits(tmp_path / "mosaic.fits", np.ones((120, 120), np.uint8), radio_header((120, 120)))
    mask = skerry.extract_beam_mask_from_mosaic(image, mosaic, options=MaskingOptions(extract_beam_blank_border=5))
    expected = make_beam_mask(
        image, mosaic, MaskingOptions(extract_beam_blank_border=5), output=tmp_path / "expected.fits"
    ).mask
    assert mask.read_bytes() == expected.read_bytes()


def test_functions_of_arrays_pass_everything_on(rng):
    mask, header = rng.random((60, 60)) > 0.05, radio_header((60, 60))
    beam = skerry.RestoringBeam(0.005, 0.004, 10.0)
    expected = beam_erosion(mask, pixel_beam(header, beam), 0.5, (0, 4), scale_fwhm_factor=1.0)
    given = {"scale_fwhm_factor": 1.0, "beam": beam}
    assert_array_equal(skerry.beam_shape_erode(mask, header, 0.5, (0, 4), **given), expected)
    assert_array_equal(skerry.create_multi_scale_erosion(mask, header, (0, 4), 0.5, **given), expected)
    image = rng.normal(size=(60, 60)).astype(np.float32)
    assert_array_equal(
        skerry.convolve_image_by_scale(image, 8, scale_fwhm_factor=1.0), image_at_scale(image, 8, scale_fwhm_factor=1.0)
    )


def test_large_faint_islands_are_found_in_the_signal_of_an_image():
    image = np.zeros((20, 20), np.float32)
    image[5:9, 5:9] = 5
    rms = np.full(image.shape, 2, np.float32)
    assert_array_equal(skerry.grow_low_snr_mask(image, rms, grow_low_island_size=16), image > 0)
    assert not skerry.grow_low_snr_mask(image, rms, rms, grow_low_island_size=16).any()
    assert skerry.grow_low_snr_mask(image + 4, rms, -rms, grow_low_snr=2.9, grow_low_island_size=400).all()


def test_large_faint_islands_of_a_signal_leave_out_a_region():
    signal = np.full((20, 20), 2, np.float32)
    region = np.zeros((20, 20), bool)
    region[:10] = True
    found = skerry.grow_low_snr_mask(signal=signal, grow_low_snr=1.75, grow_low_island_size=100, region_mask=region)
    assert_array_equal(found, ~region)


def test_without_a_signal_or_an_image_with_its_noise_there_are_no_islands():
    with pytest.raises(skerry.SkerryError, match="need a signal image, or an image and its rms"):
        skerry.grow_low_snr_mask(np.zeros((4, 4), np.float32))


def test_islands_are_flooded_by_the_options():
    signal = np.array([[9, 2, np.nan, 2, 2]], np.float32)
    expected = [[True, True, False, False, False]]
    assert_array_equal(skerry.reverse_negative_flood_fill(signal, MaskingOptions()), expected)


def test_shapes_erode():
    mask, shape = np.ones((7, 7), bool), np.ones((3, 3), bool)
    assert_array_equal(skerry.fft_binary_erosion(mask, shape), np.pad(np.ones((5, 5), bool), 1))
    assert_array_equal(skerry.create_beam_mask_kernel(radio_header()), skerry.beam_shape(radio_header()))


def test_boxes_that_are_too_small_are_told():
    image = np.ones((9, 9), np.float32)
    assert skerry.create_boxcar_skew_mask(image, 0.2, 5).all()
    assert not skerry.create_boxcar_skew_mask(-image, 0.2, 5).any()
