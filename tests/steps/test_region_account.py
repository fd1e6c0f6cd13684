"""Region files in an image: which pixels, and what is told of each line."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import radio_header

from skerry.errors import SkerryError
from skerry.steps.region_account import RegionsOfImage

SIZE = 61
PIXEL = 6.0
"""Arcsec."""


def header_of_image(**cards):
    header = radio_header((SIZE, SIZE), pixel=PIXEL / 3600, dec=-45.0)
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, SIZE, SIZE
    header["CRVAL1"] = 60.0
    header["CRPIX1"] = header["CRPIX2"] = 31.0
    header["RADESYS"] = "ICRS"
    header.update(cards)
    return header


def regions_of(tmp_path, text, header=None, name="regions.reg", **more):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    regions = RegionsOfImage(path, header_of_image() if header is None else header, "image.fits", **more)
    return regions, mask_of(regions)


def mask_of(regions, shape=(SIZE, SIZE)):
    mask = np.zeros(shape, dtype=bool)
    for region, block in regions.blocks():
        mask[block.rows, block.columns][block.inside] = region.include
    return mask


def plane():
    """Offsets from the reference pixel: to the right and up."""
    y, x = np.mgrid[:SIZE, :SIZE] - 30
    return x, y


def circle(radius, x=0, y=0):
    right, up = plane()
    return np.hypot(right - x, up - y) <= radius


CIRCLES = [
    ("reg", 'icrs;circle(60,-45,57")'),
    ("reg", 'icrs\ncircle 60 -45 57"'),
    ("reg", "ICRS;CIRCLE(4:00:00, -45:00:00, 0.95') # color=red text={a;b # (c)}"),
    ("reg", '\ufefficrs\r\ncircle(4h0m0s,-45d0m0s,57")\r\n'),
    ("reg", "icrs;circle(60,-45,9.5i)"),
    ("reg", "icrs;circle(60,-45,9.5p)"),
    ("reg", 'image;circle(31,31,57")'),
    ("reg", "image;circle(31,31,9.5)"),
    ("reg", "icrs;circle(31i,31i,9.5i)"),
    ("reg", "physical;circle(31,31,9.5)"),
    ("reg", "circle(31,31,9.5)"),
    ("reg", 'wcs;circle(60,-45,57")'),
    ("reg", "image;annulus(31,31,0,5,9.5)"),
    ("reg", 'icrs;ellipse(60,-45,57",57")'),
    ("crtf", "#CRTFv0\ncircle [[60deg,-45deg],57arcsec], coord=ICRS"),
    ("crtf", "#CRTFv0\ncircle [[60deg,-45deg],57arcsec]"),
    ("crtf", "#CRTFv0\nglobal coord=ICRS\n CIRCLE[[4h0m0s, -45.00.00], 0.95arcmin], color=red, label='a]'"),
    ("crtf", "#CRTFv0\ncircle [[60deg,-45deg],9.5pix], coord=ICRS"),
    ("crtf", "#CRTFv0\ncircle [[30pix,30pix],57arcsec]"),
    ("crtf", "#CRTFv0\ncircle [[30pix,30pix],9.5pix]"),
    ("crtf", "#CRTFv0\ncircle [[1.0471975511965976rad,-45deg],5.7e1arcsec], coord=ICRS, range=[0chan,3chan]"),
]


@pytest.mark.parametrize(("kind", "text"), CIRCLES)
def test_one_circle_in_all_its_spellings(tmp_path, kind, text):
    regions, mask = regions_of(tmp_path, text, name=f"regions.{kind}")
    assert regions.left_out == ()
    np.testing.assert_array_equal(mask, circle(9.5))
    (used,) = regions.used
    assert (used.pixels, used.reason) == (circle(9.5).sum(), "")


def test_a_file_that_is_no_text_or_is_missing(tmp_path):
    with pytest.raises(SkerryError, match=r"regions.reg: is no text"):
        regions_of(tmp_path, b"SIMPLE  =                    T")
    with pytest.raises(SkerryError, match=r"regions.reg: is no text"):
        regions_of(tmp_path, b"fk5\ncircle(1,2,3)\0")
    with pytest.raises(SkerryError, match=r"none.reg: cannot be read"):
        RegionsOfImage(tmp_path / "none.reg", header_of_image(), "image.fits")
