"""The restoring beam in pixels."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header
from known_images import askap_header
from numpy.testing import assert_allclose, assert_array_equal

from skerry import SkerryError, SkerryWarning, beam_shape
from skerry.sky.beam import RestoringBeam, pixel_beam, pixels_per_beam, read_beam


@pytest.mark.parametrize(("response", "pixels"), [(0.6, 11), (0.1, 53)])
def test_known_shapes_by_response(response, pixels):
    assert beam_shape(askap_header(), minimum_response=response).sum() == pixels


@pytest.mark.parametrize(("fwhm", "pixels"), [(4, 21), (32, 595)])
def test_known_shapes_by_scale(fwhm, pixels):
    assert beam_shape(askap_header(), minimum_response=0.6, pixel_scale=fwhm).sum() == pixels


@pytest.mark.parametrize("response", [0.01, 0.3, 0.6, 0.95])
def test_a_shape_is_odd_and_symmetric_about_its_central_pixel(response):
    shape = beam_shape(askap_header(), minimum_response=response)
    assert all(n % 2 == 1 for n in shape.shape)
    assert shape[shape.shape[0] // 2, shape.shape[1] // 2]
    assert_array_equal(shape, shape[::-1, ::-1])


def test_a_shape_is_as_large_as_its_beam():
    shape = beam_shape(radio_header(beam=(0.999, 0.999, 0.0)), minimum_response=0.5)
    # At half the peak the shape is the FWHM: 599.4 pixels of 6 arcsec.
    assert shape.shape == (599, 599)
    assert shape.any(axis=0).all()


def test_shapes_of_larger_scales_hold_those_of_smaller_ones():
    shapes = [beam_shape(askap_header(), pixel_scale=s) for s in (0, 3, 10)]
    for small, large in pairwise(shapes):
        pad = [((n - m) // 2, (n - m) // 2) for n, m in zip(large.shape, small.shape, strict=True)]
        assert not np.any(np.pad(small, pad) & ~large)


def test_the_major_axis_points_from_north_through_east():
    shape = beam_shape(radio_header(beam=(0.05, 0.01, 45.0)), minimum_response=0.5)
    height, width = shape.shape
    # East is left: position angle 45 degrees is the upper left.
    assert shape[height // 2 + height // 4, width // 2 - width // 4]
    assert not shape[height // 2 + height // 4, width // 2 + width // 4]


def rotated(header: fits.Header, angle: float, form: str) -> fits.Header:
    """The same pixels turned on the sky, written as CD, PC or CROTA."""
    scale = header["CDELT2"]
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    if form == "CD":
        for keyword, value in (("CD1_1", -c), ("CD1_2", -s), ("CD2_1", -s), ("CD2_2", c)):
            header[keyword] = value * scale
        del header["CDELT1"], header["CDELT2"]
    elif form == "PC":
        header["PC1_1"], header["PC1_2"], header["PC2_1"], header["PC2_2"] = c, s, -s, c
    else:
        header["CROTA2"] = angle
    return header


@pytest.mark.parametrize("form", ["CD", "PC", "CROTA"])
def test_the_shape_turns_with_the_image(form):
    # CROTA2 turns north from up towards the left, where east is: position angles add up.
    turned = rotated(radio_header(beam=(0.05, 0.01, 20.0)), 30.0, form)
    assert_allclose(
        pixel_beam(turned).covariance, pixel_beam(radio_header(beam=(0.05, 0.01, 50.0))).covariance, rtol=1e-6
    )


def test_unequal_pixels_stretch_the_shape():
    header = radio_header(beam=(0.05, 0.05, 0.0))
    header["CDELT2"] = header["CDELT2"] / 2
    covariance = pixel_beam(header).covariance
    assert_allclose(covariance[1, 1], 4 * covariance[0, 0])


def test_the_area_of_a_beam_is_that_of_its_gaussian():
    header = radio_header(beam=(0.01, 0.005, 10.0))
    pixels = math.pi * 0.01 * 0.005 / (4 * math.log(2)) / (6 / 3600) ** 2
    assert_allclose(pixels_per_beam(header), pixels, rtol=1e-9)


def test_a_missing_position_angle_counts_as_0_with_a_warning():
    header = radio_header()
    del header["BPA"]
    with pytest.warns(SkerryWarning, match="BPA"):
        assert read_beam(header, "image.fits").bpa == 0


@pytest.mark.parametrize("keyword", ["BMAJ", "BMIN"])
def test_a_missing_axis_is_an_error(keyword):
    header = radio_header()
    del header[keyword]
    with pytest.raises(SkerryError, match=rf"image.fits: has no {keyword}.*into its header"):
        read_beam(header, "image.fits")


@pytest.mark.parametrize("beam", [(0.01, 0.02, 0.0), (0.01, 0.0, 0.0), (math.inf, 0.01, 0.0), (0.01, 0.01, math.nan)])
def test_impossible_beams_are_errors(beam):
    with pytest.raises(SkerryError, match="not a beam"):
        RestoringBeam(*beam).checked()


def test_the_beam_may_stand_in_the_history_of_aips():
    header = radio_header(beam=None)
    header.add_history("AIPS   CLEAN BMAJ=  3.8889E-03 BMIN=  2.8889E-03 BPA=  12.00")
    assert_allclose(read_beam(header), (3.8889e-3, 2.8889e-3, 12.0))


def test_an_image_without_celestial_axes_is_an_error():
    header = radio_header()
    header["CTYPE1"], header["CTYPE2"] = "LINEAR", "FREQ"
    with pytest.raises(SkerryError, match="celestial"):
        beam_shape(header)


@pytest.mark.parametrize("response", [0.0, 1.0, -0.5])
def test_the_response_lies_between_0_and_1(response):
    with pytest.raises(SkerryError, match="minimum_response"):
        beam_shape(radio_header(), minimum_response=response)
